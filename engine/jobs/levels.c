/* Lists in requests. */
#include "engine/jobs/levels.h"

#include <string.h>

fore_status fore_numbers_parse(const char *text, const char *what, double *out, int64_t limit,
                               int64_t *count, fore_error *err)
{
    *count = 0;
    for (const char *p = text;;) {
        while (*p == ' ') p++;
        size_t length = strcspn(p, ",");
        size_t trimmed = length;
        while (trimmed > 0 && p[trimmed - 1] == ' ') trimmed--;
        bool percent = trimmed > 1 && p[trimmed - 1] == '%';
        for (trimmed -= percent; percent && trimmed > 0 && p[trimmed - 1] == ' ';) trimmed--;
        if (*count == limit || !fore_number_parse(p, (int64_t)trimmed, &out[*count]))
            return fore_fail(err, FORE_E_USAGE, "%s: '%s' is not a list of at most %lld numbers",
                             what, text, (long long)limit);
        (*count)++;
        if (p[length] == 0) return FORE_OK;
        p += length + 1;
    }
}

fore_status fore_levels_parse(const char *text, double level[FORE_LEVELS_MAX], int64_t *count,
                              fore_error *err)
{
    FORE_TRY(
        fore_numbers_parse(text ? text : "80,95", "levels", level, FORE_LEVELS_MAX, count, err));
    for (int64_t i = 0; i < *count; i++)
        for (int64_t k = 0; k < i; k++)
            if (level[k] == level[i])
                return fore_fail(err, FORE_E_USAGE, "the level %g is asked for twice", level[i]);
    for (int64_t i = 0; i < *count; i++)
        if (!(level[i] > 0 && level[i] < 100))
            return fore_fail(err, FORE_E_USAGE, "an interval level lies between 0 and 100, not %g",
                             level[i]);
    return FORE_OK;
}

/* One item: its text without spaces around, and without the quotation marks where it has them. */
typedef struct item {
    const char *text;
    size_t length;
    bool quoted;
} item;

/* The closing quotation mark of a quoted name that begins at p[1]; NULL when it is not one. */
static const char *closing_quote(const char *p)
{
    if (*p != '"') return NULL;
    for (p++; *p; p++) {
        if (*p != '"') continue;
        if (p[1] != '"')
            return p[1 + strspn(p + 1, " ")] == ',' || !p[1 + strspn(p + 1, " ")] ? p : NULL;
        p++;
    }
    return NULL;
}

static bool next_item(const char **list, item *out)
{
    const char *p = *list ? *list + strspn(*list, " ,") : "";
    if (!*p) return false;
    const char *close = closing_quote(p);
    *out =
        (item){close ? p + 1 : p, close ? (size_t)(close - p - 1) : strcspn(p, ","), close != NULL};
    *list = close ? close + 1 : p + out->length;
    while (!close && out->length > 0 && p[out->length - 1] == ' ') out->length--;
    return true;
}

static bool is_item(const item *it, const char *name)
{
    size_t i = 0;
    for (; *name && i < it->length; name++, i++) {
        if (it->text[i] != *name) return false;
        if (it->quoted && *name == '"') i++; /* doubled */
    }
    return !*name && i == it->length && i > 0;
}

bool fore_list_names(const char *list, const char *name)
{
    item it;
    while (next_item(&list, &it))
        if (is_item(&it, name)) return true;
    return false;
}

int64_t fore_list_count(const char *list)
{
    item it;
    int64_t count = 0;
    while (next_item(&list, &it)) count++;
    return count;
}

void fore_list_add(fore_text *list, const char *name)
{
    bool quote = strchr(name, ',') || *name == '"' || *name == ' ';
    if (list->length > 0) fore_text_putc(list, ',');
    if (!quote) {
        fore_text_puts(list, name);
        return;
    }
    fore_text_putc(list, '"');
    for (; *name; name++) {
        if (*name == '"') fore_text_putc(list, '"');
        fore_text_putc(list, *name);
    }
    fore_text_putc(list, '"');
}
