/* What a subject's surroundings say as of T: the record of its owner, source, product and campaign,
 * the history with its account, the time of year. */
#include <math.h>

#include "features/extractor.h"

/* --- smoothed rates --- */

double fore_base_rate(const fore_extractor *x, fore_subject_kind kind, int64_t as_of,
                      int64_t *closings)
{
    const ledger *p = &x->base[kind];
    ledger_cut cut = ledger_before(p, 0, as_of);
    double n = ledger_count(p, cut);
    if (closings) *closings = (int64_t)n;
    return n > 0 ? ledger_sum(p, cut, CLOSED_WON) / n : NAN;
}

/* The group's wins among its closings, drawn to `prior`, the rate of the level above it. */
static double smoothed(const ledger *p, int64_t group, int64_t as_of, double prior)
{
    if (group < 0) return NAN;
    ledger_cut cut = ledger_before(p, group, as_of);
    return (ledger_sum(p, cut, CLOSED_WON) + FORE_RATE_PRIOR * prior) /
           (ledger_count(p, cut) + FORE_RATE_PRIOR);
}

static double either(double rate, double otherwise) { return isnan(rate) ? otherwise : rate; }

/* Of the level above a group: the parent's smoothed rate, the base rate where none is known. */
static double level_above(const ledger *p, const int32_t *parent, int64_t group, int64_t as_of,
                          double base)
{
    return group < 0 ? base : either(smoothed(p, parent[group], as_of, base), base);
}

/* Wins from `from` on that stand as of `to`: of those taken back since, the ones that lie before
 * `from` were not counted to begin with. */
static double wins_between(const fore_timeline *t, const ledger *p, int64_t group, int64_t from,
                           int64_t to)
{
    const past *made = &p->made, *undone = &p->undone;
    int64_t low = past_end(made, group, from), high = past_end(made, group, to);
    double wins = past_sum(made, group, high, CLOSED_WON) - past_sum(made, group, low, CLOSED_WON);
    if (undone->count == 0) return wins;
    int64_t end = past_end(undone, group, to);
    for (int64_t i = past_end(undone, group, from); i < end; i++) {
        fore_ending ending = fore_subject_ended(t, undone->item[i], undone->at[i]);
        bool counted = ending.outcome == FORE_OUTCOME_OPEN || ending.at >= from;
        double before = i > undone->first[group] ? undone->value[CLOSED_WON][i - 1] : 0;
        if (counted) wins -= undone->value[CLOSED_WON][i] - before;
    }
    return wins;
}

void fore_extract_rates(const fore_extractor *x, int64_t s, int64_t as_of,
                        const fore_subject_state *state, double *v)
{
    const fore_timeline *t = x->t;
    int kind = fore_subject_kind_of(t, s);
    int32_t owner = state->owner;
    double base = fore_base_rate(x, (fore_subject_kind)kind, as_of, NULL);
    double team = level_above(&x->by_team[kind], t->rep_team, owner, as_of, base);
    v[F_OWNER_RATE] = smoothed(&x->by_owner[kind], owner, as_of, team);
    v[F_OWNER_WINS_90] = v[F_OWNER_OPEN] = NAN;
    if (owner >= 0) {
        v[F_OWNER_WINS_90] =
            wins_between(t, &x->by_owner[kind], owner, as_of - 90 * FORE_DAY, as_of);
        v[F_OWNER_OPEN] = (double)(past_count(&x->owner_start[kind], owner, as_of) -
                                   past_count(&x->owner_end[kind], owner, as_of));
    }
    v[F_SOURCE_RATE] = smoothed(&x->by_source[kind], t->source[s], as_of, base);
    v[F_CAMPAIGN_RATE] =
        smoothed(&x->by_campaign[kind], t->campaign[s], as_of, either(v[F_SOURCE_RATE], base));
    v[F_PRODUCT_RATE] = NAN;
    if (s < t->leads) return;
    double category = level_above(&x->by_category, t->product_category, t->product[s], as_of, base);
    v[F_PRODUCT_RATE] = smoothed(&x->by_product, t->product[s], as_of, category);
}

/* --- the account --- */

/* Is a deal that was won at `at` still won, by that win, as of `as_of`? */
static bool stands(const fore_timeline *t, int64_t s, int64_t at, int64_t as_of)
{
    if (fore_subject_spells(t, s) == 1) return true;
    fore_ending end = fore_subject_ended(t, s, as_of);
    return end.outcome == FORE_WON && end.at == at;
}

static void put_account_deals(const fore_extractor *x, int64_t s, int64_t account, int64_t as_of,
                              double *v)
{
    const fore_timeline *t = x->t;
    const ledger *p = &x->by_account;
    ledger_cut cut = ledger_before(p, account, as_of);
    double closed = ledger_count(p, cut), won = ledger_sum(p, cut, CLOSED_WON);
    double amount = ledger_sum(p, cut, CLOSED_AMOUNT);
    bool is_deal = s >= t->leads && t->left_out[s] == FORE_KEPT;
    fore_ending end = fore_subject_closed(t, s, as_of);
    if (is_deal && end.outcome != FORE_OUTCOME_OPEN) { /* not its own history */
        bool self_won = end.outcome == FORE_WON;
        double own = fore_closing_amount(t, s, end.at);
        closed--;
        won -= self_won;
        amount -= self_won && !isnan(own) ? own : 0;
    }
    const past *wins = &x->account_win;
    int64_t last = past_end(wins, account, as_of) - 1;
    while (last >= wins->first[account] &&
           (wins->item[last] == s || !stands(t, wins->item[last], wins->at[last], as_of)))
        last--;
    v[F_ACCOUNT_WON] = won;
    v[F_ACCOUNT_LOST] = closed - won;
    v[F_ACCOUNT_SINCE_WIN] =
        last >= wins->first[account] ? (double)(as_of - wins->at[last]) / FORE_DAY : NAN;
    v[F_ACCOUNT_WON_AMOUNT] = won > 0 ? fore_ln1(amount) : 0;
    v[F_ACCOUNT_OPEN] = (double)(past_count(&x->account_start, account, as_of) -
                                 past_count(&x->account_end, account, as_of) -
                                 (is_deal && fore_subject_open_at(t, s, as_of)));
}

static void put_account_sales(const fore_extractor *x, int64_t account, int64_t as_of, double *v)
{
    const fore_timeline *t = x->t;
    int64_t first = t->sale_first[account], end_of_all = t->sale_first[account + 1];
    int64_t low = fore_time_lower(t->sale_at, first, end_of_all, as_of - 365 * FORE_DAY);
    int64_t high = fore_time_lower(t->sale_at, first, end_of_all, as_of);
    double before = low > first ? x->sale_sum[low - 1] : 0;
    v[F_ACCOUNT_SALES] = fore_ln1(high > low ? x->sale_sum[high - 1] - before : 0);
    bool any = high > first && t->sale_at[high - 1] != FORE_NO_TIME;
    v[F_ACCOUNT_SINCE_SALE] = any ? (double)(as_of - t->sale_at[high - 1]) / FORE_DAY : NAN;
}

static void put_account_care(const fore_extractor *x, int64_t account, int64_t as_of, double *v)
{
    const fore_timeline *t = x->t;
    int64_t first = t->ticket_first[account], end = t->ticket_first[account + 1];
    int64_t untimed = fore_time_lower(t->ticket_opened_at, first, end, FORE_NO_TIME + 1);
    int64_t opened = fore_time_lower(t->ticket_opened_at, untimed, end, as_of) - untimed;
    v[F_ACCOUNT_TICKETS] = (double)(opened - past_count(&x->ticket_end, account, as_of));
    int64_t until = past_end(&x->ticket_satisfied, account, as_of),
            n = until - x->ticket_satisfied.first[account];
    v[F_ACCOUNT_SATISFACTION] =
        n > 0 ? past_sum(&x->ticket_satisfied, account, until, 0) / (double)n : NAN;
    int64_t own = t->subjects + account, touches = 0;
    int64_t i = fore_time_lower(t->event_at, t->event_first[own], t->event_first[own + 1], as_of);
    for (i--; i >= t->event_first[own] && t->event_at[i] >= as_of - 90 * FORE_DAY; i--)
        touches += x->mask[t->event_code[i]] != 0;
    v[F_ACCOUNT_TOUCHES] = (double)touches;
}

void fore_extract_account(const fore_extractor *x, int64_t s, int64_t as_of, double *v)
{
    int64_t account = x->t->account[s];
    if (account < 0) {
        for (int f = F_ACCOUNT_WON; f <= F_ACCOUNT_TOUCHES; f++) v[f] = NAN;
        return;
    }
    put_account_deals(x, s, account, as_of, v);
    put_account_sales(x, account, as_of, v);
    put_account_care(x, account, as_of, v);
}

/* --- the time of year --- */

void fore_extract_season(const fore_extractor *x, int64_t s, int64_t as_of, double *v)
{
    int32_t today = fore_date_of(as_of), year_start = fore_period_start(FORE_YEARLY, today);
    double phase = 2 * 3.14159265358979323846 * (today - year_start) / 365.25;
    v[F_SEASON_SIN] = sin(phase);
    v[F_SEASON_COS] = cos(phase);
    int32_t quarter = fore_period_start(FORE_QUARTERLY, today);
    v[F_QUARTER_END] = fore_period_add(FORE_QUARTERLY, quarter, 1) - today;
    int64_t created = x->t->created_at[s];
    bool exists = created != FORE_NO_TIME && created < as_of;
    int weekday = exists ? fore_weekday(fore_date_of(created)) : 0;
    v[F_CREATED_WEEKEND] = exists ? weekday >= 5 : NAN;
    v[F_CREATED_WEEKDAY] = exists ? weekday : NAN;
}
