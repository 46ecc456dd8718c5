/* CES side by side: what a lane or a series gets does not depend on its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/ces_inside.h"
#include "models/series/ces_lanes.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { LONGEST = 90 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static int64_t weights_of(fore_ces_form form)
{
    return form == FORE_CES_FULL ? 4 : form == FORE_CES_PARTIAL ? 3 : 2;
}

static fore_ces random_trial(fore_random *random, fore_ces_form form, int64_t m)
{
    fore_ces w = {.form = form, .m = m};
    w.n = 2 * m + 5 + fore_random_below(random, LONGEST - 2 * m - 5);
    w.a0 = 1.1 + 0.4 * fore_random_uniform(random);
    w.a1 = 0.9 + 0.15 * fore_random_uniform(random);
    if (form == FORE_CES_PARTIAL) w.b0 = 0.5 * fore_random_uniform(random);
    if (form == FORE_CES_FULL) {
        w.b0 = 1.1 + 0.4 * fore_random_uniform(random);
        w.b1 = 0.9 + 0.15 * fore_random_uniform(random);
    }
    return w;
}

static void put(ces_lanes *s, int64_t lane, const fore_ces *w, const double *y)
{
    fore_ces_state first;
    ces_begin(w, y, w->n, &first);
    s->n[lane] = w->n;
    s->weight[0][lane] = w->a0, s->weight[1][lane] = w->a1;
    s->weight[2][lane] = w->b0, s->weight[3][lane] = w->b1;
    for (int64_t t = 0; t < w->n; t++) s->y[t * s->width + lane] = y[t];
    for (int64_t i = 0; i < w->m; i++) {
        s->level[i * s->width + lane] = first.l[i];
        s->season[i * s->width + lane] = first.s[i];
    }
}

static void values(fore_random *random, double *y)
{
    for (int64_t t = 0; t < LONGEST; t++)
        y[t] = 1 + 0.01 * (double)t + 0.3 * (double)(t % 4) + 0.1 * fore_random_normal(random);
}

static void ces_lanes__any_neighbours__same_bytes_as_alone(void **state)
{
    static double y[CES_LANES][LONGEST], many[LONGEST * CES_LANES], one[LONGEST];
    (void)state;
    for (uint64_t trial = 0; trial < 200; trial++) {
        fore_random random = fore_random_new(21, trial);
        fore_ces_form form = (fore_ces_form)(trial % 4);
        int64_t m = form == FORE_CES_NONE ? 1 : trial % 3 ? 4 : 12;
        ces_lanes together = {.width = CES_LANES, .m = m, .form = form, .y = many};
        fore_ces w[CES_LANES];
        ces_lanes_clear(&together);
        for (int64_t i = 0; i < CES_LANES; i++) {
            w[i] = random_trial(&random, form, m);
            values(&random, y[i]);
            if (fore_random_below(&random, 5)) put(&together, i, &w[i], y[i]);
        }
        ces_lanes_run(&together);
        for (int64_t i = 0; i < CES_LANES; i++) {
            ces_lanes alone = {.width = 1, .m = m, .form = form, .y = one};
            if (together.n[i] == 0) continue;
            ces_lanes_clear(&alone);
            put(&alone, 0, &w[i], y[i]);
            ces_lanes_run(&alone);
            assert_memory_equal(&alone.squares[0], &together.squares[i], sizeof(double));
            for (int64_t j = 0; j < weights_of(form); j++)
                assert_memory_equal(&alone.slope[j][0], &together.slope[j][i], sizeof(double));
        }
    }
}

static void ces_lanes__every_form__squares_and_derivatives_of_the_recursion(void **state)
{
    static double y[LONGEST], room[LONGEST];
    (void)state;
    for (uint64_t trial = 0; trial < 80; trial++) {
        fore_random random = fore_random_new(22, trial);
        fore_ces_form form = (fore_ces_form)(trial % 4);
        int64_t m = form == FORE_CES_NONE ? 1 : 4;
        fore_ces w = random_trial(&random, form, m);
        ces_lanes s = {.width = 1, .m = m, .form = form, .y = room};
        double *weight[] = {&w.a0, &w.a1, &w.b0, &w.b1};
        values(&random, y);
        ces_lanes_clear(&s);
        put(&s, 0, &w, y);
        ces_lanes_run(&s);
        double squares = ces_run(&w, y, w.n, NULL, NULL);
        assert_memory_equal(&squares, &s.squares[0], sizeof squares);
        for (int64_t j = 0; j < weights_of(form); j++) {
            double at = *weight[j], step = 1e-6;
            *weight[j] = at + step;
            double up = ces_run(&w, y, w.n, NULL, NULL);
            *weight[j] = at - step;
            double down = ces_run(&w, y, w.n, NULL, NULL);
            *weight[j] = at;
            near(s.slope[j][0], (up - down) / (2 * step), 1e-5 * (squares + fabs(s.slope[j][0])));
        }
    }
}

/* ---- whole fits ---- */

enum { QUESTIONS = 24 };

static void ces_choose_many__any_grouping_and_order__same_bytes_as_alone(void **state)
{
    static fore_ces_question all[QUESTIONS], back[QUESTIONS];
    (void)state;
    for (int64_t i = 0; i < QUESTIONS; i++) {
        const ref_case *r = &ref_cases[i % COUNT(ref_cases)];
        int64_t shortest = 20 + 7 * (i / 3);
        all[i] = (fore_ces_question){
            .y = r->y, .n = r->n < shortest ? r->n : shortest, .m = i % 4 ? r->m : 1};
    }
    for (int64_t i = 0; i < QUESTIONS; i++) back[i] = all[QUESTIONS - 1 - i];
    assert_int_equal(fore_ces_choose_many(all, QUESTIONS, NULL), FORE_OK);
    assert_int_equal(fore_ces_choose_many(back, 5, NULL), FORE_OK);
    assert_int_equal(fore_ces_choose_many(back + 5, QUESTIONS - 5, NULL), FORE_OK);
    for (int64_t i = 0; i < QUESTIONS; i++) {
        const fore_ces *other = &back[QUESTIONS - 1 - i].model;
        fore_ces alone;
        assert_int_equal(all[i].status, FORE_OK);
        assert_int_equal(fore_ces_choose(all[i].y, all[i].n, all[i].m, &alone, NULL), FORE_OK);
        assert_int_equal(alone.form, all[i].model.form);
        assert_memory_equal(&alone.first, &all[i].model.first, sizeof alone.first);
        assert_memory_equal(&alone.aicc, &all[i].model.aicc, sizeof alone.aicc);
        assert_memory_equal(&alone.last, &other->last, sizeof alone.last);
        assert_true(alone.a0 == other->a0 && alone.b0 == other->b0);
    }
}

static void ces_choose_many__one_too_short__the_others_are_fitted(void **state)
{
    fore_ces_question q[3] = {{.y = r_Nile, .n = 4, .m = 1},
                              {.y = r_Nile, .n = 100, .m = 1},
                              {.y = r_Nile, .n = 0, .m = 12}};
    (void)state;
    assert_int_equal(fore_ces_choose_many(q, 3, NULL), FORE_OK);
    assert_int_equal(q[0].status, FORE_E_NO_ANSWER);
    assert_int_equal(q[1].status, FORE_OK);
    assert_int_equal(q[2].status, FORE_E_NO_ANSWER);
    assert_int_equal(fore_ces_choose_many(q, 0, NULL), FORE_OK);
}

/* A power of two changes no digit. */
static void ces_fit__scaled_values__same_weights(void **state)
{
    static double y[108];
    const double scales[] = {0x1p-400, 0x1p40, 0x1p400};
    fore_ces plain, scaled;
    (void)state;
    assert_int_equal(fore_ces_fit(r_UKgas, 108, 4, FORE_CES_FULL, &plain, NULL), FORE_OK);
    for (size_t k = 0; k < 3; k++) {
        for (int t = 0; t < 108; t++) y[t] = r_UKgas[t] * scales[k];
        assert_int_equal(fore_ces_fit(y, 108, 4, FORE_CES_FULL, &scaled, NULL), FORE_OK);
        assert_true(scaled.a0 == plain.a0 && scaled.a1 == plain.a1);
        assert_true(scaled.b0 == plain.b0 && scaled.b1 == plain.b1);
        assert_true(scaled.last.l[0] == plain.last.l[0] * scales[k]);
    }
}

static void ces_fit__constant_or_very_long__as_any_other(void **state)
{
    enum { MANY = 21000 }; /* taken the way alone */
    double flat[20], *y = FORE_NEW(MANY, double), mean;
    fore_random random = fore_random_new(3, 1);
    fore_ces model;
    (void)state;
    assert_non_null(y);
    for (int t = 0; t < 20; t++) flat[t] = 7;
    assert_int_equal(fore_ces_fit(flat, 20, 4, FORE_CES_FULL, &model, NULL), FORE_OK);
    fore_ces_forecast(&model, &model.last, 20, 1, &mean, NULL);
    near(mean, 7, 1e-12);
    for (int64_t t = 0; t < MANY; t++) y[t] = 10 + fore_random_normal(&random);
    assert_int_equal(fore_ces_fit(y, MANY, 1, FORE_CES_NONE, &model, NULL), FORE_OK);
    near(model.sigma2, 1, 0.03); /* a level that hardly moves */
    fore_ces_forecast(&model, &model.last, MANY, 1, &mean, NULL);
    near(mean, 10, 0.2);
    fore_free(y);
}

static void ces_choose_many__memory_fails__error_without_leak(void **state)
{
    int64_t live = fore_memory_live(), k = 1;
    fore_status status;
    (void)state;
    do {
        fore_ces_question q = {.y = r_UKgas, .n = 40, .m = 4};
        fore_memory_fail_at(k++);
        status = fore_ces_choose_many(&q, 1, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
    } while (status != FORE_OK && k < 50);
    assert_int_equal(status, FORE_OK);
    assert_true(k > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ces_lanes__any_neighbours__same_bytes_as_alone),
        cmocka_unit_test(ces_lanes__every_form__squares_and_derivatives_of_the_recursion),
        cmocka_unit_test(ces_choose_many__any_grouping_and_order__same_bytes_as_alone),
        cmocka_unit_test(ces_choose_many__one_too_short__the_others_are_fitted),
        cmocka_unit_test(ces_fit__scaled_values__same_weights),
        cmocka_unit_test(ces_fit__constant_or_very_long__as_any_other),
        cmocka_unit_test(ces_choose_many__memory_fails__error_without_leak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
