/* bench_trees ROWS COLUMNS FOLDER RUNS
 *
 * How long do boosted trees take on a large table, how fast do they score, how good are they and
 * how much memory do they need? ROWS are fitted, a fifth as many held out. Writes the rows to
 * FOLDER (x.f32 column-major, y.f32; both with the held-out rows last) so that peer_trees.py does
 * the same work on the same numbers: 100 trees of 31 leaves, at most 255 bins, rate 0.1, l2 1,
 * smallest Hessian 1.
 *
 * JSON lines with median and minimum of RUNS seconds: the fit, the scoring of ROWS rows, one row at
 * a time, and the contributions of 20,000 rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_help.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/num/linear.h"
#include "models/measure/classify.h"
#include "models/score/trees.h"

enum { EXPLAINED = 20000, SINGLE = 100000, FEW = 1000 };

typedef struct table {
    int64_t n, all, p; /* fitted, with the held-out ones, columns */
    double *x, *y;
    fore_pool *pool;
    const char *folder;
    int runs;
} table;

static void report(const char *what, const table *t, int64_t rows, timing *m, const char *more)
{
    qsort(m->cpu, (size_t)t->runs, sizeof *m->cpu, by_size);
    qsort(m->seconds, (size_t)t->runs, sizeof *m->seconds, by_size);
    printf("{\"bench\":\"trees\",\"what\":\"%s\",\"rows\":%lld,\"columns\":%lld,\"median_s\":%.4f,"
           "\"min_s\":%.4f,\"cpu_s\":%.4f,\"runs\":%d,\"threads\":%d%s}\n",
           what, (long long)rows, (long long)t->p, m->seconds[t->runs / 2], m->seconds[0],
           m->cpu[t->runs / 2], t->runs, fore_pool_threads(t->pool), more);
    fflush(stdout);
}

/* What leads look like: half of the columns continuous, a quarter counts, a quarter rare flags;
 * some values missing; about 8 % positive through interactions. */
static fore_status fill_block(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    (void)err;
    table *t = context;
    int64_t from = block * FORE_ROW_BLOCK,
            to = from + FORE_ROW_BLOCK < t->all ? from + FORE_ROW_BLOCK : t->all;
    for (int64_t i = from; i < to; i++) {
        fore_random random = fore_random_new(7, (uint64_t)i);
        double shared = fore_random_normal(&random), eta = -3.1, before = 0;
        for (int64_t j = 0; j < t->p; j++) {
            double v = 0.8 * fore_random_normal(&random) + 0.6 * shared;
            if (j % 4 == 1) v = floor(exp(0.8 * v + 0.5));
            if (j % 4 == 3) v = v > 1.3;
            double known = v > 4 ? 4 : v;
            eta += (j % 3 ? 0.04 : 0.12) * (j % 2 ? -1 : 1) * known;
            if (j % 5 == 4) eta += 0.1 * known * before;
            before = known;
            bool missing = j % 6 == 2 && fore_random_uniform(&random) < 0.1;
            t->x[i + j * t->all] = missing ? NAN : (double)(float)v;
        }
        t->y[i] = fore_random_uniform(&random) < 1 / (1 + exp(-eta));
    }
    return FORE_OK;
}

static void write_floats(const char *folder, const char *name, const double *values, int64_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.f32", folder, name);
    FILE *file = fopen(path, "wb");
    float piece[4096];
    bool good = file != NULL;
    for (int64_t at = 0; good && at < n; at += 4096) {
        int64_t count = n - at < 4096 ? n - at : 4096;
        for (int64_t i = 0; i < count; i++) piece[i] = (float)values[at + i];
        good = fwrite(piece, sizeof *piece, (size_t)count, file) == (size_t)count;
    }
    if (good && fclose(file) == 0) return;
    fprintf(stderr, "%s cannot be written\n", path);
    exit(1);
}

static fore_trees *time_fit(const table *t)
{
    timing m;
    fore_trees *trees = NULL;
    fore_view x = {t->x, t->n, t->p, t->all, NULL};
    fore_view held = {t->x + t->n, t->all - t->n, t->p, t->all, NULL};
    fore_trees_options o = fore_trees_default();
    double data = peak_mb(), auc = 0, *margin = FORE_NEW(t->all, double);
    if (!margin) exit(1);
    o.rounds = 100;
    o.rate = 0.1;
    o.depth = FORE_TREES_MAX_DEPTH;
    o.min_gain = 0;
    for (int run = 0; run < t->runs; run++) {
        fore_trees_free(trees);
        begin(&m);
        MUST(fore_trees_fit(t->pool, &x, t->y, NULL, NULL, &o, NULL, &trees, NULL, err));
        end(&m, run);
    }
    double peak = peak_mb() - data;
    MUST(fore_trees_predict(t->pool, trees, &held, margin, err));
    MUST(fore_auc(margin, t->y + t->n, NULL, held.rows, &auc, err));
    char more[128];
    snprintf(more, sizeof more, ",\"auc\":%.5f,\"data_mb\":%.0f,\"peak_above_mb\":%.0f", auc, data,
             peak);
    report("fit", t, t->n, &m, more);
    fore_free(margin);
    return trees;
}

static void time_scores(const table *t, const fore_trees *trees)
{
    timing m;
    fore_view x = {t->x, t->n, t->p, t->all, NULL};
    double *margin = FORE_NEW(t->n, double), *few = FORE_NEW(FEW * t->p, double), sum = 0;
    double *parts = FORE_NEW(t->p * EXPLAINED, double), *base = FORE_NEW(EXPLAINED, double);
    if (!margin || !few || !parts || !base) exit(1);
    for (int run = 0; run < t->runs; run++) {
        begin(&m);
        MUST(fore_trees_predict(t->pool, trees, &x, margin, err));
        end(&m, run);
    }
    report("score", t, t->n, &m, "");
    for (int64_t i = 0; i < FEW; i++)
        for (int64_t j = 0; j < t->p; j++) few[i * t->p + j] = t->x[i * 7919 % t->n + j * t->all];
    for (int run = 0; run < t->runs; run++) {
        begin(&m);
        for (int64_t i = 0; i < SINGLE; i++) sum += fore_trees_row(trees, few + i % FEW * t->p, 1);
        end(&m, run);
    }
    report("single rows", t, SINGLE, &m, isnan(sum) ? ",\"nan\":true" : "");
    int64_t explained = t->n < EXPLAINED ? t->n : EXPLAINED;
    fore_view some = {t->x, explained, t->p, t->all, NULL};
    for (int run = 0; run < t->runs; run++) {
        begin(&m);
        MUST(fore_trees_explain(t->pool, trees, &some, parts, base, err));
        end(&m, run);
    }
    report("explain", t, explained, &m, "");
    fore_free(margin);
    fore_free(few);
    fore_free(parts);
    fore_free(base);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench_trees ROWS COLUMNS FOLDER RUNS\n");
        return 2;
    }
    table t = {.n = atoll(argv[1]), .p = atoll(argv[2]), .folder = argv[3], .runs = atoi(argv[4])};
    if (t.n < 100 || t.p < 1 || t.runs < 1 || t.runs > MOST_RUNS) return 2;
    t.all = t.n + t.n / 5;
    t.x = FORE_NEW(t.all * t.p, double);
    t.y = FORE_NEW(t.all, double);
    if (!t.x || !t.y) return 1;
    MUST(fore_pool_new(0, &t.pool, err));
    MUST(fore_pool_run(t.pool, (t.all + FORE_ROW_BLOCK - 1) / FORE_ROW_BLOCK, fill_block, &t, err));
    write_floats(t.folder, "x", t.x, t.all * t.p);
    write_floats(t.folder, "y", t.y, t.all);
    fore_trees *trees = time_fit(&t);
    time_scores(&t, trees);
    fore_trees_free(trees);
    fore_pool_free(t.pool);
    fore_free(t.x);
    fore_free(t.y);
    return 0;
}
