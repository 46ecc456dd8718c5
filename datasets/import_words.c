/* Words of the import: kinds, slots, headers and lists compared without regard to case, accents and
 * punctuation. */
#include <string.h>

#include "datasets/import_run.h"

const char *fore_kind_word(fore_kind kind)
{
    static const char *const words[] = {
#define X(name, word) word,
        FORE_KIND_LIST(X)
#undef X
    };
    return words[kind];
}

bool fore_kind_parse(const char *word, fore_kind *kind)
{
    for (int k = 0; k < FORE_KIND_COUNT; k++) {
        if (!fore_text_equal_fold(word, fore_kind_word((fore_kind)k))) continue;
        *kind = (fore_kind)k;
        return true;
    }
    return false;
}

fore_value_kind fore_slot_kind(fore_slot slot)
{
    static const uint8_t kinds[] = {
#define X(name, kind) FORE_V_##kind,
        FORE_SLOT_LIST(X)
#undef X
    };
    return (fore_value_kind)kinds[slot];
}

/* Latin letters with accents (U+00C0..U+017F) as their base letter; 0 where there is none. */
static char base_letter(unsigned code)
{
    static const char latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuyts"
                                 "aaaaaaaceeeeiiiidnooooo ouuuuyty";
    static const char extended[] =
        "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
        "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
    if (code >= 0xC0 && code <= 0xFF) return latin1[code - 0xC0];
    if (code >= 0x100 && code <= 0x17F) return extended[code - 0x100];
    return 0;
}

void fore_header_key(const char *header, char *out, size_t size)
{
    char folded[512];
    size_t n = 0, length = strlen(header);
    if (length >= 3 && (memcmp(header + length - 3, "__c", 3) == 0 ||
                        memcmp(header + length - 3, "__C", 3) == 0)) {
        length -= 3;
    }
    for (size_t i = 0; i < length && n + 1 < sizeof folded; i++) {
        unsigned char c = (unsigned char)header[i], d = (unsigned char)header[i + 1];
        char base =
            c >= 0xC3 && c <= 0xC5 ? base_letter((unsigned)(c & 0x1F) << 6 | (d & 0x3F)) : 0;
        folded[n++] = base ? base : header[i];
        i += base != 0;
    }
    folded[n] = 0;
    fore_text_normalise(folded, out, size);
}

fore_status fore_list_each(const char *list, char separator,
                           fore_status (*visit)(void *context, const char *part, fore_error *err),
                           void *context, fore_error *err)
{
    char part[512];
    while (list && *list) {
        const char *end = strchr(list, separator);
        size_t n = end ? (size_t)(end - list) : strlen(list);
        const char *from = list;
        list += n + (end != NULL);
        while (n > 0 && *from == ' ') from++, n--;
        while (n > 0 && from[n - 1] == ' ') n--;
        if (n == 0) continue;
        if (n >= sizeof part) n = sizeof part - 1;
        memcpy(part, from, n);
        part[n] = 0;
        FORE_TRY(visit(context, part, err));
    }
    return FORE_OK;
}

static fore_status stop_at_word(void *context, const char *part, fore_error *err)
{
    (void)err;
    char key[256];
    fore_header_key(part, key, sizeof key);
    return strcmp(key, context) == 0 ? FORE_E_CANCELLED : FORE_OK;
}

bool fore_list_has(const char *list, const char *word)
{
    char key[256];
    fore_header_key(word, key, sizeof key);
    return fore_list_each(list, '|', stop_at_word, key, NULL) != FORE_OK;
}

typedef struct header_search {
    const fore_file_plan *file;
    int64_t found;
} header_search;

static fore_status match_header(void *context, const char *part, fore_error *err)
{
    (void)err;
    header_search *search = context;
    char key[256];
    fore_header_key(part, key, sizeof key);
    int64_t at = fore_dictionary_find(search->file->headers, key, (int64_t)strlen(key));
    if (at < 0) return FORE_OK;
    search->found = search->file->header_columns[at];
    return FORE_E_CANCELLED;
}

int64_t fore_header_find(const fore_file_plan *file, const char *names)
{
    header_search search = {file, -1};
    (void)fore_list_each(names, '|', match_header, &search, NULL);
    return search.found;
}

fore_status fore_headers_index(fore_file_plan *file, fore_error *err)
{
    char key[256];
    int64_t n = fore_csv_columns(file->csv);
    file->headers = fore_dictionary_new();
    file->header_columns = FORE_NEW(n, int64_t);
    if (!file->headers || !file->header_columns) return fore_no_memory(err);
    for (int64_t c = 0; c < n; c++) {
        fore_header_key(fore_csv_name(file->csv, c), key, sizeof key);
        int64_t before = fore_dictionary_count(file->headers);
        int64_t at = fore_dictionary_add(file->headers, key, (int64_t)strlen(key));
        if (at < 0) return fore_no_memory(err);
        if (at == before) file->header_columns[at] = c;
    }
    return FORE_OK;
}
