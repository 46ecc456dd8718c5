/* One fitted method of any kind behind one face: fit once, then forecast from the end or from any
 * past origin with the weights as fitted. This is what combinations and conformal intervals are
 * made of. */
#ifndef FORE_SERIES_MEMBER_H
#define FORE_SERIES_MEMBER_H

#include "models/series/arima.h"
#include "models/series/ces.h"
#include "models/series/ets.h"
#include "models/series/holt_winters.h"
#include "models/series/seasons.h"
#include "models/series/series_forecast.h"
#include "models/series/theta.h"

typedef struct fore_member {
    fore_series_method method; /* never AUTO or COMBINE */
    int64_t n, m;
    double croston_alpha;
    bool multiplicative_trend;          /* ETS: those forms too */
    const fore_ets_question *ets_known; /* while it is fitted: what ETS and CES said of these */
    const fore_ces_question *ces_known; /* values, or NULL */
    int64_t parameters;   /* estimated from the values: starting states, indices and values lost to
                           * differences count */
    fore_seasons seasons; /* taken out before the fit, where the model cannot hold them */
    double *room;         /* ARIMA: n doubles to work in, owned; so one thread at a time */
    double weight;        /* in a combination with learned weights: its share; else 0 */
    int64_t from; /* ARIMA: fitted on the values from here on, whole seasons left out; usually 0 */
    union {
        fore_ets ets; /* SES, HOLT, ETS, MSTL */
        fore_theta theta;
        fore_holt_winters hw;
        fore_arima arima;
        fore_ces ces;
    } model;
} fore_member;

/* y: n finite values; y and options are borrowed for this call only. fitted: n doubles. E_NO_ANSWER
 * or E_NUMERIC when the method cannot be used on these values; then *member owns nothing. */
fore_status fore_member_fit(fore_series_method method, const double *y, int64_t n, int64_t m,
                            const fore_series_options *options, fore_member *member, double *fitted,
                            fore_error *err);
/* h steps after the first n0 values of the same y; variance is NaN where the method knows none. */
void fore_member_forecast(const fore_member *member, const double *y, int64_t n0, int64_t h,
                          double *mean, double *variance);
/* The smallest n0 that fore_member_forecast takes. */
int64_t fore_member_least(const fore_member *member);
void fore_member_name(const fore_member *member, char out[64]);
void fore_member_free(fore_member *member); /* what it owns */

#endif
