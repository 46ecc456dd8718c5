/* The competing-risks hazards: R's glm, folding, censoring, recency, stalled deals, save and load,
 * limits. */
#include "models/survive/hazard.h"
#include "models/survive/incidence.h"
#include "tests/survive/ref_hazard.h"
#include "tests/survive/survive_support.h"

static const int64_t CUTS[] = {2, 5};

static void reference_spells(fore_spell *s)
{
    for (int i = 0; i < REF_SPELLS; i++)
        s[i] = (fore_spell){.entry = ref_entry[i],
                            .weeks = ref_weeks[i],
                            .weight = 1,
                            .event = (fore_deal_end)ref_event[i]};
}

static fore_hazard *fit(const fore_spell *s, int64_t n, const double *x, int64_t p,
                        const fore_hazard_options *o, fore_hazard_info *info)
{
    fore_hazard *m = NULL;
    fore_error err = {0};
    fore_matrix matrix = {x, n, p, n};
    if (fore_hazard_fit(s, n, p ? &matrix : NULL, o, NULL, &m, info, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return m;
}

static fore_hazard_options plain(void)
{
    fore_hazard_options o = fore_hazard_default();
    o.cuts = CUTS;
    o.cut_count = 2;
    o.ridge = o.ridge_age = 1e-9;
    return o;
}

static void hazard_fit__person_weeks__equals_r_glm(void **state)
{
    (void)state;
    fore_spell s[REF_SPELLS];
    fore_hazard_options o = plain();
    fore_hazard_info info;
    reference_spells(s);
    fore_hazard *m = fit(s, REF_SPELLS, ref_covariate, 1, &o, &info);
    assert_true(info.converged);
    for (int x = 0; x < 2; x++) {
        double row[1] = {x}, won[REF_HORIZON], lost[REF_HORIZON];
        fore_hazard_predict(m, 2, row, REF_HORIZON, won, lost);
        for (int h = 0; h < REF_HORIZON; h++) {
            NEAR(won[h], ref_won[h + x * REF_HORIZON], 1e-7);
            NEAR(lost[h], ref_lost[h + x * REF_HORIZON], 1e-7);
        }
    }
    NEAR(info.loglik[0], ref_loglik[0], 1e-6);
    NEAR(info.loglik[1], ref_loglik[1], 1e-6);
    fore_hazard_free(m);
}

static void assert_same(const fore_hazard *a, const fore_hazard *b, double tolerance)
{
    for (int64_t age = 0; age < 30; age += 3) {
        double wa[20], la[20], wb[20], lb[20], row[1] = {(double)(age % 2)};
        fore_hazard_predict(a, age, row, 20, wa, la);
        fore_hazard_predict(b, age, row, 20, wb, lb);
        for (int h = 0; h < 20; h++) {
            NEAR(wa[h], wb[h], tolerance);
            NEAR(la[h], lb[h], tolerance);
        }
    }
}

/* One spell or one row per week: the same model. */
static void hazard_fit__spells_cut_into_weeks__same_model(void **state)
{
    (void)state;
    enum { MOST = REF_SPELLS * 14 };
    static fore_spell weeks[MOST];
    static double x[MOST];
    fore_spell s[REF_SPELLS];
    fore_hazard_options o = plain();
    int64_t n = 0;
    o.half_life_weeks = 10;
    o.now = 120;
    reference_spells(s);
    for (int i = 0; i < REF_SPELLS; i++) {
        s[i].last = 60 + i % 50;
        for (int64_t k = 0; k < s[i].weeks; k++) {
            weeks[n] = s[i];
            weeks[n].entry = s[i].entry + k;
            weeks[n].weeks = 1;
            weeks[n].last = s[i].last - (s[i].weeks - 1 - k);
            weeks[n].event = k == s[i].weeks - 1 ? s[i].event : FORE_DEAL_OPEN;
            x[n++] = ref_covariate[i];
        }
    }
    o.ridge = o.ridge_age =
        1e-6; /* the covariate's spread differs by row count, so its ridge must not matter */
    fore_hazard *a = fit(s, REF_SPELLS, ref_covariate, 1, &o, NULL),
                *b = fit(weeks, n, x, 1, &o, NULL);
    assert_same(a, b, 1e-6);
    fore_hazard_free(a);
    fore_hazard_free(b);
}

static void hazard_fit__rows_in_another_order__same_model(void **state)
{
    (void)state;
    fore_spell s[REF_SPELLS], back[REF_SPELLS];
    double x[REF_SPELLS];
    reference_spells(s);
    for (int i = 0; i < REF_SPELLS; i++) {
        back[i] = s[REF_SPELLS - 1 - i];
        x[i] = ref_covariate[REF_SPELLS - 1 - i];
    }
    fore_hazard *a = fit(s, REF_SPELLS, ref_covariate, 1, NULL, NULL),
                *b = fit(back, REF_SPELLS, x, 1, NULL, NULL);
    assert_same(a, b, 1e-9);
    fore_hazard_free(a);
    fore_hazard_free(b);
}

/* Without covariates and with a bin per week the model is the life table, as is Aalen-Johansen. */
static void hazard_fit__a_bin_per_week__equals_aalen_johansen(void **state)
{
    (void)state;
    static const int64_t EACH[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    fore_hazard_options o = plain();
    double time[500], won[10], lost[10];
    int64_t event[500];
    fore_spell s[500];
    fore_random random = fore_random_new(6, 0);
    for (int i = 0; i < 500; i++) {
        int64_t weeks = 1 + fore_random_below(&random, 10), e = fore_random_below(&random, 3);
        s[i] = (fore_spell){.weeks = weeks, .weight = 1, .event = (fore_deal_end)e};
        time[i] = (double)weeks - (e == 2 ? 0 : 0.5) +
                  (e == 0 ? 0.6 : 0); /* a week's wins come before its losses */
        event[i] = e;
    }
    o.cuts = EACH;
    o.cut_count = 9;
    fore_hazard *m = fit(s, 500, NULL, 0, &o, NULL);
    fore_incidence *c = NULL;
    assert_int_equal(fore_incidence_fit(time, event, NULL, 500, 2, 0.95, &c, NULL), FORE_OK);
    fore_hazard_predict(m, 0, NULL, 10, won, lost);
    for (int h = 0; h < 10; h++) {
        NEAR(won[h], fore_incidence_of(c, 1, h + 1), 1e-6);
        NEAR(lost[h], fore_incidence_of(c, 2, h + 1), 1e-6);
    }
    fore_incidence_free(c);
    fore_hazard_free(m);
}

/* Young deals close fast; those that survive hardly ever do: old ages must not inherit young
 * hazards. */
static void hazard_predict__stalled_deals__are_not_expected_to_close(void **state)
{
    (void)state;
    enum { N = 2000 };
    static fore_spell s[N];
    fore_random random = fore_random_new(7, 0);
    for (int i = 0; i < N; i++) {
        int64_t weeks = 0;
        fore_deal_end event = FORE_DEAL_OPEN;
        while (weeks < 80 && event == FORE_DEAL_OPEN) {
            if (fore_random_uniform(&random) < (weeks < 10 ? 0.12 : 0.002)) event = FORE_DEAL_WON;
            weeks++;
        }
        s[i] = (fore_spell){.weeks = weeks, .weight = 1, .event = event};
    }
    fore_hazard *m = fit(s, N, NULL, 0, NULL, NULL);
    double young[13], old[13];
    fore_hazard_predict(m, 0, NULL, 13, young, NULL);
    fore_hazard_predict(m, 60, NULL, 13, old, NULL);
    NEAR(young[12], 1 - pow(0.88, 10) * pow(0.998, 3), 0.04);
    NEAR(old[12], 1 - pow(0.998, 13), 0.015);
    fore_hazard_free(m);
}

/* Wins of the last year at half the earlier rate: with a short half life the model follows. */
static void hazard_fit__half_life__follows_the_present(void **state)
{
    (void)state;
    enum { N = 1200 };
    static fore_spell s[N];
    fore_hazard_options o = fore_hazard_default();
    fore_random random = fore_random_new(8, 0);
    for (int i = 0; i < N; i++) {
        int64_t last = i % 104;
        bool won = fore_random_uniform(&random) < (last < 52 ? 0.4 : 0.1);
        s[i] = (fore_spell){
            .weeks = 1, .weight = 1, .last = last, .event = won ? FORE_DEAL_WON : FORE_DEAL_OPEN};
    }
    double all[1], recent[1];
    fore_hazard *m = fit(s, N, NULL, 0, &o, NULL);
    fore_hazard_predict(m, 0, NULL, 1, all, NULL);
    fore_hazard_free(m);
    o.half_life_weeks = 8;
    o.now = 104;
    m = fit(s, N, NULL, 0, &o, NULL);
    fore_hazard_predict(m, 0, NULL, 1, recent, NULL);
    fore_hazard_free(m);
    NEAR(all[0], 0.25, 0.04);
    NEAR(recent[0], 0.1, 0.05);
}

static void hazard_predict__any_deal__is_a_distribution(void **state)
{
    (void)state;
    fore_spell s[REF_SPELLS];
    double x[2 * REF_SPELLS];
    reference_spells(s);
    fore_random random = fore_random_new(1, 0);
    for (int i = 0; i < REF_SPELLS; i++) {
        x[i] = ref_covariate[i];
        x[REF_SPELLS + i] = i % 5 == 0 ? NAN : fore_random_normal(&random);
    }
    fore_hazard *m = fit(s, REF_SPELLS, x, 2, NULL, NULL);
    assert_int_equal(fore_hazard_columns(m), 2);
    double rows[3][2] = {{1, NAN}, {0, 1e300}, {NAN, -1e300}};
    for (int r = 0; r < 3; r++) {
        double won[100], lost[100], last = 0;
        fore_hazard_predict(m, 3, rows[r], 100, won, lost);
        for (int h = 0; h < 100; h++) {
            assert_true(won[h] >= 0 && lost[h] >= 0 && won[h] + lost[h] <= 1 &&
                        won[h] + lost[h] >= last);
            last = won[h] + lost[h];
        }
    }
    fore_hazard_free(m);
}

static fore_status load(const char *text, fore_hazard **m, fore_error *err)
{
    fore_json *document = NULL;
    fore_status status = fore_json_parse(text, (int64_t)strlen(text), &document, err);
    if (status == FORE_OK) status = fore_hazard_load(fore_json_root(document), m, err);
    fore_json_free(document);
    return status;
}

static void hazard_save__load__predicts_the_same_bytes(void **state)
{
    (void)state;
    fore_spell s[REF_SPELLS];
    fore_text text = {0};
    reference_spells(s);
    fore_hazard *m = fit(s, REF_SPELLS, ref_covariate, 1, NULL, NULL), *again = NULL;
    fore_json_writer w = fore_json_to(&text);
    fore_hazard_save(m, &w, NULL);
    assert_int_equal(load(fore_text_string(&text), &again, NULL), FORE_OK);
    assert_same(m, again, 0);
    fore_hazard_free(again);
    again = NULL;
    /* Cut anywhere, or with a wrong piece: refused, never crashed. */
    char *bytes = malloc((size_t)text.length + 1);
    for (int64_t cut = 0; cut < text.length; cut += 7) {
        memcpy(bytes, text.bytes, (size_t)cut);
        bytes[cut] = 0;
        assert_int_not_equal(load(bytes, &again, NULL), FORE_OK);
        assert_null(again);
    }
    static const char *const BROKEN[] = {
        "{}",
        "[]",
        "{\"kind\":\"hazard\",\"format\":99}",
        "{\"kind\":\"hazard\",\"format\":1,\"columns\":0,\"cuts\":[3,2],\"intercept\":[0,0],\"won\":[0,0],\"lost\":[0,0]}",
        "{\"kind\":\"hazard\",\"format\":1,\"columns\":0,\"cuts\":[2],\"intercept\":[0,0],\"won\":[0],\"lost\":[0,1]}",
        "{\"kind\":\"hazard\",\"format\":1,\"columns\":0,\"cuts\":[2],\"intercept\":[0,null],\"won\":[0],\"lost\":[0]}",
        "{\"kind\":\"hazard\",\"format\":1,\"columns\":2,\"cuts\":[2],\"intercept\":[0,0],\"won\":[0],\"lost\":[0]}"};
    for (int i = 0; i < 7; i++) assert_int_equal(load(BROKEN[i], &again, NULL), FORE_E_MODEL);
    free(bytes);
    fore_text_free(&text);
    fore_hazard_free(m);
}

static void hazard_fit__limits__are_answered(void **state)
{
    (void)state;
    fore_hazard *m = NULL;
    fore_error err = {0};
    double won[4], lost[4];
    fore_spell one = {.weeks = 3, .weight = 1, .event = FORE_DEAL_WON},
               open = {.weeks = 3, .weight = 1};
    fore_spell bad = {.entry = -1, .weeks = 1, .weight = 1};
    assert_int_equal(fore_hazard_fit(NULL, 0, NULL, NULL, NULL, &m, NULL, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_hazard_fit(&open, 1, NULL, NULL, NULL, &m, NULL, &err), FORE_E_NO_ANSWER);
    assert_int_equal(fore_hazard_fit(&bad, 1, NULL, NULL, NULL, &m, NULL, &err), FORE_E_DATA);
    assert_null(m);
    assert_int_equal(fore_hazard_fit(&one, 1, NULL, NULL, NULL, &m, NULL, &err), FORE_OK);
    fore_hazard_predict(m, 0, NULL, 4, won, lost);
    assert_true(won[3] > 0 && won[3] < 1 && lost[3] > 0 && lost[3] < 0.6);
    fore_hazard_free(m);
    fore_spell same = fore_spell_of(10, 10, FORE_DEAL_WON),
               still = fore_spell_of(0, 20.5, FORE_DEAL_OPEN);
    assert_int_equal(same.weeks, 1);
    assert_int_equal(still.weeks, 2);
    assert_int_equal(fore_spell_of(0, 7, FORE_DEAL_LOST).weeks, 2);
}

static void hazard_fit__every_failing_allocation__leaves_nothing(void **state)
{
    (void)state;
    fore_spell s[REF_SPELLS];
    fore_matrix x = {ref_covariate, 60, 1, REF_SPELLS};
    reference_spells(s);
    int64_t before = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_hazard *m = NULL;
        fore_memory_fail_at(k);
        fore_status status = fore_hazard_fit(s, 60, &x, NULL, NULL, &m, NULL, NULL);
        fore_memory_fail_at(0);
        fore_hazard_free(m);
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hazard_fit__person_weeks__equals_r_glm),
        cmocka_unit_test(hazard_fit__spells_cut_into_weeks__same_model),
        cmocka_unit_test(hazard_fit__rows_in_another_order__same_model),
        cmocka_unit_test(hazard_fit__a_bin_per_week__equals_aalen_johansen),
        cmocka_unit_test(hazard_predict__stalled_deals__are_not_expected_to_close),
        cmocka_unit_test(hazard_fit__half_life__follows_the_present),
        cmocka_unit_test(hazard_predict__any_deal__is_a_distribution),
        cmocka_unit_test(hazard_save__load__predicts_the_same_bytes),
        cmocka_unit_test(hazard_fit__limits__are_answered),
        cmocka_unit_test(hazard_fit__every_failing_allocation__leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
