/* What the two ways to fit a kernel machine share. */
#ifndef FORE_SCORE_SVM_INSIDE_H
#define FORE_SCORE_SVM_INSIDE_H

#include "models/score/svm_rbf.h"

fore_status svm_new(int64_t width, int64_t vectors, fore_svm **out, fore_error *err);
/* Fills `norm` once the vectors are there. */
void svm_norms(fore_svm *svm);
/* chosen (n): at most `room` row numbers, ascending, both classes: the rarer one whole if it fits a
 * half. Returns how many. */
int64_t svm_draw(const double *y, int64_t n, int64_t room, uint64_t seed, int64_t *chosen);

/* The Nystroem map; E_NO_ANSWER with one outcome only. */
fore_status svm_map_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                        const double *y, const double *w, const fore_svm_options *options,
                        fore_svm **out, fore_error *err);
/* The same on all rows of x and the given landmarks, rows of x. */
fore_status svm_map_on(fore_pool *pool, const fore_view *x, const fore_design *design,
                       const double *y, const double *w, const int64_t *landmark, int64_t landmarks,
                       double gamma, double c, fore_svm **out, fore_error *err);

#endif
