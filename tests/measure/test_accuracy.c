/* models/measure/accuracy.h: definitions by hand, R's seasonal indices, and the M3 competition's
 * published THETA forecasts, whose accuracy is known to three decimals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/memory.h"
#include "models/measure/accuracy.h"
#include "tests/measure/m3_data.h"

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static void errors__small_example__as_by_hand(void **state)
{
    const double x[] = {1, 2, 4, 8}, f[] = {2, 2, 3, 12};
    (void)state;
    near(fore_mae(x, f, 4), 1.5, 1e-15);
    near(fore_rmse(x, f, 4), sqrt(18 / 4.0), 1e-15);
    near(fore_smape(x, f, 4), (200 / 3.0 + 0 + 200 / 7.0 + 800 / 20.0) / 4, 1e-12);
    near(fore_mase_scale(x, 4, 1), 7 / 3.0, 1e-15);
    near(fore_mase_scale(x, 4, 2), 4.5, 1e-15);
    near(fore_mase(x, f, 4, 3), 0.5, 1e-15);
    near(fore_pinball(x, f, 4, 0.9), (0.1 * 1 + 0 + 0.9 * 1 + 0.1 * 4) / 4, 1e-15);
}

static void intervals__small_example__as_by_hand(void **state)
{
    const double x[] = {1, 5, 9}, low[] = {0, 6, 2}, high[] = {2, 8, 7};
    (void)state;
    near(fore_coverage(x, low, high, 3), 1 / 3.0, 1e-15);
    near(fore_msis(x, low, high, 3, 90, 2), (2 + 2 + 20 * 1 + 5 + 20 * 2) / 3.0 / 2, 1e-12);
}

static void errors__missing_or_nothing__left_out_or_nan(void **state)
{
    const double x[] = {NAN, 2, 0}, f[] = {1, 4, 0};
    (void)state;
    near(fore_mae(x, f, 3), 1, 0);
    near(fore_smape(x, f, 3), 200 * 2 / 6.0 / 2, 1e-12);
    assert_true(isnan(fore_mae(x, f, 1)) && isnan(fore_mae(x, f, 0)));
    assert_true(isnan(fore_mase_scale(f, 3, 3)));
    assert_true(isnan(fore_coverage(x, x, x, 1)) && isnan(fore_pinball(x, f, 1, 0.5)));
}

static void errors__scaled_series__scale_or_stay(void **state)
{
    const double x[] = {3, 1, 4, 1, 5}, f[] = {2, 7, 1, 8, 2};
    double xs[5], fs[5];
    (void)state;
    for (int i = 0; i < 5; i++) xs[i] = 1024 * x[i], fs[i] = 1024 * f[i];
    assert_true(fore_smape(xs, fs, 5) == fore_smape(x, f, 5));
    assert_true(fore_mae(xs, fs, 5) == 1024 * fore_mae(x, f, 5));
    double scale = fore_mase_scale(x, 5, 1);
    assert_true(fore_mase(xs, fs, 5, 1024 * scale) == fore_mase(x, f, 5, scale));
}

static void seasonal_indices__exact_season__found_in_both_forms(void **state)
{
    const double add[] = {-3, 1, 0, 2}, multiply[] = {0.5, 1.25, 1, 1.25};
    double y[22], index[4];
    (void)state;
    for (int t = 0; t < 22; t++) y[t] = 10 + 0.5 * t + add[t % 4];
    assert_int_equal(fore_seasonal_indices(y, 22, 4, 0, index, NULL), FORE_OK);
    for (int j = 0; j < 4; j++) near(index[j], add[j], 1e-12);
    for (int t = 0; t < 22; t++) y[t] = 10 * multiply[t % 4];
    assert_int_equal(fore_seasonal_indices(y, 22, 4, 1, index, NULL), FORE_OK);
    for (int j = 0; j < 4; j++) near(index[j], multiply[j], 1e-12);
    assert_int_equal(fore_is_seasonal(y, 22, 4), 1);
    assert_int_equal(fore_is_seasonal(y, 8, 4), 0);
    for (int t = 0; t < 22; t++) y[t] = 7;
    assert_int_equal(fore_is_seasonal(y, 22, 4), 0);
}

static void seasonal_indices__odd_season_and_two_years__mean_one(void **state)
{
    double y[14], index[7], sum = 0;
    (void)state;
    for (int t = 0; t < 14; t++) y[t] = 20 + t + 5 * (t % 7);
    assert_int_equal(fore_seasonal_indices(y, 14, 7, 1, index, NULL), FORE_OK);
    for (int j = 0; j < 7; j++) sum += index[j];
    near(sum, 7, 1e-12);
}

static void seasonal_indices__too_short_or_zero__an_error_in_words(void **state)
{
    double y[8] = {0}, index[4];
    fore_error err = {0};
    (void)state;
    assert_int_equal(fore_seasonal_indices(y, 7, 4, 0, index, &err), FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "8 values"));
    assert_int_equal(fore_seasonal_indices(y, 8, 4, 1, index, &err), FORE_E_NUMERIC);
    assert_non_null(strstr(err.message, "additive"));
}

static void naive2__season_or_none__repeats_what_it_should(void **state)
{
    const double shape[] = {0.5, 1.25, 1, 1.25};
    double y[24], f[6];
    (void)state;
    for (int t = 0; t < 24; t++) y[t] = 100 * shape[t % 4];
    assert_int_equal(fore_naive2(y, 22, 4, f, 6, NULL), FORE_OK);
    for (int k = 0; k < 6; k++) near(f[k], 100 * shape[(22 + k) % 4], 1e-10);
    assert_int_equal(fore_naive2(y, 5, 4, f, 6, NULL), FORE_OK);
    for (int k = 0; k < 6; k++) near(f[k], y[4], 0);
    assert_int_equal(fore_naive2(y, 0, 4, f, 6, NULL), FORE_E_NO_ANSWER);
    int64_t live = fore_memory_live();
    fore_memory_fail_at(1);
    assert_int_equal(fore_naive2(y, 22, 4, f, 6, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_int_equal(fore_memory_live(), live);
}

/* The rows of one method in the order of the series; 0 when the file is not there. */
static int published(const char *method, double (*forecasts)[M3_STEPS])
{
    char path[1024], command[1200], line[1024];
    int found = 0;
    m3_path(path, sizeof path, "M3_published_forecasts.csv.gz");
    FILE *probe = fopen(path, "r");
    if (!probe) return 0;
    fclose(probe);
    snprintf(command, sizeof command, "gzip -dc '%s'", path);
    FILE *pipe = popen(command, "r");
    size_t length = strlen(method);
    while (pipe && found < M3_SERIES && fgets(line, sizeof line, pipe)) {
        if (strncmp(line, method, length) != 0 || line[length] != ',') continue;
        char *cell = strtok(line, ",");
        cell = strtok(NULL, ",");
        for (int k = 0; k < M3_STEPS && (cell = strtok(NULL, ",\r\n")); k++)
            forecasts[found][k] = strtod(cell, NULL);
        found++;
    }
    while (pipe && fgets(line, sizeof line, pipe)) {
    }
    if (pipe) pclose(pipe);
    return found == M3_SERIES;
}

static void smape_and_mase__published_m3_theta__the_known_row(void **state)
{
    static double forecasts[M3_SERIES][M3_STEPS];
    const double want[4] = {16.974, 8.956, 13.892, 4.410};
    double sum[4] = {0}, all = 0, points = 0, steps = 0, mase = 0;
    int count[4] = {0};
    (void)state;
    m3_series *series = m3_load();
    if (!series || !published("THETA", forecasts)) {
        free(series);
        print_message("the M3 data are not there\n");
        skip();
    }
    for (int i = 0; i < M3_SERIES; i++) {
        const m3_series *s = &series[i];
        double smape = fore_smape(s->future, forecasts[i], s->h);
        sum[s->group] += smape;
        count[s->group]++;
        all += smape;
        points += smape * (double)s->h;
        steps += (double)s->h;
        mase += fore_mase(s->future, forecasts[i], s->h, fore_mase_scale(s->history, s->n, s->m));
    }
    for (int g = 0; g < 4; g++) near(sum[g] / count[g], want[g], 0.0005);
    near(all / M3_SERIES, 12.762, 0.0005);
    near(points / steps, 13.051, 0.0005);
    near(mase / M3_SERIES, 1.395, 0.0005);
    free(series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors__small_example__as_by_hand),
        cmocka_unit_test(intervals__small_example__as_by_hand),
        cmocka_unit_test(errors__missing_or_nothing__left_out_or_nan),
        cmocka_unit_test(errors__scaled_series__scale_or_stay),
        cmocka_unit_test(seasonal_indices__exact_season__found_in_both_forms),
        cmocka_unit_test(seasonal_indices__odd_season_and_two_years__mean_one),
        cmocka_unit_test(seasonal_indices__too_short_or_zero__an_error_in_words),
        cmocka_unit_test(naive2__season_or_none__repeats_what_it_should),
        cmocka_unit_test(smape_and_mase__published_m3_theta__the_known_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
