/* When will the open deals close, and how: P(won by date), P(lost), the expected date, for deals
 * open as of a moment.
 *
 * By the model kept beside the scores' model (close_model.h), or by one learned now. Where the
 * scores' chance to be won within their horizon is given, the curves agree with it: by the horizon
 * exactly that chance; how it is spread over time within the horizon, and what comes after it for
 * what is still open then, is what the curve says. Same history, same moment: same bytes. */
#ifndef FORE_JOBS_CLOSE_CURVES_H
#define FORE_JOBS_CLOSE_CURVES_H

#include "engine/jobs/close_model.h"
#include "engine/jobs/roster.h"

enum { FORE_CLOSE_DATES = 5 };
extern const int32_t fore_close_days[FORE_CLOSE_DATES]; /* 30, 60, 90, 180, 365 days ahead */

typedef struct fore_close_curve {
    bool known; /* false: not a deal, or not open at the moment; the rest is NaN, NO_DATE */
    int32_t expected_on;  /* half of the chance to win lies before it */
    int32_t lo, hi;       /* a tenth, nine tenths of it */
    double p_won, p_lost; /* ever; what is left never closes */
    int32_t on[FORE_CLOSE_DATES];
    double p[FORE_CLOSE_DATES]; /* won by then */
} fore_close_curve;

typedef struct fore_close_basis {
    const fore_close_model *model; /* NULL: learned now */
    const double
        *chance; /* n: to be won within horizon_days; NULL: the curves stand by themselves */
    double horizon_days;
} fore_close_basis;

/* out: n, for subjects (numbers of the context's timeline). E_NO_ANSWER when no deal was won before
 * as_of. n = 0 learns nothing and is fine. basis NULL: learned now, by themselves. */
fore_status fore_close_curves(fore_context *context, int64_t as_of, const fore_close_basis *basis,
                              const int64_t *subject, int64_t n, fore_close_curve *out,
                              fore_error *err);

/* The same for whoever shows rows of a roster: n curves of the caller's (fore_free) that agree with
 * the rows' chances, none of them known where no deal was ever won. */
fore_status fore_close_curves_new(fore_context *context, const fore_roster *roster,
                                  const fore_roster_row *const *row, int64_t n,
                                  fore_close_curve **curves, fore_error *err);

/* "close": {"expected_on","lo","hi","p_won","p_lost","expected_amount","p_won_by":[{"on","p"}...]}
 * in the open object; nothing for a curve that is not known. amount: what the deal brings when won;
 * NaN: null. */
void fore_close_json(fore_json_writer *json, const fore_close_curve *curve, double amount);

/* --- for measuring --- */

/* Weekly cumulative curves of n deals: won, lost n x horizon, [i + h * n], within h + 1 weeks. */
fore_status fore_close_weekly(fore_context *context, int64_t as_of,
                              const fore_close_options *options, const int64_t *subject, int64_t n,
                              int64_t horizon, double *won, double *lost, fore_error *err);

#endif
