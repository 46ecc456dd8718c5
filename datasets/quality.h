/* The data-quality report: what is wrong with the history, row by row, and what that does to the
 * answers. Nothing is repaired or merged by itself.
 *
 * Rules (columns as in the canonical CSV; as_of = the moment of the check):
 *   creation_unknown        no time of creation                                     leads, deals
 *   closed_before_created   closing < creation                                      leads, deals
 *   closing_unknown         won, lost, converted, ... and no time of it             leads, deals
 *   closing_while_open      a time of closing, but still open                       deals
 *   amount_unknown          won without an amount                                   deals
 *   amount_negative         below zero                                              deals, orders
 *   currency_other          not in the currency of most won deals                   deals
 *   close_date_passed       open, expected close over 30 days ago                   deals
 *   converted_without_deal  converted, and no deal is named or names it             leads
 *   owner_left              reps whose last day has passed and who own open leads or deals
 *   reference_dangling      an id that other rows name, but no imported file holds  every entity
 *   time_in_future          after as_of and now (due dates and expected closings may be)    every table
 *   time_before_1990        usually a default of the CRM                            every table
 *   activity_before_creation  over a day before its lead, or deal without lead, was created
 *   activity_after_closing  over 90 days after its deal or lead was closed
 *   activity_unlinked       names no lead, deal or account
 *   activity_timeless       neither a time nor a due time
 *   stage_skipped           a deal went from A to B without C, which 4 of 5 of at least 5 deals
 * that went from A to B passed between; a deal that is lost may skip any stage_backwards from A to
 * B, though of at least 5 deals 4 times as many saw B first duplicate_email, duplicate_phone (last
 * ten digits)                              leads duplicate_name          companies: letters and
 * digits without the legal form    accounts Columns that know the outcome are another matter:
 * features/leak.h.
 *
 * The report holds ids, never names, mails or phones. */
#ifndef FORE_DATASETS_QUALITY_H
#define FORE_DATASETS_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "engine/base/status.h"
#include "engine/store/store.h"

typedef enum fore_severity {
    FORE_SEVERITY_ERROR,     /* the row is lost to some answer */
    FORE_SEVERITY_WARNING,   /* an answer is worse for it */
    FORE_SEVERITY_SUGGESTION /* worth a look */
} fore_severity;
const char *fore_severity_word(fore_severity severity); /* "error", "warning", "suggestion" */

typedef struct fore_quality_options {
    const char *code; /* keep rows of this code only; NULL: of all */
    int64_t limit;    /* rows kept per code and table; 0 = 20. All are counted. */
    int64_t now;      /* the clock: what lies between as_of and it is later, and not in the future; 0 = as_of */
} fore_quality_options;

typedef struct fore_quality_finding {
    const char *id;     /* the row's own id */
    const char *column; /* NULL: the row as a whole */
    const char *value;  /* what stands there; NULL: nothing, or too personal to show */
    const char *text;   /* a sentence */
} fore_quality_finding;

typedef struct fore_quality_group { /* one code in one table */
    const char *code, *entity;      /* entity: "deal", "activity", ... */
    fore_severity severity;
    fore_table table;
    int64_t count;      /* rows */
    double share;       /* of the table's rows; a dangling reference: of rows and missing rows */
    const char *title;  /* "closed before they were created" */
    const char *effect; /* a sentence: what the answers suffer */
    const fore_quality_finding *findings; /* `kept` of them, in the order of the store */
    int64_t kept;
} fore_quality_group;

typedef struct fore_quality_table {
    fore_table table;
    const char *entity;
    int64_t rows;     /* known */
    int64_t affected; /* rows with an error or a warning */
    double share;     /* affected / rows; 0 without rows */
} fore_quality_table;

typedef struct fore_quality_report {
    int64_t as_of;
    const fore_quality_group *groups; /* errors, warnings, suggestions; each in the order above */
    int64_t group_count;
    fore_quality_table tables[FORE_TABLE_TARGET + 1];
    int64_t errors, warnings, suggestions; /* findings */
    fore_arena *arena;                     /* owns everything here */
} fore_quality_report;

/* Reads the history a few times from end to end. as_of FORE_NO_TIME: no rule that needs it. options
 * NULL = defaults. E_ARGUMENT for a code that does not exist. Free with fore_quality_report_free.
 */
fore_status fore_quality_run(fore_store *store, int64_t as_of, const fore_quality_options *options,
                             fore_quality_report **report, fore_error *err);
void fore_quality_report_free(fore_quality_report *report); /* NULL is fine */
/* The group of a code in a table, or NULL when nothing was found. */
const fore_quality_group *fore_quality_find(const fore_quality_report *report, const char *code,
                                            fore_table table);
/* The members errors, warnings, suggestions, tables, findings of the open object. */
void fore_quality_report_json(fore_json_writer *json, const fore_quality_report *report);

#endif
