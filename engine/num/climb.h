/* Minimisation in a box by a quasi-Newton method that asks and is told: the caller evaluates, so
 * that many searches can run side by side. No heap; the same bytes whoever runs beside it.
 *
 *   BFGS on the inverse Hessian H. Variables that stand at a bound and would leave it are held; the
 *   others move by what H says of them alone, H_FF - H_FA H_AA^-1 H_AF
 *   the step is halved or more until the value falls (Armijo), everything clamped into the box
 *
 * Nocedal and Wright (2006), chapters 3 and 6; holding bounds as Bertsekas (1982). */
#ifndef FORE_NUM_CLIMB_H
#define FORE_NUM_CLIMB_H

#include <stdbool.h>
#include <stdint.h>

enum { FORE_CLIMB_MAX = 32 };

typedef struct fore_climb {
    int64_t n, evaluations;
    const double *lower, *upper; /* n each; borrowed */
    double rest;                 /* a step that promises less than this ends the search */
    double value, x[FORE_CLIMB_MAX], gradient[FORE_CLIMB_MAX]; /* the best point so far */
    double ask[FORE_CLIMB_MAX]; /* the point whose value is wanted next */
    double direction[FORE_CLIMB_MAX], slope, step;
    double inverse[FORE_CLIMB_MAX * FORE_CLIMB_MAX];
    bool fresh; /* nothing is known of the curvature yet */
} fore_climb;

/* From x inside of the box with a finite value and its gradient. Both return true when the value at
 * ask is wanted, false when the search is at rest at x. n <= FORE_CLIMB_MAX. */
bool fore_climb_begin(fore_climb *c, int64_t n, const double *lower, const double *upper,
                      double rest, const double *x, double value, const double *gradient);
/* value: +infinity or NaN where there is none; then the gradient is not read. */
bool fore_climb_tell(fore_climb *c, double value, const double *gradient);
/* Forgets the curvature and goes on from x. */
bool fore_climb_again(fore_climb *c);

#endif
