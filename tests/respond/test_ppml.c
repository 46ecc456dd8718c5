/* The two-way pseudo-likelihood: gradient, optimum, R's glm, invariances, limits. */
#include "models/respond/ppml.h"
#include "tests/respond/ref_ppml.h"
#include "tests/respond/respond_support.h"

enum { CELLS = REF_REPS * REF_WEEKS, EFFECTS = REF_REPS + REF_WEEKS };

static fore_ppml_problem reference(void)
{
    return (fore_ppml_problem){.reps = REF_REPS,
                               .weeks = REF_WEEKS,
                               .columns = 2,
                               .y = ref_y,
                               .x = ref_x,
                               .dispersion = 1,
                               .effect_ridge = 1e-7};
}

static void ppml_fit__panel_with_gaps__equals_r_glm(void **state)
{
    (void)state;
    fore_ppml_problem p = reference();
    fore_arena *arena = fore_arena_new();
    fore_ppml fit;
    assert_int_equal(fore_ppml_fit(&p, arena, &fit, NULL), FORE_OK);
    assert_true(fit.converged);
    assert_int_equal(fit.cells, CELLS - 3);
    double a = fit.information[0], b = fit.information[1], c = fit.information[3],
           det = a * c - b * b;
    double inverse[4] = {c / det, -b / det, -b / det, a / det};
    for (int i = 0; i < 2; i++) NEAR(fit.beta[i], ref_beta[i], 1e-6);
    for (int i = 0; i < 4; i++) {
        double robust = 0;
        for (int k = 0; k < 2; k++)
            for (int l = 0; l < 2; l++)
                robust += inverse[i % 2 + 2 * k] * fit.meat[k + 2 * l] * inverse[l + 2 * (i / 2)];
        NEAR(inverse[i], ref_model_cov[i], 1e-6);
        NEAR(robust, ref_robust_cov[i], 1e-6);
    }
    NEAR(fit.dispersion, ref_dispersion[0], 1e-5);
    fore_arena_free(arena);
}

static void ppml_objective__gradient__equals_differences(void **state)
{
    (void)state;
    enum { N = EFFECTS + 2 };
    double theta[N], gradient[N], q[4] = {2, 0.5, 0.5, 3}, m[2] = {0.3, -0.1};
    fore_random random = fore_random_new(5, 0);
    fore_ppml_problem p = reference();
    p.precision = q;
    p.mean = m;
    p.dispersion = 1.7;
    p.effect_ridge = 0.2;
    for (int i = 0; i < N; i++) theta[i] = 0.4 * fore_random_normal(&random);
    fore_ppml_objective(&p, theta, gradient);
    for (int i = 0; i < N; i++) {
        double keep = theta[i], h = 1e-5;
        theta[i] = keep + h;
        double up = fore_ppml_objective(&p, theta, NULL);
        theta[i] = keep - h;
        double down = fore_ppml_objective(&p, theta, NULL);
        theta[i] = keep;
        NEAR(gradient[i], (up - down) / (2 * h), 1e-5 * (1 + fabs(gradient[i])));
    }
}

static void ppml_fit__at_the_optimum__gradient_is_zero(void **state)
{
    (void)state;
    double q[4] = {2, 0.5, 0.5, 3}, gradient[EFFECTS + 2];
    fore_ppml_problem p = reference();
    p.precision = q;
    p.effect_ridge = 0.01;
    fore_arena *arena = fore_arena_new();
    fore_ppml fit;
    assert_int_equal(fore_ppml_fit(&p, arena, &fit, NULL), FORE_OK);
    fore_ppml_objective(&p, fit.effects, gradient);
    for (int i = 0; i < EFFECTS + 2; i++) NEAR(gradient[i], 0, 1e-6);
    fore_arena_free(arena);
}

static void ppml_fit__a_rep_without_sales__stays_finite(void **state)
{
    (void)state;
    double y[CELLS];
    memcpy(y, ref_y, sizeof y);
    for (int t = 0; t < REF_WEEKS; t++) y[t] = 0;
    fore_ppml_problem p = reference();
    p.y = y;
    p.effect_ridge = FORE_EFFECT_RIDGE;
    fore_arena *arena = fore_arena_new();
    fore_ppml fit;
    assert_int_equal(fore_ppml_fit(&p, arena, &fit, NULL), FORE_OK);
    assert_true(fit.converged);
    for (int i = 0; i < EFFECTS; i++) BETWEEN(fit.effects[i], -15, 15);
    fore_arena_free(arena);
}

static void twoway_net__additive_column__is_nothing_left(void **state)
{
    (void)state;
    double x[CELLS], w[CELLS], net[CELLS];
    for (int i = 0; i < CELLS; i++) {
        x[i] = 3 * (i / REF_WEEKS) - 0.5 * (i % REF_WEEKS) * (i % REF_WEEKS);
        w[i] = i % 7 == 3 ? 0 : 1 + i % 5;
    }
    assert_int_equal(fore_twoway_net(REF_REPS, REF_WEEKS, w, 1e-8, x, 1, net, NULL), FORE_OK);
    for (int i = 0; i < CELLS; i++) NEAR(net[i], 0, 1e-5);
}

static void ppml_fit__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    fore_ppml_problem p = reference();
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_ppml fit;
        fore_memory_fail_at(k);
        fore_arena *arena = fore_arena_new();
        fore_status status = arena ? fore_ppml_fit(&p, arena, &fit, NULL) : FORE_E_MEMORY;
        fore_memory_fail_at(0);
        fore_arena_free(arena);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ppml_fit__panel_with_gaps__equals_r_glm),
        cmocka_unit_test(ppml_objective__gradient__equals_differences),
        cmocka_unit_test(ppml_fit__at_the_optimum__gradient_is_zero),
        cmocka_unit_test(ppml_fit__a_rep_without_sales__stays_finite),
        cmocka_unit_test(twoway_net__additive_column__is_nothing_left),
        cmocka_unit_test(ppml_fit__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
