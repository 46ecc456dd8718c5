/* How accurate are our forecasts on the 3,003 series of the M3 competition, and how long do they
 * take? bench_m3 [--every K] [--inside] [--intervals KIND] [--clean WHAT] [--paths N] [threads
 * [method ...]] prints one JSON line per method and group; K: each K-th series only; --inside: the
 * last values of each training part are forecast from those before (long enough series only), which
 * is where choices are made; KIND: auto, model, conformal or adaptive; WHAT: report, outliers,
 * shifts, both or off; N: sample paths, by which the sum of all steps is held against its interval.
 * The method "shipped" is "learned" with the program's weights, not corrected by the series at
 * hand. peer_series.py puts statsforecast and R beside it. Published forecasts of THETA give 12.762
 * (outside the run). */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_help.h"
#include "engine/base/pool.h"
#include "models/measure/accuracy.h"
#include "models/series/learned.h"
#include "tests/measure/m3_data.h"

typedef struct tally {
    int64_t series;
    double smape, mase, msis, inside80, inside95;
    double sum95, apart95, joined95; /* of the sum of all steps, with paths */
} tally;

static void add(tally *t, const m3_series *s, const fore_series_forecast *f)
{
    double scale = fore_mase_scale(s->history, s->n, s->m);
    t->series++;
    t->smape += fore_smape(s->future, f->mean, s->h);
    t->mase += fore_mase(s->future, f->mean, s->h, scale);
    t->inside80 += fore_coverage(s->future, f->lower, f->upper, s->h);
    t->inside95 += fore_coverage(s->future, f->lower + s->h, f->upper + s->h, s->h);
    t->msis += fore_msis(s->future, f->lower + s->h, f->upper + s->h, s->h, 95, scale);
}

/* Does the sum of all steps lie within its 95 % interval: by paths, as though steps were
 * independent, as though they erred together? */
static void add_sum(tally *t, const m3_series *s, const fore_series_forecast *f)
{
    double actual = 0, mean = 0, below = 0, above = 0, low = 0, high = 0;
    fore_series_sum sum;
    if (fore_series_add_up(f, 0, s->h, 95, &sum, NULL) != FORE_OK) return;
    for (int64_t h = 0; h < s->h; h++) {
        double down = f->mean[h] - f->lower[h + s->h], up = f->upper[h + s->h] - f->mean[h];
        actual += s->future[h], mean += f->mean[h];
        below += down * down, above += up * up;
        low += f->lower[h + s->h], high += f->upper[h + s->h];
    }
    t->sum95 += actual >= sum.lower && actual <= sum.upper;
    t->apart95 += actual >= mean - sqrt(below) && actual <= mean + sqrt(above);
    t->joined95 += actual >= low && actual <= high;
}

static void print(const char *method, const char *group, const tally *t, const timing *time,
                  int threads)
{
    double n = (double)t->series;
    printf(
        "{\"bench\":\"m3\",\"method\":\"%s\",\"group\":\"%s\",\"series\":%lld,\"smape\":%.3f,\"mase\":%.3f,"
        "\"msis95\":%.2f,\"coverage80\":%.3f,\"coverage95\":%.3f,\"seconds\":%.3f,"
        "\"cpu_seconds\":%.3f,\"threads\":%d,\"sum95\":%.3f,\"sum95_independent\":%.3f,"
        "\"sum95_together\":%.3f}\n",
        method, group, (long long)t->series, t->smape / n, t->mase / n, t->msis / n,
        t->inside80 / n, t->inside95 / n, time->seconds[0], time->cpu[0], threads, t->sum95 / n,
        t->apart95 / n, t->joined95 / n);
}

typedef struct question {
    int every;
    bool inside;
    fore_interval_kind intervals;
    fore_series_cleaning cleaning;
    int64_t paths;
} question;

/* The training part without its last h values, which become what is to come; false when fewer are
 * left than the competition's shortest series of the group has. */
static bool look_inside(m3_series *s)
{
    static const int64_t least[4] = {14, 16, 48, 20};
    if (s->n - s->h < least[s->group]) return false;
    s->n -= s->h;
    memcpy(s->future, s->history + s->n, (size_t)s->h * sizeof(double));
    return true;
}

static bool method_of(const char *word, fore_learned **shipped, fore_series_options *options)
{
    bool alone = strcmp(word, "shipped") == 0;
    if (!fore_series_method_parse(alone ? "learned" : word, &options->method)) return false;
    if (alone && fore_learned_shipped(shipped, NULL) != FORE_OK) return false;
    options->learned = *shipped;
    return true;
}

static int run(const m3_series *series, question q, const char *word, fore_pool *pool)
{
    fore_series_options options = fore_series_default();
    fore_series_task *tasks = calloc(M3_SERIES, sizeof *tasks);
    m3_series *all = malloc(M3_SERIES * sizeof *all);
    fore_learned *shipped = NULL;
    tally groups[5] = {{0}};
    timing time;
    int count = 0;
    options.intervals = q.intervals;
    options.cleaning = q.cleaning;
    options.paths = q.paths;
    if (!tasks || !all || !method_of(word, &shipped, &options)) return 1;
    for (int i = 0; i < M3_SERIES; i += q.every) {
        m3_series *s = &all[count];
        *s = series[i];
        if (q.inside && !look_inside(s)) continue;
        tasks[count++] = (fore_series_task){.y = s->history, .n = s->n, .m = s->m, .horizon = s->h};
    }
    begin(&time);
    MUST(fore_series_batch(pool, tasks, count, &options, err));
    end(&time, 0);
    for (int i = 0; i < count; i++) {
        if (!tasks[i].forecast) {
            fprintf(stderr, "%s: %s\n", all[i].id, tasks[i].message);
            return 1;
        }
        add(&groups[all[i].group], &all[i], tasks[i].forecast);
        add(&groups[4], &all[i], tasks[i].forecast);
        add_sum(&groups[all[i].group], &all[i], tasks[i].forecast);
        add_sum(&groups[4], &all[i], tasks[i].forecast);
        fore_series_free(tasks[i].forecast);
    }
    for (int g = 0; g < 5; g++)
        print(word, g < 4 ? m3_groups[g] : "all", &groups[g], &time, fore_pool_threads(pool));
    fore_learned_free(shipped);
    free(tasks);
    free(all);
    return 0;
}

static int place_of(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0) return i;
    return -1;
}

/* One option with its value; false for one that there is not. The words stand in the order of
 * fore_interval_kind and fore_series_cleaning. */
static bool read_option(const char *option, const char *value, question *q)
{
    static const char *const kinds[] = {"auto", "model", "conformal", "adaptive", NULL};
    static const char *const cleaning[] = {"report", "outliers", "shifts", "both", "off", NULL};
    int kind = place_of(value, kinds), clean = place_of(value, cleaning);
    if (strcmp(option, "--every") == 0) return (q->every = atoi(value)) >= 1;
    if (strcmp(option, "--paths") == 0) return (q->paths = atoll(value)) >= 0;
    if (strcmp(option, "--intervals") == 0) q->intervals = (fore_interval_kind)kind;
    if (strcmp(option, "--intervals") == 0) return kind >= 0;
    if (strcmp(option, "--clean") == 0) q->cleaning = (fore_series_cleaning)clean;
    return strcmp(option, "--clean") == 0 && clean >= 0;
}

static bool read_options(int *argc, char ***argv, question *q)
{
    *q = (question){.every = 1};
    for (; *argc > 1 && (*argv)[1][0] == '-'; --*argc, ++*argv) {
        if (strcmp((*argv)[1], "--inside") == 0) {
            q->inside = true;
            continue;
        }
        if (*argc < 3 || !read_option((*argv)[1], (*argv)[2], q)) return false;
        --*argc, ++*argv;
    }
    return true;
}

int main(int argc, char **argv)
{
    static const char *const standard[] = {"snaive", "ses", "theta", "dotm", "ets", "auto"};
    m3_series *all = m3_load();
    fore_pool *pool = NULL;
    int failed = 0;
    question q;
    if (!read_options(&argc, &argv, &q) || !all) {
        fprintf(
            stderr,
            all ? "bench_m3 [--every K] [--inside] [--intervals auto|model|conformal|adaptive] "
                  "[--clean report|outliers|shifts|both|off] [--paths N] [threads [method ...]]; "
                  "K is 1 or more\n"
                : "the M3 files are not there; set FORESELL_DATA to the folder that holds m3/\n");
        return 1;
    }
    MUST(fore_pool_new(argc > 1 ? atoi(argv[1]) : 1, &pool, err));
    for (int i = 2; i < argc; i++) failed |= run(all, q, argv[i], pool);
    for (size_t i = 0; argc <= 2 && i < sizeof standard / sizeof *standard; i++)
        failed |= run(all, q, standard[i], pool);
    fore_pool_free(pool);
    free(all);
    return failed;
}
