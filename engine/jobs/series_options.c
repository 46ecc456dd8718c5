/* See series_options.h. */
#include "engine/jobs/series_options.h"

#include <math.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/jobs/levels.h"

enum { HORIZON_MOST = 10000, SEASON_MOST = 10000 };

static fore_status read_transform(const char *text, fore_series_options *o, fore_error *err)
{
    if (!text) return FORE_OK;
    o->transform = strcmp(text, "auto") == 0 ? FORE_TRANSFORM_AUTO : FORE_TRANSFORM_BOX_COX;
    bool sound = o->transform == FORE_TRANSFORM_AUTO ||
                 fore_number_parse(text, (int64_t)strlen(text), &o->lambda);
    if (sound && o->lambda >= -2 && o->lambda <= 2) return FORE_OK;
    return fore_fail(err, FORE_E_USAGE,
                     "--box-cox is auto or a number from -2 to 2 (0: logarithm), not '%s'", text);
}

static fore_status read_intervals(const char *text, fore_series_options *o, fore_error *err)
{
    static const struct {
        const char *word;
        fore_interval_kind kind;
    } words[] = {{"auto", FORE_INTERVAL_AUTO},
                 {"model", FORE_INTERVAL_MODEL},
                 {"conformal", FORE_INTERVAL_CONFORMAL},
                 {"adaptive", FORE_INTERVAL_ADAPTIVE}};
    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) != 0) continue;
        o->intervals = words[i].kind;
        return FORE_OK;
    }
    return text ? fore_fail(err, FORE_E_USAGE,
                            "--intervals is auto, model, conformal or adaptive, not '%s'", text)
                : FORE_OK;
}

static fore_status read_cleaning(const char *text, fore_series_options *o, fore_error *err)
{
    static const struct {
        const char *word;
        fore_series_cleaning cleaning;
    } words[] = {{"report", FORE_CLEAN_REPORT},
                 {"outliers", FORE_CLEAN_OUTLIERS},
                 {"shifts", FORE_CLEAN_SHIFTS},
                 {"both", FORE_CLEAN_BOTH},
                 {"off", FORE_CLEAN_OFF}};
    for (size_t i = 0; text && i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i].word) != 0) continue;
        o->cleaning = words[i].cleaning;
        return FORE_OK;
    }
    return text ? fore_fail(err, FORE_E_USAGE,
                            "--clean is report, outliers, shifts, both or off, not '%s'", text)
                : FORE_OK;
}

/* "24,168": the shortest is the season of the series, the others are more of them. */
static fore_status read_seasons(foresell_series_request *r, fore_series_options *o, fore_error *err)
{
    double list[1 + FORE_SERIES_SEASONS];
    int64_t count = 0, shortest = 0;
    if (!r->seasons) return FORE_OK;
    FORE_TRY(fore_numbers_parse(r->seasons, "seasons", list, 1 + FORE_SERIES_SEASONS, &count, err));
    for (int64_t i = 0; i < count; i++) {
        bool sound = list[i] == floor(list[i]) && list[i] >= (count > 1 ? 2 : 1);
        for (int64_t k = 0; k < i; k++) sound = sound && list[k] != list[i];
        if (!sound || list[i] > SEASON_MOST)
            return fore_fail(err, FORE_E_USAGE,
                             "a season is a whole number from 1 to %d, several are from 2 on and "
                             "not the same, for example 24,168",
                             SEASON_MOST);
        if (list[i] < list[shortest]) shortest = i;
    }
    r->season = (int64_t)list[shortest];
    for (int64_t i = 0; i < count; i++)
        if (i != shortest) o->season[o->seasons++] = (int64_t)list[i];
    return FORE_OK;
}

fore_status fore_series_options_read(foresell_series_request *r, fore_series_options *o,
                                     fore_error *err)
{
    *o = fore_series_default();
    o->non_negative = r->non_negative;
    if (!r->hierarchy && (r->reconcile || r->separator))
        return fore_fail(err, FORE_E_USAGE, "--reconcile and --separator belong to --hierarchy");
    FORE_TRY(fore_levels_parse(r->levels, o->level, &o->levels, err));
    o->multiplicative_trend = r->multiplicative_trend;
    FORE_TRY(read_seasons(r, o, err));
    FORE_TRY(read_transform(r->box_cox, o, err));
    FORE_TRY(read_cleaning(r->clean, o, err));
    FORE_TRY(read_intervals(r->intervals, o, err));
    if (r->method && !fore_series_method_parse(r->method, &o->method))
        return fore_fail(
            err, FORE_E_USAGE,
            "there is no method '%s'; use auto, learned, ets, arima, ces, mstl, theta, otm, dotm, hw, holt, ses, croston, sba, tsb, "
            "naive, snaive, drift, mean or combine",
            r->method);
    if (r->horizon < 0 || r->horizon > HORIZON_MOST || r->season < 0 || r->season > SEASON_MOST)
        return fore_fail(err, FORE_E_USAGE, "horizon and season are whole numbers from 1 to %d",
                         HORIZON_MOST);
    return FORE_OK;
}
