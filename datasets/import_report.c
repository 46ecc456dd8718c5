/* What an import says about itself: files, rejects, what the export lacks and what that costs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/import_run.h"
#include "engine/base/file.h"
#include "engine/base/json.h"

/* --- rejects --- */

fore_status fore_rejects_write(fore_importing *run, int64_t import_run, fore_error *err)
{
    fore_text out = {0};
    fore_status status = FORE_OK;
    fore_text_puts(&out, "file,line,column,value,reason\n");
    for (int64_t i = 0; i < run->reject_count; i++) {
        const fore_reject_row *r = &run->rejects[i];
        FORE_GO(fore_store_put_reject(run->store, import_run, r->file, r->line, r->column, r->value,
                                      r->reason, err));
        fore_csv_put_cell(&out, r->file, (int64_t)strlen(r->file), true);
        fore_text_printf(&out, ",%lld", (long long)r->line);
        fore_csv_put_cell(&out, r->column ? r->column : "",
                          r->column ? (int64_t)strlen(r->column) : 0, false);
        fore_csv_put_cell(&out, r->value ? r->value : "", r->value ? (int64_t)strlen(r->value) : 0,
                          false);
        fore_csv_put_cell(&out, r->reason, (int64_t)strlen(r->reason), false);
        fore_text_putc(&out, '\n');
    }
    FORE_GO(fore_text_check(&out, err));
    if (run->options->rejects_path && run->reject_count > 0) {
        FORE_GO(fore_file_replace(run->options->rejects_path, out.bytes, out.length, err));
    }
done:
    fore_text_free(&out);
    return status;
}

static int by_count(const void *a, const void *b)
{
    const fore_import_reason *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return strcmp(x->reason, y->reason);
}

static fore_status count_reasons(fore_importing *run, fore_import_report *report, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_dictionary *words = fore_dictionary_new();
    int64_t *counts = NULL, capacity = 0;
    if (!words) return fore_no_memory(err);
    for (int64_t i = 0; i < run->reject_count; i++) {
        const char *reason = run->rejects[i].reason;
        int64_t before = fore_dictionary_count(words),
                at = fore_dictionary_add(words, reason, (int64_t)strlen(reason));
        if (at < 0) FORE_GO(fore_no_memory(err));
        FORE_GO(fore_grow((void **)&counts, &capacity, at + 1, sizeof *counts, err));
        if (at == before) counts[at] = 0;
        counts[at]++;
    }
    int64_t n = fore_dictionary_count(words);
    fore_import_reason *reasons = fore_arena_alloc(run->arena, n + 1, sizeof *reasons);
    if (!reasons) FORE_GO(fore_no_memory(err));
    for (int64_t i = 0; i < n; i++) {
        reasons[i] = (fore_import_reason){
            fore_arena_string(run->arena, fore_dictionary_text(words, i)), counts[i]};
        if (!reasons[i].reason) FORE_GO(fore_no_memory(err));
    }
    if (n > 1) qsort(reasons, (size_t)n, sizeof *reasons, by_count);
    report->reasons = reasons;
    report->reason_count = n;
done:
    fore_free(counts);
    fore_dictionary_free(words);
    return status;
}

/* --- what is missing --- */

/* Won deals without a date of closing, as they stand in the workspace now; amounts are told where
 * all are of one currency. */
typedef struct undated_wins {
    int64_t count;
    double amount;
    char currency[16];
    bool mixed;
} undated_wins;

static fore_status count_undated(fore_importing *run, undated_wins *found, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_cursor *cursor = NULL;
    fore_deal_row deal;
    bool more = true;
    FORE_TRY(fore_cursor_open(run->store, FORE_TABLE_DEAL, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &deal, &more, err));
        if (!more) break;
        if (deal.outcome != FORE_WON || deal.closed_at != FORE_NO_TIME) continue;
        const char *currency = deal.currency ? deal.currency : "";
        if (found->count++ == 0) snprintf(found->currency, sizeof found->currency, "%s", currency);
        found->mixed = found->mixed || strncmp(found->currency, currency, 15) != 0;
        if (deal.amount_minor != FORE_NO_AMOUNT) found->amount += (double)deal.amount_minor / 100;
    }
done:
    fore_cursor_close(cursor);
    return status;
}

static fore_status say_undated(fore_importing *run, fore_error *err)
{
    undated_wins found = {0};
    char money[64], brought[100] = "";
    if (run->undated_wins == 0) return FORE_OK;
    FORE_TRY(count_undated(run, &found, err));
    if (found.count == 0) return FORE_OK;
    fore_number_people(found.amount, 0, money, sizeof money);
    if (!found.mixed && found.amount != 0)
        snprintf(brought, sizeof brought, ", %s%s%s%s,", money, *found.currency ? " " : "",
                 found.currency, found.count == 1 ? "" : " in all");
    bool logged = fore_store_count(run->store, FORE_TABLE_DEAL_CHANGE) > 0, one = found.count == 1;
    return fore_run_warn(
        run, err,
        "%lld won deal%s%s %s no closing date and %s in no period of a forecast%s. Map the column "
        "of that date in a mapping file ([deals] closed_at = ...)",
        (long long)found.count, one ? "" : "s", brought, one ? "has" : "have", one ? "is" : "are",
        logged ? ", unless its changes tell the day" : "");
}

static fore_status say_lacks(fore_importing *run, fore_error *err)
{
    const int64_t *rows = run->kind_rows;
    bool people = rows[FORE_KIND_LEADS] > 0 || rows[FORE_KIND_DEALS] > 0;
    if (people && fore_store_count(run->store, FORE_TABLE_DEAL_CHANGE) == 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "no stage history: time in stage, stage speed and pushed close dates are unknown, and what a deal "
            "looked like in the past is known only from its dates"));
    }
    if (people && fore_store_count(run->store, FORE_TABLE_ACTIVITY) == 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "no activities: the ranking rests on attributes alone, and no effort answer is possible"));
    }
    if (people && fore_store_count(run->store, FORE_TABLE_DEAL) == 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "no deals: no sales forecast is possible, and leads are scored for conversion only"));
    }
    if (run->kind_rows[FORE_KIND_DEALS] > 0 && run->closed_deals == 0) {
        fore_text stages = {0};
        for (int k = 0; k < run->open_stages; k++)
            fore_text_printf(&stages, "%s%s", k ? ", " : "", run->open_stage[k]);
        fore_status status = fore_run_warn(
            run, err,
            "no deal was read as won or lost%s%.600s; where some are, name the stages in a mapping file "
            "([import] won_stages = ..., lost_stages = ...) or map the columns stage, outcome and closed_at",
            stages.length ? ": all stages count as open: " : ": no column says the stage",
            stages.length ? fore_text_string(&stages) : "");
        fore_text_free(&stages);
        if (status != FORE_OK) return status;
    }
    if (people && run->undated > 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "%lld %s no creation date: %s cannot be placed in time and %s not train a model",
            (long long)run->undated,
            run->undated == 1 ? "lead or deal has" : "leads and deals have",
            run->undated == 1 ? "it" : "they", run->undated == 1 ? "does" : "do"));
    }
    if (run->contact_links > 0 && fore_store_count(run->store, FORE_TABLE_DEAL) == 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "activities name contacts only; they count once the deals of those contacts are imported"));
    }
    return FORE_OK;
}

/* Key and id of the placeholders of one table: what is named somewhere and never arrived.
 * `described`: this run described others of the kind, so that a name in place of an id is a slip.
 */
static fore_status count_placeholders(fore_importing *run, fore_table table, const char *word,
                                      bool described, fore_error *err)
{
    fore_any_row row; /* all of them start with pk, id, known */
    fore_cursor *cursor = NULL;
    int64_t count = 0;
    bool more = true;
    char some[3][64] = {{0}};
    FORE_TRY(fore_cursor_open(run->store, table, true, &cursor, err));
    fore_status status = FORE_OK;
    while (more) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more || row.rep.known) continue;
        if (count < 3) memcpy(some[count], row.rep.id, strnlen(row.rep.id, sizeof some[0] - 1));
        count++;
    }
    if (count > 0) {
        FORE_GO(fore_run_warn(
            run, err, "%lld %s%s named but never described (%s%s%s%s%s%s); %s%s", (long long)count,
            word, count == 1 ? " is" : "s are", some[0], count > 1 ? ", " : "", some[1],
            count > 2 ? ", " : "", some[2], count > 3 ? ", ..." : "",
            count == 1 ? "it is kept as a loose reference" : "they are kept as loose references",
            described && strchr(some[0], ' ')
                ? "; named by name, not by id: export the id column as well"
                : ""));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

static fore_status say_loose(fore_importing *run, fore_error *err)
{
    const int64_t *rows = run->kind_rows;
    FORE_TRY(count_placeholders(run, FORE_TABLE_REP, "rep", false, err));
    FORE_TRY(
        count_placeholders(run, FORE_TABLE_ACCOUNT, "account", rows[FORE_KIND_ACCOUNTS] > 0, err));
    FORE_TRY(
        count_placeholders(run, FORE_TABLE_CONTACT, "contact", rows[FORE_KIND_CONTACTS] > 0, err));
    FORE_TRY(count_placeholders(run, FORE_TABLE_CAMPAIGN, "campaign", false, err));
    FORE_TRY(count_placeholders(run, FORE_TABLE_PRODUCT, "product", false, err));
    FORE_TRY(count_placeholders(run, FORE_TABLE_LEAD, "lead", false, err));
    return count_placeholders(run, FORE_TABLE_DEAL, "deal", false, err);
}

/* --- the report --- */

static fore_status report_file(fore_importing *run, const fore_file_plan *file,
                               fore_import_file *out, fore_error *err)
{
    const char **notes = fore_arena_alloc(run->arena, file->note_count + 1, sizeof *notes);
    if (!notes) return fore_no_memory(err);
    if (file->note_count > 0) memcpy(notes, file->notes, (size_t)file->note_count * sizeof *notes);
    *out = (fore_import_file){.path = file->path,
                              .format = file->format ? file->format->name : NULL,
                              .what = fore_kind_word(file->kind),
                              .why = file->why,
                              .rows = file->rows,
                              .added = file->added,
                              .changed = file->changed,
                              .same = file->same,
                              .rejected = file->rejected,
                              .notes = notes,
                              .note_count = file->note_count};
    return FORE_OK;
}

fore_status fore_report_make(fore_importing *run, fore_import_report *report, fore_error *err)
{
    if (run->made_deals > 0) {
        FORE_TRY(fore_run_warn(
            run, err, "no table of deals: %lld %s put together from their change log",
            (long long)run->made_deals, run->made_deals == 1 ? "deal was" : "deals were"));
    }
    if (run->strangers > 0) {
        FORE_TRY(fore_run_warn(
            run, err,
            "%lld %s of people whom no user, lead or deal names (%s%s): only the whole counts them "
            "until their sales or users are imported under the same id or name",
            (long long)run->strangers, run->strangers == 1 ? "quota is" : "quotas are",
            run->stranger, run->strangers > 1 ? ", ..." : ""));
    }
    FORE_TRY(say_lacks(run, err));
    FORE_TRY(say_undated(run, err));
    FORE_TRY(say_loose(run, err));
    FORE_TRY(count_reasons(run, report, err));
    fore_import_file *files = fore_arena_alloc(run->arena, run->file_count, sizeof *files);
    const char **warnings = fore_arena_alloc(run->arena, run->warning_count + 1, sizeof *warnings);
    if (!files || !warnings) return fore_no_memory(err);
    for (int64_t f = 0; f < run->file_count; f++) {
        FORE_TRY(report_file(run, &run->files[f], &files[f], err));
        report->rows += files[f].rows;
        report->added += files[f].added;
        report->changed += files[f].changed;
        report->same += files[f].same;
        report->rejected += files[f].rejected;
    }
    report->added += run->derived[FORE_PUT_NEW];
    report->changed += run->derived[FORE_PUT_CHANGED];
    report->same += run->derived[FORE_PUT_SAME];
    if (run->warning_count > 0)
        memcpy(warnings, run->warnings, (size_t)run->warning_count * sizeof *warnings);
    report->files = files;
    report->file_count = run->file_count;
    report->warnings = warnings;
    report->warning_count = run->warning_count;
    return FORE_OK;
}

static void json_file(fore_json_writer *w, const fore_import_file *file)
{
    fore_json_object(w, NULL);
    fore_json_string(w, "path", file->path);
    fore_json_string(w, "format", file->format);
    fore_json_string(w, "what", file->what);
    fore_json_string(w, "why", file->why);
    fore_json_integer(w, "rows", file->rows);
    fore_json_integer(w, "added", file->added);
    fore_json_integer(w, "changed", file->changed);
    fore_json_integer(w, "same", file->same);
    fore_json_integer(w, "rejected", file->rejected);
    fore_json_array(w, "notes");
    for (int64_t i = 0; i < file->note_count; i++) fore_json_string(w, NULL, file->notes[i]);
    fore_json_end_array(w);
    fore_json_end_object(w);
}

void fore_import_json(const fore_import_report *report, fore_text *json)
{
    fore_json_writer w = fore_json_to(json);
    fore_json_object(&w, NULL);
    fore_json_integer(&w, "rows", report->rows);
    fore_json_integer(&w, "added", report->added);
    fore_json_integer(&w, "changed", report->changed);
    fore_json_integer(&w, "same", report->same);
    fore_json_integer(&w, "rejected", report->rejected);
    fore_json_integer(&w, "linked", report->linked);
    fore_json_array(&w, "files");
    for (int64_t f = 0; f < report->file_count; f++) json_file(&w, &report->files[f]);
    fore_json_end_array(&w);
    fore_json_array(&w, "reasons");
    for (int64_t i = 0; i < report->reason_count; i++) {
        fore_json_object(&w, NULL);
        fore_json_string(&w, "reason", report->reasons[i].reason);
        fore_json_integer(&w, "count", report->reasons[i].count);
        fore_json_end_object(&w);
    }
    fore_json_end_array(&w);
    fore_json_array(&w, "warnings");
    for (int64_t i = 0; i < report->warning_count; i++)
        fore_json_string(&w, NULL, report->warnings[i]);
    fore_json_end_array(&w);
    fore_json_end_object(&w);
}
