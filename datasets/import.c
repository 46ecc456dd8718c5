/* One run of an import.
 *
 *     list the files, recognise each by its header, order them so that what is named comes first
 *     begin
 *         each file: its rows; where a cell leaves doubts, the file is looked through first
 *         changes from histories, sums of spend, reps that are only named, links through contacts
 *         the record of the run and its rejects
 *     commit, or roll back on the first failure */
#include "datasets/import.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "datasets/import_run.h"
#include "engine/base/file.h"

enum { PULSE = 4096, VALUE_LIMIT = 200, MAPPING_LIMIT = 1 << 20 };

/* --- sentences and rejects --- */

static fore_status add_sentence(fore_arena *arena, const char ***list, int64_t *count,
                                int64_t *capacity, const char *format, va_list args,
                                fore_error *err)
{
    char text[2048];
    vsnprintf(text, sizeof text, format, args);
    FORE_TRY(fore_grow((void **)list, capacity, *count + 1, sizeof **list, err));
    const char *copy = fore_arena_string(arena, text);
    if (!copy) return fore_no_memory(err);
    (*list)[(*count)++] = copy;
    return FORE_OK;
}

fore_status fore_run_warn(fore_importing *run, fore_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fore_status status = add_sentence(run->arena, &run->warnings, &run->warning_count,
                                      &run->warning_capacity, format, args, err);
    va_end(args);
    return status;
}

fore_status fore_file_note(fore_importing *run, fore_file_plan *file, fore_error *err,
                           const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fore_status status = add_sentence(run->arena, &file->notes, &file->note_count,
                                      &file->note_capacity, format, args, err);
    va_end(args);
    return status;
}

static const char *cut_value(fore_arena *arena, const char *value)
{
    if (!value) return NULL;
    int64_t length = (int64_t)strlen(value);
    if (length > VALUE_LIMIT) length = fore_utf8_fit(value, VALUE_LIMIT / 2);
    return fore_arena_copy(arena, value, length);
}

/* From 1; 0 where the row as a whole is meant, or a column that the file lacks. */
static int64_t column_number(const fore_file_plan *file, const char *column)
{
    for (int64_t c = 0; column && file->csv && c < fore_csv_columns(file->csv); c++) {
        if (strcmp(fore_csv_name(file->csv, c), column) == 0) return c + 1;
    }
    return 0;
}

fore_status fore_reject(fore_importing *run, const char *column, const char *value,
                        const char *reason, fore_error *err)
{
    fore_file_plan *file = run->file;
    run->row.rejected = true;
    if (run->options->strict) {
        char place[32] = "";
        int64_t number = column_number(file, column);
        if (number > 0) snprintf(place, sizeof place, ":%lld", (long long)number);
        return fore_fail_at(err, FORE_E_DATA, file->path, run->row.line, number,
                            "%s:%lld%s: %s%s%.80s: %s; correct the row, or import without --strict",
                            file->path, (long long)run->row.line, place,
                            column ? column : "the row", value ? " = " : "", value ? value : "",
                            reason);
    }
    FORE_TRY(fore_grow((void **)&run->rejects, &run->reject_capacity, run->reject_count + 1,
                       sizeof *run->rejects, err));
    fore_reject_row reject = {.file = file->path,
                              .line = run->row.line,
                              .reason = reason,
                              .column = fore_arena_string(run->scrap, column),
                              .value = cut_value(run->scrap, value)};
    if ((column && !reject.column) || (value && !reject.value)) return fore_no_memory(err);
    run->rejects[run->reject_count++] = reject;
    file->rejected++;
    return FORE_OK;
}

fore_status fore_reject_slot(fore_importing *run, fore_slot slot, const char *reason,
                             fore_error *err)
{
    const fore_value *v = &run->row.values[slot];
    const char *column = v->column >= 0 ? fore_csv_name(run->file->csv, v->column) : NULL;
    return fore_reject(run, column, v->text, reason, err);
}

fore_status fore_run_pulse(fore_importing *run, const char *step, int64_t record, fore_error *err)
{
    if (record % PULSE != 0) return FORE_OK;
    const fore_csv *csv = run->file ? run->file->csv : NULL;
    fore_progress(run->options->observer, step, csv ? fore_csv_position(csv) : record,
                  csv ? fore_csv_about(csv)->bytes : 0);
    if (!fore_cancelled(run->options->observer)) return FORE_OK;
    return fore_fail(err, FORE_E_CANCELLED,
                     "the import was stopped; the workspace is as it was before");
}

/* --- the list of files --- */

static fore_status add_file(fore_importing *run, const char *path, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&run->files, &run->file_capacity, run->file_count + 1,
                       sizeof *run->files, err));
    fore_file_plan *file = &run->files[run->file_count];
    *file = (fore_file_plan){.path = fore_arena_string(run->arena, path),
                             .index = run->file_count,
                             .kind = FORE_KIND_NOTHING};
    if (!file->path) return fore_no_memory(err);
    const char *slash = strrchr(file->path, '/');
    file->name = slash ? slash + 1 : file->path;
    run->file_count++;
    return FORE_OK;
}

static bool is_table(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot &&
           (!strcasecmp(dot, ".csv") || !strcasecmp(dot, ".tsv") || !strcasecmp(dot, ".txt"));
}

static bool is_workbook(const char *name)
{
    static const char *const kinds[] = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && name[0] != '.' && name[0] != '~' && i < sizeof kinds / sizeof *kinds;
         i++)
        if (!strcasecmp(dot, kinds[i])) return true;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static fore_status add_folder(fore_importing *run, const char *path, fore_error *err)
{
    fore_status status = FORE_OK;
    const char **names = NULL;
    int64_t count = 0, capacity = 0, tables = 0;
    DIR *dir = opendir(path);
    if (!dir) return fore_fail_errno(err, path, "open", errno);
    for (struct dirent *e; (e = readdir(dir));) {
        if (!is_table(e->d_name) && !is_workbook(e->d_name)) continue;
        tables += is_table(e->d_name);
        FORE_GO(fore_grow((void **)&names, &capacity, count + 1, sizeof *names, err));
        names[count] = fore_arena_format(run->scrap, "%s%s%s", path,
                                         path[strlen(path) - 1] == '/' ? "" : "/", e->d_name);
        if (!names[count++]) FORE_GO(fore_no_memory(err));
    }
    if (tables == 0) {
        FORE_GO(fore_fail_at(err, FORE_E_NOT_FOUND, path, 0, 0,
                             "%s holds no .csv, .tsv or .txt file; %s", path,
                             count > 0 ? "save the sheets of its workbooks as CSV"
                                       : "give the folder or the files of the export"));
    }
    qsort(names, (size_t)count, sizeof *names, by_name);
    for (int64_t i = 0; i < count; i++) {
        FORE_GO(add_file(run, names[i], err));
        if (is_workbook(names[i])) /* one named by hand is opened, and refused with its place */
            run->files[run->file_count - 1].why =
                "passed over: a workbook is no table of text; save the sheet as CSV";
    }
done:
    closedir(dir);
    fore_free(names);
    return status;
}

static fore_status list_files(fore_importing *run, fore_error *err)
{
    const fore_import_options *o = run->options;
    if (o->path_count < 1)
        return fore_fail(err, FORE_E_USAGE,
                         "nothing to import; name the folder or the files of the export");
    for (int64_t i = 0; i < o->path_count; i++) {
        const char *path = o->paths[i];
        if (!*path || !(fore_file_exists(path) || fore_file_is_folder(path))) {
            return fore_fail_at(
                err, FORE_E_NOT_FOUND, path, 0, 0,
                "%s: no such file or folder; check the path and give the folder or the "
                "files of the export",
                path);
        }
        FORE_TRY(fore_file_is_folder(path) ? add_folder(run, path, err) : add_file(run, path, err));
    }
    return FORE_OK;
}

/* --- planning --- */

static fore_status note_dialect(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    const fore_csv_info *info = fore_csv_about(file->csv);
    const char *delimiter = info->delimiter == '\t'  ? "tab"
                            : info->delimiter == ';' ? "semicolon"
                            : info->delimiter == '|' ? "bar"
                                                     : "comma";
    FORE_TRY(fore_file_note(run, file, err, "delimiter %s, %s", delimiter,
                            fore_csv_encoding_word(info->encoding)));
    if (info->encoding != FORE_CSV_WINDOWS_1252) return FORE_OK;
    return fore_run_warn(
        run, err,
        "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252 (Latin-1). Export it as UTF-8 if letters look wrong",
        file->name, (long long)info->foreign_line, (long long)info->foreign_column);
}

static fore_status plan_file(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    if (file->why) return FORE_OK; /* passed over already */
    FORE_TRY(fore_csv_open(file->path, NULL, &file->csv, err));
    run->file = file;
    FORE_TRY(fore_headers_index(file, err));
    FORE_TRY(fore_recognise(run, file, err));
    if (!file->format) {
        fore_csv_close(file->csv);
        file->csv = NULL;
        return FORE_OK;
    }
    FORE_TRY(note_dialect(run, file, err));
    FORE_TRY(fore_columns_plan(run, file, err));
    if (file->rule->note) FORE_TRY(fore_file_note(run, file, err, "%s", file->rule->note));
    run->has_kind[file->kind] = true;
    return FORE_OK;
}

static int by_kind(const void *a, const void *b)
{
    const fore_file_plan *x = a, *y = b;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static fore_status plan_files(fore_importing *run, fore_error *err)
{
    int64_t known = 0;
    for (int64_t f = 0; f < run->file_count; f++) {
        FORE_TRY(plan_file(run, &run->files[f], err));
        known += run->files[f].format != NULL;
    }
    if (known == 0) {
        const fore_file_plan *file = &run->files[0];
        return fore_fail_at(err, FORE_E_FORMAT, file->path, 1, 0, "%s: %s%s", file->path, file->why,
                            run->file_count > 1 ? " (and so are the other files)" : "");
    }
    if (run->file_count > 1)
        qsort(run->files, (size_t)run->file_count, sizeof *run->files, by_kind);
    return FORE_OK;
}

/* --- rows --- */

static fore_status import_file(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    run->file = file;
    for (;;) {
        bool more, stored = false;
        fore_put put = FORE_PUT_SAME;
        FORE_TRY(fore_csv_next(file->csv, &run->record, &more, err));
        if (!more) break;
        FORE_TRY(fore_run_pulse(run, file->name, file->rows, err));
        file->rows++;
        FORE_TRY(fore_columns_read(run, err));
        if (!run->row.rejected) FORE_TRY(fore_row_store(run, &put, &stored, err));
        if (!stored) continue;
        file->added += put == FORE_PUT_NEW;
        file->changed += put == FORE_PUT_CHANGED;
        file->same += put == FORE_PUT_SAME;
    }
    if (file->rows == 0)
        FORE_TRY(fore_run_warn(run, err, "%s has a header and no rows", file->name));
    if (file->doubles > 0) {
        FORE_TRY(fore_run_warn(run, err, "%s: %lld %s a key that came before; the later row counts",
                               file->name, (long long)file->doubles,
                               file->doubles == 1 ? "row repeats" : "rows repeat"));
    }
    fore_csv_close(file->csv);
    file->csv = NULL;
    return FORE_OK;
}

static fore_status record_run(fore_importing *run, int64_t linked, fore_import_report *report,
                              fore_error *err)
{
    report->linked = linked;
    FORE_TRY(fore_report_make(run, report, err));
    fore_text paths = {0};
    for (int64_t i = 0; i < run->options->path_count; i++)
        fore_text_printf(&paths, "%s%s", i ? "\n" : "", run->options->paths[i]);
    fore_status status = fore_text_check(&paths, err);
    fore_import_row row = {.started_at = run->options->started_at,
                           .format = run->options->format ? run->options->format : "auto",
                           .paths = fore_text_string(&paths),
                           .rows_read = report->rows,
                           .rows_new = report->added,
                           .rows_changed = report->changed,
                           .rows_same = report->same,
                           .rows_rejected = report->rejected};
    if (status == FORE_OK) status = fore_store_put_import(run->store, &row, &report->run, err);
    fore_text_free(&paths);
    FORE_TRY(status);
    return fore_rejects_write(run, report->run, err);
}

/* An import of which nothing is left is a failure; the file of rejects is written all the same. */
static fore_status check_any(const fore_importing *run, const fore_import_report *report,
                             fore_error *err)
{
    if (report->rejected == 0 || report->rejected < report->rows) return FORE_OK;
    const fore_reject_row *r = &run->rejects[0];
    return fore_fail_at(
        err, FORE_E_DATA, r->file, r->line, 0,
        "%s:%lld: %s%s%.80s: %s; and so none of the %lld rows could be read: correct them, or name "
        "the columns in a mapping file",
        r->file, (long long)r->line, r->column ? r->column : "the row", r->value ? " = " : "",
        r->value ? r->value : "", r->reason, (long long)report->rows);
}

static void find_fresh(fore_importing *run)
{
    static const struct {
        fore_kind kind;
        fore_table table;
    } tables[] = {
        {FORE_KIND_REPS, FORE_TABLE_REP},         {FORE_KIND_ACCOUNTS, FORE_TABLE_ACCOUNT},
        {FORE_KIND_CONTACTS, FORE_TABLE_CONTACT}, {FORE_KIND_CAMPAIGNS, FORE_TABLE_CAMPAIGN},
        {FORE_KIND_PRODUCTS, FORE_TABLE_PRODUCT}, {FORE_KIND_LEADS, FORE_TABLE_LEAD},
        {FORE_KIND_DEALS, FORE_TABLE_DEAL},       {FORE_KIND_ACTIVITIES, FORE_TABLE_ACTIVITY},
        {FORE_KIND_ORDERS, FORE_TABLE_SALE},      {FORE_KIND_TICKETS, FORE_TABLE_TICKET}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        run->fresh[tables[i].kind] = fore_store_count(run->store, tables[i].table) == 0;
    }
}

static fore_status import_rows(fore_importing *run, fore_import_report *report, fore_error *err)
{
    int64_t linked = 0;
    find_fresh(run);
    for (int64_t f = 0; f < run->file_count; f++) {
        if (run->files[f].format) FORE_TRY(import_file(run, &run->files[f], err));
    }
    run->file = NULL;
    FORE_TRY(fore_changes_store(run, err));
    FORE_TRY(fore_spend_store(run, err));
    FORE_TRY(fore_named_store(run, err));
    FORE_TRY(fore_run_pulse(run, "linking", 0, err));
    FORE_TRY(fore_store_link_contacts(run->store, &linked, err));
    FORE_TRY(record_run(run, linked, report, err));
    return check_any(run, report, err);
}

/* --- settings --- */

typedef struct stage_list {
    fore_importing *run;
    const char **keys;
    int64_t count, capacity;
} stage_list;

static fore_status add_stage(void *context, const char *part, fore_error *err)
{
    stage_list *list = context;
    char key[256];
    fore_header_key(part, key, sizeof key);
    FORE_TRY(
        fore_grow((void **)&list->keys, &list->capacity, list->count + 2, sizeof *list->keys, err));
    list->keys[list->count] = fore_arena_string(list->run->scrap, key);
    if (!list->keys[list->count++]) return fore_no_memory(err);
    list->keys[list->count] = NULL;
    return FORE_OK;
}

/* Stage names that mean won or lost: mapping file, else the workspace's setting, else the usual
 * words. */
static fore_status read_stages(fore_importing *run, const char *name, const char *usual,
                               const char *const **stages, fore_error *err)
{
    fore_text setting = {0};
    bool found = false;
    stage_list list = {.run = run};
    fore_status status = fore_store_setting(run->store, name, &setting, &found, err);
    const char *own = fore_mapping_value(&run->mapping, NULL, NULL, name);
    if (status == FORE_OK && !own && found) own = fore_text_string(&setting);
    run->own_stages = run->own_stages || own;
    if (status == FORE_OK)
        status = fore_list_each(own ? own : usual, own ? ',' : '|', add_stage, &list, err);
    if (status == FORE_OK && list.count > 0) {
        const char **copy = fore_arena_alloc(run->scrap, list.count + 1, sizeof *copy);
        if (copy) memcpy(copy, list.keys, (size_t)(list.count + 1) * sizeof *copy);
        *stages = copy;
        if (!copy) status = fore_no_memory(err);
    }
    fore_free(list.keys);
    fore_text_free(&setting);
    return status;
}

static fore_status read_zone(fore_importing *run, fore_error *err)
{
    fore_text setting = {0};
    bool found = false;
    const char *name = run->options->zone;
    fore_status status = FORE_OK;
    if (!name) status = fore_store_setting(run->store, "zone", &setting, &found, err);
    if (status == FORE_OK)
        status = fore_zone_open(name ? name : fore_text_string(&setting), &run->zone, err);
    fore_text_free(&setting);
    return status;
}

static fore_status read_mapping(fore_importing *run, fore_error *err)
{
    const char *path = run->options->mapping_path;
    if (!path) return FORE_OK;
    fore_text text = {0};
    fore_status status = fore_file_read(path, MAPPING_LIMIT, &text, err);
    if (status == FORE_OK)
        status = fore_mapping_parse(fore_text_string(&text), text.length, path, &run->mapping, err);
    fore_text_free(&text);
    return status;
}

static fore_status prepare(fore_importing *run, fore_error *err)
{
    run->scrap = fore_arena_new();
    run->arena = fore_arena_new();
    run->reps.ids = fore_dictionary_new();
    run->products.ids = fore_dictionary_new();
    if (!run->scrap || !run->arena || !run->reps.ids || !run->products.ids)
        return fore_no_memory(err);
    FORE_TRY(read_mapping(run, err));
    FORE_TRY(read_zone(run, err));
    FORE_TRY(read_stages(run, "won_stages", FORE_USUAL_WON, &run->won_stages, err));
    FORE_TRY(read_stages(run, "lost_stages", FORE_USUAL_LOST, &run->lost_stages, err));
    FORE_TRY(list_files(run, err));
    return plan_files(run, err);
}

static void release(fore_importing *run)
{
    for (int64_t f = 0; f < run->file_count; f++) {
        fore_file_plan *file = &run->files[f];
        for (int64_t c = 0; file->columns && c < file->column_count; c++)
            fore_free(file->columns[c].words);
        fore_free(file->columns);
        fore_dictionary_free(file->headers);
        fore_free(file->header_columns);
        fore_free(file->notes);
        fore_csv_close(file->csv);
    }
    for (int l = 0; l < FORE_LOOK_COUNT; l++) {
        fore_dictionary_free(run->lookups[l].keys);
        fore_free(run->lookups[l].entries);
    }
    fore_free(run->files);
    fore_free(run->rejects);
    fore_free(run->warnings);
    fore_text_free(&run->row.attributes);
    fore_text_free(&run->row.full_name);
    fore_text_free(&run->row.full_id);
    fore_free(run->row.trimmed);
    fore_changes_free(run->changes);
    fore_seen_free(run->seen);
    fore_spend_free(run->spend);
    fore_dictionary_free(run->reps.ids);
    fore_dictionary_free(run->products.ids);
    fore_free(run->reps.seen);
    fore_free(run->products.seen);
    fore_mapping_free(&run->mapping);
    fore_zone_free(run->zone);
    fore_arena_free(run->scrap);
    fore_arena_free(run->arena);
    fore_free(run);
}

fore_status fore_import(fore_store *store, const fore_import_options *options,
                        fore_import_report *report, fore_error *err)
{
    fore_status status = FORE_OK;
    bool begun = false;
    fore_import_report made = {0};
    fore_importing *run = FORE_ZNEW(1, fore_importing);
    if (!run) return fore_no_memory(err);
    run->store = store;
    run->options = options;
    FORE_GO(prepare(run, err));
    FORE_GO(fore_store_begin(store, err));
    begun = true;
    FORE_GO(import_rows(run, &made, err));
    FORE_GO(fore_store_commit(store, err));
    begun = false;
    made.memory = run->arena;
    run->arena = NULL;
    *report = made;
done:
    if (begun) fore_store_rollback(store);
    release(run);
    return status;
}

void fore_import_report_free(fore_import_report *report)
{
    if (!report) return;
    fore_arena_free(report->memory);
    *report = (fore_import_report){0};
}
