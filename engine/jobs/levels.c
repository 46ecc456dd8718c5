/* Lists in requests. */
#include "engine/jobs/levels.h"

#include <string.h>

#include "engine/base/text.h"

fore_status fore_numbers_parse(const char *text, const char *what, double *out, int64_t limit,
                               int64_t *count, fore_error *err)
{
    *count = 0;
    for (const char *p = text;;) {
        while (*p == ' ') p++;
        size_t length = strcspn(p, ",");
        size_t trimmed = length;
        while (trimmed > 0 && p[trimmed - 1] == ' ') trimmed--;
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

bool fore_list_names(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *p = list ? list : ""; *p;) {
        while (*p == ' ' || *p == ',') p++;
        size_t item = strcspn(p, ","), trimmed = item;
        while (trimmed > 0 && p[trimmed - 1] == ' ') trimmed--;
        if (trimmed == length && length > 0 && strncmp(p, name, length) == 0) return true;
        p += item;
    }
    return false;
}
