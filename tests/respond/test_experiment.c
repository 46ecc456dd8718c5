/* The experiment: published sizes, power, spread from the panel, proposal and assignment. */
#include "models/respond/experiment.h"
#include "tests/respond/respond_support.h"

static void experiment_size__published_rows__equal(void **state)
{
    (void)state;
    static const double CHANGE[] = {0.2, 0.3, 0.5, 0.1}, SIGMA[] = {0.05, 0.1, 0.2};
    static const int64_t ROWS[] = {13, 50, 197, 6, 24, 95, 3, 10, 40, 45, 180, 720};
    for (int c = 0; c < 4; c++)
        for (int s = 0; s < 3; s++)
            assert_int_equal((int64_t)ceil(fore_experiment_size(SIGMA[s], 0.31, CHANGE[c])),
                             ROWS[3 * c + s]);
    assert_true(isinf(fore_experiment_size(0.1, 0, 0.2)));
}

/* With many units the t and normal quantiles agree: the detectable effect inverts the size. */
static void experiment_detectable__many_units__inverts_the_size(void **state)
{
    (void)state;
    double n = fore_experiment_size(0.2, 0.05, 0.2);
    NEAR(fore_experiment_detectable(0.2, n, 0.2), 0.05, 0.0002);
    assert_true(isinf(fore_experiment_detectable(0.2, 1, 0.2)));
    assert_true(fore_experiment_detectable(0.2, 3, 0.2) > fore_experiment_detectable(0.2, 30, 0.2));
}

/* Weekly noise 0.13 and demand 0.107 (persistent): over one week sqrt(0.13^2 + 0.107^2) and the
 * effort's. */
static void experiment_sigma__known_noise__is_found(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    panel_data d = panel_make(&w);
    double week, month;
    assert_int_equal(fore_experiment_sigma(panel_of(&d), 1, &week, NULL), FORE_OK);
    assert_int_equal(fore_experiment_sigma(panel_of(&d), 4, &month, NULL), FORE_OK);
    NEAR(week, sqrt(0.13 * 0.13 + 0.107 * 0.107 + 0.062 * 0.062), 0.03);
    assert_true(month < week);
    assert_int_equal(fore_experiment_sigma(panel_of(&d), 100, &month, NULL), FORE_OK);
    assert_true(isnan(month));
    panel_free(&d);
}

static void experiment_propose__sixty_reps__is_feasible_and_the_cheapest(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(5);
    panel_data d = panel_make(&w);
    fore_response *r = NULL;
    fore_experiment e;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, NULL), FORE_OK);
    assert_int_equal(fore_experiment_propose(panel_of(&d), r, 0, &e, NULL), FORE_OK);
    assert_true(e.feasible);
    assert_true(e.power >= FORE_EXPERIMENT_POWER &&
                e.detectable_elasticity <= e.target_elasticity * 1.001);
    NEAR(e.extra_hours, 30.0 * (double)e.weeks * r->mean_stock[0] * 0.25 * e.change, 1e-6);
    assert_true(strlen(e.who) > 10 && strlen(e.what) > 10 && strlen(e.how_long) > 3 &&
                strlen(e.detects) > 10 && strlen(e.cost) > 5);
    fore_response_free(r);
    panel_free(&d);
}

static void experiment_propose__four_sparse_reps__says_it_cannot(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.reps = 4;
    w.weeks = 52;
    w.counts = true;
    w.rate = 0.2;
    panel_data d = panel_make(&w);
    fore_response *r = NULL;
    fore_experiment e;
    assert_int_equal(fore_response_fit(panel_of(&d), NULL, NULL, &r, NULL), FORE_OK);
    assert_int_equal(fore_experiment_propose(panel_of(&d), r, 0.3, &e, NULL), FORE_OK);
    assert_false(e.feasible);
    assert_true(e.power < FORE_EXPERIMENT_POWER && e.detectable_elasticity > 0.3);
    for (int64_t i = 0; i < 4 * 52; i++) d.won[i] = 0;
    assert_int_equal(fore_experiment_propose(panel_of(&d), r, 0.3, &e, NULL), FORE_E_NO_ANSWER);
    fore_response_free(r);
    panel_free(&d);
}

static void experiment_assign__pairs__one_of_each_and_repeatable(void **state)
{
    (void)state;
    enum { N = 21 };
    double sales[N];
    int64_t pair[N], arm[N], again_pair[N], again_arm[N], treated[N] = {0}, size[N] = {0}, left = 0;
    fore_random random = fore_random_new(2, 0);
    for (int i = 0; i < N; i++) sales[i] = fore_random_uniform(&random);
    assert_int_equal(fore_experiment_assign(sales, N, 9, pair, arm, NULL), FORE_OK);
    assert_int_equal(fore_experiment_assign(sales, N, 9, again_pair, again_arm, NULL), FORE_OK);
    assert_memory_equal(pair, again_pair, sizeof pair);
    assert_memory_equal(arm, again_arm, sizeof arm);
    for (int i = 0; i < N; i++) {
        left += arm[i] == -1;
        size[pair[i]]++;
        treated[pair[i]] += arm[i] == 1;
    }
    assert_int_equal(left, 1);
    for (int i = 0; i < N / 2; i++) {
        assert_int_equal(size[i], 2);
        assert_int_equal(treated[i], 1);
    }
}

static void experiment__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    panel_world w = panel_world_rule(2);
    w.reps = 4;
    w.weeks = 16;
    panel_data d = panel_make(&w);
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        double sigma;
        fore_memory_fail_at(k);
        fore_status status = fore_experiment_sigma(panel_of(&d), 4, &sigma, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
    panel_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(experiment_size__published_rows__equal),
        cmocka_unit_test(experiment_detectable__many_units__inverts_the_size),
        cmocka_unit_test(experiment_sigma__known_noise__is_found),
        cmocka_unit_test(experiment_propose__sixty_reps__is_feasible_and_the_cheapest),
        cmocka_unit_test(experiment_propose__four_sparse_reps__says_it_cannot),
        cmocka_unit_test(experiment_assign__pairs__one_of_each_and_repeatable),
        cmocka_unit_test(experiment__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
