/* Reading a CRM export into the workspace.
 *
 * Formats: foresell (canonical CSV), zoho, salesforce, hubspot, pipedrive, odoo, plain (tables with
 * everyday column names). `auto` recognises each file by its header row and says why. A mapping
 * file (INI) overrides any column or value:
 *
 *     [import]                       ; for all files
 *     format = zoho
 *     won_stages = Payment Done, Closed Won
 *     lost_stages = Lost
 *     date_order = day               ; day | month, where a column does not tell
 *     decimal = comma                ; comma | point, the same
 *     [deals.csv]                    ; a file by its name (or [deals]: by what it holds)
 *     entity = deals                 ; what the file holds
 *     amount = Offer Total Amount    ; canonical column = header; empty: read no column as this
 *     stage.Payment Done = Won       ; canonical column.value in the file = value to read instead
 *     ignore = Months of study, SLA
 *
 * One run is one transaction: all of it or nothing. Rows go in by their key, so the same files a
 * second time change nothing; of two rows with one key in a run the later wins, and the report says
 * so. A bad row is left out and kept as a reject (workspace and rejects file) with file, line,
 * column, value and reason. Columns without a canonical name become attributes of reps, accounts,
 * leads, deals and products; very personal ones (health, passport, IBAN, ...) and free texts never,
 * unless `allow` names them.
 *
 * A moment that the file gives as a date is the start of that day in the zone, except closed_at:
 * its end, so that nothing learns of a closing before it happened.
 *
 * Errors: E_NOT_FOUND (no such path), E_FORMAT (nothing recognised, bad mapping file), what the CSV
 * reader and the store report, E_CANCELLED, and with `strict` E_DATA at the first bad row. After
 * any of them the workspace is as it was. */
#ifndef FORE_DATASETS_IMPORT_H
#define FORE_DATASETS_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/store/store.h"

typedef struct fore_import_options {
    const char *const *paths; /* files or folders (their *.csv, *.tsv, *.txt, not deeper) */
    int64_t path_count;
    const char *format;       /* NULL or "auto", or one of fore_import_formats */
    const char *mapping_path; /* NULL: none */
    const char *const
        *allow; /* column names to keep as attributes; when any is given, only these */
    int64_t allow_count;
    const char *const *deny; /* column names never to keep */
    int64_t deny_count;
    bool strict;                   /* the first bad row fails the run */
    const char *rejects_path;      /* CSV of the bad rows, written when there are any; NULL: none */
    int64_t started_at;            /* the moment of the run, for the import's record */
    const char *zone;              /* NULL: the workspace's setting "zone", else UTC */
    const fore_observer *observer; /* NULL: quiet */
} fore_import_options;

typedef struct fore_import_file {
    const char *path, *format; /* format NULL: the file was passed over */
    const char *what;          /* what it holds: "deals", "activities", ... */
    const char *why;           /* how it was recognised, or why it was passed over; a sentence */
    int64_t rows, added, changed, same, rejected;
    const char *const
        *notes; /* decisions: delimiter, encoding, date order, decimal sign, columns left out */
    int64_t note_count;
} fore_import_file;

typedef struct fore_import_reason {
    const char *reason;
    int64_t count;
} fore_import_reason;

typedef struct fore_import_report {
    const fore_import_file *files;
    int64_t file_count;
    const fore_import_reason *reasons; /* rejected rows by reason, most frequent first */
    int64_t reason_count;
    const char *const
        *warnings; /* what the export lacks and what that costs; loose references; ... */
    int64_t warning_count;
    int64_t rows, added, changed, same, rejected; /* sums over the files */
    int64_t linked;            /* activities linked to a deal or lead through their contact */
    int64_t run;               /* key of the import's record */
    struct fore_arena *memory; /* holds all of the above */
} fore_import_report;

/* Outside a transaction. *report is filled on success only; free it with fore_import_report_free.
 */
fore_status fore_import(fore_store *store, const fore_import_options *options,
                        fore_import_report *report, fore_error *err);
void fore_import_report_free(fore_import_report *report);
/* Appends one JSON object: {"rows","added","changed","same","rejected","linked","files":[...],
 * "reasons":[{"reason","count"}],"warnings":[text]}. */
void fore_import_json(const fore_import_report *report, fore_text *json);

/* The words that `format` accepts: foresell, zoho, ...; NULL behind the last. */
const char *const *fore_import_formats(void);

/* Checks a mapping file's text without importing; what the fuzz target calls. */
fore_status fore_import_mapping_check(const char *text, int64_t length, fore_error *err);

/* Is it a name that won or lost stages usually have ("Closed Won", "Verloren", ...)? NULL: no. */
bool fore_stage_is_closing(const char *stage);

#endif
