/* ETS with a multiplicative trend against R (ref_growth.R), its recursion written out, simulation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/random.h"
#include "models/series/ets_likelihood.h"
#include "models/series/series_forecast.h"
#include "tests/series/ref_growth.h"
#include "tests/series/ref_series.h"

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))
enum { GROWING = FORE_ETS_FORMS_ALL - FORE_ETS_FORMS };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

/* -2 log L as the book writes it: q = l b^phi, absolute errors. */
static double slow_likelihood(const fore_ets *w, const double *y, int64_t n)
{
    double squares = 0, logs = 0, l = w->first.level, b = w->first.slope;
    fore_ets_state s = w->first;
    for (int64_t t = 0; t < n; t++) {
        double place = w->form.season == 'M' ? s.season[t % w->m] : 1, growth = pow(b, w->phi);
        double q = l * growth, mu = q * place, e = y[t] - mu;
        squares += e * e / (mu * mu);
        logs += log(mu);
        b = growth + w->beta * e / (place * l);
        l = q + w->alpha * e / place;
        if (w->form.season == 'M') s.season[t % w->m] = place + w->gamma * e / q;
    }
    return (double)n * log(squares) + 2 * logs;
}

static void ets_growth_fit__every_form_on_ten_series__likelihood_not_below_r(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++)
        for (int f = 0; f < GROWING; f++) {
            const ref_case *r = &ref_cases[c];
            fore_ets model;
            if (isnan(ref_growth_loglik[c][f])) continue;
            assert_int_equal(
                fore_ets_fit(r->y, r->n, r->m, &fore_ets_forms[FORE_ETS_FORMS + f], &model, NULL),
                FORE_OK);
            if (model.loglik < ref_growth_loglik[c][f] - 0.01)
                fail_msg("%s form %d: %.4f, R %.4f", r->name, f, model.loglik,
                         ref_growth_loglik[c][f]);
            near(-2 * model.loglik, slow_likelihood(&model, r->y, r->n), 1e-6 * fabs(model.loglik));
        }
}

static void ets_choose__multiplicative_trend_allowed__not_behind_r(void **state)
{
    (void)state;
    for (int64_t c = 0; c < COUNT(ref_cases); c++) {
        const ref_case *r = &ref_cases[c];
        const ref_growth_choice *want = &ref_growth_choices[c];
        double mean[12];
        char name[16];
        fore_ets model;
        assert_int_equal(fore_ets_choose(r->y, r->n, r->m, true, &model, NULL), FORE_OK);
        fore_ets_name(&model.form, name);
        if (model.aicc > want->aicc + 0.02)
            fail_msg("%s: AICc of %s %.4f, R %.4f", r->name, name, model.aicc, want->aicc);
        if (strcmp(name, want->name) != 0 || model.aicc < want->aicc - 0.5) continue;
        fore_ets_forecast(&model, &model.last, r->n, 12, mean, NULL);
        near(mean[0] / want->first, 1, 0.02);
        near(mean[11] / want->twelfth, 1, 0.05);
    }
}

static void ets_growth_gradient__every_form__that_of_differences(void **state)
{
    double room[4 * 144], x[30], gradient[30], none[30];
    (void)state;
    for (int f = 0; f < GROWING; f++) {
        fore_ets_problem p = {.n = 108, .m = 4, .form = fore_ets_forms[FORE_ETS_FORMS + f]};
        double y[108];
        for (int t = 0; t < 108; t++) y[t] = r_UKgas[t] / 256;
        if (p.form.season == 'N') p.m = 1;
        fore_ets_lay_out(&p);
        p.y = y, p.q = room, p.slope = room + 144, p.season = room + 288, p.mu = room + 432;
        for (int64_t i = 0; i < p.count; i++) x[i] = 0.2 + 0.01 * (double)i;
        x[p.level_at] = 0.4;
        x[p.level_at + 1] = 1.01;
        if (p.phi_at >= 0) x[p.phi_at] = 0.9;
        for (int64_t j = 0; p.season_at >= 0 && j < 3; j++) x[p.season_at + j] = 1.1 - 0.1 * j;
        assert_true(isfinite(fore_ets_objective(&p, x, p.count, gradient)));
        for (int64_t i = 0; i < p.count; i++) {
            double at = x[i], step = 1e-6;
            x[i] = at + step;
            double up = fore_ets_objective(&p, x, p.count, none);
            x[i] = at - step;
            double down = fore_ets_objective(&p, x, p.count, none);
            x[i] = at;
            near(gradient[i], (up - down) / (2 * step), 1e-4 * (1 + fabs(gradient[i])));
        }
    }
}

/* Means and variances against 40,000 simulated futures each. */
static void ets_growth_forecast__given_parameters__moments_by_simulation(void **state)
{
    enum { PATHS = 40000, STEPS = 15 };
    (void)state;
    for (int f = 0; f < GROWING; f++) {
        fore_ets model = {.form = fore_ets_forms[FORE_ETS_FORMS + f],
                          .n = 8,
                          .m = f < 2 ? 1 : 4,
                          .alpha = 0.4,
                          .beta = 0.05,
                          .gamma = f < 2 ? 0 : 0.2,
                          .phi = f % 2 ? 0.9 : 1,
                          .sigma2 = 0.0016};
        double mean[STEPS], variance[STEPS], sum[STEPS] = {0}, squares[STEPS] = {0};
        fore_ets_state at = {.level = 100, .slope = 1.03, .season = {0.8, 1.05, 1.1, 1.05}};
        fore_ets_forecast(&model, &at, 8, STEPS, mean, variance);
        fore_random random = fore_random_new(6, (uint64_t)f);
        for (int p = 0; p < PATHS; p++) {
            fore_ets_state path = at;
            for (int k = 0; k < STEPS; k++) {
                double mu;
                fore_ets_forecast(&model, &path, 8 + k, 1, &mu, NULL);
                double y = mu * (1 + sqrt(model.sigma2) * fore_random_normal(&random));
                fore_ets_advance(&model, &path, 8 + k, &y, 1);
                sum[k] += y;
                squares[k] += (y - mean[k]) * (y - mean[k]);
            }
        }
        for (int k = 0; k < STEPS; k++) {
            near(sum[k] / PATHS / mean[k], 1, 0.01);
            near(squares[k] / PATHS / variance[k], 1, 0.05);
        }
    }
}

static void series_run__multiplicative_trend__only_on_request(void **state)
{
    fore_series_options options = fore_series_default();
    fore_series_forecast *f;
    (void)state;
    options.method = FORE_SERIES_ETS;
    for (int asked = 0; asked < 2; asked++) {
        options.multiplicative_trend = asked;
        assert_int_equal(fore_series_run(r_AirPassengers, 144, 12, 12, &options, &f, NULL),
                         FORE_OK);
        assert_string_equal(f->name, asked ? "ETS(M,M,M)" : "ETS(M,A,M)");
        assert_true(f->mean[0] > 0 && f->lower[0] < f->mean[0] && f->upper[0] > f->mean[0]);
        fore_series_free(f);
    }
}

static void ets_growth__zeros_or_negatives__refused_in_words(void **state)
{
    double y[20];
    fore_ets model;
    fore_error err = {0};
    (void)state;
    for (int t = 0; t < 20; t++) y[t] = t;
    assert_int_equal(fore_ets_fit(y, 20, 1, &fore_ets_forms[FORE_ETS_FORMS], &model, &err),
                     FORE_E_NO_ANSWER);
    assert_non_null(strstr(err.message, "positive"));
    assert_int_equal(fore_ets_choose(y, 20, 1, true, &model, NULL), FORE_OK);
    assert_int_equal(model.form.error, 'A');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ets_growth_fit__every_form_on_ten_series__likelihood_not_below_r),
        cmocka_unit_test(ets_choose__multiplicative_trend_allowed__not_behind_r),
        cmocka_unit_test(ets_growth_gradient__every_form__that_of_differences),
        cmocka_unit_test(ets_growth_forecast__given_parameters__moments_by_simulation),
        cmocka_unit_test(series_run__multiplicative_trend__only_on_request),
        cmocka_unit_test(ets_growth__zeros_or_negatives__refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
