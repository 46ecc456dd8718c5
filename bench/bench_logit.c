/* bench_logit ROWS COLUMNS FOLDER RUNS [trees]
 *
 * How long does a logistic regression take on a large table, and how fast does the scorer answer?
 * Writes the rows to FOLDER (x.f64 column-major, y.f64, native doubles) and the coefficients
 * (beta.f64, the intercept last), so that peer_sklearn_logit.py does the same work on the same
 * numbers.
 *
 * JSON lines with median and minimum of RUNS seconds: the fit on columns that are standardised
 * already; the design alone; the fit through the design; the scoring of all rows without and with
 * intervals; 100 boosted trees. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_help.h"
#include "engine/base/random.h"
#include "engine/num/linear.h"
#include "models/score/logit.h"
#include "models/score/scorer.h"

typedef struct table {
    int64_t n, p;
    double *x, *y;
    fore_pool *pool;
    const char *folder;
    int runs;
} table;

static void report(const char *what, const table *t, timing *m)
{
    double *seconds = m->seconds;
    qsort(m->cpu, (size_t)t->runs, sizeof *m->cpu, by_size);
    qsort(seconds, (size_t)t->runs, sizeof *seconds, by_size);
    double median = seconds[t->runs / 2];
    printf(
        "{\"bench\":\"logit\",\"what\":\"%s\",\"rows\":%lld,\"columns\":%lld,\"median_s\":%.4f,\"min_s\":%.4f,\"cpu_s\":%.4f,"
        "\"rows_per_s\":%.0f,\"runs\":%d,\"threads\":%d,\"core\":\"%s\",\"peak_mb\":%.0f}\n",
        what, (long long)t->n, (long long)t->p, median, seconds[0], m->cpu[t->runs / 2],
        (double)t->n / median, t->runs, fore_pool_threads(t->pool), fore_linear_core(), peak_mb());
    fflush(stdout);
}

/* Correlated columns, standardised; about 8 % positive. */
static fore_status fill_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    table *t = context;
    int64_t from = block * FORE_ROW_BLOCK,
            to = from + FORE_ROW_BLOCK < t->n ? from + FORE_ROW_BLOCK : t->n;
    for (int64_t i = from; i < to; i++) {
        fore_random random = fore_random_new(7, (uint64_t)i);
        double shared = fore_random_normal(&random), eta = -2.9;
        for (int64_t j = 0; j < t->p; j++) {
            double v = 0.8 * fore_random_normal(&random) + 0.6 * shared;
            t->x[i + j * t->n] = v;
            eta += (j % 3 ? 0.05 : 0.2) * (j % 2 ? -1 : 1) * v;
        }
        t->y[i] = fore_random_uniform(&random) < 1 / (1 + exp(-eta));
    }
    return FORE_OK;
}

static void standardise(table *t)
{
    for (int64_t j = 0; j < t->p; j++) {
        double *v = t->x + j * t->n, sum = 0, squares = 0;
        for (int64_t i = 0; i < t->n; i++) sum += v[i];
        for (int64_t i = 0; i < t->n; i++)
            squares += (v[i] - sum / (double)t->n) * (v[i] - sum / (double)t->n);
        double mean = sum / (double)t->n, per = 1 / sqrt(squares / (double)t->n);
        for (int64_t i = 0; i < t->n; i++) v[i] = (v[i] - mean) * per;
    }
}

static void write_numbers(const char *folder, const char *name, const double *values, int64_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.f64", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(values, sizeof *values, (size_t)n, file) != (size_t)n ||
        fclose(file) != 0) {
        fprintf(stderr, "%s cannot be written\n", path);
        exit(1);
    }
}

static void time_fit(const table *t, const fore_design *design, const char *what)
{
    timing m;
    fore_view x = {t->x, t->n, t->p, t->n, NULL};
    for (int run = 0; run < t->runs; run++) {
        fore_logit_model *model = NULL;
        fore_logit_options o = fore_logit_default();
        o.tolerance = 1e-8; /* as the scorer on so many rows */
        begin(&m);
        MUST(fore_logit_fit(t->pool, &x, design, t->y, NULL, NULL, &o, &model, NULL, err));
        end(&m, run);
        if (!design && run == 0) {
            double *beta = malloc((size_t)(t->p + 1) * sizeof *beta);
            memcpy(beta, model->beta, (size_t)t->p * sizeof *beta);
            beta[t->p] = model->intercept;
            write_numbers(t->folder, "beta", beta, t->p + 1);
            free(beta);
        }
        fore_logit_free(model);
    }
    report(what, t, &m);
}

static void time_design(const table *t)
{
    timing m;
    fore_view x = {t->x, t->n, t->p, t->n, NULL};
    fore_design *design = NULL;
    for (int run = 0; run < t->runs; run++) {
        fore_design_free(design);
        begin(&m);
        MUST(fore_design_fit(t->pool, &x, NULL, NULL, &design, err));
        end(&m, run);
    }
    report("design", t, &m);
    time_fit(t, design, "fit through design");
    fore_design_free(design);
}

static void time_scoring(const table *t)
{
    timing m;
    int64_t fitted = t->n < 100000 ? t->n : 100000;
    fore_scorer_options o = fore_scorer_default(FORE_LOGISTIC);
    fore_sample train = {{t->x, fitted, t->p, t->n, NULL}, t->y, NULL, NULL, NULL, NULL};
    fore_view x = {t->x, t->n, t->p, t->n, NULL};
    fore_scorer *scorer = NULL;
    double *answer = malloc((size_t)(3 * t->n) * sizeof *answer);
    o.calibrator = FORE_CALIBRATE_PLATT;
    MUST(fore_scorer_fit(t->pool, &train, &train, &o, NULL, &scorer, err));
    for (int with = 0; with < 2; with++) {
        double *lo = with ? answer + t->n : NULL, *hi = with ? answer + 2 * t->n : NULL;
        for (int run = 0; run < t->runs; run++) {
            begin(&m);
            MUST(fore_scorer_predict(t->pool, scorer, &x, answer, lo, hi, NULL, err));
            end(&m, run);
        }
        report(with ? "score with intervals" : "score", t, &m);
    }
    free(answer);
    fore_scorer_free(scorer);
}

static void time_trees(const table *t)
{
    timing m;
    fore_view x = {t->x, t->n, t->p, t->n, NULL};
    table once = *t;
    fore_trees_options o = fore_trees_default();
    fore_trees *trees = NULL;
    once.runs = 1;
    o.rounds = 100;
    o.rate = 0.1;
    begin(&m);
    MUST(fore_trees_fit(t->pool, &x, t->y, NULL, NULL, &o, NULL, &trees, NULL, err));
    end(&m, 0);
    report("100 trees", &once, &m);
    double *margin = malloc((size_t)t->n * sizeof *margin);
    begin(&m);
    MUST(fore_trees_predict(t->pool, trees, &x, margin, err));
    end(&m, 0);
    report("score by 100 trees", &once, &m);
    free(margin);
    fore_trees_free(trees);
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: bench_logit ROWS COLUMNS FOLDER RUNS [trees]\n");
        return 2;
    }
    table t = {.n = atoll(argv[1]), .p = atoll(argv[2]), .folder = argv[3], .runs = atoi(argv[4])};
    if (t.n < 100 || t.p < 1 || t.runs < 1 || t.runs > MOST_RUNS) return 2;
    t.x = malloc((size_t)(t.n * t.p) * sizeof *t.x);
    t.y = malloc((size_t)t.n * sizeof *t.y);
    fore_linear_start();
    MUST(fore_pool_new(0, &t.pool, err));
    MUST(fore_pool_run(t.pool, (t.n + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK, fill_block, &t, err));
    standardise(&t);
    write_numbers(t.folder, "x", t.x, t.n * t.p);
    write_numbers(t.folder, "y", t.y, t.n);
    time_fit(&t, NULL, "fit");
    time_design(&t);
    time_scoring(&t);
    if (argc == 6) time_trees(&t);
    fore_pool_free(t.pool);
    free(t.x);
    free(t.y);
    return 0;
}
