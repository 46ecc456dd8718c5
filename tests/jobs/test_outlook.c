/* The outlook: what is certain is exact, parts add up, and past cuts see nothing later. */
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/forecast_rules.h"

#include "jobs_world.h"

static const company plain = {.seed = 2, .deals = 400, .days = 600};

static fore_outlook *outlook_at(world *w, int64_t as_of, int64_t periods)
{
    fore_outlook *o;
    fore_outlook_options options = {.as_of = as_of,
                                    .period = FORE_MONTHLY,
                                    .periods = periods,
                                    .first_on =
                                        fore_period_start(FORE_MONTHLY, fore_date_of(as_of))};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

static fore_pipeline_result *simulated(world *w, const fore_outlook *o, const double *member,
                                       double share)
{
    fore_pipeline_result *r;
    fore_outlook_draws draws = {.member = member, .share = share, .draws = 4000, .seed = 5};
    OK(fore_outlook_simulate(&w->c, o, &draws, &r, e));
    return r;
}

/* Amounts as they were at the end of the history, which is where they stay in the small company. */
static double won_between(const fore_timeline *t, int64_t from, int64_t to)
{
    double sum = 0;
    for (int64_t s = t->leads; s < t->subjects; s++)
        if (t->outcome[s] == FORE_WON && t->closed_at[s] >= from && t->closed_at[s] < to)
            sum += t->amount[s];
    return sum;
}

static void outlook__won_so_far__is_exact(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    int64_t as_of = at(560, 13);
    fore_outlook *o = outlook_at(w, as_of, 3);
    double exact = won_between(world_timeline(w), fore_time_of_date(o->start[0]), as_of), sum = 0;
    assert_true(exact > 0);
    for (int64_t i = 0; i < o->wins; i++) sum += o->win_amount[i];
    assert_true(fabs(sum - exact) < 1e-6);
    fore_pipeline_result *r = simulated(w, o, NULL, 1);
    assert_true(fabs(r->period[0].won_so_far - exact) < 1e-6);
    assert_true(r->period[1].won_so_far == 0);
    for (int64_t d = 0; d < r->draw_count; d++) assert_true(r->draws[d] >= exact - 1e-6);
    fore_pipeline_result_free(r);
    fore_outlook_free(o);
}

static void outlook__an_amount_corrected_later__counts_as_it_was(void **state)
{
    world *w = *state;
    world_begin(w);
    put_closed(w, "D1", at(0, 9), at(40, 9), FORE_WON, 900);
    put_change(w, "D1", at(50, 9), "amount", "100", "900");
    put_deal(w, a_deal("D2", at(2, 9)));
    world_commit(w);
    for (int late = 0; late < 2; late++) {
        int64_t as_of = at(late ? 51 : 45, 0);
        fore_outlook *o = outlook_at(w, as_of, 1);
        assert_int_equal(o->wins, 1);
        assert_true(o->win_amount[0] == (late ? 900 : 100));
        assert_true(fore_outlook_actual(world_timeline(w), o, o->start[0], o->start[1], as_of,
                                        NULL) == (late ? 900 : 100));
        fore_outlook_free(o);
    }
}

static void outlook__parts_and_periods__add_up(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_outlook *o = outlook_at(w, at(560, 13), 3);
    assert_true(o->open > 10);
    for (int64_t i = 0; i < o->open; i++) {
        double sum = 0;
        for (int64_t j = 0; j < 3; j++) {
            assert_true(o->open_won[i + j * o->open] >= 0 && o->open_lost[i + j * o->open] >= 0);
            sum += o->open_won[i + j * o->open] + o->open_lost[i + j * o->open];
        }
        assert_true(sum <= 1 + 1e-9);
    }
    fore_pipeline_result *r = simulated(w, o, NULL, 1);
    double total = 0;
    for (int64_t j = 0; j < 3; j++) {
        const fore_pipeline_period *p = &r->period[j];
        assert_true(fabs(p->won_so_far + p->from_open + p->from_new - p->mean) < 1e-6 * p->mean);
        total += p->mean;
    }
    assert_true(fabs(r->total.mean - total) < 1e-6 * total);
    fore_pipeline_result_free(r);
    fore_outlook_free(o);
}

/* The mean of a month moves neither with how many months are asked for nor with the seed, and is
 * where the draws have it. */
static void outlook__more_periods_or_another_seed__leave_the_means_alone(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_outlook *near = outlook_at(w, at(560, 13), 2), *far = outlook_at(w, at(560, 13), 5);
    fore_pipeline_result *a = simulated(w, near, NULL, 1), *b = simulated(w, far, NULL, 1), *c;
    fore_outlook_draws draws = {.share = 1, .draws = 4000, .seed = 6};
    OK(fore_outlook_simulate(&w->c, near, &draws, &c, e));
    for (int64_t j = 0; j < 2; j++) {
        const fore_pipeline_period *p = &a->period[j];
        assert_true(fabs(p->mean - b->period[j].mean) < 1e-6 * p->mean);
        assert_true(fabs(p->from_new - b->period[j].from_new) < 1e-6 * p->mean);
        assert_true(fabs(p->from_open - c->period[j].from_open) < 1e-6 * p->mean);
        assert_true(fabs(p->from_new - c->period[j].from_new) < 1e-6 * p->mean);
        assert_true(p->from_new > 0);
        double drawn = 0, other = 0;
        for (int64_t d = 0; d < a->draw_count; d++) drawn += a->draws[d + j * a->draw_count];
        for (int64_t d = 0; d < a->draw_count; d++) other += c->draws[d + j * a->draw_count];
        assert_true(drawn != other);
        drawn /= (double)a->draw_count;
        assert_true(fabs(drawn - p->mean) < 4 * p->sd / sqrt((double)a->draw_count));
    }
    fore_pipeline_result_free(a);
    fore_pipeline_result_free(b);
    fore_pipeline_result_free(c);
    fore_outlook_free(near);
    fore_outlook_free(far);
}

static void outlook__groups__add_up_to_the_whole(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    const fore_timeline *t = world_timeline(w);
    fore_outlook *o = outlook_at(w, at(560, 13), 2);
    double *odd = calloc((size_t)t->subjects, sizeof *odd),
           *even = calloc((size_t)t->subjects, sizeof *even);
    for (int64_t s = 0; s < t->subjects; s++) (t->owner[s] % 2 ? odd : even)[s] = 1;
    fore_pipeline_result *whole = simulated(w, o, NULL, 1);
    fore_pipeline_result *a = simulated(w, o, odd, 0.5), *b = simulated(w, o, even, 0.5);
    for (int64_t j = 0; j < 2; j++) {
        double error = whole->period[j].sd / sqrt((double)whole->draw_count);
        assert_true(whole->period[j].sd > 0);
        assert_true(fabs(a->period[j].won_so_far + b->period[j].won_so_far -
                         whole->period[j].won_so_far) < 1e-6);
        assert_true(fabs(a->period[j].mean + b->period[j].mean - whole->period[j].mean) <
                    6 * error); /* three means of 4000 draws each */
        assert_true(a->period[j].mean > 0 && b->period[j].mean > 0);
    }
    fore_pipeline_result_free(whole);
    fore_pipeline_result_free(a);
    fore_pipeline_result_free(b);
    fore_outlook_free(o);
    free(odd);
    free(even);
}

static void outlook__level__scales_what_is_to_come_only(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_outlook *o = outlook_at(w, at(560, 13), 1);
    fore_pipeline_result *one, *half;
    fore_outlook_draws draws = {.share = 1, .draws = 4000, .seed = 5};
    OK(fore_outlook_simulate(&w->c, o, &draws, &one, e));
    static const double LEVEL[] = {0.5};
    draws.level = LEVEL;
    OK(fore_outlook_simulate(&w->c, o, &draws, &half, e));
    double coming = one->period[0].from_open + one->period[0].from_new;
    double halved = half->period[0].from_open + half->period[0].from_new;
    assert_true(fabs(halved / coming - 0.5) < 0.06);
    assert_true(half->period[0].won_so_far == one->period[0].won_so_far);
    fore_pipeline_result_free(one);
    fore_pipeline_result_free(half);
    fore_outlook_free(o);
}

static void outlook__nothing_open_and_nothing_arriving__is_nothing(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 100;
    put_company(w, &k);
    fore_outlook *o = outlook_at(w, at(600 + 200 * 7, 0), 3);
    assert_int_equal(o->open, 0);
    assert_int_equal(o->wins, 0);
    fore_pipeline_result *r = simulated(w, o, NULL, 1);
    for (int64_t j = 0; j < 3; j++) {
        assert_true(r->period[j].from_open == 0 && r->period[j].won_so_far == 0);
        assert_true(isfinite(r->period[j].mean) && r->period[j].mean < 2000); /* not one deal */
    }
    fore_pipeline_result_free(r);
    fore_outlook_free(o);
}

static void outlook__starts_given__share_out_the_same_chances(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    const int32_t two[] = {date(560), date(580), date(640)}, one[] = {date(560), date(640)};
    fore_outlook *a, *b;
    fore_outlook_options options = {.as_of = at(560, 0), .starts = two, .periods = 2};
    OK(fore_outlook_make(&w->c, &options, &a, e));
    options.starts = one;
    options.periods = 1;
    OK(fore_outlook_make(&w->c, &options, &b, e));
    assert_int_equal(a->open, b->open);
    for (int64_t i = 0; i < a->open; i++)
        assert_true(fabs(a->open_won[i] + a->open_won[i + a->open] - b->open_won[i]) < 1e-12);
    assert_int_equal(a->weeks, b->weeks);
    for (int64_t i = 0; i < a->weeks; i++)
        assert_true(fabs(a->new_won[i] + a->new_won[i + a->weeks] - b->new_won[i]) < 1e-12);
    fore_outlook_free(a);
    fore_outlook_free(b);
}

static void outlook__another_currency__is_left_out_and_counted(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_outlook *before = outlook_at(w, at(560, 13), 1);
    assert_int_equal(before->other_currency, 0);
    world_begin(w);
    for (int i = 0; i < 5; i++) { /* the last is of later, and unseen */
        char id[16];
        snprintf(id, sizeof id, "X%d", i);
        fore_deal_row row = a_deal(id, at(i < 4 ? 540 : 570, 9));
        row.currency = "USD";
        row.amount_minor = 100000000;
        if (i < 2) {
            row.outcome = FORE_WON;
            row.closed_at = at(558, 9);
        }
        put_deal(w, row);
    }
    world_commit(w);
    fore_outlook *after = outlook_at(w, at(560, 13), 1);
    assert_int_equal(after->other_currency, 4);
    assert_int_equal(after->wins, before->wins);
    assert_int_equal(after->open, before->open);
    assert_int_equal(after->past_wins, before->past_wins);
    int32_t start = before->start[0], end = before->start[1];
    assert_true(fore_outlook_actual(world_timeline(w), after, start, end, at(560, 13), NULL) ==
                won_between(world_timeline(w), fore_time_of_date(start), at(560, 13)) - 2000000);
    fore_outlook_free(before);
    fore_outlook_free(after);
}

static void outlook__without_amounts__counts_wins(void **state)
{
    world *w = *state;
    company k = plain;
    k.no_amounts = true;
    put_company(w, &k);
    fore_outlook *o = outlook_at(w, at(560, 13), 2);
    assert_true(o->counts);
    for (int64_t i = 0; i < o->open; i++) assert_true(o->open_amount[i] == 1);
    fore_pipeline_result *r = simulated(w, o, NULL, 1);
    assert_true(r->period[0].won_so_far == (double)o->wins && o->wins > 0);
    for (int64_t d = 0; d < r->draw_count; d++)
        assert_true(fabs(r->draws[d] - round(r->draws[d])) < 1e-9);
    fore_pipeline_result_free(r);
    fore_outlook_free(o);
}

static void outlook__leads_alone__stand_for_deals(void **state)
{
    world *w = *state;
    company k = plain;
    k.leads = true;
    put_company(w, &k);
    fore_outlook *o = outlook_at(w, at(560, 13), 1);
    assert_int_equal(o->kind, FORE_SUBJECT_LEAD);
    assert_true(o->counts && o->open > 10 && o->wins > 0);
    fore_outlook_free(o);
}

static void outlook__nothing_won__has_no_answer(void **state)
{
    world *w = *state;
    world_begin(w);
    put_closed(w, "D1", at(0, 9), at(9, 9), FORE_LOST, 100);
    put_closed(w, "D2", at(0, 9), at(50, 9), FORE_WON, 100); /* later */
    put_deal(w, a_deal("D3", at(1, 9)));
    world_commit(w);
    fore_outlook *o;
    fore_outlook_options options = {
        .as_of = at(40, 0), .period = FORE_MONTHLY, .periods = 1, .first_on = date(31)};
    FAILS(FORE_E_NO_ANSWER, "nothing was won", fore_outlook_make(&w->c, &options, &o, e));
    assert_null(o);
}

static void same_outlook(const fore_outlook *a, const fore_outlook *b)
{
    assert_int_equal(a->open, b->open);
    assert_int_equal(a->wins, b->wins);
    assert_int_equal(a->past_wins, b->past_wins);
    size_t open = (size_t)a->open * sizeof(double);
    assert_memory_equal(a->open_won, b->open_won, open * (size_t)a->periods);
    assert_memory_equal(a->open_lost, b->open_lost, open * (size_t)a->periods);
    assert_memory_equal(a->open_amount, b->open_amount, open);
    assert_memory_equal(a->past_amount, b->past_amount, (size_t)a->past_wins * sizeof(double));
    assert_memory_equal(a->arrivals, b->arrivals, (size_t)a->weeks * sizeof(double));
    assert_memory_equal(a->direct_won, b->direct_won, open * (size_t)a->periods);
    assert_memory_equal(a->direct_new, b->direct_new, (size_t)a->periods * sizeof(double));
    assert_true(a->direct_new[0] >= 0); /* there was enough to learn from */
}

static void record_at(world *w, int day, int64_t cuts, fore_record *r)
{
    fore_record_options options = {
        .as_of = at(day, 0), .period = FORE_MONTHLY, .cuts = cuts, .steps = 3, .seed = 3};
    OK(fore_record_make(&w->c, &options, r, e));
}

static void outlook_and_record__see_nothing_later(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    world *past = another_world(1);
    company k = plain;
    k.known_until = at(420, 0);
    put_company(past, &k);
    fore_outlook *full = outlook_at(w, at(420, 0), 3), *cut = outlook_at(past, at(420, 0), 3);
    same_outlook(full, cut);
    fore_outlook_free(full);
    fore_outlook_free(cut);
    static fore_record a, b;
    record_at(w, 420, 6, &a);
    record_at(past, 420, 6, &b);
    assert_int_equal(a.cuts, 6);
    assert_int_equal(b.cuts, 6);
    assert_memory_equal(&a, &b, sizeof a);
    world_end(past);
}

static void record__actuals__are_what_was_won(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    static fore_record r;
    record_at(w, 560, 8, &r);
    assert_int_equal(r.cuts, 8);
    double error = 0, actual = 0;
    for (int64_t i = 0; i < r.cuts; i++) {
        const fore_record_cut *cut = &r.cut[i];
        assert_true(i == 0 || cut->start == r.cut[i - 1].end);
        assert_true(fore_time_of_date(cut->end) <= at(560, 0));
        assert_true(fabs(cut->actual - won_between(world_timeline(w), fore_time_of_date(cut->start),
                                                   fore_time_of_date(cut->end))) < 1e-6);
        assert_true(cut->lo80 <= cut->median && cut->median <= cut->hi80);
        if (i > 0) assert_true(fabs(cut->baseline[FORE_BASE_LAST] - r.cut[i - 1].actual) < 1e-6);
        error += fabs(cut->mean - cut->actual);
        actual += cut->actual;
    }
    assert_true(fabs(r.error - error / actual) < 1e-12);
    assert_true(r.error < 0.6);
    assert_true(r.pipeline_level[0] > 0.5 && r.pipeline_level[0] < 2);
}

static void record__short_history__has_no_cuts(void **state)
{
    world *w = *state;
    world_begin(w);
    put_closed(w, "D1", at(0, 9), at(9, 9), FORE_WON, 100);
    put_closed(w, "D2", at(0, 9), at(40, 9), FORE_WON, 100);
    world_commit(w);
    static fore_record r;
    record_at(w, 60, 6, &r);
    assert_int_equal(r.cuts, 0);
    assert_true(r.pipeline_level[0] == 1 && isnan(r.error));
}

static void outlook__memory_runs_out_anywhere__leaks_nothing(void **state)
{
    world *w = *state;
    company k = plain;
    k.deals = 60;
    put_company(w, &k);
    world_timeline(w);
    int64_t live = fore_memory_live();
    bool done = false;
    int64_t failures = 0;
    for (int64_t n = 1; !done; n += 1 + n / 30) {
        fore_outlook *o = NULL;
        fore_pipeline_result *r = NULL;
        fore_outlook_options options = {
            .as_of = at(560, 0), .period = FORE_MONTHLY, .periods = 2, .first_on = date(547)};
        fore_outlook_draws draws = {.share = 1, .draws = 64, .seed = 5};
        fore_memory_fail_at(n);
        fore_status status = fore_outlook_make(&w->c, &options, &o, NULL);
        if (status == FORE_OK) status = fore_outlook_simulate(&w->c, o, &draws, &r, NULL);
        fore_memory_fail_at(0);
        done = status == FORE_OK;
        failures += !done;
        assert_true(done || status == FORE_E_MEMORY);
        fore_pipeline_result_free(r);
        fore_outlook_free(o);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_true(failures > 10);
}

/* A deal that is dated back, closed in January and created in June: today the history begins with
 * it, as of March it begins in February. */
static void rules_past__a_history_that_began_elsewhere_then__is_laid_beside_by_dates(void **state)
{
    world *w = *state;
    fore_sales_series *now, *then;
    double *past = NULL;
    world_begin(w);
    put_closed(w, "D0", at(160, 9), at(10, 9), FORE_WON, 500);
    put_closed(w, "D1", at(40, 9), at(45, 9), FORE_WON, 70);
    put_closed(w, "D2", at(46, 9), at(50, 9), FORE_WON, 300);
    put_closed(w, "D3", at(95, 9), at(120, 9), FORE_WON, 80);
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    OK(fore_sales_series_make(t, at(450, 0), NULL, FORE_MONTHLY, FORE_BY_TOTAL, -1, &now, e));
    OK(fore_sales_series_make(t, at(60, 0), NULL, FORE_MONTHLY, FORE_BY_TOTAL, -1, &then, e));
    assert_true(now->start[0] == date(0) && now->amount[0] == 500);
    assert_true(then->start[0] == date(31) && then->periods == 1);
    OK(fore_rules_past(&w->c, now, 2, false, FORE_MONTHLY, &past, e));
    assert_true(past[0] == 0 && past[1] == 370);
    fore_free(past);
    OK(fore_rules_past(&w->c, now, 2, true, FORE_MONTHLY, &past, e));
    assert_true(past[0] == 0 && past[1] == 2);
    fore_free(past);
    fore_sales_series_free(then);
    fore_sales_series_free(now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(outlook__won_so_far__is_exact),
        WITH_WORLD(outlook__an_amount_corrected_later__counts_as_it_was),
        WITH_WORLD(outlook__parts_and_periods__add_up),
        WITH_WORLD(outlook__more_periods_or_another_seed__leave_the_means_alone),
        WITH_WORLD(outlook__groups__add_up_to_the_whole),
        WITH_WORLD(outlook__level__scales_what_is_to_come_only),
        WITH_WORLD(outlook__nothing_open_and_nothing_arriving__is_nothing),
        WITH_WORLD(outlook__starts_given__share_out_the_same_chances),
        WITH_WORLD(outlook__another_currency__is_left_out_and_counted),
        WITH_WORLD(outlook__without_amounts__counts_wins),
        WITH_WORLD(outlook__leads_alone__stand_for_deals),
        WITH_WORLD(outlook__nothing_won__has_no_answer),
        WITH_WORLD(outlook_and_record__see_nothing_later),
        WITH_WORLD(rules_past__a_history_that_began_elsewhere_then__is_laid_beside_by_dates),
        WITH_WORLD(record__actuals__are_what_was_won),
        WITH_WORLD(record__short_history__has_no_cuts),
        WITH_WORLD(outlook__memory_runs_out_anywhere__leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
