/* Inside the import: a run, its files, a row in hand. See import_format.h for the way of a record.
 */
#ifndef FORE_DATASETS_IMPORT_RUN_H
#define FORE_DATASETS_IMPORT_RUN_H

#include "datasets/csv_reader.h"
#include "datasets/import.h"
#include "datasets/import_format.h"
#include "engine/base/memory.h"
#include "engine/store/stages.h"

/* --- rows --- */

typedef struct fore_value {
    int64_t row;      /* number of the row that it belongs to; older: no value */
    const char *text; /* as in the file, or as a shape set it; NUL-terminated */
    int64_t length;
    int64_t integer; /* time, date, money, flag */
    double number;
    int64_t column; /* of the file, from 0; -1: set by a shape */
    bool date_only;
} fore_value;

typedef struct fore_row {
    int64_t number; /* counts up over the run, from 1 */
    int64_t line;
    fore_kind kind;
    fore_value values[FORE_SLOT_COUNT];
    fore_text attributes; /* JSON object, or empty */
    fore_text full_name, full_id;
    char *trimmed; /* copies of cells with spaces at their end */
    int64_t trimmed_used, trimmed_capacity;
    char key[64]; /* a key made for a row that has none */
    bool rejected;
} fore_row;

static inline bool fore_has(const fore_row *row, fore_slot slot)
{
    return row->values[slot].row == row->number;
}
static inline const char *fore_text_of(const fore_row *row, fore_slot slot) /* NULL: none */
{
    return fore_has(row, slot) ? row->values[slot].text : NULL;
}
static inline int64_t fore_integer_of(const fore_row *row, fore_slot slot, int64_t none)
{
    return fore_has(row, slot) ? row->values[slot].integer : none;
}
static inline bool fore_flag_of(const fore_row *row, fore_slot slot)
{
    return fore_has(row, slot) && row->values[slot].integer != 0;
}
/* Shapes set values with these; text is borrowed and must outlive the row. */
void fore_set_text(fore_row *row, fore_slot slot, const char *text);
void fore_set_integer(fore_row *row, fore_slot slot, int64_t value);
void fore_move(fore_row *row, fore_slot from, fore_slot to); /* nothing when `from` is empty */
void fore_unset(fore_row *row, fore_slot slot);

/* --- helping maps --- */

typedef struct fore_lookup_entry {
    const char *text;
    int64_t at, weight;
    bool won, closed, has_flags;
} fore_lookup_entry;

typedef struct fore_lookup {
    fore_dictionary *keys;
    fore_lookup_entry *entries;
    int64_t capacity;
} fore_lookup;

const fore_lookup_entry *fore_lookup_find(const struct fore_importing *run, fore_lookup_name name,
                                          const char *key);
/* Puts or replaces; an entry with a smaller weight does not replace. */
fore_status fore_lookup_put(struct fore_importing *run, fore_lookup_name name, const char *key,
                            const fore_lookup_entry *entry, fore_error *err);

/* Notes what a described contact or account is called. fore_name_resolve gives the id of the only
 * one with this name where `text` is no id known so far; else NULL in *id. */
fore_status fore_name_put(struct fore_importing *run, fore_lookup_name name, const fore_row *row,
                          fore_error *err);
fore_status fore_name_resolve(struct fore_importing *run, fore_entity entity, const char *text,
                              const char **id, fore_error *err);

/* --- mapping file --- */

typedef struct fore_mapping_entry {
    const char *section, *name, *value;
} fore_mapping_entry;

typedef struct fore_mapping {
    fore_arena *arena;
    fore_mapping_entry *entries;
    int64_t count, capacity;
    const char *path;
} fore_mapping;

fore_status fore_mapping_parse(const char *text, int64_t length, const char *path,
                               fore_mapping *mapping, fore_error *err);
void fore_mapping_free(fore_mapping *mapping);
/* The last value of `name` that holds for a file (its name, then what it holds, then [import]);
 * NULL: none. */
const char *fore_mapping_value(const fore_mapping *mapping, const char *file, const char *what,
                               const char *name);
/* Does this section speak about a file? */
bool fore_mapping_section_fits(const char *section, const char *file, const char *what);

/* --- files --- */

typedef struct fore_word {
    const char *from, *to; /* `from` normalised; "*" = every other value */
} fore_word;

typedef struct fore_column_plan {
    int slot; /* fore_slot, or -1 */
    bool attribute;
    fore_word *words; /* of the mapping file, then of the bind */
    int64_t word_count, word_capacity;
    double unit_seconds;
    fore_value_kind value_kind;
    fore_number_evidence numbers;
    fore_date_evidence dates;
    fore_decimal decimal;
    fore_date_order order;
} fore_column_plan;

typedef struct fore_file_plan {
    const char *path, *name; /* name: without folders */
    fore_csv *csv;
    const fore_format *format; /* NULL: passed over */
    const fore_file_rule *rule;
    fore_kind kind;
    const char *why;
    fore_dictionary *headers; /* normalised header -> its first column */
    int64_t *header_columns;
    fore_column_plan *columns;
    int64_t column_count;
    bool decided;  /* dates and numbers: the file was looked through */
    int64_t index; /* in the report */
    int64_t rows, added, changed, same, rejected, doubles;
    int quota_months; /* that a quota holds which does not say it; 0: not looked through yet */
    const char **notes;
    int64_t note_count, note_capacity;
} fore_file_plan;

typedef struct fore_reject_row {
    const char *file, *column, *value, *reason;
    int64_t line;
} fore_reject_row;

typedef struct fore_named {
    fore_dictionary *ids;
    char *seen; /* by key: noted already */
    int64_t capacity;
} fore_named;

struct fore_changes;
struct fore_seen;

typedef struct fore_importing {
    fore_store *store;
    const fore_import_options *options;
    fore_arena *arena; /* the report's */
    fore_arena *scrap; /* of the run */
    fore_zone *zone;
    fore_mapping mapping;
    const char *const *won_stages, *const *lost_stages; /* normalised, NULL-terminated */
    bool own_stages; /* they were configured: they go before what the export says */

    fore_file_plan *files;
    int64_t file_count, file_capacity;
    fore_file_plan *file;   /* in hand */
    fore_csv_record record; /* in hand */
    fore_row row;

    fore_lookup lookups[FORE_LOOK_COUNT];
    struct fore_changes *changes;
    struct fore_seen *seen;
    fore_named reps, products; /* that rows name while no file of the run describes them */
    struct fore_spend *spend;
    bool has_kind[FORE_KIND_COUNT];
    bool fresh[FORE_KIND_COUNT]; /* the workspace held no row of the kind before this run */
    int64_t kind_rows[FORE_KIND_COUNT];
    int64_t contact_links, undated, made_deals;
    int64_t closed_deals, undated_wins;
    int64_t strangers; /* quotas of people whom the workspace does not know */
    const char *stranger;
    const char *open_stage[8]; /* the first stages of deals that were read as open */
    int open_stages;
    int64_t derived[3]; /* rows made from histories and sums, by fore_put */

    fore_reject_row *rejects;
    int64_t reject_count, reject_capacity;
    const char **warnings;
    int64_t warning_count, warning_capacity;
} fore_importing;

/* Sentences of the report; printf-like. */
fore_status fore_run_warn(fore_importing *run, fore_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
fore_status fore_file_note(fore_importing *run, fore_file_plan *file, fore_error *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Leaves the row in hand out. column NULL: the row as a whole. With `strict` a failure, else
 * FORE_OK. */
fore_status fore_reject(fore_importing *run, const char *column, const char *value,
                        const char *reason, fore_error *err);
/* The same for a slot, whose column and value are known. */
fore_status fore_reject_slot(fore_importing *run, fore_slot slot, const char *reason,
                             fore_error *err);

/* --- what shapes of several formats share (import_shapes.c, import_targets.c, import_quotas.c) ---
 */

/* Is the word in the text, by itself or with an s behind it? Small letters. */
bool fore_has_word(const char *text, const char *word);

fore_activity_kind fore_kind_of_subject(const char *subject, fore_activity_kind otherwise);
void fore_set_kind(fore_row *row, fore_activity_kind kind);
/* "12;57": the first of several ids, in place of all. */
fore_status fore_keep_first_id(fore_importing *run, fore_row *row, fore_slot slot, fore_error *err);
void fore_unset_zero(fore_row *row, fore_slot slot); /* an id of 0 is none */
/* Done: at = done_at, else due_at, else created_at. Planned: only due_at. */
void fore_settle_task(fore_row *row, bool done);
/* Minutes from start and end, where the row has none and the end is within a day. */
void fore_minutes_from_end(fore_row *row);
/* A row of the values of the time: stage, amount, close date of a deal at a moment. */
fore_status fore_shape_snapshot(fore_importing *run, fore_row *row, bool *keep, fore_error *err);
/* A row of a change log: deal, at, field, new and perhaps old. */
fore_status fore_shape_change(fore_importing *run, fore_row *row, bool *keep, fore_error *err);
fore_status fore_shape_stage_change(fore_importing *run, fore_row *row, bool *keep,
                                    fore_error *err);
/* Targets of Salesforce and HubSpot. Left out, with the reason, is what is no amount of money, what
 * is of a part of a rep's sales, and the second of two for one period. */
fore_status fore_target_of_kind(fore_importing *run, fore_row *row, const char *kind,
                                const char *reason, fore_error *err);
fore_status fore_shape_quota(fore_importing *run, fore_row *row, bool *keep, fore_error *err);
fore_status fore_shape_goal(fore_importing *run, fore_row *row, bool *keep, fore_error *err);
/* Passes over deleted records. */
fore_status fore_shape_live(fore_importing *run, fore_row *row, bool *keep, fore_error *err);

/* --- the steps --- */

/* Header and keyword comparison: letters and digits, lower case, Latin accents off, final "__c"
 * off. */
void fore_header_key(const char *header, char *out, size_t size);
/* Does '|'-separated `list` hold the word (normalised)? */
bool fore_list_has(const char *list, const char *word);
/* Calls visit for each part of a list; stops at the first failure. */
fore_status fore_list_each(const char *list, char separator,
                           fore_status (*visit)(void *context, const char *part, fore_error *err),
                           void *context, fore_error *err);
/* The column whose header is one of the '|'-separated names, by the order of the names; -1: none.
 */
struct fore_file_plan;
int64_t fore_header_find(const struct fore_file_plan *file, const char *names);
fore_status fore_headers_index(struct fore_file_plan *file, fore_error *err);

fore_status fore_recognise(fore_importing *run, fore_file_plan *file, fore_error *err);
fore_status fore_columns_plan(fore_importing *run, fore_file_plan *file, fore_error *err);
bool fore_has_attributes(fore_kind kind);
/* Looks the whole file through and decides how dates and numbers are read; notes and warnings
 * follow. */
fore_status fore_columns_observe(fore_importing *run, fore_file_plan *file, fore_error *err);
/* Could another cell of the column change how this one is read? */
bool fore_cell_needs_decision(const fore_column_plan *column, const char *text, int64_t length);
/* Reads the cells of run->record into run->row. */
fore_status fore_columns_read(fore_importing *run, fore_error *err);
/* What rows of the store are made of (import_rows.c): unknown is NaN, FORE_NO_DATE, NULL, key 0. */
double fore_number_of(const fore_row *row, fore_slot slot);
int32_t fore_date_in(const fore_row *row, fore_slot slot);
const char *fore_attributes_of(const fore_row *row);
fore_status fore_reference(fore_importing *run, fore_entity entity, fore_slot slot, int64_t *pk,
                           fore_error *err);
fore_status fore_join_name(fore_importing *run, fore_error *err);
fore_status fore_put_lead(fore_importing *run, fore_put *put, fore_error *err);
fore_status fore_put_deal(fore_importing *run, fore_put *put, fore_error *err);
fore_status fore_put_deal_change(fore_importing *run, fore_put *put, fore_error *err);
fore_status fore_row_store(fore_importing *run, fore_put *put, bool *stored, fore_error *err);
/* Makes rows of the reps, and of the products known by their names, that no file of the run
 * describes. */
fore_status fore_named_store(fore_importing *run, fore_error *err);
/* Every so many records: progress, and E_CANCELLED when the observer wants to stop. */
fore_status fore_run_pulse(fore_importing *run, const char *step, int64_t record, fore_error *err);

/* Counts a key; *times: how often it came before in this run. */
fore_status fore_seen_add(fore_importing *run, fore_kind kind, const char *id, int64_t length,
                          int64_t *times, fore_error *err);
void fore_seen_free(struct fore_seen *seen);

/* Values over time that are turned into changes at the end of a run. old NULL: the value before it.
 */
fore_status fore_changes_add(fore_importing *run, const char *deal, int64_t at, const char *field,
                             const char *old, const char *value, fore_error *err);
fore_status fore_changes_store(fore_importing *run, fore_error *err);
void fore_changes_free(struct fore_changes *changes);
/* Changes in the form that every format uses: field names and values. False: not a field we keep.
 */
const char *fore_change_field(const char *vendor_field);
fore_outcome fore_stage_outcome(const fore_importing *run, const char *stage, bool *known);

fore_status fore_spend_add(fore_importing *run, fore_error *err);
fore_status fore_spend_store(fore_importing *run, fore_error *err);
void fore_spend_free(struct fore_spend *spend);

fore_status fore_report_make(fore_importing *run, fore_import_report *report, fore_error *err);
fore_status fore_rejects_write(fore_importing *run, int64_t import_run, fore_error *err);

#endif
