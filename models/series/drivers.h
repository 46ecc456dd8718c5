/* What drives a series beside its own past: promotions, effort, working days, holidays.
 *
 *   y_t = sum_j effect_j x_tj + u_t,   u_t a seasonal ARIMA process (arima.h)
 *
 * Regression with ARIMA errors (Box, Tiao 1975; Hyndman and Athanasopoulos 2021, chapter 10): the
 * errors of such series hang together, and least squares would call its effects surer than they
 * are. Orders by AICc, effects by generalised least squares under the exact likelihood.
 *
 * A driver that is constant, or that the others, a line or the season repeat exactly, is left out
 * with a note. What the effects leave unsure counts in the intervals of the forecast, the more the
 * further a driver goes from where it was. Drivers that were asked for by name stay, whatever their
 * effect; the others (group > 0, all of a group together) stay only where they lower AICc, since
 * who picks by the data what to tell of the data is too sure of it. */
#ifndef FORE_SERIES_DRIVERS_H
#define FORE_SERIES_DRIVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_DRIVERS_MAX = 40 };

/* Borrowed. */
typedef struct fore_drivers {
    int64_t count;           /* at most FORE_DRIVERS_MAX */
    const double *x;         /* (n + horizon) x count, column j at x + j (n + horizon), finite */
    const char *const *name; /* count */
    const int *group;        /* count, or NULL: all asked for by name. 0: asked for by name */
} fore_drivers;

typedef struct fore_driver_effect {
    char name[64];
    bool kept;
    bool chosen;          /* kept since AICc wants it: the interval takes no account of that choice
                           * and is too short */
    double effect, error; /* of one unit of the driver, in the unit of y; its standard error */
    double lower, upper;  /* 95 % (Student's t) */
    char why[96];         /* not kept: why; else "" */
} fore_driver_effect;

typedef struct fore_drivers_fit {
    int64_t count, kept;
    fore_driver_effect *effect; /* count, owned */
    double
        widening; /* of the errors of a model that is fitted on what the drivers leave: sqrt of its
                   * degrees of freedom over those that are left when the effects are counted */
    double freedom;  /* of Student's t for what the effects leave unsure */
    int64_t known;   /* rows of x up to the last value of y; later ones are forecast */
    double *loading; /* kept x (rows - known), owned: arima.h; NULL when kept is 0 */
} fore_drivers_fit;

/* y: n values, NaN = missing (then filled along a straight line of what the drivers leave); rows:
 * of x, at least n. kept is 0 when no driver tells anything. E_NO_ANSWER when y is too short,
 * E_DATA when x is not finite, E_LIMIT for too many drivers. */
fore_status fore_drivers_learn(const double *y, int64_t n, int64_t m, const fore_drivers *drivers,
                               int64_t rows, fore_drivers_fit *fit, fore_error *err);
/* What the drivers add at row t of x. */
double fore_drivers_at(const fore_drivers_fit *fit, const fore_drivers *drivers, int64_t rows,
                       int64_t t);
/* The error at row t of x that wrong effects give, of kept standard normal z: the same z at all
 * rows. 0 in the history. */
double fore_drivers_error(const fore_drivers_fit *fit, int64_t t, const double *z);
/* Its variance. */
double fore_drivers_variance(const fore_drivers_fit *fit, int64_t t);
void fore_drivers_free(fore_drivers_fit *fit);

#endif
