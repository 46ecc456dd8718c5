/* The additive learner: hinges, the families' prior, the choice of what bends. */
#include "tests/score/ref_additive.h"
#include "tests/score/score_support.h"

#include "models/score/additive.h"
#include "models/score/family.h"
#include "models/score/scorer.h"

static fore_design *design_with(const fore_view *x, int8_t hinges, double low)
{
    fore_design_options o = fore_design_default();
    fore_design *d = NULL;
    int8_t *wanted = malloc((size_t)x->columns);
    memset(wanted, hinges, (size_t)x->columns);
    o.hinges = wanted;
    o.low = low;
    o.high = 1 - low;
    assert_int_equal(fore_design_fit(NULL, x, NULL, &o, &d, NULL), FORE_OK);
    free(wanted);
    return d;
}

/* ---- hinges ---- */

static void design_hinges__same_knots__the_curve_of_scikit_learn(void **state)
{
    (void)state;
    fore_view x = {ref_curve, REF_ROWS, 1, REF_ROWS, NULL};
    fore_design *d = design_with(&x, REF_KNOTS, 0);
    fore_logit_options o = fore_logit_default();
    fore_logit_model *m = NULL;
    assert_int_equal(d->width, 1 + REF_KNOTS);
    for (int k = 0; k < REF_KNOTS; k++) {
        assert_true(d->knot[k + 1] > d->low[0] && d->knot[k + 1] < d->high[0]);
        d->knot[k + 1] = ref_knot[k];
    }
    o.precision = 1e-7;
    assert_int_equal(fore_logit_fit(NULL, &x, d, ref_curve_y, NULL, NULL, &o, &m, NULL, NULL),
                     FORE_OK);
    for (int i = 0; i < REF_AT; i++) {
        double z[1 + REF_KNOTS], eta = m->intercept;
        fore_design_row(d, &ref_at[i], 1, z);
        for (int q = 0; q <= REF_KNOTS; q++) eta += m->beta[q] * z[q];
        NEAR(1 / (1 + exp(-eta)), ref_said[i], 1e-4);
    }
    fore_logit_free(m);
    fore_design_free(d);
}

static void design_hinges__counts_and_flags__knots_at_values_between_the_limits(void **state)
{
    (void)state;
    enum { N = 1000, P = 3 };
    double x[N * P];
    for (int i = 0; i < N; i++) {
        x[i] = i % 10 < 6 ? 0 : i % 10 - 5; /* 60 % zeros, then 1 .. 4 */
        x[N + i] = i % 3 == 0;
        x[2 * N + i] = i % 7 == 0 ? NAN : i % 3;
    }
    fore_view view = {x, N, P, N, NULL};
    fore_design *d = design_with(&view, 6, 0.01);
    double knots[3][8];
    int count[3] = {0};
    for (int64_t q = 0; q < d->width; q++)
        if (d->knot[q] > -INFINITY) knots[d->source[q]][count[d->source[q]]++] = d->knot[q];
    assert_int_equal(count[0], 3);
    for (int k = 0; k < 3; k++) NEAR(knots[0][k], k + 1, 0);
    assert_int_equal(count[1], 0); /* nothing lies between 0 and 1 */
    assert_int_equal(count[2], 1);
    NEAR(knots[2][0], 1, 0);
    fore_design_free(d);
}

static void design_hinges__block_rows_and_missing__centred_alike(void **state)
{
    (void)state;
    leads s = leads_new(3000, 6, 0, 5);
    fore_view m = {s.x, s.n, s.p, s.n, NULL};
    fore_design *d = design_with(&m, 5, 0.01);
    double *z = malloc((size_t)(s.n * d->width) * 8), row[64];
    fore_design_block(d, &m, 0, s.n, z, s.n);
    for (int64_t q = 0; q < d->width; q++) {
        double sum = 0;
        for (int64_t i = 0; i < s.n; i++) sum += z[i + q * s.n];
        NEAR(sum / (double)s.n, 0, 1e-12); /* a missing value adds nothing */
        if (d->knot[q] > -INFINITY) assert_true(d->scale[q] > 0 && !d->indicator[q]);
    }
    for (int64_t i = 0; i < s.n; i += 211) {
        fore_design_row(d, s.x + i, s.n, row);
        for (int64_t q = 0; q < d->width; q++) NEAR(row[q], z[i + q * s.n], 0);
    }
    free(z);
    fore_design_free(d);
    leads_free(&s);
}

/* ---- families ---- */

static void family_fit__reference__the_same_precisions_and_coefficients(void **state)
{
    (void)state;
    enum { Q = REF_LEVELS + REF_NUMBERS };
    fore_view x = {ref_z, REF_ROWS, Q, REF_ROWS, NULL};
    int32_t family[Q];
    double precision[Q], point[Q + 1];
    fore_family_info info;
    for (int j = 0; j < Q; j++) family[j] = j >= REF_LEVELS;
    assert_int_equal(
        fore_family_fit(NULL, &x, NULL, ref_y, NULL, family, 2, precision, point, &info, NULL),
        FORE_OK);
    assert_true(info.converged);
    for (int j = 0; j < Q; j++) NEAR(log(precision[j] / ref_precision[family[j]]), 0, 0.15);
    for (int j = 0; j <= Q; j++) NEAR(point[j], ref_point[j], 0.02);
}

static void family_fit__another_precision_for_any_family__less_evidence(void **state)
{
    (void)state;
    enum { Q = REF_LEVELS + REF_NUMBERS };
    fore_view x = {ref_z, REF_ROWS, Q, REF_ROWS, NULL};
    int32_t family[Q];
    double precision[Q], point[Q + 1];
    for (int j = 0; j < Q; j++) family[j] = j >= REF_LEVELS;
    assert_int_equal(
        fore_family_fit(NULL, &x, NULL, ref_y, NULL, family, 2, precision, point, NULL, NULL),
        FORE_OK);
    fore_logit_options o = fore_logit_default();
    fore_logit_info at, beside;
    fore_logit_model *m = NULL;
    o.precisions = precision;
    o.start = point;
    assert_int_equal(fore_logit_fit(NULL, &x, NULL, ref_y, NULL, NULL, &o, &m, &at, NULL), FORE_OK);
    fore_logit_free(m);
    for (int k = 0; k < 3; k++) { /* the numbers tell next to nothing: SHAPE alone holds them */
        double other[Q];
        for (int j = 0; j < Q; j++)
            other[j] = precision[j] * (family[j] == k / 2 ? (k % 2 ? 8 : 1.0 / 8) : 1);
        o.precisions = other;
        assert_int_equal(fore_logit_fit(NULL, &x, NULL, ref_y, NULL, NULL, &o, &m, &beside, NULL),
                         FORE_OK);
        assert_true(beside.evidence < at.evidence);
        fore_logit_free(m);
    }
}

static void family_of_design__levels_hinges_and_marks__each_their_own(void **state)
{
    (void)state;
    enum { N = 600, P = 5 };
    double x[N * P];
    fore_random random = fore_random_new(3, 1);
    for (int i = 0; i < N; i++) {
        x[i] = fore_random_normal(&random); /* a number, sometimes missing */
        if (i % 9 == 0) x[i] = NAN;
        for (int j = 1; j < P; j++) x[i + j * N] = i % 5 == j;
    }
    fore_view view = {x, N, P, N, NULL};
    fore_design *d = design_with(&view, 2, 0.01);
    int32_t raw[P] = {-1, 7, 7, 2, 7}, family[16];
    assert_int_equal(d->width, 4 + 4);
    assert_int_equal(fore_family_of_design(d, raw, family), 5);
    assert_true(family[1] == family[2] && family[0] != family[1] && family[3] != family[1]);
    assert_true(family[4] == family[5] && family[5] == family[7] && family[6] != family[5]);
    assert_true(family[0] != family[6] && family[0] != family[5]);
    assert_int_equal(fore_family_of_design(d, NULL, family), 3);
    fore_design_free(d);
}

static void family_fit__classes_apart_or_no_columns__finite(void **state)
{
    (void)state;
    double x[6] = {-3, -2, -1, 1, 2, 3}, y[6] = {0, 0, 0, 1, 1, 1}, precision[1], point[2];
    fore_view apart = {x, 6, 1, 6, NULL}, none = {x, 6, 0, 6, NULL};
    int32_t family[1] = {0};
    assert_int_equal(
        fore_family_fit(NULL, &apart, NULL, y, NULL, family, 1, precision, point, NULL, NULL),
        FORE_OK);
    assert_true(isfinite(point[0]) && point[0] > 0 && precision[0] >= 1e-2);
    assert_int_equal(
        fore_family_fit(NULL, &none, NULL, y, NULL, family, 0, precision, point, NULL, NULL),
        FORE_OK);
    NEAR(point[0], 0, 1e-9);
}

/* ---- what bends ---- */

static void additive_fit__lines_and_a_curve__only_the_curve_bends(void **state)
{
    (void)state;
    leads d = leads_new(6000, 9, 0, 4); /* column 1 counts by its square */
    fore_sample sample = leads_sample(&d);
    fore_design_options o = fore_design_default();
    fore_additive a;
    sample.key = NULL;
    assert_int_equal(fore_additive_fit(NULL, &sample, &o, NULL, &a, NULL), FORE_OK);
    int bends[9] = {0};
    for (int64_t q = 0; q < a.design->width; q++)
        bends[a.design->source[q]] += a.design->knot[q] > -INFINITY;
    assert_int_equal(bends[1], 6);
    assert_int_equal(bends[0] + bends[3] + bends[4], 0);
    assert_non_null(a.model->covariance);
    fore_additive_clear(&a);
    leads_free(&d);
}

static void additive_fit__thousands_of_columns__keeps_those_that_tell(void **state)
{
    (void)state;
    leads d = leads_new(600, 3000, 0, 9);
    fore_sample sample = leads_sample(&d);
    fore_design_options o = fore_design_default();
    fore_additive a;
    assert_int_equal(fore_additive_fit(NULL, &sample, &o, NULL, &a, NULL), FORE_OK);
    assert_true(a.design->width <= FORE_LOGIT_COVARIANCE && a.model->covariance);
    assert_int_equal(a.design->columns, 3000);
    assert_true(a.sifted);
    assert_int_equal(a.design->source[0], 0); /* the strongest is among them */
    fore_additive_clear(&a);
    leads_free(&d);
}

/* The part that is looked at takes every second row here, and these columns live on the others. */
static void additive_fit__columns_constant_in_the_part__left_out(void **state)
{
    (void)state;
    enum { N = 40000, P = 400 };
    double *x = calloc((size_t)N * P, sizeof *x), *y = malloc(N * sizeof *y);
    for (int i = 0; i < N; i++) {
        y[i] = i % 5 == 0;
        x[i] = i % 5 == 0 ? 1 : i % 3; /* tells */
    }
    for (int j = 1; j < P; j++)
        for (int k = 0; k < 8; k++) x[(size_t)j * N + (size_t)(2 * ((j * 37 + k * 411) % (N / 2)) + 1)] = 1;
    fore_sample sample = {.x = {x, N, P, N, NULL}, .y = y};
    fore_design_options o = fore_design_default();
    fore_additive a;
    assert_int_equal(fore_additive_fit(NULL, &sample, &o, NULL, &a, NULL), FORE_OK);
    assert_true(a.design->width >= 1 && a.design->width <= FORE_LOGIT_COVARIANCE);
    assert_non_null(a.model->covariance);
    fore_additive_clear(&a);
    free(x);
    free(y);
}

static void additive_parts__a_bending_column__all_its_pieces_count_to_it(void **state)
{
    (void)state;
    leads d = leads_new(3000, 5, 0, 4);
    fore_sample sample = leads_sample(&d);
    fore_scorer_options o = fore_scorer_default(FORE_ADDITIVE);
    fore_scorer *s = NULL;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL), FORE_OK);
    double *scratch = malloc((size_t)fore_scorer_scratch(s) * 8), raw[5] = {0.3, 0, NAN, 0, 7};
    double parts[5], base, middle;
    fore_score score;
    for (int k = 0; k < 9; k++) {
        raw[1] = k - 4;
        assert_int_equal(fore_scorer_row(s, raw, scratch, &score, NULL), FORE_OK);
        assert_int_equal(fore_scorer_parts(s, raw, scratch, parts, &base, NULL), FORE_OK);
        for (int j = 0; j < 5; j++) base += parts[j];
        NEAR(base, score.margin, 1e-12);
        middle = k == 0 ? parts[1] : k == 4 ? parts[1] - middle : middle;
    }
    assert_true(middle > 1); /* the truth is highest at 0 */
    free(scratch);
    fore_scorer_free(s);
    leads_free(&d);
}

/* ---- taken over ---- */

static void additive_fit__like_one_on_the_same_rows__the_same_coefficients(void **state)
{
    (void)state;
    leads d = leads_new(4000, 7, 0, 4);
    fore_sample sample = leads_sample(&d), first = sample;
    fore_design_options o = fore_design_default();
    fore_additive a, again, half;
    assert_int_equal(fore_additive_fit(NULL, &sample, &o, NULL, &a, NULL), FORE_OK);
    assert_int_equal(fore_additive_fit(NULL, &sample, &o, &a, &again, NULL), FORE_OK);
    first.x.rows = 2000;
    assert_int_equal(fore_additive_fit(NULL, &first, &o, &a, &half, NULL), FORE_OK);
    size_t bytes = (size_t)a.design->width * sizeof(double);
    int64_t q = a.design->width, moved = 0;
    assert_int_equal(half.design->width, q);
    assert_memory_equal(half.design->knot, a.design->knot, bytes);
    assert_memory_equal(half.design->mean, a.design->mean, bytes);
    assert_memory_equal(half.precision, a.precision, bytes);
    for (int64_t k = 0; k < q; k++) {
        NEAR(again.model->beta[k], a.model->beta[k], 1e-7);
        moved += fabs(half.model->beta[k] - a.model->beta[k]) > 1e-3;
    }
    assert_true(moved > q / 2); /* other rows, other coefficients */
    assert_true(half.model->covariance[0] > a.model->covariance[0]);
    assert_false(a.sifted);
    fore_additive_clear(&a);
    fore_additive_clear(&again);
    fore_additive_clear(&half);
    leads_free(&d);
}

/* Folds of over FORE_KNOB_ROWS rows take over what the first one found. */
static void additive_scorer__folds_take_over__same_bytes_and_an_honest_slope(void **state)
{
    (void)state;
    leads d = leads_new(16000, 6, 0, 8);
    fore_sample sample = leads_sample(&d);
    fore_scorer_options o = fore_scorer_default(FORE_ADDITIVE);
    fore_scorer *s[2];
    for (int t = 0; t < 2; t++) {
        fore_pool *pool = threads(1 + 2 * t);
        assert_int_equal(fore_scorer_fit(pool, &sample, NULL, &o, NULL, &s[t], NULL), FORE_OK);
        fore_pool_free(pool);
    }
    const fore_calibration *one = fore_scorer_calibration(s[0]),
                           *three = fore_scorer_calibration(s[1]);
    assert_true(one->a == three->a && one->b == three->b);
    NEAR(one->a, 1, 0.05);
    fore_scorer_free(s[0]);
    fore_scorer_free(s[1]);
    leads_free(&d);
}

static void additive_fit__every_allocation_failing__clean(void **state)
{
    (void)state;
    leads d = leads_new(200, 5, 0, 4);
    fore_sample sample = leads_sample(&d);
    fore_design_options o = fore_design_default();
    int64_t live = fore_memory_live();
    fore_status status = FORE_E_MEMORY;
    for (int64_t k = 1; status == FORE_E_MEMORY && k < 300; k++) {
        fore_additive a;
        fore_memory_fail_at(k);
        status = fore_additive_fit(NULL, &sample, &o, NULL, &a, NULL);
        fore_memory_fail_at(0);
        assert_true(status != FORE_OK || (a.design && a.model));
        fore_additive_clear(&a);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_int_equal(status, FORE_OK);
    leads_free(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(design_hinges__same_knots__the_curve_of_scikit_learn),
        cmocka_unit_test(design_hinges__counts_and_flags__knots_at_values_between_the_limits),
        cmocka_unit_test(design_hinges__block_rows_and_missing__centred_alike),
        cmocka_unit_test(family_fit__reference__the_same_precisions_and_coefficients),
        cmocka_unit_test(family_fit__another_precision_for_any_family__less_evidence),
        cmocka_unit_test(family_of_design__levels_hinges_and_marks__each_their_own),
        cmocka_unit_test(family_fit__classes_apart_or_no_columns__finite),
        cmocka_unit_test(additive_fit__lines_and_a_curve__only_the_curve_bends),
        cmocka_unit_test(additive_fit__thousands_of_columns__keeps_those_that_tell),
        cmocka_unit_test(additive_fit__columns_constant_in_the_part__left_out),
        cmocka_unit_test(additive_parts__a_bending_column__all_its_pieces_count_to_it),
        cmocka_unit_test(additive_fit__like_one_on_the_same_rows__the_same_coefficients),
        cmocka_unit_test(additive_scorer__folds_take_over__same_bytes_and_an_honest_slope),
        cmocka_unit_test(additive_fit__every_allocation_failing__clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
