/* The timeline: the whole history as plain columns, grouped by whom it happened to and sorted by
 * time. Built from the store in one pass over the activities, kept as a cache file keyed by the
 * store's fingerprint. Everything here is read-only for callers and lives until fore_timeline_free.
 *
 * Subjects are numbered 0..subjects-1: the known leads, then the known deals, each in the order of
 * their ids (bytewise), as are accounts, reps, products and campaigns. The store's own keys (pk) follow
 * the order of arrival and order nothing here: the same history gives the same columns, whichever
 * order its rows came in; only the columns named pk and by_pk differ.
 * Times are UTC microseconds, FORE_NO_TIME = unknown. Dates are days, FORE_NO_DATE = unknown. Amounts
 * are currency units (not hundredths), NaN = unknown. An index of another table is -1 = unknown.
 *
 * Static columns say what the store holds NOW. What was known at a moment T comes from events and
 * changes with time < T: see extract.h. */
#ifndef FORE_TIMELINE_H
#define FORE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/civil.h"
#include "engine/base/pool.h"
#include "engine/base/status.h"
#include "engine/store/store.h"

/* Words numbered by first appearance in the order of ids: word i is text[first[i]..first[i+1]-1), NUL included. */
typedef struct fore_words {
    int64_t count, bytes;
    const int64_t *first; /* count + 1; first[count] = bytes */
    const char *text;
} fore_words;
static inline const char *fore_word(const fore_words *words, int64_t i) /* NULL for -1 */
{
    return i < 0 || i >= words->count ? NULL : words->text + words->first[i];
}
int32_t fore_words_find(const fore_words *words, const char *text); /* -1: not there; a linear walk */

typedef enum fore_left_out { /* why a subject cannot be a training example */
    FORE_KEPT,
    FORE_LEFT_NO_CREATION,           /* no time of creation */
    FORE_LEFT_CLOSED_BEFORE_CREATED,
    FORE_LEFT_CLOSED_WITHOUT_TIME    /* won or lost, but nobody knows when */
} fore_left_out;
const char *fore_left_out_word(fore_left_out reason); /* "closed before it was created", ... */

/* An event's code packs kind, direction and outcome into one byte. */
static inline fore_activity_kind fore_code_kind(uint8_t code) { return (fore_activity_kind)(code & 15); }
static inline fore_direction fore_code_direction(uint8_t code) { return (fore_direction)(code >> 4 & 3); }
static inline fore_event_outcome fore_code_outcome(uint8_t code) { return (fore_event_outcome)(code >> 6); }
static inline uint8_t fore_code(int kind, int direction, int outcome)
{
    return (uint8_t)(kind | direction << 4 | outcome << 6);
}
#define FORE_EVENT_COPY 1u    /* this event is counted elsewhere: skip it when counting the company's work */

typedef enum fore_change_field {
    FORE_CHANGE_STAGE,    /* value: index in stages */
    FORE_CHANGE_AMOUNT,   /* currency units */
    FORE_CHANGE_EXPECTED, /* days */
    FORE_CHANGE_OWNER,    /* rep index */
    FORE_CHANGE_OUTCOME,  /* fore_outcome */
    FORE_CHANGE_OTHER     /* an attribute: value NaN, its name in change_name */
} fore_change_field;

typedef struct fore_timeline {
    char fingerprint[40];            /* of the history it was built from (fore_store_fingerprint) */
    int64_t converted;               /* deals whose amounts were converted at stated rates (exchange.h) */
    char own_currency[16];           /* the one they are converted to; "" = none is stated */
    char rates[40];                  /* what these rates hash to; "" = none are stated */
    char zone[64];                   /* the workspace's zone, "" = UTC; event_hour is local to it */
    char closings[40];               /* what the stages that mean won or lost hash to */
    int64_t newest_at;               /* fore_timeline_newest of all times; FORE_NO_TIME */

    /* --- subjects --- */
    int64_t leads, deals, subjects;  /* subjects = leads + deals */
    const int64_t *pk;               /* subjects, in the table of its kind */
    const int32_t *by_pk;            /* the leads by ascending pk, then the deals: as subjects */
    const int64_t *key;              /* from kind and id alone, >= 0, no two alike: for lots and folds */
    fore_words ids;                  /* subjects words: the user's own ids */
    const int64_t *created_at, *closed_at; /* closed_at is unknown while the outcome is open */
    const uint8_t *outcome;          /* fore_outcome; leads: converted = won, disqualified or lost = lost */
    const uint8_t *left_out;         /* fore_left_out */
    const uint8_t *do_not_contact, *mail_opt_out; /* of a deal: of its lead */
    const int64_t *unsubscribed_at;  /* first unsubscribe event; FORE_NO_TIME = never */
    const int32_t *account, *owner, *product, *campaign; /* indices below; product: deals only */
    const int32_t *other;            /* of a deal its lead, of a lead its deal, as a subject; -1 = none */
    const int64_t *contact;          /* contact pk, 0 = unknown */
    const int32_t *source, *stage, *currency, *status; /* words; of a deal without source: its lead's */
    const double *amount;            /* deals only */
    const int32_t *expected_close_on;

    /* --- events: owners are the subjects, then the accounts (events that name neither lead nor deal),
     * then one "nobody". An event belongs to the deal and to the lead that it names. One that names a deal
     * alone is not its lead's, because only leads that became deals could have it. One that names a lead
     * and no deal also stands in the timelines of all deals of that lead. One that was linked with a deal
     * through its contact also stands where it would have been without the deal: with the contact's lead
     * and its deals, and, like one linked with a lead so, with the account that it names. Every stored
     * activity with a time stands exactly once without FORE_EVENT_COPY: with its deal, else lead, else
     * account, else nobody. Sorted by time within an owner, ties by what they are (code, rep, campaign,
     * minutes). Cancelled activities are there too. --- */
    int64_t owners;                  /* subjects + accounts + 1 */
    int64_t events;
    const int64_t *event_first;      /* owners + 1: events of owner o are event_first[o]..event_first[o+1]-1 */
    const int64_t *event_at;
    const uint8_t *event_code;       /* fore_code_kind and friends */
    const uint8_t *event_flags;
    const uint8_t *event_hour;       /* hour of the week in the workspace's zone, 0 = Monday 00:00-00:59 */
    const int32_t *event_rep, *event_campaign;
    const float *event_minutes;      /* NaN = unknown */

    /* --- planned: activities with a due time and no time, same owners, sorted by due time. When they
     * were planned is not known, so that they must never feed a model: they are for the list only. --- */
    int64_t planned;
    const int64_t *planned_first;    /* owners + 1 */
    const int64_t *planned_due;
    const uint8_t *planned_code, *planned_flags;
    const int32_t *planned_rep;

    /* --- changes of deals, sorted by (at, field) within a deal --- */
    int64_t expected_recorded_from;  /* first recorded change of any expected close date; FORE_NO_TIME = none */
    int64_t changes;
    const int64_t *change_first;     /* subjects + 1 (leads have none) */
    const int64_t *change_at;
    const uint8_t *change_field;     /* fore_change_field */
    const int32_t *change_name;      /* word of change_names for FORE_CHANGE_OTHER, else -1 */
    const double *change_old, *change_new; /* NaN = empty or unreadable */

    /* --- spells of the deals that were opened again (see fore_open_spell below); none of all others --- */
    int64_t spells;
    const int64_t *spell_first;      /* subjects + 1 */
    const int64_t *spell_from, *spell_until;
    const uint8_t *spell_outcome;    /* fore_outcome */

    /* --- accounts, placeholders included. Row `accounts` of the groupings holds what has no account. --- */
    int64_t accounts;
    const int64_t *account_pk;
    const int32_t *account_by_pk;    /* account_by_pk, rep_by_pk ...: indices by ascending pk */
    const int64_t *account_subject_first; /* accounts + 2 */
    const int32_t *account_subject;       /* subjects of the account, ascending */
    int64_t sales;
    const int64_t *sale_first;       /* accounts + 2; sorted by time within an account, no time first */
    const int64_t *sale_at;
    const int32_t *sale_product, *sale_deal, *sale_currency; /* sale_deal: subject */
    const double *sale_quantity, *sale_amount;
    int64_t tickets;
    const int64_t *ticket_first;     /* accounts + 2; sorted by opening */
    const int64_t *ticket_opened_at, *ticket_closed_at;
    const double *ticket_satisfaction; /* known from the closing on */

    /* --- reps, products, campaigns, placeholders included --- */
    int64_t reps;
    const int64_t *rep_pk;
    const int32_t *rep_by_pk;
    fore_words rep_ids;
    const int32_t *rep_team, *rep_region, *rep_manager;
    const double *rep_hours_per_week, *rep_hourly_cost;
    const int32_t *rep_active_from_on, *rep_active_to_on;
    int64_t products;
    const int64_t *product_pk;
    const int32_t *product_by_pk;
    fore_words product_ids;
    const int32_t *product_category;
    const double *product_list_price;
    int64_t campaigns;
    const int64_t *campaign_pk;
    const int32_t *campaign_by_pk;
    const int32_t *campaign_channel;
    const double *campaign_cost;

    /* --- words --- */
    fore_words stages, sources, currencies, statuses, teams, regions, categories, channels, change_names;

    int64_t dropped;                 /* activities with neither time nor due time */
    void *memory;                    /* the one block behind all columns */
} fore_timeline;

/* Builds from the store in one pass over the activities. Any number of threads gives the same bytes.
 * *timeline is the caller's; pool may be NULL. E_LIMIT beyond 2^31 subjects. */
fore_status fore_timeline_build(fore_store *store, fore_pool *pool, fore_timeline **timeline, fore_error *err);
void fore_timeline_free(fore_timeline *timeline);

/* The cache file. Loading checks magic, version, sizes, indices and checksums and that it was made from
 * `fingerprint` (NULL: any); anything wrong is E_FORMAT, absent is E_IO. */
fore_status fore_timeline_save(const fore_timeline *timeline, const char *path, fore_error *err);
fore_status fore_timeline_load(const char *path, const char *fingerprint, fore_timeline **timeline,
                               fore_error *err);

/* Is it of the store's history, zone, closing stages and rates of exchange as they are now? */
fore_status fore_timeline_fits(const fore_timeline *timeline, fore_store *store, bool *fits,
                               fore_error *err);
/* Loads the cache when it fits the store, else builds and saves. A cache that cannot be read or
 * written is never an error. cache_path NULL: always builds. */
fore_status fore_timeline_open(fore_store *store, const char *cache_path, fore_pool *pool,
                               fore_timeline **timeline, fore_error *err);

static inline fore_subject_kind fore_subject_kind_of(const fore_timeline *t, int64_t subject)
{
    return subject < t->leads ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL;
}
int64_t fore_timeline_subject(const fore_timeline *t, fore_subject_kind kind, int64_t pk); /* -1: none */
int64_t fore_timeline_find(const fore_timeline *t, fore_subject_kind kind, const char *id); /* -1; linear */
int64_t fore_timeline_account(const fore_timeline *t, int64_t account_pk); /* -1: none, as below */
int64_t fore_timeline_rep(const fore_timeline *t, int64_t rep_pk);
int64_t fore_timeline_product(const fore_timeline *t, int64_t product_pk);
int64_t fore_timeline_campaign(const fore_timeline *t, int64_t campaign_pk);
/* How far the history reaches: as fore_store_newest, from the columns at hand. */
int64_t fore_timeline_newest(const fore_timeline *timeline, int64_t not_after);
/* First index in [first, end) of ascending `at` with at >= moment (branch-free binary search). */
int64_t fore_time_lower(const int64_t *at, int64_t first, int64_t end, int64_t moment);

/* --- open, won or lost, and since when ---
 *
 * A deal can be opened again after it was won or lost, and be closed again. `outcome` and `closed_at` say
 * only how it ended last; what was known of it at a moment T is told by its spells of being open:
 *
 *   evidence   a change of the outcome to open, won or lost. Up to the first such change of a deal, its
 *              stage: into one that means won or lost it closes, out of such a one it is opened again
 *              (settings won_stages and lost_stages of the workspace, else the usual words for them)
 *   before     a first change that finds the deal closed tells that it was, but not since when
 *   the end    is the stored row's: its outcome, and its time of closing where that lies after the last
 *              reopening, else the time of the change. A row that is closed, though its log ends open and
 *              its closing is not later, was not opened again. A row that is open, though its log ends
 *              closed, was opened again when nobody knows: it counts as closed up to `newest_at`. Where
 *              only stages told of closings and the row is open in such a stage, they are no evidence.
 *              A log that contradicts the row otherwise is not believed
 *
 * A deal whose log tells of no reopening, and every lead, has one spell, from creation to closed_at. So as
 * of T a subject stands as an export of that day would have said it, if the log is complete. */
typedef struct fore_open_spell {
    int64_t from, until;  /* open at T if from < T <= until; INT64_MAX: still open; FORE_NO_TIME: closed,
                             nobody knows when. from = until: won became lost, or lost won */
    fore_outcome outcome; /* how it ended; open: it did not */
} fore_open_spell;
int64_t fore_subject_spells(const fore_timeline *t, int64_t subject); /* how many, in order of time: >= 1 */
fore_open_spell fore_subject_spell(const fore_timeline *t, int64_t subject, int64_t k);

typedef struct fore_ending {
    fore_outcome outcome; /* open: none, and `at` is unknown */
    int64_t at;           /* FORE_NO_TIME: won or lost, but nobody knows when */
} fore_ending;
/* How the subject stood as of `moment`, from what had happened before it: open (also before it was created,
 * whatever its row says of its closing), or won or lost, and since when. */
fore_ending fore_subject_ended(const fore_timeline *t, int64_t subject, int64_t moment);
/* The same, but a closing that nobody can date counts as none. */
fore_ending fore_subject_closed(const fore_timeline *t, int64_t subject, int64_t moment);
/* The first dated closing at `moment` or later, open = none. Of a subject that is open at `moment`: how that
 * came to an end. */
fore_ending fore_subject_next_end(const fore_timeline *t, int64_t subject, int64_t moment);

/* Did the subject exist and was it open as of `moment`: created < moment, and within a spell. A subject
 * that is won or lost without a time is never open. */
bool fore_subject_open_at(const fore_timeline *t, int64_t subject, int64_t moment);

#endif
