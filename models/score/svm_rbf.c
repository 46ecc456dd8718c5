/* The support vector machine: rows drawn, libsvm called, its model turned into plain arrays; our
 * own evaluation, which takes blocks of rows through a matrix product: |z - s|^2 = |z|^2 + |s|^2 -
 * 2 z.s */
#include "models/score/svm_inside.h"

#include <libsvm/svm.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/linear.h"

enum { MOST_ROWS = 20000, MOST_LANDMARKS = 512, VECTOR_BLOCK = 256, CACHE_MB = 256 };

fore_svm_options fore_svm_default(void)
{
    return (fore_svm_options){.rows = 4000,
                              .landmarks = 256,
                              .map_rows = 50000,
                              .c = 1,
                              .gamma = 0,
                              .tolerance = 1e-3,
                              .seed = 1};
}

fore_svm_options fore_svm_settled(fore_svm_options options, int64_t rows)
{
    if (options.landmarks == 0) return options;
    if (rows > options.rows)
        options.rows = 0;
    else
        options.landmarks = 0;
    return options;
}

void fore_svm_free(fore_svm *svm)
{
    if (!svm) return;
    fore_free(svm->coef);
    fore_free(svm->vector);
    fore_free(svm->norm);
    fore_free(svm);
}

fore_status svm_new(int64_t width, int64_t vectors, fore_svm **out, fore_error *err)
{
    fore_svm *svm = FORE_ZNEW(1, fore_svm);
    *out = svm;
    if (!svm) return fore_no_memory(err);
    svm->width = width;
    svm->vectors = vectors;
    svm->coef = FORE_NEW(vectors, double);
    svm->vector = FORE_NEW(width * vectors, double);
    svm->norm = FORE_NEW(vectors, double);
    if (svm->coef && svm->vector && svm->norm) return FORE_OK;
    fore_svm_free(svm);
    *out = NULL;
    return fore_no_memory(err);
}

static double squares(const double *v, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sum;
}

void svm_norms(fore_svm *svm)
{
    for (int64_t s = 0; s < svm->vectors; s++)
        svm->norm[s] = squares(svm->vector + s * svm->width, svm->width);
}

/* ---- fitting ---- */

typedef struct problem {
    struct svm_problem rows;
    struct svm_node *nodes; /* rows x (q + 1): sparse rows, zeros left out, ended by index -1 */
    double *z;              /* q */
} problem;

static void quiet(const char *text) { (void)text; }

int64_t svm_draw(const double *y, int64_t n, int64_t room, uint64_t seed, int64_t *chosen)
{
    int64_t have[2] = {0}, want[2], taken[2] = {0}, seen[2] = {0}, count = 0;
    for (int64_t i = 0; i < n; i++) have[y[i] > 0]++;
    int rare = have[1] <= have[0];
    want[rare] = have[rare] < room / 2 ? have[rare] : room / 2;
    want[!rare] = have[!rare] < room - want[rare] ? have[!rare] : room - want[rare];
    fore_random random = fore_random_new(seed, UINT64_C(0x5356));
    for (int64_t i = 0; i < n; i++) {
        int c = y[i] > 0;
        double open = (double)(have[c] - seen[c]++);
        if (fore_random_uniform(&random) * open >= (double)(want[c] - taken[c])) continue;
        taken[c]++;
        chosen[count++] = i;
    }
    return count;
}

static void fill_problem(problem *p, const fore_view *x, const fore_design *design, const double *y,
                         const int64_t *chosen)
{
    int64_t q = design ? design->width : x->columns;
    for (int k = 0; k < p->rows.l; k++) {
        const double *raw = fore_view_row(x, chosen[k]);
        struct svm_node *node = p->nodes + k * (q + 1);
        p->rows.x[k] = node;
        p->rows.y[k] = y[chosen[k]] > 0 ? 1 : -1;
        if (design) fore_design_row(design, raw, x->stride, p->z);
        for (int64_t j = 0; j < q; j++) {
            double v = design ? p->z[j] : raw[j * x->stride];
            if (v != 0) *node++ = (struct svm_node){(int)j + 1, v};
        }
        *node = (struct svm_node){-1, 0};
    }
}

static fore_status take_model(const struct svm_model *model, int64_t q, double gamma,
                              fore_svm **out, fore_error *err)
{
    FORE_TRY(svm_new(q, model->l, out, err));
    fore_svm *svm = *out;
    double sign =
        model->label[0] == 1 ? 1 : -1; /* libsvm's positive side is the first label it met */
    svm->gamma = gamma;
    svm->rho = sign * model->rho[0];
    memset(svm->vector, 0, (size_t)(q * svm->vectors) * sizeof *svm->vector);
    for (int64_t s = 0; s < svm->vectors; s++) {
        svm->coef[s] = sign * model->sv_coef[0][s];
        for (const struct svm_node *node = model->SV[s]; node->index > 0; node++)
            svm->vector[s * q + node->index - 1] = node->value;
    }
    svm_norms(svm);
    return FORE_OK;
}

static fore_status train(const problem *p, int64_t q, const fore_svm_options *o, fore_svm **out,
                         fore_error *err)
{
    struct svm_parameter parameter = {.svm_type = C_SVC,
                                      .kernel_type = RBF,
                                      .cache_size = CACHE_MB,
                                      .eps = o->tolerance,
                                      .C = o->c,
                                      .shrinking = 1,
                                      .probability = 0};
    parameter.gamma = o->gamma > 0 ? o->gamma : 1.0 / (double)(q > 0 ? q : 1);
    const char *complaint = svm_check_parameter(&p->rows, &parameter);
    if (complaint)
        return fore_fail(err, FORE_E_ARGUMENT, "the support vector machine refuses: %s", complaint);
    svm_set_print_string_function(quiet);
    struct svm_model *model = svm_train(&p->rows, &parameter);
    fore_status status = model->nr_class == 2
                             ? take_model(model, q, parameter.gamma, out, err)
                             : fore_fail(err, FORE_E_NO_ANSWER,
                                         "the support vector machine needs rows of both outcomes");
    svm_free_and_destroy_model(&model);
    return status;
}

static fore_status fit_libsvm(const fore_view *x, const fore_design *design, const double *y,
                              const fore_svm_options *o, fore_svm **out, fore_error *err)
{
    int64_t n = x->rows, q = design ? design->width : x->columns;
    int64_t room = n < o->rows ? n : o->rows;
    problem p = {0};
    int64_t *chosen = FORE_NEW(n, int64_t);
    fore_status status = FORE_OK;
    p.rows.x = FORE_NEW(room, struct svm_node *);
    p.rows.y = FORE_NEW(room, double);
    p.nodes = FORE_NEW(room * (q + 1), struct svm_node);
    p.z = FORE_NEW(q, double);
    if (!chosen || !p.rows.x || !p.rows.y || !p.nodes || !p.z) FORE_GO(fore_no_memory(err));
    p.rows.l = (int)svm_draw(y, n, room, o->seed, chosen);
    fill_problem(&p, x, design, y, chosen);
    status = train(&p, q, o, out, err);
done:
    fore_free(chosen);
    fore_free(p.rows.x);
    fore_free(p.rows.y);
    fore_free(p.nodes);
    fore_free(p.z);
    return status;
}

fore_status fore_svm_fit(fore_pool *pool, const fore_view *x, const fore_design *design,
                         const double *y, const double *w, const fore_svm_options *options,
                         fore_svm **out, fore_error *err)
{
    fore_svm_options o = options ? *options : fore_svm_default();
    *out = NULL;
    bool map = o.landmarks > 0 && x->rows > o.rows;
    if (o.rows > MOST_ROWS || (!map && o.rows < 2))
        return fore_fail(err, FORE_E_ARGUMENT, "the support vector machine takes 2 to %d rows",
                         MOST_ROWS);
    if (o.landmarks < 0 || o.landmarks > MOST_LANDMARKS || o.map_rows < o.landmarks || !(o.c > 0))
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the support vector machine's map takes 0 to %d landmarks, no more than its "
            "rows, and a cost above 0",
            MOST_LANDMARKS);
    if (map) return svm_map_fit(pool, x, design, y, w, &o, out, err);
    return fit_libsvm(x, design, y, &o, out, err); /* which is serial */
}

/* ---- evaluation ---- */

double fore_svm_row(const fore_svm *svm, const double *z)
{
    double sum = -svm->rho;
    for (int64_t s = 0; s < svm->vectors; s++) {
        const double *v = svm->vector + s * svm->width;
        double distance = 0;
        for (int64_t j = 0; j < svm->width; j++) distance += (z[j] - v[j]) * (z[j] - v[j]);
        sum += svm->coef[s] * exp(-svm->gamma * distance);
    }
    return sum;
}

int64_t fore_svm_scratch(const fore_svm *svm, int64_t rows)
{
    (void)svm;
    return rows * (VECTOR_BLOCK + 1);
}

void fore_svm_block(const fore_svm *svm, const double *z, int64_t rows, double *scratch,
                    double *out)
{
    double *norm = scratch, *inner = scratch + rows;
    for (int64_t i = 0; i < rows; i++) {
        norm[i] = 0;
        out[i] = -svm->rho;
    }
    for (int64_t j = 0; j < svm->width; j++)
        for (int64_t i = 0; i < rows; i++) norm[i] += z[i + j * rows] * z[i + j * rows];
    for (int64_t from = 0; from < svm->vectors; from += VECTOR_BLOCK) {
        int64_t count = svm->vectors - from < VECTOR_BLOCK ? svm->vectors - from : VECTOR_BLOCK;
        fore_multiply(z, svm->vector + from * svm->width, rows, svm->width, count, inner);
        for (int64_t s = 0; s < count; s++) {
            double coef = svm->coef[from + s], length = svm->norm[from + s];
            for (int64_t i = 0; i < rows; i++)
                out[i] +=
                    coef * exp(-svm->gamma * fmax(norm[i] + length - 2 * inner[i + s * rows], 0));
        }
    }
}

/* Gauss-Legendre on [0, 1] with 8 nodes on each half (Abramowitz and Stegun, table 25.4). */
static const double NODE[4] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                               0.9602898564975363};
static const double SHARE[4] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                0.1012285362903763};

/* A = int K(t) t dt, B = int K(t) dt with K(t) = exp(-gamma |t z - s|^2), by 16 nodes. */
static void line_integrals(double gamma, double zz, double zs, double ss, double *a, double *b)
{
    *a = *b = 0;
    for (int half = 0; half < 2; half++)
        for (int k = 0; k < 8; k++) {
            double u = k < 4 ? -NODE[k] : NODE[k - 4], t = 0.25 + 0.5 * half + 0.25 * u;
            double kernel =
                0.25 * SHARE[k % 4] * exp(-gamma * fmax(t * t * zz - 2 * t * zs + ss, 0));
            *a += kernel * t;
            *b += kernel;
        }
}

void fore_svm_parts(const fore_svm *svm, const double *z, double *parts, double *base)
{
    int64_t q = svm->width;
    double zz = squares(z, q), total = 0, size = 0;
    *base = -svm->rho;
    memset(parts, 0, (size_t)q * sizeof *parts);
    for (int64_t s = 0; s < svm->vectors; s++) {
        const double *v = svm->vector + s * q;
        double zs = 0, a, b;
        for (int64_t j = 0; j < q; j++) zs += z[j] * v[j];
        line_integrals(svm->gamma, zz, zs, svm->norm[s], &a, &b);
        *base += svm->coef[s] * exp(-svm->gamma * svm->norm[s]);
        for (int64_t j = 0; j < q; j++)
            parts[j] -= 2 * svm->gamma * svm->coef[s] * z[j] * (a * z[j] - b * v[j]);
    }
    for (int64_t j = 0; j < q; j++) {
        total += parts[j];
        size += fabs(parts[j]);
    }
    double rest = fore_svm_row(svm, z) - *base - total; /* the quadrature's error, shared out */
    for (int64_t j = 0; j < q && size > 0; j++) parts[j] += rest * (fabs(parts[j]) / size);
}

/* ---- as JSON ---- */

void fore_svm_write(const fore_svm *svm, fore_json_writer *json, const char *key)
{
    fore_json_object(json, key);
    fore_json_number(json, "gamma", svm->gamma);
    fore_json_number(json, "rho", svm->rho);
    fore_json_numbers(json, "coef", svm->coef, svm->vectors);
    fore_json_numbers(json, "vector", svm->vector, svm->width * svm->vectors);
    fore_json_end_object(json);
}

static bool all_finite(const double *v, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(v[i])) return false;
    return true;
}

fore_status fore_svm_read(const fore_json_node *node, int64_t width, fore_svm **out,
                          fore_error *err)
{
    int64_t vectors = fore_json_length(fore_json_get(node, "coef"));
    *out = NULL;
    if (width < 0 || (width > 0 && vectors > INT32_MAX / width) ||
        fore_json_length(fore_json_get(node, "vector")) != width * vectors)
        return fore_fail(err, FORE_E_MODEL,
                         "the model's support vectors are damaged; train the model again");
    fore_svm *svm = NULL;
    FORE_TRY(svm_new(width, vectors, &svm, err));
    if (fore_json_get_number(node, "gamma", &svm->gamma) && svm->gamma > 0 &&
        isfinite(svm->gamma) && fore_json_get_number(node, "rho", &svm->rho) &&
        isfinite(svm->rho) && fore_json_get_numbers(node, "coef", svm->coef, vectors) &&
        all_finite(svm->coef, vectors) &&
        fore_json_get_numbers(node, "vector", svm->vector, width * vectors) &&
        all_finite(svm->vector, width * vectors)) {
        svm_norms(svm);
        *out = svm;
        return FORE_OK;
    }
    fore_svm_free(svm);
    return fore_fail(err, FORE_E_MODEL,
                     "the model's support vectors are damaged; train the model again");
}
