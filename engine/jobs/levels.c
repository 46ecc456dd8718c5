/* Lists in requests. */
#include "engine/jobs/levels.h"

#include <stdio.h>
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
            return fore_fail(err, FORE_E_USAGE,
                             "%s: '%s' is not a list of at most %lld numbers with commas between "
                             "them, such as 80,95",
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

/* Letters to change, add or drop; rows of the usual table, names cut to NAME_MOST. */
enum { NEAR = 2, NAME_MOST = 63 };
static int letters_apart(const char *a, const char *b)
{
    int row[NAME_MOST + 1];
    int m = (int)strlen(b);
    for (int j = 0; j <= m; j++) row[j] = j;
    for (int i = 1; a[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= m; j++) {
            int least = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            if (row[j] + 1 < least) least = row[j] + 1;
            if (row[j - 1] + 1 < least) least = row[j - 1] + 1;
            row[j] = least;
        }
    }
    return row[m];
}

static bool is_near(const char *written, const char *name)
{
    char a[NAME_MOST + 1], b[NAME_MOST + 1];
    fore_text_normalise(written, a, sizeof a);
    fore_text_normalise(name, b, sizeof b);
    if (strlen(a) >= 3 && strstr(b, a)) return true;
    int d = letters_apart(a, b);
    return d <= NEAR && 3 * d <= (int)strlen(b) + 1;
}

fore_status fore_list_check(const char *list, const char *option, const char *const *name,
                            int64_t n, fore_error *err)
{
    item it;
    while (next_item(&list, &it)) {
        char written[NAME_MOST + 1];
        fore_text near = {0};
        int64_t found = -1;
        for (int64_t i = 0; i < n && found < 0; i++)
            if (is_item(&it, name[i])) found = i;
        if (found >= 0) continue;
        snprintf(written, sizeof written, "%.*s", (int)it.length, it.text);
        for (int64_t i = 0, told = 0; i < n && told < 3; i++) {
            if (!is_near(written, name[i])) continue;
            fore_text_printf(&near, "%s'%s'", told++ ? ", " : "; did you mean ", name[i]);
        }
        fore_status status =
            fore_fail(err, FORE_E_USAGE, "%s: there is no column '%s'%s%s", option, written,
                      fore_text_string(&near), near.length > 0 ? "?" : "");
        fore_text_free(&near);
        return status;
    }
    return FORE_OK;
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
