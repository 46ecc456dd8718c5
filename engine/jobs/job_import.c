/* "Read these exports." One transaction; the report says what was recognised, decided, left out. */
#include <string.h>

#include "datasets/import.h"
#include "engine/jobs/jobs.h"

enum { LIST_LIMIT = 256 };

/* "a, b" -> pointers into one copy that the arena owns. */
static fore_status split_list(fore_arena *arena, const char *list, const char *items[LIST_LIMIT],
                              int64_t *count, fore_error *err)
{
    *count = 0;
    if (!list) return FORE_OK;
    char *copy = fore_arena_string(arena, list), *rest = copy;
    if (!copy) return fore_no_memory(err);
    for (char *item; (item = strsep(&rest, ","));) {
        while (*item == ' ') item++;
        for (char *end = item + strlen(item); end > item && end[-1] == ' ';) *--end = 0;
        if (!*item) continue;
        if (*count == LIST_LIMIT)
            return fore_fail(err, FORE_E_USAGE, "more than %d columns are named", LIST_LIMIT);
        items[(*count)++] = item;
    }
    return FORE_OK;
}

static const fore_column file_columns[] = {
    {"file", "file", FORE_CELL_TEXT, 1},    {"format", "format", FORE_CELL_TEXT, 0},
    {"holds", "holds", FORE_CELL_TEXT, 1},  {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"new", "new", FORE_CELL_INTEGER, 0},   {"changed", "changed", FORE_CELL_INTEGER, 0},
    {"same", "same", FORE_CELL_INTEGER, 0}, {"rejected", "bad", FORE_CELL_INTEGER, 0},
    {"why", NULL, FORE_CELL_TEXT, 0},
};

static const fore_column reason_columns[] = {
    {"reason", "rejected because", FORE_CELL_TEXT, 1},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
};

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void show_report(fore_answer *a, const fore_import_report *report)
{
    int64_t files = fore_answer_grid(a, "files", "Imported", file_columns, 9);
    for (int64_t i = 0; i < report->file_count; i++) {
        const fore_import_file *f = &report->files[i];
        fore_answer_row(a, files);
        fore_answer_text(a, files, file_name(f->path));
        fore_answer_text(a, files, f->format ? f->format : "passed over");
        fore_answer_text(a, files, f->what);
        fore_answer_number(a, files, (double)f->rows);
        fore_answer_number(a, files, (double)f->added);
        fore_answer_number(a, files, (double)f->changed);
        fore_answer_number(a, files, (double)f->same);
        fore_answer_number(a, files, (double)f->rejected);
        fore_answer_text(a, files, f->why);
    }
    int64_t reasons = fore_answer_grid(a, "reasons", NULL, reason_columns, 2);
    for (int64_t i = 0; i < report->reason_count; i++) {
        fore_answer_row(a, reasons);
        fore_answer_text(a, reasons, report->reasons[i].reason);
        fore_answer_number(a, reasons, (double)report->reasons[i].count);
    }
    for (int64_t i = 0; i < report->file_count; i++)
        for (int64_t n = 0; n < report->files[i].note_count; n++)
            if (strcmp(report->files[i].notes[n], "delimiter comma, UTF-8") !=
                0) /* the usual case */
                fore_answer_note(a, "%s: %s", file_name(report->files[i].path),
                                 report->files[i].notes[n]);
    if (report->linked > 0)
        fore_answer_note(a, "%lld activities are linked to a deal or lead through their contact.",
                         (long long)report->linked);
    for (int64_t i = 0; i < report->warning_count; i++)
        fore_answer_note(a, "%s", report->warnings[i]);
}

fore_status fore_job_import(fore_context *c, const foresell_import_request *r, fore_answer *a,
                            fore_error *err)
{
    const char *allow[LIST_LIMIT], *deny[LIST_LIMIT];
    fore_import_options options = {.paths = r->paths,
                                   .path_count = r->path_count,
                                   .format = r->format,
                                   .mapping_path = r->mapping,
                                   .allow = allow,
                                   .deny = deny,
                                   .strict = r->strict,
                                   .rejects_path = r->rejects,
                                   .started_at = r->moment.now,
                                   .observer = c->observer};
    fore_import_report report = {0};
    FORE_TRY(split_list(a->arena, r->allow, allow, &options.allow_count, err));
    FORE_TRY(split_list(a->arena, r->deny, deny, &options.deny_count, err));
    FORE_TRY(fore_import(c->store, &options, &report, err));
    show_report(a, &report);
    fore_import_json(&report, &a->json);
    fore_import_report_free(&report);
    return FORE_OK;
}
