/* How accurate are our forecasts on the 3,003 series of the M3 competition, and how long do they
 * take? bench_m3 [threads [method ...]]        prints one JSON line per method and group Peers
 * measured once outside: R forecast 8.20 needs 849 s on one core for thetaf and ets together
 * (sMAPE 12.790 and 13.067); the published THETA forecasts give 12.762. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/civil.h"
#include "engine/base/pool.h"
#include "models/measure/accuracy.h"
#include "models/series/series_forecast.h"
#include "tests/measure/m3_data.h"

typedef struct tally {
    int64_t series;
    double smape, mase, msis, inside80, inside95;
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

static void print(const char *method, const char *group, const tally *t, double seconds,
                  int threads)
{
    double n = (double)t->series;
    printf(
        "{\"bench\":\"m3\",\"method\":\"%s\",\"group\":\"%s\",\"series\":%lld,\"smape\":%.3f,\"mase\":%.3f,"
        "\"msis95\":%.2f,\"coverage80\":%.3f,\"coverage95\":%.3f,\"seconds\":%.2f,\"threads\":%d}\n",
        method, group, (long long)t->series, t->smape / n, t->mase / n, t->msis / n,
        t->inside80 / n, t->inside95 / n, seconds, threads);
}

static int run(const m3_series *all, const char *word, fore_pool *pool)
{
    fore_series_options options = fore_series_default();
    fore_series_task *tasks = calloc(M3_SERIES, sizeof *tasks);
    tally groups[5] = {{0}};
    if (!tasks || !fore_series_method_parse(word, &options.method)) return 1;
    for (int i = 0; i < M3_SERIES; i++)
        tasks[i] = (fore_series_task){
            .y = all[i].history, .n = all[i].n, .m = all[i].m, .horizon = all[i].h};
    double start = fore_clock_seconds();
    if (fore_series_batch(pool, tasks, M3_SERIES, &options, NULL) != FORE_OK) return 1;
    double seconds = fore_clock_seconds() - start;
    for (int i = 0; i < M3_SERIES; i++) {
        if (!tasks[i].forecast) {
            fprintf(stderr, "%s: %s\n", all[i].id, tasks[i].message);
            return 1;
        }
        add(&groups[all[i].group], &all[i], tasks[i].forecast);
        add(&groups[4], &all[i], tasks[i].forecast);
        fore_series_free(tasks[i].forecast);
    }
    for (int g = 0; g < 5; g++)
        print(word, g < 4 ? m3_groups[g] : "all", &groups[g], seconds, fore_pool_threads(pool));
    free(tasks);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const standard[] = {"snaive", "ses", "theta", "dotm", "ets", "auto"};
    m3_series *all = m3_load();
    fore_pool *pool = NULL;
    int failed = 0;
    if (!all) {
        fprintf(stderr,
                "the M3 files are not there; set FORESELL_DATA to the folder that holds m3/\n");
        return 1;
    }
    if (fore_pool_new(argc > 1 ? atoi(argv[1]) : 1, &pool, NULL) != FORE_OK) return 1;
    for (int i = 2; i < argc; i++) failed |= run(all, argv[i], pool);
    for (size_t i = 0; argc <= 2 && i < sizeof standard / sizeof *standard; i++)
        failed |= run(all, standard[i], pool);
    fore_pool_free(pool);
    free(all);
    return failed;
}
