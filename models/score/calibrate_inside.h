/* Fitting a calibration: what its files share. */
#ifndef FORE_SCORE_CALIBRATE_INSIDE_H
#define FORE_SCORE_CALIBRATE_INSIDE_H

#include "models/score/calibrate.h"

typedef struct marks { /* calibration rows in order of margin; `order` may name a part of them */
    const double *margin, *y, *w;
    int64_t n, *order;
    double positives, negatives; /* sums of weights */
} marks;

static inline double marks_weight(const marks *m, int64_t i) { return m->w ? m->w[i] : 1; }

/* Fits the curve of one kind (never AUTO) into the zeroed c; margins that do not rank give Platt's
 * faint line. */
fore_status calibrate_fit(fore_calibrator kind, const marks *m, fore_calibration *c,
                          fore_error *err);
/* After Platt's line; false: no minimum was found, c is as before. */
bool calibrate_fit_beta(const marks *m, fore_calibration *c);
/* Platt, beta or isotonic, by the rows. */
fore_status calibrate_choose(const marks *m, fore_calibrator *kind, fore_error *err);

#endif
