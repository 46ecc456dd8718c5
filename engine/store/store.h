/* The workspace: one SQLite file that holds the history, the models and the results (schema.sql).
 * This room is the only one that knows SQL. Rows go in and out as plain structs.
 *
 * Handles are for one thread at a time. Text pointers in a row that a cursor hands out live until
 * the next step of that cursor; text given to a writer is copied. NULL text, FORE_NO_TIME,
 * FORE_NO_DATE, FORE_NO_AMOUNT, NaN and key 0 mean "unknown". Keys (`pk`) are positive.
 *
 * Errors: E_NOT_WORKSPACE, E_NEWER, E_READONLY, E_BUSY, E_FULL, E_CORRUPT, E_STORE; each message
 * names the file and what to do. */
#ifndef FORE_STORE_H
#define FORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/exchange.h"
#include "engine/base/civil.h"
#include "engine/base/status.h"
#include "engine/base/text.h"

#define FORE_NO_AMOUNT INT64_MIN /* money is in hundredths of the currency unit */

typedef struct fore_store fore_store;

typedef enum fore_entity {
    FORE_REP, FORE_ACCOUNT, FORE_CONTACT, FORE_CAMPAIGN, FORE_PRODUCT, FORE_LEAD, FORE_DEAL,
    FORE_ENTITY_COUNT
} fore_entity;

typedef enum fore_activity_kind { /* numbers are stored: append only */
    FORE_CALL, FORE_EMAIL, FORE_MEETING, FORE_DEMO, FORE_VISIT, FORE_MESSAGE, FORE_EVENT, FORE_WEB,
    FORE_FORM, FORE_SEND, FORE_OPEN, FORE_CLICK, FORE_REPLY, FORE_UNSUBSCRIBE, FORE_OTHER,
    FORE_ACTIVITY_KINDS
} fore_activity_kind;
const char *fore_activity_kind_word(fore_activity_kind kind);           /* "call" ... */
bool fore_activity_kind_parse(const char *word, fore_activity_kind *kind);

typedef enum fore_direction { FORE_DIRECTION_UNKNOWN, FORE_OUTBOUND, FORE_INBOUND } fore_direction;
typedef enum fore_outcome { FORE_OUTCOME_OPEN, FORE_WON, FORE_LOST } fore_outcome;
#define FORE_OUTCOME_UNKNOWN ((fore_outcome)-1) /* writing only: leaves the stored one; new deals are open */
typedef enum fore_subject_kind { FORE_SUBJECT_LEAD, FORE_SUBJECT_DEAL } fore_subject_kind;

/* --- opening --- */

typedef enum fore_store_mode {
    FORE_STORE_READ,   /* must exist */
    FORE_STORE_WRITE,  /* must exist */
    FORE_STORE_CREATE  /* made when absent */
} fore_store_mode;
fore_status fore_store_open(const char *path, fore_store_mode mode, fore_store **store, fore_error *err);
void fore_store_close(fore_store *store); /* NULL is fine; an open transaction is rolled back */
/* Closes as well; and where this handle made the file and nothing but the rows of job runs was ever
 * written into it, the file is taken away again, unless another process has it open. */
void fore_store_leave(fore_store *store);
const char *fore_store_path(const fore_store *store);

/* BEGIN IMMEDIATE. Nesting is a programming error. After a failure call rollback. */
fore_status fore_store_begin(fore_store *store, fore_error *err);
fore_status fore_store_commit(fore_store *store, fore_error *err);
void fore_store_rollback(fore_store *store);

/* Takes the exclusive right to run `job` (a lock that dies with the process, beside the workspace);
 * E_BUSY names the process that holds it. */
fore_status fore_store_lock(fore_store *store, const char *job, fore_error *err);
void fore_store_unlock(fore_store *store);

fore_status fore_store_setting(fore_store *store, const char *name, fore_text *value, bool *found, fore_error *err);
/* The stated rates of exchange, from their two settings. */
fore_status fore_store_exchange(fore_store *store, fore_exchange *exchange, fore_error *err);
fore_status fore_store_set(fore_store *store, const char *name, const char *value, fore_error *err); /* value NULL: takes it back */

/* --- rows of the history --- */

typedef struct fore_rep_row {
    int64_t pk; const char *id; bool known;
    const char *name, *team, *region; int64_t manager;
    double hours_per_week; int64_t hourly_cost_minor; int32_t active_from_on, active_to_on;
    const char *attributes;
} fore_rep_row;

typedef struct fore_account_row {
    int64_t pk; const char *id; bool known;
    const char *name, *industry; double employees; int64_t annual_revenue_minor;
    const char *country, *region; int64_t owner, created_at; const char *attributes;
} fore_account_row;

typedef struct fore_contact_row {
    int64_t pk; const char *id; bool known; int64_t account, owner, created_at;
} fore_contact_row;

typedef struct fore_campaign_row {
    int64_t pk; const char *id; bool known;
    const char *name, *channel; int64_t started_at, ended_at, cost_minor;
} fore_campaign_row;

typedef struct fore_product_row {
    int64_t pk; const char *id; bool known;
    const char *name, *category; int64_t list_price_minor; const char *attributes;
} fore_product_row;

typedef struct fore_lead_row {
    int64_t pk; const char *id; bool known;
    int64_t account, contact; const char *name, *email, *phone, *title, *source;
    int64_t campaign, owner, created_at; const char *status; int64_t closed_at, deal;
    int8_t do_not_contact, mail_opt_out; /* 0 or 1; writing only: -1 leaves the stored one */
    const char *attributes;
} fore_lead_row;

typedef struct fore_deal_row {
    int64_t pk; const char *id; bool known;
    int64_t lead, account, contact, owner, product, campaign;
    const char *name, *stage, *source; int64_t amount_minor; const char *currency;
    int64_t created_at; int32_t expected_close_on; int64_t closed_at; fore_outcome outcome;
    const char *lost_reason, *attributes;
} fore_deal_row;

typedef struct fore_deal_change_row {
    int64_t deal, at; const char *field, *old_value, *new_value;
} fore_deal_change_row;

typedef struct fore_activity_row {
    int64_t pk; const char *id; int64_t at, due_at; fore_activity_kind kind; fore_direction direction;
    int64_t rep, lead, deal, account, contact, campaign; double minutes; const char *outcome;
    bool contact_link;
} fore_activity_row;

typedef struct fore_sale_row {
    int64_t pk; const char *id; int64_t account, at, product; double quantity; int64_t amount_minor;
    const char *currency; int64_t deal;
} fore_sale_row;

typedef struct fore_ticket_row {
    int64_t pk; const char *id; int64_t account, lead, opened_at, closed_at; const char *priority;
    double satisfaction;
} fore_ticket_row;

/* period_end_on: the last day or the day after it; the day before period_start_on: none was given. */
typedef struct fore_target_row {
    const char *scope, *scope_id; int32_t period_start_on, period_end_on; int64_t amount_minor;
} fore_target_row;

/* Room for a row of any table: for code that walks several of them. */
typedef union fore_any_row {
    fore_rep_row rep; fore_account_row account; fore_contact_row contact; fore_campaign_row campaign;
    fore_product_row product; fore_lead_row lead; fore_deal_row deal; fore_deal_change_row deal_change;
    fore_activity_row activity; fore_sale_row sale; fore_ticket_row ticket; fore_target_row target;
} fore_any_row;

/* --- writing: upserts by id, inside a transaction --- */

/* NEW also where a placeholder was waiting for the row. */
typedef enum fore_put { FORE_PUT_NEW, FORE_PUT_CHANGED, FORE_PUT_SAME } fore_put;

/* The key of an id; a placeholder is made when it is new. Kept in memory for the whole transaction.
 * length < 0: id ends with NUL; id NULL or empty: unknown, *pk = 0. */
fore_status fore_store_key(fore_store *store, fore_entity entity, const char *id, int64_t length,
                           int64_t *pk, fore_error *err);
/* 0 when absent; makes nothing. */
fore_status fore_store_find(fore_store *store, fore_entity entity, const char *id, int64_t *pk, fore_error *err);

/* Upsert by row->id; row->pk is ignored. Unknown fields of a row leave what is stored as it is. */
fore_status fore_store_put_rep(fore_store *s, const fore_rep_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_account(fore_store *s, const fore_account_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_contact(fore_store *s, const fore_contact_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_campaign(fore_store *s, const fore_campaign_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_product(fore_store *s, const fore_product_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_lead(fore_store *s, const fore_lead_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_deal(fore_store *s, const fore_deal_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_deal_change(fore_store *s, const fore_deal_change_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_activity(fore_store *s, const fore_activity_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_sale(fore_store *s, const fore_sale_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_ticket(fore_store *s, const fore_ticket_row *row, fore_put *put, fore_error *err);
fore_status fore_store_put_target(fore_store *s, const fore_target_row *row, fore_put *put, fore_error *err);

/* After the rows of an import: activities that name only a contact are linked to that contact's deal
 * (the newest created at or before the activity, else the first created after it), else to its lead.
 * *linked counts the activities that are linked so, over the whole history. */
fore_status fore_store_link_contacts(fore_store *store, int64_t *linked, fore_error *err);

typedef struct fore_import_row {
    int64_t started_at; const char *format, *paths;
    int64_t rows_read, rows_new, rows_changed, rows_same, rows_rejected;
} fore_import_row;
fore_status fore_store_put_import(fore_store *s, const fore_import_row *row, int64_t *run, fore_error *err);
fore_status fore_store_put_reject(fore_store *s, int64_t run, const char *file, int64_t line,
                                  const char *column, const char *value, const char *reason, fore_error *err);

/* --- reading: typed cursors in the order of the user's ids, bytewise, so that it does not matter in
 * which order rows arrived (deal changes: id of the deal, at, field; activities: pk) --- */

typedef struct fore_cursor fore_cursor;
/* Opens a cursor; step returns FORE_OK with *more false at the end. Close accepts NULL. Only rows
 * with known = 1 are seen, except where `placeholders` asks for the others as well. */
typedef enum fore_table {
    FORE_TABLE_REP, FORE_TABLE_ACCOUNT, FORE_TABLE_CONTACT, FORE_TABLE_CAMPAIGN, FORE_TABLE_PRODUCT,
    FORE_TABLE_LEAD, FORE_TABLE_DEAL, FORE_TABLE_DEAL_CHANGE, FORE_TABLE_ACTIVITY, FORE_TABLE_SALE,
    FORE_TABLE_TICKET, FORE_TABLE_TARGET
} fore_table;
fore_status fore_cursor_open(fore_store *store, fore_table table, bool placeholders, fore_cursor **cursor, fore_error *err);
/* The row with that key alone, of a table with ids. */
fore_status fore_cursor_open_one(fore_store *store, fore_table table, int64_t pk, fore_cursor **cursor, fore_error *err);
/* `row` points to the struct of the cursor's table: fore_lead_row * for FORE_TABLE_LEAD, and so on. */
fore_status fore_cursor_next(fore_cursor *cursor, void *row, bool *more, fore_error *err);
void fore_cursor_close(fore_cursor *cursor);

/* The fast way through activities for timelines: no text, the columns that timelines need. */
typedef struct fore_event_row {
    int64_t at, due_at, rep, lead, deal, account, campaign;
    double minutes;
    int32_t outcome;  /* fore_event_outcome */
    uint8_t kind, direction;
    bool contact_link; /* lead or deal was found through the contact */
} fore_event_row;
typedef enum fore_event_outcome { /* the activity's outcome text, classified */
    FORE_EVENT_OUTCOME_UNKNOWN, FORE_EVENT_ANSWERED, FORE_EVENT_UNANSWERED, FORE_EVENT_CANCELLED
} fore_event_outcome;
fore_event_outcome fore_event_outcome_of(const char *outcome); /* "Received", "no answer", "NO_SHOW" ... */
fore_status fore_store_events(fore_store *store,
                              fore_status (*visit)(void *context, const fore_event_row *row, fore_error *err),
                              void *context, fore_error *err);

int64_t fore_store_count(fore_store *store, fore_table table);        /* known rows; -1 on failure */
/* Changes whenever the history changes and only then: 32 hex digits. */
fore_status fore_store_fingerprint(fore_store *store, char out[33], fore_error *err);
/* The file is read through the memory of the process; after a reading of all of it this gives those pages
 * back. They come again when they are read. */
void fore_store_rest(fore_store *store);
/* The newest event that the history reaches to, not after `not_after`: dates that people set ahead of what
 * the CRM stamped do not count (reach.h). FORE_NO_TIME when empty. */
fore_status fore_store_newest(fore_store *store, int64_t not_after, int64_t *at, fore_error *err);

/* --- models and results --- */

typedef struct fore_model_row {
    int64_t pk; const char *id, *purpose; int64_t created_at, as_of, seed; const char *learner;
    const char *fingerprint, *metrics, *state, *note;
    const void *body; int64_t body_length;
    bool answering; /* reading only: the purpose's newest publication names it */
} fore_model_row;

fore_status fore_store_put_model(fore_store *s, const fore_model_row *row, int64_t *pk, fore_error *err);
/* Publishing is one row: the model answers from the commit on. */
fore_status fore_store_publish(fore_store *s, const char *purpose, int64_t model, int64_t at, const char *reason, fore_error *err);
/* Calls visit for every model, newest first, body left out. */
fore_status fore_store_models(fore_store *s, fore_status (*visit)(void *context, const fore_model_row *row, fore_error *err),
                              void *context, fore_error *err);
/* The model that answers for `purpose` (id NULL), or the named one. The visitor sees it with its
 * body. E_NOT_FOUND when there is none. */
fore_status fore_store_model(fore_store *s, const char *purpose, const char *id,
                             fore_status (*visit)(void *context, const fore_model_row *row, fore_error *err),
                             void *context, fore_error *err);
/* The publication before the present one of a purpose, as a model key; 0 when there is none. */
fore_status fore_store_previous(fore_store *s, const char *purpose, int64_t *model, fore_error *err);

typedef struct fore_score_row {
    fore_subject_kind subject_kind; int64_t subject, as_of, model; double probability, lo, hi;
    const char *parts;
    const char *model_id; /* reading only */
} fore_score_row;
fore_status fore_store_put_score(fore_store *s, const fore_score_row *row, fore_error *err);
/* Scores of one subject with as_of <= not_after, newest first. */
fore_status fore_store_scores(fore_store *s, fore_subject_kind kind, int64_t subject, int64_t not_after,
                              fore_status (*visit)(void *context, const fore_score_row *row, fore_error *err),
                              void *context, fore_error *err);

fore_status fore_store_put_answer(fore_store *s, const char *kind, int64_t as_of, int64_t made_at, const char *json, fore_error *err);
/* The newest answer of a kind appended to *json; *found false when there is none. */
fore_status fore_store_answer(fore_store *s, const char *kind, fore_text *json, int64_t *as_of, bool *found, fore_error *err);

typedef struct fore_job_row {
    int64_t pk; const char *job; int64_t started_at, finished_at; const char *step, *state, *report;
} fore_job_row;
fore_status fore_store_job_start(fore_store *s, const char *job, int64_t at, int64_t *pk, fore_error *err);
fore_status fore_store_job_step(fore_store *s, int64_t pk, const char *step, const char *state, const char *report,
                                int64_t finished_at, fore_error *err);
/* The newest run of a job: *found false when none. Text in `row` is copied into *scratch. */
fore_status fore_store_job_last(fore_store *s, const char *job, fore_job_row *row, fore_text *scratch, bool *found, fore_error *err);

/* --- the list --- */

typedef struct fore_feedback_row {
    int64_t pk; fore_subject_kind subject_kind; int64_t subject, at, until_at; const char *because;
    int64_t taken_back_at; /* reading only; FORE_NO_TIME: it stands */
} fore_feedback_row;
fore_status fore_store_put_feedback(fore_store *s, const fore_feedback_row *row, fore_error *err);
/* Takes back what stands about a subject; *taken counts. */
fore_status fore_store_take_back(fore_store *s, fore_subject_kind kind, int64_t subject, int64_t at,
                                 int64_t *taken, fore_error *err);
/* What was said at or before not_after, oldest first, also what was taken back. */
fore_status fore_store_feedback(fore_store *s, int64_t not_after,
                                fore_status (*visit)(void *context, const fore_feedback_row *row, fore_error *err),
                                void *context, fore_error *err);

/* How a row of a day's list came there. Compared: drawn with the same chance as those by lot, but left
 * where its worth puts it, so that the two can be compared later. */
typedef enum fore_listed_by { FORE_LISTED_WORTH = 0, FORE_LISTED_LOT = 1, FORE_LISTED_COMPARED = 2 } fore_listed_by;
typedef struct fore_listed_row {
    int32_t day_on; fore_subject_kind subject_kind; int64_t subject, as_of;
    int64_t place; /* on the list, from 1; 0: not on it */
    uint64_t seed; fore_listed_by drawn; double draw_chance;
} fore_listed_row;
/* Who was drawn or compared that day stays so, and whoever was on the list has been on it. */
fore_status fore_store_put_listed(fore_store *s, const fore_listed_row *row, fore_error *err);
/* Forgets what stood on the list of a day by its worth, before it is written anew. */
fore_status fore_store_clear_listed(fore_store *s, int32_t day_on, fore_error *err);
/* Of the days [from_on, to_on], by day and place. */
fore_status fore_store_listed(fore_store *s, int32_t from_on, int32_t to_on,
                              fore_status (*visit)(void *context, const fore_listed_row *row, fore_error *err),
                              void *context, fore_error *err);
/* --- the forecast --- */

typedef struct fore_snapshot_row {
    const char *kind; int32_t day_on; int64_t as_of; const void *body; int64_t body_length;
} fore_snapshot_row;
/* One for a kind and day: a later one of the same day replaces it. */
fore_status fore_store_put_snapshot(fore_store *s, const fore_snapshot_row *row, fore_error *err);
/* The newest one with as_of <= not_after; *found false when there is none. */
fore_status fore_store_snapshot(fore_store *s, const char *kind, int64_t not_after,
                                fore_status (*visit)(void *context, const fore_snapshot_row *row, fore_error *err),
                                void *context, bool *found, fore_error *err);
/* Of the days before `before_on` only the first of each week (Monday to Sunday) stays. */
fore_status fore_store_thin_snapshots(fore_store *s, int32_t before_on, fore_error *err);

typedef struct fore_adjustment_row {
    int64_t pk; /* reading only */
    int64_t at; int32_t start_on, end_on; int64_t amount_minor; const char *unit, *rates, *who, *because;
    double model_mean, model_lo80, model_hi80;
    int64_t taken_back_at; /* reading only; FORE_NO_TIME: it stands */
} fore_adjustment_row;
fore_status fore_store_put_adjustment(fore_store *s, const fore_adjustment_row *row, fore_error *err);
/* Takes back what stands for a period by `who` (NULL: by anybody); *taken counts. */
fore_status fore_store_take_back_adjustment(fore_store *s, int32_t start_on, int32_t end_on,
                                            const char *who, int64_t at, int64_t *taken, fore_error *err);
/* What was said at or before not_after, oldest first, also what was taken back. */
fore_status fore_store_adjustments(fore_store *s, int64_t not_after,
                                   fore_status (*visit)(void *context, const fore_adjustment_row *row, fore_error *err),
                                   void *context, fore_error *err);

/* May this handle write? */
bool fore_store_is_writable(const fore_store *s);

#endif
