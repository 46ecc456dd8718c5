/* Outliers as R finds them (ref_anomalies.R), level shifts that are neither trend nor season, and
 * what forecasts tell and do about both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/anomalies.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_series.h"

static fore_anomalies find(const double *y, int64_t n, int64_t m)
{
    fore_anomalies found;
    assert_int_equal(fore_anomalies_find(y, n, m, &found, NULL), FORE_OK);
    return found;
}

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static void outliers__without_season__those_of_r(void **state)
{
    double y[100];
    (void)state;
    memcpy(y, r_Nile, sizeof y);
    y[19] = 4000, y[59] = 50;
    fore_anomalies found = find(y, 100, 1);
    assert_int_equal(found.outliers, 2);
    assert_true(found.outlier[0] == 19 && found.outlier[1] == 59);
    near(found.without[19], 1029, 1e-9);
    near(found.without[59], 910.5, 1e-9);
    near(found.without[20], y[20], 0);
    fore_anomalies_free(&found);
    memcpy(y, r_WWWusage, sizeof y);
    y[39] = 300;
    found = find(y, 100, 1);
    assert_true(found.outliers == 1 && found.outlier[0] == 39);
    near(found.without[39], 139.5, 1e-9);
    fore_anomalies_free(&found);
    found = find(r_Nile, 100, 1);
    assert_int_equal(found.outliers, 0);
    fore_anomalies_free(&found);
    found = find(r_lynx, 114, 1);
    assert_int_equal(found.outliers, 0);
    fore_anomalies_free(&found);
}

static void outliers__in_a_season_that_grows__only_the_spoilt_values(void **state)
{
    double y[144];
    (void)state;
    memcpy(y, r_AirPassengers, sizeof y);
    fore_anomalies found = find(y, 144, 12);
    assert_int_equal(found.outliers + found.shifts, 0);
    fore_anomalies_free(&found);
    y[49] = 900, y[99] = 20;
    found = find(y, 144, 12);
    assert_true(found.outliers == 2 && found.outlier[0] == 49 && found.outlier[1] == 99);
    near(found.without[49], r_AirPassengers[49], 0.15 * r_AirPassengers[49]);
    near(found.without[99], r_AirPassengers[99], 0.15 * r_AirPassengers[99]);
    fore_anomalies_free(&found);
}

/* 200 trends, seasons and random walks: the threshold lets next to none pass for a shift. */
static void shifts__trends_seasons_and_walks__none(void **state)
{
    int shifts = 0;
    (void)state;
    for (int s = 0; s < 200; s++) {
        double y[96], level = 0;
        fore_random random = fore_random_new(31, (uint64_t)s);
        for (int t = 0; t < 96; t++) {
            level += fore_random_normal(&random);
            double noise = s % 4 == 3 ? level : fore_random_normal(&random);
            y[t] =
                50 + (s % 4 == 1 ? 0.8 * t : 0) + (s % 4 == 2 ? 9 * sin(M_PI * t / 6) : 0) + noise;
        }
        fore_anomalies found = find(y, 96, 12);
        shifts += found.shifts > 0;
        fore_anomalies_free(&found);
    }
    if (shifts > 4) fail_msg("%d of 200 series without a shift", shifts);
}

static void shifts__planted__found_where_they_are(void **state)
{
    int hits = 0, wrong = 0;
    (void)state;
    for (int s = 0; s < 60; s++) {
        double y[96];
        fore_random random = fore_random_new(32, (uint64_t)s);
        for (int t = 0; t < 96; t++)
            y[t] = 50 + 0.3 * t + (s % 2 ? 9 * sin(M_PI * t / 6) : 0) + (t >= 60 ? -14 : 0) +
                   1.5 * fore_random_normal(&random);
        fore_anomalies found = find(y, 96, 12);
        bool hit = found.shifts >= 1 && llabs(found.shift[0] - 60) <= 1;
        if (hit && fabs(found.size[0] + 14) < 4) hits++;
        wrong += found.shifts > 1;
        fore_anomalies_free(&found);
    }
    if (hits < 54 || wrong > 6) fail_msg("%d of 60 found, %d with more than one", hits, wrong);
}

/* One value at ten times the others, wherever it stands in four years of months. */
static void outliers__one_huge_value_in_a_season__it_alone(void **state)
{
    static const double month[12] = {0, -8, 5, 12, 20, 28, 35, 30, 15, 5, -5, 40};
    (void)state;
    for (int at = 0; at < 48; at++) {
        double y[48];
        fore_random random = fore_random_new(34, 7);
        for (int t = 0; t < 48; t++)
            y[t] = 110 + 0.8 * t + month[t % 12] + 3 * fore_random_normal(&random);
        y[at] = 2000;
        fore_anomalies found = find(y, 48, 12);
        if (found.outliers != 1 || found.outlier[0] != at || found.shifts != 0)
            fail_msg("value %d: %d outliers, %d shifts", at, (int)found.outliers,
                     (int)found.shifts);
        fore_anomalies_free(&found);
    }
}

typedef struct rates {
    int clean, moved, hit, planted, beside, of_three, three, shift;
} rates;

enum { FAMILY = 100 };
static const double NOISE = 2;

/* Values of one family; returns the random numbers, to plant by. */
static fore_random draw(int n, bool season, bool trend, int s, double *y)
{
    fore_random random = fore_random_new(35, (uint64_t)(s * 1000 + n * 4 + season * 2 + trend));
    for (int t = 0; t < n; t++)
        y[t] = 100 + (season ? 12 * sin(M_PI * t / 6) + (t % 12 == 11 ? 6 : 0) : 0) +
               (trend ? 0.5 * t : 0) + NOISE * fore_random_normal(&random);
    return random;
}

/* count values of `least` to `most` sd off, three steps apart or more; of them found. */
static int planted(int n, double *y, fore_random *random, int count, double least, double most,
                   int *beside)
{
    int at[3], hits = 0;
    for (int k = 0; k < count;) {
        at[k] = 1 + (int)(fore_random_uniform(random) * (n - 2));
        bool close = false;
        for (int i = 0; i < k; i++) close = close || abs(at[i] - at[k]) < 3;
        if (close) continue;
        double size = least + (most - least) * fore_random_uniform(random);
        y[at[k++]] += (fore_random_uniform(random) < 0.5 ? -size : size) * NOISE;
    }
    fore_anomalies found = find(y, n, 12);
    for (int64_t i = 0; i < found.outliers; i++)
        for (int k = 0; k < count; k++) hits += found.outlier[i] == at[k];
    if (beside) *beside += found.outliers > hits || found.shifts > 0;
    fore_anomalies_free(&found);
    return hits;
}

static rates family(int n, bool season, bool trend)
{
    rates r = {0};
    for (int s = 0; s < FAMILY; s++) {
        double y[120];
        draw(n, season, trend, s, y);
        fore_anomalies found = find(y, n, 12);
        r.clean += found.outliers > 0;
        r.moved += found.shifts > 0;
        fore_anomalies_free(&found);
        fore_random random = draw(n, season, trend, s, y);
        r.hit += planted(n, y, &random, 1, 8, 8, &r.beside);
        random = draw(n, season, trend, s, y);
        r.of_three += planted(n, y, &random, 3, 6, 10, NULL);
        draw(n, season, trend, s, y);
        for (int t = n / 2; t < n; t++) y[t] += (s % 2 ? 5 : -5) * NOISE;
        found = find(y, n, 12);
        r.shift += found.shifts == 1 && llabs(found.shift[0] - n / 2) <= 2;
        fore_anomalies_free(&found);
    }
    return r;
}

static void anomalies__simulated_families__few_false_most_found(void **state)
{
    int n[] = {36, 60, 120}, false_alarms = 0, shifts = 0;
    (void)state;
    for (int i = 0; i < 12; i++) {
        rates r = family(n[i / 4], i % 4 >= 2, i % 2);
        print_message("n %3d season %d trend %d: false %d and %d, found %d (beside %d), of three "
                      "%d/300, shift %d\n",
                      n[i / 4], i % 4 >= 2, i % 2, r.clean, r.moved, r.hit, r.beside, r.of_three,
                      r.shift);
        assert_true(r.clean <= 7 && r.moved <= 2 && r.hit >= 85 && r.beside <= 10);
        assert_true(r.of_three >= (n[i / 4] == 36 ? 210 : 270));
        false_alarms += r.clean, shifts += r.moved;
        if (n[i / 4] == 120) assert_true(r.shift >= 45);
    }
    assert_true(false_alarms <= 36 && shifts <= 8); /* of 1,200 series */
}

static void anomalies__tiny_constant_and_huge__nothing_or_scaled(void **state)
{
    double y[100];
    (void)state;
    for (int n = 1; n < 14; n++) {
        fore_anomalies found = find(r_Nile, n, 1);
        fore_anomalies_free(&found);
        found = find(r_Nile, n, 4);
        fore_anomalies_free(&found);
    }
    for (int t = 0; t < 100; t++) y[t] = 3;
    fore_anomalies found = find(y, 100, 12);
    assert_int_equal(found.outliers + found.shifts, 0);
    fore_anomalies_free(&found);
    y[50] = 9; /* all others equal: no range to be beyond */
    found = find(y, 100, 12);
    fore_anomalies_free(&found);
    for (int t = 0; t < 100; t++) y[t] = 1e150 * r_Nile[t];
    y[19] = 4e153;
    fore_series_forecast *f;
    assert_int_equal(fore_series_run(y, 100, 1, 2, NULL, &f, NULL), FORE_OK);
    assert_true(f->outliers == 1 && f->outlier[0] == 19);
    fore_series_free(f);
}

static void series_run__outlier_and_shift__told_and_treated(void **state)
{
    double y[80];
    fore_random random = fore_random_new(33, 1);
    fore_series_options options = fore_series_default();
    fore_series_forecast *f;
    (void)state;
    for (int t = 0; t < 80; t++) y[t] = 100 + (t >= 42 ? 40 : 0) + 2 * fore_random_normal(&random);
    y[0] = NAN;
    y[70] = 400;
    options.method = FORE_SERIES_MEAN;
    assert_int_equal(fore_series_run(y, 80, 1, 3, &options, &f, NULL), FORE_OK);
    assert_true(f->outliers == 1 && f->outlier[0] == 70);
    assert_true(f->shifts == 1 && f->shift[0] == 42);
    near(f->shift_size[0], 40, 5);
    assert_non_null(strstr(f->note, "1 outlier at value 71: kept"));
    assert_non_null(strstr(f->note, "the level shifts at value 43: kept"));
    near(f->mean[0], 124, 3);
    fore_series_free(f);
    options.cleaning = FORE_CLEAN_BOTH;
    assert_int_equal(fore_series_run(y, 80, 1, 3, &options, &f, NULL), FORE_OK);
    near(f->mean[0], 140, 3);
    assert_true(f->used[70] == 400);
    assert_non_null(strstr(f->note, "replaced"));
    assert_non_null(strstr(f->note, "moved along"));
    fore_series_free(f);
    options.cleaning = FORE_CLEAN_OFF;
    assert_int_equal(fore_series_run(y, 80, 1, 3, &options, &f, NULL), FORE_OK);
    assert_true(f->outliers == 0 && f->shifts == 0 && f->note[0] == '\0');
    fore_series_free(f);
    options.cleaning = (fore_series_cleaning)9;
    assert_int_equal(fore_series_run(y, 80, 1, 3, &options, &f, NULL), FORE_E_ARGUMENT);
}

static void anomalies__memory_fails__error_without_leak(void **state)
{
    double y[144];
    int64_t live = fore_memory_live(), k = 1;
    fore_status status;
    (void)state;
    memcpy(y, r_AirPassengers, sizeof y);
    y[49] = 900;
    do {
        fore_anomalies found;
        fore_memory_fail_at(k++);
        status = fore_anomalies_find(y, 144, 12, &found, NULL);
        fore_memory_fail_at(0);
        fore_anomalies_free(&found);
        assert_int_equal(fore_memory_live(), live);
        assert_true(status == FORE_OK || status == FORE_E_MEMORY);
    } while (status != FORE_OK && k < 1000);
    assert_int_equal(status, FORE_OK);
    assert_true(k > 6);
}

/* Nothing to tell: the search asks the heap once, whatever it tries; a second time would fail. */
static void anomalies__nothing_found__one_block_from_the_heap(void **state)
{
    fore_anomalies found;
    double y[120];
    (void)state;
    for (int64_t m = 1; m <= 12; m += 11) {
        draw(120, m > 1, true, 0, y);
        fore_memory_fail_at(2);
        fore_status status = fore_anomalies_find(y, 120, m, &found, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(status, FORE_OK);
        assert_int_equal(found.outliers + found.shifts, 0);
        assert_null(found.without);
        fore_anomalies_free(&found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outliers__without_season__those_of_r),
        cmocka_unit_test(outliers__in_a_season_that_grows__only_the_spoilt_values),
        cmocka_unit_test(outliers__one_huge_value_in_a_season__it_alone),
        cmocka_unit_test(anomalies__simulated_families__few_false_most_found),
        cmocka_unit_test(shifts__trends_seasons_and_walks__none),
        cmocka_unit_test(shifts__planted__found_where_they_are),
        cmocka_unit_test(anomalies__tiny_constant_and_huge__nothing_or_scaled),
        cmocka_unit_test(series_run__outlier_and_shift__told_and_treated),
        cmocka_unit_test(anomalies__memory_fails__error_without_leak),
        cmocka_unit_test(anomalies__nothing_found__one_block_from_the_heap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
