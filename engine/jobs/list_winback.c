/* Win-back: who was lost comes back when what is known now says yes.
 *
 * Signs since the loss are facts: they called, wrote, visited, clicked, read a letter again and
 * again. They suffice to be listed. How often those with such a record do come back is measured on
 * the history itself:
 *
 *   at moments 90 days apart in the past, everybody who was lost then and had nothing open: did
 * they buy within the next 90 days?  rate = base x product of lifts over: time since the loss,
 * signs of the last 60 days, reason of the loss, customer before or not; lift of a level = (came +
 * k) / (expected without it + k), k = 5: gamma-Poisson shrinkage towards the average, fitted in
 * turns (multiplicative model, Bailey and Simon 1960).
 *
 * Each moment is then foretold from those before it. Only where these rates order past cases better
 * than chance (AUC less 1.64 standard errors above one half, Hanley and McNeil 1982, and a log loss
 * below the base rate's, on at least 20 who came back) do they bring rows and show a chance; else
 * only signs count.
 *
 * What the published model says of such a lead as though it were open today, no older than open
 * ones are, is a veto only (grade D: left out): on real histories that chance did not order those
 * who came back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/customers.h"
#include "engine/jobs/supposed.h"
#include "models/measure/classify.h"

enum { CUTS = 12, CAME_NEEDED = 20, SWEEPS = 4, REASON_LEVELS = 65, PARTIES_MOST = 200000 };
enum { SINCE, SIGNS, BOUGHT, REASON, FACTORS };
static const int levels[FACTORS] = {4, 4, 2, REASON_LEVELS};
static const double PRIOR_CAME = 5, WORTH_IT = 2, SURE = 1.645, AGE_SEEN = 0.95;
static const int64_t HORIZON = FORE_WIN_BACK_HORIZON * FORE_DAY, FRESH = 60 * FORE_DAY,
                     TOO_LONG = 3 * 365 * FORE_DAY, DORMANT = 90 * FORE_DAY;

typedef struct lost_case {
    int64_t party;
    int32_t cut;
    uint8_t level[FACTORS];
    bool came;
} lost_case;

typedef struct return_rates {
    double base, lift[FACTORS][REASON_LEVELS];
} return_rates;

static double days_between(int64_t from, int64_t to) { return (double)(to - from) / FORE_DAY; }

/* Lost, at rest for long enough, nothing open and nothing bought since. */
static bool is_lost(const fore_party_state *s, int64_t at, int64_t rest)
{
    return s->lost >= 0 && s->open < 0 && !s->do_not_contact && at - s->lost_at >= rest &&
           at - s->lost_at <= TOO_LONG && s->won_at < s->lost_at &&
           s->last_bought < s->lost_at; /* FORE_NO_TIME is the least */
}

static fore_signs signs_of(const fore_customers *v, int64_t party, int64_t since, int64_t at)
{
    fore_signs signs;
    fore_party_signs(&v->parties, party, since > at - FRESH ? since : at - FRESH, at, &signs);
    return signs;
}

/* 0 none, 1 one sign, 2 several or a click, 3 they spoke with us. */
static uint8_t sign_level(const fore_signs *s)
{
    int64_t n = s->opens + s->clicks + s->visits;
    return s->spoke ? 3 : n >= 2 || s->clicks ? 2 : n ? 1 : 0;
}

static lost_case case_of(const fore_customers *v, int64_t party, const fore_party_state *s,
                         int64_t at)
{
    fore_signs signs = signs_of(v, party, s->lost_at + 1, at);
    double days = days_between(s->lost_at, at);
    lost_case k = {.party = party};
    k.level[SINCE] = days < 120 ? 0 : days < 240 ? 1 : days < 480 ? 2 : 3;
    k.level[SIGNS] = sign_level(&signs);
    k.level[BOUGHT] = s->purchases > 0;
    k.level[REASON] = (uint8_t)(v->reason_lost[s->lost] + 1);
    return k;
}

/* A deal was won; where there are no deals, a lead was converted. */
static bool came_back(const fore_parties *p, int64_t party, int64_t from, int64_t to)
{
    const fore_timeline *t = p->timeline;
    for (int64_t i = p->first[party]; i < p->first[party + 1]; i++) {
        int32_t s = p->subject[i];
        bool counts = s >= t->leads || t->deals == 0;
        fore_ending end = fore_subject_next_end(t, s, from);
        if (counts && end.outcome == FORE_WON && t->left_out[s] == FORE_KEPT && end.at < to)
            return true;
    }
    return false;
}

static int64_t rest_of(const fore_customers *v)
{
    int32_t days = v->request->win_back_days;
    return (days == 0 ? FORE_WIN_BACK_REST : days < 0 ? 0 : days) * FORE_DAY;
}

/* --- past moments --- */

static fore_status read_cases(const fore_customers *v, lost_case **list, int64_t *n,
                              fore_error *err)
{
    const fore_parties *p = &v->parties;
    int64_t capacity = 0, lost = 0, step;
    for (int64_t i = 0; i < p->count; i++) lost += v->state[i].lost >= 0;
    step = 1 + lost / PARTIES_MOST;
    for (int64_t i = 0, seen = 0; i < p->count; i++) {
        if (v->state[i].lost < 0 || seen++ % step) continue; /* not lost now: not lost before */
        for (int c = CUTS; c > 0; c--) {
            int64_t at = v->as_of - c * HORIZON;
            fore_party_state s;
            fore_party_state_at(p, i, at, &s);
            if (!is_lost(&s, at, rest_of(v))) continue;
            FORE_TRY(fore_grow((void **)list, &capacity, *n + 1, sizeof **list, err));
            lost_case *k = &(*list)[(*n)++];
            *k = case_of(v, i, &s, at);
            k->cut = CUTS - c;
            k->came = came_back(p, i, at, at + HORIZON);
        }
    }
    return FORE_OK;
}

static double rate_of(const return_rates *r, const lost_case *k)
{
    double rate = r->base;
    for (int f = 0; f < FACTORS; f++) rate *= r->lift[f][k->level[f]];
    return rate < 0.95 ? rate : 0.95;
}

/* From the cases of the cuts before `until`. False: nobody came. */
static bool fit(const lost_case *list, int64_t n, int32_t until, return_rates *r)
{
    double rows = 0, came = 0;
    for (int f = 0; f < FACTORS; f++)
        for (int l = 0; l < REASON_LEVELS; l++) r->lift[f][l] = 1;
    for (int64_t i = 0; i < n; i++) {
        if (list[i].cut >= until) continue;
        rows++;
        came += list[i].came;
    }
    if (!(came > 0)) return false;
    r->base = came / rows;
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int f = 0; f < FACTORS; f++) {
            double seen[REASON_LEVELS] = {0}, expected[REASON_LEVELS] = {0};
            for (int64_t i = 0; i < n; i++) {
                if (list[i].cut >= until) continue;
                int l = list[i].level[f];
                seen[l] += list[i].came;
                expected[l] += rate_of(r, &list[i]) / r->lift[f][l];
            }
            for (int l = 0; l < levels[f]; l++)
                r->lift[f][l] = (seen[l] + PRIOR_CAME) / (expected[l] + PRIOR_CAME);
        }
    return true;
}

/* Hanley and McNeil's standard error of an AUC. */
static double auc_error(double a, double ones, double zeros)
{
    double q1 = a / (2 - a), q2 = 2 * a * a / (1 + a);
    return sqrt((a * (1 - a) + (ones - 1) * (q1 - a * a) + (zeros - 1) * (q2 - a * a)) /
                (ones * zeros));
}

/* Every cut foretold from those before it. */
static fore_status measure(fore_customers *v, const lost_case *list, int64_t n, fore_error *err)
{
    struct fore_win_back_measure *m = &v->win_back;
    fore_status status = FORE_OK;
    int64_t rows = 0, *cut = FORE_NEW(n + 1, int64_t);
    double *p = FORE_NEW(3 * n + 1, double), *y = p + n, *base = y + n;
    if (!cut || !p) FORE_GO(fore_no_memory(err));
    for (int32_t c = 1; c < CUTS; c++) {
        return_rates r;
        if (!fit(list, n, c, &r)) continue;
        for (int64_t i = 0; i < n; i++) {
            if (list[i].cut != c) continue;
            cut[rows] = c;
            p[rows] = rate_of(&r, &list[i]);
            base[rows] = r.base < 0.95 ? r.base : 0.95;
            y[rows] = list[i].came;
            m->came += list[i].came;
            rows++;
        }
    }
    m->cases = rows;
    m->auc = m->auc_error = NAN;
    if (m->came < CAME_NEEDED || rows - m->came < CAME_NEEDED) goto done;
    FORE_GO(fore_auc_within(p, y, NULL, cut, rows, &m->auc, err));
    m->auc_error = auc_error(m->auc, (double)m->came, (double)(rows - m->came));
    m->tells = m->auc - SURE * m->auc_error > 0.5 &&
               fore_log_loss(p, y, NULL, rows) < fore_log_loss(base, y, NULL, rows);
done:
    fore_free(cut);
    fore_free(p);
    return status;
}

/* --- as though open --- */

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The age that 95 in 100 closed ones of the kind did not outlive. */
static fore_status age_seen(const fore_customers *v, fore_subject_kind kind, int64_t *age,
                            fore_error *err)
{
    const fore_timeline *t = v->timeline;
    int64_t n = 0, *list = FORE_NEW(t->subjects + 1, int64_t);
    *age = FORE_DAY;
    if (!list) return fore_no_memory(err);
    for (int64_t s = 0; s < t->subjects; s++) {
        fore_ending end = fore_subject_closed(t, s, v->as_of);
        if (fore_subject_kind_of(t, s) == kind && t->left_out[s] == FORE_KEPT &&
            end.outcome != FORE_OUTCOME_OPEN)
            list[n++] = end.at - t->created_at[s];
    }
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_number);
    if (n > 0 && list[(int64_t)(AGE_SEEN * (double)(n - 1))] > FORE_DAY)
        *age = list[(int64_t)(AGE_SEEN * (double)(n - 1))];
    fore_free(list);
    return FORE_OK;
}

/* chance[i] of the lost subject of case i, as though it were open now; NaN without a model. */
static fore_status revive(const fore_customers *v, const lost_case *list, int64_t n, double *chance,
                          fore_error *err)
{
    const fore_roster *r = v->roster;
    fore_status status = FORE_OK;
    fore_supposed open = {0};
    int64_t *subject = FORE_NEW(n + 1, int64_t), *who = FORE_NEW(n + 1, int64_t), age;
    fore_extract_row *row = FORE_NEW(n + 1, fore_extract_row);
    double *p = FORE_NEW(n + 1, double);
    if (!subject || !who || !row || !p) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) chance[i] = NAN;
    for (int kind = 0; kind < 2; kind++) {
        int64_t m = 0;
        for (int64_t i = 0; i < n && r->scoring[kind]; i++) {
            int64_t s = v->state[list[i].party].lost;
            if (fore_subject_kind_of(v->timeline, s) != (fore_subject_kind)kind) continue;
            subject[m] = s;
            row[m] = (fore_extract_row){s, v->as_of};
            who[m++] = i;
        }
        if (m == 0) continue;
        FORE_GO(age_seen(v, (fore_subject_kind)kind, &age, err));
        FORE_GO(fore_suppose_open_again(v->timeline, r->extractor, subject, m, v->as_of - FRESH,
                                        v->as_of, age, &open, err));
        FORE_GO(fore_scoring_predict(r->scoring[kind], open.extractor, v->context->pool,
                                     r->attributes[kind], row, m, p, NULL, NULL, err));
        for (int64_t i = 0; i < m; i++) chance[who[i]] = p[i];
        fore_supposed_free(&open);
    }
done:
    fore_supposed_free(&open);
    fore_free(subject);
    fore_free(who);
    fore_free(row);
    fore_free(p);
    return status;
}

/* Does the published model speak against it? One that is no better than the base rate says nothing.
 */
static bool is_poor(const fore_customers *v, int64_t subject, double chance)
{
    const fore_scoring *s = v->roster->scoring[fore_subject_kind_of(v->timeline, subject)];
    double limit[3];
    if (!s || isnan(chance) || fore_scoring_is_idle(s)) return false;
    fore_grade_limits(s, limit);
    return chance < limit[2];
}

/* --- what is proposed --- */

static void say_times(fore_text *out, int64_t n, const char *what)
{
    if (n == 0) return;
    fore_text_printf(out, "%s%s", out->length ? ", " : "", what);
    if (n == 2) fore_text_puts(out, " twice");
    if (n > 2) fore_text_printf(out, " %lld times", (long long)n);
}

/* "visited the site, opened a letter 3 times, last on 2024-03-02" */
static void say_signs(const fore_customers *v, const fore_signs *s, fore_text *out)
{
    char day[32];
    say_times(out, s->spoke, "got in touch");
    say_times(out, s->clicks, "clicked in a letter");
    say_times(out, s->visits, "visited the site");
    say_times(out, s->opens, "opened a letter");
    if (s->last_at == FORE_NO_TIME) return;
    int64_t local = s->last_at + fore_zone_offset(v->context->zone, s->last_at);
    fore_date_format(fore_date_of(local), day);
    bool once = s->spoke + s->clicks + s->visits + s->opens == 1;
    fore_text_printf(out, "%s on %s", once ? "" : ", last", day);
}

static void say_loss(const fore_customers *v, int64_t subject, int64_t lost_at, fore_text *out)
{
    char day[32];
    int64_t local = lost_at + fore_zone_offset(v->context->zone, lost_at);
    fore_date_format(fore_date_of(local), day);
    fore_text_printf(out, "%slost on %s", out->length ? "; " : "", day);
    if (v->reason_lost[subject] >= 0)
        fore_text_printf(out, " (%s)", v->reasons[v->reason_lost[subject]]);
}

static fore_status propose_lost(fore_customers *v, const lost_case *k, const return_rates *rates,
                                double as_open, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    const fore_party_state *s = &v->state[k->party];
    fore_signs signs = signs_of(v, k->party, s->lost_at + 1, v->as_of);
    double rate = v->win_back.tells ? rate_of(rates, k) : NAN;
    bool often = rate >= WORTH_IT * v->win_back.base_rate;
    if ((k->level[SIGNS] < 2 && !often) || is_poor(v, s->lost, as_open)) return FORE_OK;
    fore_text words = {0};
    say_signs(v, &signs, &words);
    say_loss(v, s->lost, s->lost_at, &words);
    if (v->win_back.tells)
        fore_text_printf(&words, "; %.2g %% of such come back within %d days, %.2g %% of all lost",
                         100 * rate, FORE_WIN_BACK_HORIZON, 100 * v->win_back.base_rate);
    bool deal = fore_subject_kind_of(t, s->lost) == FORE_SUBJECT_DEAL;
    double amount = deal ? fore_closing_amount(t, s->lost, s->lost_at) : NAN;
    fore_proposal p = {.kind = FORE_WIN_BACK,
                       .urgent = signs.spoke > 0,
                       .party = k->party,
                       .subject = s->lost,
                       .product = deal ? t->product[s->lost] : -1,
                       .since = signs.last_at,
                       .rest_days = 30,
                       .chance = rate,
                       .amount = isnan(amount) ? v->roster->lead_amount : amount};
    double strength =
        isnan(rate) ? k->level[SIGNS] + 0.01 * (double)(signs.opens + signs.visits) : rate;
    p.worth = strength * (isnan(p.amount) ? 1 : p.amount);
    fore_status status = fore_text_check(&words, err);
    if (status == FORE_OK) status = fore_propose(v, &p, err, "%s", fore_text_string(&words));
    fore_text_free(&words);
    return status;
}

/* Open, not touched for long, and now they read or look. Their chance is that of the roster. */
static fore_status propose_dormant(fore_customers *v, const fore_roster_row *row, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    int64_t party = v->parties.of[row->subject], last = t->created_at[row->subject];
    const fore_party_state *s = &v->state[party];
    if (s->last_out > last) last = s->last_out;
    if (s->last_in > last) last = s->last_in;
    if (s->open != row->subject || v->as_of - last < DORMANT || row->grade == 'D') return FORE_OK;
    fore_signs signs = signs_of(v, party, last, v->as_of);
    if (sign_level(&signs) < 2) return FORE_OK;
    fore_text words = {0};
    say_signs(v, &signs, &words);
    fore_text_printf(&words, "; open and not touched for %.0f days, chance %.2g %%",
                     days_between(last, v->as_of), 100 * row->probability);
    fore_proposal p = {.kind = FORE_WIN_BACK,
                       .party = party,
                       .subject = row->subject,
                       .product = -1,
                       .since = signs.last_at,
                       .rest_days = 30,
                       .chance = row->probability,
                       .amount = row->amount,
                       .worth =
                           isnan(row->expected_value) ? row->probability : row->expected_value};
    fore_status status = fore_text_check(&words, err);
    if (status == FORE_OK) status = fore_propose(v, &p, err, "%s", fore_text_string(&words));
    fore_text_free(&words);
    return status;
}

fore_status fore_find_win_back(fore_customers *v, fore_error *err)
{
    fore_status status = FORE_OK;
    return_rates rates;
    lost_case *past = NULL, *now = NULL;
    int64_t n = 0, m = 0;
    double *chance = NULL;
    FORE_GO(read_cases(v, &past, &n, err));
    FORE_GO(measure(v, past, n, err));
    v->win_back.tells = v->win_back.tells && fit(past, n, CUTS, &rates);
    if (v->win_back.tells) v->win_back.base_rate = rates.base;
    now = FORE_NEW(v->parties.count + 1, lost_case);
    chance = FORE_NEW(v->parties.count + 1, double);
    if (!now || !chance) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < v->parties.count; i++) {
        if (!is_lost(&v->state[i], v->as_of, rest_of(v))) continue;
        now[m] = case_of(v, i, &v->state[i], v->as_of);
        if (now[m].level[SIGNS] >= 2 || v->win_back.tells) m++;
    }
    FORE_GO(revive(v, now, m, chance, err));
    for (int64_t i = 0; i < m; i++) FORE_GO(propose_lost(v, &now[i], &rates, chance[i], err));
    for (int64_t i = 0; i < v->roster->count; i++)
        FORE_GO(propose_dormant(v, &v->roster->row[i], err));
done:
    fore_free(past);
    fore_free(now);
    fore_free(chance);
    return status;
}
