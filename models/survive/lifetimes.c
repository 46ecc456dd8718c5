/* Checks and standardisation of the rows of a survival regression. */
#include "models/survive/lifetimes.h"

#include <math.h>

static const double LARGEST = 1e100; /* squares and sums of it stay finite */

int64_t fore_lifetimes_columns(const fore_lifetimes *rows)
{
    return rows->x ? rows->x->columns : 0;
}

double fore_lifetimes_weight(const fore_lifetimes *rows, int64_t i)
{
    return rows->weight ? rows->weight[i] : 1;
}

double fore_lifetimes_events(const fore_lifetimes *rows)
{
    double sum = 0;
    for (int64_t i = 0; i < rows->n; i++)
        if (rows->event[i]) sum += fore_lifetimes_weight(rows, i);
    return sum;
}

static fore_status check_row(const fore_lifetimes *r, int64_t i, double least, int least_too,
                             fore_error *err)
{
    double t = r->time[i], w = fore_lifetimes_weight(r, i);
    if (!(t > least || (least_too && t == least)) || t > LARGEST)
        return fore_fail(err, FORE_E_DATA, "row %lld: a time must be a number %s %g, not %g",
                         (long long)i + 1, least_too ? "of at least" : "above", least, t);
    if (r->event[i] != 0 && r->event[i] != 1)
        return fore_fail(err, FORE_E_DATA, "row %lld: event must be 0 (censored) or 1, not %lld",
                         (long long)i + 1, (long long)r->event[i]);
    if (!(w > 0) || w > LARGEST)
        return fore_fail(err, FORE_E_DATA,
                         "row %lld: a weight must be a positive number, not %g; drop the row",
                         (long long)i + 1, w);
    for (int64_t j = 0; j < fore_lifetimes_columns(r); j++)
        if (!(fabs(r->x->data[i + j * r->x->stride]) <= LARGEST))
            return fore_fail(err, FORE_E_DATA,
                             "row %lld, column %lld: the covariate is missing or beyond 1e100; "
                             "fill it or drop the row",
                             (long long)i + 1, (long long)j + 1);
    return FORE_OK;
}

fore_status fore_lifetimes_check(const fore_lifetimes *r, double least, int least_too,
                                 fore_error *err)
{
    int64_t events = 0;
    if (r->n < 0 || (r->n > 0 && (!r->time || !r->event)))
        return fore_fail(err, FORE_E_ARGUMENT, "each row needs a time and an event");
    if (fore_lifetimes_columns(r) > 0 && r->x->rows != r->n)
        return fore_fail(err, FORE_E_ARGUMENT, "%lld rows of covariates for %lld times",
                         (long long)r->x->rows, (long long)r->n);
    for (int64_t i = 0; i < r->n; i++) {
        FORE_TRY(check_row(r, i, least, least_too, err));
        events += r->event[i];
    }
    if (events == 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "none of %lld rows has an event: wait until one has happened",
                         (long long)r->n);
    return FORE_OK;
}

void fore_lifetimes_scale(const double *x, const double *weight, int64_t n, double *mean,
                          double *scale)
{
    double total = 0, m = 0, square = 0, least = INFINITY, most = -INFINITY;
    for (int64_t i = 0; i < n; i++) { /* West 1979 */
        double w = weight ? weight[i] : 1, d = x[i] - m;
        total += w;
        m += d * w / total;
        square += w * d * (x[i] - m);
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    *mean = m;
    *scale = least < most && square > 0 ? sqrt(square / total) : INFINITY;
}
