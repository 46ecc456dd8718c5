/* The weights of one series, and weights in bytes (learned.h). */
#include "models/series/learned.h"

#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "learned_weights.h"
#include "models/measure/accuracy.h"
#include "models/score/blend.h"
#include "models/series/learned_inside.h"

static const char magic[4] = {'F', 'L', 'W', '1'};

const fore_series_method fore_learned_methods[FORE_LEARNED_MEMBERS] = {
    FORE_SERIES_ETS,   FORE_SERIES_CES,   FORE_SERIES_ARIMA,          FORE_SERIES_DYNAMIC_THETA,
    FORE_SERIES_THETA, FORE_SERIES_NAIVE, FORE_SERIES_SEASONAL_NAIVE, FORE_SERIES_DRIFT};

/* ---- what a series is like ---- */

/* The median of the core's forecasts at a step; NaN when the core is empty. */
static double centre(const fore_learned_case *c, int64_t step)
{
    double at[FORE_LEARNED_CORE];
    int64_t known = 0;
    for (int k = 0; k < FORE_LEARNED_CORE; k++)
        if (c->forecast[k]) at[known++] = c->forecast[k][step];
    return fore_median(at, known);
}

/* Signed distance of every forecast from the centre, distances of the core's members from each
 * other: means over the steps, in units of the seasonal naive's error. */
static void distances(const fore_learned_case *c, double scale, double *row)
{
    int64_t steps = c->steps < FORE_LEARNED_STEPS ? c->steps : FORE_LEARNED_STEPS;
    double *apart = row + FORE_LEARNED_MEMBERS;
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++) {
        double sum = 0;
        for (int64_t t = 0; c->forecast[k] && t < steps; t++)
            sum += c->forecast[k][t] - centre(c, t);
        row[k] = c->forecast[k] ? sum / (double)steps / scale : NAN;
    }
    for (int a = 0; a < FORE_LEARNED_CORE; a++)
        for (int b = a + 1; b < FORE_LEARNED_CORE; b++) {
            bool both = c->forecast[a] && c->forecast[b];
            double sum = 0;
            for (int64_t t = 0; both && t < steps; t++)
                sum += fabs(c->forecast[a][t] - c->forecast[b][t]);
            *apart++ = both ? sum / (double)steps / scale : NAN;
        }
}

static double inside_error(const fore_learned_case *c, int k)
{
    double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; c->fitted[k] && t < c->n; t++) {
        if (isnan(c->fitted[k][t])) continue;
        sum += fabs(c->y[t] - c->fitted[k][t]);
        count++;
    }
    return count ? sum / (double)count : NAN;
}

fore_status fore_learned_row(const fore_learned_case *c, double *row, fore_error *err)
{
    double scale = fore_mase_scale(c->y, c->n, c->m), *apart = row + FORE_SERIES_FEATURES;
    FORE_TRY(fore_series_features(c->y, c->n, c->m, row, err));
    distances(c, scale, apart);
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++)
        row[FORE_LEARNED_COLUMNS - FORE_LEARNED_MEMBERS + k] = inside_error(c, k) / scale;
    for (int j = FORE_SERIES_FEATURES; j < FORE_LEARNED_COLUMNS; j++)
        if (!isfinite(row[j])) row[j] = NAN; /* a history that repeats itself has no scale */
    return FORE_OK;
}

fore_status fore_learned_weigh(const fore_learned *learned, const fore_learned_case *c,
                               double *weight, fore_error *err)
{
    double row[FORE_LEARNED_COLUMNS];
    bool present[FORE_LEARNED_MEMBERS];
    FORE_TRY(fore_learned_row(c, row, err));
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++) {
        present[k] = c->forecast[k] != NULL;
        weight[k] = fore_trees_row(learned->trees[k], row, 1);
    }
    fore_blend_weights(present, FORE_LEARNED_MEMBERS, weight);
    return FORE_OK;
}

/* ---- the object ---- */

void fore_learned_free(fore_learned *learned)
{
    if (!learned) return;
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++) fore_trees_free(learned->trees[k]);
    fore_free(learned);
}

const char *fore_learned_source(const fore_learned *learned) { return learned->source; }

void fore_learned_name_source(fore_learned *learned, const char *source)
{
    memset(learned->source, 0, sizeof learned->source);
    memcpy(learned->source, source, strnlen(source, sizeof learned->source - 1));
}

/* ---- bytes: magic, members, columns, source, then the trees of every member ---- */

fore_status fore_learned_write(const fore_learned *learned, fore_text *out, fore_error *err)
{
    fore_text_add(out, magic, sizeof magic);
    fore_text_putc(out, FORE_LEARNED_MEMBERS);
    fore_text_putc(out, FORE_LEARNED_COLUMNS);
    fore_text_add(out, learned->source, sizeof learned->source);
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++)
        FORE_TRY(fore_trees_pack(learned->trees[k], out, err));
    return fore_text_check(out, err);
}

static fore_status read_members(const uint8_t *bytes, int64_t length, fore_learned *l,
                                fore_error *err)
{
    int64_t at = sizeof magic + 2, used;
    if (length < at + (int64_t)sizeof l->source || memcmp(bytes, magic, sizeof magic) != 0 ||
        bytes[at - 2] != FORE_LEARNED_MEMBERS || bytes[at - 1] != FORE_LEARNED_COLUMNS)
        return fore_fail(err, FORE_E_MODEL,
                         "the learned weights are not those of this program; learn them again");
    memcpy(l->source, bytes + at, sizeof l->source - 1);
    at += (int64_t)sizeof l->source;
    for (int k = 0; k < FORE_LEARNED_MEMBERS; k++, at += used)
        FORE_TRY(fore_trees_unpack(bytes + at, length - at, FORE_LEARNED_COLUMNS, &used,
                                   &l->trees[k], err));
    return at == length
               ? FORE_OK
               : fore_fail(err, FORE_E_MODEL, "bytes follow the learned weights; learn them again");
}

fore_status fore_learned_read(const uint8_t *bytes, int64_t length, fore_learned **out,
                              fore_error *err)
{
    fore_learned *l = FORE_ZNEW(1, fore_learned);
    *out = NULL;
    if (!l) return fore_no_memory(err);
    fore_status status = read_members(bytes, length, l, err);
    if (status == FORE_OK)
        *out = l;
    else
        fore_learned_free(l);
    return status;
}

fore_status fore_learned_shipped(fore_learned **out, fore_error *err)
{
    return fore_learned_read(fore_learned_weights, sizeof fore_learned_weights, out, err);
}
