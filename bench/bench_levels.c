/* Do intervals hold what they say where the truth is known? bench_levels [--series N] [--lengths
 * a,b,...] [--kinds a,b,...] [method ...] simulates N series of each kind and length, forecasts 6
 * steps and prints, per method, kind and length, one JSON line: how often the 50, 80 and 95 %
 * intervals of single steps hold, those of step 1 alone, those of the sum of all steps by 1,000
 * paths, and the interval score (Winkler 1972; lower is better) at 80 and 95 % per sd of the noise.
 * The random numbers are counted from (kind, length, series): the same everywhere. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_help.h"
#include "bench/reference_series.h"
#include "engine/base/random.h"
#include "models/measure/accuracy.h"
#include "models/series/series_forecast.h"

enum { LEVELS = 3, STEPS = 6, LENGTHS_MOST = 8, LONGEST = REFERENCE_LONGEST, PATHS = 1000 };

static const double levels[LEVELS] = {50, 80, 95};

typedef struct simulated {
    int64_t n, m, h;
    double y[LONGEST + STEPS], sd; /* of the noise */
} simulated;

/* ---- the kinds ---- */

typedef struct kind {
    const char *name;
    double wander, drift, noise; /* sd of the level's steps, the trend per step, sd around it */
    int64_t m;                   /* a season of amplitude 3 over so many steps; 1: none */
    int64_t shortest;
} kind;

static const kind kinds[] = {
    {"noise", 0, 0, 1, 1, 0},           {"walk", 1, 0, 0, 1, 0},
    {"level", 0.4, 0, 1, 1, 0},         {"trend", 0, 0.5, 1, 1, 0},
    {"drifting_walk", 1, 0.5, 0, 1, 0}, {"quarters", 0.3, 0.1, 1, 4, 16},
    {"months", 0.2, 0.1, 1, 12, 30},    {"seasonal_walk", 1, 0, 0, 24, 72},
    {"mixture", 0, 0, 0, 0, 0}, /* reference_series.h, of any length */
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void simulate(const kind *k, int64_t n, uint64_t stream, simulated *s)
{
    fore_random random = fore_random_new(77, stream);
    double level = 100, place[24];
    *s = (simulated){.n = n, .m = k->m, .h = STEPS, .sd = fmax(k->noise, k->wander)};
    for (int64_t j = 0; j < k->m; j++) place[j] = k->m > 1 ? 3 * fore_random_normal(&random) : 0;
    for (int64_t t = 0; t < n + STEPS; t++) {
        level += k->drift + k->wander * fore_random_normal(&random);
        s->y[t] = level + place[t % k->m] + k->noise * fore_random_normal(&random);
    }
}

static void from_mixture(uint64_t number, simulated *s)
{
    reference_series r;
    reference_make(4711, number, &r);
    *s = (simulated){.n = r.n - r.h, .m = r.m, .h = r.h < STEPS ? r.h : STEPS};
    memcpy(s->y, r.y, (size_t)(s->n + s->h) * sizeof(double));
    s->sd = fore_mase_scale(s->y, s->n, s->m);
    if (!(s->sd > 0)) s->sd = 1;
}

static void make_series(int k, int64_t n, int64_t number, simulated *s)
{
    uint64_t stream = ((uint64_t)k << 40) + ((uint64_t)n << 24) + (uint64_t)number;
    if (kinds[k].m == 0)
        from_mixture((uint64_t)number, s);
    else
        simulate(&kinds[k], n, stream, s);
}

/* ---- what held ---- */

typedef struct held {
    double series, all[LEVELS], first[LEVELS], sum[LEVELS], score[LEVELS];
} held;

static void add(held *t, const simulated *s, const fore_series_forecast *f)
{
    double total = 0;
    t->series++;
    for (int64_t h = 0; h < s->h; h++) total += s->y[s->n + h];
    for (int k = 0; k < LEVELS; k++) {
        fore_series_sum sum;
        double miss = 1 - levels[k] / 100, score = 0;
        const double *low = f->lower + k * s->h, *high = f->upper + k * s->h;
        for (int64_t h = 0; h < s->h; h++) {
            double v = s->y[s->n + h];
            score += high[h] - low[h] + 2 / miss * (fmax(0, low[h] - v) + fmax(0, v - high[h]));
        }
        t->all[k] += fore_coverage(s->y + s->n, low, high, s->h);
        t->first[k] += s->y[s->n] >= low[0] && s->y[s->n] <= high[0];
        t->score[k] += score / (double)s->h / s->sd;
        if (f->paths == 0) continue;
        MUST(fore_series_add_up(f, 0, s->h, levels[k], &sum, err));
        t->sum[k] += total >= sum.lower && total <= sum.upper;
    }
}

static void print_held(const char *word, const double *part, double count)
{
    printf(",\"%s\":[", word);
    for (int k = 0; k < LEVELS; k++) printf("%s%.1f", k ? "," : "", 100 * part[k] / count);
    printf("]");
}

static void print(const char *method, const char *name, int64_t n, const held *t, double seconds)
{
    printf("{\"bench\":\"levels\",\"method\":\"%s\",\"kind\":\"%s\",\"n\":%lld,\"series\":%.0f",
           method, name, (long long)n, t->series);
    print_held("held", t->all, t->series);
    print_held("step1", t->first, t->series);
    print_held("sum", t->sum, t->series);
    printf(",\"score80\":%.3f,\"score95\":%.3f,\"cpu_seconds\":%.2f}\n", t->score[1] / t->series,
           t->score[2] / t->series, seconds);
    fflush(stdout);
}

static void run(const char *method, int k, int64_t n, int64_t count)
{
    fore_series_options options = fore_series_default();
    held total = {0};
    timing time;
    options.levels = LEVELS;
    options.paths = PATHS;
    memcpy(options.level, levels, sizeof levels);
    if (!fore_series_method_parse(method, &options.method)) {
        fprintf(stderr, "no method is called %s\n", method);
        exit(1);
    }
    begin(&time);
    for (int64_t i = 0; i < count; i++) {
        simulated s;
        fore_series_forecast *f;
        make_series(k, n, i, &s);
        MUST(fore_series_run(s.y, s.n, s.m, s.h, &options, &f, err));
        add(&total, &s, f);
        fore_series_free(f);
    }
    end(&time, 0);
    print(method, kinds[k].name, n, &total, time.cpu[0]);
}

/* ---- the question ---- */

static bool named(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || at[length] == 0)) return true;
    return false;
}

#ifndef LEVELS_NO_MAIN
int main(int argc, char **argv)
{
    static const char *const standard[] = {"auto"};
    const char *only = NULL, *lengths = "10,20,48,120";
    int64_t count = 200;
    for (; argc > 2 && argv[1][0] == '-'; argc -= 2, argv += 2) {
        if (strcmp(argv[1], "--series") == 0) count = atoll(argv[2]);
        if (strcmp(argv[1], "--lengths") == 0) lengths = argv[2];
        if (strcmp(argv[1], "--kinds") == 0) only = argv[2];
    }
    const char *const *methods = argc > 1 ? (const char *const *)argv + 1 : standard;
    for (int i = 0; i < (argc > 1 ? argc - 1 : 1); i++)
        for (int k = 0; k < KINDS; k++) {
            if (only && !named(only, kinds[k].name)) continue;
            if (kinds[k].m == 0) {
                run(methods[i], k, 0, count);
                continue;
            }
            for (const char *at = lengths; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
                int64_t n = atoll(at);
                if (n >= kinds[k].shortest && n > 0 && n <= LONGEST) run(methods[i], k, n, count);
            }
        }
    return 0;
}
#endif
