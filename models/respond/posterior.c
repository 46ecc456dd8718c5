/* The posterior of the elasticities: Laplace at every decay, exact in the pooling, mixed by
 * evidence.
 *
 *   for every decay (in parallel)
 *     fit columns [kinds | controls] by pseudo-likelihood under a reference prior; J = information
 * / dispersion, g = gradient of the likelihood at the mode the likelihood of the total gets its
 * doubt v: with direction w (shares of time), J <- J - J w w' J / (1/v + w' J w),   g <- g - J w
 * (w' g) / (1/v + w' J w) experiments add (log factor)^2 / sd^2 along the total for every pooling
 * tau: Q = inverse(sigma^2 w w' + tau^2 (diag w - w w')), posterior N(mode + P^-1 r, P^-1) with P =
 * J + Q, r = g - Q (mode - prior mean); evidence by completing the square
 *
 * When hours are the instrument, the kinds' columns are what hours explain of them (two-stage
 * prediction, consistent for exponential means when the rest of effort does not depend on hours).
 * They are then proportional to each other: the data speak about the total, in the other directions
 * the prior's "an hour is an hour" stays and says so by its spread. The decay too is judged by
 * hours alone; judged with the rest of effort it would follow the persistence of what reps know. */
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/num/linear.h"
#include "engine/num/special.h"
#include "models/respond/parts.h"

enum { COLUMNS_MAX = FORE_KINDS_MAX + FORE_CONTROLS_MAX };
static const double CONTROL_SD = 1; /* prior sd of a standardised control */
static const double REFERENCE_TAU = 0.3;

const double fore_decays[FORE_DECAYS] = {0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.85};
const double fore_poolings[FORE_POOLINGS] = {0.05, 0.15, 0.3, 0.6};

typedef struct posterior_job {
    const fore_effort_design *d;
    const fore_response_options *o;
    fore_source source;
    double dispersion, doubt;
    bool doubt_grows;
    fore_posterior *out;
} posterior_job;

/* Precision of the elasticities' prior, k x k in the corner of a stride x stride matrix; returns
 * log det. */
static fore_status kinds_precision(const fore_effort_design *d, const fore_response_options *o,
                                   double tau, double *q, int64_t stride, double *logdet,
                                   fore_error *err)
{
    int64_t k = d->kinds;
    double c[FORE_KINDS_MAX * FORE_KINDS_MAX];
    for (int64_t j = 0; j < k; j++)
        for (int64_t i = 0; i < k; i++)
            c[i + j * k] = (o->prior_sd * o->prior_sd - tau * tau) * d->share[i] * d->share[j] +
                           (i == j ? tau * tau * d->share[i] : 0);
    FORE_TRY(fore_cholesky(c, k, err));
    *logdet = -fore_cholesky_logdet(c, k);
    fore_cholesky_invert(c, k);
    for (int64_t j = 0; j < k; j++)
        for (int64_t i = 0; i < k; i++) q[i + j * stride] = c[i + j * k];
    return FORE_OK;
}

static fore_status precision(const posterior_job *job, double tau, int64_t p, double *q,
                             double *logdet, fore_error *err)
{
    int64_t k = job->d->kinds;
    memset(q, 0, (size_t)(p * p) * sizeof(double));
    FORE_TRY(kinds_precision(job->d, job->o, tau, q, p, logdet, err));
    for (int64_t i = k; i < p; i++) q[i + i * p] = 1 / (CONTROL_SD * CONTROL_SD);
    return FORE_OK;
}

/* The likelihood near its reference mode: value, gradient and curvature. */
typedef struct quadratic {
    int64_t p;
    double mode[COLUMNS_MAX], prior[COLUMNS_MAX];
    double g[COLUMNS_MAX], j[COLUMNS_MAX * COLUMNS_MAX];
    double value;
} quadratic;

static fore_status columns_at(const posterior_job *job, double decay, fore_arena *arena, double *x,
                              double *y, fore_error *err)
{
    const fore_effort_design *d = job->d;
    int64_t n = d->cells, k = d->kinds;
    for (int64_t i = 0; i < k; i++) fore_effort_stock(d, i, decay, x + i * n);
    memcpy(y, d->y, (size_t)n * sizeof(double));
    if (job->source == FORE_SOURCE_HOURS) {
        double *use = fore_arena_alloc(arena, n, sizeof(double)),
               *hours = fore_arena_alloc(arena, n, sizeof(double));
        fore_stage stage;
        if (!use || !hours) return fore_no_memory(err);
        fore_effort_hours(d, decay, hours);
        for (int64_t i = 0; i < n; i++) {
            use[i] = isnan(hours[i]) ? 0 : d->weight[i];
            if (use[i] != 0) continue;
            y[i] = NAN;
            hours[i] = 0;
        }
        for (int64_t i = 0; i < k; i++) {
            FORE_TRY(fore_effort_stage(d, use, x + i * n, hours, arena, &stage, err));
            for (int64_t c = 0; c < n; c++) x[i * n + c] = stage.coefficient * hours[c];
        }
    }
    if (d->control_count)
        memcpy(x + k * n, d->controls, (size_t)(d->control_count * n) * sizeof(double));
    return FORE_OK;
}

static fore_status fit_at(const posterior_job *job, double decay, quadratic *q, fore_arena *arena,
                          fore_error *err)
{
    const fore_effort_design *d = job->d;
    int64_t n = d->cells, p = q->p;
    double unused, *prior = fore_arena_alloc(arena, p * p, sizeof(double));
    double *x = fore_arena_alloc(arena, p * n, sizeof(double)),
           *y = fore_arena_alloc(arena, n, sizeof(double));
    fore_ppml fit;
    if (!prior || !x || !y) return fore_no_memory(err);
    FORE_TRY(columns_at(job, decay, arena, x, y, err));
    FORE_TRY(precision(job, REFERENCE_TAU, p, prior, &unused, err));
    fore_ppml_problem problem = {.reps = d->reps,
                                 .weeks = d->weeks,
                                 .columns = p,
                                 .y = y,
                                 .x = x,
                                 .mean = q->prior,
                                 .precision = prior,
                                 .dispersion = job->dispersion,
                                 .effect_ridge = FORE_EFFECT_RIDGE};
    FORE_TRY(fore_ppml_fit(&problem, arena, &fit, err));
    memcpy(q->mode, fit.beta, (size_t)p * sizeof(double));
    q->value = fit.loglik / job->dispersion;
    for (int64_t i = 0; i < p; i++) {
        q->g[i] = 0;
        for (int64_t j = 0; j < p; j++) {
            q->j[i + j * p] = fit.information[i + j * p] / job->dispersion;
            q->g[i] += prior[i + j * p] * (q->mode[j] - q->prior[j]);
        }
    }
    return FORE_OK;
}

/* The total's estimate may be off by N(0, doubt), spread over kinds by their shares: integrated
 * out. */
static void add_doubt(const fore_effort_design *d, double doubt, quadratic *q)
{
    int64_t p = q->p;
    double jw[COLUMNS_MAX] = {0}, wg = 0, wjw = 0;
    if (!(doubt > 0)) return;
    for (int64_t j = 0; j < d->kinds; j++)
        for (int64_t i = 0; i < p; i++) jw[i] += q->j[i + j * p] * d->share[j];
    for (int64_t i = 0; i < d->kinds; i++) {
        wg += d->share[i] * q->g[i];
        wjw += d->share[i] * jw[i];
    }
    double c = 1 / (1 / doubt + wjw);
    for (int64_t j = 0; j < p; j++)
        for (int64_t i = 0; i < p; i++) q->j[i + j * p] -= c * jw[i] * jw[j];
    for (int64_t i = 0; i < p; i++) q->g[i] -= c * jw[i] * wg;
    q->value += 0.5 * c * wg * wg - 0.5 * log1p(doubt * wjw);
}

static void add_lifts(const posterior_job *job, quadratic *q)
{
    for (int64_t l = 0; l < job->o->lift_count; l++) {
        const fore_effort_lift *lift = &job->o->lifts[l];
        double c = log(lift->effort_factor) / lift->log_lift_sd,
               miss = lift->log_lift / lift->log_lift_sd;
        for (int64_t i = 0; i < job->d->kinds; i++) miss -= c * q->mode[i];
        for (int64_t j = 0; j < job->d->kinds; j++) {
            q->g[j] += c * miss;
            for (int64_t i = 0; i < job->d->kinds; i++) q->j[i + j * q->p] += c * c;
        }
        q->value -= 0.5 * miss * miss;
    }
}

/* One component of the mixture: posterior under one tau. */
static fore_status component(const posterior_job *job, const quadratic *q, double tau, int64_t at,
                             double log_prior, fore_arena *arena, fore_error *err)
{
    int64_t p = q->p, k = job->d->kinds;
    double logdet_q, r[COLUMNS_MAX], step[COLUMNS_MAX], quad = 0, gain = 0;
    double *prior = fore_arena_alloc(arena, p * p, sizeof(double));
    double *post = fore_arena_alloc(arena, p * p, sizeof(double));
    if (!prior || !post) return fore_no_memory(err);
    FORE_TRY(precision(job, tau, p, prior, &logdet_q, err));
    for (int64_t i = 0; i < p; i++) {
        double qd = 0;
        for (int64_t j = 0; j < p; j++) {
            qd += prior[i + j * p] * (q->mode[j] - q->prior[j]);
            post[i + j * p] = q->j[i + j * p] + prior[i + j * p];
        }
        r[i] = step[i] = q->g[i] - qd;
        quad += (q->mode[i] - q->prior[i]) * qd;
    }
    FORE_TRY(fore_cholesky(post, p, err));
    fore_cholesky_solve(post, p, step, 1);
    for (int64_t i = 0; i < p; i++) gain += r[i] * step[i];
    job->out->log_weight[at] =
        q->value + 0.5 * (gain - quad + logdet_q - fore_cholesky_logdet(post, p)) + log_prior;
    fore_cholesky_invert(post, p);
    double *factor = job->out->factor[at];
    for (int64_t j = 0; j < k; j++) {
        job->out->mean[at][j] = q->mode[j] + step[j];
        for (int64_t i = 0; i < k; i++) factor[i + j * k] = post[i + j * p];
    }
    return fore_cholesky(factor, k, err);
}

static fore_status one_decay(void *context, int64_t block, int worker, fore_error *err)
{
    const posterior_job *job = context;
    const fore_effort_design *d = job->d;
    fore_status status = FORE_OK;
    fore_arena *arena = fore_arena_new();
    (void)worker;
    if (!arena) return fore_no_memory(err);
    quadratic *q = fore_arena_alloc(arena, 1, sizeof *q);
    if (!q) {
        status = fore_no_memory(err);
        goto done;
    }
    q->p = d->kinds;
    for (int64_t i = 0; i < d->kinds; i++)
        q->mode[i] = q->prior[i] = job->o->prior_mean * d->share[i];
    if (job->source != FORE_SOURCE_PRIOR) {
        q->p = d->kinds + d->control_count;
        FORE_GO(fit_at(job, fore_decays[block], q, arena, err));
        double growth = job->doubt_grows ? 1 + fore_decays[block] : 1;
        add_doubt(d, job->doubt * growth * growth, q);
    }
    add_lifts(job, q);
    for (int64_t t = 0; t < FORE_POOLINGS; t++)
        FORE_GO(component(job, q, fore_poolings[t], block * FORE_POOLINGS + t,
                          log1p(-fore_decays[block]), arena, err));
done:
    fore_arena_free(arena);
    return status;
}

fore_status fore_effort_posterior(const fore_effort_design *d, const fore_response_options *o,
                                  fore_source source, double dispersion, double doubt,
                                  bool doubt_grows, fore_pool *pool, fore_posterior *out,
                                  fore_error *err)
{
    /* Without the control columns the prior's quadratic is that of the kinds alone. */
    fore_effort_design bare = *d;
    if (source == FORE_SOURCE_PRIOR) bare.control_count = 0;
    posterior_job job = {.d = &bare,
                         .o = o,
                         .source = source,
                         .dispersion = dispersion,
                         .doubt = doubt,
                         .doubt_grows = doubt_grows,
                         .out = out};
    out->kinds = d->kinds;
    FORE_TRY(fore_pool_run(pool, FORE_DECAYS, one_decay, &job, err));
    double total = fore_logsumexp(out->log_weight, FORE_DECAYS * FORE_POOLINGS);
    if (!isfinite(total))
        return fore_fail(
            err, FORE_E_NUMERIC,
            "the effort response has no finite likelihood; look for extreme values in the panel");
    for (int64_t i = 0; i < FORE_DECAYS * FORE_POOLINGS; i++) out->log_weight[i] -= total;
    return FORE_OK;
}

void fore_effort_draw(const fore_posterior *f, uint64_t seed, int64_t draw_count, double *draws,
                      double *decay)
{
    int64_t k = f->kinds, last = FORE_DECAYS * FORE_POOLINGS - 1;
    for (int64_t d = 0; d < draw_count; d++) {
        fore_random random = fore_random_new(seed, (uint64_t)d);
        double u = fore_random_uniform(&random), z[FORE_KINDS_MAX];
        int64_t c = 0;
        for (; c < last && u >= exp(f->log_weight[c]); c++) u -= exp(f->log_weight[c]);
        for (int64_t i = 0; i < k; i++) z[i] = fore_random_normal(&random);
        for (int64_t i = 0; i < k; i++) {
            double e = f->mean[c][i];
            for (int64_t j = 0; j <= i; j++) e += f->factor[c][i + j * k] * z[j];
            draws[d + i * draw_count] = e;
        }
        decay[d] = fore_decays[c / FORE_POOLINGS];
    }
}

void fore_effort_total(const fore_posterior *f, double *mean, double *sd)
{
    double first = 0, second = 0;
    int64_t k = f->kinds;
    for (int64_t c = 0; c < FORE_DECAYS * FORE_POOLINGS; c++) {
        double m = 0, v = 0, w = exp(f->log_weight[c]);
        for (int64_t i = 0; i < k; i++) m += f->mean[c][i];
        for (int64_t j = 0; j < k; j++) {
            double sum = 0;
            for (int64_t i = j; i < k; i++) sum += f->factor[c][i + j * k];
            v += sum * sum;
        }
        first += w * m;
        second += w * (v + m * m);
    }
    *mean = first;
    *sd = sqrt(fmax(0, second - first * first));
}
