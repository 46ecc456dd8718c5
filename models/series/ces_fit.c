/* Fitting complex exponential smoothing (ces.h).
 *
 *   every form that the length allows, from three sets of weights: a search of its own (climb.h)
 * for the least n log(sum of squared one-step errors), each value with its exact gradient, where an
 * evaluation runs forward and backward twice and forward again: what a backward run ends with
 * starts the next searches of the same form and season stand in one queue, the longest series
 * first; eight at a time are evaluated side by side (ces_lanes.h), and who is done makes room for
 * the next AICc of the weights from n log(squares / n), and Akaike's 2 for every starting value of
 * a season; the smallest. Without these the simple form would have its season for nothing, and was
 * taken for white noise nine times in ten; inside of AICc they hid seasons of three years.
 *
 * The admissible region, discounting matrices whose eigenvalues are inside of the unit circle, has
 * edges that good weights lie at, a level that never moves above all. A logarithmic barrier, small
 * beside the likelihood, keeps the search from running into them. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/climb.h"
#include "engine/num/special.h"
#include "models/series/ces_inside.h"
#include "models/series/ces_lanes.h"

enum { FORMS = 4, STARTS = 3, LEAST = 5 };
enum { LONG = 20000 /* values: longer series are fitted one by one, to save memory */ };
/* A hundredth of a unit of AICc decides nothing. */
static const double REST = 1e-5, BARRIER = 1e-2;
/* Errors below 1e-10 of the values are rounding, not information. */
static const double ERROR_FLOOR = 1e-20;

typedef struct job { /* one form of one series, from one start */
    const double *y;
    int64_t n, m;
    fore_ces_form form;
    int start;
    double value, x[CES_WEIGHTS]; /* out: n log(squares), weights */
} job;

typedef struct climber {
    job *job; /* NULL: nobody there */
    fore_climb climb;
    double lower[CES_WEIGHTS], upper[CES_WEIGHTS];
    bool climbing;
} climber;

typedef struct search {
    climber lane[CES_LANES];
    ces_lanes lanes;
} search;

static int64_t weights_of(fore_ces_form form)
{
    return form == FORE_CES_FULL ? 4 : form == FORE_CES_PARTIAL ? 3 : 2;
}

/* ---- one search, step by step ---- */

/* The power of two below the largest size: scaling loses nothing. */
static double scale_of(const double *y, int64_t n)
{
    double top = 0;
    int exponent;
    for (int64_t t = 0; t < n; t++) top = fmax(top, fabs(y[t]));
    if (!(top > 0) || !isfinite(top)) return 1;
    frexp(top, &exponent);
    return ldexp(1, exponent - 1);
}

static void first_weights(const job *j, double *x)
{
    static const double starts[STARTS][CES_WEIGHTS] = {
        {1.3, 1, 0.1, 1}, {1.1, 0.95, 0.2, 1}, {1.8, 0.97, 0.5, 0.9}};
    static const double second[STARTS] = {1.3, 1.3, 1.05}; /* b0 of a pair */
    memcpy(x, starts[j->start], CES_WEIGHTS * sizeof *x);
    if (j->form == FORE_CES_FULL) x[2] = second[j->start];
}

/* How far inside of the region a pair lies: 1 - det, 1 - trace + det, 1 + trace + det of its
 * discounting matrix, which are positive inside; their derivatives to a0 and a1. */
static bool margins(double a0, double a1, double margin[3], double slope[3][2])
{
    double u = 1 - a0;
    margin[0] = 1 - (u * u + u - a1 + a1 * a1);
    margin[1] = 1 + u * u - u - 2 * a1 + a1 * a1;
    margin[2] = 1 + u * u + 3 * u + a1 * a1;
    slope[0][0] = 2 * u + 1, slope[0][1] = 1 - 2 * a1;
    slope[1][0] = 1 - 2 * u, slope[1][1] = 2 * a1 - 2;
    slope[2][0] = -2 * u - 3, slope[2][1] = 2 * a1;
    return margin[0] > 0 && margin[1] > 0 && margin[2] > 0;
}

/* Of one pair; +infinity outside. Adds to the gradient. */
static double barrier(const double *x, double *gradient)
{
    double margin[3], slope[3][2];
    if (!margins(x[0], x[1], margin, slope)) return INFINITY;
    for (int i = 0; i < 3; i++) {
        gradient[0] -= BARRIER * slope[i][0] / margin[i];
        gradient[1] -= BARRIER * slope[i][1] / margin[i];
    }
    return -BARRIER * log(margin[0] * margin[1] * margin[2]);
}

/* What the search of a lane is told, after a run. */
static double value_of(const search *s, int64_t lane, const double *x, double *gradient)
{
    const job *j = s->lane[lane].job;
    double n = (double)j->n, squares = s->lanes.squares[lane], edge;
    memset(gradient, 0, CES_WEIGHTS * sizeof *gradient);
    edge = barrier(x, gradient);
    if (j->form == FORE_CES_FULL) edge += barrier(x + 2, gradient + 2);
    if (!isfinite(edge) || !isfinite(squares)) return INFINITY;
    if (!(squares > n * ERROR_FLOOR)) {
        memset(gradient, 0, CES_WEIGHTS * sizeof *gradient);
        return n * log(n * ERROR_FLOOR);
    }
    for (int64_t i = 0; i < weights_of(j->form); i++)
        gradient[i] += n * s->lanes.slope[i][lane] / squares;
    return n * log(squares) + edge;
}

/* True when the search wants another value, at climb.ask. */
static bool tell(climber *c, double value, const double *gradient)
{
    if (c->climbing) return fore_climb_tell(&c->climb, value, gradient);
    if (!isfinite(value)) return false;
    c->climbing = true;
    c->job->value = value;
    return fore_climb_begin(&c->climb, weights_of(c->job->form), c->lower, c->upper, REST,
                            c->job->x, value, gradient);
}

static void finish(climber *c)
{
    if (!c->climbing) return;
    c->job->value = c->climb.value;
    memcpy(c->job->x, c->climb.x, sizeof c->job->x);
}

/* ---- side by side ---- */

static void put_weights(search *s, int64_t lane, const double *x)
{
    for (int64_t i = 0; i < weights_of(s->lanes.form); i++) s->lanes.weight[i][lane] = x[i];
}

static void seat(search *s, int64_t lane, job *j)
{
    climber *c = &s->lane[lane];
    ces_lanes *w = &s->lanes;
    c->job = j;
    c->climbing = false;
    w->n[lane] = j ? j->n : 0;
    if (!j) return;
    bool full = j->form == FORE_CES_FULL;
    fore_ces form = {.form = j->form, .m = j->m};
    fore_ces_state first;
    double scale = scale_of(j->y, j->n);
    ces_begin(&form, j->y, j->n, &first);
    for (int64_t t = 0; t < j->n; t++) w->y[t * w->width + lane] = j->y[t] / scale;
    for (int64_t i = 0; i < j->m; i++) {
        w->level[i * w->width + lane] = first.l[i] / scale;
        w->season[i * w->width + lane] = first.s[i] / scale;
    }
    memcpy(c->lower, (double[]){0.01, 0.01, full ? 0.01 : 0, 0.01}, sizeof c->lower);
    memcpy(c->upper, (double[]){1.99, 1.99, full ? 1.99 : 0.999, 1.99}, sizeof c->upper);
    first_weights(j, j->x);
    put_weights(s, lane, j->x);
}

/* Jobs that share form and season. */
static void run_together(search *s, job **jobs, int64_t count)
{
    int64_t next = 0, seated = 0;
    s->lanes.form = jobs[0]->form;
    s->lanes.m = jobs[0]->m;
    ces_lanes_clear(&s->lanes);
    for (int64_t i = 0; i < s->lanes.width; i++, next++) {
        seat(s, i, next < count ? jobs[next] : NULL);
        seated += next < count;
    }
    while (seated > 0) {
        ces_lanes_run(&s->lanes);
        for (int64_t i = 0; i < s->lanes.width; i++) {
            climber *c = &s->lane[i];
            double gradient[CES_WEIGHTS];
            if (!c->job) continue;
            double value = value_of(s, i, c->climbing ? c->climb.ask : c->job->x, gradient);
            if (tell(c, value, gradient)) {
                put_weights(s, i, c->climb.ask);
                continue;
            }
            finish(c);
            if (next >= count) seated--;
            seat(s, i, next < count ? jobs[next] : NULL);
            next++;
        }
    }
}

/* ---- the queue ---- */

static bool goes_alone(const job *j) { return j->n > LONG; }

/* Alone first, then by form and season; the longest first, so that lanes end together. */
static int by_form(const void *left, const void *right)
{
    const job *a = *(job *const *)left, *b = *(job *const *)right;
    if (goes_alone(a) != goes_alone(b)) return goes_alone(a) ? -1 : 1;
    if (a->form != b->form) return a->form < b->form ? -1 : 1;
    if (a->m != b->m) return a->m < b->m ? -1 : 1;
    if (a->n != b->n) return a->n > b->n ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void run_all(search *s, job **order, int64_t count)
{
    for (int64_t i = 0, end; i < count; i = end) {
        end = i + 1;
        s->lanes.width = 1;
        if (!goes_alone(order[i])) {
            while (end < count && order[end]->form == order[i]->form &&
                   order[end]->m == order[i]->m)
                end++;
            s->lanes.width = CES_LANES;
        }
        run_together(s, order + i, end - i);
    }
}

/* All searches: the only heap of a fit, however many there are. */
static fore_status run_search(job *jobs, int64_t count, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t room = 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t need = jobs[i].n * (goes_alone(&jobs[i]) ? 1 : CES_LANES);
        if (need > room) room = need;
    }
    search *s = FORE_ZNEW(1, search);
    job **order = FORE_NEW(count, job *);
    double *y = FORE_ZNEW(room, double);
    if (!s || !order || !y) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < count; i++) order[i] = &jobs[i];
    qsort(order, (size_t)count, sizeof *order, by_form);
    s->lanes.y = y;
    run_all(s, order, count);
done:
    fore_free(s);
    fore_free(order);
    fore_free(y);
    return status;
}

/* ---- the model ---- */

static fore_status check(int64_t n, int64_t m, fore_ces_form form, fore_error *err)
{
    if (n < LEAST)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "complex exponential smoothing needs at least %d values and the series has "
            "%lld",
            LEAST, (long long)n);
    if (form != FORE_CES_NONE && (m < 2 || m > FORE_CES_SEASON_MAX || n < 2 * m + LEAST))
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "its seasonal forms need a season of 2 to %d steps and two seasons of values",
            FORE_CES_SEASON_MAX);
    return FORE_OK;
}

/* All starts of one form; how many they are. */
static int64_t add_jobs(const double *y, int64_t n, int64_t m, fore_ces_form form, job *jobs)
{
    for (int i = 0; i < STARTS; i++)
        jobs[i] = (job){.y = y,
                        .n = n,
                        .m = form == FORE_CES_NONE ? 1 : m,
                        .form = form,
                        .start = i,
                        .value = INFINITY};
    return STARTS;
}

/* The best of the starts, as a model. */
static void settle(const job *j, fore_ces *model)
{
    for (const job *other = j + 1, *end = j + STARTS; other < end; other++)
        if (other->value < j->value) j = other;
    double size = (double)j->n, m = (double)j->m;
    *model = (fore_ces){.form = j->form, .n = j->n, .m = j->m};
    model->a0 = j->x[0], model->a1 = j->x[1];
    model->b0 = j->form >= FORE_CES_PARTIAL ? j->x[2] : 0;
    model->b1 = j->form == FORE_CES_FULL ? j->x[3] : 0;
    double squares = ces_run(model, j->y, j->n, &model->first, &model->last);
    model->parameters = weights_of(j->form);
    model->states = (int64_t)(j->form == FORE_CES_NONE      ? 2
                              : j->form == FORE_CES_PARTIAL ? 2 + m
                              : j->form == FORE_CES_SIMPLE  ? 2 * m
                                                            : 2 + 2 * m);
    double k = (double)model->parameters + 1;
    model->sigma2 = squares / fmax(1, size - (double)model->parameters);
    model->loglik = -size / 2 * (log(2 * M_PI * fmax(squares, 1e-300) / size) + 1);
    model->aicc = size - k - 1 > 0 ? -2 * model->loglik + 2 * k * size / (size - k - 1) : INFINITY;
    model->aicc += 2 * (double)(model->states - 2);
}

fore_status fore_ces_fit(const double *y, int64_t n, int64_t m, fore_ces_form form, fore_ces *model,
                         fore_error *err)
{
    job jobs[STARTS];
    FORE_TRY(check(n, m, form, err));
    add_jobs(y, n, m, form, jobs);
    FORE_TRY(run_search(jobs, STARTS, err));
    settle(jobs, model);
    return FORE_OK;
}

/* The forms that can be tried; the smallest AICc of them, the first of equals. */
static int64_t forms_of(const fore_ces_question *q)
{
    if (q->n < LEAST) return 0;
    return check(q->n, q->m, FORE_CES_FULL, NULL) == FORE_OK ? FORMS : 1;
}

static void pick(fore_ces_question *q, const job *jobs, int64_t forms)
{
    q->status = forms > 0 ? FORE_OK : FORE_E_NO_ANSWER;
    for (int64_t i = 0; i < forms; i++) {
        fore_ces other;
        settle(jobs + STARTS * i, &other);
        if (i == 0 || other.aicc < q->model.aicc) q->model = other;
    }
}

fore_status fore_ces_choose_many(fore_ces_question *questions, int64_t count, fore_error *err)
{
    int64_t used = 0;
    job *jobs = FORE_NEW(count * FORMS * STARTS, job);
    if (!jobs) return fore_no_memory(err);
    for (int64_t i = 0; i < count; i++) {
        const fore_ces_question *q = &questions[i];
        for (int64_t form = 0; form < forms_of(q); form++)
            used += add_jobs(q->y, q->n, q->m, (fore_ces_form)form, jobs + used);
    }
    fore_status status = run_search(jobs, used, err);
    const job *at = jobs;
    for (int64_t i = 0; i < count && status == FORE_OK; i++) {
        int64_t forms = forms_of(&questions[i]);
        pick(&questions[i], at, forms);
        at += STARTS * forms;
    }
    fore_free(jobs);
    return status;
}

fore_status fore_ces_choose(const double *y, int64_t n, int64_t m, fore_ces *model, fore_error *err)
{
    fore_ces_question q = {.y = y, .n = n, .m = m};
    FORE_TRY(check(n, m, FORE_CES_NONE, err));
    FORE_TRY(fore_ces_choose_many(&q, 1, err));
    *model = q.model;
    return q.status;
}
