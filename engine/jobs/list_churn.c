/* Customers who may be leaving.
 *
 *   letters  five letters since they last clicked one (or ever), at least two of them opened, none
 * clicked, and no word of theirs meanwhile: due at the fifth gap      the pause since the last
 * purchase is longer than nine in ten of that customer's pauses. The log of a pause is normal: mean
 * m_i of a customer, m_i normal around the mean of all (variances by analysis of variance), so that
 * few pauses of one's own lean on those of all customers: q_i = exp(mu_i + z_0.9 sqrt(s2 + v_i)),
 * v_i = 1 / (n_i / s2 + 1 / t2), mu_i = v_i (sum_i / s2 + m / t2) Due when it is passed. (Gelman et
 * al., Bayesian Data Analysis, 5.4.) tickets  one that is open for longer than nine in ten took, or
 * closed with a satisfaction that four in five exceed
 *
 * Each is due at one moment, is told for 30 days, and is done with by a contact of ours after that
 * moment. */
#include <math.h>
#include <stdlib.h>

#include "engine/jobs/customers.h"
#include "engine/num/special.h"

enum { LETTERS = 5, OPENED = 2, GAPS_OWN = 2, CUSTOMERS_NEEDED = 10, TICKETS_NEEDED = 20 };
static const int64_t TOLD = 30 * FORE_DAY, TICKET_DEFAULT = 7 * FORE_DAY,
                     TICKET_OLD = 180 * FORE_DAY;
static const double LONG_PAUSE = 0.9, LONG_TICKET = 0.9, UNHAPPY = 0.2;

static double days_of(int64_t time) { return (double)time / FORE_DAY; }

static bool is_told(const fore_customers *v, int64_t due)
{
    return due < v->as_of && v->as_of - due <= TOLD;
}

static int by_time(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* --- letters --- */

typedef struct letters {
    int64_t *sent, count, capacity;
    int64_t clicked; /* the last time */
    bool failed;
} letters;

static void add_letter(void *context, const fore_timeline *t, int64_t e)
{
    letters *l = context;
    fore_activity_kind kind = fore_code_kind(t->event_code[e]);
    if (kind == FORE_CLICK && t->event_at[e] > l->clicked) l->clicked = t->event_at[e];
    if (kind != FORE_SEND) return;
    if (fore_grow((void **)&l->sent, &l->capacity, l->count + 1, sizeof *l->sent, NULL) !=
        FORE_OK) {
        l->failed = true;
        return;
    }
    l->sent[l->count++] = t->event_at[e];
}

static fore_status find_reader(fore_customers *v, int64_t party, letters *l, fore_error *err)
{
    l->count = 0;
    l->clicked = FORE_NO_TIME;
    fore_party_events(&v->parties, party, INT64_MIN, v->as_of, add_letter, l);
    if (l->failed) return fore_no_memory(err);
    if (l->count < LETTERS) return FORE_OK;
    qsort(l->sent, (size_t)l->count, sizeof *l->sent, by_time);
    int64_t first = 0;
    while (first < l->count && l->sent[first] <= l->clicked) first++;
    if (l->count - first < LETTERS) return FORE_OK;
    int64_t due = l->sent[first + LETTERS - 1];
    fore_signs signs;
    fore_party_signs(&v->parties, party, l->sent[first], v->as_of, &signs);
    if (!is_told(v, due) || signs.opens < OPENED || signs.clicks || signs.spoke) return FORE_OK;
    fore_proposal p = {.kind = FORE_CHURN,
                       .party = party,
                       .subject = -1,
                       .product = -1,
                       .since = due,
                       .rest_days = 2,
                       .chance = NAN,
                       .amount = NAN,
                       .worth = 1};
    const char *since = first ? " since the last click" : "";
    return fore_propose(v, &p, err,
                        "reads and never clicks: %lld letters%s, %lld times opened, no click",
                        (long long)(l->count - first), since, (long long)signs.opens);
}

/* --- pauses between purchases --- */

/* Logs of the pauses of a customer, in days; purchases of one day are one. */
typedef struct pauses {
    int64_t n;
    double sum, squares;
    int64_t last; /* the newest purchase */
} pauses;

static pauses pauses_of(const fore_customers *v, int64_t party)
{
    const fore_parties *p = &v->parties;
    pauses g = {.last = FORE_NO_TIME};
    int64_t end = p->bought_first[party] + v->state[party].purchases;
    for (int64_t i = p->bought_first[party]; i < end; i++) {
        if (!p->bought[i].dated) continue;
        if (g.last != FORE_NO_TIME && p->bought[i].at - g.last < FORE_DAY) continue;
        if (g.last != FORE_NO_TIME) {
            double x = log(days_of(p->bought[i].at - g.last));
            g.n++;
            g.sum += x;
            g.squares += x * x;
        }
        g.last = p->bought[i].at;
    }
    return g;
}

typedef struct pause_prior {
    double mean, within, between; /* of log days; variances */
    bool known;
} pause_prior;

/* One-way analysis of variance over customers with pauses. */
static pause_prior learn_pauses(const fore_customers *v)
{
    double groups = 0, n = 0, sum = 0, inside = 0, outside = 0, n2 = 0, repeated = 0;
    for (int64_t i = 0; i < v->parties.count; i++) {
        pauses g = pauses_of(v, i);
        if (g.n == 0) continue;
        groups++;
        repeated += g.n >= GAPS_OWN;
        n += (double)g.n;
        n2 += (double)g.n * (double)g.n;
        sum += g.sum;
        inside += g.squares - g.sum * g.sum / (double)g.n;
        outside += g.sum * g.sum / (double)g.n;
    }
    if (repeated < CUSTOMERS_NEEDED || n <= groups) return (pause_prior){.known = false};
    pause_prior prior = {.mean = sum / n, .within = inside / (n - groups), .known = true};
    double mean_square = (outside - sum * sum / n) / (groups - 1);
    prior.between = (mean_square - prior.within) / ((n - n2 / n) / (groups - 1));
    if (!(prior.between > 1e-6)) prior.between = 1e-6;
    if (!(prior.within > 1e-6)) prior.within = 1e-6;
    return prior;
}

static double long_pause(const pause_prior *prior, const pauses *g, double *usual)
{
    double v = 1 / ((double)g->n / prior->within + 1 / prior->between);
    double mean = v * (g->sum / prior->within + prior->mean / prior->between);
    *usual = exp(mean);
    return exp(mean + fore_normal_quantile(LONG_PAUSE) * sqrt(prior->within + v));
}

static fore_status find_pause(fore_customers *v, int64_t party, const pause_prior *prior,
                              fore_error *err)
{
    pauses g = pauses_of(v, party);
    if (g.n < GAPS_OWN) return FORE_OK;
    double usual, most = long_pause(prior, &g, &usual);
    if (most > 36500) return FORE_OK;
    int64_t due = g.last + (int64_t)(most * (double)FORE_DAY);
    if (!is_told(v, due)) return FORE_OK;
    double spent = 0;
    for (int64_t i = v->parties.bought_first[party];
         i < v->parties.bought_first[party] + v->state[party].purchases; i++)
        if (!isnan(v->parties.bought[i].amount)) spent += v->parties.bought[i].amount;
    fore_proposal p = {.kind = FORE_CHURN,
                       .party = party,
                       .subject = -1,
                       .product = -1,
                       .since = due,
                       .rest_days = 2,
                       .chance = NAN,
                       .amount = spent > 0 ? spent / (double)(g.n + 1) : NAN,
                       .worth = 2 + spent};
    return fore_propose(v, &p, err,
                        "no order for %.0f days; usually they order after %.0f, nine times in ten "
                        "within %.0f",
                        days_of(v->as_of - g.last), usual, most);
}

/* --- tickets --- */

typedef struct ticket_facts {
    double *satisfaction; /* ascending, of tickets closed before */
    int64_t rated, slow;  /* slow: what nine in ten did not take */
} ticket_facts;

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static fore_status read_tickets(const fore_customers *v, ticket_facts *f, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    int64_t closed = 0, *took = FORE_NEW(t->tickets + 1, int64_t);
    *f = (ticket_facts){FORE_NEW(t->tickets + 1, double), 0, TICKET_DEFAULT};
    if (!took || !f->satisfaction) {
        fore_free(took);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < t->tickets; i++) {
        if (t->ticket_closed_at[i] == FORE_NO_TIME || t->ticket_closed_at[i] >= v->as_of) continue;
        if (!isnan(t->ticket_satisfaction[i]))
            f->satisfaction[f->rated++] = t->ticket_satisfaction[i];
        if (t->ticket_opened_at[i] == FORE_NO_TIME) continue;
        took[closed++] = t->ticket_closed_at[i] - t->ticket_opened_at[i];
    }
    if (closed > 1) qsort(took, (size_t)closed, sizeof *took, by_time);
    if (f->rated > 1) qsort(f->satisfaction, (size_t)f->rated, sizeof(double), by_value);
    if (closed >= TICKETS_NEEDED) f->slow = took[(int64_t)(LONG_TICKET * (double)(closed - 1))];
    if (f->slow < FORE_DAY) f->slow = FORE_DAY;
    fore_free(took);
    return FORE_OK;
}

/* Share of ratings that are no higher. */
static double share_below(const ticket_facts *f, double value)
{
    int64_t n = 0;
    while (n < f->rated && f->satisfaction[n] <= value) n++;
    return (double)n / (double)f->rated;
}

static fore_status find_ticket(fore_customers *v, int64_t party, const ticket_facts *f, int64_t i,
                               fore_error *err)
{
    const fore_timeline *t = v->timeline;
    int64_t opened = t->ticket_opened_at[i], closed = t->ticket_closed_at[i];
    fore_proposal p = {.kind = FORE_CHURN,
                       .urgent = true,
                       .party = party,
                       .subject = -1,
                       .product = -1,
                       .rest_days = 2,
                       .chance = NAN,
                       .amount = NAN};
    if (opened != FORE_NO_TIME && opened < v->as_of &&
        (closed == FORE_NO_TIME || closed >= v->as_of)) {
        int64_t age = v->as_of - opened;
        if (age <= f->slow || age > TICKET_OLD) return FORE_OK;
        p.since = opened + f->slow;
        p.worth = days_of(age);
        return fore_propose(v, &p, err, "a ticket of theirs is open for %.0f days", days_of(age));
    }
    double value = t->ticket_satisfaction[i];
    if (closed == FORE_NO_TIME || isnan(value) || f->rated < TICKETS_NEEDED || !is_told(v, closed))
        return FORE_OK;
    double share = share_below(f, value);
    if (share > UNHAPPY) return FORE_OK;
    p.since = closed;
    p.worth = 1 - share;
    return fore_propose(v, &p, err,
                        "gave a ticket a satisfaction of %g; %.0f %% of tickets get more", value,
                        100 * (1 - share));
}

fore_status fore_find_churn(fore_customers *v, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    fore_status status = FORE_OK;
    letters l = {0};
    ticket_facts facts;
    pause_prior prior = learn_pauses(v);
    FORE_GO(read_tickets(v, &facts, err));
    for (int64_t i = 0; i < v->parties.count; i++) {
        int32_t account = v->parties.account[i];
        if (v->state[i].purchases == 0) continue;
        if (prior.known) FORE_GO(find_pause(v, i, &prior, err));
        FORE_GO(find_reader(v, i, &l, err));
        for (int64_t k = account < 0 ? 0 : t->ticket_first[account];
             account >= 0 && k < t->ticket_first[account + 1]; k++)
            FORE_GO(find_ticket(v, i, &facts, k, err));
    }
done:
    fore_free(l.sent);
    fore_free(facts.satisfaction);
    return status;
}
