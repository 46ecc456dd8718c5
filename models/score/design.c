/* The design: one column at a time, columns spread over the pool. Quantiles are exact order
 * statistics found by a radix step:
 *
 *     key(v) = bits of v, flipped so that keys sort like values
 *     count the rows by the top 16 bits of their key; the counter that holds rank k names the
 * bucket gather that bucket (usually a small part of the column) and select inside it
 *
 * With over PART known values they are found on every step-th of them, in order of the rows.
 * Means and variances are taken of u = (v - low) / (high - low), which neither overflows nor
 * underflows, over rows in order. */
#include "models/score/design_inside.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"

enum { BUCKETS = 1 << 16, PART = FORE_DESIGN_PART };
static const double LARGEST = 1e140;  /* squares of it, summed over 1e9 rows, stay finite */
static const double CONSTANT = 1e-12; /* relative spread below which a column is rounding noise */

fore_design_options fore_design_default(void)
{
    return (fore_design_options){0.01, 0.99, 0.01, NULL};
}

void fore_design_free(fore_design *design)
{
    if (!design) return;
    fore_free(design->low);
    fore_free(design->high);
    fore_free(design->source);
    fore_free(design->indicator);
    fore_free(design->knot);
    fore_free(design->mean);
    fore_free(design->scale);
    fore_free(design);
}

fore_status design_new(int64_t columns, int64_t width, fore_design **out, fore_error *err)
{
    fore_design *d = FORE_ZNEW(1, fore_design);
    *out = d;
    if (!d) return fore_no_memory(err);
    d->columns = columns;
    d->width = width;
    d->low = FORE_NEW(columns, double);
    d->high = FORE_NEW(columns, double);
    d->source = FORE_NEW(width, int64_t);
    d->indicator = FORE_NEW(width, bool);
    d->knot = FORE_NEW(width, double);
    d->mean = FORE_NEW(width, double);
    d->scale = FORE_NEW(width, double);
    if (d->low && d->high && d->source && d->indicator && d->knot && d->mean && d->scale)
        return FORE_OK;
    fore_design_free(d);
    *out = NULL;
    return fore_no_memory(err);
}

fore_status design_copy(const fore_design *from, fore_design **out, fore_error *err)
{
    FORE_TRY(design_new(from->columns, from->width, out, err));
    fore_design *d = *out;
    size_t p = (size_t)from->columns, q = (size_t)from->width;
    memcpy(d->low, from->low, p * sizeof *d->low);
    memcpy(d->high, from->high, p * sizeof *d->high);
    memcpy(d->source, from->source, q * sizeof *d->source);
    memcpy(d->indicator, from->indicator, q * sizeof *d->indicator);
    memcpy(d->knot, from->knot, q * sizeof *d->knot);
    memcpy(d->mean, from->mean, q * sizeof *d->mean);
    memcpy(d->scale, from->scale, q * sizeof *d->scale);
    return FORE_OK;
}

/* ---- order statistics ---- */

static uint64_t key_of(double v)
{
    uint64_t bits;
    v += 0.0; /* -0 and 0 are one value */
    memcpy(&bits, &v, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* Hoare's selection with three-way partition; a is reordered. */
static double select_rank(double *a, int64_t n, int64_t k)
{
    int64_t left = 0, right = n - 1;
    while (left < right) {
        double x = a[left], y = a[(left + right) / 2], z = a[right];
        double pivot = fmax(fmin(x, y), fmin(fmax(x, y), z));
        int64_t less = left, i = left, more = right;
        while (i <= more) {
            double v = a[i];
            if (v < pivot) {
                a[i++] = a[less];
                a[less++] = v;
            } else if (v > pivot) {
                a[i] = a[more];
                a[more--] = v;
            } else {
                i++;
            }
        }
        if (k < less)
            right = less - 1;
        else if (k > more)
            left = more + 1;
        else
            return pivot;
    }
    return a[left];
}

static void count_buckets(const double *v, int64_t n, uint32_t *counter)
{
    memset(counter, 0, BUCKETS * sizeof *counter);
    for (int64_t i = 0; i < n; i++) counter[key_of(v[i]) >> 48]++;
}

/* The value of rank k (from 0) among v[0..n); counter from count_buckets; buffer n doubles. */
static double value_of_rank(const double *v, int64_t n, const uint32_t *counter, int64_t k,
                            double *buffer)
{
    int64_t below = 0;
    uint64_t bucket = 0;
    while (below + counter[bucket] <= k) below += counter[bucket++];
    int64_t found = 0;
    for (int64_t i = 0; i < n; i++)
        if (key_of(v[i]) >> 48 == bucket) buffer[found++] = v[i];
    return select_rank(buffer, found, k - below);
}

/* ---- fitting ---- */

typedef struct column_fit {
    double low, high, mean, scale;      /* scale 0: constant */
    double missing_mean, missing_scale; /* scale 0: no indicator */
    int64_t hinges;
    double knot[FORE_DESIGN_HINGES], hinge_mean[FORE_DESIGN_HINGES];
} column_fit;

typedef struct design_fit {
    const fore_view *x;
    const double *w;
    fore_design_options options;
    column_fit *fitted; /* p */
    double *known;      /* workers x n */
    double *buffer;     /* workers x n */
    uint32_t *counter;  /* workers x BUCKETS */
} design_fit;

/* A limit on the median clips everything on its side: take the quantile of what lies beyond it. */
static double beyond(double *v, int64_t n, double limit, int side, double share, uint32_t *counter,
                     double *buffer)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (side > 0 ? v[i] > limit : v[i] < limit) buffer[kept++] = v[i];
    if (kept == 0) return limit;
    memcpy(v, buffer, (size_t)kept * sizeof *v);
    count_buckets(v, kept, counter);
    double rank = share * (double)(kept - 1);
    return value_of_rank(v, kept, counter, (int64_t)(side > 0 ? ceil(rank) : floor(rank)), buffer);
}

static void find_limits(const design_fit *f, double *known, int64_t n, double *buffer,
                        uint32_t *counter, column_fit *c)
{
    count_buckets(known, n, counter);
    double low_rank = f->options.low * (double)(n - 1),
           high_rank = f->options.high * (double)(n - 1);
    double low = value_of_rank(known, n, counter, (int64_t)floor(low_rank), buffer);
    double high = value_of_rank(known, n, counter, (int64_t)ceil(high_rank), buffer);
    int64_t up_to_low = 0, under_high = 0, middle = (n - 1) / 2;
    for (int64_t i = 0; i < n; i++) {
        up_to_low += known[i] <= low;
        under_high += known[i] < high;
    }
    bool low_is_median = up_to_low > middle, high_is_median = under_high <= middle;
    c->low = low;
    c->high = high;
    if (low_is_median && high_is_median) { /* `known` is reordered and cut by the first search */
        double least = low, most = high;
        for (int64_t i = 0; i < n; i++) {
            least = fmin(least, known[i]);
            most = fmax(most, known[i]);
        }
        c->low = least;
        c->high = most;
    } else if (low_is_median) {
        c->low = beyond(known, n, low, -1, f->options.low, counter, buffer);
    } else if (high_is_median) {
        c->high = beyond(known, n, high, 1, f->options.high, counter, buffer);
    }
    c->low = fmax(c->low, -LARGEST);
    c->high = fmin(c->high, LARGEST);
    if (c->low > c->high) c->low = c->high = fmin(fmax(low, -LARGEST), LARGEST);
}

/* The known ones of v[0..n), every step-th of them. Returns how many. */
static int64_t take_known(const double *v, int64_t n, int64_t step, double *known)
{
    int64_t seen = 0, count = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(v[i])) continue;
        if (seen++ % step == 0) known[count++] = v[i];
    }
    return count;
}

static int64_t step_of(int64_t known) { return (known + PART - 1) / PART; }

/* By an even part of the known values; by all, where the part holds a single value. */
static void find_limits_of_part(const design_fit *f, int64_t j, int64_t count, double *known,
                                double *buffer, uint32_t *counter, column_fit *c)
{
    for (int64_t step = step_of(count);; step = 1) {
        const double *column = fore_view_column(f->x, j, 0, f->x->rows, buffer);
        int64_t n = take_known(column, f->x->rows, step, known);
        find_limits(f, known, n, buffer, counter, c);
        if (step == 1 || c->low < c->high) return;
    }
}

/* Mean and standard deviation of the clamped column, missing values at the mean. */
static void find_moments(const design_fit *f, const double *column, column_fit *c)
{
    double range = c->high - c->low, weight = 0, known = 0, sum = 0, squares = 0;
    int64_t n = f->x->rows, missing = 0;
    double per = range > 0 ? 1 / range : 0;
    if (!isfinite(per)) per = 0; /* a subnormal range is no range */
    for (int64_t i = 0; i < n; i++) {
        double w = f->w ? f->w[i] : 1, v = column[i];
        bool absent = isnan(v);
        double u = absent ? 0 : (clamp(v, c->low, c->high) - c->low) * per;
        missing += absent;
        weight += w;
        known += absent ? 0 : w;
        sum += w * u;
    }
    double mean = known > 0 ? sum / known : 0;
    for (int64_t i = 0; i < n; i++) {
        double w = f->w ? f->w[i] : 1, v = column[i];
        double u = isnan(v) ? mean : (clamp(v, c->low, c->high) - c->low) * per;
        squares += w * (u - mean) * (u - mean);
    }
    double sd = weight > 0 ? sqrt(squares / weight) : 0;
    double size = fmax(fabs(c->low), fabs(c->high));
    c->mean = c->low + mean * range;
    c->scale = sd * range > CONSTANT * size && isfinite(1 / (sd * range)) ? sd * range : 0;
    double share = weight > 0 ? (weight - known) / weight : 0;
    bool marked = missing > 0 && (double)missing >= f->options.missing_share * (double)n;
    c->missing_mean = share;
    c->missing_scale =
        marked && share > CONSTANT && share < 1 - CONSTANT ? sqrt(share * (1 - share)) : 0;
}

/* Knots at the quantiles k / (wanted + 1) of the clamped values; where that is not beyond the last
 * one, at the next larger value. counter is of known[0..n). */
static void find_knots(const double *known, int64_t n, int64_t wanted, double *buffer,
                       const uint32_t *counter, column_fit *c)
{
    double last = c->low;
    for (int64_t k = 1; k <= wanted; k++) {
        int64_t rank = (int64_t)ceil((double)k * (double)n / (double)(wanted + 1)) - 1;
        double knot = clamp(value_of_rank(known, n, counter, rank, buffer), c->low, c->high);
        if (knot <= last) {
            knot = INFINITY;
            for (int64_t i = 0; i < n; i++)
                if (known[i] > last && known[i] < knot) knot = known[i];
        }
        if (!(knot < c->high)) break;
        c->knot[c->hinges++] = last = knot;
    }
}

/* Weighted means of the hinges over the known values, in steps of the range. */
static void centre_hinges(const design_fit *f, const double *column, column_fit *c)
{
    double range = c->high - c->low;
    for (int64_t k = 0; k < c->hinges; k++) {
        double sum = 0, weight = 0;
        for (int64_t i = 0; i < f->x->rows; i++) {
            double w = isnan(column[i]) ? 0 : f->w ? f->w[i] : 1;
            sum += w * (hinge(column[i], c->knot[k], c->high) / range);
            weight += w;
        }
        c->hinge_mean[k] = weight > 0 ? sum / weight * range : 0;
    }
}

static void fit_hinges(const design_fit *f, int64_t j, int64_t wanted, int64_t count, double *known,
                       double *buffer, uint32_t *counter, column_fit *c)
{
    int64_t n = f->x->rows;
    count = take_known(fore_view_column(f->x, j, 0, n, buffer), n, step_of(count), known);
    count_buckets(known, count, counter);
    find_knots(known, count, wanted, buffer, counter, c);
    centre_hinges(f, fore_view_column(f->x, j, 0, n, buffer), c);
}

static fore_status fit_column(void *context, int64_t j, int worker, fore_error *err)
{
    design_fit *f = context;
    int64_t n = f->x->rows, count = 0;
    double *known = f->known + (int64_t)worker * n, *buffer = f->buffer + (int64_t)worker * n;
    uint32_t *counter = f->counter + (int64_t)worker * BUCKETS;
    const double *column = fore_view_column(f->x, j, 0, n, buffer);
    column_fit *c = &f->fitted[j];
    *c = (column_fit){0};
    int64_t wanted = f->options.hinges ? f->options.hinges[j] : 0;
    for (int64_t i = 0; i < n; i++) {
        if (isinf(column[i])) return design_infinite(i, j, err);
        count += !isnan(column[i]);
    }
    if (count > 0) find_limits_of_part(f, j, count, known, buffer, counter, c);
    /* the search for the limits has used the buffer */
    find_moments(f, fore_view_column(f->x, j, 0, n, buffer), c);
    if (wanted < 0) c->scale = c->missing_scale = 0;
    if (wanted > 0 && c->scale > 0)
        fit_hinges(f, j, wanted < FORE_DESIGN_HINGES ? wanted : FORE_DESIGN_HINGES, count, known,
                   buffer, counter, c);
    return FORE_OK;
}

static void put_column(fore_design *d, int64_t *q, int64_t source, double knot, double mean,
                       double scale)
{
    d->source[*q] = source;
    d->indicator[*q] = false;
    d->knot[*q] = knot;
    d->mean[*q] = mean;
    d->scale[(*q)++] = scale;
}

static fore_status assemble(const column_fit *fitted, int64_t p, fore_design **out, fore_error *err)
{
    int64_t q = 0;
    for (int64_t j = 0; j < p; j++)
        q += (fitted[j].scale > 0) + (fitted[j].missing_scale > 0) + fitted[j].hinges;
    FORE_TRY(design_new(p, q, out, err));
    fore_design *d = *out;
    q = 0;
    for (int64_t j = 0; j < p; j++) {
        const column_fit *c = &fitted[j];
        d->low[j] = c->low;
        d->high[j] = c->high;
        if (c->scale > 0) put_column(d, &q, j, -INFINITY, c->mean, c->scale);
        for (int64_t k = 0; k < c->hinges; k++)
            put_column(d, &q, j, c->knot[k], c->hinge_mean[k], c->scale);
        if (c->missing_scale > 0) {
            put_column(d, &q, j, -INFINITY, c->missing_mean, c->missing_scale);
            d->indicator[q - 1] = true;
        }
    }
    return FORE_OK;
}

fore_status fore_design_fit(fore_pool *pool, const fore_view *x, const double *w,
                            const fore_design_options *options, fore_design **out, fore_error *err)
{
    *out = NULL;
    fore_design_options o = options ? *options : fore_design_default();
    if (!(o.low >= 0 && o.low < 0.5 && o.high > 0.5 && o.high <= 1))
        return fore_fail(err, FORE_E_ARGUMENT,
                         "winsor quantiles %g and %g: give one below and one above 0.5", o.low,
                         o.high);
    int64_t workers = fore_pool_threads(pool), n = x->rows, p = x->columns;
    design_fit f = {x, w, o, NULL, NULL, NULL, NULL};
    fore_status status = FORE_OK;
    f.fitted = FORE_NEW(p, column_fit);
    f.known = FORE_NEW(workers * n, double);
    f.buffer = FORE_NEW(workers * n, double);
    f.counter = FORE_NEW(workers * BUCKETS, uint32_t);
    if (!f.fitted || !f.known || !f.buffer || !f.counter) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_pool_run(pool, p, fit_column, &f, err));
    status = assemble(f.fitted, p, out, err);
done:
    fore_free(f.fitted);
    fore_free(f.known);
    fore_free(f.buffer);
    fore_free(f.counter);
    return status;
}
