/* The design applied to rows and blocks of rows, and its JSON form. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/design_inside.h"

enum { GATHERED = 512 }; /* rows of a view that are gathered at once */

fore_status design_infinite(int64_t row, int64_t column, fore_error *err)
{
    return fore_fail_at(err, FORE_E_DATA, NULL, row + 1, column + 1,
                        "row %lld, column %lld holds an infinite value; use a number, or leave it "
                        "empty when it is unknown",
                        (long long)row + 1, (long long)column + 1);
}

static double design_value(const fore_design *d, int64_t q, double v)
{
    int64_t j = d->source[q];
    if (d->indicator[q]) return ((isnan(v) ? 1.0 : 0.0) - d->mean[q]) * (1 / d->scale[q]);
    if (isnan(v)) return 0;
    double u =
        d->knot[q] > -INFINITY ? hinge(v, d->knot[q], d->high[j]) : clamp(v, d->low[j], d->high[j]);
    return (u - d->mean[q]) * (1 / d->scale[q]);
}

void fore_design_row(const fore_design *design, const double *raw, int64_t step, double *out)
{
    for (int64_t q = 0; q < design->width; q++)
        out[q] = design_value(design, q, raw[design->source[q] * step]);
}

static void design_column(const fore_design *d, int64_t q, const double *v, int64_t count,
                          double *to)
{
    int64_t j = d->source[q];
    double mean = d->mean[q], per = 1 / d->scale[q], low = d->low[j], high = d->high[j];
    if (d->indicator[q]) {
        for (int64_t i = 0; i < count; i++) to[i] = ((v[i] != v[i] ? 1.0 : 0.0) - mean) * per;
        return;
    }
    if (d->knot[q] > -INFINITY) {
        double knot = d->knot[q];
        for (int64_t i = 0; i < count; i++) {
            double u = (hinge(v[i], knot, high) - mean) * per;
            to[i] = v[i] != v[i] ? 0 : u;
        }
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        double u = v[i] < low ? low : v[i];
        u = ((u > high ? high : u) - mean) * per;
        to[i] = v[i] != v[i] ? 0 : u;
    }
}

void fore_design_block(const fore_design *design, const fore_view *x, int64_t from, int64_t count,
                       double *out, int64_t stride)
{
    double room[GATHERED];
    int64_t most = x->row ? GATHERED : count;
    for (int64_t at = 0; at < count; at += most) {
        int64_t rows = count - at < most ? count - at : most, loaded = -1;
        const double *v = NULL;
        for (int64_t q = 0; q < design->width;
             q++) { /* what comes of one raw column are neighbours */
            if (design->source[q] != loaded)
                v = fore_view_column(x, design->source[q], from + at, rows, room);
            loaded = design->source[q];
            design_column(design, q, v, rows, out + q * stride + at);
        }
    }
}

static fore_status check_column(void *context, int64_t j, int worker, fore_error *err)
{
    (void)worker;
    const fore_view *x = context;
    double room[GATHERED];
    int64_t most = x->row ? GATHERED : x->rows;
    for (int64_t from = 0; from < x->rows; from += most) {
        int64_t rows = x->rows - from < most ? x->rows - from : most;
        const double *v = fore_view_column(x, j, from, rows, room);
        double bad = 0; /* counted without a branch; found again if need be */
        for (int64_t i = 0; i < rows; i++) bad += fabs(v[i]) > DBL_MAX ? 1.0 : 0.0;
        for (int64_t i = 0; bad > 0 && i < rows; i++)
            if (isinf(v[i])) return design_infinite(from + i, j, err);
    }
    return FORE_OK;
}

fore_status fore_check_finite(fore_pool *pool, const fore_view *x, fore_error *err)
{
    fore_view copy = *x;
    return fore_pool_run(pool, x->columns, check_column, &copy, err);
}

/* ---- as JSON ---- */

/* [design column, knot] for each hinge; no member where there is none. */
static void write_knots(const fore_design *d, fore_json_writer *json)
{
    bool any = false;
    for (int64_t q = 0; q < d->width; q++) {
        if (!(d->knot[q] > -INFINITY)) continue;
        if (!any) fore_json_array(json, "knots");
        any = true;
        fore_json_array(json, NULL);
        fore_json_integer(json, NULL, q);
        fore_json_number(json, NULL, d->knot[q]);
        fore_json_end_array(json);
    }
    if (any) fore_json_end_array(json);
}

void fore_design_write(const fore_design *design, fore_json_writer *json, const char *key)
{
    fore_json_object(json, key);
    fore_json_integer(json, "columns", design->columns);
    fore_json_integer(json, "width", design->width);
    fore_json_numbers(json, "low", design->low, design->columns);
    fore_json_numbers(json, "high", design->high, design->columns);
    fore_json_integers(json, "source", design->source, design->width);
    fore_json_array(json, "indicator");
    for (int64_t q = 0; q < design->width; q++) fore_json_integer(json, NULL, design->indicator[q]);
    fore_json_end_array(json);
    write_knots(design, json);
    fore_json_numbers(json, "mean", design->mean, design->width);
    fore_json_numbers(json, "scale", design->scale, design->width);
    fore_json_end_object(json);
}

static fore_status damaged(fore_error *err)
{
    return fore_fail(err, FORE_E_MODEL, "the model's design is damaged; train the model again");
}

/* After the sources are read: every hinge lies within the limits of its column. */
static bool read_knots(const fore_json_node *knots, fore_design *d)
{
    for (int64_t q = 0; q < d->width; q++) d->knot[q] = -INFINITY;
    for (int64_t k = 0; k < fore_json_length(knots); k++) {
        const fore_json_node *pair = fore_json_at(knots, k);
        double at, knot;
        if (fore_json_length(pair) != 2 || !fore_json_as_number(fore_json_at(pair, 0), &at) ||
            !fore_json_as_number(fore_json_at(pair, 1), &knot) || !(at >= 0) ||
            !(at < (double)d->width) || at != floor(at))
            return false;
        int64_t q = (int64_t)at, j = d->source[q];
        if (d->indicator[q] || !(knot >= d->low[j] && knot <= d->high[j])) return false;
        d->knot[q] = knot;
    }
    return true;
}

static bool read_design(const fore_json_node *node, fore_design *d)
{
    const fore_json_node *source = fore_json_get(node, "source");
    const fore_json_node *indicator = fore_json_get(node, "indicator");
    if (!fore_json_get_numbers(node, "low", d->low, d->columns) ||
        !fore_json_get_numbers(node, "high", d->high, d->columns) ||
        !fore_json_get_numbers(node, "mean", d->mean, d->width) ||
        !fore_json_get_numbers(node, "scale", d->scale, d->width) ||
        fore_json_length(source) != d->width || fore_json_length(indicator) != d->width)
        return false;
    for (int64_t j = 0; j < d->columns; j++)
        if (!isfinite(d->low[j]) || !isfinite(d->high[j]) || d->low[j] > d->high[j]) return false;
    for (int64_t q = 0; q < d->width; q++) {
        double from, mark;
        if (!fore_json_as_number(fore_json_at(source, q), &from) ||
            !fore_json_as_number(fore_json_at(indicator, q), &mark) || !(from >= 0) ||
            !(from < (double)d->columns) || from != floor(from) || (mark != 0 && mark != 1) ||
            !isfinite(d->mean[q]) || !(d->scale[q] > 0) || !isfinite(1 / d->scale[q]))
            return false;
        d->source[q] = (int64_t)from;
        d->indicator[q] = mark != 0;
    }
    return read_knots(fore_json_get(node, "knots"), d);
}

fore_status fore_design_read(const fore_json_node *node, fore_design **out, fore_error *err)
{
    *out = NULL;
    int64_t columns, width;
    if (!fore_json_get_integer(node, "columns", &columns) ||
        !fore_json_get_integer(node, "width", &width) ||
        fore_json_length(fore_json_get(node, "low")) != columns ||
        fore_json_length(fore_json_get(node, "mean")) != width)
        return damaged(err); /* sizes are believed only when the arrays are there */
    FORE_TRY(design_new(columns, width, out, err));
    if (read_design(node, *out)) return FORE_OK;
    fore_design_free(*out);
    *out = NULL;
    return damaged(err);
}
