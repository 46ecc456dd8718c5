/* When will this open deal be won or lost? Competing hazards by week from a moment on, given what
 * was known at that moment: a landmark model.
 *
 * A deal is read at some moments of its life; from each it is watched until it closes or the
 * history ends (censored: open deals count). In week s after the reading it is won with probability
 * h1 and, if not won, lost with probability h2:
 *
 *   logit h = intercept + age steps (age + s) + stage steps (weeks in stage + s) + steps (s)
 *           + due steps (s - weeks until the date by which it was expected to close)
 *           + z'b + fade(s) z'g
 *
 * The four clocks run on; what was known (z) stays as it was read, and what it says may wear off or
 * grow with s (g). So the fit asks what a curve is asked: features of today, outcomes of later
 * weeks. Hazards die out beyond the oldest age that enough deals were followed to: what is still
 * open then mostly never closes (a cure fraction). Source: van Houwelingen 2007, Scand. J. Statist.
 * 34:70-85; discrete time and two causes as in hazard.h. */
#ifndef FORE_SURVIVE_LANDMARK_H
#define FORE_SURVIVE_LANDMARK_H

#include "engine/base/json.h"
#include "models/survive/hazard.h"

#define FORE_DUE_UNKNOWN INT64_MIN
#define FORE_DUE_MOST 100000 /* weeks */

typedef struct fore_reading {
    int64_t age;      /* whole weeks at the moment, >= 0 */
    int64_t in_stage; /* whole weeks in the present stage; -1: unknown */
    int64_t due;      /* whole weeks until the expected date of closing, below 0: overdue; at most
                         FORE_DUE_MOST either way; FORE_DUE_UNKNOWN */
    int64_t weeks;    /* watched for so many weeks from the moment on; 0 contributes nothing */
    int64_t last;     /* calendar week (any origin) of the last of them; used by half_life_weeks */
    double weight;    /* > 0 */
    fore_deal_end event; /* in the last of them; FORE_DEAL_OPEN: still open after it */
} fore_reading;

typedef struct fore_landmark_options {
    double ridge_clock;     /* on the steps of the clocks; default 1 */
    double ridge;           /* on standardised covariates; default 8 */
    double ridge_fade;      /* on their change with s; default 20; infinite: no such change */
    double half_life_weeks; /* of a week's weight, back from `now`; 0 = no decay (default) */
    int64_t now;            /* calendar week of fore_reading.last */
} fore_landmark_options;
fore_landmark_options fore_landmark_default(void);

typedef struct fore_landmark_info {
    int64_t rows, columns; /* of the regressions, after folding alike weeks together */
    double won, lost;      /* weight of the events */
    int converged;
} fore_landmark_info;

typedef struct fore_landmark fore_landmark;

/* x: n x p, what was known at each reading (NaN = missing); p may be 0 with x NULL. E_NO_ANSWER
 * when nothing was won. E_DATA names a reading that makes no sense. options, info may be NULL. */
fore_status fore_landmark_fit(const fore_reading *readings, int64_t n, const fore_matrix *x,
                              const fore_landmark_options *options, fore_pool *pool,
                              fore_landmark **model, fore_landmark_info *info, fore_error *err);
void fore_landmark_free(fore_landmark *model); /* NULL is fine */

/* Age in weeks beyond which the hazards die out. */
int64_t fore_landmark_followed(const fore_landmark *model);

/* won[h], lost[h], h = 0..horizon-1: probability to be won (lost) within h + 1 weeks from the
 * moment of the reading, of which only age, in_stage and due are looked at. row: p doubles, NaN
 * allowed. won or lost may be NULL. Allocates nothing. */
void fore_landmark_predict(const fore_landmark *model, const fore_reading *reading,
                           const double *row, int64_t horizon, double *won, double *lost);

void fore_landmark_write(const fore_landmark *model, fore_json_writer *json, const char *key);
/* covariates: what p must be. E_MODEL when it is damaged or fits other covariates. */
fore_status fore_landmark_read(const fore_json_node *node, int64_t covariates,
                               fore_landmark **model, fore_error *err);

/* --- reading a cumulative curve (horizon values, by the end of weeks 1, 2, ...) --- */

/* Value at `week` >= 0, linear within weeks; the last value beyond the end. */
double fore_curve_at(const double *curve, int64_t horizon, double week);
/* The week at which the curve reaches `value`, linear within weeks; NaN when it never does. */
double fore_curve_reach(const double *curve, int64_t horizon, double value);

#endif
