/* arma.h, arima.h and stl.h against R (ref_arima.R). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/arima.h"
#include "models/series/stl.h"
#include "tests/series/ref_arima.h"
#include "tests/series/ref_series.h"

enum { LONGEST = 600 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

static const ref_case *series_named(const char *name)
{
    for (size_t i = 0; i < sizeof ref_cases / sizeof *ref_cases; i++)
        if (strcmp(ref_cases[i].name, name) == 0) return &ref_cases[i];
    fail_msg("no series %s", name);
    return NULL;
}

/* ---- the likelihood ---- */

static void arma_filter__given_coefficients__likelihood_of_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ref_exacts / sizeof *ref_exacts; i++) {
        const ref_exact *r = &ref_exacts[i];
        const ref_case *c = series_named(r->series);
        const double *ar = r->coefficient, *ma = ar + r->p, *sar = ma + r->q, *sma = sar + r->P;
        double mean = sma[r->Q], w[LONGEST], e[LONGEST], squares = 0, n = (double)c->n;
        fore_arma a;
        assert_true(fore_arma_multiply(&a, ar, r->p, ma, r->q, sar, r->P, sma, r->Q, c->m));
        for (int64_t t = 0; t < c->n; t++) w[t] = c->y[t] - mean;
        double logs = fore_arma_filter(&a, w, c->n, 1, e, NULL, NULL);
        for (int64_t t = 0; t < c->n; t++) squares += e[t] * e[t];
        near(squares / n, r->sigma2, 1e-7 * r->sigma2);
        near(-(n * (log(2 * M_PI * squares / n) + 1) + logs) / 2, r->loglik, 1e-7 * -r->loglik);
    }
}

static void arma_filter__two_columns__filtered_with_the_same_gains(void **state)
{
    (void)state;
    const double ar[] = {0.5, 0.2}, ma[] = {0.4};
    double w[80], e[80], alone[40];
    fore_arma a;
    fore_arma_multiply(&a, ar, 2, ma, 1, NULL, 0, NULL, 0, 1);
    for (int t = 0; t < 40; t++) w[t] = sin(t), w[40 + t] = 3 * sin(t);
    fore_arma_filter(&a, w, 40, 2, e, NULL, NULL);
    fore_arma_filter(&a, w, 40, 1, alone, NULL, NULL);
    for (int t = 0; t < 40; t++) {
        assert_true(e[t] == alone[t]);
        near(e[40 + t], 3 * e[t], 1e-14);
    }
}

static void arma_filter__not_stationary__refused(void **state)
{
    (void)state;
    const double ar[] = {1.1};
    double w[5] = {1, 2, 3, 4, 5}, e[5];
    fore_arma a;
    fore_arma_multiply(&a, ar, 1, NULL, 0, NULL, 0, NULL, 0, 1);
    assert_true(isnan(fore_arma_filter(&a, w, 5, 1, e, NULL, NULL)));
    assert_false(fore_arma_roots_beyond(ar, 1, 1));
}

static void arma_roots__known_root__told_apart(void **state)
{
    (void)state;
    const double a[] = {1 / 1.05}, two[] = {0, -1 / (1.02 * 1.02)};
    assert_true(fore_arma_roots_beyond(a, 1, 1.049));
    assert_false(fore_arma_roots_beyond(a, 1, 1.051));
    assert_true(fore_arma_roots_beyond(two, 2, 1.019));
    assert_false(fore_arma_roots_beyond(two, 2, 1.021));
}

/* ---- fits and forecasts ---- */

static void arima_fit__given_orders__not_below_the_likelihood_of_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ref_fits / sizeof *ref_fits; i++) {
        const ref_fit *r = &ref_fits[i];
        const ref_case *c = series_named(r->series);
        fore_arima_order o = {r->p, r->d, r->q, r->P, r->D, r->Q, r->constant};
        fore_arima a;
        double mean[12], variance[12], room[LONGEST];
        assert_int_equal(fore_arima_fit(c->y, c->n, c->m, NULL, 0, &o, &a, NULL), FORE_OK);
        assert_true(a.loglik >= r->loglik - 0.01);
        fore_arima_forecast(&a, c->y, c->n, NULL, 12, mean, variance, room);
        bool same = fabs(a.loglik - r->loglik) < 0.02; /* else ours lies on a higher hill */
        for (int k = 0; same && k < 12; k++) {
            double half = r->upper[k] - r->mean[k];
            near(mean[k], r->mean[k], 0.01 * half);
            near(1.959963985 * sqrt(variance[k]), half, 0.03 * half); /* R divides otherwise */
        }
    }
}

static void arima_choose__ten_series__aicc_not_above_r(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ref_autos / sizeof *ref_autos; i++) {
        const ref_case *c = series_named(ref_autos[i].series);
        fore_arima a;
        assert_int_equal(fore_arima_choose(c->y, c->n, c->m, NULL, 0, &a, NULL), FORE_OK);
        if (a.aicc > ref_autos[i].aicc + 0.02)
            fail_msg("%s: %.4f, R found %s with %.4f", c->name, a.aicc, ref_autos[i].name,
                     ref_autos[i].aicc);
    }
}

static void arima_choose__logarithm_of_passengers__the_airline_model(void **state)
{
    (void)state;
    double y[144], mean[12], variance[12], room[144];
    char name[64];
    fore_arima a;
    for (int t = 0; t < 144; t++) y[t] = log(r_AirPassengers[t]);
    assert_int_equal(fore_arima_choose(y, 144, 12, NULL, 0, &a, NULL), FORE_OK);
    fore_arima_name(&a, name);
    assert_string_equal(name, "ARIMA(0,1,1)(0,1,1)[12]");
    near(a.ma[0], -0.40182802, 1e-4);
    near(a.sma[0], -0.55694484, 1e-4);
    assert_true(a.loglik >= 244.6995306 - 0.01);
    fore_arima_forecast(&a, y, 144, NULL, 12, mean, variance, room);
    near(mean[0], 6.110186, 1e-5);
    near(mean[0] - 1.959964 * sqrt(variance[0]), 6.037607, 1e-4);
    near(mean[11], 6.168025, 1e-5);
}

static void arima_forecast__from_a_past_origin__as_if_later_values_were_unknown(void **state)
{
    (void)state;
    fore_arima_order o = {1, 1, 1, 0, 1, 1, false};
    fore_arima a;
    double y[144], one[6], two[6], room[144], fitted[144];
    assert_int_equal(fore_arima_fit(r_AirPassengers, 144, 12, NULL, 0, &o, &a, NULL), FORE_OK);
    memcpy(y, r_AirPassengers, sizeof y);
    fore_arima_forecast(&a, y, 100, NULL, 6, one, NULL, room);
    for (int t = 100; t < 144; t++) y[t] = 1e6;
    fore_arima_forecast(&a, y, 100, NULL, 6, two, NULL, room);
    assert_memory_equal(one, two, sizeof one);
    fore_arima_fitted(&a, r_AirPassengers, 144, NULL, fitted, room);
    near(fitted[100], one[0], 1e-9 * one[0]);
    assert_true(isnan(fitted[12]) && !isnan(fitted[13]));
}

static void arima_fit__scaled_series__scaled_answer(void **state)
{
    (void)state;
    fore_arima_order o = {2, 0, 1, 0, 0, 0, true};
    fore_arima a, b;
    double y[114];
    for (int t = 0; t < 114; t++) y[t] = r_lynx[t] * 1024;
    fore_arima_fit(r_lynx, 114, 1, NULL, 0, &o, &a, NULL);
    fore_arima_fit(y, 114, 1, NULL, 0, &o, &b, NULL);
    near(b.ar[0], a.ar[0], 1e-12);
    near(b.beta[0] / 1024, a.beta[0], 1e-9 * a.beta[0]);
    near(b.loglik, a.loglik - 114 * log(1024), 1e-8);
}

/* ---- regressors ---- */

static void arima_fit__drivers__coefficients_and_errors_of_r(void **state)
{
    (void)state;
    const double *want = ref_drivers_answer;
    fore_arima_order o = {1, 0, 1, 0, 0, 0, true};
    fore_arima a;
    assert_int_equal(fore_arima_fit(ref_drivers_y, 120, 1, ref_drivers_x, 2, &o, &a, NULL),
                     FORE_OK);
    assert_true(a.loglik >= want[6] - 1e-4);
    for (int j = 0; j < 3; j++) {
        near(a.beta[j], want[j], 0.005 * want[3 + j]);
        near(a.beta_error[j], want[3 + j], 0.03 * want[3 + j]); /* ours divides by n - parameters */
    }
}

static void arima_choose__known_driver__recovered_within_its_error(void **state)
{
    (void)state;
    int inside = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        double y[150], x[150], u = 0;
        fore_random random = fore_random_new(seed, 1);
        for (int t = 0; t < 150; t++) {
            x[t] = t % 7 < 2;
            u = 0.5 * u + fore_random_normal(&random);
            y[t] = 20 + 4 * x[t] + u + 0.05 * t;
        }
        fore_arima a;
        assert_int_equal(fore_arima_choose(y, 150, 1, x, 1, &a, NULL), FORE_OK);
        inside += fabs(a.beta[0] - 4) < 1.96 * a.beta_error[0];
    }
    assert_in_range(inside, 35, 40);
}

static void arima_fit__the_same_driver_twice__collinear(void **state)
{
    (void)state;
    double x[200];
    fore_arima_order o = {1, 0, 0, 0, 0, 0, true};
    fore_arima a;
    fore_error err = {0};
    for (int t = 0; t < 100; t++) x[t] = 1, x[100 + t] = r_Nile[t] > 900;
    assert_int_equal(fore_arima_fit(r_Nile, 100, 1, x, 2, &o, &a, &err), FORE_E_NUMERIC);
    assert_non_null(strstr(err.message, "collinear"));
}

static void arima_choose__season_of_52__fourier_terms(void **state)
{
    (void)state;
    double y[260], mean[52], room[260], worst = 0;
    fore_arima a;
    fore_random random = fore_random_new(3, 2);
    for (int t = 0; t < 260; t++)
        y[t] = 100 + 20 * sin(2 * M_PI * t / 52) + 0.5 * fore_random_normal(&random);
    assert_int_equal(fore_arima_choose(y, 260, 52, NULL, 0, &a, NULL), FORE_OK);
    assert_true(a.pairs >= 1 && a.pairs <= 3);
    fore_arima_forecast(&a, y, 260, NULL, 52, mean, NULL, room);
    for (int k = 0; k < 52; k++)
        worst = fmax(worst, fabs(mean[k] - 100 - 20 * sin(2 * M_PI * (260 + k) / 52)));
    assert_true(worst < 1);
}

/* ---- edges ---- */

/* As R 4.2 has it. */
static void arima_choose__exact_line__its_drift(void **state)
{
    (void)state;
    for (int64_t n = 5; n <= 12; n++) {
        double y[12], mean[2], variance[2], room[12];
        fore_arima a;
        char name[64];
        for (int64_t t = 0; t < n; t++) y[t] = 5 + 3 * (double)t;
        assert_int_equal(fore_arima_choose(y, n, 1, NULL, 0, &a, NULL), FORE_OK);
        fore_arima_name(&a, name);
        assert_string_equal(name, "ARIMA(0,1,0) with drift");
        fore_arima_forecast(&a, y, n, NULL, 2, mean, variance, room);
        near(mean[1], 5 + 3 * (double)(n + 1), 1e-12);
        assert_true(variance[0] == 0 && variance[1] == 0);
    }
}

/* A season of n steps or more was never seen: the model is the one without. */
static void arima_choose__season_as_long_as_the_series__none(void **state)
{
    (void)state;
    double y[60];
    fore_arima a, without;
    fore_random random = fore_random_new(3, 2);
    for (int t = 0; t < 60; t++) y[t] = (t ? y[t - 1] : 50) + fore_random_normal(&random);
    assert_int_equal(fore_arima_choose(y, 60, 1, NULL, 0, &without, NULL), FORE_OK);
    for (int64_t m = 60; m < 400; m += 17) {
        assert_int_equal(fore_arima_choose(y, 60, m, NULL, 0, &a, NULL), FORE_OK);
        assert_int_equal(a.pairs, 0);
        assert_true(a.aicc == without.aicc);
    }
}

static void arima_choose__few_or_repeated__says_so(void **state)
{
    (void)state;
    const double line[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const double saw[] = {1, 5, 2, 7, 1, 5, 2, 7, 1, 5, 2, 7};
    fore_arima a;
    fore_error err = {0};
    assert_int_equal(fore_arima_choose(line, 3, 1, NULL, 0, &a, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_arima_choose(saw, 12, 4, NULL, 0, &a, &err), FORE_E_NO_ANSWER);
    fore_arima_order o = {.p = 6};
    assert_int_equal(fore_arima_fit(line, 12, 1, NULL, 0, &o, &a, &err), FORE_E_ARGUMENT);
    o = (fore_arima_order){.P = 1};
    assert_int_equal(fore_arima_fit(line, 12, 60, NULL, 0, &o, &a, &err), FORE_E_ARGUMENT);
    o = (fore_arima_order){.p = 5, .q = 5};
    assert_int_equal(fore_arima_fit(line, 8, 1, NULL, 0, &o, &a, &err), FORE_E_NO_ANSWER);
}

static void arima_choose__memory_fails__clean(void **state)
{
    (void)state;
    fore_status status = FORE_E_MEMORY;
    int64_t live = fore_memory_live();
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 100; k++) {
        fore_arima a;
        fore_memory_fail_at(k);
        status = fore_arima_choose(r_UKgas, 108, 4, NULL, 0, &a, NULL);
        fore_memory_fail_at(0);
    }
    assert_int_equal(status, FORE_OK);
    assert_int_equal(fore_memory_live(), live);
}

/* ---- decomposition and tests ---- */

static void same_decomposition(const ref_case *c, const double *want)
{
    double s[LONGEST], trend[LONGEST], rest[LONGEST];
    assert_int_equal(fore_mstl(c->y, c->n, &c->m, 1, s, trend, rest, NULL), FORE_OK);
    for (int64_t t = 0; t < c->n; t++) {
        near(trend[t], want[t], 1e-8 * fabs(want[t]));
        near(s[t], want[c->n + t], 1e-8 * fabs(want[t]));
        near(s[t] + trend[t] + rest[t], c->y[t], 1e-10 * fabs(c->y[t]));
    }
}

static void mstl__one_season__that_of_r(void **state)
{
    (void)state;
    same_decomposition(series_named("AirPassengers"), ref_stl_AirPassengers);
    same_decomposition(series_named("co2"), ref_stl_co2);
    same_decomposition(series_named("UKgas"), ref_stl_UKgas);
}

static void mstl__two_seasons__those_of_r(void **state)
{
    (void)state;
    const int64_t seasons[] = {4, 12};
    double s[2 * 468], trend[468], rest[468];
    assert_int_equal(fore_mstl(r_co2, 468, seasons, 2, s, trend, rest, NULL), FORE_OK);
    for (int t = 0; t < 468; t++) {
        near(trend[t], ref_mstl_two[t], 1e-6);
        near(s[t], ref_mstl_two[468 + t], 1e-6);
        near(s[468 + t], ref_mstl_two[2 * 468 + t], 1e-6);
    }
}

static void mstl__season_longer_than_half__refused(void **state)
{
    (void)state;
    const int64_t season = 12;
    double room[72];
    assert_int_equal(fore_mstl(r_co2, 24, &season, 1, room, room + 24, room + 48, NULL),
                     FORE_E_ARGUMENT);
}

static void kpss__five_series__statistics_of_r(void **state)
{
    (void)state;
    const char *names[] = {"AirPassengers", "USAccDeaths", "Nile", "WWWusage", "lynx"};
    for (int i = 0; i < 5; i++) {
        const ref_case *c = series_named(names[i]);
        near(fore_kpss(c->y, c->n), ref_kpss[i], 1e-9 * ref_kpss[i]);
    }
    const double flat[] = {2, 2, 2};
    assert_true(fore_kpss(flat, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arma_filter__given_coefficients__likelihood_of_r),
        cmocka_unit_test(arma_filter__two_columns__filtered_with_the_same_gains),
        cmocka_unit_test(arma_filter__not_stationary__refused),
        cmocka_unit_test(arma_roots__known_root__told_apart),
        cmocka_unit_test(arima_fit__given_orders__not_below_the_likelihood_of_r),
        cmocka_unit_test(arima_choose__ten_series__aicc_not_above_r),
        cmocka_unit_test(arima_choose__logarithm_of_passengers__the_airline_model),
        cmocka_unit_test(arima_forecast__from_a_past_origin__as_if_later_values_were_unknown),
        cmocka_unit_test(arima_fit__scaled_series__scaled_answer),
        cmocka_unit_test(arima_fit__drivers__coefficients_and_errors_of_r),
        cmocka_unit_test(arima_choose__known_driver__recovered_within_its_error),
        cmocka_unit_test(arima_fit__the_same_driver_twice__collinear),
        cmocka_unit_test(arima_choose__season_of_52__fourier_terms),
        cmocka_unit_test(arima_choose__exact_line__its_drift),
        cmocka_unit_test(arima_choose__season_as_long_as_the_series__none),
        cmocka_unit_test(arima_choose__few_or_repeated__says_so),
        cmocka_unit_test(arima_choose__memory_fails__clean),
        cmocka_unit_test(mstl__one_season__that_of_r),
        cmocka_unit_test(mstl__two_seasons__those_of_r),
        cmocka_unit_test(mstl__season_longer_than_half__refused),
        cmocka_unit_test(kpss__five_series__statistics_of_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
