/* Buffers, UTF-8, terminal widths, the dictionary, numbers as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/base/text.h"

/* --- buffer --- */

static void text__appends__stay_terminated(void **state)
{
    (void)state;
    fore_text t = {0};
    assert_string_equal(fore_text_string(&t), "");
    fore_text_puts(&t, "ab");
    fore_text_putc(&t, 'c');
    fore_text_printf(&t, "%d|%s", 12, "x");
    fore_text_add(&t, "yz!", 2);
    fore_text_add(&t, NULL, 0);
    assert_string_equal(t.bytes, "abc12|xyz");
    assert_int_equal(t.length, 9);
    for (int i = 0; i < 5000; i++) fore_text_printf(&t, "%d,", i);
    assert_int_equal((int64_t)strlen(t.bytes), t.length);
    fore_text_clear(&t);
    assert_string_equal(fore_text_string(&t), "");
    assert_int_equal(fore_text_check(&t, NULL), FORE_OK);
    fore_text_free(&t);
    assert_null(t.bytes);
    fore_text_free(NULL);
}

static void text__no_memory__is_remembered_and_harmless(void **state)
{
    (void)state;
    fore_text t = {0};
    fore_error err = {0};
    fore_memory_fail_at(1);
    fore_text_puts(&t, "ab");
    fore_text_printf(&t, "%d", 3);
    fore_memory_fail_at(0);
    fore_text_puts(&t, "cd");
    assert_true(t.failed);
    assert_int_equal(fore_text_check(&t, &err), FORE_E_MEMORY);
    assert_string_equal(fore_text_string(&t), "");
    fore_text_free(&t);
    assert_false(t.failed);
}

/* --- UTF-8 --- */

static void utf8_invalid__table(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        int64_t length, at;
    } cases[] = {
        {"", 0, -1},
        {"plain ascii, longer than eight", 30, -1},
        {"\xC3\xA9", 2, -1},         /* U+00E9 */
        {"\xE0\xB0\xA4", 3, -1},     /* Telugu ta */
        {"\xF0\x9F\x98\x80", 4, -1}, /* U+1F600 */
        {"\xEF\xBB\xBF", 3, -1},     /* BOM */
        {"\xF4\x8F\xBF\xBF", 4, -1}, /* U+10FFFF */
        {"\xED\x9F\xBF", 3, -1},     /* U+D7FF */
        {"a\0b", 3, -1},             /* NUL counts as valid */
        {"\x80", 1, 0},              /* a continuation alone */
        {"ab\xC3", 3, 2},            /* cut off */
        {"\xE0\xB0", 2, 0},
        {"\xF0\x9F\x98", 3, 0},
        {"\xC0\x80", 2, 0}, /* overlong NUL */
        {"\xC1\xBF", 2, 0},
        {"\xE0\x80\x80", 3, 0}, /* overlong */
        {"\xE0\x9F\xBF", 3, 0},
        {"\xF0\x80\x80\x80", 4, 0},
        {"\xF0\x8F\xBF\xBF", 4, 0},
        {"\xED\xA0\x80", 3, 0}, /* surrogate */
        {"\xED\xBF\xBF", 3, 0},
        {"\xF4\x90\x80\x80", 4, 0}, /* beyond U+10FFFF */
        {"\xF5\x80\x80\x80", 4, 0},
        {"\xFE", 1, 0},
        {"\xFF", 1, 0},
        {"12345678\xE9 Caf", 13, 8}, /* Latin-1 after the fast path */
        {"1234567\xC3\xA9\xE9", 10, 9},
        {"\xC3\x28", 2, 0},
        {"\xE2\x28\xA1", 3, 0},
        {"\xE2\x82\x28", 3, 0},
        {"\xF0\x9F\x98\x28", 4, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t at = fore_utf8_invalid(cases[i].bytes, cases[i].length);
        if (at != cases[i].at)
            fail_msg("case %zu: %lld, not %lld", i, (long long)at, (long long)cases[i].at);
    }
}

static void utf8_invalid__every_code_point__is_valid_and_no_other_pair(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        unsigned char b[4];
        int n = 0;
        if (c < 0x80)
            b[n++] = (unsigned char)c;
        else if (c < 0x800)
            b[n++] = (unsigned char)(0xC0 | c >> 6);
        else if (c < 0x10000)
            b[n++] = (unsigned char)(0xE0 | c >> 12),
            b[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
        else
            b[n++] = (unsigned char)(0xF0 | c >> 18),
            b[n++] = (unsigned char)(0x80 | (c >> 12 & 63)),
            b[n++] = (unsigned char)(0x80 | (c >> 6 & 63));
        if (c >= 0x80) b[n++] = (unsigned char)(0x80 | (c & 63));
        int64_t want = c >= 0xD800 && c <= 0xDFFF ? 0 : -1;
        if (fore_utf8_invalid((char *)b, n) != want) fail_msg("U+%04X", c);
    }
    int valid_pairs = 0;
    for (int a = 0x80; a < 256; a++)
        for (int b = 0; b < 256; b++) {
            char pair[2] = {(char)a, (char)b};
            valid_pairs += fore_utf8_invalid(pair, 2) < 0;
        }
    assert_int_equal(valid_pairs, 30 * 64); /* C2..DF with 80..BF */
}

static void from_latin1__windows_1252__becomes_utf8(void **state)
{
    (void)state;
    fore_text t = {0};
    fore_utf8_from_latin1(&t, "Caf\xE9 \x80 \x93q\x94 \x81", 12);
    assert_string_equal(t.bytes, "Caf\xC3\xA9 \xE2\x82\xAC \xE2\x80\x9Cq\xE2\x80\x9D \xC2\x81");
    fore_text_clear(&t);
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        fore_utf8_from_latin1(&t, &c, 1);
    }
    assert_int_equal(fore_utf8_invalid(t.bytes, t.length), -1);
    fore_text_free(&t);
}

static void width__indian_scripts__vowel_signs_take_no_column(void **state)
{
    (void)state;
    assert_int_equal(fore_utf8_width("abc"), 3);
    assert_int_equal(fore_utf8_width(""), 0);
    assert_int_equal(fore_utf8_width("Jos\xC3\xA9"), 4);
    assert_int_equal(fore_utf8_width("e\xCC\x81"), 1); /* e and a combining acute */
    assert_int_equal(fore_utf8_width("तेल"), 2);        /* e sign above */
    assert_int_equal(fore_utf8_width("తెలుగు"),
                     5); /* the sign of u takes a column, that of e none */
    assert_int_equal(fore_utf8_width("日本"), 4);
    assert_int_equal(fore_utf8_width("\xF0\x9F\x98\x80"), 2);
    assert_int_equal(fore_utf8_width("a\xFF"
                                     "b"),
                     3); /* bad bytes take one each */
}

/* The C library's wcwidth as the independent answer, for the scripts of India. */
static void width__indic_blocks__as_wcwidth(void **state)
{
    (void)state;
    if (!setlocale(LC_CTYPE, "C.UTF-8")) {
        print_message("no C.UTF-8 locale: skipped\n");
        skip();
    }
    int checked = 0;
    for (uint32_t block = 0x900; block < 0xE00; block += 0x80) /* Devanagari to Sinhala */
        for (uint32_t c = block; c < block + 0x80; c++) {
            int want = wcwidth((wchar_t)c);
            if (want < 0) continue; /* not assigned */
            char text[4] = {(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 63)),
                            (char)(0x80 | (c & 63)), 0};
            if (fore_utf8_width(text) != want)
                fail_msg("U+%04X: %d, not %d", c, fore_utf8_width(text), want);
            checked++;
        }
    setlocale(LC_CTYPE, "C");
    assert_true(checked > 900);
}

static void fit__never_cuts_a_character(void **state)
{
    (void)state;
    const char *name = "లక్ష్మి రెడ్డి";
    int64_t length = (int64_t)strlen(name);
    for (int w = 0; w <= fore_utf8_width(name) + 1; w++) {
        int64_t n = fore_utf8_fit(name, w);
        assert_int_equal(fore_utf8_invalid(name, n), -1);
        char copy[128];
        memcpy(copy, name, (size_t)n);
        copy[n] = 0;
        assert_true(fore_utf8_width(copy) <= w);
    }
    assert_int_equal(fore_utf8_fit(name, 100), length);
    assert_int_equal(fore_utf8_fit("日本", 3), 3);
    assert_int_equal(fore_utf8_fit("te\xCC\x81", 2), 4); /* the mark stays with its letter */
}

static void fold_and_normalise__column_names(void **state)
{
    (void)state;
    assert_true(fore_text_equal_fold("Lead ID", "lead id"));
    assert_false(fore_text_equal_fold("Lead", "Leads"));
    assert_false(fore_text_equal_fold("Leads", "Lead"));
    assert_true(fore_text_equal_fold("", ""));
    char out[16];
    fore_text_normalise("Lead Source*", out, sizeof out);
    assert_string_equal(out, "leadsource");
    fore_text_normalise("lead_source", out, sizeof out);
    assert_string_equal(out, "leadsource");
    fore_text_normalise("Größe (m²)", out, sizeof out);
    assert_string_equal(out, "größem²");
    fore_text_normalise("abcdefghijklmnopqrstuvwxyz", out, sizeof out);
    assert_string_equal(out, "abcdefghijklmno");
}

/* --- hashing and the dictionary --- */

static void hash__zero_seed__is_fnv1a_folded(void **state)
{
    (void)state;
    uint64_t h = UINT64_C(0xAF63DC4C8601EC8C); /* FNV-1a of "a", from its authors' table */
    assert_true(fore_hash("a", 1, 0) == (h ^ h >> 32));
    assert_true(fore_hash("a", 1, 1) != fore_hash("a", 1, 0));
}

static void fingerprint__any_change__changes_it(void **state)
{
    (void)state;
    char first[33], other[33], bytes[41];
    memset(bytes, 7, sizeof bytes);
    fore_fingerprint fp;
    fore_fingerprint_start(&fp);
    fore_fingerprint_add(&fp, bytes, sizeof bytes);
    fore_fingerprint_hex(&fp, first);
    assert_int_equal(strlen(first), 32);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 1;
        fore_fingerprint_start(&fp);
        fore_fingerprint_add(&fp, bytes, sizeof bytes);
        fore_fingerprint_hex(&fp, other);
        assert_string_not_equal(first, other);
        bytes[i] ^= 1;
    }
    fore_fingerprint_start(&fp);
    fore_fingerprint_add(&fp, bytes, sizeof bytes - 1); /* ("ab","c") is not ("a","bc") */
    fore_fingerprint_add(&fp, bytes, 1);
    fore_fingerprint_hex(&fp, other);
    assert_string_not_equal(first, other);
}

static void dictionary__many_entries__keep_their_numbers(void **state)
{
    (void)state;
    enum { MANY = 200000 };
    fore_dictionary *d = fore_dictionary_new();
    char text[32];
    assert_int_equal(fore_dictionary_find(d, "x", 1), -1);
    for (int64_t i = 0; i < MANY; i++) {
        int n = snprintf(text, sizeof text, "L%07lld", (long long)(i * 7919 % MANY));
        assert_int_equal(fore_dictionary_add(d, text, n), i);
    }
    assert_int_equal(fore_dictionary_count(d), MANY);
    for (int64_t i = 0; i < MANY; i += 37) {
        int n = snprintf(text, sizeof text, "L%07lld", (long long)(i * 7919 % MANY));
        assert_int_equal(fore_dictionary_find(d, text, n), i);
        assert_int_equal(fore_dictionary_add(d, text, n), i);
        assert_string_equal(fore_dictionary_text(d, i), text);
    }
    assert_int_equal(fore_dictionary_count(d), MANY);
    assert_int_equal(fore_dictionary_find(d, "L", 1), -1);
    fore_dictionary_free(d);
    fore_dictionary_free(NULL);
}

static void dictionary__empty_text_and_nul_bytes__are_entries_of_their_own(void **state)
{
    (void)state;
    fore_dictionary *d = fore_dictionary_new();
    assert_int_equal(fore_dictionary_add(d, "", 0), 0);
    assert_int_equal(fore_dictionary_add(d, "a\0b", 3), 1);
    assert_int_equal(fore_dictionary_add(d, "a\0c", 3), 2);
    assert_int_equal(fore_dictionary_add(d, "a", 1), 3);
    assert_int_equal(fore_dictionary_find(d, "", 0), 0);
    assert_int_equal(fore_dictionary_find(d, "a\0c", 3), 2);
    assert_int_equal(fore_dictionary_find(d, "a\0d", 3), -1);
    fore_dictionary_free(d);
}

static void dictionary__no_memory__says_so_and_leaks_nothing(void **state)
{
    (void)state;
    int64_t live = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_dictionary *d = fore_dictionary_new();
        bool failed = d == NULL;
        for (int i = 0; d && i < 200 && !failed; i++) {
            char text[16];
            int n = snprintf(text, sizeof text, "%d", i);
            int64_t at = fore_dictionary_add(d, text, n);
            failed = at < 0;
            assert_int_equal(fore_dictionary_count(d), failed ? i : i + 1);
        }
        fore_memory_fail_at(0);
        fore_dictionary_free(d);
        assert_int_equal(fore_memory_live(), live);
        if (!failed) break;
        assert_true(k < 100);
    }
}

/* --- numbers --- */

static void number_format__shortest__table(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1e300, "1e+300"},
                 {-2.5, "-2.5"},
                 {0.0, "0"},
                 {123456789012.0, "123456789012"},
                 {1.0 / 3.0, "0.3333333333333333"},
                 {5e-324, "5e-324"},
                 {INFINITY, "Infinity"},
                 {-INFINITY, "-Infinity"},
                 {DBL_MAX, "1.7976931348623157e+308"},
                 {0.1 + 0.2, "0.30000000000000004"}};
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_number_format(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    fore_number_format(NAN, text);
    assert_string_equal(text, "NaN");
}

static void number__random_doubles__survive_the_round_trip(void **state)
{
    (void)state;
    fore_random r = fore_random_new(7, 1);
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = fore_random_u64(&r);
        double x, y;
        if (i % 2)
            x = (fore_random_uniform(&r) - 0.5) * pow(10.0, (double)(int)(bits % 40) - 20.0);
        else
            memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) continue;
        char text[32];
        fore_number_format(x, text);
        assert_true(fore_number_parse(text, (int64_t)strlen(text), &y));
        if (memcmp(&x, &y, sizeof x) != 0) fail_msg("%a became %a by %s", x, y, text);
    }
}

/* The fast path against strtod, on decimals of all lengths. */
static void number_parse__decimals__as_strtod(void **state)
{
    (void)state;
    fore_random r = fore_random_new(8, 1);
    for (int i = 0; i < 200000; i++) {
        char text[80];
        int n = 0, whole = (int)fore_random_below(&r, 20), part = (int)fore_random_below(&r, 26);
        if (fore_random_below(&r, 2)) text[n++] = '-';
        for (int k = 0; k < whole; k++) text[n++] = (char)('0' + fore_random_below(&r, 10));
        if (part) text[n++] = '.';
        for (int k = 0; k < part; k++) text[n++] = (char)('0' + fore_random_below(&r, 10));
        text[n] = 0;
        double got = 0;
        bool ok = fore_number_parse(text, n, &got);
        assert_int_equal(ok, whole + part > 0);
        if (ok && got != strtod(text, NULL)) fail_msg("%s gave %a", text, got);
    }
}

static void number_parse__accepts_and_rejects__table(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0",     "-0", "+5", "1.", ".5", "1e5", "1E-3", "007", "123456789012345678901234567890",
        "1e-400"};
    static const char *const bad[] = {"",      "-",    ".",     "+",        "e5",    "1e",  "1e+",
                                      "1 ",    " 1",   "1,5",   "0x10",     "nan",   "inf", "--1",
                                      "1.2.3", "1e5x", "1e999", "Infinity", "1_000", "٣"};
    double x;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!fore_number_parse(good[i], (int64_t)strlen(good[i]), &x))
            fail_msg("'%s' was refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (fore_number_parse(bad[i], (int64_t)strlen(bad[i]), &x))
            fail_msg("'%s' was taken", bad[i]);
    assert_false(fore_number_parse("1e5\0", 4, &x));
    assert_true(fore_number_parse("12345", 3, &x)); /* only so many bytes are read */
    assert_float_equal(x, 123.0, 0.0);
}

static void numbers__host_with_decimal_commas__stay_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE",
                                        "fr_FR"};
    bool found = false;
    for (size_t i = 0; i < 5 && !found; i++) found = setlocale(LC_NUMERIC, names[i]) != NULL;
    char text[48];
    double x = 0;
    fore_number_format(2.5, text);
    bool parsed = fore_number_parse("1.23456789012345678", 19, &x);
    char people[48];
    fore_number_people(1234.5, 1, people, sizeof people);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, "2.5");
    assert_true(parsed);
    assert_true(x == 1.23456789012345678);
    assert_string_equal(people, "1,234.5");
    if (!found) print_message("no locale with decimal commas here: checked in C only\n");
}

static void number_people__table(void **state)
{
    (void)state;
    static const struct {
        double value;
        int decimals;
        const char *text;
    } cases[] = {{1234567.8, 0, "1,234,568"},
                 {0, 0, "0"},
                 {999, 0, "999"},
                 {1000, 0, "1,000"},
                 {-1234.5, 2, "-1,234.50"},
                 {-0.001, 1, "0.0"},
                 {0.05, 2, "0.05"},
                 {1e15, 0, "1,000,000,000,000,000"},
                 {NAN, 0, "-"},
                 {INFINITY, 0, "inf"},
                 {-INFINITY, 0, "-inf"}};
    char text[48];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fore_number_people(cases[i].value, cases[i].decimals, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
    fore_number_people(1e300, 0, text,
                       sizeof text); /* longer than the buffer: cut, never past the end */
    assert_true(strlen(text) < sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__appends__stay_terminated),
        cmocka_unit_test(text__no_memory__is_remembered_and_harmless),
        cmocka_unit_test(utf8_invalid__table),
        cmocka_unit_test(utf8_invalid__every_code_point__is_valid_and_no_other_pair),
        cmocka_unit_test(from_latin1__windows_1252__becomes_utf8),
        cmocka_unit_test(width__indian_scripts__vowel_signs_take_no_column),
        cmocka_unit_test(width__indic_blocks__as_wcwidth),
        cmocka_unit_test(fit__never_cuts_a_character),
        cmocka_unit_test(fold_and_normalise__column_names),
        cmocka_unit_test(hash__zero_seed__is_fnv1a_folded),
        cmocka_unit_test(fingerprint__any_change__changes_it),
        cmocka_unit_test(dictionary__many_entries__keep_their_numbers),
        cmocka_unit_test(dictionary__empty_text_and_nul_bytes__are_entries_of_their_own),
        cmocka_unit_test(dictionary__no_memory__says_so_and_leaks_nothing),
        cmocka_unit_test(number_format__shortest__table),
        cmocka_unit_test(number__random_doubles__survive_the_round_trip),
        cmocka_unit_test(number_parse__decimals__as_strtod),
        cmocka_unit_test(number_parse__accepts_and_rejects__table),
        cmocka_unit_test(numbers__host_with_decimal_commas__stay_the_same),
        cmocka_unit_test(number_people__table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
