/* reconcile.h against R (hts' numbers for ldeaths), and against the other form of the same
 * estimator: S (S' W^-1 S)^-1 S' W^-1 f. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "models/series/reconcile.h"
#include "tests/series/ref_reconcile.h"

enum { MOST = 12 };

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance)) fail_msg("got %.10g, want %.10g", got, want);
}

/* ---- the published case ---- */

static const int64_t two_start[] = {0, 2}, two_member[] = {0, 1};
static const fore_hierarchy two = {1, 2, two_start, two_member};

static void deaths(fore_reconcile_method method, double *out, fore_reconcile_info *info)
{
    const double base[9] = {1915, 2263, 821, 1915, 1846, 766, 1915, 1787, 787};
    double residual[3 * 60], mine[9];
    for (int k = 0; k < 3; k++) {
        mine[3 * k] = base[3 * k];
        mine[3 * k + 1] = ref_males[60 + k];
        mine[3 * k + 2] = ref_females[60 + k];
    }
    for (int t = 0; t < 60; t++) {
        int now = t + 12;
        residual[t] = ref_males[now] + ref_females[now] - ref_males[now - 1] - ref_females[now - 1];
        residual[60 + t] = ref_males[now] - ref_males[now - 12];
        residual[120 + t] = ref_females[now] - ref_females[now - 12];
    }
    assert_int_equal(fore_reconcile(NULL, &two, method, mine, 3, residual, 60, NULL, false, out,
                                    NULL, info, NULL),
                     FORE_OK);
}

static void totals(fore_reconcile_method method, double a, double b, double c)
{
    double out[9];
    deaths(method, out, NULL);
    near(out[0], a, 1e-5);
    near(out[3], b, 1e-5);
    near(out[6], c, 1e-5);
}

/* (2338.60400: what R's hts and the dense form give; 2338.60396 is printed elsewhere.) */
static void reconcile__deaths__published_totals(void **state)
{
    (void)state;
    double out[9];
    fore_reconcile_info info;
    totals(FORE_RECONCILE_OLS, 2304.66667, 2145, 2134.33333);
    totals(FORE_RECONCILE_STRUCTURE, 2499.5, 2260, 2244);
    totals(FORE_RECONCILE_VARIANCE, 2723.33383, 2392.11749, 2369.99030);
    totals(FORE_RECONCILE_MINT, 2667.57306, 2359.20480, 2338.60400);
    deaths(FORE_RECONCILE_MINT, out, &info);
    near(info.lambda, 0.20055817, 1e-8);
    near(out[1], 1954.24916, 1e-5);
    near(out[2], 713.32391, 1e-5);
}

/* ---- the other form ---- */

/* Gauss-Jordan with pivots: a (n x n) becomes its inverse. */
static void invert(double *a, int n)
{
    double b[MOST * MOST] = {0};
    for (int i = 0; i < n; i++) b[i + i * n] = 1;
    for (int c = 0; c < n; c++) {
        int best = c;
        for (int i = c; i < n; i++)
            if (fabs(a[i + c * n]) > fabs(a[best + c * n])) best = i;
        for (int j = 0; j < n; j++) {
            double x = a[c + j * n], y = b[c + j * n];
            a[c + j * n] = a[best + j * n], a[best + j * n] = x;
            b[c + j * n] = b[best + j * n], b[best + j * n] = y;
        }
        double pivot = a[c + c * n];
        for (int j = 0; j < n; j++) a[c + j * n] /= pivot, b[c + j * n] /= pivot;
        for (int i = 0; i < n; i++) {
            double f = i == c ? 0 : a[i + c * n];
            for (int j = 0; j < n; j++)
                a[i + j * n] -= f * a[c + j * n], b[i + j * n] -= f * b[c + j * n];
        }
    }
    memcpy(a, b, (size_t)(n * n) * sizeof *a);
}

/* out = S (S' V S)^-1 S' V f with V = W^-1; share: its variances under W over those of W. */
static void plain(const fore_hierarchy *h, const double *w, const double *f, double *out,
                  double *share)
{
    int a = (int)h->aggregates, b = (int)h->bottoms, n = a + b;
    double s[MOST * MOST] = {0}, v[MOST * MOST], sv[MOST * MOST] = {0}, m[MOST * MOST] = {0};
    for (int i = 0; i < a; i++)
        for (int64_t j = h->start[i]; j < h->start[i + 1]; j++) s[i + h->member[j] * n] = 1;
    for (int j = 0; j < b; j++) s[a + j + j * n] = 1;
    memcpy(v, w, (size_t)(n * n) * sizeof *v);
    invert(v, n);
    for (int i = 0; i < b; i++)
        for (int j = 0; j < n; j++)
            for (int k = 0; k < n; k++) sv[i + j * b] += s[k + i * n] * v[k + j * n];
    for (int i = 0; i < b; i++)
        for (int j = 0; j < b; j++)
            for (int k = 0; k < n; k++) m[i + j * b] += sv[i + k * b] * s[k + j * n];
    invert(m, b);
    for (int i = 0; i < n; i++) {
        double variance = 0;
        out[i] = 0;
        for (int j = 0; j < b; j++) {
            double right = 0;
            for (int k = 0; k < n; k++) right += sv[j + k * b] * f[k];
            for (int l = 0; l < b; l++) {
                out[i] += s[i + l * n] * m[l + j * b] * right;
                variance += s[i + l * n] * m[l + j * b] * s[i + j * n];
            }
        }
        share[i] = variance / w[i + i * n];
    }
}

static void weights(const fore_hierarchy *h, fore_reconcile_method method, const double *residual,
                    int T, double lambda, double *w)
{
    int a = (int)h->aggregates, n = a + (int)h->bottoms;
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            double cross = 0;
            for (int t = 0; t < T; t++) cross += residual[t + i * T] * residual[t + j * T] / T;
            double same = i != j                         ? 0
                          : method == FORE_RECONCILE_OLS ? 1
                          : method == FORE_RECONCILE_STRUCTURE
                              ? i < a ? (double)(h->start[i + 1] - h->start[i]) : 1
                              : cross;
            w[i + j * n] =
                method == FORE_RECONCILE_MINT ? lambda * same + (1 - lambda) * cross : same;
        }
    }
}

static void compare(const fore_hierarchy *h, uint64_t seed, bool tree)
{
    enum { T = 25 };
    int n = (int)(h->aggregates + h->bottoms);
    double base[MOST], residual[MOST * T], w[MOST * MOST], want[MOST], share[MOST], out[MOST],
        got[MOST];
    fore_random random = fore_random_new(seed, 1);
    for (int i = 0; i < n; i++) base[i] = 10 + 5 * fore_random_normal(&random);
    for (int t = 0; t < T; t++) {
        double common = fore_random_normal(&random);
        for (int i = 0; i < n; i++)
            residual[t + i * T] = 8 * common + fore_random_normal(&random) * (1 + i);
    }
    for (int method = FORE_RECONCILE_OLS; method <= FORE_RECONCILE_MINT; method++) {
        fore_reconcile_info info;
        assert_int_equal(fore_reconcile(NULL, h, (fore_reconcile_method)method, base, 1, residual,
                                        T, NULL, false, out, got, &info, NULL),
                         FORE_OK);
        assert_int_equal(info.two_passes, tree);
        if (method == FORE_RECONCILE_MINT) assert_true(info.lambda > 0 && info.lambda < 1);
        weights(h, (fore_reconcile_method)method, residual, T, info.lambda, w);
        plain(h, w, base, want, share);
        for (int i = 0; i < n; i++) {
            near(out[i], want[i], 1e-8);
            near(got[i], share[i], 1e-8);
        }
    }
}

static const int64_t tree_start[] = {0, 5, 7, 10}, tree_member[] = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
static const fore_hierarchy tree = {3, 5, tree_start, tree_member};
static const int64_t crossed_start[] = {0, 4, 6, 8, 10, 12};
static const int64_t crossed_member[] = {0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 1, 3};
static const fore_hierarchy crossed = {5, 4, crossed_start, crossed_member};

static void reconcile__tree_and_crossed__the_generalised_least_squares_form(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        compare(&tree, seed, true);
        compare(&crossed, seed, false);
    }
}

static void reconcile__coherent_forecasts__unchanged(void **state)
{
    (void)state;
    double base[8] = {15, 3, 12, 1, 2, 3, 4, 5}, out[8];
    fore_reconcile(NULL, &tree, FORE_RECONCILE_OLS, base, 1, NULL, 0, NULL, false, out, NULL, NULL,
                   NULL);
    for (int i = 0; i < 8; i++) near(out[i], base[i], 1e-12);
}

static void reconcile__non_negative__the_best_point_with_no_bottom_below_zero(void **state)
{
    (void)state;
    const double base[8] = {6, 4, 6, -5, 2, 3, 0.5, 1};
    double out[8], best = 0;
    fore_reconcile_info info;
    assert_int_equal(fore_reconcile(NULL, &tree, FORE_RECONCILE_OLS, base, 1, NULL, 0, NULL, true,
                                    out, NULL, &info, NULL),
                     FORE_OK);
    assert_true(info.held >= 1);
    for (int i = 0; i < 8; i++) best += (out[i] - base[i]) * (out[i] - base[i]);
    for (int i = 3; i < 8; i++) assert_true(out[i] >= 0);
    near(out[0], out[3] + out[4] + out[5] + out[6] + out[7], 1e-12);
    fore_random random = fore_random_new(5, 1);
    for (int trial = 0; trial < 2000; trial++) { /* nothing near by is better */
        double x[8], worse = 0;
        for (int i = 3; i < 8; i++) x[i] = fmax(0, out[i] + 0.1 * fore_random_normal(&random));
        x[1] = x[3] + x[4], x[2] = x[5] + x[6] + x[7], x[0] = x[1] + x[2];
        for (int i = 0; i < 8; i++) worse += (x[i] - base[i]) * (x[i] - base[i]);
        assert_true(worse >= best - 1e-9);
    }
}

/* The best of all choices of bottom series at 0, each solved in the other form. */
static void best_of_all(const fore_hierarchy *h, const double *w, const double *f, double *best)
{
    int a = (int)h->aggregates, b = (int)h->bottoms, n = a + b;
    double v[MOST * MOST], least = INFINITY;
    memcpy(v, w, (size_t)(n * n) * sizeof *v);
    invert(v, n);
    for (int set = 0; set < 1 << b; set++) {
        double heavy[MOST * MOST], x[MOST], share[MOST], cost = 0;
        bool below = false;
        memcpy(heavy, v, (size_t)(n * n) * sizeof *heavy);
        double g[MOST];
        for (int i = 0; i < n; i++) g[i] = f[i];
        /* minimise (x - f)' V (x - f) + 1e9 sum over the set of x_i^2: one more forecast of 0 */
        for (int i = 0; i < b; i++)
            if (set >> i & 1) heavy[a + i + (a + i) * n] += 1e9;
        double right[MOST] = {0};
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) right[i] += v[i + k * n] * f[k];
        double inverse[MOST * MOST];
        memcpy(inverse, heavy, (size_t)(n * n) * sizeof *inverse);
        invert(inverse, n);
        for (int i = 0; i < n; i++) {
            g[i] = 0;
            for (int k = 0; k < n; k++) g[i] += inverse[i + k * n] * right[k];
        }
        plain(h, inverse, g, x, share);
        for (int i = a; i < n; i++) below |= x[i] < -1e-6;
        for (int i = 0; i < n; i++)
            for (int k = 0; k < n; k++) cost += (x[i] - f[i]) * v[i + k * n] * (x[k] - f[k]);
        if (!below && cost < least - 1e-9) least = cost, memcpy(best, x, (size_t)n * sizeof *x);
    }
}

static void reconcile__non_negative__the_best_of_all_choices(void **state)
{
    (void)state;
    enum { T = 25 };
    const fore_hierarchy *const shape[] = {&tree, &crossed};
    int64_t held = 0;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        const fore_hierarchy *h = shape[seed % 2];
        int n = (int)(h->aggregates + h->bottoms);
        double base[2 * MOST], residual[MOST * T], w[MOST * MOST], want[MOST], out[2 * MOST];
        fore_random random = fore_random_new(seed, 3);
        for (int i = 0; i < 2 * n; i++) base[i] = 1 + 4 * fore_random_normal(&random);
        for (int t = 0; t < T; t++) {
            double common = fore_random_normal(&random);
            for (int i = 0; i < n; i++)
                residual[t + i * T] = common + fore_random_normal(&random) * (1 + i);
        }
        for (int method = FORE_RECONCILE_OLS; method <= FORE_RECONCILE_MINT; method++) {
            fore_reconcile_info info;
            assert_int_equal(fore_reconcile(NULL, h, (fore_reconcile_method)method, base, 2,
                                            residual, T, NULL, true, out, NULL, &info, NULL),
                             FORE_OK);
            held += info.held;
            weights(h, (fore_reconcile_method)method, residual, T, info.lambda, w);
            for (int k = 0; k < 2; k++) {
                best_of_all(h, w, base + k * n, want);
                for (int i = 0; i < n; i++) near(out[i + k * n], want[i], 1e-4);
            }
        }
    }
    assert_true(held > 100);
}

/* ---- widths ---- */

static void reconcile_widths__mint__each_error_by_the_map_made_without_it(void **state)
{
    (void)state;
    enum { T = 9 };
    const fore_hierarchy *const shape[] = {&tree, &crossed};
    for (int k = 0; k < 2; k++) {
        const fore_hierarchy *h = shape[k];
        int n = (int)(h->aggregates + h->bottoms);
        double residual[MOST * T], width[MOST], out[MOST], square[MOST] = {0}, rms[MOST] = {0};
        fore_random random = fore_random_new(11, 3);
        for (int t = 0; t < T; t++) {
            double common = fore_random_normal(&random);
            for (int i = 0; i < n; i++) {
                double r = residual[t + i * T] = common + fore_random_normal(&random);
                rms[i] += r * r / T;
            }
        }
        for (int i = 0; i < n; i++) width[i] = 1 + i % 3;
        fore_reconcile_info info;
        fore_reconcile(NULL, h, FORE_RECONCILE_MINT, width, 1, residual, T, NULL, false, out, NULL,
                       &info, NULL);
        assert_true(info.lambda > 0 && info.lambda < 1);
        for (int t = 0; t < T; t++) {
            double w[MOST * MOST], x[MOST], y[MOST], share[MOST];
            for (int i = 0; i < n; i++) {
                x[i] = residual[t + i * T] * width[i] / sqrt(rms[i]);
                for (int j = 0; j < n; j++) {
                    w[i + j * n] = i == j ? info.lambda * rms[i] : 0;
                    for (int s = 0; s < T; s++)
                        if (s != t)
                            w[i + j * n] +=
                                (1 - info.lambda) / T * residual[s + i * T] * residual[s + j * T];
                }
            }
            plain(h, w, x, y, share);
            for (int i = 0; i < n; i++) square[i] += y[i] * y[i] / T;
        }
        assert_int_equal(fore_reconcile_widths(h, FORE_RECONCILE_MINT, residual, NULL, T, NULL,
                                               width, 1, out, NULL),
                         FORE_OK);
        for (int i = 0; i < n; i++) near(out[i], sqrt(square[i]), 1e-8);
    }
}

static void reconcile_widths__bottom_up__the_size_of_the_sum_of_errors(void **state)
{
    (void)state;
    /* two series that err alike, and two that err against each other */
    const double alike[9] = {0, 0, 0, 1, -2, 1, 1, -2, 1},
                 against[9] = {0, 0, 0, 1, -2, 1, -1, 2, -1}, width[3] = {9, 2, 3};
    double out[3];
    fore_reconcile_widths(&two, FORE_RECONCILE_BOTTOM_UP, alike, NULL, 3, NULL, width, 1, out,
                          NULL);
    near(out[0], 5, 1e-12);
    near(out[1], 2, 1e-12);
    fore_reconcile_widths(&two, FORE_RECONCILE_BOTTOM_UP, against, NULL, 3, NULL, width, 1, out,
                          NULL);
    near(out[0], 1, 1e-12);
    fore_reconcile_widths(&two, FORE_RECONCILE_OLS, NULL, NULL, 0, NULL, width, 1, out, NULL);
    near(out[0], 5, 0); /* nothing known: as if all went wrong together */
}

static void reconcile__bottom_up_and_top_down__sums_and_shares(void **state)
{
    (void)state;
    const double base[8] = {30, 0, 0, 1, 2, 3, 4, 5}, level[5] = {1, 1, 2, 2, 4};
    double out[8];
    fore_reconcile(NULL, &tree, FORE_RECONCILE_BOTTOM_UP, base, 1, NULL, 0, NULL, false, out, NULL,
                   NULL, NULL);
    near(out[0], 15, 0);
    near(out[2], 12, 0);
    fore_reconcile(NULL, &tree, FORE_RECONCILE_TOP_DOWN, base, 1, NULL, 0, level, false, out, NULL,
                   NULL, NULL);
    near(out[7], 12, 1e-12);
    near(out[0], 30, 1e-12);
    const double down[8] = {-5, 0, 0, 1, 2, 3, 4, 5}, below[5] = {1, 1, 2, 2, -4};
    fore_reconcile(NULL, &tree, FORE_RECONCILE_TOP_DOWN, down, 1, NULL, 0, level, true, out, NULL,
                   NULL, NULL);
    near(out[0], 0, 0);
    near(out[7], 0, 0);
    assert_int_equal(fore_reconcile(NULL, &tree, FORE_RECONCILE_TOP_DOWN, base, 1, NULL, 0, below,
                                    false, out, NULL, NULL, NULL),
                     FORE_E_NO_ANSWER);
}

static void reconcile__bad_input__says_what(void **state)
{
    (void)state;
    const int64_t wrong[] = {0, 9};
    const fore_hierarchy out_of_range = {1, 2, two_start, wrong};
    double base[3] = {1, NAN, 2}, out[3], good[3] = {1, 1, 1};
    fore_error err = {0};
    assert_int_equal(fore_reconcile(NULL, &out_of_range, FORE_RECONCILE_OLS, good, 1, NULL, 0, NULL,
                                    false, out, NULL, NULL, &err),
                     FORE_E_ARGUMENT);
    assert_int_equal(fore_reconcile(NULL, &two, FORE_RECONCILE_OLS, base, 1, NULL, 0, NULL, false,
                                    out, NULL, NULL, &err),
                     FORE_E_DATA);
    assert_non_null(strstr(err.message, "node 2"));
    assert_int_equal(fore_reconcile(NULL, &two, FORE_RECONCILE_MINT, good, 1, NULL, 0, NULL, false,
                                    out, NULL, NULL, &err),
                     FORE_E_NO_ANSWER);
}

static void reconcile__memory_fails__clean(void **state)
{
    (void)state;
    const double base[8] = {6, 4, 6, -5, 2, 3, 0.5, 1}, width[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    double out[8], residual[8 * 5];
    int64_t live = fore_memory_live();
    for (int i = 0; i < 40; i++) residual[i] = sin(i);
    for (int method = FORE_RECONCILE_OLS; method <= FORE_RECONCILE_MINT; method++) {
        fore_status status = FORE_E_MEMORY;
        for (int64_t k = 1; status == FORE_E_MEMORY && k < 60; k++) {
            fore_memory_fail_at(k);
            status = fore_reconcile(NULL, &tree, (fore_reconcile_method)method, base, 1, residual,
                                    5, NULL, true, out, NULL, NULL, NULL);
            fore_memory_fail_at(0);
        }
        assert_int_equal(status, FORE_OK);
        status = FORE_E_MEMORY;
        for (int64_t k = 1; status == FORE_E_MEMORY && k < 60; k++) {
            fore_memory_fail_at(k);
            status = fore_reconcile_widths(&tree, (fore_reconcile_method)method, residual, NULL, 5,
                                           NULL, width, 1, out, NULL);
            fore_memory_fail_at(0);
        }
        assert_int_equal(status, FORE_OK);
        assert_int_equal(fore_memory_live(), live);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reconcile__deaths__published_totals),
        cmocka_unit_test(reconcile__tree_and_crossed__the_generalised_least_squares_form),
        cmocka_unit_test(reconcile__coherent_forecasts__unchanged),
        cmocka_unit_test(reconcile__non_negative__the_best_point_with_no_bottom_below_zero),
        cmocka_unit_test(reconcile__non_negative__the_best_of_all_choices),
        cmocka_unit_test(reconcile_widths__mint__each_error_by_the_map_made_without_it),
        cmocka_unit_test(reconcile_widths__bottom_up__the_size_of_the_sum_of_errors),
        cmocka_unit_test(reconcile__bottom_up_and_top_down__sums_and_shares),
        cmocka_unit_test(reconcile__bad_input__says_what),
        cmocka_unit_test(reconcile__memory_fails__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
