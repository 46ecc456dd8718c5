/* Reasons: measured as one would by hand, said only when the record bears them out. */
#include "engine/jobs/scoring.h"
#include "features/catalogue.h"
#include "jobs_world.h"

enum { N = 400 };

typedef struct planted {
    double x[4 * N], label[N], weight[N], base;
} planted;

/* Column 0 lifts wins from 0.5 on; 1 is noise with gaps; 2 is constant; 3 is never known. */
static planted *plant(void)
{
    planted *p = malloc(sizeof *p);
    fore_random r = fore_random_new(9, 0);
    double won = 0, all = 0;
    for (int i = 0; i < N; i++) {
        p->x[i] = fore_random_uniform(&r);
        p->x[N + i] = i % 3 ? fore_random_uniform(&r) : NAN;
        p->x[2 * N + i] = 5;
        p->x[3 * N + i] = NAN;
        p->label[i] = fore_random_uniform(&r) < (p->x[i] >= 0.5 ? 0.6 : 0.1);
        p->weight[i] = 1 + i % 2;
        won += p->weight[i] * p->label[i];
        all += p->weight[i];
    }
    p->base = won / all;
    return p;
}

static fore_status measure(const double *x, int64_t n, int64_t p, const double *label,
                           const double *weight, const int64_t *group, double base,
                           fore_reason_cut *cut, fore_error *err)
{
    fore_view rows = {x, n, p, n, NULL};
    return fore_reasons_measure(NULL, &rows, label, weight, group, base, cut, err);
}

/* Share of wins on one side of the cut, over the base rate, less one. */
static double counted(const planted *p, const double *x, double cut, bool high)
{
    double won = 0, all = 0;
    for (int i = 0; i < N; i++)
        if (!isnan(x[i]) && (x[i] >= cut) == high) {
            won += p->weight[i] * p->label[i];
            all += p->weight[i];
        }
    return won / all / p->base - 1;
}

static void reasons_measure__rates__are_those_counted_by_hand_less_what_may_be_chance(void **state)
{
    (void)state;
    planted *p = plant();
    fore_reason_cut cut[4];
    OK(measure(p->x, N, 4, p->label, p->weight, NULL, p->base, cut, e));
    for (int side = 0; side < 2; side++) {
        double said = (side ? cut[0].rate_high : cut[0].rate_low) / p->base - 1;
        double kept = said / counted(p, p->x, cut[0].cut, side);
        assert_true(kept > 0.8 && kept < 1.02); /* it knows: nearly all is believed */
    }
    assert_true(fabs(cut[0].cut - 0.5) < 0.06); /* the median is the candidate nearest the truth */
    assert_true(fabs(cut[1].rate_high / p->base - 1) < 0.05 || isnan(cut[1].cut));
    assert_true(fabs(cut[1].rate_low / p->base - 1) < 0.05 || isnan(cut[1].cut));
    assert_true(cut[0].count_high + cut[0].count_low == N);
    assert_true(cut[1].count_high + cut[1].count_low == N - (N + 2) / 3);
    assert_true(isnan(cut[2].cut) && isnan(cut[3].cut)); /* nothing to tell apart */
    free(p);
}

/* Columns of every shape that know nothing, for subjects with three rows each; and two that do. */
enum { NOISE = 60, SUBJECTS = 8000, ROWS = 3 * SUBJECTS };
typedef struct history {
    double *x, *label, *weight;
    int64_t *group;
    double base;
} history;

static history make_history(uint64_t seed, bool with_truth)
{
    history h = {malloc(sizeof(double) * ROWS * (NOISE + 2)), malloc(sizeof(double) * ROWS),
                 malloc(sizeof(double) * ROWS), malloc(sizeof(int64_t) * ROWS), 0};
    fore_random r = fore_random_new(seed, 4);
    for (int i = 0; i < ROWS; i++) {
        int subject = i / 3;
        double u = fore_random_uniform(&r), v = fore_random_uniform(&r);
        bool same = i % 3 > 0; /* as the subject's first row */
        for (int j = 0; j < NOISE; j++) {
            double *x = h.x + (int64_t)j * ROWS, drawn = fore_random_uniform(&r);
            x[i] = j % 4 == 0   ? drawn
                   : j % 4 == 1 ? (double)(drawn < 0.02 + 0.004 * j)
                   : j % 4 == 2 ? floor(-log(drawn))
                   : drawn < .3 ? NAN
                                : drawn;
            if (same && j % 2) x[i] = x[i - 1];
        }
        h.x[(int64_t)NOISE * ROWS + i] = same ? h.x[(int64_t)NOISE * ROWS + i - 1] : u < 0.25;
        h.x[(int64_t)(NOISE + 1) * ROWS + i] = same ? h.x[(int64_t)(NOISE + 1) * ROWS + i - 1] : v;
        double p = 0.2;
        if (with_truth) p = h.x[(int64_t)NOISE * ROWS + i] > 0 ? 0.5 : 0.1; /* 0.2 over all */
        h.label[i] = same ? h.label[i - 1] : fore_random_uniform(&r) < p;
        h.weight[i] = 1.0 / 3;
        h.group[i] = 1000 + 7 * subject;
        h.base += h.label[i] / ROWS;
    }
    return h;
}

static void history_end(history *h)
{
    free(h->x);
    free(h->label);
    free(h->weight);
    free(h->group);
}

static fore_scoring hand_made(int64_t columns, double base);

/* However strong the model thinks that they are. */
static void reasons__columns_that_know_nothing__claim_nothing(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        history h = make_history(seed, false);
        fore_reason_cut cut[NOISE + 2];
        OK(measure(h.x, ROWS, NOISE + 2, h.label, h.weight, h.group, h.base, cut, e));
        fore_scoring s = hand_made(NOISE + 2, h.base);
        s.cut = cut;
        int cuts_made = 0;
        for (int side = -1; side <= 1; side += 2)
            for (int sign = -1; sign <= 1; sign += 2) {
                double raw[NOISE + 2], parts[NOISE + 2];
                fore_reason out[NOISE + 2];
                for (int j = 0; j < NOISE + 2; j++) {
                    cuts_made += !isnan(cut[j].cut);
                    raw[j] = cut[j].cut + side * 1e-6;
                    parts[j] = sign;
                    double ratio = (side > 0 ? cut[j].rate_high : cut[j].rate_low) / h.base;
                    if (!isnan(cut[j].cut)) assert_true(ratio > 1 / 1.1 && ratio < 1.1);
                }
                assert_int_equal(fore_reasons_pick(&s, raw, parts, 0, out, NOISE + 2), 0);
            }
        assert_true(cuts_made > 4 * NOISE / 2); /* there was something to choose among */
        history_end(&h);
    }
}

static void reasons__a_column_that_knows__is_told_from_those_that_do_not(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        history h = make_history(seed, true);
        fore_reason_cut cut[NOISE + 2];
        OK(measure(h.x, ROWS, NOISE + 2, h.label, h.weight, h.group, h.base, cut, e));
        assert_true(fabs(cut[NOISE].rate_high / h.base - 2.5) < 0.25);
        assert_true(fabs(cut[NOISE].rate_low / h.base - 0.5) < 0.1);
        int said = 0;
        for (int j = 0; j < NOISE; j++)
            if (!isnan(cut[j].cut))
                said += cut[j].rate_high / h.base > 1.1 || cut[j].rate_low / h.base > 1.1;
        assert_true(said <= 3); /* of 60: what two standard errors let through */
        history_end(&h);
    }
}

static void reasons_measure__order_of_the_subjects__changes_nothing(void **state)
{
    (void)state;
    history h = make_history(1, true);
    enum { P = 4 };
    fore_reason_cut cut[P], back[P];
    double *x = malloc(sizeof(double) * ROWS * P), *label = malloc(sizeof(double) * ROWS);
    int64_t *group = malloc(sizeof(int64_t) * ROWS);
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < P; j++)
            x[(int64_t)j * ROWS + i] = h.x[(int64_t)(NOISE - 2 + j) * ROWS + ROWS - 1 - i];
        label[i] = h.label[ROWS - 1 - i];
        group[i] = h.group[ROWS - 1 - i];
    }
    OK(measure(h.x + (int64_t)(NOISE - 2) * ROWS, ROWS, P, h.label, h.weight, h.group, h.base, cut,
               e));
    OK(measure(x, ROWS, P, label, h.weight, group, h.base, back, e));
    for (int j = 0; j < P; j++) {
        assert_true(cut[j].cut == back[j].cut || (isnan(cut[j].cut) && isnan(back[j].cut)));
        if (isnan(cut[j].cut)) continue;
        assert_true(fabs(cut[j].rate_high - back[j].rate_high) < 1e-9);
        assert_true(fabs(cut[j].rate_low - back[j].rate_low) < 1e-9);
    }
    free(x);
    free(label);
    free(group);
    history_end(&h);
}

static void reasons_measure__few_rows_or_one_class__give_no_cut(void **state)
{
    (void)state;
    planted *p = plant();
    fore_reason_cut cut[4];
    OK(measure(p->x, 20, 1, p->label, p->weight, NULL, p->base, cut, e));
    assert_true(isnan(cut[0].cut));
    for (int i = 0; i < N; i++) p->label[i] = 0;
    OK(measure(p->x, N, 1, p->label, p->weight, NULL, 0, cut, e));
    assert_true(isnan(cut[0].cut));
    OK(measure(p->x, 0, 1, p->label, p->weight, NULL, 0.5, cut, e));
    assert_true(isnan(cut[0].cut));
    free(p);
}

/* A model of the first catalogue features, with cuts by hand. */
static int32_t feature[FORE_FEATURE_LIMIT];
static fore_reason_cut cuts[FORE_FEATURE_LIMIT];
static fore_scoring hand_made(int64_t columns, double base)
{
    for (int64_t j = 0; j < columns; j++) {
        feature[j] = (int32_t)j;
        cuts[j] = (fore_reason_cut){10, 2 * base, base / 2, 100, 100};
    }
    return (fore_scoring){.kind = FORE_SUBJECT_DEAL,
                          .base_rate = base,
                          .feature = feature,
                          .feature_count = columns,
                          .columns = columns,
                          .cut = cuts};
}

/* In one half every subject above the cut was won once and lost once: such a side has no variance
 * at all, and no column may lose its figures over that. */
static void reasons_measure__a_side_that_cancels_out__spoils_no_other_column(void **state)
{
    (void)state;
    enum { HELD = 600, TWICE = 2 * HELD };
    double *x = malloc(2 * TWICE * sizeof *x), label[TWICE], weight[TWICE], won = 0;
    int64_t group[TWICE], seen[2] = {0, 0};
    for (int64_t i = 0, id = 0; i < HELD; id++) {
        int half = (int)(fore_hash(&id, sizeof id, FORE_REASON_LOT) & 1);
        if (seen[half] == HELD / 2) continue;
        int64_t k = seen[half]++; /* of four subjects two stand above the cut */
        bool high = k % 4 < 2, ever = half ? k % 4 == 2 : high || k % 8 == 3;
        for (int row = 0; row < 2; row++) {
            int64_t at = 2 * i + row;
            group[at] = id;
            weight[at] = 1;
            label[at] = half && high ? row : ever;
            x[at] = high;
            x[TWICE + at] = 2 * label[at] + (double)(k % 3 == 0);
            won += label[at];
        }
        i++;
    }
    fore_reason_cut cut[2];
    OK(measure(x, TWICE, 2, label, weight, group, won / TWICE, cut, e));
    assert_true(cut[1].rate_high > 1.3 * won / TWICE && cut[1].rate_low < 0.7 * won / TWICE);
    assert_true(isnan(cut[0].cut));
    free(x);
}

static void reasons_pick__only_what_the_record_bears_out(void **state)
{
    (void)state;
    fore_scoring s = hand_made(7, 0.2);
    cuts[4].rate_high = 0.21; /* hardly above the base rate */
    cuts[5].cut = NAN;
    const double raw[] = {20, 20, 1, 1, 20, 20, NAN};
    const double parts[] = {1, -2, -3, 4, 5, 6, 7};
    fore_reason out[8];
    assert_int_equal(fore_reasons_pick(&s, raw, parts, 0, out, 8), 2);
    assert_int_equal(out[0].column, 2); /* low, and lowers: borne out; 1 and 3 contradict */
    assert_int_equal(out[1].column, 0);
    assert_true(fabs(out[0].ratio - 0.5) < 1e-12 && fabs(out[1].ratio - 2) < 1e-12);
    assert_int_equal(fore_reasons_pick(&s, raw, parts, 1, out, 8), 1);
    assert_int_equal(out[0].column, 0);
    assert_int_equal(fore_reasons_pick(&s, raw, parts, -1, out, 8), 1);
    assert_int_equal(out[0].column, 2);
}

static void reasons_pick__more_than_the_limit__keeps_the_strongest_in_order(void **state)
{
    (void)state;
    fore_scoring s = hand_made(20, 0.2);
    double raw[20], parts[20];
    for (int j = 0; j < 20; j++) {
        raw[j] = 20;
        parts[j] = 0.01 + (j * 7 % 20) * 0.1;
    }
    for (int64_t limit = 0; limit <= 5; limit++) {
        fore_reason out[6];
        assert_int_equal(fore_reasons_pick(&s, raw, parts, 0, out, limit), limit);
        for (int64_t i = 0; i < limit; i++)
            assert_true(fabs(out[i].part - (0.01 + (double)(19 - i) * 0.1)) < 1e-12);
    }
    fore_reason all[20]; /* 0.01 is too weak for words */
    assert_int_equal(fore_reasons_pick(&s, raw, parts, 0, all, 20), 19);
}

static void reason_say__says_how_often(void **state)
{
    (void)state;
    fore_scoring s = hand_made(3, 0.2);
    fore_text text = {0};
    fore_reason_say(&s, &(fore_reason){0, 1, 20, 2}, &text);
    assert_non_null(strstr(fore_text_string(&text), "(won 2.0x as often)"));
    fore_text_clear(&text);
    s.kind = FORE_SUBJECT_LEAD;
    fore_reason_say(&s, &(fore_reason){0, -1, 1, 0.5}, &text);
    assert_non_null(strstr(fore_text_string(&text), "(converted 0.5x as often)"));
    fore_text_clear(&text);
    fore_reason_say(&s, &(fore_reason){0, -1, 1, 0.01}, &text);
    assert_non_null(strstr(fore_text_string(&text), "(hardly ever converted)"));
    fore_text_clear(&text);
    fore_reason_say(&s, &(fore_reason){0, 1, 20, NAN}, &text);
    assert_null(strchr(fore_text_string(&text), '('));
    fore_text_free(&text);
}

static void reason_say__any_feature_and_value__is_speakable(void **state)
{
    (void)state;
    static const double values[] = {0, 1, 0.5, 2, 12, 30, -1, -0.3};
    int64_t n = fore_feature_count();
    fore_scoring s = hand_made(n, 0.2);
    for (int64_t j = 0; j < n; j++)
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            fore_text text = {0};
            fore_reason_say(&s, &(fore_reason){j, 1, values[v], 2}, &text);
            const char *said = fore_text_string(&text);
            bool odd = strstr(said, " nan") || strstr(said, "nan ") || strstr(said, "inf ") ||
                       strstr(said, "  ") || strstr(said, "-0 ") || strstr(said, "%!") ||
                       said[0] == ' ' || strlen(said) < 25 || strlen(said) > 160;
            if (odd) fail_msg("%s = %g: '%s'", fore_scoring_column_name(&s, j), values[v], said);
            fore_text_free(&text);
        }
}

static const char *said_of(const char *name, double value, double cut, fore_text *text)
{
    fore_scoring s = hand_made(fore_feature_count(), 0.2);
    int64_t j = fore_feature_find(name);
    assert_true(j >= 0);
    cuts[j].cut = cut;
    fore_text_clear(text);
    fore_reason_say(&s, &(fore_reason){j, -1, value, NAN}, text);
    return fore_text_string(text);
}

static void reason_say__few__is_not_called_none_and_one_is_no_plural(void **state)
{
    (void)state;
    fore_text text = {0};
    assert_string_equal(said_of("stage_moves", 0, 3, &text), "no stage move yet");
    assert_string_equal(said_of("stage_moves", 2, 3, &text), "only 2 stage moves");
    assert_string_equal(said_of("stage_moves", 1, 3, &text), "only 1 stage move");
    assert_string_equal(said_of("stage_moves", 1, 1, &text), "1 stage move");
    assert_string_equal(said_of("stage_moves", 4, 3, &text), "4 stage moves");
    assert_string_equal(said_of("reps_touched", 1, 2, &text), "1 rep in touch");
    fore_text_free(&text);
}

/* "no reply", "never": true of nothing but zero. */
static void reason_say__what_was_counted__is_never_denied(void **state)
{
    (void)state;
    int64_t counted = 0;
    for (int i = 0; i < fore_feature_count(); i++) {
        if (fore_feature_at(i)->unit != FORE_UNIT_COUNT) continue;
        fore_text text = {0};
        const char *said = said_of(fore_feature_at(i)->name, 2, 5, &text);
        if (strncmp(said, "no ", 3) == 0 || strstr(said, " no ") || strstr(said, "never"))
            fail_msg("%s = 2: '%s'", fore_feature_at(i)->name, said);
        counted++;
        fore_text_free(&text);
    }
    assert_true(counted > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_measure__rates__are_those_counted_by_hand_less_what_may_be_chance),
        cmocka_unit_test(reasons__columns_that_know_nothing__claim_nothing),
        cmocka_unit_test(reasons__a_column_that_knows__is_told_from_those_that_do_not),
        cmocka_unit_test(reasons_measure__order_of_the_subjects__changes_nothing),
        cmocka_unit_test(reasons_measure__few_rows_or_one_class__give_no_cut),
        cmocka_unit_test(reasons_measure__a_side_that_cancels_out__spoils_no_other_column),
        cmocka_unit_test(reasons_pick__only_what_the_record_bears_out),
        cmocka_unit_test(reasons_pick__more_than_the_limit__keeps_the_strongest_in_order),
        cmocka_unit_test(reason_say__says_how_often),
        cmocka_unit_test(reason_say__few__is_not_called_none_and_one_is_no_plural),
        cmocka_unit_test(reason_say__what_was_counted__is_never_denied),
        cmocka_unit_test(reason_say__any_feature_and_value__is_speakable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
