/* The direct way: chances of open deals as past moments saw them come true, and what new ones
 * bring. */
#include "engine/jobs/outlook_direct.h"

#include "answer_help.h"

static const company plain = {.seed = 2, .deals = 400, .days = 600};

static fore_outlook *outlook_at(world *w, int day, int64_t periods)
{
    fore_outlook *o;
    fore_outlook_options options = {.as_of = at(day, 0),
                                    .period = FORE_MONTHLY,
                                    .periods = periods,
                                    .first_on =
                                        fore_period_start(FORE_MONTHLY, fore_date_of(at(day, 0)))};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

/* Three deals a day: one is won after 40 days, one lost then, one lies for ever. */
static void put_three_kinds(world *w, int days)
{
    world_begin(w);
    for (int i = 0; i < 3 * days; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%05d", i);
        fore_deal_row row = a_deal(id, at(i / 3, 9));
        row.currency = "EUR";
        row.amount_minor = 100000;
        bool closed = i % 3 < 2 && i / 3 + 40 < days;
        row.outcome = !closed ? FORE_OUTCOME_OPEN : i % 3 ? FORE_LOST : FORE_WON;
        if (closed) row.closed_at = row.created_at + 40 * FORE_DAY;
        put_deal(w, row);
    }
    world_commit(w);
}

static void direct__stalled_deals__are_told_from_those_on_their_way(void **state)
{
    world *w = *state;
    put_three_kinds(w, 546);
    const fore_timeline *t = world_timeline(w);
    fore_outlook *o = outlook_at(w, 546, 2); /* 30 June: 1 day, then July */
    double near = 0, near_count = 0, stalled = 0, mean[2];
    for (int64_t i = 0; i < o->open; i++) {
        double age = (double)(o->as_of - t->created_at[o->open_subject[i]]) / (double)FORE_DAY;
        double p = o->direct_won[i + o->open];
        if (age > 12 && age < 36) near += p, near_count++;
        if (age > 100) stalled = fmax(stalled, p);
    }
    assert_true(fabs(near / near_count - 1.0 / 3) < 0.05); /* one of the three in July */
    assert_true(stalled < 0.02);
    OK(fore_outlook_expect_direct(o, NULL, 1, mean, e));
    assert_true(fabs(mean[1] / 31000 - 1) < 0.08); /* a win of 1,000 a day */
    fore_outlook_free(o);
}

static void direct__groups__add_up_to_the_whole(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    const fore_timeline *t = world_timeline(w);
    fore_outlook *o = outlook_at(w, 547, 3);
    double *member = calloc((size_t)t->subjects, sizeof *member),
           *rest = calloc((size_t)t->subjects, sizeof *rest);
    double all[3], a[3], b[3];
    for (int64_t s = 0; s < t->subjects; s++) member[s] = s % 3 == 0, rest[s] = s % 3 != 0;
    for (int64_t i = 0; i < o->open; i++)
        o->open_amount[i] = 100; /* groups have means of their own */
    OK(fore_outlook_expect_direct(o, NULL, 1, all, e));
    OK(fore_outlook_expect_direct(o, member, 0.25, a, e));
    OK(fore_outlook_expect_direct(o, rest, 0.75, b, e));
    for (int j = 0; j < 3; j++) CLOSE(a[j] + b[j], all[j]);
    free(member);
    free(rest);
    fore_outlook_free(o);
}

static void direct__too_little_history__says_nothing(void **state)
{
    world *w = *state;
    put_three_kinds(w, 90); /* the first closings are fifty days old */
    fore_outlook *o = outlook_at(w, 90, 2);
    double mean[2];
    OK(fore_outlook_expect_direct(o, NULL, 1, mean, e));
    assert_true(isnan(mean[1]));
    fore_outlook_free(o);
}

static void direct__plain_outlook__has_none(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_outlook *o;
    int32_t first = fore_date_of(at(547, 0));
    fore_outlook_options options = {.as_of = at(547, 0),
                                    .period = FORE_MONTHLY,
                                    .periods = 1,
                                    .first_on = fore_period_start(FORE_MONTHLY, first),
                                    .plain = true};
    double mean;
    OK(fore_outlook_make(&w->c, &options, &o, e));
    assert_null(o->direct_won);
    OK(fore_outlook_expect_direct(o, NULL, 1, &mean, e));
    assert_true(isnan(mean));
    fore_outlook_free(o);
}

/* More rows than are read: the same ones whatever the threads, and they stand for the others. */
static void direct__rows_drawn__are_the_same_at_any_threads_and_unbiased(void **state)
{
    world *w = *state, *other = another_world(3);
    put_three_kinds(w, 546);
    put_three_kinds(other, 546);
    fore_outlook *a = outlook_at(w, 546, 2), *b = outlook_at(other, 546, 2);
    assert_true(a->open > 500); /* a year of weeks: 30,000 rows */
    assert_memory_equal(a->direct_won, b->direct_won, (size_t)(2 * a->open) * sizeof(double));
    assert_memory_equal(a->direct_new, b->direct_new, 2 * sizeof(double));
    double sum = 0;
    for (int64_t i = 0; i < a->open; i++) sum += a->direct_won[i + a->open];
    assert_true(fabs(sum / 31 - 1) < 0.08);
    fore_outlook_free(a);
    fore_outlook_free(b);
    world_end(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(direct__stalled_deals__are_told_from_those_on_their_way),
        WITH_WORLD(direct__groups__add_up_to_the_whole),
        WITH_WORLD(direct__too_little_history__says_nothing),
        WITH_WORLD(direct__plain_outlook__has_none),
        WITH_WORLD(direct__rows_drawn__are_the_same_at_any_threads_and_unbiased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
