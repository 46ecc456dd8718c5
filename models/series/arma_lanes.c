/* See arma_lanes.h: the recursions of arma.c. Products of polynomials are sparse, and what is zero
 * in every lane is passed over; gains are looked at every few steps for whether they have faded. */
#include "models/series/arma_lanes.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "engine/num/elementwise.h"

enum { LOOK = 8 };                 /* steps between looks at the gains and at the exponents */
static const double FADED = 1e-17; /* as in arma.c */
#define MANTISSA 0x000fffffffffffff

typedef struct places { /* coefficients that are not zero in every lane */
    int64_t phi[FORE_ARMA_MAX], theta[FORE_ARMA_MAX], phis, thetas;
} places;

static int64_t find_places(const double *c, int64_t count, int64_t width, int64_t *at)
{
    int64_t found = 0;
    for (int64_t i = 0; i < count; i++) {
        bool some = false;
        for (int64_t j = 0; j < width; j++) some = some || c[i * width + j] != 0;
        if (some) at[found++] = i;
    }
    return found;
}

#define LANES 8
#define NAME(word) word##_eight
#include "models/series/arma_lanes_loops.h"
#undef LANES
#undef NAME
#define LANES 1
#define NAME(word) word##_one
#include "models/series/arma_lanes_loops.h"
#undef LANES
#undef NAME

void arma_lanes_put(arma_lanes *a, int64_t lane, const fore_arma *model)
{
    a->ar = model->ar, a->ma = model->ma, a->r = model->r;
    for (int64_t i = 0; i < model->r; i++) {
        a->phi[i * a->width + lane] = model->phi[i];
        a->theta[i * a->width + lane] = model->theta[i];
    }
}

static FORE_WIDE void filter_wide(arma_lanes *a, const places *p, const double *w, int64_t n,
                                  int64_t columns, double *error)
{
    run_eight(a, p, w, n, columns, error);
}

void arma_lanes_filter(arma_lanes *a, const double *w, int64_t n, int64_t columns, double *error)
{
    places p;
    p.phis = find_places(a->phi, a->r, a->width, p.phi);
    p.thetas = find_places(a->theta, a->r, a->width, p.theta);
    if (a->width == 1)
        run_one(a, &p, w, n, columns, error);
    else
        filter_wide(a, &p, w, n, columns, error);
}

static FORE_WIDE void squares_wide(arma_lanes *a, const double *scale, int64_t n, int64_t columns,
                                   double *error)
{
    squares_eight(a, scale, n, columns, error);
}

void arma_lanes_squares(arma_lanes *a, int64_t n, int64_t columns, double *error)
{
    double scale[ARMA_LANES];
    for (int64_t i = 0; i < a->width; i++) scale[i] = exp(a->logs[i] / (double)(2 * n));
    if (a->width == 1)
        squares_one(a, scale, n, columns, error);
    else
        squares_wide(a, scale, n, columns, error);
}
