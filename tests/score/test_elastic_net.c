/* Elastic net against glmnet, its optimality conditions, and its limits. */
#include "tests/score/score_support.h"

#include "models/score/elastic_net.h"
#include "models/score/logit.h"
#include "tests/score/ref_elastic_net.h"
#include "tests/score/ref_logit.h"

static const fore_view X = {ref_x, REF_N, REF_P, REF_N, NULL};
enum { LAMBDAS = 5 };

static void against(double alpha, const double *w, const double *ref)
{
    fore_net_options o = fore_net_default();
    fore_net *net = NULL;
    o.alpha = alpha;
    o.lambda = ref_net_lambda;
    o.lambdas = LAMBDAS;
    o.tolerance = 1e-10;
    assert_int_equal(fore_net_fit(NULL, &X, NULL, ref_y, w, NULL, &o, &net, NULL), FORE_OK);
    assert_int_equal(net->lambdas, LAMBDAS);
    assert_true(net->converged);
    for (int k = 0; k < LAMBDAS; k++) {
        for (int j = 0; j < REF_P; j++)
            NEAR(net->beta[j + k * REF_P], ref[j + k * (REF_P + 1)], 1e-6);
        NEAR(net->intercept[k], ref[REF_P + k * (REF_P + 1)], 1e-6);
    }
    fore_net_free(net);
}

static void net_fit__binomial_path__equals_glmnet(void **state)
{
    (void)state;
    against(0.5, ref_w, ref_net_binomial);
    against(1, NULL, ref_net_lasso);
}

/* Columns less their mean over their standard deviation with divisor n - less. */
static double *standardised(int64_t less)
{
    double *x = malloc(sizeof ref_boston_x);
    for (int64_t j = 0; j < REF_BOSTON_P; j++) {
        const double *v = ref_boston_x + j * REF_BOSTON_N;
        double mean = 0, squares = 0;
        for (int64_t i = 0; i < REF_BOSTON_N; i++) mean += v[i] / REF_BOSTON_N;
        for (int64_t i = 0; i < REF_BOSTON_N; i++) squares += (v[i] - mean) * (v[i] - mean);
        double sd = sqrt(squares / (double)(REF_BOSTON_N - less));
        for (int64_t i = 0; i < REF_BOSTON_N; i++) x[i + j * REF_BOSTON_N] = (v[i] - mean) / sd;
    }
    return x;
}

static fore_net *fit_boston(const double *x)
{
    double lambda = 1;
    fore_view m = {x, REF_BOSTON_N, REF_BOSTON_P, REF_BOSTON_N, NULL};
    fore_net_options o = fore_net_default();
    fore_net *net = NULL;
    o.family = FORE_NET_GAUSSIAN;
    o.alpha = 1;
    o.lambda = &lambda;
    o.lambdas = 1;
    assert_int_equal(fore_net_fit(NULL, &m, NULL, ref_boston_y, NULL, NULL, &o, &net, NULL),
                     FORE_OK);
    return net;
}

static void net_fit__gaussian_boston__equals_glmnet(void **state)
{
    (void)state;
    double *x = standardised(1), *own = standardised(0);
    fore_net *net = fit_boston(x);
    for (int j = 0; j < REF_BOSTON_P; j++) NEAR(net->beta[j], ref_boston[j], 1e-6);
    NEAR(net->intercept[0], ref_boston[REF_BOSTON_P], 1e-6);
    fore_net_free(net);
    net = fit_boston(own); /* glmnet's own standardisation, reported per unit of R's scale() */
    static const int column[4] = {5, 10, 11, 12};
    double per = sqrt((REF_BOSTON_N - 1.0) / REF_BOSTON_N);
    for (int k = 0; k < 4; k++) NEAR(net->beta[column[k]] / per, ref_boston_standard[k], 1e-6);
    NEAR(net->intercept[0], ref_boston_standard[4], 1e-6);
    fore_net_free(net);
    free(x);
    free(own);
}

static void net_fit__default_path__optimality_conditions_hold(void **state)
{
    (void)state;
    fore_net_options o = fore_net_default();
    fore_net *net = NULL;
    assert_int_equal(fore_net_fit(NULL, &X, NULL, ref_y, ref_w, NULL, &o, &net, NULL), FORE_OK);
    for (int64_t k = 0; k < net->lambdas; k++) {
        double g[REF_P + 1] = {0}, weight = 0, l1 = net->lambda[k] * o.alpha,
                         l2 = net->lambda[k] * (1 - o.alpha);
        const double *b = net->beta + k * REF_P;
        for (int i = 0; i < REF_N; i++) {
            double eta = net->intercept[k];
            for (int j = 0; j < REF_P; j++) eta += b[j] * ref_x[i + j * REF_N];
            double r = ref_w[i] * (1 / (1 + exp(-eta)) - ref_y[i]);
            for (int j = 0; j < REF_P; j++) g[j] += r * ref_x[i + j * REF_N];
            g[REF_P] += r;
            weight += ref_w[i];
        }
        NEAR(g[REF_P] / weight, 0, 1e-7);
        for (int j = 0; j < REF_P; j++) {
            double slope = g[j] / weight + l2 * b[j];
            if (b[j] != 0)
                NEAR(slope, b[j] > 0 ? -l1 : l1, 1e-7);
            else
                assert_true(fabs(slope) <= l1 + 1e-7);
        }
    }
    for (int j = 0; j < REF_P; j++)
        assert_true(net->beta[j] == 0); /* the path starts where all are 0 */
    assert_true(net->deviance[net->lambdas - 1] < net->deviance[0]);
    fore_net_free(net);
}

static void net_fit__held_rows__take_no_part_and_choose_lambda(void **state)
{
    (void)state;
    uint8_t held[REF_N];
    double y[REF_N];
    for (int i = 0; i < REF_N; i++) {
        held[i] = i % 3 == 0;
        y[i] = held[i] ? 1 - ref_y[i] : ref_y[i]; /* nothing learned there helps here */
    }
    fore_net *a = NULL, *b = NULL;
    assert_int_equal(fore_net_fit(NULL, &X, NULL, ref_y, NULL, held, NULL, &a, NULL), FORE_OK);
    assert_int_equal(fore_net_fit(NULL, &X, NULL, y, NULL, held, NULL, &b, NULL), FORE_OK);
    for (int j = 0; j < REF_P * 3; j++) NEAR(a->beta[j], b->beta[j], 0);
    assert_true(a->best > 0 && a->held[a->best] < a->held[0]);
    assert_int_equal(b->best, 0);
    assert_int_equal(b->lambdas, 1 + fore_net_default().patience);
    fore_net_free(a);
    fore_net_free(b);
}

static void net_fit__ridge_end__equals_the_logistic_regression(void **state)
{
    (void)state;
    double lambda = 0.01;
    fore_net_options o = fore_net_default();
    fore_logit_options l = fore_logit_default();
    fore_net *net = NULL;
    fore_logit_model *m = NULL;
    o.alpha = 0;
    o.lambda = &lambda;
    o.lambdas = 1;
    l.precision = lambda * REF_N;
    assert_int_equal(fore_net_fit(NULL, &X, NULL, ref_y, NULL, NULL, &o, &net, NULL), FORE_OK);
    assert_int_equal(fore_logit_fit(NULL, &X, NULL, ref_y, NULL, NULL, &l, &m, NULL, NULL),
                     FORE_OK);
    for (int j = 0; j < REF_P; j++) NEAR(net->beta[j], m->beta[j], 1e-6);
    fore_net_free(net);
    fore_logit_free(m);
}

/* 150,000 rows: the first lambda of a list starts on a part of them, the second on all. */
static void net_fit__many_rows__a_part_is_only_the_start(void **state)
{
    (void)state;
    leads d = leads_new(150000, 4, -1, 3);
    uint8_t *held = malloc(150000);
    for (int64_t i = 0; i < d.n; i++) {
        held[i] = i % 5 == 0;
        if (isnan(d.x[i + 2 * d.n])) d.x[i + 2 * d.n] = 0;
    }
    fore_view x = {d.x, d.n, d.p, d.n, NULL};
    double lambda[2] = {0.02, 0.01};
    fore_net_options o = fore_net_default();
    fore_net *one = NULL, *two = NULL, *path = NULL;
    o.lambda = lambda + 1;
    o.lambdas = 1;
    assert_int_equal(fore_net_fit(NULL, &x, NULL, d.y, d.w, NULL, &o, &one, NULL), FORE_OK);
    o.lambda = lambda;
    o.lambdas = 2;
    assert_int_equal(fore_net_fit(NULL, &x, NULL, d.y, d.w, NULL, &o, &two, NULL), FORE_OK);
    for (int j = 0; j < 4; j++) NEAR(one->beta[j], two->beta[4 + j], 1e-7);
    NEAR(one->intercept[0], two->intercept[1], 1e-7);
    NEAR(one->deviance[0], two->deviance[1], 1e-9); /* steps of 1e-8 along a slope of lambda */
    o = fore_net_default();
    assert_int_equal(fore_net_fit(NULL, &x, NULL, d.y, d.w, held, &o, &path, NULL), FORE_OK);
    assert_true(path->converged && path->best > 0);
    fore_net_free(one);
    fore_net_free(two);
    fore_net_free(path);
    free(held);
    leads_free(&d);
}

static void net_fit__separable_one_row_and_wide__finite(void **state)
{
    (void)state;
    double x[6] = {-3, -2, -1, 1, 2, 3}, y[6] = {0, 0, 0, 1, 1, 1};
    fore_view tall = {x, 6, 1, 6, NULL}, wide = {x, 2, 3, 2, NULL}, one = {x, 1, 1, 1, NULL};
    const fore_view *all[3] = {&tall, &wide, &one};
    for (int k = 0; k < 3; k++) {
        fore_net *net = NULL;
        assert_int_equal(fore_net_fit(NULL, all[k], NULL, y, NULL, NULL, NULL, &net, NULL),
                         FORE_OK);
        for (int64_t j = 0; j < net->width * net->lambdas; j++) assert_true(isfinite(net->beta[j]));
        for (int64_t j = 0; j < net->lambdas; j++) assert_true(isfinite(net->intercept[j]));
        fore_net_free(net);
    }
}

static void net_fit__every_allocation_failing__clean(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 2000; k++) {
        fore_net *net = NULL;
        fore_memory_fail_at(k);
        status = fore_net_fit(NULL, &X, NULL, ref_y, NULL, NULL, NULL, &net, NULL);
        fore_memory_fail_at(0);
        assert_true((status == FORE_OK) == (net != NULL));
        assert_true(k > 5 || status == FORE_E_MEMORY);
        fore_net_free(net);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
}

int main(void)
{
    fore_linear_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(net_fit__binomial_path__equals_glmnet),
        cmocka_unit_test(net_fit__gaussian_boston__equals_glmnet),
        cmocka_unit_test(net_fit__default_path__optimality_conditions_hold),
        cmocka_unit_test(net_fit__held_rows__take_no_part_and_choose_lambda),
        cmocka_unit_test(net_fit__ridge_end__equals_the_logistic_regression),
        cmocka_unit_test(net_fit__many_rows__a_part_is_only_the_start),
        cmocka_unit_test(net_fit__separable_one_row_and_wide__finite),
        cmocka_unit_test(net_fit__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
