/* An answer as tests read it: the parsed JSON beside the tables, and the store's own rows, read
 * plainly, to reckon the figures again. */
#ifndef FORE_TESTS_JOBS_ANSWER_HELP_H
#define FORE_TESTS_JOBS_ANSWER_HELP_H

#include "jobs_world.h"

typedef struct heard {
    fore_answer *answer;
    fore_json *document;
    const fore_json_node *root;
} heard;

static inline heard listen(void)
{
    heard h = {0};
    OK(fore_answer_new(&h.answer, e));
    return h;
}

/* After the job has filled it. */
static inline void understand(heard *h)
{
    OK(fore_answer_finish(h->answer, e));
    OK(fore_json_parse(h->answer->json.bytes, h->answer->json.length, &h->document, e));
    h->root = fore_json_root(h->document);
}

/* HEAR(h, fore_job_check(&w->c, &r, h.answer, e)): the job succeeds and its JSON is sound. */
#define HEAR(h, expression)                                                                        \
    heard h = listen();                                                                            \
    OK(expression);                                                                                \
    understand(&h)

/* The job fails with that code and those words, and says nothing that could be taken for JSON. */
#define DENIED(code_wanted, text_wanted, h, expression)                                            \
    do {                                                                                           \
        heard h = listen();                                                                        \
        FAILS(code_wanted, text_wanted, expression);                                               \
        forget(&h);                                                                                \
    } while (0)

static inline void forget(heard *h)
{
    fore_json_free(h->document);
    fore_answer_free(h->answer);
    *h = (heard){0};
}

static inline const fore_grid *grid_of(const heard *h, const char *name)
{
    for (int64_t g = 0; g < h->answer->grid_count; g++)
        if (strcmp(h->answer->grids[g].name, name) == 0) return &h->answer->grids[g];
    fail_msg("there is no table '%s'", name);
    return NULL;
}

static inline const fore_cell *cell_of(const fore_grid *g, int64_t row, const char *key)
{
    assert_true(row < g->row_count);
    for (int64_t j = 0; j < g->column_count; j++)
        if (strcmp(g->columns[j].key, key) == 0) return &g->cells[row * g->column_count + j];
    fail_msg("the table '%s' has no column '%s'", g->name, key);
    return NULL;
}

static inline bool noted(const heard *h, const char *words)
{
    for (int64_t i = 0; i < h->answer->note_count; i++)
        if (strstr(h->answer->notes[i], words)) return true;
    return false;
}

static inline double number_of(const fore_json_node *object, const char *key)
{
    double value = NAN;
    if (!fore_json_get_number(object, key, &value)) fail_msg("there is no number '%s'", key);
    return value;
}

static inline const char *string_of(const fore_json_node *object, const char *key)
{
    const char *text = fore_json_get_string(object, key);
    if (!text) fail_msg("there is no text '%s'", key);
    return text;
}

static inline const fore_json_node *node_of(const fore_json_node *object, const char *key)
{
    const fore_json_node *node = fore_json_get(object, key);
    if (!node) fail_msg("there is no '%s'", key);
    return node;
}

static inline bool close_to(double a, double b)
{
    return fabs(a - b) <= 1e-9 * (1 + fabs(a) + fabs(b));
}

#define CLOSE(a, b)                                                                                \
    do {                                                                                           \
        double close_a = (a), close_b = (b);                                                       \
        if (!close_to(close_a, close_b))                                                           \
            fail_msg("%s is %.15g, %s is %.15g", #a, close_a, #b, close_b);                        \
    } while (0)

static inline void fingerprint_of(world *w, char out[33])
{
    OK(fore_store_fingerprint(w->c.store, out, e));
}

/* --- the store's rows --- */

typedef struct stored_subject {
    char id[24];
    int64_t pk, owner, created, closed;
    fore_outcome outcome;
    double amount;
} stored_subject;

typedef struct stored_event {
    int64_t at, rep, lead, deal;
    int kind, direction;
    double minutes;
    fore_event_outcome outcome;
} stored_event;

typedef struct stored_change {
    int64_t deal, at;
    bool stage; /* of the stage, from one to another */
} stored_change;

enum { STORED_MOST = 20000 };
typedef struct stored {
    stored_subject *lead, *deal;
    stored_event *event;
    stored_change *change;
    int64_t leads, deals, events, changes;
} stored;

static inline fore_outcome outcome_of_status(const char *status)
{
    if (!status) return FORE_OUTCOME_OPEN;
    if (strcmp(status, "converted") == 0) return FORE_WON;
    bool lost = strcmp(status, "lost") == 0 || strcmp(status, "disqualified") == 0;
    return lost ? FORE_LOST : FORE_OUTCOME_OPEN;
}

static inline void read_leads(world *w, stored *s)
{
    fore_cursor *cursor;
    bool more;
    fore_lead_row row;
    OK(fore_cursor_open(w->c.store, FORE_TABLE_LEAD, false, &cursor, e));
    for (;;) {
        OK(fore_cursor_next(cursor, &row, &more, e));
        if (!more) break;
        stored_subject *into = &s->lead[s->leads++];
        snprintf(into->id, sizeof into->id, "%s", row.id);
        into->pk = row.pk;
        into->owner = row.owner;
        into->created = row.created_at;
        into->closed = row.closed_at;
        into->outcome = outcome_of_status(row.status);
        into->amount = NAN;
    }
    fore_cursor_close(cursor);
}

static inline void read_deals(world *w, stored *s)
{
    fore_cursor *cursor;
    bool more;
    fore_deal_row row;
    OK(fore_cursor_open(w->c.store, FORE_TABLE_DEAL, false, &cursor, e));
    for (;;) {
        OK(fore_cursor_next(cursor, &row, &more, e));
        if (!more) break;
        stored_subject *into = &s->deal[s->deals++];
        snprintf(into->id, sizeof into->id, "%s", row.id);
        into->pk = row.pk;
        into->owner = row.owner;
        into->created = row.created_at;
        into->closed = row.closed_at;
        into->outcome = row.outcome;
        into->amount = row.amount_minor == FORE_NO_AMOUNT ? NAN : (double)row.amount_minor / 100;
    }
    fore_cursor_close(cursor);
}

static inline void read_events(world *w, stored *s)
{
    fore_cursor *cursor;
    bool more;
    fore_activity_row row;
    OK(fore_cursor_open(w->c.store, FORE_TABLE_ACTIVITY, false, &cursor, e));
    for (;;) {
        OK(fore_cursor_next(cursor, &row, &more, e));
        if (!more) break;
        s->event[s->events++] = (stored_event){
            row.at,   row.rep,       row.lead,    row.deal,
            row.kind, row.direction, row.minutes, fore_event_outcome_of(row.outcome)};
    }
    fore_cursor_close(cursor);
}

static inline void read_changes(world *w, stored *s)
{
    fore_cursor *cursor;
    bool more;
    fore_deal_change_row row;
    OK(fore_cursor_open(w->c.store, FORE_TABLE_DEAL_CHANGE, false, &cursor, e));
    for (;;) {
        OK(fore_cursor_next(cursor, &row, &more, e));
        if (!more) break;
        bool stage = strcmp(row.field, "stage") == 0 && row.old_value && row.new_value &&
                     strcmp(row.old_value, row.new_value) != 0;
        s->change[s->changes++] = (stored_change){row.deal, row.at, stage};
    }
    fore_cursor_close(cursor);
}

/* Rows in plain memory: what the library holds is not counted against the test. */
static inline stored read_store(world *w)
{
    stored s = {.lead = calloc(STORED_MOST, sizeof *s.lead),
                .deal = calloc(STORED_MOST, sizeof *s.deal),
                .event = calloc(STORED_MOST, sizeof *s.event),
                .change = calloc(STORED_MOST, sizeof *s.change)};
    assert_true(s.lead && s.deal && s.event && s.change);
    assert_true(fore_store_count(w->c.store, FORE_TABLE_ACTIVITY) <= STORED_MOST);
    assert_true(fore_store_count(w->c.store, FORE_TABLE_DEAL_CHANGE) <= STORED_MOST);
    read_leads(w, &s);
    read_deals(w, &s);
    read_events(w, &s);
    read_changes(w, &s);
    return s;
}

static inline void drop_stored(stored *s)
{
    free(s->lead);
    free(s->deal);
    free(s->event);
    free(s->change);
}

static inline bool was_open(const stored_subject *s, int64_t at)
{
    return s->created < at && (s->closed == FORE_NO_TIME || s->closed >= at);
}

static inline bool was_won_in(const stored_subject *s, int64_t from, int64_t end)
{
    return s->outcome == FORE_WON && s->closed >= from && s->closed < end;
}

#endif
