/* Forecasts made by hand and settled: the total of two bottoms, one step, 80 and 95 %. */
#include "answer_help.h"
#include "engine/jobs/series_hierarchy.h"

enum { T = 20, DRAWS = 1000 };

typedef struct made {
    fore_series_forecast f[3];
    double mean[3], lower[3][2], upper[3][2], used[3][T], residual[3][T], path[3][DRAWS];
} made;

static void make_nodes(made *m)
{
    for (int i = 0; i < 3; i++) {
        m->mean[i] = i ? 10 : 21;
        for (int l = 0; l < 2; l++) {
            m->lower[i][l] = m->mean[i] - 2 * (l + 1);
            m->upper[i][l] = m->mean[i] + 3 * (l + 1);
        }
        for (int t = 0; t < T; t++) {
            m->used[i][t] = m->mean[i];
            m->residual[i][t] = i ? sin(3 * t + i) : sin(3 * t + 1) + sin(3 * t + 2);
        }
        for (int p = 0; p < DRAWS; p++) m->path[i][p] = m->mean[i] + (p + 0.5) / DRAWS - 0.5;
        m->f[i] = (fore_series_forecast){.n = T,
                                         .horizon = 1,
                                         .levels = 2,
                                         .level = {80, 95},
                                         .mean = &m->mean[i],
                                         .lower = m->lower[i],
                                         .upper = m->upper[i],
                                         .used = m->used[i],
                                         .residuals = m->residual[i],
                                         .paths = DRAWS,
                                         .path = m->path[i]};
    }
}

static void settle(made *m, fore_reconcile_method method)
{
    static const int64_t start[] = {0, 2}, member[] = {0, 1};
    fore_series_plan plan[3] = {0};
    fore_series_task task[3] = {0};
    fore_series_grid grid = {.series = 3, .plan = plan};
    foresell_series_request r = {.file = "made"};
    fore_series_nested nested = {.used = true,
                                 .chosen = true,
                                 .method = method,
                                 .length = T,
                                 .tree = {.shape = {1, 2, start, member}, .nodes = 3, .all = 3}};
    for (int i = 0; i < 3; i++) task[i] = (fore_series_task){.m = 1, .forecast = &m->f[i]};
    assert_int_equal(fore_series_settle(&r, &grid, &nested, task, NULL), FORE_OK);
    fore_free(nested.base);
    CLOSE(m->mean[0], m->mean[1] + m->mean[2]);
}

static void nested_about_the_mean(const made *m, int i)
{
    assert_true(m->lower[i][0] <= m->mean[i] && m->mean[i] <= m->upper[i][0]);
    assert_true(m->lower[i][1] <= m->lower[i][0] && m->upper[i][0] <= m->upper[i][1]);
}

/* As a very skew series has it: 80 % lie below the mean. */
static void settle__a_mean_outside_its_interval__taken_in(void **state)
{
    (void)state;
    for (int side = -1; side <= 1; side += 2) {
        made m;
        make_nodes(&m);
        m.lower[1][0] = 10 + side * 3 - 2, m.upper[1][0] = 10 + side * 3 + 2;
        m.lower[1][1] = 10 + side * 3 - 4, m.upper[1][1] = 10 + side * 3 + 4;
        settle(&m, FORE_RECONCILE_STRUCTURE);
        for (int i = 0; i < 3; i++) nested_about_the_mean(&m, i);
        double beyond = side > 0 ? m.upper[1][0] : m.lower[1][0];
        assert_true(fabs(beyond - m.mean[1]) < 10 && fabs(beyond - m.mean[1]) > 1);
    }
}

/* Bounds and draws of a node change by one factor, at every level. */
static void settle__bounds_and_paths__one_factor(void **state)
{
    (void)state;
    made m;
    make_nodes(&m);
    m.lower[1][0] = 10 - 1e-9, m.upper[1][0] = 10 + 1e-9; /* hardly any width but at 95 % */
    settle(&m, FORE_RECONCILE_MINT);
    for (int i = 0; i < 3; i++) {
        double factor = (m.path[i][DRAWS - 1] - m.path[i][0]) * DRAWS / (DRAWS - 1);
        nested_about_the_mean(&m, i);
        CLOSE(m.upper[i][1] - m.mean[i], 6 * factor);
        CLOSE(m.mean[i] - m.lower[i][1], 4 * factor);
        if (i != 1) CLOSE(m.upper[i][0] - m.mean[i], 3 * factor);
        assert_true(factor > 0.1 && factor < 4);
    }
}

/* A bottom of no width, which OLS moves with the others' errors: normal, its draws as well. */
static void settle__a_node_of_no_width__gets_that_of_the_others(void **state)
{
    (void)state;
    made m;
    make_nodes(&m);
    for (int l = 0; l < 2; l++) m.lower[1][l] = m.upper[1][l] = 10;
    for (int p = 0; p < DRAWS; p++) m.path[1][p] = 10;
    settle(&m, FORE_RECONCILE_OLS);
    double size = (m.upper[1][0] - m.mean[1]) / 1.2815515655446004;
    assert_true(size > 0.01);
    assert_true(fabs(m.upper[1][1] - m.mean[1] - size * 1.959963984540054) < 1e-9);
    assert_true(fabs(m.path[1][DRAWS * 9 / 10] - m.upper[1][0]) < 0.02 * size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settle__a_mean_outside_its_interval__taken_in),
        cmocka_unit_test(settle__bounds_and_paths__one_factor),
        cmocka_unit_test(settle__a_node_of_no_width__gets_that_of_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
