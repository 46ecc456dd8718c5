/* The landmark curves: R's glm, four clocks, what never closes, recency, limits. */
#include "models/survive/incidence.h"
#include "models/survive/landmark.h"
#include "tests/survive/ref_landmark.h"
#include "tests/survive/survive_support.h"

enum { MANY = 4000, FAR = 520 };

static int64_t due_of(int64_t written) { return written == 99 ? FORE_DUE_UNKNOWN : written; }

static void reference_readings(fore_reading *r)
{
    for (int i = 0; i < REF_READINGS; i++)
        r[i] = (fore_reading){.age = ref_age[i],
                              .in_stage = ref_stage[i],
                              .due = due_of(ref_due[i]),
                              .weeks = ref_weeks[i],
                              .weight = 1,
                              .event = (fore_deal_end)ref_event[i]};
}

static fore_landmark *fit(const fore_reading *r, int64_t n, const double *x, int64_t p,
                          const fore_landmark_options *o, fore_landmark_info *info)
{
    fore_landmark *m = NULL;
    fore_error err = {0};
    fore_matrix matrix = {x, n, p, n};
    if (fore_landmark_fit(r, n, p ? &matrix : NULL, o, NULL, &m, info, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return m;
}

static fore_reading asked(int64_t age, int64_t in_stage, int64_t due)
{
    return (fore_reading){.age = age, .in_stage = in_stage, .due = due};
}

static void landmark_fit__watched_weeks__equals_r_glm(void **state)
{
    (void)state;
    static fore_reading r[REF_READINGS];
    fore_landmark_options o = {.ridge_clock = 1e-9, .ridge = 1e-9, .ridge_fade = 1e-9};
    fore_landmark_info info;
    reference_readings(r);
    fore_landmark *m = fit(r, REF_READINGS, ref_x, 1, &o, &info);
    assert_true(info.converged);
    for (int k = 0; k < REF_ASKED; k++) {
        double won[REF_HORIZON], lost[REF_HORIZON];
        fore_reading q = asked(ref_asked_age[k], ref_asked_stage[k], due_of(ref_asked_due[k]));
        fore_landmark_predict(m, &q, &ref_asked_x[k], REF_HORIZON, won, lost);
        for (int h = 0; h < REF_HORIZON; h++) {
            NEAR(won[h], ref_won[h + k * REF_HORIZON], 1e-5);
            NEAR(lost[h], ref_lost[h + k * REF_HORIZON], 1e-5);
        }
    }
    fore_landmark_free(m);
}

static void landmark_fit__readings_in_another_order__same_curves(void **state)
{
    (void)state;
    static fore_reading r[REF_READINGS], turned[REF_READINGS];
    static double x[REF_READINGS];
    double one[20], other[20];
    reference_readings(r);
    for (int i = 0; i < REF_READINGS; i++) {
        turned[i] = r[REF_READINGS - 1 - i];
        x[i] = ref_x[REF_READINGS - 1 - i];
    }
    fore_landmark *a = fit(r, REF_READINGS, ref_x, 1, NULL, NULL);
    fore_landmark *b = fit(turned, REF_READINGS, x, 1, NULL, NULL);
    fore_reading q = asked(1, 1, 2);
    fore_landmark_predict(a, &q, ref_x, 20, one, NULL);
    fore_landmark_predict(b, &q, ref_x, 20, other, NULL);
    for (int h = 0; h < 20; h++) NEAR(one[h], other[h], 1e-9);
    fore_landmark_free(a);
    fore_landmark_free(b);
}

static void landmark_predict__any_reading__is_a_distribution(void **state)
{
    (void)state;
    static fore_reading r[REF_READINGS];
    reference_readings(r);
    fore_landmark *m = fit(r, REF_READINGS, ref_x, 1, NULL, NULL);
    const int64_t ages[] = {0, 3, 50, 5000}, stages[] = {-1, 0, 400};
    const int64_t dues[] = {FORE_DUE_UNKNOWN, -FORE_DUE_MOST, 0, FORE_DUE_MOST};
    const double values[] = {0, 1, 1e300, -1e300, NAN};
    for (int a = 0; a < 4; a++)
        for (int s = 0; s < 3; s++)
            for (int d = 0; d < 4; d++)
                for (int v = 0; v < 5; v++) {
                    double won[FAR], lost[FAR], w = 0, l = 0;
                    fore_reading q = asked(ages[a], stages[s], dues[d]);
                    fore_landmark_predict(m, &q, &values[v], FAR, won, lost);
                    for (int h = 0; h < FAR; h++) {
                        assert_true(won[h] >= w && lost[h] >= l && won[h] + lost[h] <= 1);
                        w = won[h];
                        l = lost[h];
                    }
                }
    fore_landmark_free(m);
}

/* Half of the deals never close; the others have constant hazards. The history ends after 60 weeks.
 */
static void landmark_predict__deals_that_never_close__stay_open(void **state)
{
    (void)state;
    static fore_reading r[MANY];
    static double time[MANY], far_won[4 * FAR], far_lost[4 * FAR];
    static int64_t event[MANY];
    for (int i = 0; i < MANY; i++) {
        fore_random lot = fore_random_new(5, (uint64_t)i);
        bool cured = fore_random_uniform(&lot) < 0.5;
        r[i] = (fore_reading){.in_stage = -1, .due = FORE_DUE_UNKNOWN, .weight = 1};
        for (r[i].weeks = 1; r[i].weeks < 60; r[i].weeks++) {
            double u = fore_random_uniform(&lot);
            r[i].event = cured      ? FORE_DEAL_OPEN
                         : u < 0.06 ? FORE_DEAL_WON
                         : u < 0.1  ? FORE_DEAL_LOST
                                    : FORE_DEAL_OPEN;
            if (r[i].event != FORE_DEAL_OPEN) break;
        }
        time[i] = (double)r[i].weeks;
        event[i] = (int64_t)r[i].event;
    }
    fore_landmark *m = fit(r, MANY, NULL, 0, NULL, NULL);
    fore_incidence *aj = NULL;
    assert_int_equal(fore_incidence_fit(time, event, NULL, MANY, 2, 0.95, &aj, NULL), FORE_OK);
    assert_int_equal(fore_landmark_followed(m), 60);
    fore_reading fresh = asked(0, -1, FORE_DUE_UNKNOWN), stalled = asked(50, -1, FORE_DUE_UNKNOWN);
    fore_landmark_predict(m, &fresh, NULL, 4 * FAR, far_won, far_lost);
    for (int h = 4; h < 60; h += 5) {
        NEAR(far_won[h], fore_incidence_of(aj, 1, h + 1), 0.02);
        NEAR(far_lost[h], fore_incidence_of(aj, 2, h + 1), 0.02);
    }
    NEAR(1 - far_won[4 * FAR - 1] - far_lost[4 * FAR - 1], 0.5, 0.04); /* never */
    NEAR(far_won[FAR], far_won[4 * FAR - 1], 1e-9);
    fore_landmark_predict(m, &stalled, NULL, FAR, far_won, far_lost);
    assert_true(far_won[FAR - 1] < 0.08 && far_lost[FAR - 1] < 0.08);
    fore_landmark_free(m);
    fore_incidence_free(aj);
}

/* A tenth of the weeks bring an end anywhere; three of four deals end in the week that was
 * expected. */
static void landmark_predict__expected_dates_that_hold__are_believed(void **state)
{
    (void)state;
    static fore_reading r[MANY];
    for (int i = 0; i < MANY; i++) {
        fore_random lot = fore_random_new(6, (uint64_t)i);
        int64_t due = 1 + fore_random_below(&lot, 12);
        r[i] = (fore_reading){.in_stage = -1, .due = due, .weight = 1, .weeks = due + 1};
        r[i].event = fore_random_uniform(&lot) < 0.7 ? FORE_DEAL_WON : FORE_DEAL_LOST;
        if (fore_random_uniform(&lot) < 0.25) r[i].weeks = 1 + fore_random_below(&lot, 24);
    }
    fore_landmark *m = fit(r, MANY, NULL, 0, NULL, NULL);
    for (int64_t due = 3; due <= 11; due += 4) {
        double won[FAR];
        fore_reading q = asked(0, -1, due);
        fore_landmark_predict(m, &q, NULL, FAR, won, NULL);
        double half = fore_curve_reach(won, FAR, won[FAR - 1] / 2);
        assert_true(half > (double)due - 0.5 && half < (double)due + 1.5);
    }
    fore_landmark_free(m);
}

static double aging(int64_t x, int64_t s)
{
    return 1 / (1 + exp(3 - (x ? 2.5 - 0.9 * log1p((double)s) : 0)));
}

/* What was known says less from week to week: a curve of later weeks must not go on believing it.
 */
static void landmark_fit__news_that_age__wear_off(void **state)
{
    (void)state;
    static fore_reading r[MANY];
    static double x[MANY];
    for (int i = 0; i < MANY; i++) {
        fore_random lot = fore_random_new(7, (uint64_t)i);
        x[i] = i % 2;
        r[i] = (fore_reading){.in_stage = -1, .due = FORE_DUE_UNKNOWN, .weight = 1};
        for (r[i].weeks = 1; r[i].weeks <= 20; r[i].weeks++) {
            if (fore_random_uniform(&lot) < aging(i % 2, r[i].weeks - 1))
                r[i].event = FORE_DEAL_WON;
            if (r[i].event != FORE_DEAL_OPEN) break;
        }
        if (r[i].weeks > 20) r[i].weeks = 20;
    }
    fore_landmark_options frozen = fore_landmark_default();
    frozen.ridge_fade = INFINITY;
    fore_landmark *fading = fit(r, MANY, x, 1, NULL, NULL);
    fore_landmark *rigid = fit(r, MANY, x, 1, &frozen, NULL);
    double a[20], b[20], open = 1;
    fore_reading q = asked(0, -1, FORE_DUE_UNKNOWN);
    fore_landmark_predict(fading, &q, &(double){1}, 20, a, NULL);
    fore_landmark_predict(rigid, &q, &(double){1}, 20, b, NULL);
    for (int64_t s = 0; s < 20; s++) open *= 1 - aging(1, s);
    NEAR(a[0], aging(1, 0), 0.04);
    NEAR(a[19], 1 - open, 0.02);
    assert_true(b[0] < aging(1, 0) - 0.05 && b[19] > 1 - open + 0.03);
    fore_landmark_free(fading);
    fore_landmark_free(rigid);
}

static void landmark_fit__half_life__follows_the_present(void **state)
{
    (void)state;
    static fore_reading r[MANY];
    for (int i = 0; i < MANY; i++) {
        fore_random lot = fore_random_new(8, (uint64_t)i);
        bool late = i >= MANY / 2;
        r[i] = (fore_reading){.in_stage = -1, .due = FORE_DUE_UNKNOWN, .weight = 1, .weeks = 1};
        r[i].last = late ? 200 : 100;
        r[i].event =
            fore_random_uniform(&lot) < (late ? 0.4 : 0.1) ? FORE_DEAL_WON : FORE_DEAL_OPEN;
    }
    fore_landmark_options o = fore_landmark_default();
    fore_reading q = asked(0, -1, FORE_DUE_UNKNOWN);
    double even[1], recent[1];
    fore_landmark *m = fit(r, MANY, NULL, 0, &o, NULL);
    fore_landmark_predict(m, &q, NULL, 1, even, NULL);
    fore_landmark_free(m);
    o.half_life_weeks = 10;
    o.now = 200;
    m = fit(r, MANY, NULL, 0, &o, NULL);
    fore_landmark_predict(m, &q, NULL, 1, recent, NULL);
    fore_landmark_free(m);
    NEAR(even[0], 0.25, 0.02);
    NEAR(recent[0], 0.4, 0.03);
}

static void landmark_fit__limits__are_answered(void **state)
{
    (void)state;
    fore_landmark *m = NULL;
    fore_error err = {0};
    double won[3], lost[3];
    fore_reading q = asked(0, -1, FORE_DUE_UNKNOWN);
    fore_reading one = {.weeks = 3, .weight = 1, .event = FORE_DEAL_WON}, open = one, bad[5];
    open.event = FORE_DEAL_OPEN;
    assert_int_equal(fore_landmark_fit(NULL, 0, NULL, NULL, NULL, &m, NULL, &err),
                     FORE_E_NO_ANSWER);
    assert_int_equal(fore_landmark_fit(&open, 1, NULL, NULL, NULL, &m, NULL, &err),
                     FORE_E_NO_ANSWER);
    for (int k = 0; k < 5; k++) bad[k] = one;
    bad[0].age = -1;
    bad[1].in_stage = -2;
    bad[2].due = FORE_DUE_MOST + 1;
    bad[3].weight = NAN;
    bad[4].weeks = -1;
    for (int k = 0; k < 5; k++)
        assert_int_equal(fore_landmark_fit(&bad[k], 1, NULL, NULL, NULL, &m, NULL, &err),
                         FORE_E_DATA);
    fore_landmark_options o = fore_landmark_default();
    o.ridge = 0;
    assert_int_equal(fore_landmark_fit(&one, 1, NULL, &o, NULL, &m, NULL, &err), FORE_E_ARGUMENT);
    assert_null(m);
    m = fit(&one, 1, NULL, 0, NULL, NULL);
    fore_landmark_predict(m, &q, NULL, 3, won, lost);
    assert_true(won[2] > 0 && won[2] < 1 && lost[2] > 0 && lost[2] < 0.6);
    fore_landmark_free(m);
}

static void curve__points_between_weeks__are_linear(void **state)
{
    (void)state;
    const double curve[] = {0.1, 0.4, 0.4, 0.5};
    NEAR(fore_curve_at(curve, 4, 0), 0, 0);
    NEAR(fore_curve_at(curve, 4, 0.5), 0.05, 1e-15);
    NEAR(fore_curve_at(curve, 4, 1.5), 0.25, 1e-15);
    NEAR(fore_curve_at(curve, 4, 9), 0.5, 0);
    NEAR(fore_curve_reach(curve, 4, 0.25), 1.5, 1e-12);
    NEAR(fore_curve_reach(curve, 4, 0.45), 3.5, 1e-12);
    assert_true(isnan(fore_curve_reach(curve, 4, 0.51)));
    NEAR(fore_curve_reach(curve, 4, 0), 0, 0);
}

static void landmark_fit__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    static fore_reading r[REF_READINGS];
    fore_matrix x = {ref_x, 80, 1, REF_READINGS};
    reference_readings(r);
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_landmark *m = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_landmark_fit(r, 80, &x, NULL, NULL, &m, NULL, NULL);
        fore_memory_fail_at(0);
        fore_landmark_free(m);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landmark_fit__watched_weeks__equals_r_glm),
        cmocka_unit_test(landmark_fit__readings_in_another_order__same_curves),
        cmocka_unit_test(landmark_predict__any_reading__is_a_distribution),
        cmocka_unit_test(landmark_predict__deals_that_never_close__stay_open),
        cmocka_unit_test(landmark_predict__expected_dates_that_hold__are_believed),
        cmocka_unit_test(landmark_fit__news_that_age__wear_off),
        cmocka_unit_test(landmark_fit__half_life__follows_the_present),
        cmocka_unit_test(landmark_fit__limits__are_answered),
        cmocka_unit_test(curve__points_between_weeks__are_linear),
        cmocka_unit_test(landmark_fit__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
