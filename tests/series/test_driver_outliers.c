/* Outliers beside drivers: a slip of the pen neither becomes the promotion's effect nor turns the
 * promotion's months into outliers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/series_forecast.h"

enum { N = 60, H = 3, ROWS = N + H, COMPANIES = 30, SLIP = 31 };
static const double PROMO = 300;
static const char *const names[] = {"promo"};

/* Sales of 2,000 with a season and noise of sd 40; a promotion in every fifth month or so, in the
 * month of the slip, and in the first month to come. */
static void simulate(uint64_t seed, double *y, double *x)
{
    fore_random r = fore_random_new(seed, 3);
    double u = 0;
    for (int t = 0; t < ROWS; t++) {
        x[t] = fore_random_uniform(&r) < 0.2 || t == SLIP || t == N;
        if (t > N) x[t] = 0;
        u = 0.4 * u + 40 * fore_random_normal(&r);
        double mean = 2000 + 8 * t + 150 * sin(2 * M_PI * t / 12) + PROMO * x[t] + u;
        if (t < N) y[t] = mean;
    }
}

static fore_series_forecast *run(const double *y, const double *x, fore_series_cleaning cleaning)
{
    fore_drivers d = {.count = 1, .x = x, .name = names};
    fore_series_options o = fore_series_default();
    fore_series_forecast *f = NULL;
    fore_error err = {0};
    o.method = FORE_SERIES_ETS;
    o.drivers = &d;
    o.cleaning = cleaning;
    if (fore_series_run(y, N, 12, H, &o, &f, &err) != FORE_OK) fail_msg("%s", err.message);
    return f;
}

static bool told(const fore_series_forecast *f, int64_t at)
{
    for (int64_t i = 0; i < f->outliers; i++)
        if (f->outlier[i] == at) return true;
    return false;
}

/* The cell ten times as large in one of the promotion's months, or in one without. */
static void driver_outliers__a_slip_of_the_pen__effect_and_forecast_as_if_corrected(void **state)
{
    (void)state;
    static double y[N], x[ROWS];
    int64_t others = 0;
    double worst = 0;
    for (int s = 0; s < COMPANIES; s++) {
        int64_t at = s % 2 ? SLIP : 20;
        simulate(500 + (uint64_t)s, y, x);
        fore_series_forecast *right = run(y, x, FORE_CLEAN_OUTLIERS);
        y[at] *= s % 3 ? 10 : 0.1;
        fore_series_forecast *f = run(y, x, FORE_CLEAN_OUTLIERS);
        fore_series_forecast *as_is = run(y, x, FORE_CLEAN_OFF);
        assert_true(told(f, at));
        others += f->outliers - 1;
        assert_true(fabs(f->effect[0].effect - PROMO) < 90);
        assert_true(fabs(as_is->effect[0].effect - right->effect[0].effect) >
                    fabs(f->effect[0].effect - right->effect[0].effect));
        for (int h = 0; h < H; h++) worst = fmax(worst, fabs(f->mean[h] / right->mean[h] - 1));
        fore_series_free(right);
        fore_series_free(f);
        fore_series_free(as_is);
    }
    print_message("%lld other outliers in %d series; forecasts differ by at most %.1f %%\n",
                  (long long)others, COMPANIES, 100 * worst);
    assert_true(others <= COMPANIES / 2);
    assert_true(worst < 0.06);
}

/* Kept values stay in what is forecast, and teach no effect. */
static void driver_outliers__only_told__the_same_ones_and_the_same_effect(void **state)
{
    (void)state;
    static double y[N], x[ROWS];
    simulate(77, y, x);
    y[SLIP] *= 10;
    fore_series_forecast *f = run(y, x, FORE_CLEAN_OUTLIERS), *kept = run(y, x, FORE_CLEAN_REPORT);
    assert_int_equal(f->outliers, kept->outliers);
    for (int64_t i = 0; i < f->outliers; i++) assert_int_equal(f->outlier[i], kept->outlier[i]);
    assert_true(told(kept, SLIP));
    assert_non_null(strstr(kept->note, "kept"));
    assert_true(f->effect[0].effect == kept->effect[0].effect);
    assert_true(kept->upper[0] - kept->lower[0] > 3 * (f->upper[0] - f->lower[0]));
    fore_series_free(f);
    fore_series_free(kept);
}

/* Without slips hardly a value is held back, and the effect's interval keeps its promise. */
static void driver_outliers__none__intervals_of_effects_hold(void **state)
{
    (void)state;
    enum { SERIES = 100 };
    static double y[N], x[ROWS];
    int held = 0, outliers = 0;
    for (int s = 0; s < SERIES; s++) {
        simulate(900 + (uint64_t)s, y, x);
        fore_series_forecast *f = run(y, x, FORE_CLEAN_REPORT);
        held += f->effect[0].lower <= PROMO && PROMO <= f->effect[0].upper;
        outliers += (int)f->outliers;
        fore_series_free(f);
    }
    print_message("95 %% intervals hold %d of %d effects; %d outliers\n", held, SERIES, outliers);
    assert_true(held >= 88 && held <= 99);
    assert_true(outliers < SERIES / 2);
}

static void driver_outliers__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    static double y[N], x[ROWS];
    fore_drivers d = {.count = 1, .x = x, .name = names};
    fore_series_options o = fore_series_default();
    int64_t live = fore_memory_live(), failures = 0;
    simulate(1, y, x);
    y[SLIP] *= 10;
    o.method = FORE_SERIES_SES;
    o.drivers = &d;
    for (int64_t k = 1;; k += 1 + k / 8) {
        fore_series_forecast *f = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_series_run(y, N, 1, H, &o, &f, NULL);
        fore_memory_fail_at(0);
        fore_series_free(f);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(driver_outliers__a_slip_of_the_pen__effect_and_forecast_as_if_corrected),
        cmocka_unit_test(driver_outliers__only_told__the_same_ones_and_the_same_effect),
        cmocka_unit_test(driver_outliers__none__intervals_of_effects_hold),
        cmocka_unit_test(driver_outliers__any_allocation_fails__clean_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
