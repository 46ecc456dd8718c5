/* fore_reconcile_widths: identities, and intervals that hold what they promise on simulated
 * companies whose series go wrong together. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/reconcile.h"
#include "models/series/series_forecast.h"

enum { NODES = 9, BOTTOMS = 6, SUMS = 3, N = 60, H = 4, WORLDS = 250, LEVELS = 2 };
static const int64_t start[] = {0, 6, 9, 12}, member[] = {0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5};
static const fore_hierarchy tree = {SUMS, BOTTOMS, start, member};

/* --- a company: bottoms with a level that walks, a shock in common, noise of their own --- */

typedef struct company {
    double y[NODES][N + H];
} company;

static void make_company(company *c, uint64_t seed)
{
    fore_random random = fore_random_new(seed, 7);
    double level[BOTTOMS], common = 0;
    for (int b = 0; b < BOTTOMS; b++) level[b] = 60 + 10 * b;
    for (int t = 0; t < N + H; t++) {
        common = 0.5 * common + 4 * fore_random_normal(&random);
        for (int b = 0; b < BOTTOMS; b++) {
            level[b] += 1.5 * fore_random_normal(&random);
            c->y[SUMS + b][t] =
                level[b] + (b < 4 ? 1 : -1) * common + (2 + b) * fore_random_normal(&random);
        }
        for (int a = 0; a < SUMS; a++) {
            c->y[a][t] = 0;
            for (int64_t j = start[a]; j < start[a + 1]; j++)
                c->y[a][t] += c->y[SUMS + member[j]][t];
        }
    }
}

typedef struct spoken {
    double mean[NODES * H], width[NODES * H * LEVELS], residual[NODES * N], actual[NODES * N];
    double level[BOTTOMS];
    int T;
} spoken;

static void forecast(const company *c, spoken *b)
{
    fore_series_options options = fore_series_default();
    options.method = FORE_SERIES_SES;
    options.intervals = FORE_INTERVAL_MODEL; /* the model is the right one here */
    enum { LEAD = 1 };
    b->T = N - LEAD;
    for (int i = 0; i < NODES; i++) {
        fore_series_forecast *f = NULL;
        assert_int_equal(fore_series_run(c->y[i], N, 1, H, &options, &f, NULL), FORE_OK);
        for (int h = 0; h < H; h++) {
            b->mean[i + h * NODES] = f->mean[h];
            for (int k = 0; k < LEVELS; k++)
                b->width[i + (h + k * H) * NODES] = (f->upper[h + k * H] - f->lower[h + k * H]) / 2;
        }
        for (int t = 0; t < b->T; t++) {
            b->residual[t + i * b->T] = f->residuals[t + LEAD];
            b->actual[t + i * b->T] = c->y[i][t + LEAD];
        }
        double sum = 0;
        for (int t = 0; t < N; t++) sum += c->y[i][t] / N;
        if (i >= SUMS) b->level[i - SUMS] = sum;
        fore_series_free(f);
    }
}

typedef struct tally {
    double inside[NODES][LEVELS], width[NODES], squares[NODES], n;
} tally;

static void count(const company *c, const spoken *b, fore_reconcile_method method, tally *t)
{
    double mean[NODES * H], width[NODES * H * LEVELS];
    if ((int)method < 0) {
        memcpy(mean, b->mean, sizeof mean);
        memcpy(width, b->width, sizeof width);
    } else {
        assert_int_equal(fore_reconcile(NULL, &tree, method, b->mean, H, b->residual, b->T,
                                        b->level, false, mean, NULL, NULL, NULL),
                         FORE_OK);
        assert_int_equal(fore_reconcile_widths(&tree, method, b->residual, b->actual, b->T,
                                               b->level, b->width, H * LEVELS, width, NULL),
                         FORE_OK);
    }
    for (int i = 0; i < NODES; i++)
        for (int h = 0; h < H; h++) {
            double miss = fabs(c->y[i][N + h] - mean[i + h * NODES]);
            for (int k = 0; k < LEVELS; k++)
                t->inside[i][k] += miss <= width[i + (h + k * H) * NODES];
            t->width[i] += width[i + (h + H) * NODES];
            t->squares[i] += miss * miss;
        }
    t->n += H;
}

static void widths__simulated__hold(void **state)
{
    (void)state;
    tally t[7];
    memset(t, 0, sizeof t);
    for (int w = 0; w < WORLDS; w++) {
        company c;
        spoken b;
        make_company(&c, (uint64_t)w + 1);
        forecast(&c, &b);
        for (int m = -1; m <= (int)FORE_RECONCILE_MINT; m++)
            count(&c, &b, (fore_reconcile_method)m, &t[m + 1]);
    }
    for (int m = 0; m < 7; m++) {
        double all[LEVELS] = {0};
        for (int i = 0; i < NODES; i++)
            for (int k = 0; k < LEVELS; k++) all[k] += t[m].inside[i][k] / t[m].n / NODES;
        printf("%-10s 80 %%: %.3f  95 %%: %.3f  total: %.2f wide %.1f\n",
               m ? fore_reconcile_word((fore_reconcile_method)(m - 1)) : "base", all[0], all[1],
               t[m].inside[0][1] / t[m].n, t[m].width[0] / t[m].n);
        assert_true(all[0] > (m == 2 ? 0.72 : 0.76) && all[0] < 0.84);
        assert_true(all[1] > (m == 2 ? 0.90 : 0.92) && all[1] < 0.97);
        for (int i = 0; i < NODES; i++) assert_true(t[m].inside[i][1] / t[m].n > 0.89);
    }
}

/* --- as many series as values: MinT must not believe what it has seen --- */

enum { MANY = 40, GROUPS = 5, WIDE = MANY + GROUPS + 1, SHORT = 30 };

static void wide_company(uint64_t seed, double *residual, double *base, double *actual)
{
    fore_random random = fore_random_new(seed, 9);
    for (int t = 0; t <= SHORT; t++) {
        double error[WIDE] = {0}, common = fore_random_normal(&random), in_group = 0;
        for (int b = 0; b < MANY; b++) {
            if (b % (MANY / GROUPS) == 0) in_group = fore_random_normal(&random);
            error[GROUPS + 1 + b] = common + in_group + 2 * fore_random_normal(&random);
            error[1 + b / (MANY / GROUPS)] += error[GROUPS + 1 + b];
            error[0] += error[GROUPS + 1 + b];
        }
        for (int i = 0; i < WIDE; i++) { /* aggregates also forecast of their own, a bit better */
            double own = i <= GROUPS ? 0.9 * error[i] + fore_random_normal(&random) : error[i];
            if (t < SHORT)
                residual[t + i * SHORT] = own;
            else
                actual[i] = error[i], base[i] = error[i] - own;
        }
    }
}

static void widths__more_series_than_values__mint_holds(void **state)
{
    (void)state;
    int64_t from[GROUPS + 2] = {0, MANY}, in[2 * MANY];
    for (int b = 0; b < MANY; b++) in[b] = in[MANY + b] = b;
    for (int g = 0; g < GROUPS; g++) from[g + 2] = from[g + 1] + MANY / GROUPS;
    fore_hierarchy wide = {GROUPS + 1, MANY, from, in};
    double inside[2] = {0}, n = 0;
    for (int world = 0; world < 300; world++) {
        double residual[SHORT * WIDE], base[WIDE], actual[WIDE], width[WIDE], mean[WIDE];
        wide_company((uint64_t)world + 1, residual, base, actual);
        for (int i = 0; i < WIDE; i++) {
            double square = 0;
            for (int t = 0; t < SHORT; t++)
                square += residual[t + i * SHORT] * residual[t + i * SHORT] / SHORT;
            width[i] = 1.2816 * sqrt(square);
        }
        assert_int_equal(fore_reconcile(NULL, &wide, FORE_RECONCILE_MINT, base, 1, residual, SHORT,
                                        NULL, false, mean, NULL, NULL, NULL),
                         FORE_OK);
        assert_int_equal(fore_reconcile_widths(&wide, FORE_RECONCILE_MINT, residual, NULL, SHORT,
                                               NULL, width, 1, width, NULL),
                         FORE_OK);
        for (int i = 0; i < WIDE; i++) {
            inside[i > GROUPS] += fabs(actual[i] - mean[i]) <= width[i];
            n += 1.0 / WIDE;
        }
    }
    printf("80 %% of MinT with %d nodes and %d errors: aggregates %.3f, bottoms %.3f\n", WIDE,
           SHORT, inside[0] / n / (GROUPS + 1), inside[1] / n / MANY);
    assert_true(inside[0] / n / (GROUPS + 1) > 0.75 && inside[0] / n / (GROUPS + 1) < 0.85);
    assert_true(inside[1] / n / MANY > 0.76 && inside[1] / n / MANY < 0.84);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths__simulated__hold),
        cmocka_unit_test(widths__more_series_than_values__mint_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
