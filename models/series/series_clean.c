/* Outliers and level shifts of the question's series: told always, treated where the options say
 * so. A shift is treated by moving the values before it onto the level after it. */
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/series/anomalies.h"
#include "models/series/series_inside.h"

enum { LOOKED_AT = 100000, NAMED = 3 }; /* values; positions in words */

static void list(char *out, size_t size, const int64_t *at, int64_t count)
{
    size_t used = 0;
    out[0] = '\0';
    for (int64_t i = 0; i < count && i < NAMED && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%lld", i ? ", " : "",
                                 (long long)at[i] + 1);
    if (count > NAMED && used < size) snprintf(out + used, size - used, ", ...");
}

static void tell(series_work *w, bool replaced, bool moved)
{
    const fore_series_forecast *f = w->out;
    char where[96];
    list(where, sizeof where, f->outlier, f->outliers);
    if (f->outliers > 0)
        series_note(w, "%lld outlier%s at value %s: %s", (long long)f->outliers,
                    f->outliers == 1 ? "" : "s", where, replaced ? "replaced" : "kept");
    list(where, sizeof where, f->shift, f->shifts);
    if (f->shifts > 0)
        series_note(w, "the level shifts at value %s: %s", where,
                    moved ? "what lies before was moved along" : "kept");
}

static void treat(series_work *w, const fore_anomalies *found, bool replaces, bool moves)
{
    double *y = w->series.y;
    if (replaces && found->outliers > 0) memcpy(y, found->without, (size_t)w->series.n * sizeof *y);
    for (int64_t k = 0; moves && k < found->shifts; k++)
        for (int64_t t = 0; t < found->shift[k]; t++) y[t] += found->size[k];
    w->series.zeros = 0;
    for (int64_t t = 0; t < w->series.n; t++) {
        w->series.negative = w->series.negative || y[t] < 0;
        w->series.zeros += y[t] == 0;
    }
}

/* A week of hours holds their days too: without it weekends would pass for shifts of the level. */
int64_t series_longest_season(int64_t n, int64_t m, const fore_series_options *options)
{
    int64_t longest = m;
    for (int64_t i = 0; m > 1 && i < options->seasons; i++) {
        int64_t length = options->season[i];
        if (length % m == 0 && length > longest && n >= 3 * length) longest = length;
    }
    return longest;
}

bool series_searched(int64_t n, const fore_series_options *options)
{
    return options->cleaning != FORE_CLEAN_OFF && n <= LOOKED_AT;
}

fore_status series_clean(series_work *w, fore_error *err)
{
    fore_series_forecast *f = w->out;
    const fore_prepared *s = &w->series;
    fore_series_cleaning kind = w->options->cleaning;
    bool replaces = kind == FORE_CLEAN_OUTLIERS || kind == FORE_CLEAN_BOTH;
    bool moves = kind == FORE_CLEAN_SHIFTS || kind == FORE_CLEAN_BOTH;
    fore_anomalies found;
    if (!series_searched(s->n, w->options) || s->constant) return FORE_OK;
    if (2 * s->zeros > s->n) return FORE_OK; /* demands, not outliers */
    FORE_TRY(fore_anomalies_find(s->y, s->n, series_longest_season(s->n, w->m, w->options),
                                 &found, err));
    f->outliers = found.outliers;
    f->outlier = found.outlier;
    found.outlier = NULL;
    f->shifts = found.shifts;
    for (int64_t i = 0; i < f->outliers; i++) f->outlier[i] += s->lead;
    for (int64_t k = 0; k < f->shifts; k++) {
        f->shift[k] = found.shift[k] + s->lead;
        f->shift_size[k] = found.size[k] * s->scale;
    }
    if (replaces || moves) treat(w, &found, replaces, moves);
    tell(w, replaces, moves);
    fore_anomalies_free(&found);
    return FORE_OK;
}
