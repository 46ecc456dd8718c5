/* Kaplan-Meier and Aalen-Johansen: R's survfit, a public CRM pipeline, identities, limits. */
#include "engine/base/civil.h"
#include "models/survive/incidence.h"
#include "tests/survive/ref_incidence.h"
#include "tests/survive/survive_support.h"

static fore_incidence *fit(const double *time, const int64_t *event, int64_t n, int64_t causes)
{
    fore_incidence *c = NULL;
    fore_error err = {0};
    if (fore_incidence_fit(time, event, NULL, n, causes, 0.95, &c, &err) != FORE_OK)
        fail_msg("%s", err.message);
    return c;
}

static void incidence__lung__equals_survfit(void **state)
{
    (void)state;
    fore_incidence *c = fit(ref_time, ref_status, REF_ROWS, 1);
    for (int q = 0; q < 3; q++)
        for (int which = 0; which < 3; which++)
            NEAR(fore_incidence_quantile(c, 0.25 * (q + 1),
                                         which == 0   ? 0
                                         : which == 1 ? -1
                                                      : 1),
                 ref_quartiles[3 * which + q], 0);
    assert_true(fore_incidence_quantile(c, 0.5, 0) == 310);
    for (int i = 0; i < REF_TIMES; i++) {
        int64_t step = 0;
        while (step + 1 < c->steps && c->time[step + 1] <= ref_at[i]) step++;
        NEAR(fore_incidence_survival(c, ref_at[i]), ref_survival[i], 1e-12);
        NEAR(c->lower[step], ref_lower[i], 1e-9);
        NEAR(c->upper[step], ref_upper[i], 1e-9);
    }
    fore_incidence_free(c);
}

static void incidence__two_causes__equals_survfit(void **state)
{
    (void)state;
    fore_incidence *c = fit(ref_time, ref_cause, REF_ROWS, 2);
    for (int i = 0; i < REF_TIMES; i++) {
        NEAR(fore_incidence_of(c, 1, ref_at[i]), ref_incidence_a[i], 1e-12);
        NEAR(fore_incidence_of(c, 2, ref_at[i]), ref_incidence_b[i], 1e-12);
    }
    for (int64_t i = 0; i < c->steps; i++)
        NEAR(c->survival[i] + c->won[i] + c->won[c->steps + i], 1, 1e-12);
    fore_incidence_free(c);
}

static void incidence__weights_and_order__do_not_matter(void **state)
{
    (void)state;
    double time[2 * REF_ROWS], weight[REF_ROWS], back_time[REF_ROWS];
    int64_t event[2 * REF_ROWS], back_event[REF_ROWS];
    fore_incidence *twice = NULL, *weighted = NULL;
    for (int i = 0; i < REF_ROWS; i++) {
        time[2 * i] = time[2 * i + 1] = ref_time[i];
        event[2 * i] = event[2 * i + 1] = ref_cause[i];
        back_time[i] = ref_time[REF_ROWS - 1 - i];
        back_event[i] = ref_cause[REF_ROWS - 1 - i];
        weight[i] = 2;
    }
    twice = fit(time, event, 2 * REF_ROWS, 2);
    assert_int_equal(
        fore_incidence_fit(back_time, back_event, weight, REF_ROWS, 2, 0.95, &weighted, NULL),
        FORE_OK);
    assert_int_equal(twice->steps, weighted->steps);
    for (int64_t i = 0; i < twice->steps; i++) {
        NEAR(twice->survival[i], weighted->survival[i], 1e-13);
        NEAR(twice->upper[i], weighted->upper[i], 1e-13);
        NEAR(twice->won[i], weighted->won[i], 1e-13);
    }
    fore_incidence_free(twice);
    fore_incidence_free(weighted);
}

static void incidence__limits__are_answered(void **state)
{
    (void)state;
    double t1[] = {3, 3, 5};
    int64_t none[] = {0, 0, 0}, all[] = {1, 1, 1}, bad[] = {0, 7, 0};
    fore_incidence *c = fit(t1, none, 3, 1);
    assert_int_equal(c->steps, 0);
    NEAR(fore_incidence_survival(c, 100), 1, 0);
    NEAR(fore_incidence_of(c, 1, 100), 0, 0);
    assert_true(isnan(fore_incidence_quantile(c, 0.5, 0)));
    fore_incidence_free(c);
    c = fit(t1, all, 3, 1);
    NEAR(fore_incidence_survival(c, 2.9), 1, 0);
    NEAR(fore_incidence_survival(c, 3), 1.0 / 3, 1e-15);
    NEAR(fore_incidence_survival(c, 5), 0, 0);
    NEAR(fore_incidence_of(c, 1, 5), 1, 1e-15);
    fore_incidence_free(c);
    assert_int_equal(fore_incidence_fit(t1, bad, NULL, 3, 1, 0.95, &c, NULL), FORE_E_DATA);
    assert_int_equal(fore_incidence_fit(t1, all, NULL, 0, 1, 0.95, &c, NULL), FORE_E_ARGUMENT);
    for (int64_t k = 1;; k++) {
        int64_t before = fore_memory_live();
        fore_memory_fail_at(k);
        fore_status status = fore_incidence_fit(t1, all, NULL, 3, 1, 0.95, &c, NULL);
        fore_memory_fail_at(0);
        fore_incidence_free(c);
        c = NULL;
        assert_int_equal(fore_memory_live(), before);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
    }
}

/* m/d/yyyy -> days; -1 when empty. */
static int64_t day_of(const char *text)
{
    int m, d, y;
    return sscanf(text, "%d/%d/%d", &m, &d, &y) == 3 ? fore_days_from_civil(y, m, d) : -1;
}

/* Splits at commas in place; the file quotes nothing. */
static int split(char *line, char *cell[16])
{
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line; at && n < 16; n++) {
        cell[n] = at;
        at = strchr(at, ',');
        if (at) *at++ = 0;
    }
    return n;
}

/* The public pipeline of 8,800 deals: time from engagement to close, open deals censored at the end
 * of 2017. */
static void incidence__maven_pipeline__equals_the_published_rows(void **state)
{
    (void)state;
    enum { MOST = 9000 };
    static double time[MOST];
    static int64_t event[MOST];
    static const double AT[] = {30, 60, 90, 120}, S[] = {.618799, .549766, .350861, .204459},
                        WON[] = {.218995, .264733, .397015, .500042},
                        LOST[] = {.162206, .185501, .252125, .295500};
    const char *folder = getenv("FORESELL_DATA"), *source = getenv("FORESELL_SOURCE");
    char path[1024], line[1024], *cell[16];
    if (folder)
        snprintf(path, sizeof path, "%s/maven_crm/sales_pipeline.csv", folder);
    else
        snprintf(path, sizeof path, "%s/../shared/data/maven_crm/sales_pipeline.csv",
                 source ? source : ".");
    FILE *file = fopen(path, "r");
    if (!file) {
        print_message("no public data at %s: skipped\n", path);
        skip();
    }
    int64_t n = 0, end = fore_days_from_civil(2017, 12, 31);
    while (fgets(line, sizeof line, file)) {
        int64_t from, to;
        if (split(line, cell) != 8 || (from = day_of(cell[5])) < 0 || n == MOST) continue;
        to = day_of(cell[6]);
        event[n] = to < 0 ? 0 : strcmp(cell[4], "Won") == 0 ? 1 : 2;
        time[n++] = (double)((to < 0 ? end : to) - from);
    }
    fclose(file);
    fore_incidence *c = fit(time, event, n, 2);
    NEAR(fore_incidence_quantile(c, 0.5, 0), 69, 0);
    for (int i = 0; i < 4; i++) {
        NEAR(fore_incidence_survival(c, AT[i]), S[i], 1e-6);
        NEAR(fore_incidence_of(c, 1, AT[i]), WON[i], 1e-6);
        NEAR(fore_incidence_of(c, 2, AT[i]), LOST[i], 1e-6);
    }
    fore_incidence_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(incidence__lung__equals_survfit),
        cmocka_unit_test(incidence__two_causes__equals_survfit),
        cmocka_unit_test(incidence__weights_and_order__do_not_matter),
        cmocka_unit_test(incidence__limits__are_answered),
        cmocka_unit_test(incidence__maven_pipeline__equals_the_published_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
