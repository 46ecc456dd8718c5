/* The record of past forecasts: what it learns, from what it may learn, and what follows. */
#include "engine/jobs/forecast.h"
#include "engine/jobs/forecast_record.h"
#include "engine/jobs/forecast_rules.h"

#include "answer_help.h"

static const company plain = {.seed = 2, .deals = 400, .days = 600};
enum { NOW = 560 };

static fore_record record_at(world *w, int day, int64_t cuts, int64_t steps, bool distances)
{
    fore_record r;
    fore_record_options options = {.as_of = at(day, 0),
                                   .period = FORE_MONTHLY,
                                   .cuts = cuts,
                                   .steps = steps,
                                   .distances = distances,
                                   .seed = 3};
    OK(fore_record_make(&w->c, &options, &r, e));
    return r;
}

static fore_outlook *outlook_at(world *w, int64_t as_of, int64_t periods, int64_t spells_max)
{
    fore_outlook *o;
    fore_outlook_options options = {.as_of = as_of,
                                    .period = FORE_MONTHLY,
                                    .periods = periods,
                                    .first_on =
                                        fore_period_start(FORE_MONTHLY, fore_date_of(as_of)),
                                    .spells_max = spells_max};
    OK(fore_outlook_make(&w->c, &options, &o, e));
    return o;
}

/* --- what is learned --- */

/* The company does what the hazards say: the level stays near 1 and every member near what it said.
 */
static void record__calibrated_pipeline__keeps_its_level(void **state)
{
    world *w = *state;
    company k = {.seed = 5, .deals = 1500, .days = 700};
    put_company(w, &k);
    fore_record r = record_at(w, 690, 8, 3, false);
    assert_int_equal(r.learned, 16);
    for (int h = 0; h < 3; h++) {
        assert_true(fabs(r.pipeline_level[h] - 1) < 0.15);
        assert_true(r.shock_sd[h] < 0.3);
        double sum = 0;
        for (int m = 0; m < FORE_MEMBERS; m++) sum += r.weight[h][m];
        CLOSE(sum, 1);
    }
    assert_true(r.error < 0.25 && r.coverage80 >= 0.5);
}

/* Each month as many wins of the same amount as any other, from deals that are entered in floods
 * when it suits: the pipeline is misled by every flood, the series never. */
static void record__pipeline_misled__is_trusted_less_than_the_series(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 600; i++) { /* one win a day from deals that live ten days */
        char id[16];
        snprintf(id, sizeof id, "W%04d", i);
        put_closed(w, id, at(i, 9), at(i + 10, 9), FORE_WON, 1000);
    }
    for (int i = 0; i < 6000; i++) { /* lost after forty; few in odd months, many in even ones */
        char id[16];
        int day = i / 10;
        if (i % 10 > 0 && day / 30 % 2) continue;
        snprintf(id, sizeof id, "Z%04d", i);
        put_closed(w, id, at(day, 9), at(day + 40, 9), FORE_LOST, 1000);
    }
    world_commit(w);
    fore_record r = record_at(w, 580, 8, 1, false);
    double pipeline = r.weight[0][FORE_MEMBER_PIPELINE],
           series = r.weight[0][FORE_MEMBER_RHYTHM] + r.weight[0][FORE_MEMBER_ETS];
    assert_true(series > 2 * pipeline);
    assert_true(r.baseline_error[FORE_BASE_RUN_RATE] < 0.05);
    assert_true(r.error < 0.12);
}

static void record__distances__count_only_what_has_happened(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_record r = record_at(w, NOW, 8, 3, true);
    assert_int_equal(r.cuts, 8);
    for (int h = 0; h < 3; h++) {
        assert_int_equal(r.ahead[h].cuts, 8 - h);
        assert_true(r.ahead[h].error > 0 && r.ahead[h].coverage80 <= 1);
    }
    assert_int_equal(r.sum.cuts, 6);
    CLOSE(r.ahead[0].error, r.error);
    CLOSE(r.ahead[0].coverage80, r.coverage80);
    CLOSE(r.ahead[0].run_rate_error, r.baseline_error[FORE_BASE_RUN_RATE]);
}

/* --- what is shown is what would have been said --- */

static void same_cut(const fore_record_cut *a, const fore_record_cut *b)
{
    assert_int_equal(a->start, b->start);
    assert_true(a->mean == b->mean && a->median == b->median && a->actual == b->actual);
    assert_true(a->lo80 == b->lo80 && a->hi80 == b->hi80);
}

static void record__cut__is_the_forecast_as_of_that_day(void **state)
{
    world *w = *state;
    company k = {.seed = 5, .deals = 1200, .days = 1000};
    put_company(w, &k);
    fore_record r = record_at(w, 960, 8, 3, true);
    fore_forecast_request request = {.period = FORE_MONTHLY, .horizon = 1};
    assert_int_equal(r.cuts, 8);
    assert_int_equal(r.learned, FORE_RECORD_WINDOW);
    for (int i = 0; i < 8; i += 7) {
        const fore_record_cut *cut = &r.cut[i];
        fore_forecast_basis said;
        OK(fore_forecast_basis_make(&w->c, &request, fore_time_of_date(cut->start), 3, &said, e));
        const fore_pipeline_period *p = said.result->period;
        assert_true(cut->mean == p->mean && cut->median == p->median);
        assert_true(cut->lo80 == p->quantile[2] && cut->hi80 == p->quantile[6]);
        fore_forecast_basis_free(&said);
    }
}

/* Neither how many are shown, nor how far ahead else is looked, nor what came since. */
static void record__cut__depends_on_nothing_else_that_is_asked(void **state)
{
    world *w = *state;
    company k = {.seed = 5, .deals = 1200, .days = 1000};
    put_company(w, &k);
    fore_record many = record_at(w, 960, 12, 3, true), few = record_at(w, 960, 3, 3, true),
                near = record_at(w, 960, 3, 1, false), far = record_at(w, 960, 3, 6, false),
                before = record_at(w, 960 - 61, 4, 1, false);
    for (int i = 0; i < 3; i++) {
        same_cut(&few.cut[i], &many.cut[i + 9]);
        same_cut(&near.cut[i], &many.cut[i + 9]);
        same_cut(&far.cut[i], &many.cut[i + 9]);
    }
    for (int i = 0; i < 4; i++) same_cut(&before.cut[i], &many.cut[i + 6]);
    assert_memory_equal(few.weight, many.weight, sizeof few.weight); /* nor what holds now */
    assert_memory_equal(few.shock_sd, many.shock_sd, sizeof few.shock_sd);
    assert_true(near.weight[0][FORE_MEMBER_DIRECT] == many.weight[0][FORE_MEMBER_DIRECT]);
    assert_true(near.pipeline_level[0] == many.pipeline_level[0]);
    assert_true(near.shock_sd[0] == many.shock_sd[0]);
}

/* --- from what it may be learned --- */

/* Amounts that are corrected after a cut: the cut learns from what stood there before. */
static void record__amounts_corrected_later__do_not_reach_past_cuts(void **state)
{
    world *w = *state, *past = another_world(1);
    put_company(w, &plain);
    put_company(past, &plain);
    const fore_timeline *t = world_timeline(w);
    world_begin(w); /* on the last day all early wins turn out ten times as large */
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (t->outcome[s] != FORE_WON || t->closed_at[s] >= at(480, 0)) continue;
        char before[32], after[32];
        fore_number_format(t->amount[s], before);
        fore_number_format(10 * t->amount[s], after);
        put_change(w, fore_word(&t->ids, s), at(NOW - 1, 9), "amount", before, after);
    }
    world_commit(w);
    fore_record late = record_at(w, NOW, 2, 1, false), plainly = record_at(past, NOW, 2, 1, false);
    assert_int_equal(late.cuts, 2);
    for (int i = 0; i < 2; i++) { /* those months closed after the corrected ones */
        assert_true(late.cut[i].mean == plainly.cut[i].mean);
        assert_true(late.cut[i].hi80 == plainly.cut[i].hi80);
        for (int b = 0; b < FORE_BASELINES; b++)
            assert_true(late.cut[i].baseline[b] == plainly.cut[i].baseline[b] ||
                        isnan(late.cut[i].baseline[b]));
    }
    world_end(past);
}

/* Most was won in yen for a year and in euros since: what was forecast in yen is measured against
 * no euros, nor learned from. */
static void record__another_currency_then__is_no_record_of_this_one(void **state)
{
    world *w = *state;
    world_begin(w);
    for (int i = 0; i < 900; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%04d", i);
        fore_deal_row row = a_deal(id, at(i, 9));
        row.closed_at = at(i + 20 + i % 5, 9);
        row.outcome = i % 3 ? FORE_WON : FORE_LOST;
        row.currency = i < 400 ? "JPY" : "EUR";
        row.amount_minor = i < 400 ? 10000000 : 100000;
        put_deal(w, row);
    }
    world_commit(w);
    fore_record r = record_at(w, 895, 8, 1, false);
    assert_int_equal(r.cuts, 2); /* euros lead since the spring of 2026 */
    assert_int_equal(r.learned, 2);
    for (int i = 0; i < 2; i++) assert_true(fabs(r.cut[i].mean / r.cut[i].actual - 1) < 0.25);
    assert_true(r.pipeline_level[0] > 0.8 && r.pipeline_level[0] < 1.25);
}

/* Amounts come with the win and no log says when: an open deal of a past cut has none. */
static void outlook__amounts_without_log__stay_unknown_at_a_past_cut(void **state)
{
    world *w = *state, *past = another_world(1);
    for (int k = 0; k < 2; k++) {
        world *v = k ? past : w;
        int64_t until = k ? at(300, 0) : INT64_MAX;
        world_begin(v);
        for (int i = 0; i < 300; i++) {
            char id[16];
            snprintf(id, sizeof id, "D%04d", i);
            int64_t created = at(2 * i, 9), closed = created + (20 + i % 50) * FORE_DAY;
            if (created >= until) continue;
            fore_deal_row row = a_deal(id, created);
            bool won = i % 3 == 0, known = closed < until;
            row.outcome = !known ? FORE_OUTCOME_OPEN : won ? FORE_WON : FORE_LOST;
            if (known) row.closed_at = closed;
            row.currency = "EUR";
            if (known && won) row.amount_minor = 100000 + 1000 * i;
            put_deal(v, row);
        }
        world_commit(v);
    }
    fore_outlook *full = outlook_at(w, at(300, 0), 2, 0), *cut = outlook_at(past, at(300, 0), 2, 0);
    assert_int_equal(full->open, cut->open);
    assert_true(full->open > 15 && full->past_wins > 20 && !full->counts);
    for (int64_t i = 0; i < full->open; i++)
        assert_true(isnan(full->open_amount[i]) && isnan(cut->open_amount[i]));
    double a[2], b[2], sd[2];
    OK(fore_outlook_expect(full, NULL, 1, a, sd, e));
    OK(fore_outlook_expect(cut, NULL, 1, b, sd, e));
    for (int j = 0; j < 2; j++) assert_true(a[j] == b[j] && a[j] > 0);
    fore_outlook_free(full);
    fore_outlook_free(cut);
    world_end(past);
}

/* --- the outlook's moments --- */

static void outlook__expectation__is_the_mean_of_the_draws(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    const fore_timeline *t = world_timeline(w);
    fore_outlook *o = outlook_at(w, at(NOW, 13), 3, 0);
    double *north = calloc((size_t)t->subjects, sizeof *north);
    for (int64_t s = 0; s < t->subjects; s++) north[s] = t->owner[s] % 2 == 1;
    for (int k = 0; k < 3; k++) { /* all, half of them, and chances to be the group's */
        for (int64_t i = 0; i < o->open && k == 2; i++)
            north[o->open_subject[i]] = 0.1 + 0.2 * (i % 4);
        double mean[3], sd[3];
        fore_pipeline_result *r;
        fore_outlook_draws draws = {
            .member = k ? north : NULL, .share = k ? 0.5 : 1, .draws = 8000, .seed = 5};
        OK(fore_outlook_expect(o, draws.member, draws.share, mean, sd, e));
        OK(fore_outlook_simulate(&w->c, o, &draws, &r, e));
        for (int j = 0; j < 3; j++) {
            const fore_pipeline_period *p = &r->period[j];
            assert_true(fabs(p->mean - p->won_so_far - mean[j]) < 5 * sd[j] / sqrt(8000));
            assert_true(fabs(p->sd / sd[j] - 1) < 0.06);
        }
        fore_pipeline_result_free(r);
    }
    free(north);
    fore_outlook_free(o);
}

static void outlook__above_the_limit__draws_whole_deals_by_their_key(void **state)
{
    world *w = *state, *other = another_world(3);
    company k = {.seed = 3, .deals = 2000, .days = 600};
    put_company(w, &k);
    put_company(other, &k);
    int64_t limit = 8 * 700;
    fore_outlook *all = outlook_at(w, at(NOW, 0), 2, 0),
                 *drawn = outlook_at(w, at(NOW, 0), 2, limit);
    fore_outlook *again = outlook_at(other, at(NOW, 0), 2, limit);
    assert_int_equal(all->used, all->known);
    assert_int_equal(drawn->known, all->known);
    assert_true(all->known > 1700 && all->known < 2000); /* those of later are not counted */
    assert_true(abs((int)drawn->used - 700) < 90);
    assert_int_equal(drawn->used, again->used);
    size_t bytes = (size_t)(2 * drawn->open) * sizeof(double);
    assert_memory_equal(drawn->open_won, again->open_won, bytes);
    assert_true(memcmp(drawn->open_won, all->open_won, bytes) != 0);
    double a[2], b[2], sd[2]; /* the drawn ones stand for all */
    OK(fore_outlook_expect(all, NULL, 1, a, sd, e));
    OK(fore_outlook_expect(drawn, NULL, 1, b, sd, e));
    for (int j = 0; j < 2; j++) assert_true(fabs(b[j] / a[j] - 1) < 0.12);
    int64_t differ = 0; /* still by more than age */
    for (int64_t i = 1; i < drawn->open; i++)
        differ += fabs(drawn->open_won[i] - drawn->open_won[i - 1]) > 1e-3;
    assert_true(differ > drawn->open / 2);
    fore_outlook_free(all);
    fore_outlook_free(drawn);
    fore_outlook_free(again);
    world_end(other);
}

/* A cut in the past counts the deals of then, not those of now. */
static void outlook__limit_at_a_past_cut__counts_what_was_known(void **state)
{
    world *w = *state;
    company k = {.seed = 3, .deals = 2000, .days = 600};
    put_company(w, &k);
    fore_outlook *o = outlook_at(w, at(150, 0), 1, 8 * 700); /* 500 deals then, 2000 now */
    assert_true(o->known > 400 && o->known < 600);
    assert_int_equal(o->used, o->known);
    fore_outlook_free(o);
}

static void outlook__shares__add_up_and_forget_old_deals(void **state)
{
    world *w = *state;
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    put_rep(w, "R1", "north", 40);
    for (int i = 0; i < 120; i++) { /* south's deals are older than half a year, but for ten */
        char id[16];
        snprintf(id, sizeof id, "D%03d", i);
        fore_deal_row row = a_deal(id, i < 80 ? at(i, 9) : at(300 + i, 9));
        row.owner = key_of(w, FORE_REP, i < 90 ? "R0" : "R1");
        if (i % 4 == 0) {
            row.outcome = FORE_WON;
            row.closed_at = row.created_at + 10 * FORE_DAY;
            row.amount_minor = 100000;
        }
        put_deal(w, row);
    }
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    fore_outlook *o = outlook_at(w, at(450, 0), 1, 0);
    double south[512] = {0}, north[512] = {0};
    for (int64_t s = 0; s < t->subjects; s++) {
        bool first = strcmp(fore_word(&t->rep_ids, t->owner[s]), "R0") == 0;
        (first ? south : north)[s] = 1;
    }
    CLOSE(fore_outlook_share(t, o, south), 0.25); /* 10 of 40, not 90 of 120 */
    CLOSE(fore_outlook_share(t, o, north), 0.75);
    CLOSE(fore_outlook_share(t, o, NULL), 1);
    fore_outlook_free(o);
}

/* --- what follows for now --- */

static void tilt__whole_periods__have_the_weighted_mean(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    const fore_timeline *t = world_timeline(w);
    fore_record r = record_at(w, 547, 8, 2, false); /* day 547: 1 July 2025 */
    fore_outlook *o = outlook_at(w, at(547, 0), 3, 0);
    double level[3], shock[3], mean[3], sd[3], direct[3], stages;
    OK(fore_record_tilt(&r, t, o, NULL, 1, level, shock, e));
    OK(fore_outlook_expect(o, NULL, 1, mean, sd, e));
    OK(fore_outlook_expect_direct(o, NULL, 1, direct, e));
    OK(fore_stage_weights(t, o, 31, &stages, e));
    for (int j = 0; j < 3; j++) {
        int h = j < 2 ? j : 1; /* further ahead is like the last step */
        double pipeline[] = {mean[j], mean[j] * r.pipeline_level[h]}, sum = 0, total = 0;
        const double member[FORE_MEMBERS] = {pipeline[0],      pipeline[1],
                                             direct[j],        direct[j] * r.rhythm[j],
                                             j ? NAN : stages, r.rhythm_level * r.rhythm[j],
                                             r.ets[h]};
        assert_true(direct[j] > 0);
        for (int m = 0; m < FORE_MEMBERS; m++) {
            if (isnan(member[m])) continue;
            sum += r.weight[h][m] * member[m];
            total += r.weight[h][m];
        }
        CLOSE(level[j] * mean[j], sum / total);
        CLOSE(shock[j], r.shock_sd[h]);
    }
    fore_outlook_free(o);
}

/* Ten days before the end of a month only so much of the series' month is to come. */
static void tilt__inside_a_period__takes_the_rest_of_the_series(void **state)
{
    world *w = *state;
    put_company(w, &plain);
    fore_record r = record_at(w, 547 + 21, 8, 1, false);
    fore_outlook *o = outlook_at(w, at(547 + 21, 0), 1, 0);
    double level, shock, mean, sd;
    for (int m = 0; m < FORE_MEMBERS; m++) r.weight[0][m] = m == FORE_MEMBER_RHYTHM;
    OK(fore_record_tilt(&r, world_timeline(w), o, NULL, 1, &level, &shock, e));
    OK(fore_outlook_expect(o, NULL, 1, &mean, &sd, e));
    CLOSE(level * mean, r.rhythm_level * r.rhythm[0] * 10 / 31);
    fore_outlook_free(o);
}

/* Two teams with pipelines alike; the north's deals have been won far more often. */
static void tilt__groups__follow_their_own_past_and_add_up(void **state)
{
    world *w = *state;
    world_begin(w);
    put_rep(w, "R0", "south", 40);
    put_rep(w, "R1", "north", 40);
    for (int i = 0; i < 600; i++) {
        char id[16];
        snprintf(id, sizeof id, "D%04d", i);
        bool north = i % 2 == 1;
        fore_deal_row row = a_deal(id, at(i, 9));
        row.owner = key_of(w, FORE_REP, north ? "R1" : "R0");
        row.outcome = i / 2 % 10 < (north ? 6 : 2) ? FORE_WON : FORE_LOST;
        row.closed_at = row.created_at + (15 + i % 40) * FORE_DAY;
        row.amount_minor = 100000;
        row.currency = "EUR";
        if (row.closed_at > at(NOW + 20, 0)) row.outcome = FORE_OUTCOME_OPEN;
        if (row.outcome == FORE_OUTCOME_OPEN) row.closed_at = FORE_NO_TIME;
        put_deal(w, row);
    }
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    fore_record r = record_at(w, NOW, 8, 2, false);
    fore_outlook *o = outlook_at(w, at(NOW, 0), 2, 0);
    double whole[2], level[2], shock[2], sd[2], mean[3][2];
    OK(fore_record_tilt(&r, t, o, NULL, 1, level, shock, e));
    OK(fore_outlook_expect(o, NULL, 1, whole, sd, e));
    for (int j = 0; j < 2; j++) mean[2][j] = level[j] * whole[j];
    for (int g = 0; g < 2; g++) {
        double *member = calloc((size_t)t->subjects, sizeof *member);
        for (int64_t s = 0; s < t->subjects; s++)
            member[s] = strcmp(fore_word(&t->rep_ids, t->owner[s]), g ? "R1" : "R0") == 0;
        double share = fore_outlook_share(t, o, member);
        OK(fore_record_tilt(&r, t, o, member, share, level, shock, e));
        OK(fore_outlook_expect(o, member, share, mean[g], sd, e));
        for (int j = 0; j < 2; j++) mean[g][j] *= level[j];
        free(member);
    }
    for (int j = 0; j < 2; j++) {
        CLOSE(mean[0][j] + mean[1][j], mean[2][j]);
        assert_true(mean[1][j] > 1.4 * mean[0][j]);
    }
    fore_outlook_free(o);
}

/* --- rules --- */

static void rules__read_the_series_as_people_do(void **state)
{
    (void)state;
    fore_rules r;
    const double past[] = {0, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120};
    fore_rules_read(past, 14, 12, 3, &r);
    assert_true(r.value[FORE_BASE_LAST][0] == 120 && r.value[FORE_BASE_LAST][2] == 120);
    assert_true(r.value[FORE_BASE_RUN_RATE][0] == 110);
    assert_true(r.value[FORE_BASE_LAST_YEAR][0] == 10 && r.value[FORE_BASE_LAST_YEAR][1] == 20);
    assert_true(r.value[FORE_BASE_ETS][0] > 110 && r.value[FORE_BASE_ETS][2] >= 120);
    assert_true(isnan(r.value[FORE_BASE_STAGE_WEIGHTS][0]));
    fore_rules_read(past, 3, 12, 1, &r); /* one month of sales */
    assert_true(r.value[FORE_BASE_RUN_RATE][0] == 10 && r.value[FORE_BASE_ETS][0] == 10);
    assert_true(isnan(r.value[FORE_BASE_LAST_YEAR][0]));
    fore_rules_read(past, 2, 12, 1, &r); /* none */
    assert_true(isnan(r.value[FORE_BASE_LAST][0]) && isnan(r.value[FORE_BASE_ETS][0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(record__calibrated_pipeline__keeps_its_level),
        WITH_WORLD(record__pipeline_misled__is_trusted_less_than_the_series),
        WITH_WORLD(record__distances__count_only_what_has_happened),
        WITH_WORLD(record__cut__is_the_forecast_as_of_that_day),
        WITH_WORLD(record__cut__depends_on_nothing_else_that_is_asked),
        WITH_WORLD(record__amounts_corrected_later__do_not_reach_past_cuts),
        WITH_WORLD(record__another_currency_then__is_no_record_of_this_one),
        WITH_WORLD(outlook__amounts_without_log__stay_unknown_at_a_past_cut),
        WITH_WORLD(outlook__expectation__is_the_mean_of_the_draws),
        WITH_WORLD(outlook__above_the_limit__draws_whole_deals_by_their_key),
        WITH_WORLD(outlook__limit_at_a_past_cut__counts_what_was_known),
        WITH_WORLD(outlook__shares__add_up_and_forget_old_deals),
        WITH_WORLD(tilt__whole_periods__have_the_weighted_mean),
        WITH_WORLD(tilt__inside_a_period__takes_the_rest_of_the_series),
        WITH_WORLD(tilt__groups__follow_their_own_past_and_add_up),
        cmocka_unit_test(rules__read_the_series_as_people_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
