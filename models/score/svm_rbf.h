/* A support vector machine with a Gaussian kernel (libsvm's C-SVC) on the standardised design:
 *     f(z) = sum_s coef_s exp(-gamma |z - s|^2) - rho.
 * Decision values are not log-odds: calibrate them. At most `rows` rows are used: a stratified
 * sample drawn by seed, all positives first as long as they fill no more than half. Row weights are
 * ignored in the fit (libsvm has none). libsvm's own calls do not pass through fore_alloc. Source:
 * Chang and Lin 2011, "LIBSVM". */
#ifndef FORE_SCORE_SVM_RBF_H
#define FORE_SCORE_SVM_RBF_H

#include <stdint.h>

#include "models/score/design.h"

typedef struct fore_svm_options {
    int64_t rows;     /* default 10000, limit 20000: time grows with its square to cube */
    double c;         /* default 1 */
    double gamma;     /* 0 = 1 / design width */
    double tolerance; /* default 1e-3 */
    uint64_t seed;
} fore_svm_options;

/* Plain data; free with fore_svm_free. */
typedef struct fore_svm {
    int64_t width, vectors;
    double gamma, rho;
    double *coef;   /* vectors */
    double *vector; /* width x vectors: support vector s at vector + s * width */
    double *norm;   /* vectors: squared length; derived */
} fore_svm;

fore_svm_options fore_svm_default(void);
fore_status fore_svm_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                         const double *y, const fore_svm_options *options, fore_svm **out,
                         fore_error *err);
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
