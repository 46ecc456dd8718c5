/* A machine with a Gaussian kernel on the standardised design:
 *     f(z) = sum_s coef_s exp(-gamma |z - s|^2) - rho.
 * Up to `rows` rows it is libsvm's C-SVC, whose vectors are the support vectors; above that a
 * linear machine on a Nystroem map, whose vectors are the landmarks (svm_map.c). Decision values
 * are not log-odds: calibrate them. Where not all rows are used they are a stratified sample drawn
 * by seed, all rows of the rarer outcome first as long as they fill no more than half. libsvm's own
 * calls do not pass through fore_alloc. Sources: Chang and Lin 2011, "LIBSVM"; Williams and Seeger
 * 2001, "Using the Nystroem method to speed up kernel machines". */
#ifndef FORE_SCORE_SVM_RBF_H
#define FORE_SCORE_SVM_RBF_H

#include <stdint.h>

#include "models/score/design.h"

typedef struct fore_svm_options {
    int64_t rows;      /* libsvm up to so many, whose time grows with their square to cube; default
                        * 4000, limit 20000; 0 = the map always */
    int64_t landmarks; /* of the map above that; default 256, limit 512; 0 = no map: libsvm on a
                        * sample of `rows` */
    int64_t map_rows;  /* the map's rows at most; default 50000 */
    double c;          /* default 1 */
    double gamma;      /* 0 = 1 / design width */
    double tolerance;  /* default 1e-3 */
    uint64_t seed;
} fore_svm_options;

/* Plain data; free with fore_svm_free. */
typedef struct fore_svm {
    int64_t width, vectors;
    double gamma, rho;
    double *coef;   /* vectors */
    double *vector; /* width x vectors: vector s at vector + s * width */
    double *norm;   /* vectors: squared length; derived */
} fore_svm;

fore_svm_options fore_svm_default(void);
/* The options that take the same way for parts of `rows` rows as for all of them: decision values
 * of the two ways have different scales, and folds must not mix them. */
fore_svm_options fore_svm_settled(fore_svm_options options, int64_t rows);
/* w: n or NULL; libsvm has no row weights, so they count in the map only. */
fore_status fore_svm_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                         const double *y, const double *w, const fore_svm_options *options,
                         fore_svm **out, fore_error *err);
void fore_svm_free(fore_svm *svm);

double fore_svm_row(const fore_svm *svm, const double *z);
/* z: rows x width design block, column-major, tight; out: rows decision values, equal to
 * fore_svm_row up to rounding. scratch: fore_svm_scratch(svm, rows) doubles. */
int64_t fore_svm_scratch(const fore_svm *svm, int64_t rows);
void fore_svm_block(const fore_svm *svm, const double *z, int64_t rows, double *scratch,
                    double *out);
/* parts: width doubles that add up with *base = f(0) to f(z): the gradient integrated along the
 * line from the mean row 0 to z (Aumann and Shapley 1974). */
void fore_svm_parts(const fore_svm *svm, const double *z, double *parts, double *base);

void fore_svm_write(const fore_svm *svm, fore_json_writer *json, const char *key);
fore_status fore_svm_read(const fore_json_node *node, int64_t width, fore_svm **out,
                          fore_error *err);

#endif
