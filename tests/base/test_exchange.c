/* Stated rates: what is read, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "engine/base/exchange.h"

static void parse__codes_and_rates__in_any_case_and_spacing(void **state)
{
    fore_exchange x;
    (void)state;
    assert_int_equal(fore_exchange_parse("eur", " usd = 0.92, INR=0.011;", &x, NULL), FORE_OK);
    assert_string_equal(x.own, "EUR");
    assert_int_equal(x.count, 2);
    assert_true(fore_exchange_rate(&x, "USD") == 0.92 && fore_exchange_rate(&x, "inr") == 0.011);
    assert_true(fore_exchange_rate(&x, "EUR") == 1 && fore_exchange_rate(&x, "") == 1);
    assert_true(fore_exchange_rate(&x, NULL) == 1 && isnan(fore_exchange_rate(&x, "GBP")));
}

static void parse__nothing_stated__converts_nothing(void **state)
{
    fore_exchange x;
    (void)state;
    assert_int_equal(fore_exchange_parse(NULL, NULL, &x, NULL), FORE_OK);
    assert_int_equal(fore_exchange_parse("", " ", &x, NULL), FORE_OK);
    assert_string_equal(x.own, "");
    assert_true(isnan(fore_exchange_rate(&x, "USD")));
}

static void parse__nonsense__is_refused_with_what_to_write(void **state)
{
    static const char *const bad[][2] = {
        {"EUR", "USD"},         {"EUR", "USD=0"},       {"EUR", "USD=-1"},   {"EUR", "USD=x"},
        {"EUR", "=2"},          {"EUR", "USD=1,USD=2"}, {"EUR", "EUR=2"},    {"EUR", "USD=1e10"},
        {"EUR", "U5D=1"},       {"EUR", "USD=nan"},     {"", "USD=0.9"},     {"12", ""},
        {"EUR", "USD=0.9 USD"}, {"Dollar", ""},         {"EUR", "USD=1,08"}, {"EUR", "RUPEE=2"}};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fore_exchange x;
        fore_error err = {0};
        if (fore_exchange_parse(bad[i][0], bad[i][1], &x, &err) != FORE_E_USAGE)
            fail_msg("'%s', '%s' was taken", bad[i][0], bad[i][1]);
        assert_true(strlen(err.message) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__codes_and_rates__in_any_case_and_spacing),
        cmocka_unit_test(parse__nothing_stated__converts_nothing),
        cmocka_unit_test(parse__nonsense__is_refused_with_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
