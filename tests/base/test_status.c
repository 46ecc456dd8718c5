/* Status texts, error filling, observers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "engine/base/progress.h"
#include "engine/base/status.h"

static void status__every_code__has_its_number_and_text(void **state)
{
    (void)state;
    assert_int_equal(FORE_OK, 0);
    assert_int_equal(FORE_E_MEMORY, 20);
    assert_int_equal(FORE_E_FULL, 43);
    assert_int_equal(FORE_E_MODEL, 70);
#define CHECK(name, value, text)                                                                   \
    assert_int_equal(FORE_##name, value);                                                          \
    assert_string_equal(fore_status_text(FORE_##name), text);
    FORE_STATUS_LIST(CHECK)
#undef CHECK
    assert_string_equal(fore_status_text((fore_status)999), "unknown status");
}

static void fail__fills_all_fields_and_returns_the_code(void **state)
{
    (void)state;
    fore_error err = {0};
    assert_int_equal(
        fore_fail_at(&err, FORE_E_FORMAT, "deals.csv", 7, 3, "field %d is %s", 2, "empty"),
        FORE_E_FORMAT);
    assert_int_equal(err.code, FORE_E_FORMAT);
    assert_string_equal(err.message, "field 2 is empty");
    assert_string_equal(err.file, "deals.csv");
    assert_int_equal(err.line, 7);
    assert_int_equal(err.column, 3);
    assert_int_equal(fore_fail(&err, FORE_E_DATA, "other"), FORE_E_DATA);
    assert_string_equal(err.file, "");
    assert_int_equal(err.line, 0);
}

static void fail__no_error_wanted__only_returns(void **state)
{
    (void)state;
    assert_int_equal(fore_fail(NULL, FORE_E_DATA, "x %d", 1), FORE_E_DATA);
    assert_int_equal(fore_error_prefix(NULL, FORE_E_DATA, "x"), FORE_E_DATA);
}

static void fail__arguments_inside_the_error__survive(void **state)
{
    (void)state;
    fore_error err = {0};
    fore_fail_at(&err, FORE_E_IO, "a.csv", 1, 1, "inner");
    fore_fail_at(&err, FORE_E_DATA, err.file, 2, 2, "outer: %s", err.message);
    assert_string_equal(err.message, "outer: inner");
    assert_string_equal(err.file, "a.csv");
}

static void fail__long_message__is_cut_and_terminated(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    fore_error err = {0};
    fore_fail_at(&err, FORE_E_DATA, text, 1, 1, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
    assert_int_equal(strlen(err.file), sizeof err.file - 1);
    fore_error_prefix(&err, FORE_E_DATA, "%s", text);
    assert_true(strlen(err.message) < sizeof err.message);
}

static void prefix__goes_before_the_message(void **state)
{
    (void)state;
    fore_error err = {0};
    fore_fail(&err, FORE_E_NUMERIC, "not positive definite");
    assert_int_equal(fore_error_prefix(&err, FORE_E_MODEL, "logit %d", 3), FORE_E_MODEL);
    assert_string_equal(err.message, "logit 3: not positive definite");
    assert_int_equal(err.code, FORE_E_MODEL);
}

static fore_status tried(fore_status inner)
{
    FORE_TRY(inner);
    return FORE_E_LIMIT;
}

static fore_status gone(fore_status inner, int *released)
{
    fore_status status = FORE_OK;
    FORE_GO(inner);
    status = FORE_E_LIMIT;
done:
    *released += 1;
    return status;
}

static void try_and_go__failure__leave_at_once(void **state)
{
    (void)state;
    int released = 0;
    assert_int_equal(tried(FORE_E_IO), FORE_E_IO);
    assert_int_equal(tried(FORE_OK), FORE_E_LIMIT);
    assert_int_equal(gone(FORE_E_IO, &released), FORE_E_IO);
    assert_int_equal(gone(FORE_OK, &released), FORE_E_LIMIT);
    assert_int_equal(released, 2);
}

typedef struct seen {
    int64_t done, total;
    fore_level level;
    char text[64];
    int cancels;
} seen;

static void on_progress(void *context, const char *step, int64_t done, int64_t total)
{
    seen *s = context;
    strcpy(s->text, step);
    s->done = done;
    s->total = total;
}

static void on_message(void *context, fore_level level, const char *text)
{
    seen *s = context;
    s->level = level;
    strcpy(s->text, text);
}

static bool on_cancelled(void *context) { return ++((seen *)context)->cancels > 1; }

static void observer__callbacks__get_what_was_said(void **state)
{
    (void)state;
    seen s = {0};
    fore_observer o = {&s, on_progress, on_message, on_cancelled};
    fore_progress(&o, "import", 3, 9);
    assert_string_equal(s.text, "import");
    assert_int_equal(s.done, 3);
    assert_int_equal(s.total, 9);
    fore_message(&o, FORE_WARNING, "row %d", 12);
    assert_string_equal(s.text, "row 12");
    assert_int_equal(s.level, FORE_WARNING);
    assert_false(fore_cancelled(&o));
    assert_true(fore_cancelled(&o));
}

static void observer__absent_or_empty__is_quiet(void **state)
{
    (void)state;
    fore_observer empty = {0};
    fore_progress(NULL, "x", 0, 0);
    fore_progress(&empty, "x", 0, 0);
    fore_message(NULL, FORE_INFO, "x");
    fore_message(&empty, FORE_INFO, "x");
    assert_false(fore_cancelled(NULL));
    assert_false(fore_cancelled(&empty));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status__every_code__has_its_number_and_text),
        cmocka_unit_test(fail__fills_all_fields_and_returns_the_code),
        cmocka_unit_test(fail__no_error_wanted__only_returns),
        cmocka_unit_test(fail__arguments_inside_the_error__survive),
        cmocka_unit_test(fail__long_message__is_cut_and_terminated),
        cmocka_unit_test(prefix__goes_before_the_message),
        cmocka_unit_test(try_and_go__failure__leave_at_once),
        cmocka_unit_test(observer__callbacks__get_what_was_said),
        cmocka_unit_test(observer__absent_or_empty__is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
