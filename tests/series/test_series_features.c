/* series_features.h against numpy, scipy and statsmodels (ref_features.py), and what must hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/holt_winters.h"
#include "models/series/series_features.h"
#include "tests/series/ref_features.h"
#include "tests/series/ref_series.h"

static const ref_case *series_named(const char *name)
{
    for (size_t j = 0; j < sizeof ref_cases / sizeof *ref_cases; j++)
        if (strcmp(ref_cases[j].name, name) == 0) return &ref_cases[j];
    fail_msg("no series %s", name);
    return NULL;
}

static int feature_named(const char *name)
{
    for (int f = 0; f < FORE_SERIES_FEATURES; f++)
        if (strcmp(fore_series_feature_names[f], name) == 0) return f;
    fail_msg("no feature %s", name);
    return -1;
}

static void features__six_series__as_numpy_and_statsmodels(void **state)
{
    double got[FORE_SERIES_FEATURES];
    const char *last = "";
    int compared = 0;
    (void)state;
    for (size_t i = 0; i < sizeof ref_features / sizeof *ref_features; i++) {
        const ref_feature *r = &ref_features[i];
        const ref_case *c = series_named(r->series);
        if (strcmp(last, r->series) != 0)
            assert_int_equal(fore_series_features(c->y, c->n, c->m, got, NULL), FORE_OK);
        last = r->series;
        double ours = got[feature_named(r->name)];
        if (!(fabs(ours - r->value) <= 1e-6 * fabs(r->value) + 1e-12))
            fail_msg("%s of %s: %.10g, reference %.10g", r->name, r->series, ours, r->value);
        compared++;
    }
    assert_true(compared > 200);
}

static void features__smoothing_weights__those_of_holt_winters(void **state)
{
    const ref_case *c = series_named("AirPassengers");
    double got[FORE_SERIES_FEATURES], x[144], mean = 0, squares = 0;
    fore_holt_winters hw;
    (void)state;
    assert_int_equal(fore_series_features(c->y, c->n, c->m, got, NULL), FORE_OK);
    for (int64_t t = 0; t < c->n; t++) mean += c->y[t] / (double)c->n;
    for (int64_t t = 0; t < c->n; t++) squares += (c->y[t] - mean) * (c->y[t] - mean);
    for (int64_t t = 0; t < c->n; t++) x[t] = (c->y[t] - mean) / sqrt(squares / (double)(c->n - 1));
    assert_int_equal(fore_holt_winters_fit(x, c->n, 1, false, &hw, NULL, NULL), FORE_OK);
    assert_true(fabs(got[FORE_FEATURE_ALPHA] - hw.alpha) < 1e-4);
    assert_int_equal(fore_holt_winters_fit(x, c->n, 12, false, &hw, NULL, NULL), FORE_OK);
    assert_true(fabs(got[FORE_FEATURE_HW_GAMMA] - hw.gamma) < 1e-4);
}

static void features__another_unit_and_origin__the_same(void **state)
{
    const ref_case *c = series_named("UKgas");
    double y[200], one[FORE_SERIES_FEATURES], other[FORE_SERIES_FEATURES];
    (void)state;
    for (int64_t t = 0; t < c->n; t++) y[t] = 1024 * c->y[t] + 4096;
    assert_int_equal(fore_series_features(c->y, c->n, c->m, one, NULL), FORE_OK);
    assert_int_equal(fore_series_features(y, c->n, c->m, other, NULL), FORE_OK);
    for (int f = 0; f < FORE_SERIES_FEATURES; f++) {
        if (f == FORE_FEATURE_VARIATION || f == FORE_FEATURE_ZEROS) continue;
        if (!(fabs(one[f] - other[f]) <= 1e-4 * (1 + fabs(one[f]))))
            fail_msg("%s: %g and %g", fore_series_feature_names[f], one[f], other[f]);
    }
}

/* Any length and season: an answer, and never an infinity. */
static void features__short_long_constant__finite_or_missing(void **state)
{
    static const int64_t seasons[] = {1, 2, 4, 7, 12, 52, 365};
    double *y = malloc(5000 * sizeof *y), got[FORE_SERIES_FEATURES];
    fore_random r = fore_random_new(5, 0);
    (void)state;
    for (int64_t t = 0; t < 5000; t++) y[t] = 10 + fore_random_normal(&r);
    for (int64_t n = 1; n <= 5000; n = n < 40 ? n + 1 : n * 5)
        for (size_t s = 0; s < sizeof seasons / sizeof *seasons; s++) {
            assert_int_equal(fore_series_features(y, n, seasons[s], got, NULL), FORE_OK);
            for (int f = 0; f < FORE_SERIES_FEATURES; f++) assert_false(isinf(got[f]));
            assert_true(got[FORE_FEATURE_LENGTH] == (double)n);
        }
    for (int64_t t = 0; t < 60; t++) y[t] = 3;
    assert_int_equal(fore_series_features(y, 60, 12, got, NULL), FORE_OK);
    assert_true(isnan(got[FORE_FEATURE_TREND]) && isnan(got[FORE_FEATURE_VARIATION]));
    free(y);
}

static void features__memory_fails__clean(void **state)
{
    const ref_case *c = series_named("UKgas");
    double got[FORE_SERIES_FEATURES];
    int64_t live = fore_memory_live();
    (void)state;
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_status status = fore_series_features(c->y, c->n, c->m, got, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features__six_series__as_numpy_and_statsmodels),
        cmocka_unit_test(features__smoothing_weights__those_of_holt_winters),
        cmocka_unit_test(features__another_unit_and_origin__the_same),
        cmocka_unit_test(features__short_long_constant__finite_or_missing),
        cmocka_unit_test(features__memory_fails__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
