/* What is left to chance: the forecast of one who knows everything about a simulated company.
 *
 *   forecast_floor SEED WEEKS DAY DAY [DAY ...]
 *
 * The company is that of `simulate --seed SEED --weeks WEEKS`; the days are starts of stretches of
 * whole weeks (YYYY-MM-DD, Mondays), the last one an end. At each start the world is taken as it
 * is, with the hidden quality of every lead, the demand in every territory and the formulas by
 * which leads are won, and goes on DRAWS times with other luck. Prints one JSON line: what was
 * really won in every stretch, and mean, 10 % and 90 % of the draws. No forecast can expect to miss
 * by less. Behind bench/forecast.py --floor. */
#include <stdio.h>
#include <stdlib.h>

#include "datasets/simulate_world.h"
#include "engine/base/civil.h"
#include "engine/base/memory.h"

enum { DRAWS = 400, WEEKS_MOST = 60, STRETCHES_MOST = 60 };

typedef struct stretch {
    int32_t from, to; /* weeks */
    double actual, mean, lo80, hi80;
} stretch;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The world at the start of the stretch: what is expected of it. */
static fore_status foresee(sim_world *w, stretch *s, fore_error *err)
{
    static const double pace[FORE_SIM_KINDS] = {1, 1, 1, 1};
    static double realised[DRAWS * WEEKS_MOST];
    double expected[WEEKS_MOST], sum[DRAWS] = {0};
    int32_t weeks = s->to - s->from, history = w->options.weeks;
    sim_future_result result = {.expected = expected, .realised = realised};
    w->options.weeks = w->week; /* the future begins here */
    fore_status status = fore_sim_future(w, pace, weeks, DRAWS, NULL, 0, NULL, &result, err);
    w->options.weeks = history;
    s->mean = 0;
    for (int d = 0; d < DRAWS; d++) {
        for (int32_t j = 0; j < weeks; j++) sum[d] += realised[d * weeks + j];
        s->mean += sum[d] / DRAWS;
    }
    qsort(sum, DRAWS, sizeof *sum, by_size);
    s->lo80 = sum[DRAWS / 10];
    s->hi80 = sum[DRAWS - 1 - DRAWS / 10];
    return status;
}

static fore_status walk(const fore_simulate_options *o, stretch *s, int64_t n, fore_error *err)
{
    sim_world w;
    double gain[FORE_SIM_KINDS];
    fore_status status = FORE_OK;
    FORE_TRY(fore_sim_world_new(o, &w, err));
    FORE_GO(fore_sim_calibrate(o, w.weight, &w.exponent, gain, err));
    for (int64_t i = 0; i < n; i++) {
        sim_tally tally = {0};
        FORE_GO(fore_sim_run(&w, s[i].from, s[i].from, NULL, err));
        FORE_GO(foresee(&w, &s[i], err));
        FORE_GO(fore_sim_run(&w, s[i].to, s[i].from, &tally, err));
        s[i].actual = tally.realised;
    }
done:
    fore_sim_world_free(&w);
    return status;
}

int main(int count, char **word)
{
    static stretch s[STRETCHES_MOST];
    fore_simulate_options o = fore_simulate_default();
    fore_error err = {0};
    int64_t n = count - 4;
    if (n < 1 || n > STRETCHES_MOST) {
        fprintf(stderr, "forecast_floor SEED WEEKS DAY DAY [DAY ...]: 2 to %d days\n",
                STRETCHES_MOST + 1);
        return 2;
    }
    o.seed = strtoull(word[1], NULL, 10);
    o.weeks = (int32_t)strtol(word[2], NULL, 10);
    for (int64_t i = 0; i <= n; i++) {
        int year, month, day;
        int32_t week = -1;
        if (sscanf(word[3 + i], "%d-%d-%d", &year, &month, &day) == 3)
            week = (fore_days_from_civil(year, month, day) - o.start_on) / 7;
        if (i < n) s[i].from = week;
        if (i > 0) s[i - 1].to = week;
        if (week < 0 || week > o.weeks ||
            (i > 0 && (week <= s[i - 1].from || week > s[i - 1].from + WEEKS_MOST))) {
            fprintf(stderr, "%s: a Monday of the history, after the one before it\n", word[3 + i]);
            return 2;
        }
    }
    if (walk(&o, s, n, &err) != FORE_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    for (int64_t i = 0; i < n; i++)
        printf("%s{\"actual\":%.17g,\"mean\":%.17g,\"lo80\":%.17g,\"hi80\":%.17g}", i ? "," : "[",
               s[i].actual, s[i].mean, s[i].lo80, s[i].hi80);
    printf("]\n");
    return 0;
}
