/* How long does MinT take on many series, and how much memory? bench_mint [bottoms [residuals
 * [steps]]]: a tree of 1 + 10 + 100 + a tenth of the bottom series, and region/team crossed with
 * product; reconciled, non-negative, and the half widths of two levels. One JSON line each. */
#include <math.h>
#include <string.h>

#include "bench/bench_help.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/reconcile.h"

typedef struct structure {
    fore_hierarchy h;
    int64_t *start, *member, used;
} structure;

/* Bottom series b belongs to the node when key[b] == value. */
static void add_node(structure *s, const int64_t *key, int64_t value)
{
    for (int64_t b = 0; b < s->h.bottoms; b++)
        if (key[b] == value) s->member[s->used++] = b;
    s->start[++s->h.aggregates] = s->used;
}

static structure empty(int64_t bottoms, int64_t aggregates, int64_t layers)
{
    structure s = {.h = {.bottoms = bottoms}};
    s.start = calloc((size_t)aggregates + 2, sizeof *s.start);
    s.member = malloc((size_t)(layers * bottoms) * sizeof *s.member);
    s.h.start = s.start, s.h.member = s.member;
    return s;
}

static void add_layer(structure *s, int64_t *key, int64_t nodes)
{
    for (int64_t v = 0; v < nodes; v++) add_node(s, key, v);
}

static structure make_tree(int64_t bottoms, int64_t *key)
{
    int64_t layer[4] = {1, 10, 100, bottoms / 10};
    structure s = empty(bottoms, 111 + bottoms / 10, 4);
    for (int l = 0; l < 4; l++) {
        for (int64_t b = 0; b < bottoms; b++) key[b] = b * layer[l] / bottoms;
        add_layer(&s, key, layer[l]);
    }
    return s;
}

/* 10 regions of 10 teams each, every team with bottoms / 100 products. */
static structure make_crossed(int64_t bottoms, int64_t *key)
{
    int64_t products = bottoms / 100, layer[] = {1, 10, 100, products, 10 * products};
    structure s = empty(bottoms, 111 + 11 * products, 5);
    for (int l = 0; l < 5; l++) {
        for (int64_t b = 0; b < bottoms; b++) {
            int64_t team = b / products, product = b % products;
            key[b] = l < 3    ? b * layer[l] / bottoms
                     : l == 3 ? product
                              : team / 10 * products + product;
        }
        add_layer(&s, key, layer[l]);
    }
    return s;
}

typedef struct problem {
    double *base, *residual, *width, *out;
    int64_t T, h;
} problem;

static problem make_problem(const fore_hierarchy *h, int64_t T, int64_t steps)
{
    int64_t n = h->aggregates + h->bottoms;
    problem p = {.T = T, .h = steps};
    p.base = malloc((size_t)(n * steps) * sizeof(double));
    p.out = malloc((size_t)(n * steps * 2) * sizeof(double));
    p.width = malloc((size_t)(n * steps * 2) * sizeof(double));
    p.residual = malloc((size_t)(n * T) * sizeof(double));
    fore_random random = fore_random_new(1, 1);
    for (int64_t t = 0; t < T; t++) {
        double common = fore_random_normal(&random);
        for (int64_t i = 0; i < n; i++) {
            double size = i < h->aggregates ? sqrt((double)(h->start[i + 1] - h->start[i])) : 1;
            p.residual[t + i * T] = size * (common + 2 * fore_random_normal(&random));
        }
    }
    for (int64_t k = 0; k < steps; k++)
        for (int64_t i = 0; i < n; i++) {
            double members = i < h->aggregates ? (double)(h->start[i + 1] - h->start[i]) : 1;
            p.base[i + k * n] = 3 * members + 2 * sqrt(members) * fore_random_normal(&random);
            p.width[i + k * n] = 2 * sqrt(members),
                            p.width[i + (k + steps) * n] = 3 * sqrt(members);
        }
    return p;
}

static void tell(const char *what, const fore_hierarchy *h, const problem *p,
                 const fore_reconcile_info *info, double seconds)
{
    printf(
        "{\"bench\":\"mint\",\"measure\":\"%s\",\"bottoms\":%lld,\"aggregates\":%lld,\"residuals\":%lld,"
        "\"steps\":%lld,\"lambda\":%.6f,\"held\":%lld,\"seconds\":%.3f,\"peak_mb\":%.0f}\n",
        what, (long long)h->bottoms, (long long)h->aggregates, (long long)p->T, (long long)p->h,
        info->lambda, (long long)info->held, seconds, peak_mb());
}

static void measure(const char *shape, const fore_hierarchy *h, int64_t T, int64_t steps)
{
    problem p = make_problem(h, T, steps);
    char what[64];
    for (int non_negative = 0; non_negative < 2; non_negative++) {
        fore_reconcile_info info;
        double start = fore_clock_seconds();
        MUST(fore_reconcile(NULL, h, FORE_RECONCILE_MINT, p.base, steps, p.residual, T, NULL,
                            non_negative, p.out, NULL, &info, err));
        snprintf(what, sizeof what, "%s%s", shape, non_negative ? ", non-negative" : "");
        tell(what, h, &p, &info, fore_clock_seconds() - start);
    }
    fore_reconcile_info info = {.lambda = NAN};
    double start = fore_clock_seconds();
    MUST(fore_reconcile_widths(h, FORE_RECONCILE_MINT, p.residual, NULL, T, NULL, p.width,
                               2 * steps, p.out, err));
    snprintf(what, sizeof what, "%s, half widths of 2 levels", shape);
    tell(what, h, &p, &info, fore_clock_seconds() - start);
    free(p.base), free(p.out), free(p.width), free(p.residual);
}

int main(int argc, char **argv)
{
    int64_t bottoms = argc > 1 ? atoll(argv[1]) : 10000, T = argc > 2 ? atoll(argv[2]) : 60;
    int64_t steps = argc > 3 ? atoll(argv[3]) : 12;
    if (bottoms < 1000 || T < 2 || steps < 1) {
        fprintf(stderr, "bench_mint [bottoms from 1000 [residuals from 2 [steps from 1]]]\n");
        return 1;
    }
    int64_t *key = malloc((size_t)bottoms * sizeof *key);
    structure tree = make_tree(bottoms, key), crossed = make_crossed(bottoms / 100 * 100, key);
    measure("tree", &tree.h, T, steps);
    measure("crossed", &crossed.h, T, steps);
    free(key), free(tree.start), free(tree.member), free(crossed.start), free(crossed.member);
    return 0;
}
