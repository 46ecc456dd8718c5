/* ETS side by side: what a lane or a series gets does not depend on its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/ets_lanes.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { LONGEST = 90 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

/* A trial of any form without a multiplicative trend, sometimes outside of the region. */
static fore_ets random_trial(fore_random *random, char season, int64_t m)
{
    fore_ets w = {.form = {'A', 'A', season, false}, .m = m, .phi = 1};
    w.n = 5 + fore_random_below(random, LONGEST - 5);
    if (season == 'M' || fore_random_below(random, 2)) w.form.error = 'M';
    w.alpha = 0.05 + 0.9 * fore_random_uniform(random);
    w.beta = fore_random_below(random, 3) ? 0.3 * w.alpha * fore_random_uniform(random) : 0;
    w.gamma = season == 'N' ? 0 : (1 - w.alpha) * fore_random_uniform(random);
    if (fore_random_below(random, 2)) w.phi = 0.8 + 0.18 * fore_random_uniform(random);
    w.first.level = 1 + 0.1 * fore_random_normal(random);
    w.first.slope = 0.01 * fore_random_normal(random);
    for (int64_t j = 0; season != 'N' && j < m; j++)
        w.first.season[j] = (season == 'M') + 0.1 * fore_random_normal(random);
    return w;
}

typedef struct stage {
    ets_lanes w;
    double room[5 * LONGEST * ETS_LANES];
} stage;

static void set_stage(stage *s, int64_t width, char season, int64_t m)
{
    double *room = s->room;
    int64_t size = width * LONGEST;
    s->w = (ets_lanes){.width = width, .m = m, .season = season};
    memset(room, 0, sizeof s->room);
    s->w.y = room, s->w.q = room + size, s->w.slope = room + 2 * size;
    s->w.place = room + 3 * size, s->w.inverse = room + 4 * size;
    ets_lanes_clear(&s->w);
}

static void ets_lanes__any_neighbours__same_bytes_as_alone(void **state)
{
    static stage together, alone;
    static double y[ETS_LANES][LONGEST];
    const char seasons[3] = {'N', 'A', 'M'};
    int64_t finite = 0;
    (void)state;
    for (uint64_t trial = 0; trial < 300; trial++) {
        fore_random random = fore_random_new(11, trial);
        char season = seasons[trial % 3];
        int64_t m = season == 'N' ? 1 : trial % 2 ? 4 : 12;
        fore_ets w[ETS_LANES];
        set_stage(&together, ETS_LANES, season, m);
        for (int64_t i = 0; i < ETS_LANES; i++) {
            w[i] = random_trial(&random, season, m);
            for (int64_t t = 0; t < w[i].n; t++) {
                y[i][t] = 1 + 0.01 * (double)t + 0.1 * fore_random_normal(&random);
                together.w.y[t * ETS_LANES + i] = y[i][t];
            }
            if (fore_random_below(&random, 5)) ets_lanes_put(&together.w, i, &w[i]);
        }
        ets_lanes_run(&together.w);
        for (int64_t i = 0; i < ETS_LANES; i++) {
            fore_ets_adjoint a, b;
            bool flat;
            memset(&a, 0, sizeof a), memset(&b, 0, sizeof b);
            if (together.w.n[i] == 0) continue;
            set_stage(&alone, 1, season, m);
            memcpy(alone.w.y, y[i], sizeof y[i]);
            ets_lanes_put(&alone.w, 0, &w[i]);
            ets_lanes_run(&alone.w);
            double one = ets_lanes_take(&alone.w, 0, &a, &flat);
            double many = ets_lanes_take(&together.w, i, &b, &flat);
            assert_memory_equal(&one, &many, sizeof one);
            if (!isfinite(one)) continue;
            assert_memory_equal(&a, &b, sizeof a);
            finite++;
        }
    }
    assert_true(finite > 500);
}

/* -2 log L as ets.h writes it, with the steps of fore_ets_filter. */
static double slow_likelihood(const fore_ets *w, const double *y)
{
    double fitted[LONGEST], errors[LONGEST], squares = 0, logs = 0;
    fore_ets_filter(w, y, w->n, fitted, errors, NULL);
    for (int64_t t = 0; t < w->n; t++) {
        squares += errors[t] * errors[t];
        if (w->form.error == 'M') logs += log(fitted[t]);
    }
    return (double)w->n * log(squares) + 2 * logs;
}

static void ets_lanes__every_season__likelihood_and_gradient_of_the_recursion(void **state)
{
    static stage s;
    const char seasons[3] = {'N', 'A', 'M'};
    int64_t seen = 0;
    (void)state;
    for (uint64_t trial = 0; trial < 150; trial++) {
        fore_random random = fore_random_new(12, trial);
        char season = seasons[trial % 3];
        int64_t m = season == 'N' ? 1 : 4;
        fore_ets w = random_trial(&random, season, m);
        fore_ets_adjoint g;
        bool flat;
        double *places[] = {&w.alpha,       &w.beta,        &w.gamma,           &w.phi,
                            &w.first.level, &w.first.slope, &w.first.season[0], &w.first.season[3]};
        set_stage(&s, 1, season, m);
        for (int64_t t = 0; t < w.n; t++)
            s.w.y[t] = 1 + 0.01 * (double)t + 0.1 * fore_random_normal(&random);
        ets_lanes_put(&s.w, 0, &w);
        ets_lanes_run(&s.w);
        double value = ets_lanes_take(&s.w, 0, &g, &flat);
        if (!isfinite(value)) continue;
        seen++;
        near(value, slow_likelihood(&w, s.w.y), 1e-9 * (1 + fabs(value)));
        const double got[] = {g.alpha, g.beta,  g.gamma,     g.phi,
                              g.level, g.slope, g.season[0], g.season[3]};
        for (int64_t i = 0; i < (season == 'N' ? 6 : 8); i++) {
            double at = *places[i], step = 1e-6;
            if (season == 'N' && i == 2) continue;
            *places[i] = at + step;
            double up = slow_likelihood(&w, s.w.y);
            *places[i] = at - step;
            double down = slow_likelihood(&w, s.w.y);
            *places[i] = at;
            near(got[i], (up - down) / (2 * step), 1e-4 * (1 + fabs(got[i]) + fabs(value)));
        }
    }
    assert_true(seen > 60);
}

/* ---- whole fits ---- */

enum { QUESTIONS = 24 };

static void ask(fore_ets_question *q)
{
    for (int64_t i = 0; i < QUESTIONS; i++) {
        const ref_case *r = &ref_cases[i % COUNT(ref_cases)];
        int64_t shortest = 20 + 7 * (i / 3);
        q[i] = (fore_ets_question){.y = r->y,
                                   .n = r->n < shortest ? r->n : shortest,
                                   .m = i % 4 ? r->m : 1,
                                   .multiplicative_trend = i % 7 == 0};
    }
}

static void ets_choose_many__any_grouping_and_order__same_bytes_as_alone(void **state)
{
    static fore_ets_question all[QUESTIONS], back[QUESTIONS];
    (void)state;
    ask(all);
    ask(back);
    for (int64_t i = 0; i < QUESTIONS; i++) back[i] = all[QUESTIONS - 1 - i];
    assert_int_equal(fore_ets_choose_many(all, QUESTIONS, NULL), FORE_OK);
    assert_int_equal(fore_ets_choose_many(back, 5, NULL), FORE_OK);
    assert_int_equal(fore_ets_choose_many(back + 5, QUESTIONS - 5, NULL), FORE_OK);
    for (int64_t i = 0; i < QUESTIONS; i++) {
        fore_ets alone;
        assert_int_equal(all[i].status, FORE_OK);
        assert_int_equal(fore_ets_choose(all[i].y, all[i].n, all[i].m, all[i].multiplicative_trend,
                                         &alone, NULL),
                         FORE_OK);
        assert_memory_equal(&alone.first, &all[i].model.first, sizeof alone.first);
        assert_memory_equal(&alone.loglik, &all[i].model.loglik, sizeof alone.loglik);
        assert_memory_equal(&alone.last, &back[QUESTIONS - 1 - i].model.last, sizeof alone.last);
        assert_true(alone.alpha == back[QUESTIONS - 1 - i].model.alpha);
    }
}

static void ets_choose_many__one_that_cannot_be_fitted__the_others_are(void **state)
{
    const double bad[6] = {1, 2, NAN, 4, 5, 6}, few[2] = {1, 2};
    fore_ets_question q[3] = {
        {.y = bad, .n = 6, .m = 1}, {.y = r_Nile, .n = 100, .m = 1}, {.y = few, .n = 2, .m = 1}};
    (void)state;
    assert_int_equal(fore_ets_choose_many(q, 3, NULL), FORE_OK);
    assert_int_equal(q[0].status, FORE_E_DATA);
    assert_int_equal(q[1].status, FORE_OK);
    assert_int_equal(q[2].status, FORE_E_NO_ANSWER);
    assert_int_equal(fore_ets_choose_many(q, 0, NULL), FORE_OK);
}

/* The values lie further apart than the lanes keep series of, and take the way alone. */
static void ets_fit__very_long_series__as_any_other(void **state)
{
    enum { MANY = 21000 };
    double *y = FORE_NEW(MANY, double);
    fore_ets model;
    fore_random random = fore_random_new(3, 1);
    double level = 10;
    (void)state;
    assert_non_null(y);
    for (int64_t t = 0; t < MANY; t++) {
        double e = fore_random_normal(&random);
        y[t] = level + e;
        level += 0.3 * e;
    }
    assert_int_equal(fore_ets_fit(y, MANY, 1, &fore_ets_forms[0], &model, NULL), FORE_OK);
    near(model.alpha, 0.3, 0.03);
    near(model.sigma2, 1, 0.03);
    fore_free(y);
}

/* ---- the way in ---- */

static void series_batch__with_lanes__same_bytes_as_one_by_one(void **state)
{
    enum { TASKS = 23 };
    static fore_series_task tasks[TASKS];
    fore_pool *pool;
    (void)state;
    assert_int_equal(fore_pool_new(2, &pool, NULL), FORE_OK);
    for (int method = 0; method < 4; method++) {
        fore_series_options options = fore_series_default();
        options.method = method == 0   ? FORE_SERIES_ETS
                         : method == 1 ? FORE_SERIES_COMBINE
                         : method == 2 ? FORE_SERIES_CES
                                       : FORE_SERIES_SES;
        options.multiplicative_trend = method == 0;
        for (int64_t i = 0; i < TASKS; i++) {
            const ref_case *r = &ref_cases[i % COUNT(ref_cases)];
            int64_t n = i == 7 ? 2 : 24 + i < r->n ? 24 + i : r->n;
            tasks[i] = (fore_series_task){.y = r->y, .n = n, .m = r->m, .horizon = 6};
        }
        assert_int_equal(fore_series_batch(pool, tasks, TASKS, &options, NULL), FORE_OK);
        for (int64_t i = 0; i < TASKS; i++) {
            fore_series_forecast *alone;
            assert_int_equal(
                fore_series_run(tasks[i].y, tasks[i].n, tasks[i].m, 6, &options, &alone, NULL),
                FORE_OK);
            assert_string_equal(alone->name, tasks[i].forecast->name);
            assert_memory_equal(alone->mean, tasks[i].forecast->mean, 6 * sizeof(double));
            assert_memory_equal(alone->upper, tasks[i].forecast->upper, 12 * sizeof(double));
            fore_series_free(alone);
            fore_series_free(tasks[i].forecast);
        }
    }
    fore_pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ets_lanes__any_neighbours__same_bytes_as_alone),
        cmocka_unit_test(ets_lanes__every_season__likelihood_and_gradient_of_the_recursion),
        cmocka_unit_test(ets_choose_many__any_grouping_and_order__same_bytes_as_alone),
        cmocka_unit_test(ets_choose_many__one_that_cannot_be_fitted__the_others_are),
        cmocka_unit_test(ets_fit__very_long_series__as_any_other),
        cmocka_unit_test(series_batch__with_lanes__same_bytes_as_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
