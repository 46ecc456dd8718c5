/* Every tenth series of the M3 competition: accuracy inside bands that the full run
 * (bench/bench_m3.c) sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "models/measure/accuracy.h"
#include "models/series/series_forecast.h"
#include "tests/measure/m3_data.h"

typedef struct result {
    double smape, coverage95;
} result;

static result run(const m3_series *all, fore_series_method method)
{
    fore_series_options options = fore_series_default();
    result mean = {0, 0};
    int count = 0;
    options.method = method;
    for (int i = 0; i < M3_SERIES; i += 10, count++) {
        const m3_series *s = &all[i];
        fore_series_forecast *f;
        assert_int_equal(fore_series_run(s->history, s->n, s->m, s->h, &options, &f, NULL),
                         FORE_OK);
        mean.smape += fore_smape(s->future, f->mean, s->h);
        mean.coverage95 += fore_coverage(s->future, f->lower + s->h, f->upper + s->h, s->h);
        fore_series_free(f);
    }
    mean.smape /= count;
    mean.coverage95 /= count;
    return mean;
}

static void m3_every_tenth__theta_ets_and_auto__as_accurate_as_measured(void **state)
{
    (void)state;
    m3_series *all = m3_load();
    if (!all) {
        print_message("the M3 data are not there\n");
        skip();
    }
    result naive = run(all, FORE_SERIES_SEASONAL_NAIVE), theta = run(all, FORE_SERIES_THETA);
    result ets = run(all, FORE_SERIES_ETS), automatic = run(all, FORE_SERIES_AUTO);
    print_message("sMAPE naive %.3f theta %.3f ets %.3f auto %.3f, auto covers %.3f\n", naive.smape,
                  theta.smape, ets.smape, automatic.smape, automatic.coverage95);
    free(all);
    assert_true(fabs(theta.smape - 12.97) < 0.1); /* all 3,003: 12.79 */
    assert_true(ets.smape < 12.9);                /* 13.05 */
    assert_true(automatic.smape < 12.95);         /* 12.50 */
    assert_true(naive.smape > 15);
    assert_true(automatic.coverage95 > 0.91 && automatic.coverage95 < 0.975);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m3_every_tenth__theta_ets_and_auto__as_accurate_as_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
