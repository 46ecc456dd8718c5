/* Stage, close date and amount of a deal as of T, and the ages of every subject. */
#include <math.h>
#include <string.h>

#include "engine/num/special.h"
#include "features/extractor.h"

/* --- what stages mean as of T; remembered while T stays the same --- */

static void renew_memo(extract_scratch *w, int64_t as_of)
{
    if (w->memo > 0 && w->memo_at == as_of) return;
    w->memo_at = as_of;
    w->memo++;
}

static double place_of(const fore_extractor *x, extract_scratch *w, int32_t stage)
{
    if (stage < 0) return NAN;
    if (w->place_stamp[stage] == w->memo) return w->stage_place[stage];
    const past *p = &x->stage_entry;
    int64_t end = past_end(p, stage, w->memo_at), n = end - p->first[stage];
    w->place_stamp[stage] = w->memo;
    return w->stage_place[stage] = n > 0 ? past_sum(p, stage, end, 0) / (double)n : NAN;
}

static double usual_stay(const fore_extractor *x, extract_scratch *w, int32_t stage)
{
    if (stage < 0) return NAN;
    if (w->median_stamp[stage] == w->memo) return w->stage_median[stage];
    const past *p = &x->stage_stay;
    double newest[STAYS_USED];
    int64_t end = past_end(p, stage, w->memo_at), n = end - p->first[stage];
    n = n < STAYS_USED ? n : STAYS_USED;
    for (int64_t i = 0; i < n; i++) newest[i] = p->value[0][end - n + i];
    w->median_stamp[stage] = w->memo;
    return w->stage_median[stage] = n >= STAYS_NEEDED ? fore_median(newest, n) : NAN;
}

/* --- the changes before T --- */

typedef struct moves {
    int64_t stage_records, stage_moves, back, pushes, amount_changes, owner_changes;
    double pushed_days, first_amount;
    bool amount_seen;
} moves;

static void count_stage_move(const fore_extractor *x, extract_scratch *w, double old, double new,
                             moves *m)
{
    double limit = (double)x->t->stages.count;
    m->stage_records++;
    if (!(old >= 0 && old < limit && new >= 0 && new < limit) || old == new) return;
    m->stage_moves++;
    m->back += place_of(x, w, (int32_t) new) < place_of(x, w, (int32_t)old);
}

static void count_change(const fore_extractor *x, extract_scratch *w, int64_t i, moves *m)
{
    double old = x->t->change_old[i], new = x->t->change_new[i];
    bool differs = old < new || old > new; /* both known */
    switch ((fore_change_field)x->t->change_field[i]) {
    case FORE_CHANGE_STAGE: count_stage_move(x, w, old, new, m); break;
    case FORE_CHANGE_EXPECTED:
        if (new > old) {
            m->pushes++;
            m->pushed_days += new - old;
        }
        break;
    case FORE_CHANGE_AMOUNT:
        m->amount_changes += differs;
        if (!m->amount_seen) m->first_amount = old;
        m->amount_seen = true;
        break;
    case FORE_CHANGE_OWNER: m->owner_changes += differs; break;
    default: break;
    }
}

static void put_stage(const fore_extractor *x, extract_scratch *w, int64_t as_of,
                      const fore_subject_state *state, const moves *m, double *v)
{
    bool staged = state->stage >= 0;
    v[F_STAGE_POSITION] = place_of(x, w, state->stage);
    v[F_STAGE_DAYS] = staged ? (double)(as_of - state->stage_since) / FORE_DAY : NAN;
    double usual = staged ? usual_stay(x, w, state->stage) : NAN;
    v[F_STAGE_SPEED] = usual > 0 ? v[F_STAGE_DAYS] / usual : NAN;
    v[F_STAGE_MOVES] = m->stage_records ? (double)m->stage_moves : NAN;
    v[F_STAGE_BACK] = m->stage_records ? (double)m->back : NAN;
}

static double usual_amount(const ledger *p, int64_t group, int64_t as_of)
{
    if (group < 0) return NAN;
    ledger_cut cut = ledger_before(p, group, as_of);
    double known = ledger_sum(p, cut, CLOSED_KNOWN);
    return known > 0 ? ledger_sum(p, cut, CLOSED_LOG_AMOUNT) / known : NAN;
}

static void put_amount(const fore_extractor *x, int64_t s, int64_t as_of,
                       const fore_subject_state *state, const moves *m, double *v)
{
    const fore_timeline *t = x->t;
    double amount = isnan(state->amount) ? NAN : fore_ln1(state->amount);
    v[F_AMOUNT] = amount;
    v[F_AMOUNT_CHANGES] = (double)m->amount_changes;
    v[F_AMOUNT_GROWTH] =
        m->amount_seen && !isnan(m->first_amount) ? amount - fore_ln1(m->first_amount) : NAN;
    v[F_AMOUNT_ACCOUNT] = amount - usual_amount(&x->by_account, t->account[s], as_of);
    v[F_AMOUNT_PRODUCT] = amount - usual_amount(&x->by_product, t->product[s], as_of);
    v[F_AMOUNT_OWNER] = amount - usual_amount(&x->by_owner[FORE_SUBJECT_DEAL], state->owner, as_of);
}

static void forget_deal(double *v)
{
    static const int of_deals[] = {
        F_LEAD_DAYS,      F_STAGE_POSITION, F_STAGE_DAYS,     F_STAGE_SPEED,
        F_STAGE_MOVES,    F_STAGE_BACK,     F_PUSHES,         F_PUSHED_DAYS,
        F_DAYS_TO_CLOSE,  F_AMOUNT,         F_AMOUNT_CHANGES, F_AMOUNT_GROWTH,
        F_AMOUNT_ACCOUNT, F_AMOUNT_PRODUCT, F_AMOUNT_OWNER,   F_OWNER_CHANGES};
    for (size_t i = 0; i < sizeof of_deals / sizeof *of_deals; i++) v[of_deals[i]] = NAN;
}

static double lead_days(const fore_timeline *t, int64_t s)
{
    int32_t lead = t->other[s];
    if (lead < 0 || t->created_at[lead] == FORE_NO_TIME || t->created_at[s] == FORE_NO_TIME)
        return NAN;
    double days = (double)(t->created_at[s] - t->created_at[lead]) / FORE_DAY;
    return days < 0 ? NAN : days;
}

void fore_extract_deal(const fore_extractor *x, extract_scratch *w, int64_t s, int64_t as_of,
                       const fore_subject_state *state, double *v)
{
    const fore_timeline *t = x->t;
    v[F_AGE] = state->exists ? (double)(as_of - t->created_at[s]) / FORE_DAY : NAN;
    if (s < t->leads) {
        forget_deal(v);
        return;
    }
    moves m = {.first_amount = NAN};
    renew_memo(w, as_of);
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1] && t->change_at[i] < as_of; i++)
        count_change(x, w, i, &m);
    v[F_LEAD_DAYS] = lead_days(t, s);
    put_stage(x, w, as_of, state, &m, v);
    v[F_PUSHES] = (double)m.pushes;
    v[F_PUSHED_DAYS] = m.pushed_days;
    v[F_DAYS_TO_CLOSE] = state->expected_close_on == FORE_NO_DATE
                             ? NAN
                             : state->expected_close_on - (double)as_of / FORE_DAY;
    put_amount(x, s, as_of, state, &m, v);
    v[F_OWNER_CHANGES] = (double)m.owner_changes;
}
