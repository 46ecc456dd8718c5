/* Parties by union-find over accounts and subjects; their purchases; what was known of them. */
#include "engine/jobs/parties.h"

#include <math.h>
#include <stdlib.h>

#include "engine/jobs/next_step.h"
#include "features/extract.h"

/* --- who belongs together: nodes are the accounts, then the subjects; a root is its lowest node
 * --- */

static int64_t root_of(int64_t *parent, int64_t node)
{
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
}

static void join(int64_t *parent, int64_t a, int64_t b)
{
    a = root_of(parent, a);
    b = root_of(parent, b);
    parent[a > b ? a : b] = a < b ? a : b;
}

typedef struct by_person {
    int64_t contact, subject;
} by_person;

static int compare_person(const void *left, const void *right)
{
    const by_person *a = left, *b = right;
    if (a->contact != b->contact) return a->contact < b->contact ? -1 : 1;
    return (a->subject > b->subject) - (a->subject < b->subject);
}

/* Without an account of its own a subject belongs with its lead or deal, and with its contact. */
static fore_status join_subjects(const fore_timeline *t, int64_t *parent, fore_error *err)
{
    int64_t n = 0;
    by_person *list = FORE_NEW(t->subjects + 1, by_person);
    if (!list) return fore_no_memory(err);
    for (int64_t s = 0; s < t->subjects; s++) {
        int32_t account = t->account[s], other = t->other[s];
        if (account >= 0)
            join(parent, account, t->accounts + s);
        else if (other >= 0)
            join(parent, t->accounts + other, t->accounts + s);
        else if (t->contact[s] > 0)
            list[n++] = (by_person){t->contact[s], s};
    }
    if (n > 1) qsort(list, (size_t)n, sizeof *list, compare_person);
    for (int64_t i = 1; i < n; i++)
        if (list[i].contact == list[i - 1].contact)
            join(parent, t->accounts + list[i - 1].subject, t->accounts + list[i].subject);
    fore_free(list);
    return FORE_OK;
}

static fore_status group(fore_parties *p, int64_t *parent, fore_error *err)
{
    const fore_timeline *t = p->timeline;
    int64_t nodes = t->accounts + t->subjects;
    FORE_TRY(join_subjects(t, parent, err));
    for (int64_t v = 0; v < nodes; v++) /* roots come before what hangs on them */
        if (root_of(parent, v) == v) {
            p->account[p->count] = v < t->accounts ? (int32_t)v : -1;
            p->first[p->count++] = v;
        }
    int64_t *number = FORE_NEW(nodes + 1, int64_t);
    if (!number) return fore_no_memory(err);
    for (int64_t i = 0; i < p->count; i++) number[p->first[i]] = i;
    for (int64_t i = 0; i <= p->count; i++) p->first[i] = 0;
    for (int64_t s = 0; s < t->subjects; s++) {
        p->of[s] = (int32_t)number[root_of(parent, t->accounts + s)];
        p->first[p->of[s] + 1]++;
    }
    for (int64_t i = 0; i < p->count; i++) p->first[i + 1] += p->first[i];
    for (int64_t i = 0; i < p->count; i++) number[i] = 0; /* how many are placed, by party */
    for (int64_t s = 0; s < t->subjects; s++)
        p->subject[p->first[p->of[s]] + number[p->of[s]]++] = (int32_t)s;
    fore_free(number);
    return FORE_OK;
}

/* --- purchases --- */

typedef struct entry {
    int32_t party;
    fore_purchase what;
} entry;

static int by_party_and_time(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->party != b->party) return a->party < b->party ? -1 : 1;
    if (a->what.at != b->what.at) return a->what.at < b->what.at ? -1 : 1;
    if (a->what.product != b->what.product) return a->what.product < b->what.product ? -1 : 1;
    double x = isnan(a->what.amount) ? -INFINITY : a->what.amount;
    double y = isnan(b->what.amount) ? -INFINITY : b->what.amount;
    if (x != y) return x < y ? -1 : 1;
    return (a->what.dated > b->what.dated) - (a->what.dated < b->what.dated);
}

static double in_currency(double amount, int32_t of, int32_t wanted)
{
    return wanted < 0 || of < 0 || of == wanted ? amount : NAN;
}

/* The closing that stands at as_of, else the next one. */
static fore_ending ending_of(const fore_timeline *t, int64_t s, int64_t as_of)
{
    fore_ending end = fore_subject_closed(t, s, as_of);
    return end.outcome == FORE_OUTCOME_OPEN ? fore_subject_next_end(t, s, as_of) : end;
}

/* Orders; then won deals, whose date and amount count where their party had no orders at as_of. */
static int64_t list_purchases(const fore_parties *p, int32_t currency, int64_t as_of,
                              int64_t *orders, entry *list)
{
    const fore_timeline *t = p->timeline;
    int64_t n = 0;
    for (int64_t a = 0; a <= t->accounts; a++)
        for (int64_t i = t->sale_first[a]; i < t->sale_first[a + 1]; i++) {
            int32_t deal = t->sale_deal[i];
            if (t->sale_at[i] == FORE_NO_TIME || (a == t->accounts && deal < 0)) continue;
            entry e = {(int32_t)a, /* parties with an account come first, one each */
                       {t->sale_at[i], t->sale_product[i],
                        in_currency(t->sale_amount[i], t->sale_currency[i], currency), true}};
            if (a == t->accounts) e.party = p->of[deal];
            orders[e.party] += t->sale_at[i] < as_of;
            list[n++] = e;
        }
    for (int64_t s = t->leads; s < t->subjects; s++) {
        fore_ending end = ending_of(t, s, as_of);
        if (end.outcome != FORE_WON || t->left_out[s] != FORE_KEPT) continue;
        bool dated = orders[p->of[s]] == 0;
        double amount =
            dated ? in_currency(fore_closing_amount(t, s, end.at), t->currency[s], currency) : NAN;
        list[n++] = (entry){p->of[s], {end.at, t->product[s], amount, dated}};
    }
    return n;
}

static fore_status set_purchases(fore_parties *p, int32_t currency, int64_t as_of, fore_error *err)
{
    const fore_timeline *t = p->timeline;
    fore_status status = FORE_OK;
    int64_t n = 0, *orders = FORE_ZNEW(p->count + 1, int64_t);
    entry *list = FORE_NEW(t->sales + t->deals + 1, entry);
    p->bought = FORE_NEW(t->sales + t->deals + 1, fore_purchase);
    p->bought_first = FORE_ZNEW(p->count + 1, int64_t);
    if (!orders || !list || !p->bought || !p->bought_first) FORE_GO(fore_no_memory(err));
    n = list_purchases(p, currency, as_of, orders, list);
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_party_and_time);
    for (int64_t i = 0; i < n; i++) {
        p->bought[i] = list[i].what;
        p->bought_first[list[i].party + 1]++;
    }
    for (int64_t i = 0; i < p->count; i++) p->bought_first[i + 1] += p->bought_first[i];
done:
    fore_free(orders);
    fore_free(list);
    return status;
}

fore_status fore_parties_new(const fore_timeline *t, int32_t currency, int64_t as_of,
                             fore_parties *p, fore_error *err)
{
    fore_status status = FORE_OK;
    int64_t nodes = t->accounts + t->subjects;
    *p = (fore_parties){.timeline = t};
    int64_t *parent = FORE_NEW(nodes + 1, int64_t);
    p->of = FORE_NEW(t->subjects + 1, int32_t);
    p->account = FORE_NEW(nodes + 1, int32_t);
    p->first = FORE_NEW(nodes + 1, int64_t);
    p->subject = FORE_NEW(t->subjects + 1, int32_t);
    if (!parent || !p->of || !p->account || !p->first || !p->subject) FORE_GO(fore_no_memory(err));
    for (int64_t v = 0; v < nodes; v++) parent[v] = v;
    FORE_GO(group(p, parent, err));
    FORE_GO(set_purchases(p, currency, as_of, err));
done:
    fore_free(parent);
    if (status != FORE_OK) fore_parties_free(p);
    return status;
}

void fore_parties_free(fore_parties *p)
{
    fore_free(p->of);
    fore_free(p->account);
    fore_free(p->first);
    fore_free(p->subject);
    fore_free(p->bought_first);
    fore_free(p->bought);
    *p = (fore_parties){0};
}

/* --- what was known --- */

static void later(int64_t *time, int64_t candidate)
{
    if (candidate != FORE_NO_TIME && (*time == FORE_NO_TIME || candidate > *time))
        *time = candidate;
}

static void add_subject(const fore_timeline *t, int64_t s, int64_t as_of, fore_party_state *p)
{
    int64_t created = t->created_at[s], out, in;
    p->do_not_contact |= t->do_not_contact[s];
    p->mail_closed |= t->mail_opt_out[s] ||
                      (t->unsubscribed_at[s] != FORE_NO_TIME && t->unsubscribed_at[s] < as_of);
    if (created == FORE_NO_TIME || created >= as_of) return;
    if (p->newest < 0 || created >= t->created_at[p->newest]) p->newest = s;
    fore_last_contacts(t, s, as_of, &out, &in);
    later(&p->last_out, out);
    later(&p->last_in, in);
    fore_ending end = fore_subject_closed(t, s, as_of);
    bool kept = t->left_out[s] == FORE_KEPT;
    if (fore_subject_open_at(t, s, as_of)) {
        p->open_count++;
        if (p->open < 0 || created >= t->created_at[p->open]) p->open = s;
    } else if (end.outcome == FORE_LOST && kept && end.at >= p->lost_at) {
        p->lost = s;
        p->lost_at = end.at;
    } else if (end.outcome == FORE_WON && kept) {
        later(&p->won_at, end.at);
    }
}

void fore_party_state_at(const fore_parties *p, int64_t party, int64_t as_of, fore_party_state *s)
{
    const fore_timeline *t = p->timeline;
    int64_t out, in;
    *s = (fore_party_state){.newest = -1,
                            .open = -1,
                            .lost = -1,
                            .lost_at = FORE_NO_TIME,
                            .won_at = FORE_NO_TIME,
                            .first_bought = FORE_NO_TIME,
                            .last_bought = FORE_NO_TIME,
                            .last_out = FORE_NO_TIME,
                            .last_in = FORE_NO_TIME};
    for (int64_t i = p->first[party]; i < p->first[party + 1]; i++)
        add_subject(t, p->subject[i], as_of, s);
    if (p->account[party] >= 0) {
        fore_last_contacts(t, t->subjects + p->account[party], as_of, &out, &in);
        later(&s->last_out, out);
        later(&s->last_in, in);
    }
    for (int64_t i = p->bought_first[party]; i < p->bought_first[party + 1]; i++) {
        if (p->bought[i].at >= as_of) break;
        s->purchases++;
        if (s->first_bought == FORE_NO_TIME) s->first_bought = p->bought[i].at;
        s->last_bought = p->bought[i].at;
    }
}

static void walk(const fore_timeline *t, int64_t owner, int64_t from, int64_t to,
                 fore_event_visit *visit, void *context)
{
    int64_t end = t->event_first[owner + 1];
    int64_t e = fore_time_lower(t->event_at, t->event_first[owner], end, from);
    for (; e < end && t->event_at[e] < to; e++)
        if (!(t->event_flags[e] & FORE_EVENT_COPY) &&
            fore_code_outcome(t->event_code[e]) != FORE_EVENT_CANCELLED)
            visit(context, t, e);
}

void fore_party_events(const fore_parties *p, int64_t party, int64_t from, int64_t to,
                       fore_event_visit *visit, void *context)
{
    const fore_timeline *t = p->timeline;
    for (int64_t i = p->first[party]; i < p->first[party + 1]; i++)
        walk(t, p->subject[i], from, to, visit, context);
    if (p->account[party] >= 0) walk(t, t->subjects + p->account[party], from, to, visit, context);
}

static void add_sign(void *context, const fore_timeline *t, int64_t e)
{
    fore_signs *s = context;
    switch (fore_code_kind(t->event_code[e])) {
    case FORE_SEND: s->letters++; return;
    case FORE_OPEN: s->opens++; break;
    case FORE_CLICK: s->clicks++; break;
    case FORE_WEB: s->visits++; break;
    default:
        if (!fore_is_inbound(t->event_code[e])) return;
        s->spoke++;
        later(&s->spoke_at, t->event_at[e]);
    }
    later(&s->last_at, t->event_at[e]);
}

void fore_party_signs(const fore_parties *p, int64_t party, int64_t from, int64_t to, fore_signs *s)
{
    *s = (fore_signs){.last_at = FORE_NO_TIME, .spoke_at = FORE_NO_TIME};
    fore_party_events(p, party, from, to, add_sign, s);
}
