/* JSON out and in, and the reader of flat objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"

static fore_json *parse(const char *text)
{
    fore_json *document = NULL;
    fore_error err = {0};
    if (fore_json_parse(text, (int64_t)strlen(text), &document, &err) != FORE_OK)
        fail_msg("%s: %s", text, err.message);
    return document;
}

static void writer__all_forms__exact_text(void **state)
{
    (void)state;
    fore_text out = {0};
    fore_json_writer w = fore_json_to(&out);
    double numbers[] = {1.5, NAN, -INFINITY, 0.1};
    int64_t integers[] = {-1, INT64_MAX};
    fore_json_object(&w, NULL);
    fore_json_string(&w, "a", "q\"b\\s\n\r\t\x01");
    fore_json_string(&w, "none", NULL);
    fore_json_string_n(&w, "cut", "abcdef", 3);
    fore_json_number(&w, "x", 0.5);
    fore_json_number(&w, "nan", NAN);
    fore_json_integer(&w, "i", INT64_MIN);
    fore_json_bool(&w, "yes", true);
    fore_json_bool(&w, "no", false);
    fore_json_null(&w, "null");
    fore_json_numbers(&w, "numbers", numbers, 4);
    fore_json_integers(&w, "integers", integers, 2);
    fore_json_numbers(&w, "empty", NULL, 0);
    fore_json_array(&w, "list");
    fore_json_object(&w, NULL);
    fore_json_end_object(&w);
    fore_json_integer(&w, NULL, 7);
    fore_json_end_array(&w);
    fore_json_raw(&w, "raw", "{\"k\":[]}");
    fore_json_string(&w, "ఆ", "नमस्ते");
    fore_json_end_object(&w);
    assert_string_equal(
        out.bytes,
        "{\"a\":\"q\\\"b\\\\s\\n\\r\\t\\u0001\",\"none\":null,\"cut\":\"abc\",\"x\":0.5,\"nan\":null,"
        "\"i\":-9223372036854775808,\"yes\":true,\"no\":false,\"null\":null,"
        "\"numbers\":[1.5,null,null,0.1],\"integers\":[-1,9223372036854775807],\"empty\":[],"
        "\"list\":[{},7],\"raw\":{\"k\":[]},\"ఆ\":\"नमस्ते\"}");
    fore_json_free(parse(out.bytes));
    fore_text_free(&out);
}

static void writer__too_deep__is_a_failure_not_a_crash(void **state)
{
    (void)state;
    fore_text out = {0};
    fore_json_writer w = fore_json_to(&out);
    for (int i = 0; i < 63; i++) fore_json_array(&w, NULL);
    assert_int_equal(fore_text_check(&out, NULL), FORE_OK);
    for (int i = 0; i < 200; i++) fore_json_array(&w, NULL);
    assert_int_not_equal(fore_text_check(&out, NULL), FORE_OK);
    for (int i = 0; i < 300; i++) fore_json_end_array(&w);
    fore_text_free(&out);
}

static void round_trip__random_numbers_and_texts(void **state)
{
    (void)state;
    fore_random r = fore_random_new(21, 0);
    enum { MANY = 2000 };
    double x[MANY], y[MANY];
    char text[MANY][12];
    fore_text out = {0};
    fore_json_writer w = fore_json_to(&out);
    fore_json_object(&w, NULL);
    for (int i = 0; i < MANY; i++) {
        x[i] = i % 50 == 0
                   ? NAN
                   : fore_random_normal(&r) * pow(10, (double)fore_random_below(&r, 60) - 30);
        int n = (int)fore_random_below(&r, 11);
        for (int k = 0; k < n; k++) text[i][k] = (char)(1 + fore_random_below(&r, 127));
        text[i][n] = 0;
    }
    fore_json_numbers(&w, "x", x, MANY);
    fore_json_array(&w, "text");
    for (int i = 0; i < MANY; i++) fore_json_string(&w, NULL, text[i]);
    fore_json_end_array(&w);
    fore_json_end_object(&w);
    fore_json *document = parse(out.bytes);
    const fore_json_node *root = fore_json_root(document);
    assert_true(fore_json_get_numbers(root, "x", y, MANY));
    assert_false(fore_json_get_numbers(root, "x", y, MANY - 1));
    for (int i = 0; i < MANY; i++) {
        if (isnan(x[i]))
            assert_true(isnan(y[i]));
        else
            assert_true(x[i] == y[i]);
        assert_string_equal(fore_json_as_string(fore_json_at(fore_json_get(root, "text"), i)),
                            text[i]);
    }
    assert_null(fore_json_at(fore_json_get(root, "text"), MANY));
    assert_null(fore_json_at(fore_json_get(root, "text"), -1));
    fore_json_free(document);
    fore_text_free(&out);
}

static void count_member(void *context, const char *key, const fore_json_node *node)
{
    char *keys = context;
    (void)node;
    strcat(keys, key);
}

static void reader__typed_access__only_what_is_there(void **state)
{
    (void)state;
    fore_json *document = parse(
        "{\"z\":1,\"a\":2.5,\"t\":true,\"s\":\"x\",\"n\":null,\"l\":[1,\"two\"],\"o\":{\"k\":1}}");
    const fore_json_node *root = fore_json_root(document);
    double x = -1;
    int64_t i = -1;
    bool b = false;
    assert_true(fore_json_get_number(root, "z", &x));
    assert_float_equal(x, 1, 0);
    assert_true(fore_json_get_integer(root, "z", &i));
    assert_int_equal(i, 1);
    assert_true(fore_json_get_bool(root, "t", &b));
    assert_true(b);
    assert_string_equal(fore_json_get_string(root, "s"), "x");
    x = -1, i = -1;
    assert_false(fore_json_get_integer(root, "a", &i));
    assert_false(fore_json_get_number(root, "s", &x));
    assert_false(fore_json_get_number(root, "none", &x));
    assert_false(fore_json_get_bool(root, "z", &b));
    assert_false(fore_json_get_numbers(root, "l", &x, 2));
    assert_false(fore_json_get_numbers(root, "s", &x, 1));
    assert_null(fore_json_get_string(root, "z"));
    assert_null(fore_json_get(root, "n"));
    assert_null(fore_json_get(root, "none"));
    assert_int_equal(i, -1);
    assert_int_equal(fore_json_length(root), 7);
    assert_int_equal(fore_json_length(fore_json_get(root, "l")), 2);
    assert_int_equal(fore_json_length(fore_json_get(root, "s")), 0);
    char keys[32] = "";
    fore_json_each(root, count_member, keys);
    assert_string_equal(keys, "zatsnlo"); /* document order */
    fore_json_free(document);
}

static void reader__absent_node__is_harmless(void **state)
{
    (void)state;
    double x;
    assert_null(fore_json_root(NULL));
    assert_null(fore_json_get(NULL, "a"));
    assert_null(fore_json_at(NULL, 0));
    assert_int_equal(fore_json_length(NULL), 0);
    assert_false(fore_json_get_number(NULL, "a", &x));
    assert_null(fore_json_get_string(NULL, "a"));
    assert_false(fore_json_get_numbers(NULL, "a", &x, 1));
    fore_json_each(NULL, count_member, NULL);
    fore_json_free(NULL);
}

static void parse__bad_input__names_line_and_leaks_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      " ",
                                      "{",
                                      "[1,",
                                      "[1 2]",
                                      "{\"a\":1,}",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "'x'",
                                      "tru",
                                      "[1]x",
                                      "\"abc",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\\ud800\"",
                                      "\"\x01\"",
                                      "\"\xFF\"",
                                      "[1e999]",
                                      "[01]",
                                      "[.5]",
                                      "[NaN]",
                                      "{\"a\":1,\"a\":2}",
                                      "[123456789012345678901234567890]"};
    int64_t live = fore_memory_live();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fore_json *document = (fore_json *)&document;
        fore_error err = {0};
        if (fore_json_parse(bad[i], (int64_t)strlen(bad[i]), &document, &err) != FORE_E_FORMAT)
            fail_msg("taken: %s", bad[i]);
        assert_null(document);
        assert_non_null(strstr(err.message, "JSON"));
        assert_true(err.line >= 1 || strlen(bad[i]) < 2);
    }
    assert_int_equal(fore_memory_live(), live);
    fore_error err = {0};
    fore_json *document;
    assert_int_equal(fore_json_parse("{\n\n\"a\": x}", 10, &document, &err), FORE_E_FORMAT);
    assert_int_equal(err.line, 3);
}

static void parse__absurd_nesting__is_an_error(void **state)
{
    (void)state;
    enum { DEEP = 1000000 };
    char *text = fore_alloc(DEEP, 1);
    memset(text, '[', DEEP);
    fore_json *document;
    assert_int_equal(fore_json_parse(text, DEEP, &document, NULL), FORE_E_FORMAT);
    fore_free(text);
}

static void parse__no_memory__is_said(void **state)
{
    (void)state;
    fore_json *document;
    fore_memory_fail_at(1);
    assert_int_equal(fore_json_parse("[1]", 3, &document, NULL), FORE_E_MEMORY);
    fore_memory_fail_at(0);
    assert_null(document);
}

/* --- flat objects --- */

static void flat__written_by_us__comes_back(void **state)
{
    (void)state;
    fore_random r = fore_random_new(22, 0);
    fore_text out = {0}, scratch = {0};
    for (int round = 0; round < 500; round++) {
        char key[20][16], value[20][40];
        int n = (int)fore_random_below(&r, 20);
        fore_text_clear(&out);
        fore_json_writer w = fore_json_to(&out);
        fore_json_object(&w, NULL);
        for (int i = 0; i < n; i++) {
            snprintf(key[i], sizeof key[i], "k\"%d\n", i);
            int m = (int)fore_random_below(&r, 39);
            for (int k = 0; k < m; k++) value[i][k] = (char)(1 + fore_random_below(&r, 127));
            value[i][m] = 0;
            if (i % 5 == 0) strcpy(value[i], "తెలుగు {\"},:");
            fore_json_string(&w, key[i], value[i]);
        }
        fore_json_end_object(&w);
        int64_t position = 0;
        const char *k, *v;
        for (int i = 0; i < n; i++) {
            assert_true(fore_json_flat_next(out.bytes, out.length, &position, &scratch, &k, &v));
            assert_string_equal(k, key[i]);
            assert_string_equal(v, value[i]);
        }
        assert_false(fore_json_flat_next(out.bytes, out.length, &position, &scratch, &k, &v));
    }
    fore_text_free(&out);
    fore_text_free(&scratch);
}

static void flat__escapes__are_undone(void **state)
{
    (void)state;
    const char *json =
        "{ \"a\" : \"\\u00e9\\u0c24\\ud83d\\ude00\", \"b\":\"\\b\\f\\/\\n\\t\\r\\\\\\\"\",\"c\":\"\\ud800x\\udc00\"}";
    fore_text scratch = {0};
    const char *key, *value;
    int64_t position = 0, length = (int64_t)strlen(json);
    assert_true(fore_json_flat_next(json, length, &position, &scratch, &key, &value));
    assert_string_equal(key, "a");
    assert_string_equal(value, "éత\xF0\x9F\x98\x80");
    assert_true(fore_json_flat_next(json, length, &position, &scratch, &key, &value));
    assert_string_equal(value, "\b\f/\n\t\r\\\"");
    assert_true(fore_json_flat_next(json, length, &position, &scratch, &key, &value));
    assert_string_equal(value, "\xEF\xBF\xBDx\xEF\xBF\xBD"); /* halves of a pair become U+FFFD */
    assert_false(fore_json_flat_next(json, length, &position, &scratch, &key, &value));
    fore_text_free(&scratch);
}

/* Every prefix, and every prefix with a byte changed: it ends, and stays inside. */
static void flat__cut_or_damaged__ends(void **state)
{
    (void)state;
    const char *json = "{\"City\":\"Pune\",\"x\":\"a\\u00e9\\n\",\"\":\"\"}";
    int64_t length = (int64_t)strlen(json);
    fore_text scratch = {0};
    for (int64_t cut = 0; cut < length; cut++)
        for (int change = 0; change < 3; change++) {
            char *copy =
                fore_alloc(cut, 1); /* exactly as long: a checker sees the first byte too far */
            memcpy(copy, json, (size_t)cut);
            if (change && cut) copy[cut - 1] = change == 1 ? '\\' : 'u';
            const char *key, *value;
            int64_t position = 0, steps = 0;
            while (fore_json_flat_next(copy, cut, &position, &scratch, &key, &value))
                assert_true(++steps <= 3);
            fore_free(copy);
        }
    const char *key, *value;
    int64_t position = 0;
    assert_false(fore_json_flat_next("{\"a\":\"\\u00zz\"}", 14, &position, &scratch, &key, &value));
    fore_text_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer__all_forms__exact_text),
        cmocka_unit_test(writer__too_deep__is_a_failure_not_a_crash),
        cmocka_unit_test(round_trip__random_numbers_and_texts),
        cmocka_unit_test(reader__typed_access__only_what_is_there),
        cmocka_unit_test(reader__absent_node__is_harmless),
        cmocka_unit_test(parse__bad_input__names_line_and_leaks_nothing),
        cmocka_unit_test(parse__absurd_nesting__is_an_error),
        cmocka_unit_test(parse__no_memory__is_said),
        cmocka_unit_test(flat__written_by_us__comes_back),
        cmocka_unit_test(flat__escapes__are_undone),
        cmocka_unit_test(flat__cut_or_damaged__ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
