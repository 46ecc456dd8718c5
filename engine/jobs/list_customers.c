/* Customers and win-back: who may be approached, a few rows a rep, and how they are written. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/customers.h"
#include "engine/jobs/whois.h"

enum { ROWS_PER_REP = 3, ROWS_DEFAULT = 10 };
enum { COOL_OFF_DEFAULT = 2, CAP_TOUCHES = 5, CAP_DAYS = 14 };

static const char *const kind_words[FORE_PROPOSALS] = {"churn", "win-back", "thank-you",
                                                       "cross-sell"};

static const fore_column columns[] = {
    {"rank", "#", FORE_CELL_INTEGER, 0},
    {"lead_id", NULL, FORE_CELL_TEXT, 0},
    {"deal_id", NULL, FORE_CELL_TEXT, 0},
    {"who", "customer or lead", FORE_CELL_TEXT, 2},
    {"rep_id", "rep", FORE_CELL_TEXT, 1},
    {"kind", "what", FORE_CELL_TEXT, 0},
    {"probability", NULL, FORE_CELL_PERCENT, 0},
    {"expected_value", NULL, FORE_CELL_MONEY, 0},
    {"amount", "amount", FORE_CELL_MONEY, 0},
    {"action", "next step", FORE_CELL_TEXT, 0},
    {"when", "when", FORE_CELL_TEXT, 0},
    {"why", "why", FORE_CELL_TEXT, -1},
    {"rep_left", NULL, FORE_CELL_TEXT, 0},
    {"product", NULL, FORE_CELL_TEXT, 0},
    {"due", NULL, FORE_CELL_TEXT, 0},
    {"name", NULL, FORE_CELL_TEXT, 0},
    {"company", NULL, FORE_CELL_TEXT, 0},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* --- who may be approached, and by whom --- */

/* Of the newest lead or deal, else as the account says; -1 = nobody. */
static int32_t owner_of(const fore_customers *v, const fore_proposal *p)
{
    const fore_party_state *s = &v->state[p->party];
    int64_t subject = p->subject >= 0 ? p->subject : s->newest;
    int32_t account = v->parties.account[p->party];
    fore_subject_state state = {.owner = -1};
    if (subject >= 0) fore_subject_state_at(v->timeline, subject, v->as_of, &state);
    return state.owner < 0 && account >= 0 ? v->account_owner[account] : state.owner;
}

static void count_touch(void *context, const fore_timeline *t, int64_t e)
{
    *(int64_t *)context += fore_is_outbound(t->event_code[e]);
}

static bool is_capped(const fore_customers *v, int64_t party)
{
    const foresell_rank_request *r = v->request;
    int64_t touches = 0, cap = r->cap_touches == 0 ? CAP_TOUCHES : r->cap_touches;
    int64_t days = r->cap_days > 0 ? r->cap_days : CAP_DAYS;
    if (cap < 0) return false;
    fore_party_events(&v->parties, party, v->as_of - days * FORE_DAY, v->as_of, count_touch,
                      &touches);
    return touches >= cap;
}

static bool is_resting(const fore_customers *v, const fore_proposal *p)
{
    const fore_party_state *s = &v->state[p->party];
    int32_t cool_off = v->request->cool_off_days;
    double least = cool_off == 0 ? COOL_OFF_DEFAULT : cool_off;
    double rest = p->rest_days > least ? p->rest_days : least;
    if (s->last_out == FORE_NO_TIME || s->last_in > s->last_out) return false;
    return (double)(v->as_of - s->last_out) < rest * (double)FORE_DAY;
}

/* On the list already, or another rep's: theirs alone may it be. */
static bool is_taken(const fore_customers *v, const fore_proposal *p, const bool *listed,
                     const fore_remarks *remarks, int32_t owner)
{
    const fore_timeline *t = v->timeline;
    if (listed[p->party]) return true;
    for (int64_t i = v->parties.first[p->party]; i < v->parties.first[p->party + 1]; i++) {
        int32_t s = v->parties.subject[i];
        fore_subject_state state;
        if (fore_remark_on(remarks, s)) return true;
        if (!fore_subject_open_at(t, s, v->as_of)) continue;
        fore_subject_state_at(t, s, v->as_of, &state);
        if (state.owner != owner) return true;
    }
    return false;
}

static bool may_be_approached(const fore_customers *v, const fore_proposal *p)
{
    const fore_party_state *s = &v->state[p->party];
    bool done = p->since != FORE_NO_TIME && s->last_out != FORE_NO_TIME && s->last_out >= p->since;
    return !s->do_not_contact && !done && !is_resting(v, p) && !is_capped(v, p->party);
}

/* --- a few rows a rep --- */

typedef struct chosen_row {
    const fore_proposal *what;
    int32_t owner; /* as the row says */
    int64_t rep;   /* whose list: reps = nobody's */
    int64_t turn;  /* among those of its kind, then among the rep's */
} chosen_row;

static int by_worth(const fore_proposal *a, const fore_proposal *b)
{
    if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
    if (a->urgent != b->urgent) return a->urgent ? -1 : 1;
    if (a->worth != b->worth) return a->worth > b->worth ? -1 : 1;
    if (a->party != b->party) return a->party < b->party ? -1 : 1;
    return strcmp(a->reason, b->reason);
}

/* A party's best first: the others fall away. */
static int by_party(const void *left, const void *right)
{
    const chosen_row *a = left, *b = right;
    if (a->what->party != b->what->party) return a->what->party < b->what->party ? -1 : 1;
    return by_worth(a->what, b->what);
}

static int by_rep_and_kind(const void *left, const void *right)
{
    const chosen_row *a = left, *b = right;
    if (a->rep != b->rep) return a->rep < b->rep ? -1 : 1;
    return by_worth(a->what, b->what);
}

static int by_rep_and_turn(const void *left, const void *right)
{
    const chosen_row *a = left, *b = right;
    if (a->rep != b->rep) return a->rep < b->rep ? -1 : 1;
    if (a->turn != b->turn) return a->turn < b->turn ? -1 : 1;
    return by_worth(a->what, b->what);
}

static int by_kind(const void *left, const void *right)
{
    return by_worth(((const chosen_row *)left)->what, ((const chosen_row *)right)->what);
}

static int by_turn(const void *left, const void *right)
{
    const chosen_row *a = left, *b = right;
    if (a->turn != b->turn) return a->turn < b->turn ? -1 : 1;
    return by_worth(a->what, b->what);
}

static int64_t one_a_party(chosen_row *list, int64_t n)
{
    int64_t kept = 0;
    if (n > 1) qsort(list, (size_t)n, sizeof *list, by_party);
    for (int64_t i = 0; i < n; i++)
        if (kept == 0 || list[kept - 1].what->party != list[i].what->party) list[kept++] = list[i];
    return kept;
}

static bool same_turn(const chosen_row *a, const chosen_row *b, bool any_rep)
{
    return a->what->kind == b->what->kind && (any_rep || a->rep == b->rep);
}

/* Numbers the rows of each kind, in the order in which they stand. */
static void number_turns(chosen_row *list, int64_t n, bool any_rep)
{
    for (int64_t i = 0; i < n; i++) {
        bool goes_on = i > 0 && same_turn(&list[i], &list[i - 1], any_rep);
        list[i].turn = goes_on ? list[i - 1].turn + 1 : 0;
    }
}

/* The best of each kind in turn, then the second best of each ...: at most `most` a rep, then of
 * all reps. */
static int64_t in_turns(chosen_row *list, int64_t n, int64_t most)
{
    int64_t kept = 0;
    if (n == 0) return 0;
    qsort(list, (size_t)n, sizeof *list, by_rep_and_kind);
    number_turns(list, n, false);
    qsort(list, (size_t)n, sizeof *list, by_rep_and_turn);
    for (int64_t i = 0, of_rep = 0; i < n; i++) {
        of_rep = i > 0 && list[i].rep == list[i - 1].rep ? of_rep + 1 : 0;
        if (of_rep < most) list[kept++] = list[i];
    }
    qsort(list, (size_t)kept, sizeof *list, by_kind);
    number_turns(list, kept, true);
    qsort(list, (size_t)kept, sizeof *list, by_turn);
    return kept;
}

static fore_status choose(const fore_customers *v, const fore_day_list *today, int64_t rep,
                          chosen_row *list, int64_t *kept, fore_error *err)
{
    const foresell_rank_request *r = v->request;
    const fore_timeline *t = v->timeline;
    fore_status status = FORE_OK;
    fore_remarks remarks = {0};
    int64_t n = 0;
    bool *listed = FORE_ZNEW(v->parties.count + 1, bool);
    if (!listed) return fore_no_memory(err);
    FORE_GO(fore_remarks_read(v->context, t, v->as_of, &remarks, err));
    for (int64_t i = 0; i < today->kept; i++)
        listed[v->parties.of[today->item[i].row->subject]] = true;
    for (int64_t i = 0; i < v->count; i++) {
        const fore_proposal *p = &v->found[i];
        int32_t owner = owner_of(v, p);
        if (rep >= 0 && owner != rep) continue;
        if (!may_be_approached(v, p) || is_taken(v, p, listed, &remarks, owner)) continue;
        bool left = owner < 0 || fore_roster_rep_left(v->roster, owner);
        list[n++] = (chosen_row){p, owner, left ? t->reps : owner, 0};
    }
    n = in_turns(list, one_a_party(list, n), r->customers > 0 ? r->customers : ROWS_PER_REP);
    int64_t limit = r->limit > 0 ? r->limit : rep >= 0 ? n : ROWS_DEFAULT;
    *kept = n < limit ? n : limit;
done:
    fore_free(listed);
    fore_remarks_free(&remarks);
    return status;
}

/* --- rows --- */

static void date_text(const fore_customers *v, int64_t time, char out[32])
{
    int64_t at = time == FORE_NO_TIME ? v->as_of : time;
    fore_date_format(fore_date_of(at + fore_zone_offset(v->context->zone, at)), out);
}

/* Name, company and hour; of who has neither lead nor deal the account's name alone. */
static fore_status read_whois(const fore_customers *v, const fore_proposal *p, int64_t subject,
                              fore_whois *who, fore_error *err)
{
    int32_t account = v->parties.account[p->party];
    fore_next_step step;
    *who = (fore_whois){.hour = v->habits.best_hour, .their_minutes = -1};
    if (subject < 0) {
        fore_whois_keep(who->company, account >= 0 ? v->account_name[account] : NULL);
        step = (fore_next_step){.hour = v->habits.best_hour, .due = FORE_NO_TIME};
        return fore_whois_set_hour(v->context, v->timeline, &v->habits, -1, v->as_of, &step, false,
                                   who, err);
    }
    FORE_TRY(fore_whois_read(v->context, v->timeline, subject, who, err));
    if (p->subject < 0 && who->company[0])
        who->name[0] = 0; /* the customer, not a deal of theirs */
    fore_next_step_choose(v->timeline, &v->habits, subject, v->as_of, &step);
    return fore_whois_set_hour(v->context, v->timeline, &v->habits, subject, v->as_of, &step, false,
                               who, err);
}

static fore_status write_row(const fore_customers *v, const chosen_row *k, int64_t place,
                             fore_answer *a, int64_t g, fore_json_writer *json, fore_error *err)
{
    const fore_timeline *t = v->timeline;
    const fore_proposal *p = k->what;
    const fore_party_state *s = &v->state[p->party];
    int32_t account = v->parties.account[p->party];
    int64_t subject = p->subject >= 0 ? p->subject : s->newest;
    bool is_lead = subject >= 0 && fore_subject_kind_of(t, subject) == FORE_SUBJECT_LEAD;
    const char *id = subject >= 0 ? fore_word(&t->ids, subject) : NULL;
    const char *account_id = account >= 0 ? v->account_id[account] : NULL;
    const char *who = p->subject >= 0 || !account_id ? id : account_id;
    const char *rep = fore_word(&t->rep_ids, k->owner);
    const char *product = p->product >= 0 ? fore_word(&t->product_ids, p->product) : NULL;
    fore_activity_kind action = p->by_mail && !s->mail_closed ? FORE_EMAIL : FORE_CALL;
    bool left = k->owner >= 0 && k->rep == t->reps;
    char due[32], when[16];
    fore_text words = {0};
    fore_whois they;
    FORE_TRY(read_whois(v, p, subject, &they, err));
    date_text(v, p->since, due);
    fore_whois_when(v->context, &they, v->as_of, when);
    fore_json_object(json, NULL);
    fore_json_integer(json, "rank", place);
    fore_json_string(json, "kind", kind_words[p->kind]);
    fore_json_string(json, "account_id", account_id);
    fore_json_string(json, "lead_id", is_lead ? id : NULL);
    fore_json_string(json, "deal_id", is_lead ? NULL : id);
    fore_json_string(json, "name", they.name[0] ? they.name : NULL);
    fore_json_string(json, "company", they.company[0] ? they.company : NULL);
    fore_json_string(json, "rep_id", rep);
    fore_json_bool(json, "rep_left", left);
    fore_json_string(json, "reason", p->reason);
    fore_json_string(json, "product", product);
    fore_json_string(json, "product_name", product ? v->product_name[p->product] : NULL);
    fore_json_string(json, "due", due);
    fore_json_number(json, "probability", p->chance);
    fore_json_number(json, "amount", p->amount);
    fore_json_number(json, "expected_value", p->chance * p->amount);
    fore_json_object(json, "action");
    fore_json_string(json, "kind", fore_activity_kind_word(action));
    fore_json_string(json, "channel", action == FORE_EMAIL ? "mail" : "phone");
    fore_json_string(json, "when", when);
    fore_json_number(json, "minutes", v->habits.minutes[action]);
    fore_json_end_object(json);
    fore_json_end_object(json);
    fore_whois_say(&they, &words);
    if (words.length > 0) fore_text_puts(&words, " | ");
    if (left) fore_text_printf(&words, "%s has left, hand it over | ", rep);
    fore_text_puts(&words, p->reason);
    fore_answer_row(a, g);
    fore_answer_number(a, g, (double)place);
    fore_answer_text(a, g, is_lead ? id : NULL);
    fore_answer_text(a, g, is_lead ? NULL : id);
    fore_answer_text(a, g, who);
    fore_answer_text(a, g, rep);
    fore_answer_text(a, g, kind_words[p->kind]);
    fore_answer_number(a, g, p->chance);
    fore_answer_number(a, g, p->chance * p->amount);
    fore_answer_number(a, g, p->amount);
    fore_answer_text(a, g, fore_activity_kind_word(action));
    fore_answer_text(a, g, when);
    fore_answer_text(a, g, fore_text_string(&words));
    fore_answer_text(a, g, left ? "yes" : NULL);
    fore_answer_text(a, g, product);
    fore_answer_text(a, g, due);
    fore_answer_text(a, g, they.name[0] ? they.name : NULL);
    fore_answer_text(a, g, they.company[0] ? they.company : NULL);
    a->failed |= words.failed;
    fore_text_free(&words);
    return FORE_OK;
}

static void write_measure(const fore_customers *v, fore_json_writer *json)
{
    const struct fore_win_back_measure *m = &v->win_back;
    fore_json_object(json, "win_back");
    fore_json_integer(json, "horizon_days", FORE_WIN_BACK_HORIZON);
    fore_json_integer(json, "past_cases", m->cases);
    fore_json_integer(json, "came_back", m->came);
    fore_json_number(json, "auc", m->auc);
    fore_json_number(json, "auc_error", m->auc_error);
    fore_json_bool(json, "tells", m->tells);
    fore_json_end_object(json);
}

static void write_notes(const fore_customers *v, const chosen_row *list, int64_t n, fore_answer *a)
{
    double minutes = 0;
    bool lost = false;
    for (int64_t i = 0; i < n; i++) {
        bool mail = list[i].what->by_mail && !v->state[list[i].what->party].mail_closed;
        minutes += v->habits.minutes[mail ? FORE_EMAIL : FORE_CALL];
        lost = lost || list[i].what->kind == FORE_WIN_BACK;
    }
    if (n > 0)
        fore_answer_note(a,
                         "Customers and win-back: %.0f minutes beside the hours of the list; at "
                         "most %d a rep (--customers N).",
                         minutes, v->request->customers > 0 ? v->request->customers : ROWS_PER_REP);
    if (lost)
        fore_answer_note(a,
                         "A win-back is a new deal to propose: what was lost keeps its state and "
                         "its last score. %s",
                         v->win_back.tells
                             ? "How often such come back is measured on your past."
                             : "Listed for what they did since; the past does not tell who comes "
                               "back.");
}

fore_status fore_customer_rows(fore_context *c, const foresell_rank_request *r,
                               const fore_roster *roster, const fore_day_list *today, int64_t rep,
                               fore_answer *a, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_customers v = {0};
    chosen_row *list = NULL;
    int64_t n = 0;
    if (r->customers < 0) return FORE_OK;
    FORE_GO(fore_customers_open(c, r, roster, &v, err));
    FORE_GO(fore_find_churn(&v, err));
    FORE_GO(fore_find_win_back(&v, err));
    FORE_GO(fore_find_thanks(&v, err));
    FORE_GO(fore_find_cross_sell(&v, err));
    list = FORE_NEW(v.count + 1, chosen_row);
    if (!list) FORE_GO(fore_no_memory(err));
    FORE_GO(choose(&v, today, rep, list, &n, err));
    int64_t g = fore_answer_grid(a, "customers", "Customers and win-back", columns, COLUMNS);
    fore_json_array(json, "customers");
    for (int64_t i = 0; i < n; i++) FORE_GO(write_row(&v, &list[i], i + 1, a, g, json, err));
    fore_json_end_array(json);
    write_measure(&v, json);
    write_notes(&v, list, n, a);
done:
    fore_free(list);
    fore_customers_close(&v);
    return status;
}
