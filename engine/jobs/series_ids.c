/* The names of series (series_file.h): the same letters are the same series however they are
 * composed; what differs in case or spaces stays apart, which is said; long ones are cut for
 * people. */
#include <string.h>

#include "engine/base/canonical.h"
#include "engine/jobs/series_file.h"

enum { SHOWN_WIDTH = 48, TOLD = 3 };

static bool is_ascii(const char *text)
{
    while (*text && !(*text & 0x80)) text++;
    return *text == 0;
}

int64_t fore_series_id_canonical(fore_dictionary *names, const char *id, bool add)
{
    if (is_ascii(id)) {
        int64_t length = (int64_t)strlen(id);
        return add ? fore_dictionary_add(names, id, length)
                   : fore_dictionary_find(names, id, length);
    }
    fore_text key = {0};
    fore_text_canonical(&key, id);
    int64_t found = -1;
    if (!key.failed)
        found = add ? fore_dictionary_add(names, fore_text_string(&key), key.length)
                    : fore_dictionary_find(names, fore_text_string(&key), key.length);
    fore_text_free(&key);
    return found;
}

int64_t fore_series_id_add(fore_series_file *file, const char *id)
{
    int64_t length = (int64_t)strlen(id), known = fore_dictionary_find(file->ids, id, length);
    if (known >= 0) return known;
    if (!file->canonical) file->canonical = fore_dictionary_new();
    if (!file->canonical) return -1;
    int64_t number = fore_series_id_canonical(file->canonical, id, true);
    if (number < fore_dictionary_count(file->ids)) { /* also -1 */
        if (number >= 0 && !file->respelled) file->respelled = number + 1;
        return number;
    }
    return fore_dictionary_add(file->ids, id, length);
}

const char *fore_series_called(fore_arena *arena, const char *id)
{
    int64_t fit = fore_utf8_fit(id, SHOWN_WIDTH);
    char *shown = fore_arena_format(arena, "%.*s%s", (int)fit, id, id[fit] ? "…" : "");
    for (char *at = shown; at && *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f) *at = ' ';
    return shown ? shown : "a series";
}

static void say_pair(const fore_series_file *file, int64_t one, int64_t other, fore_answer *a)
{
    fore_answer_note(a, "'%s' and '%s' are two series: names count as they are written.",
                     fore_series_called(a->arena, fore_dictionary_text(file->ids, one)),
                     fore_series_called(a->arena, fore_dictionary_text(file->ids, other)));
}

fore_status fore_series_ids_say(const fore_series_file *file, fore_answer *a, fore_error *err)
{
    fore_dictionary *seen = fore_dictionary_new();
    int64_t *first = FORE_NEW(fore_dictionary_count(file->ids), int64_t), pairs = 0;
    fore_text key = {0};
    fore_status status = FORE_OK;
    if (!seen || !first) FORE_GO(fore_no_memory(err));
    if (file->respelled)
        fore_answer_note(
            a,
            "'%s' is spelled in bytes that differ and show the same letters: one "
            "series.",
            fore_series_called(a->arena, fore_dictionary_text(file->ids, file->respelled - 1)));
    for (int64_t s = 0; s < fore_dictionary_count(file->ids); s++) {
        fore_text_clear(&key);
        fore_text_alike(&key, fore_dictionary_text(file->ids, s));
        FORE_GO(fore_text_check(&key, err));
        int64_t before = fore_dictionary_count(seen);
        int64_t k = fore_dictionary_add(seen, fore_text_string(&key), key.length);
        if (k < 0) FORE_GO(fore_no_memory(err));
        if (k == before)
            first[k] = s;
        else if (pairs++ < TOLD)
            say_pair(file, first[k], s, a);
    }
    if (pairs > TOLD)
        fore_answer_note(a, "And %lld more pairs of names like these.", (long long)(pairs - TOLD));
done:
    fore_text_free(&key);
    fore_dictionary_free(seen);
    fore_free(first);
    return status;
}
