/* The finder of leaking columns: planted leaks, honest strong columns, and the known traps of
 * public data. */
#include "frame_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "features/leak_attributes.h"

enum { N = 3000 };

typedef struct planted {
    fore_frame *frame;
    double label[N];
    int64_t group[N];
} planted;

static void cell(fore_frame_builder *b, const char *name, const char *text)
{
    int64_t column;
    OK(fore_frame_builder_column(b, name, &column, err));
    OK(fore_frame_builder_cell(b, column, text, -1, err));
}

/* 20 % of rows are open. Honest columns: "Budget" (strong), "Origin". Leaks: see the names. */
static void plant(planted *p, const int64_t *order)
{
    fore_frame_builder *b = NULL;
    OK(fore_frame_builder_new(&b, err));
    for (int64_t k = 0; k < N; k++) {
        int64_t i = order ? order[k] : k;
        fore_random r = fore_random_new(5, (uint64_t)i);
        bool won = fore_random_uniform(&r) < 0.3, open = fore_random_uniform(&r) < 0.2;
        char text[32];
        p->group[k] = i;
        p->label[k] = open ? NAN : won;
        snprintf(text, sizeof text, "%.4f", fore_random_normal(&r) + (won ? 1.2 : 0));
        cell(b, "Budget", text);
        cell(b, "Origin", fore_random_uniform(&r) < (won ? 0.6 : 0.3) ? "fair" : "web");
        snprintf(text, sizeof text, "%.3f", (won ? 1000 : 0) + 100 * fore_random_normal(&r));
        cell(b, "Invoiced", text);
        cell(b, "Delivery", !open && won && fore_random_uniform(&r) < 0.97 ? "post" : "");
        cell(b, "Survey",
             open                            ? ""
             : fore_random_uniform(&r) < 0.9 ? (fore_random_uniform(&r) < 0.5 ? "a" : "b")
                                             : "");
        cell(b, "Remark",
             won && fore_random_uniform(&r) < 0.5 ? "will pay"
             : fore_random_uniform(&r) < 0.5      ? "calls"
                                                  : "waits");
        snprintf(text, sizeof text, "%.2f", fabs(fore_random_normal(&r)) * (won ? 600 : 200));
        cell(b, "Call duration", text);
        snprintf(text, sizeof text, "%.2f", fabs(fore_random_normal(&r)));
        cell(b, "Course duration", text);
        cell(b, "Empty", "");
        cell(b, "Constant", "x");
        snprintf(text, sizeof text, "id%d", (int)i);
        cell(b, "Id", text);
        fore_frame_builder_end_row(b);
    }
    OK(fore_frame_builder_finish(&b, &p->frame, err));
}

static fore_leak_report *find(const planted *p, const int64_t *set_late, fore_pool *pool)
{
    fore_leak_input input = {p->label, p->group, set_late, 1};
    fore_leak_report *report = NULL;
    OK(fore_leak_find(p->frame, &input, pool, &report, err));
    return report;
}

static void expect(const fore_leak_report *report, const char *name, fore_leak_grade grade,
                   const char *reason)
{
    const fore_leak_finding *f = fore_leak_of(report, name);
    assert_non_null(f);
    if (f->grade != grade)
        fail_msg("%s is '%s' (AUC %.3f): %s", name, fore_leak_grade_word(f->grade), f->auc,
                 f->reasons);
    if (!strstr(f->reasons, reason)) fail_msg("%s: '%s' lacks '%s'", name, f->reasons, reason);
    if (grade == FORE_LEAK_CLEAN) assert_string_equal(f->reasons, "");
}

static void leak__planted_columns__found_and_named(void **state)
{
    (void)state;
    static planted p;
    plant(&p, NULL);
    fore_leak_report *report = find(&p, NULL, NULL);
    expect(report, "Budget", FORE_LEAK_CLEAN, "");
    expect(report, "Origin", FORE_LEAK_CLEAN, "");
    expect(report, "Course duration", FORE_LEAK_CLEAN, ""); /* a name alone is no evidence */
    expect(report, "Empty", FORE_LEAK_CLEAN, "");
    expect(report, "Constant", FORE_LEAK_CLEAN, "");
    expect(report, "Id", FORE_LEAK_CLEAN, "");
    expect(report, "Invoiced", FORE_LEAK_KNOWS, "Alone it tells");
    expect(report, "Delivery", FORE_LEAK_KNOWS, "but on 0 % of the open");
    expect(report, "Survey", FORE_LEAK_KNOWS,
           "of the open"); /* given to the closed of both kinds */
    expect(report, "Remark", FORE_LEAK_KNOWS, "Its value 'will pay' holds");
    expect(report, "Call duration", FORE_LEAK_KNOWS, "measured in the contact");
    assert_int_equal(report->knows, 5);
    assert_int_equal(report->suspicious, 0);
    assert_true(fore_leak_of(report, "Budget")->auc > 0.75);
    assert_true(fore_leak_of(report, "Id")->auc < 0.55);
    assert_true(isnan(fore_leak_of(report, "Empty")->auc));
    assert_null(fore_leak_of(report, "none such"));
    fore_leak_report_free(report);
    fore_frame_free(p.frame);
}

static void yes_no(fore_frame_builder *b, const char *name, bool yes)
{
    int64_t column;
    OK(fore_frame_builder_typed(b, name, FORE_COLUMN_YES_NO, &column, err));
    OK(fore_frame_builder_number(b, column, yes, err));
}

/* What the closing sets shows on the open rows: they lack it, as a value or as a "yes". */
static void leak__yes_or_value_that_closing_sets__found(void **state)
{
    (void)state;
    static planted p;
    fore_frame_builder *b = NULL;
    OK(fore_frame_builder_new(&b, err));
    for (int64_t i = 0; i < N; i++) {
        fore_random r = fore_random_new(6, (uint64_t)i);
        bool won = fore_random_uniform(&r) < 0.3, open = fore_random_uniform(&r) < 0.2;
        double u = fore_random_uniform(&r);
        p.group[i] = i;
        p.label[i] = open ? NAN : won;
        yes_no(b, "Account given", won && !open);
        yes_no(b, "Phone given", u < (open || !won ? 0.4 : 0.95));
        yes_no(b, "E-mail given", u < 0.7 + 0.1 * won);
        yes_no(b, "Visited us", u < (won ? 0.6 : 0.2)); /* honest: the open have it as well */
        yes_no(b, "Welcome packet", won && !open && u < 0.4);
        cell(b, "Region", open && u > 0.3 ? "" : "north");
        cell(b, "Branch", u < 0.8 + 0.1 * !open ? "retail" : "");
        fore_frame_builder_end_row(b);
    }
    OK(fore_frame_builder_finish(&b, &p.frame, err));
    fore_leak_report *report = find(&p, NULL, NULL);
    expect(report, "Account given", FORE_LEAK_KNOWS, "but on 0 % of the open");
    expect(report, "Phone given", FORE_LEAK_SUSPICIOUS, "It is filled on 95 % of the won");
    expect(report, "E-mail given", FORE_LEAK_CLEAN, "");
    expect(report, "Visited us", FORE_LEAK_CLEAN, "");
    expect(report, "Welcome packet", FORE_LEAK_KNOWS, "It says yes on");
    expect(report, "Region", FORE_LEAK_SUSPICIOUS, "of the open");
    expect(report, "Branch", FORE_LEAK_CLEAN, "");
    fore_leak_report_free(report);
    fore_frame_free(p.frame);
}

static void leak__set_after_closing__found(void **state)
{
    (void)state;
    static planted p;
    plant(&p, NULL);
    int64_t late[11] = {0};
    late[fore_frame_find(p.frame, "Origin")] = 400;
    late[fore_frame_find(p.frame, "Constant")] = 400;
    late[fore_frame_find(p.frame, "Id")] = 9;
    fore_leak_report *report = find(&p, late, NULL);
    expect(report, "Origin", FORE_LEAK_KNOWS, "after the closing");
    expect(report, "Constant", FORE_LEAK_SUSPICIOUS, "after the closing");
    expect(report, "Id", FORE_LEAK_CLEAN, "");
    fore_leak_report_free(report);
    fore_frame_free(p.frame);
}

static void leak__rows_shuffled_or_threads_added__same_findings(void **state)
{
    (void)state;
    static planted p, q;
    static int64_t order[N];
    for (int64_t i = 0; i < N; i++) order[i] = i;
    fore_random random = fore_random_new(9, 9);
    fore_random_shuffle(&random, order, N);
    plant(&p, NULL);
    plant(&q, order);
    fore_pool *pool = NULL;
    OK(fore_pool_new(3, &pool, err));
    fore_leak_report *a = find(&p, NULL, NULL), *b = find(&q, NULL, pool);
    for (int64_t j = 0; j < a->columns; j++) {
        assert_memory_equal(&a->finding[j].auc, &b->finding[j].auc, sizeof(double));
        assert_memory_equal(&a->finding[j].auc_filled, &b->finding[j].auc_filled, sizeof(double));
        assert_int_equal(a->finding[j].grade, b->finding[j].grade);
        assert_string_equal(a->finding[j].reasons, b->finding[j].reasons);
    }
    fore_pool_free(pool);
    fore_leak_report_free(a);
    fore_leak_report_free(b);
    fore_frame_free(p.frame);
    fore_frame_free(q.frame);
}

/* AUC of a number against the definition: the share of (won, lost) pairs in order, ties half. */
static void leak__auc_of_number__is_share_of_ordered_pairs(void **state)
{
    (void)state;
    static planted p;
    plant(&p, NULL);
    fore_leak_report *report = find(&p, NULL, NULL);
    const fore_frame_column *c = column_named(p.frame, "Budget");
    double good = 0, pairs = 0;
    for (int64_t i = 0; i < N; i++)
        for (int64_t j = 0; j < N; j++)
            if (p.label[i] == 1 && p.label[j] == 0)
                good += c->number[i] > c->number[j]    ? 1
                        : c->number[i] == c->number[j] ? 0.5
                                                       : 0,
                    pairs++;
    assert_true(fabs(fore_leak_of(report, "Budget")->auc - good / pairs) < 1e-12);
    fore_leak_report_free(report);
    fore_frame_free(p.frame);
}

static void leak__few_rows_of_a_class__nothing_judged(void **state)
{
    (void)state;
    fore_frame *frame = frame_of("x|y\n1|a\n0|b\n1|a\n0|b\n1|a\n");
    double label[] = {1, 0, 1, 0, 1};
    fore_leak_input input = {.label = label};
    fore_leak_report *report = NULL;
    OK(fore_leak_find(frame, &input, NULL, &report, err));
    assert_true(report->too_few);
    expect(report, "x", FORE_LEAK_CLEAN, "");
    assert_true(isnan(fore_leak_of(report, "x")->auc));
    fore_leak_report_free(report);
    fore_frame_free(frame);
    fore_leak_report_free(NULL);
}

/* Judged on half of the rows, then on all of them: the graver stands, and how it was found. */
static void leak__judged_before_and_with_the_test__graver_stands(void **state)
{
    (void)state;
    static planted p;
    static double half[N];
    fore_leak_report *early = NULL, *report;
    plant(&p, NULL);
    for (int64_t i = 0; i < N; i++) half[i] = isnan(p.label[i]) || i % 2 ? p.label[i] : INFINITY;
    fore_leak_input input = {.label = half, .group = p.group, .seed = 1};
    OK(fore_leak_find(p.frame, &input, NULL, &early, err));
    report = find(&p, NULL, NULL);
    fore_leak_finding *seen_then = &early->finding[fore_frame_find(p.frame, "Budget")];
    fore_leak_finding *seen_now = &early->finding[fore_frame_find(p.frame, "Invoiced")];
    *seen_then = (fore_leak_finding){
        .name = "Budget", .grade = FORE_LEAK_SUSPICIOUS, .auc = 0.75, .reasons = "It was odd."};
    seen_now->grade = FORE_LEAK_CLEAN;
    int64_t day = fore_time_of_date(fore_days_from_civil(2024, 2, 29));
    OK(fore_leak_merge(early, day, report, err));
    expect(report, "Budget", FORE_LEAK_SUSPICIOUS,
           "It was odd. So it was on what closed before 2024-02-29.");
    assert_false(fore_leak_of(report, "Budget")->newest_only);
    expect(report, "Invoiced", FORE_LEAK_KNOWS, "Only the closings since 2024-02-29 show it");
    assert_true(fore_leak_of(report, "Invoiced")->newest_only);
    expect(report, "Origin", FORE_LEAK_CLEAN, "");
    assert_false(fore_leak_of(report, "Delivery")->newest_only);
    assert_int_equal(report->suspicious, 1);
    assert_int_equal(report->knows, 5);
    assert_false(report->test_seen);
    fore_leak_report_free(report);
    report = find(&p, NULL, NULL);
    early->too_few = true; /* nothing was judged then */
    OK(fore_leak_merge(early, day, report, err));
    assert_true(report->test_seen);
    expect(report, "Budget", FORE_LEAK_CLEAN, "");
    fore_leak_report_free(report);
    fore_leak_report_free(early);
    fore_frame_free(p.frame);
}

static void leak__any_allocation_fails__clean_error(void **state)
{
    (void)state;
    static planted p;
    plant(&p, NULL);
    int64_t live = fore_memory_live(), failures = 0;
    for (int64_t k = 1; k < 1000; k++) {
        fore_error error = {0};
        fore_leak_report *report = NULL;
        fore_leak_input input = {p.label, p.group, NULL, 1};
        fore_memory_fail_at(k);
        fore_status status = fore_leak_find(p.frame, &input, NULL, &report, &error);
        fore_memory_fail_at(0);
        fore_leak_report_free(report);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 20);
    fore_frame_free(p.frame);
}

/* Exactly these columns of a public file are found, and no other. */
static void expect_exactly(const char *file, char separator, const char *target,
                           const char *positive, const char *const *leaks)
{
    double *label = NULL;
    fore_frame *frame = frame_of_csv(file, separator, target, positive, &label, 1000000);
    if (!frame) skip();
    fore_leak_input input = {.label = label, .seed = 1};
    fore_leak_report *report = NULL;
    OK(fore_leak_find(frame, &input, NULL, &report, err));
    for (int64_t j = 0; j < report->columns; j++) {
        const fore_leak_finding *f = &report->finding[j];
        bool is_leak = false;
        for (const char *const *name = leaks; *name; name++) is_leak |= strcmp(*name, f->name) == 0;
        if (is_leak != (f->grade != FORE_LEAK_CLEAN))
            fail_msg("%s of %s is '%s' (AUC %.3f) %s", f->name, file,
                     fore_leak_grade_word(f->grade), f->auc, f->reasons);
    }
    fore_leak_report_free(report);
    fore_frame_free(frame);
    free(label);
}

static void leak__x_education__traps_found_and_only_those(void **state)
{
    (void)state;
    static const char *const leaks[] = {"Tags",
                                        "Lead Quality",
                                        "Lead Profile",
                                        "Last Activity",
                                        "Last Notable Activity",
                                        "Asymmetrique Activity Index",
                                        "Asymmetrique Profile Index",
                                        "Asymmetrique Activity Score",
                                        "Asymmetrique Profile Score",
                                        NULL};
    expect_exactly("leads_xeducation/Leads.csv", ',', "Converted", "1", leaks);
}

static void leak__bank_marketing__duration_found_and_only_it(void **state)
{
    (void)state;
    static const char *const leaks[] = {"duration", NULL};
    expect_exactly("bank_marketing/bank-additional-full.csv", ';', "y", "yes", leaks);
    expect_exactly("bank_marketing/bank-full.csv", ';', "y", "yes", leaks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leak__planted_columns__found_and_named),
        cmocka_unit_test(leak__yes_or_value_that_closing_sets__found),
        cmocka_unit_test(leak__set_after_closing__found),
        cmocka_unit_test(leak__rows_shuffled_or_threads_added__same_findings),
        cmocka_unit_test(leak__auc_of_number__is_share_of_ordered_pairs),
        cmocka_unit_test(leak__few_rows_of_a_class__nothing_judged),
        cmocka_unit_test(leak__judged_before_and_with_the_test__graver_stands),
        cmocka_unit_test(leak__any_allocation_fails__clean_error),
        cmocka_unit_test(leak__x_education__traps_found_and_only_those),
        cmocka_unit_test(leak__bank_marketing__duration_found_and_only_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
