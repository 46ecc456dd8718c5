/* How accurate are forecasts of series with long seasons, or two at once? Simulated: hours of a day
 * and a week, days of a week and a year, weeks of a year; seasons that multiply the level and that
 * add to it; a level that drifts and wanders.
 *
 *   bench_seasons SERIES [METHOD ...]     one JSON line per world and method; default auto mstl
 *   bench_seasons SERIES --write          the series instead: world, seasons, h, then the values */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/civil.h"
#include "engine/base/random.h"
#include "models/measure/accuracy.h"
#include "models/series/series_forecast.h"

enum { WORLDS = 6, LONGEST = 1400 };

typedef struct world {
    const char *name;
    int64_t season[2], n, h; /* season[1] 0: only one */
    bool product;
} world;

static const world worlds[WORLDS] = {
    {"hours, product", {24, 168}, 1008, 48, true}, {"hours, sum", {24, 168}, 1008, 48, false},
    {"days, product", {7, 365}, 1195, 28, true},   {"days, sum", {7, 365}, 1195, 28, false},
    {"weeks, product", {52, 0}, 234, 26, true},    {"weeks, sum", {52, 0}, 234, 26, false}};

static double shape(fore_random *random, int64_t m, double *out)
{
    double size = 0.05 + 0.3 * fore_random_uniform(random);
    double first = 2 * M_PI * fore_random_uniform(random),
           second = 2 * M_PI * fore_random_uniform(random);
    double rough = m < 52 ? 0.4 * size : 0;
    for (int64_t i = 0; i < m; i++) {
        double at = 2 * M_PI * (double)i / (double)m;
        out[i] = size * (sin(at + first) + 0.5 * sin(2 * at + second)) +
                 rough * fore_random_normal(random);
    }
    return size;
}

static void make(const world *w, uint64_t id, double *y)
{
    double one[LONGEST], two[LONGEST] = {0}, level = 1;
    fore_random random = fore_random_new(2026, id);
    shape(&random, w->season[0], one);
    if (w->season[1]) shape(&random, w->season[1], two);
    double drift = 0.3 * (fore_random_uniform(&random) - 0.3) / (double)w->n;
    double noise = 0.02 + 0.1 * fore_random_uniform(&random),
           walk = 0.01 * fore_random_uniform(&random);
    for (int64_t t = 0; t < w->n + w->h; t++) {
        double season = one[t % w->season[0]] + (w->season[1] ? two[t % w->season[1]] : 0);
        double e = noise * fore_random_normal(&random);
        level += drift + walk * fore_random_normal(&random);
        y[t] = w->product ? 1000 * fmax(level, 0.2) * exp(season + e)
                          : 1500 + 1000 * (level + season + e);
    }
}

static void write_all(int64_t series)
{
    double y[LONGEST];
    for (int k = 0; k < WORLDS; k++)
        for (int64_t s = 0; s < series; s++) {
            const world *w = &worlds[k];
            make(w, (uint64_t)(k * 100000 + s), y);
            printf("\"%s\",%lld,%lld,%lld", w->name, (long long)w->season[0],
                   (long long)w->season[1], (long long)w->h);
            for (int64_t t = 0; t < w->n + w->h; t++) printf(",%.17g", y[t]);
            printf("\n");
        }
}

static int run(const world *w, int k, int64_t series, const char *word)
{
    double y[LONGEST], smape = 0, mase = 0, inside = 0, seconds = 0;
    fore_series_options options = fore_series_default();
    if (!fore_series_method_parse(word, &options.method)) return 1;
    if (w->season[1]) options.seasons = 1, options.season[0] = w->season[1];
    for (int64_t s = 0; s < series; s++) {
        fore_series_forecast *f;
        fore_error err = {0};
        make(w, (uint64_t)(k * 100000 + s), y);
        double start = fore_clock_seconds();
        if (fore_series_run(y, w->n, w->season[0], w->h, &options, &f, &err) != FORE_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        seconds += fore_clock_seconds() - start;
        double scale = fore_mase_scale(y, w->n, w->season[w->season[1] ? 1 : 0]);
        smape += fore_smape(y + w->n, f->mean, w->h) / (double)series;
        mase += fore_mase(y + w->n, f->mean, w->h, scale) / (double)series;
        inside += fore_coverage(y + w->n, f->lower + w->h, f->upper + w->h, w->h) / (double)series;
        fore_series_free(f);
    }
    printf(
        "{\"bench\":\"seasons\",\"world\":\"%s\",\"method\":\"%s\",\"series\":%lld,\"smape\":%.3f,"
        "\"mase\":%.4f,\"coverage95\":%.3f,\"seconds\":%.3f}\n",
        w->name, word, (long long)series, smape, mase, inside, seconds);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const standard[] = {"auto", "mstl"};
    int64_t series = argc > 1 ? atoll(argv[1]) : 0;
    if (series < 1) {
        fprintf(stderr, "usage: bench_seasons SERIES [METHOD ... | --write]\n");
        return 2;
    }
    if (argc > 2 && strcmp(argv[2], "--write") == 0) {
        write_all(series);
        return 0;
    }
    int count = argc > 2 ? argc - 2 : 2, failed = 0;
    for (int k = 0; k < WORLDS; k++)
        for (int i = 0; i < count; i++)
            failed |= run(&worlds[k], k, series, argc > 2 ? argv[2 + i] : standard[i]);
    return failed;
}
