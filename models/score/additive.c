/* Fitting the additive learner.
 *
 *     on an even part of the rows
 *         line_j = score test of each raw column (values, and its indicator)
 *         keep the columns with the largest line_j until the design is full
 *         pieces_j = likelihood ratio of the rates between the knots against one rate
 *         bend_j = pieces_j - line_j - 2 (pieces - 2); the largest first while > 0 and there is
 * room on all rows: design; precisions of the families; Newton */
#include "models/score/additive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/num/special.h"
#include "models/score/design_inside.h"
#include "models/score/family.h"

enum {
    SCREEN_ROWS = 20000,
    HINGES = 6,      /* per column: with 12 nothing was told better (bench/README.md) */
    LINE_TURNS = 12, /* Newton, held to steps of 1 */
    MANY_ROWS = 50000
};
static const double CURVE_RIDGE = 1e-6;
static const double MANY_ROWS_TOLERANCE = 1e-8; /* far below the sampling error of so many rows */

typedef struct told {
    double line, bend;
    int64_t width, hinges; /* design columns: without and with the hinges */
} told;

typedef struct screening {
    fore_view x;
    double *y, *w; /* of the part */
    int64_t *row;
    double rate, subjects; /* weights are scaled to as many subjects */
    const fore_design *design;
    const int64_t *first; /* p + 1: where a raw column's design columns begin */
    told *column;         /* p */
    double *room;         /* workers x 2 rows */
} screening;

/* ---- what a column tells on its own ---- */

static double score_test(const screening *s, int64_t q, const double *v, double *z)
{
    const fore_design *d = s->design;
    double slope = 0, spread = 0, sum = 0, weight = 0;
    for (int64_t i = 0; i < s->x.rows; i++) {
        double u = d->indicator[q]               ? isnan(v[i])
                   : isnan(v[i])                 ? d->mean[q]
                   : v[i] < d->low[d->source[q]] ? d->low[d->source[q]]
                                                 : fmin(v[i], d->high[d->source[q]]);
        z[i] = (u - d->mean[q]) / d->scale[q];
        sum += s->w[i] * z[i];
        weight += s->w[i];
    }
    for (int64_t i = 0; i < s->x.rows; i++) {
        double u = z[i] - sum / weight;
        slope += s->w[i] * u * (s->y[i] - s->rate);
        spread += s->w[i] * u * u;
    }
    spread *= s->rate * (1 - s->rate);
    return spread > 0 ? slope * slope / spread : 0;
}

typedef struct pieces {
    int64_t count;
    double weight[FORE_DESIGN_HINGES + 1], won[FORE_DESIGN_HINGES + 1], at[FORE_DESIGN_HINGES + 1];
} pieces;

/* Known values by the pieces between the knots; at: mean of the standardised value. */
static void count_pieces(const screening *s, int64_t q, int64_t hinges, const double *v,
                         const double *z, pieces *p)
{
    const double *knot = s->design->knot + q + 1;
    *p = (pieces){.count = hinges + 1};
    for (int64_t i = 0; i < s->x.rows; i++) {
        int64_t k = 0;
        if (isnan(v[i])) continue;
        while (k < hinges && v[i] > knot[k]) k++;
        p->weight[k] += s->w[i];
        p->won[k] += s->w[i] * s->y[i];
        p->at[k] += s->w[i] * z[i];
    }
    for (int64_t k = 0; k < p->count; k++) p->at[k] /= p->weight[k] > 0 ? p->weight[k] : 1;
}

/* The log likelihood of the pieces on the line a + b at; gradient and curvature (aa, ab, bb). */
static double on_line(const pieces *p, double a, double b, double gradient[2], double curve[3])
{
    double sum = 0;
    gradient[0] = gradient[1] = 0;
    curve[0] = curve[2] = CURVE_RIDGE;
    curve[1] = 0;
    for (int64_t k = 0; k < p->count; k++) {
        double eta = a + b * p->at[k], m = fore_sigmoid(eta), v = p->weight[k] * m * (1 - m);
        double r = p->won[k] - p->weight[k] * m;
        sum += p->won[k] * eta - p->weight[k] * fore_log1pexp(eta);
        gradient[0] += r;
        gradient[1] += r * p->at[k];
        curve[0] += v;
        curve[1] += v * p->at[k];
        curve[2] += v * p->at[k] * p->at[k];
    }
    return sum;
}

/* How much better a rate per piece tells the outcomes than a line, by Akaike's criterion. */
static double gain_of_bending(const pieces *p)
{
    double weight = 0, won = 0, apart = 0, g[2], c[3], line = 0;
    for (int64_t k = 0; k < p->count; k++) {
        weight += p->weight[k];
        won += p->won[k];
    }
    double rate = (won + 0.5) / (weight + 1), a = log(rate / (1 - rate)), b = 0;
    for (int turn = 0; turn < LINE_TURNS; turn++) {
        line = on_line(p, a, b, g, c);
        double det = c[0] * c[2] - c[1] * c[1];
        if (!(det > 0)) break;
        a += fmin(fmax((c[2] * g[0] - c[1] * g[1]) / det, -1), 1);
        b += fmin(fmax((c[0] * g[1] - c[1] * g[0]) / det, -1), 1);
    }
    for (int64_t k = 0; k < p->count; k++) {
        double r = (p->won[k] + rate) / (p->weight[k] + 1);
        apart += p->won[k] * log(r) + (p->weight[k] - p->won[k]) * log1p(-r);
    }
    return 2 * (apart - line) - 2 * (double)(p->count - 2);
}

static fore_status look_at_column(void *context, int64_t j, int worker, fore_error *err)
{
    (void)err;
    screening *s = context;
    const fore_design *d = s->design;
    double *gathered = s->room + (int64_t)worker * 2 * s->x.rows, *z = gathered + s->x.rows;
    const double *v = fore_view_column(&s->x, j, 0, s->x.rows, gathered);
    told *t = &s->column[j];
    double value = 0, missing = 0;
    *t = (told){.bend = -INFINITY};
    for (int64_t q = s->first[j]; q < s->first[j + 1]; q++) {
        if (d->knot[q] > -INFINITY) {
            t->hinges++;
            continue;
        }
        double test = score_test(s, q, v, z);
        *(d->indicator[q] ? &missing : &value) = test;
        t->width++;
    }
    t->line = value + missing;
    if (t->hinges > 0) { /* they follow the value column */
        pieces p;
        score_test(s, s->first[j], v, z);
        count_pieces(s, s->first[j], t->hinges, v, z, &p);
        t->bend = gain_of_bending(&p);
    }
    return FORE_OK;
}

static fore_status look(fore_pool *pool, screening *s, const fore_design_options *options,
                        fore_error *err)
{
    fore_design *design = NULL;
    int64_t p = s->x.columns, *first = FORE_ZNEW(p + 1, int64_t);
    fore_status status = FORE_OK;
    if (!first) return fore_no_memory(err);
    FORE_GO(fore_design_fit(pool, &s->x, s->w, options, &design, err));
    for (int64_t q = 0; q < design->width; q++) first[design->source[q] + 1]++;
    for (int64_t j = 0; j < p; j++) first[j + 1] += first[j];
    s->design = design;
    s->first = first;
    status = fore_pool_run(pool, p, look_at_column, s, err);
done:
    fore_design_free(design);
    fore_free(first);
    return status;
}

/* ---- which columns, and which of them bend ---- */

typedef struct ranked {
    double told;
    int64_t column;
} ranked;

static int most_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->told != y->told) return x->told < y->told ? 1 : -1;
    return (x->column > y->column) - (x->column < y->column);
}

/* hinges[j] = HINGES, or -1 where there is no room for the column. Returns the design columns. */
static int64_t keep_columns(const screening *s, ranked *order, int8_t *hinges)
{
    int64_t p = s->x.columns, width = 0;
    for (int64_t j = 0; j < p; j++) order[j] = (ranked){s->column[j].line, j};
    qsort(order, (size_t)p, sizeof *order, most_first);
    for (int64_t k = 0; k < p; k++) {
        int64_t j = order[k].column, more = s->column[j].width;
        bool kept = more > 0 && width + more <= FORE_ADDITIVE_LINES; /* 0: constant in the part */
        hinges[j] = kept ? HINGES : -1;
        width += kept ? more : 0;
    }
    return width;
}

static void bend_columns(const screening *s, int64_t width, ranked *order, int8_t *hinges)
{
    int64_t p = s->x.columns, room = FORE_LOGIT_COVARIANCE - width;
    for (int64_t j = 0; j < p; j++) order[j] = (ranked){s->column[j].bend, j};
    qsort(order, (size_t)p, sizeof *order, most_first);
    for (int64_t k = 0; k < p; k++) {
        int64_t j = order[k].column;
        if (hinges[j] < 0) continue;
        bool bends = order[k].told > 0 && s->column[j].hinges <= room;
        hinges[j] = bends ? HINGES : 0;
        room -= bends ? s->column[j].hinges : 0;
    }
}

/* An even part of the rows, in order; weights sum to its subjects. */
static fore_status take_part(fore_pool *pool, const fore_sample *rows, screening *s,
                             fore_error *err)
{
    int64_t n = rows->x.rows, step = (n + SCREEN_ROWS - 1) / SCREEN_ROWS;
    int64_t m = (n + step - 1) / step, p = rows->x.columns;
    double weight = 0, won = 0, subjects = 0;
    s->row = FORE_NEW(m, int64_t);
    s->y = FORE_NEW(m, double);
    s->w = FORE_NEW(m, double);
    s->column = FORE_NEW(p, told);
    s->room = FORE_NEW(fore_pool_threads(pool) * 2 * m, double);
    if (!s->row || !s->y || !s->w || !s->column || !s->room) return fore_no_memory(err);
    for (int64_t k = 0; k < m; k++) {
        int64_t i = k * step;
        s->row[k] = rows->x.row ? rows->x.row[i] : i;
        s->y[k] = rows->y[i];
        s->w[k] = rows->weight ? rows->weight[i] : 1;
        subjects += !rows->group || k == 0 || rows->group[i] != rows->group[i - step];
        weight += s->w[k];
        won += s->w[k] * s->y[k];
    }
    for (int64_t k = 0; k < m && weight > 0; k++) s->w[k] *= subjects / weight;
    s->rate = weight > 0 ? won / weight : 0;
    s->x = (fore_view){rows->x.data, m, p, rows->x.stride, s->row};
    return FORE_OK;
}

/* hinges: p, for the design of all rows. */
static fore_status screen(fore_pool *pool, const fore_sample *rows,
                          const fore_design_options *options, int8_t *hinges, fore_error *err)
{
    screening s = {.x = {0}};
    fore_design_options o = *options;
    fore_status status = FORE_OK;
    ranked *order = FORE_NEW(rows->x.columns, ranked);
    if (!order) return fore_no_memory(err);
    o.hinges = NULL;
    FORE_GO(take_part(pool, rows, &s, err));
    FORE_GO(look(pool, &s, &o, err));
    int64_t width = keep_columns(&s, order, hinges);
    o.hinges = hinges;
    FORE_GO(look(pool, &s, &o, err));
    bend_columns(&s, width, order, hinges);
done:
    fore_free(order);
    fore_free(s.row);
    fore_free(s.y);
    fore_free(s.w);
    fore_free(s.column);
    fore_free(s.room);
    return status;
}

/* ---- the fit ---- */

/* The coefficients at known precisions; point: where to begin. */
static fore_status fit_point(fore_pool *pool, const fore_sample *rows, const double *point,
                             fore_additive *out, fore_error *err)
{
    fore_logit_options o = fore_logit_default();
    o.precisions = out->precision;
    o.start = point;
    if (rows->x.rows > MANY_ROWS) o.tolerance = MANY_ROWS_TOLERANCE;
    return fore_logit_fit(pool, &rows->x, out->design, rows->y, rows->weight, NULL, &o, &out->model,
                          NULL, err);
}

/* like NULL: the precisions are found; else they are its own, as its design is. */
static fore_status fit_families(fore_pool *pool, const fore_sample *rows, const fore_additive *like,
                                fore_additive *out, fore_error *err)
{
    int64_t q = out->design->width;
    int32_t *family = FORE_NEW(q, int32_t);
    double *point = FORE_NEW(q + 1, double);
    fore_status status = FORE_OK;
    out->precision = FORE_NEW(q, double);
    if (!family || !out->precision || !point) FORE_GO(fore_no_memory(err));
    int32_t families = fore_family_of_design(out->design, rows->family, family);
    if (like) {
        memcpy(out->precision, like->precision, (size_t)q * sizeof *point);
        memcpy(point, like->model->beta, (size_t)q * sizeof *point);
        point[q] = like->model->intercept;
    } else {
        FORE_GO(fore_family_fit(pool, &rows->x, out->design, rows->y, rows->weight, family,
                                families, out->precision, point, NULL, err));
    }
    FORE_GO(fit_point(pool, rows, point, out, err));
    status = fore_family_widen(out->model, out->precision, family, families, err);
done:
    fore_free(family);
    fore_free(point);
    return status;
}

static fore_status find_design(fore_pool *pool, const fore_sample *rows,
                               const fore_design_options *options, fore_additive *out,
                               fore_error *err)
{
    fore_design_options o = *options;
    fore_status status = FORE_OK;
    int64_t p = rows->x.columns, left_out = 0;
    int8_t *hinges = FORE_ZNEW(p, int8_t);
    if (!hinges) return fore_no_memory(err);
    FORE_GO(screen(pool, rows, &o, hinges, err));
    for (int64_t j = 0; j < p; j++) left_out += hinges[j] < 0;
    out->sifted = 2 * left_out > p;
    o.hinges = hinges;
    FORE_GO(fore_design_fit(pool, &rows->x, rows->weight, &o, &out->design, err));
    if (out->design->width <= FORE_LOGIT_COVARIANCE) goto done;
    for (int64_t j = 0; j < p;
         j++) /* more marks of missing values than the part had: no bends then */
        hinges[j] = hinges[j] < 0 ? -1 : 0;
    fore_design_free(out->design);
    out->design = NULL;
    status = fore_design_fit(pool, &rows->x, rows->weight, &o, &out->design, err);
done:
    fore_free(hinges);
    return status;
}

void fore_additive_clear(fore_additive *additive)
{
    fore_design_free(additive->design);
    fore_logit_free(additive->model);
    fore_free(additive->precision);
    *additive = (fore_additive){0};
}

fore_status fore_additive_fit(fore_pool *pool, const fore_sample *rows,
                              const fore_design_options *options, const fore_additive *like,
                              fore_additive *out, fore_error *err)
{
    *out = (fore_additive){.sifted = like && like->sifted};
    fore_status status = like ? design_copy(like->design, &out->design, err)
                              : find_design(pool, rows, options, out, err);
    if (status == FORE_OK) status = fit_families(pool, rows, like, out, err);
    if (status != FORE_OK) fore_additive_clear(out);
    return status;
}
