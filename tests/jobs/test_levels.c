/* Lists in requests. */
#include "engine/jobs/levels.h"

#include "jobs_world.h"

static void levels_parse__nothing__gives_80_and_95(void **state)
{
    (void)state;
    double level[FORE_LEVELS_MAX];
    int64_t count;
    OK(fore_levels_parse(NULL, level, &count, e));
    assert_int_equal(count, 2);
    assert_true(level[0] == 80 && level[1] == 95);
}

static void levels_parse__spaces_and_fractions__are_read(void **state)
{
    (void)state;
    double level[FORE_LEVELS_MAX];
    int64_t count;
    OK(fore_levels_parse(" 50 , 99.5", level, &count, e));
    assert_int_equal(count, 2);
    assert_true(level[0] == 50 && level[1] == 99.5);
    OK(fore_levels_parse("1,2,3,4,5,6,7,8", level, &count, e));
    assert_int_equal(count, FORE_LEVELS_MAX);
}

static void levels_parse__anything_else__is_refused_and_named(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",   ",",   "80,",   "80,,95", "eighty",           "0",
                                        "-5", "100", "80;95", "nan",    "1,2,3,4,5,6,7,8,9"};
    double level[FORE_LEVELS_MAX];
    int64_t count;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        fore_error err = {0};
        assert_int_equal(fore_levels_parse(wrong[i], level, &count, &err), FORE_E_USAGE);
        assert_true(strlen(err.message) > 10);
    }
    FAILS(FORE_E_USAGE, "80;95", fore_levels_parse("80;95", level, &count, e));
    FAILS(FORE_E_USAGE, "raise", fore_numbers_parse("1,2,3", "raise", level, 2, &count, e));
}

static void list_names__with_commas__stand_in_quotation_marks(void **state)
{
    (void)state;
    static const char *const names[] = {"Revenue, annual", "Signed", "say \"yes\"",
                                        "\"quoted\", so", " blank"};
    fore_text list = {0};
    for (int i = 0; i < 5; i++) fore_list_add(&list, names[i]);
    assert_string_equal(fore_text_string(&list),
                        "\"Revenue, annual\",Signed,say \"yes\",\"\"\"quoted\"\", so\",\" blank\"");
    for (int i = 0; i < 5; i++) assert_true(fore_list_names(fore_text_string(&list), names[i]));
    assert_int_equal(fore_list_count(fore_text_string(&list)), 5);
    fore_text_free(&list);
    assert_false(fore_list_names("Revenue, annual", "Revenue, annual"));
    assert_true(fore_list_names("Revenue, annual", "annual"));
    assert_true(fore_list_names(" \"A, B\" , C", "A, B"));
    assert_true(fore_list_names(" \"A, B\" , C", "C"));
    assert_false(fore_list_names("\"A, B\"", "A"));
    assert_true(fore_list_names("\"A", "\"A")); /* never closed: a name as it stands */
    assert_int_equal(fore_list_count(" ,, "), 0);
    assert_int_equal(fore_list_count(NULL), 0);
}

static void list_names__finds_whole_names_only(void **state)
{
    (void)state;
    assert_true(fore_list_names("Signed", "Signed"));
    assert_true(fore_list_names("A, Last Activity ,B", "Last Activity"));
    assert_true(fore_list_names(",,A,,B", "B"));
    assert_false(fore_list_names("Signed on", "Signed"));
    assert_false(fore_list_names("Signed", "Sign"));
    assert_false(fore_list_names("signed", "Signed"));
    assert_false(fore_list_names("", "Signed"));
    assert_false(fore_list_names(NULL, "Signed"));
    assert_false(fore_list_names("A,,B", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_parse__nothing__gives_80_and_95),
        cmocka_unit_test(levels_parse__spaces_and_fractions__are_read),
        cmocka_unit_test(levels_parse__anything_else__is_refused_and_named),
        cmocka_unit_test(list_names__with_commas__stand_in_quotation_marks),
        cmocka_unit_test(list_names__finds_whole_names_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
