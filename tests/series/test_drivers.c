/* Effects of drivers: against R (ref_drivers.R), on simulated sales whose effects are known, and
 * what is done with drivers that tell nothing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/civil.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/arima.h"
#include "models/series/driver_calendar.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_drivers.h"

enum { YEARS = 10, N = 12 * YEARS, H = 12, ROWS = N + H };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static fore_series_options with(const fore_drivers *d, fore_series_method method)
{
    fore_series_options o = fore_series_default();
    o.method = method;
    o.drivers = d;
    return o;
}

static fore_series_forecast *run(const double *y, int64_t n, int64_t m, int64_t h,
                                 const fore_series_options *o)
{
    fore_series_forecast *f = NULL;
    fore_error err = {0};
    if (fore_series_run(y, n, m, h, o, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    return f;
}

static void drivers__arima_errors__as_r(void **state)
{
    (void)state;
    static const char *const names[] = {"promo", "effort"};
    fore_drivers d = {.count = 2, .x = drivers_x, .name = names};
    fore_drivers_fit fit;
    assert_int_equal(fore_drivers_learn(drivers_y, N, 1, &d, ROWS, &fit, NULL), FORE_OK);
    for (int j = 0; j < 2; j++) {
        near(fit.effect[j].effect, drivers_effect[j], 1e-3 * fabs(drivers_effect[j]));
        near(fit.effect[j].error, drivers_error[j], 0.03 * drivers_error[j]);
    }
    fore_drivers_free(&fit);
    fore_series_options o = with(&d, FORE_SERIES_ARIMA);
    o.levels = 1, o.level[0] = 95, o.intervals = FORE_INTERVAL_MODEL;
    fore_series_forecast *f = run(drivers_y, N, 1, H, &o);
    for (int h = 0; h < H; h++) {
        near(f->mean[h], drivers_mean[h], 1e-3 * drivers_mean[h]);
        near(f->upper[h], drivers_upper[h], 1e-3 * drivers_upper[h]);
    }
    assert_int_equal(f->effects, 2);
    assert_non_null(strstr(f->name, "beside 2 drivers"));
    fore_series_free(f);
}

/* ---- simulated sales ---- */

/* A festival that moves between mid-October and mid-November. */
static const int8_t festival_month[] = {10, 11, 11, 10, 10, 11, 10, 10, 11, 11, 11};
static const int8_t festival_day[] = {26, 13, 3, 23, 30, 11, 19, 17, 7, 14, 4};
static const double truth[] = {6, 40, 30, 1.5}; /* working day, festival, promo, hour of effort */
static const char *const truth_names[] = {"working days", "festival", "promo", "effort"};

static void simulate(uint64_t seed, double *y, double *x)
{
    fore_random r = fore_random_new(seed, 1);
    fore_window festival[YEARS + 1];
    double u = 0, before = 0;
    for (int i = 0; i <= YEARS; i++) {
        int32_t day = fore_days_from_civil(2014 + i, festival_month[i], festival_day[i]);
        festival[i] = (fore_window){day - 10, day + 2};
    }
    for (int t = 0; t < ROWS; t++) {
        int32_t from = fore_days_from_civil(2014 + t / 12, t % 12 + 1, 1);
        int32_t end = fore_period_add(FORE_MONTHLY, from, 1);
        x[t] = fore_working_days(from, end, NULL, 0);
        x[t + ROWS] = fore_window_share(from, end, festival, YEARS + 1);
        x[t + 2 * ROWS] = fore_random_uniform(&r) < 0.25;
        x[t + 3 * ROWS] = 40 + 8 * fore_random_normal(&r);
        double e = 10 * fore_random_normal(&r), mean = 500 + 60 * sin(2 * M_PI * t / 12) + 0.5 * t;
        u = 0.6 * u + e + 0.3 * before;
        before = e;
        for (int j = 0; j < 4; j++) mean += truth[j] * x[t + j * ROWS];
        if (t < N) y[t] = mean + u;
    }
}

/* 60 companies, 240 effects: about 95 % of the intervals hold the truth (sd of the share 1.4 %),
 * and the mean effect is within three of its own standard errors, which are small. */
static void drivers__simulated_sales__known_effects_are_recovered(void **state)
{
    (void)state;
    enum { COMPANIES = 60 };
    static double y[N], x[4 * ROWS];
    double sum[4] = {0}, squares[4] = {0};
    int held = 0;
    for (int s = 0; s < COMPANIES; s++) {
        fore_drivers d = {.count = 4, .x = x, .name = truth_names};
        fore_drivers_fit fit;
        simulate(100 + (uint64_t)s, y, x);
        assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &fit, NULL), FORE_OK);
        for (int j = 0; j < 4; j++) {
            const fore_driver_effect *e = &fit.effect[j];
            assert_true(e->kept);
            held += e->lower <= truth[j] && truth[j] <= e->upper;
            sum[j] += e->effect - truth[j];
            squares[j] += (e->effect - truth[j]) * (e->effect - truth[j]);
        }
        fore_drivers_free(&fit);
    }
    double share = (double)held / (4 * COMPANIES);
    print_message("95 %% intervals hold %.1f %% of 240 effects; mean errors", 100 * share);
    for (int j = 0; j < 4; j++) {
        double bias = sum[j] / COMPANIES, sd = sqrt(squares[j] / COMPANIES);
        print_message(" %+.1f %%", 100 * bias / truth[j]);
        assert_true(fabs(bias) < 3 * sd / sqrt(COMPANIES));
        assert_true(fabs(bias) < 0.05 * truth[j]);
    }
    print_message("\n");
    assert_true(share > 0.90 && share < 0.99);
}

/* Promotions and effort as planned: another plan moves the forecast by effect times difference. */
static void drivers__another_plan__moves_the_forecast_by_its_effect(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS], with_drivers[H];
    fore_drivers d = {.count = 4, .x = x, .name = truth_names};
    fore_series_options o = with(&d, FORE_SERIES_AUTO);
    simulate(7, y, x);
    fore_series_forecast *f = run(y, N, 12, H, &o);
    memcpy(with_drivers, f->mean, sizeof with_drivers);
    double effect = f->effect[2].effect, half = f->upper[0] - f->mean[0];
    fore_series_free(f);
    for (int h = 0; h < H; h++) x[N + h + 2 * ROWS] += 2;
    f = run(y, N, 12, H, &o);
    for (int h = 0; h < H; h++) near(f->mean[h] - with_drivers[h], 2 * effect, 1e-8);
    double wider = f->upper[0] - f->mean[0];
    assert_true(wider > half && wider < 1.3 * half); /* 2 units more of an effect not quite known */
    fore_series_free(f);
    o.drivers = NULL;
    fore_series_forecast *plain = run(y, N, 12, H, &o);
    assert_true(plain->upper[0] - plain->mean[0] > 1.3 * half); /* what is explained is not noise */
    assert_int_equal(plain->effects, 0);
    fore_series_free(plain);
}

/* ---- where drivers go where they never were ---- */

enum { AHEAD = 4 };

/* One driver with sd 1 and noise with sd 5; `far` over the steps to come. */
static void simulate_one(uint64_t seed, int64_t n, double far, double *y, double *x)
{
    fore_random r = fore_random_new(seed, 11);
    for (int64_t t = 0; t < n + AHEAD; t++) {
        x[t] = t < n ? fore_random_normal(&r) : far;
        y[t] = 100 + 2 * x[t] + 5 * fore_random_normal(&r);
    }
}

static double coverage(fore_series_method method, int64_t n, double far, int series)
{
    static const char *const names[] = {"promo"};
    double y[44], x[44];
    int held = 0, sums = 0;
    for (int s = 0; s < series; s++) {
        fore_drivers d = {.count = 1, .x = x, .name = names};
        fore_series_options o = with(&d, method);
        fore_series_sum sum;
        double total = 0;
        simulate_one(1000 + (uint64_t)s, n, far, y, x);
        o.paths = 400;
        fore_series_forecast *f = run(y, n, 1, AHEAD, &o);
        assert_int_equal(fore_series_add_up(f, 0, AHEAD, 95, &sum, NULL), FORE_OK);
        if (far == 0 || far == 12)
            assert_true((strstr(f->note, "far beyond") != NULL) == (far > 0));
        for (int h = 0; h < AHEAD; h++) {
            held += f->lower[h + AHEAD] <= y[n + h] && y[n + h] <= f->upper[h + AHEAD];
            total += y[n + h];
        }
        sums += sum.lower <= total && total <= sum.upper;
        fore_series_free(f);
    }
    print_message("%s, n = %2lld, x = %2.0f: 95 %% holds %.3f, of sums %.3f\n",
                  fore_series_method_word(method), (long long)n, far,
                  (double)held / (AHEAD * series), (double)sums / series);
    assert_true((double)sums / series > 0.85);
    return (double)held / (AHEAD * series);
}

/* The error of the effect counts: without it 55 % at n = 20, x = 12. */
static void drivers__far_beyond_their_past__intervals_hold(void **state)
{
    (void)state;
    static const double far[] = {0, 3, 6, 12};
    static const fore_series_method method[] = {FORE_SERIES_MEAN, FORE_SERIES_ARIMA,
                                                FORE_SERIES_AUTO};
    for (int64_t n = 20; n <= 40; n += 20)
        for (int i = 0; i < 4; i++)
            for (int m = 0; m < (n == 20 ? 3 : 2); m++)
                assert_true(coverage(method[m], n, far[i], m == 2 ? 30 : 80) >= 0.90);
}

/* Where the model is white noise the error is that of a straight line, sigma (x - mean) / sqrt Sxx;
 * under a random walk it is that of the steps. */
static void arima_loadings__simple_models__by_hand(void **state)
{
    (void)state;
    enum { VALUES = 30, STEPS = 3 };
    double y[VALUES + AHEAD], x[VALUES + AHEAD], loading[STEPS], mean = 0, sxx = 0, steps = 0;
    simulate_one(4, VALUES, 7, y, x);
    double z[VALUES + STEPS];
    memcpy(z, x, sizeof z);
    for (int t = 0; t < VALUES; t++) mean += z[t] / VALUES;
    for (int t = 0; t < VALUES; t++) sxx += (z[t] - mean) * (z[t] - mean);
    for (int t = 1; t < VALUES; t++) steps += (z[t] - z[t - 1]) * (z[t] - z[t - 1]);
    fore_arima model;
    fore_arima_order o = {.constant = true};
    assert_int_equal(fore_arima_fit(y, VALUES, 1, z, 1, &o, &model, NULL), FORE_OK);
    assert_int_equal(fore_arima_loadings(&model, z, STEPS, loading, NULL), FORE_OK);
    for (int s = 0; s < STEPS; s++)
        near(fabs(loading[s]), sqrt(model.sigma2 / sxx) * (7 - mean), 1e-9);
    o = (fore_arima_order){.d = 1};
    assert_int_equal(fore_arima_fit(y, VALUES, 1, z, 1, &o, &model, NULL), FORE_OK);
    assert_int_equal(fore_arima_loadings(&model, z, STEPS, loading, NULL), FORE_OK);
    for (int s = 0; s < STEPS; s++)
        near(fabs(loading[s]), sqrt(model.sigma2 / steps) * fabs(7 - z[VALUES - 1]), 1e-9);
}

/* A group whose leaving was tried and refused keeps its own effect. */
static void drivers__groups_that_all_stay__have_their_own_effects(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS];
    static const int groups[] = {1, 2, 3, 0};
    simulate(15, y, x);
    fore_drivers d = {.count = 4, .x = x, .name = truth_names}, chosen = d;
    fore_drivers_fit one, two;
    chosen.group = groups;
    assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &one, NULL), FORE_OK);
    assert_int_equal(fore_drivers_learn(y, N, 12, &chosen, ROWS, &two, NULL), FORE_OK);
    assert_int_equal(two.kept, 4);
    for (int j = 0; j < 4; j++) {
        near(two.effect[j].effect, one.effect[j].effect, 1e-9 * one.effect[j].error);
        assert_true(two.effect[j].chosen == (groups[j] > 0) && !one.effect[j].chosen);
    }
    fore_drivers_free(&one);
    fore_drivers_free(&two);
}

static void drivers__that_tell_nothing__are_left_out_with_the_reason(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS], more[7 * ROWS];
    static const char *const names[] = {"working days", "festival", "promo",  "effort",
                                        "always",       "december", "effort2"};
    simulate(3, y, x);
    memcpy(more, x, sizeof x);
    for (int t = 0; t < ROWS; t++) {
        more[t + 4 * ROWS] = 1;
        more[t + 5 * ROWS] = t % 12 == 11;
        more[t + 6 * ROWS] = 3 * x[t + 3 * ROWS] - 2;
    }
    fore_drivers d = {.count = 7, .x = more, .name = names};
    fore_series_options o = with(&d, FORE_SERIES_ARIMA);
    fore_series_forecast *f = run(y, N, 12, H, &o);
    static const char *const why[] = {NULL, NULL, NULL, NULL, "the same", "season", "repeated"};
    for (int j = 0; j < 7; j++) {
        assert_true(f->effect[j].kept == (why[j] == NULL));
        if (why[j]) assert_non_null(strstr(f->effect[j].why, why[j]));
    }
    assert_non_null(strstr(f->note, "without the driver always: the same"));
    fore_series_free(f);
}

/* Of drivers that nobody asked for, those that explain nothing go; of equals the one asked for
 * stays. */
static void drivers__not_asked_for__stay_only_where_aicc_falls(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS], more[7 * ROWS];
    static const char *const names[] = {"working days", "festival", "promo",  "effort",
                                        "noise a",      "noise b",  "noise c"};
    static const int group[] = {1, 2, 0, 0, 3, 3, 3};
    fore_random r = fore_random_new(5, 5);
    int noise = 0;
    for (uint64_t s = 0; s < 6; s++) {
        simulate(40 + s, y, x);
        memcpy(more, x, sizeof x);
        for (int t = 4 * ROWS; t < 7 * ROWS; t++) more[t] = fore_random_normal(&r);
        fore_drivers d = {.count = 7, .x = more, .name = names, .group = group};
        fore_drivers_fit fit;
        assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &fit, NULL), FORE_OK);
        for (int j = 0; j < 4; j++) assert_true(fit.effect[j].kept);
        assert_true(fit.effect[4].kept == fit.effect[5].kept &&
                    fit.effect[4].kept == fit.effect[6].kept);
        noise += fit.effect[4].kept;
        fore_drivers_free(&fit);
    }
    assert_true(noise <= 2);
}

static void drivers__scaled_or_with_gaps__same_effects(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS];
    fore_drivers d = {.count = 4, .x = x, .name = truth_names};
    fore_drivers_fit one, two, holes;
    simulate(9, y, x);
    assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &one, NULL), FORE_OK);
    for (int t = 0; t < N; t++) y[t] *= 1e6;
    for (int t = 0; t < ROWS; t++) x[t + 3 * ROWS] *= 1e3;
    assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &two, NULL), FORE_OK);
    for (int j = 0; j < 4; j++)
        near(two.effect[j].effect / one.effect[j].effect, j == 3 ? 1e3 : 1e6, j == 3 ? 0.1 : 100);
    y[0] = y[17] = y[18] = y[60] = y[N - 1] = NAN;
    assert_int_equal(fore_drivers_learn(y, N, 12, &d, ROWS, &holes, NULL), FORE_OK);
    for (int j = 0; j < 4; j++)
        near(holes.effect[j].effect, two.effect[j].effect, two.effect[j].error);
    fore_drivers_free(&one);
    fore_drivers_free(&two);
    fore_drivers_free(&holes);
}

static void drivers__too_little_or_unknown__said(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS];
    fore_drivers d = {.count = 4, .x = x, .name = truth_names};
    fore_series_options o = with(&d, FORE_SERIES_AUTO);
    simulate(11, y, x);
    fore_series_forecast *f = run(y, 5, 12, ROWS - 5, &o);
    assert_non_null(strstr(f->note, "drivers were not used: effects of drivers need at least 8"));
    assert_int_equal(f->effects, 0);
    fore_series_free(f);
    double flat[N];
    for (int t = 0; t < N; t++) flat[t] = 5;
    f = run(flat, N, 12, H, &o);
    assert_non_null(strstr(f->note, "drivers were not used"));
    for (int h = 0; h < H; h++) assert_true(f->mean[h] == 5);
    fore_series_free(f);
    for (int t = 0; t < ROWS; t++) x[t + 3 * ROWS] *= 1e-300;
    for (int t = 0; t < N; t++) flat[t] = y[t] * 1e140;
    f = run(flat, N, 12, H, &o);
    assert_non_null(strstr(f->note, "effect of effort is too large for a number"));
    fore_series_free(f);
    x[N + 2 + 3 * ROWS] = NAN;
    fore_error err = {0};
    assert_int_equal(fore_series_run(y, N, 12, H, &o, &f, &err), FORE_E_DATA);
    assert_non_null(strstr(err.message, "driver effort has no value at step 3"));
    d.count = FORE_DRIVERS_MAX + 1;
    assert_int_equal(fore_series_run(y, N, 12, H, &o, &f, &err), FORE_E_LIMIT);
}

static void drivers__in_a_batch__each_series_its_own(void **state)
{
    (void)state;
    static double y[3][N], x[3][4 * ROWS];
    fore_drivers d[3];
    fore_series_task tasks[3];
    fore_pool *pool = NULL;
    for (int s = 0; s < 3; s++) {
        simulate(20 + (uint64_t)s, y[s], x[s]);
        d[s] = (fore_drivers){.count = 4, .x = x[s], .name = truth_names};
        tasks[s] = (fore_series_task){.y = y[s], .n = N, .m = 12, .horizon = H};
        if (s < 2) tasks[s].drivers = &d[s];
    }
    fore_series_options o = with(NULL, FORE_SERIES_ARIMA);
    assert_int_equal(fore_pool_new(2, &pool, NULL), FORE_OK);
    assert_int_equal(fore_series_batch(pool, tasks, 3, &o, NULL), FORE_OK);
    for (int s = 0; s < 3; s++) {
        o.drivers = s < 2 ? &d[s] : NULL;
        fore_series_forecast *f = run(y[s], N, 12, H, &o);
        assert_memory_equal(f->mean, tasks[s].forecast->mean, H * sizeof(double));
        assert_int_equal(tasks[s].forecast->effects, s < 2 ? 4 : 0);
        fore_series_free(f);
        fore_series_free(tasks[s].forecast);
    }
    fore_pool_free(pool);
}

static void drivers__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    static double y[N], x[4 * ROWS];
    fore_drivers d = {.count = 4, .x = x, .name = truth_names};
    fore_series_options o = with(&d, FORE_SERIES_SES);
    int64_t live = fore_memory_live(), failures = 0;
    simulate(1, y, x);
    y[5] = NAN;
    for (int64_t k = 1;; k += 1 + k / 8) {
        fore_series_forecast *f = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_series_run(y, 40, 1, 3, &o, &f, NULL);
        fore_memory_fail_at(0);
        fore_series_free(f);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 10);
}

static void calendar__working_days_and_windows__counted(void **state)
{
    (void)state;
    int32_t january = fore_days_from_civil(2024, 1, 1), february = fore_days_from_civil(2024, 2, 1);
    int32_t off[] = {january, january + 5, february + 1}; /* a Monday, a Saturday, a later one */
    near(fore_working_days(january, february, NULL, 0), 23, 0);
    near(fore_working_days(january, february, off, 3), 22, 0);
    near(fore_working_days(january + 5, january + 7, NULL, 0), 0, 0);
    for (int32_t from = -30; from < 30; from++)
        for (int32_t end = from; end < from + 20; end++) {
            int count = 0;
            for (int32_t day = from; day < end; day++) count += fore_weekday(day) < 5;
            near(fore_working_days(from, end, NULL, 0), count, 0);
        }
    fore_window w[] = {{february - 3, february + 1}, {february + 10, february + 12}};
    near(fore_window_share(january, february, w, 2), 0.75, 0);
    near(fore_window_share(february, february + 29, w, 2), 1.25, 0);
    near(fore_window_share(february, february + 1, w, 2), 1, 0);
    near(fore_window_share(february + 1, february + 2, w, 2), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drivers__arima_errors__as_r),
        cmocka_unit_test(drivers__simulated_sales__known_effects_are_recovered),
        cmocka_unit_test(drivers__another_plan__moves_the_forecast_by_its_effect),
        cmocka_unit_test(drivers__far_beyond_their_past__intervals_hold),
        cmocka_unit_test(arima_loadings__simple_models__by_hand),
        cmocka_unit_test(drivers__groups_that_all_stay__have_their_own_effects),
        cmocka_unit_test(drivers__that_tell_nothing__are_left_out_with_the_reason),
        cmocka_unit_test(drivers__not_asked_for__stay_only_where_aicc_falls),
        cmocka_unit_test(drivers__scaled_or_with_gaps__same_effects),
        cmocka_unit_test(drivers__too_little_or_unknown__said),
        cmocka_unit_test(drivers__in_a_batch__each_series_its_own),
        cmocka_unit_test(drivers__any_allocation_fails__clean_error),
        cmocka_unit_test(calendar__working_days_and_windows__counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
