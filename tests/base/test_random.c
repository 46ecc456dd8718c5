/* Philox against the published vectors; the samplers against their moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "engine/base/random.h"

/* Random123's known answers for philox4x32 with ten rounds. */
static void philox__known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        fore_philox(cases[i].counter, cases[i].key, out);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

static void random__first_block__is_philox_of_stream_and_seed(void **state)
{
    (void)state;
    fore_random r = fore_random_new(0, 0);
    assert_int_equal(fore_random_u32(&r), 0x6627e8d5);
    assert_int_equal(fore_random_u32(&r), 0xe169c58d);
    assert_true(fore_random_u64(&r) == UINT64_C(0xbc57ac4c9b00dbd8));
    uint32_t counter[4] = {1, 0, 0x9abcdef0, 0x12345678}, key[2] = {0x55667788, 0x11223344}, out[4];
    fore_philox(counter, key, out);
    r = fore_random_new(UINT64_C(0x1122334455667788), UINT64_C(0x123456789abcdef0));
    for (int i = 0; i < 4; i++) fore_random_u32(&r);
    assert_int_equal(fore_random_u32(&r), out[0]);
}

static void random__copies_agree_and_streams_differ(void **state)
{
    (void)state;
    fore_random a = fore_random_new(1, 1);
    fore_random_u32(&a);
    fore_random b = a, c = fore_random_new(1, 2), d = fore_random_new(2, 1);
    int same_stream = 0, same_seed = 0;
    for (int i = 0; i < 1000; i++) {
        uint32_t x = fore_random_u32(&a);
        assert_int_equal(x, fore_random_u32(&b));
        same_stream += x == fore_random_u32(&c);
        same_seed += x == fore_random_u32(&d);
    }
    assert_true(same_stream < 3);
    assert_true(same_seed < 3);
}

static void random__counter__carries_into_the_second_word(void **state)
{
    (void)state;
    fore_random r = fore_random_new(5, 6);
    r.counter[0] = UINT32_MAX;
    for (int i = 0; i < 5; i++) fore_random_u32(&r);
    assert_int_equal(r.counter[0], 1);
    assert_int_equal(r.counter[1], 1);
}

static void uniform__extreme_bits__stay_inside(void **state)
{
    (void)state;
    fore_random r = {.block = {UINT32_MAX, UINT32_MAX, 0, 0}, .used = 0};
    double high = fore_random_uniform(&r), low = fore_random_uniform(&r);
    assert_true(high < 1.0);
    assert_true(high > 1.0 - 1e-15);
    assert_true(low > 0.0);
    assert_true(low < 1e-15);
}

static void below__small_ranges__are_even(void **state)
{
    (void)state;
    fore_random r = fore_random_new(4, 4);
    int64_t count[7] = {0};
    for (int i = 0; i < 70000; i++) count[fore_random_below(&r, 7)]++;
    double chi2 = 0;
    for (int k = 0; k < 7; k++) chi2 += (count[k] - 1e4) * (count[k] - 1e4) / 1e4;
    assert_true(chi2 < 27.9); /* 0.9999 quantile at 6 degrees of freedom */
    for (int i = 0; i < 100; i++) assert_int_equal(fore_random_below(&r, 1), 0);
    for (int i = 0; i < 1000; i++) {
        int64_t x = fore_random_below(&r, INT64_MAX);
        assert_true(x >= 0 && x < INT64_MAX);
    }
}

/* --- moments: five standard errors of the mean, and of the variance by the fourth moment --- */

enum { DRAWS = 200000 };

typedef struct law {
    const char *name;
    double (*draw)(fore_random *r);
    double mean, variance, excess; /* kurtosis - 3 */
} law;

static double draw_uniform(fore_random *r) { return fore_random_uniform(r); }
static double draw_normal(fore_random *r) { return fore_random_normal(r); }
static double draw_exponential(fore_random *r) { return fore_random_exponential(r); }
static double draw_gamma_small(fore_random *r) { return fore_random_gamma(r, 0.4); }
static double draw_gamma(fore_random *r) { return fore_random_gamma(r, 7.5); }
static double draw_beta(fore_random *r) { return fore_random_beta(r, 2.0, 3.0); }
static double draw_poisson_small(fore_random *r) { return (double)fore_random_poisson(r, 0.7); }
static double draw_poisson(fore_random *r) { return (double)fore_random_poisson(r, 90.0); }
static double draw_binomial(fore_random *r) { return (double)fore_random_binomial(r, 20, 0.3); }
static double draw_binomial_large(fore_random *r)
{
    return (double)fore_random_binomial(r, 5000, 0.02);
}

static void samplers__moments(void **state)
{
    (void)state;
    static const law laws[] = {
        {"uniform", draw_uniform, 0.5, 1.0 / 12.0, -1.2},
        {"normal", draw_normal, 0.0, 1.0, 0.0},
        {"exponential", draw_exponential, 1.0, 1.0, 6.0},
        {"gamma(.4)", draw_gamma_small, 0.4, 0.4, 15.0},
        {"gamma(7.5)", draw_gamma, 7.5, 7.5, 0.8},
        {"beta(2,3)", draw_beta, 0.4, 0.04, -0.642857},
        {"poisson(.7)", draw_poisson_small, 0.7, 0.7, 1.0 / 0.7},
        {"poisson(90)", draw_poisson, 90.0, 90.0, 1.0 / 90.0},
        {"binomial(20,.3)", draw_binomial, 6.0, 4.2, -0.061905},
        {"binomial(5000,.02)", draw_binomial_large, 100.0, 98.0, 0.009},
    };
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
        fore_random r = fore_random_new(11, k);
        double mean = 0, square = 0;
        for (int i = 0; i < DRAWS; i++) {
            double x = laws[k].draw(&r) - laws[k].mean;
            mean += x / DRAWS;
            square += x * x / DRAWS;
        }
        double mean_error = sqrt(laws[k].variance / DRAWS), variance = square - mean * mean;
        double variance_error = laws[k].variance * sqrt((laws[k].excess + 2.0) / DRAWS);
        if (fabs(mean) > 5 * mean_error) fail_msg("%s: mean off by %g", laws[k].name, mean);
        if (fabs(variance - laws[k].variance) > 5 * variance_error)
            fail_msg("%s: variance %g", laws[k].name, variance);
    }
}

static void normal__tails__have_their_share(void **state)
{
    (void)state;
    fore_random r = fore_random_new(12, 0);
    int beyond_2 = 0, beyond_3 = 0;
    for (int i = 0; i < DRAWS; i++) {
        double x = fabs(fore_random_normal(&r));
        beyond_2 += x > 2.0;
        beyond_3 += x > 3.0;
    }
    assert_true(fabs(beyond_2 - 0.0455003 * DRAWS) < 5 * sqrt(0.0455 * DRAWS));
    assert_true(fabs(beyond_3 - 0.0026998 * DRAWS) < 5 * sqrt(0.0027 * DRAWS));
}

static void poisson_and_binomial__edges(void **state)
{
    (void)state;
    fore_random r = fore_random_new(13, 0);
    assert_int_equal(fore_random_poisson(&r, 0.0), 0);
    assert_int_equal(fore_random_poisson(&r, -1.0), 0);
    assert_int_equal(fore_random_poisson(&r, NAN), 0);
    double large = (double)fore_random_poisson(&r, 1e12);
    assert_true(fabs(large - 1e12) < 6e6);
    assert_int_equal(fore_random_binomial(&r, 0, 0.5), 0);
    assert_int_equal(fore_random_binomial(&r, -3, 0.5), 0);
    assert_int_equal(fore_random_binomial(&r, 9, 0.0), 0);
    assert_int_equal(fore_random_binomial(&r, 9, NAN), 0);
    assert_int_equal(fore_random_binomial(&r, 9, 1.0), 9);
    for (int i = 0; i < 2000; i++) {
        int64_t x = fore_random_binomial(&r, 100, 0.99);
        assert_true(x >= 0 && x <= 100);
    }
}

static void shuffle__is_a_permutation_and_even(void **state)
{
    (void)state;
    fore_random r = fore_random_new(14, 0);
    int64_t where[4] = {0};
    for (int round = 0; round < 24000; round++) {
        int64_t items[4] = {0, 1, 2, 3}, sum = 0;
        fore_random_shuffle(&r, items, 4);
        for (int i = 0; i < 4; i++) {
            sum += INT64_C(1) << items[i];
            if (items[i] == 0) where[i]++;
        }
        assert_int_equal(sum, 15);
    }
    for (int i = 0; i < 4; i++) assert_true(fabs((double)where[i] - 6000.0) < 5 * sqrt(6000.0));
    int64_t one = 5;
    fore_random_shuffle(&r, &one, 1);
    fore_random_shuffle(&r, NULL, 0);
    assert_int_equal(one, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox__known_answers),
        cmocka_unit_test(random__first_block__is_philox_of_stream_and_seed),
        cmocka_unit_test(random__copies_agree_and_streams_differ),
        cmocka_unit_test(random__counter__carries_into_the_second_word),
        cmocka_unit_test(uniform__extreme_bits__stay_inside),
        cmocka_unit_test(below__small_ranges__are_even),
        cmocka_unit_test(samplers__moments),
        cmocka_unit_test(normal__tails__have_their_share),
        cmocka_unit_test(poisson_and_binomial__edges),
        cmocka_unit_test(shuffle__is_a_permutation_and_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
