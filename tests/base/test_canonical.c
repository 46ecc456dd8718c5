/* Texts that are the same letters become the same bytes, however they are composed. */
#include "engine/base/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void same(const char *composed, const char *decomposed)
{
    fore_text a = {0}, b = {0};
    fore_text_canonical(&a, composed);
    fore_text_canonical(&b, decomposed);
    assert_string_equal(fore_text_string(&a), decomposed);
    assert_string_equal(fore_text_string(&b), decomposed); /* once is enough */
    fore_text_free(&a);
    fore_text_free(&b);
}

static void canonical__composed_letters__become_base_and_marks(void **state)
{
    (void)state;
    same("caf\u00e9", "cafe\u0301");
    same("\u1ec6", "E\u0323\u0302"); /* Vietnamese: two marks */
    same("\u01d5", "U\u0308\u0304");
    same("\u0439\u0451", "\u0438\u0306\u0435\u0308");
    same("\u0bca\u0b94", "\u0bc6\u0bbe\u0b92\u0bd7"); /* Tamil */
    same("\u0c05\u0c48", "\u0c05\u0c46\u0c56");       /* Telugu */
    same("\u0ccb\u0ddd",
         "\u0cc6\u0cc2\u0cd5\u0dd9\u0dcf\u0dca"); /* Kannada, Sinhala: three parts */
    same("\u0958", "\u0915\u093c");               /* Devanagari */
    same("\u30ac", "\u30ab\u3099");
}

static void canonical__other_text__stays_as_it_is(void **state)
{
    (void)state;
    same("", "");
    same("North/Team 7 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd",
         "North/Team 7 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd");
    same("\u4e2d\U0001f600\u200d", "\u4e2d\U0001f600\u200d");
}

static void alike__names_for_people__without_case_and_spaces(void **state)
{
    (void)state;
    static const char *const pair[][2] = {{"North East", "northeast"},
                                          {"\u00c9COLE\u00a0", "e\u0301cole"},
                                          {"\u0c05\u0c48 1", "\u0c05\u0c46\u0c561"}};
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        fore_text a = {0}, b = {0};
        fore_text_alike(&a, pair[i][0]);
        fore_text_alike(&b, pair[i][1]);
        assert_string_equal(fore_text_string(&a), fore_text_string(&b));
        fore_text_free(&a);
        fore_text_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical__composed_letters__become_base_and_marks),
        cmocka_unit_test(canonical__other_text__stays_as_it_is),
        cmocka_unit_test(alike__names_for_people__without_case_and_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
