/* STL with weights known in advance against the published steps taken one by one, for lengths and
 * seasons down to the shortest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "engine/base/random.h"
#include "models/series/stl_plan.h"

enum { MOST = 400, WINDOW = 11 };

/* ---- step by step ---- */

static double tricube(double u) { return u >= 1 ? 0 : pow(1 - u * u * u, 3); }

/* The local constant or line at x through the `window` values nearest to it; places from 0. */
static double local(const double *y, int n, int window, int degree, int x)
{
    int left = x - (window - 1) / 2, used = window < n ? window : n;
    if (left + used > n) left = n - used;
    if (left < 0) left = 0;
    double reach = fmax(x - left, left + used - 1 - x) + (window > n ? (window - n) / 2 : 0);
    double w = 0, wx = 0, wy = 0, wxx = 0, wxy = 0;
    for (int j = left; j < left + used; j++) {
        double d = j - x, v = fabs(d) > 0.999 * reach ? 0 : tricube(fabs(d) / reach);
        w += v, wx += v * d, wy += v * y[j], wxx += v * d * d, wxy += v * d * y[j];
    }
    double spread = wxx / w - wx / w * (wx / w);
    if (degree == 0 || sqrt(spread) <= 0.001 * (n - 1)) return wy / w;
    double slope = (wxy / w - wx / w * (wy / w)) / spread;
    return wy / w - slope * (wx / w);
}

static void loess(const double *y, int n, int window, int degree, double *out)
{
    int jump = (window + 9) / 10;
    if (jump > n - 1) jump = n - 1;
    for (int from = 0; from < n - 1; from += jump) {
        int to = from + jump < n - 1 ? from + jump : n - 1;
        double a = local(y, n, window, degree, from), b = local(y, n, window, degree, to);
        for (int t = from; t <= to; t++) out[t] = a + (b - a) * (t - from) / (to - from);
    }
}

static void by_steps(const double *y, int n, int m, int rounds, double *seasonal, double *trend)
{
    static double places[MOST], low[MOST], year[MOST], smooth[MOST];
    int odd = m % 2 ? m : m + 1, slow = (int)ceil(1.5 * m / (1 - 1.5 / WINDOW));
    for (int round = 0; round < rounds; round++) {
        for (int p = 0; p < m; p++) {
            int k = 0, used;
            for (int t = p; t < n; t += m) year[k++] = y[t] - trend[t];
            loess(year, k, WINDOW, 0, smooth);
            used = k < WINDOW ? k : WINDOW;
            for (int i = 0; i < k; i++) places[p + (i + 1) * m] = smooth[i];
            for (int end = 0; end < 2; end++) { /* one year before, one after */
                double reach = used + (WINDOW > k ? (WINDOW - k) / 2 : 0), w = 0, wy = 0;
                for (int i = 1; i <= used; i++) {
                    double v = i > 0.999 * reach ? 0 : tricube(i / reach);
                    w += v, wy += v * year[end ? k - i : i - 1];
                }
                double v = w > 0 ? wy / w : smooth[end ? k - 1 : 0];
                places[p + (end ? k + 1 : 0) * m] = v;
            }
        }
        for (int t = 0; t < n; t++) {
            low[t] = 0;
            for (int a = 0; a < m; a++)
                for (int b = 0; b < m; b++)
                    for (int c = 0; c < 3; c++) low[t] += places[t + a + b + c] / (3.0 * m * m);
        }
        loess(low, n, odd, 1, smooth);
        for (int t = 0; t < n; t++) seasonal[t] = places[m + t] - smooth[t];
        for (int t = 0; t < n; t++) low[t] = y[t] - seasonal[t];
        loess(low, n, slow % 2 ? slow : slow + 1, 1, trend);
    }
}

/* ---- tests ---- */

static void draw(int n, int m, double *y)
{
    fore_random random = fore_random_new(91, (uint64_t)(1000 * n + m));
    for (int t = 0; t < n; t++)
        y[t] = 50 + 0.2 * t + 6 * sin(2 * M_PI * t / m) + 2 * fore_random_normal(&random);
}

static void compare(int n, int m)
{
    static double y[MOST], s[MOST], trend[MOST], want_s[MOST], want_trend[MOST];
    double *block = malloc((size_t)fore_stl_plan_size(n, m, WINDOW) * sizeof *block);
    fore_stl_plan plan = fore_stl_plan_make(n, m, WINDOW, block);
    draw(n, m, y);
    for (int again = 0; again < 2; again++) { /* a plan serves as often as it is asked */
        memset(trend, 0, sizeof trend);
        memset(want_trend, 0, sizeof want_trend);
        fore_stl_run(&plan, y, 2, s, trend);
        by_steps(y, n, m, 2, want_s, want_trend);
        for (int t = 0; t < n; t++)
            if (!(fabs(s[t] - want_s[t]) < 1e-9 && fabs(trend[t] - want_trend[t]) < 1e-9))
                fail_msg("n %d m %d at %d: season %g for %g, trend %g for %g", n, m, t, s[t],
                         want_s[t], trend[t], want_trend[t]);
        for (int t = 0; t < n; t++) y[t] = 7 - y[t];
    }
    free(block);
}

static void stl_run__every_length__as_step_by_step(void **state)
{
    static const int seasons[] = {2, 3, 4, 5, 7, 12, 13, 24};
    (void)state;
    for (int i = 0; i < 8; i++)
        for (int n = 2 * seasons[i] + 1; n < 2 * seasons[i] + 40; n++) compare(n, seasons[i]);
}

static void stl_run__many_years__as_step_by_step(void **state)
{
    (void)state;
    for (int n = 140; n < 190; n += 7) compare(n, 4), compare(n, 12), compare(n, 2);
    compare(250, 52);
}

static void stl_run__rounds_one_by_one__as_all_at_once(void **state)
{
    double y[100], s[100], trend[100] = {0}, one[100], slow[100] = {0};
    double *block = malloc((size_t)fore_stl_plan_size(100, 12, WINDOW) * sizeof *block);
    fore_stl_plan plan = fore_stl_plan_make(100, 12, WINDOW, block);
    (void)state;
    draw(100, 12, y);
    fore_stl_run(&plan, y, 3, s, trend);
    for (int k = 0; k < 3; k++) fore_stl_run(&plan, y, 1, one, slow);
    assert_memory_equal(s, one, sizeof s);
    assert_memory_equal(trend, slow, sizeof trend);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stl_run__every_length__as_step_by_step),
        cmocka_unit_test(stl_run__many_years__as_step_by_step),
        cmocka_unit_test(stl_run__rounds_one_by_one__as_all_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
