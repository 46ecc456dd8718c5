/* Inside the data-quality report: the findings as they are gathered, and what is known of rows. */
#ifndef FORE_DATASETS_QUALITY_RUN_H
#define FORE_DATASETS_QUALITY_RUN_H

#include "datasets/quality.h"

/* code, severity, title, effect ("%s" = "12 deals"; the rest holds for one and for many) */
#define QUALITY_CODES(X)                                                                            \
    X(CREATION_UNKNOWN, "creation_unknown", ERROR, "without a time of creation",                    \
      "Left out of training: %s. Give the time of creation.")                                       \
    X(CLOSED_BEFORE_CREATED, "closed_before_created", ERROR, "closed before they were created",     \
      "Left out of training: %s. The closing lies before the creation.")                            \
    X(CLOSING_UNKNOWN, "closing_unknown", ERROR, "closed without a time of closing",                \
      "Left out of training and of the sales by period: %s. Nobody knows when the end came.")       \
    X(CLOSING_WHILE_OPEN, "closing_while_open", WARNING, "open, but with a time of closing",        \
      "Treated as open: %s. The time of closing is not used.")                                      \
    X(AMOUNT_UNKNOWN, "amount_unknown", WARNING, "won without an amount",                           \
      "Counted as won, but adding nothing to the sales: %s. Forecasts of sales come out too low.")  \
    X(AMOUNT_NEGATIVE, "amount_negative", WARNING, "with an amount below zero",                     \
      "Taken as given: %s. Sums of sales come out lower.")                                          \
    X(CURRENCY_OTHER, "currency_other", WARNING, "in another currency than most",                   \
      "Left out of the sums of sales: %s. Amounts of different currencies are not added; convert "  \
      "them in the export.")                                                                        \
    X(CLOSE_DATE_PASSED, "close_date_passed", WARNING, "open long after the expected close",        \
      "Still taken as open: %s. What is dead but not closed makes the open deals look worse than "  \
      "they are, and the lists longer.")                                                            \
    X(CONVERTED_WITHOUT_DEAL, "converted_without_deal", WARNING, "converted, but without a deal",   \
      "Counted as converted, but of unknown value: %s. What became of them cannot be learned.")     \
    X(OWNER_LEFT, "owner_left", WARNING, "gone, but still owning open work",                        \
      "On nobody's daily list: the open work of %s. Give it to somebody.")                          \
    X(REFERENCE_DANGLING, "reference_dangling", WARNING,                                            \
      "named by other rows, but never imported",                                                    \
      "Known by id only: %s. Import the file that holds them, or their attributes stay unknown.")   \
    X(TIME_IN_FUTURE, "time_in_future", WARNING, "dated in the future",                             \
      "Not seen until that day comes: %s. Check the order of day and month, and the clock.")        \
    X(TIME_BEFORE_1990, "time_before_1990", WARNING, "dated before 1990",                           \
      "Ages and times since are far too long for %s. Leave unknown dates empty.")                   \
    X(ACTIVITY_BEFORE_CREATION, "activity_before_creation", WARNING,                                \
      "before their lead or deal was created",                                                      \
      "Older than what they belong to: %s. Where many are, the time of creation is that of an "     \
      "import into the CRM, and times to win come out too short.")                                  \
    X(ACTIVITY_AFTER_CLOSING, "activity_after_closing", SUGGESTION,                                 \
      "long after their lead or deal was closed",                                                   \
      "Never seen by training, which ends with the closing: %s. They may belong to a newer deal.")  \
    X(ACTIVITY_UNLINKED, "activity_unlinked", WARNING, "that belong to no lead, deal or account",   \
      "Counted as work of the company only: %s. No lead's or deal's chance learns from them.")      \
    X(ACTIVITY_TIMELESS, "activity_timeless", ERROR, "without any time",                            \
      "Left out of everything: %s. Nobody knows when it was.")                                      \
    X(STAGE_SKIPPED, "stage_skipped", SUGGESTION, "that skipped a usual stage",                     \
      "Time in the stage that was skipped is unknown for %s.")                                      \
    X(STAGE_BACKWARDS, "stage_backwards", SUGGESTION, "that went back to an earlier stage",         \
      "Counted in each stage again: %s. Common corrections make stages tell less.")                 \
    X(DUPLICATE_EMAIL, "duplicate_email", SUGGESTION, "with the mail of another lead",              \
      "Counted twice, with half a history each: %s. Merge them in the CRM if they are one person.") \
    X(DUPLICATE_PHONE, "duplicate_phone", SUGGESTION, "with the phone of another lead",             \
      "Perhaps counted twice: %s. Merge them in the CRM if they are one person.")                   \
    X(DUPLICATE_NAME, "duplicate_name", SUGGESTION, "with the name of another account",             \
      "Perhaps one company in two: %s. Its history is split; merge them in the CRM if so.")

typedef enum quality_code {
#define QUALITY_ENUM(name, word, severity, title, effect) QUALITY_##name,
    QUALITY_CODES(QUALITY_ENUM)
#undef QUALITY_ENUM
        QUALITY_CODE_COUNT
} quality_code;

enum { QUALITY_TABLES = FORE_TABLE_TARGET + 1 };

typedef struct quality_group {
    int64_t count, kept;
    fore_quality_finding *items; /* fore_alloc; copied into the arena at the end */
    int64_t capacity;
} quality_group;

/* What is known of an entity's row, by pk. */
typedef struct quality_fact {
    int64_t created_at, closed_at;
    int64_t lead; /* of a deal */
    int32_t references;
    int32_t open_leads, open_deals; /* of a rep */
    uint8_t outcome;                /* fore_outcome; of a lead by its status */
    bool known, flagged, has_deal, closing_from_change;
    const char *first_from; /* "deal": the table of the first row that names this one */
} quality_fact;

typedef struct quality_run {
    fore_store *store;
    int64_t as_of;
    fore_quality_options options;
    fore_arena *arena;
    bool failed; /* memory ran out; nothing is added any more */
    quality_group groups[QUALITY_CODE_COUNT][QUALITY_TABLES];
    quality_fact *facts[FORE_ENTITY_COUNT]; /* by pk; 0..last */
    int64_t last[FORE_ENTITY_COUNT], capacity[FORE_ENTITY_COUNT];
    int64_t rows[QUALITY_TABLES], affected[QUALITY_TABLES];
    int64_t flagged_pk[QUALITY_TABLES]; /* tables that are read once: the row counted last */
    char main_currency[FORE_CURRENCY_TEXT];
    fore_exchange exchange; /* stated rates: what they convert is no finding */
    int64_t undated_wins;   /* deals won at a time that nobody knows */
    double undated_amount;  /* of these, in the main currency; hundredths */
} quality_run;

fore_severity quality_severity(quality_code code);
const char *quality_noun(fore_table table, bool many);

/* The fact of a row, or NULL when there is none (pk 0, beyond the table). */
quality_fact *quality_fact_of(quality_run *q, fore_entity entity, int64_t pk);
/* Counts a finding; gives a place for its text when it is to be kept, else NULL. id and value are
 * copied; value may be NULL. */
fore_quality_finding *quality_add(quality_run *q, quality_code code, fore_table table, int64_t pk,
                                  const char *id, const char *column, const char *value);
/* Sets the sentence of a finding; NULL is fine. */
void quality_say(quality_run *q, fore_quality_finding *finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a time as its value. */
fore_quality_finding *quality_add_time(quality_run *q, quality_code code, fore_table table,
                                       int64_t pk, const char *id, const char *column, int64_t at);
/* The rules time_in_future and time_before_1990 for one column. may_lie_ahead: a plan. */
void quality_check_time(quality_run *q, fore_table table, int64_t pk, const char *id,
                        const char *column, int64_t at, bool may_lie_ahead);
/* Calls visit(q, row) for each row of the table; *row is the struct of that table. */
fore_status quality_walk(quality_run *q, fore_table table, bool placeholders, void *row,
                         void (*visit)(quality_run *q, const void *row), fore_error *err);

fore_status quality_check_facts(quality_run *q, fore_error *err);      /* quality_facts.c */
fore_status quality_check_references(quality_run *q, fore_error *err); /* quality_facts.c */
fore_status quality_check_rows(quality_run *q, fore_error *err);       /* quality_rows.c */
fore_status quality_check_stages(quality_run *q, fore_error *err);     /* quality_stages.c */
fore_status quality_check_twins(quality_run *q, fore_error *err);      /* quality_twins.c */

#endif
