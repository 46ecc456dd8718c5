/* The data-quality report: gathering findings, their words, and the report itself. The rules are in
 * quality_rows.c, quality_stages.c, quality_twins.c and quality_facts.c. */
#include "datasets/quality.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "datasets/quality_run.h"

static const int64_t DEFAULT_LIMIT = 20;
static const int64_t FIRST_SANE_TIME = 7305 * FORE_DAY; /* 1990-01-01 */

static const struct {
    const char *word, *title, *effect;
    fore_severity severity;
} codes[QUALITY_CODE_COUNT] = {
#define QUALITY_ROW(name, word, severity, title, effect)                                           \
    {word, title, effect, FORE_SEVERITY_##severity},
    QUALITY_CODES(QUALITY_ROW)
#undef QUALITY_ROW
};

const char *fore_severity_word(fore_severity severity)
{
    return severity == FORE_SEVERITY_ERROR     ? "error"
           : severity == FORE_SEVERITY_WARNING ? "warning"
                                               : "suggestion";
}

fore_severity quality_severity(quality_code code) { return codes[code].severity; }

const char *quality_noun(fore_table table, bool many)
{
    static const char *const nouns[QUALITY_TABLES][2] = {
        [FORE_TABLE_REP] = {"rep", "reps"},
        [FORE_TABLE_ACCOUNT] = {"account", "accounts"},
        [FORE_TABLE_CONTACT] = {"contact", "contacts"},
        [FORE_TABLE_CAMPAIGN] = {"campaign", "campaigns"},
        [FORE_TABLE_PRODUCT] = {"product", "products"},
        [FORE_TABLE_LEAD] = {"lead", "leads"},
        [FORE_TABLE_DEAL] = {"deal", "deals"},
        [FORE_TABLE_DEAL_CHANGE] = {"change of a deal", "changes of deals"},
        [FORE_TABLE_ACTIVITY] = {"activity", "activities"},
        [FORE_TABLE_SALE] = {"order", "orders"},
        [FORE_TABLE_TICKET] = {"ticket", "tickets"},
        [FORE_TABLE_TARGET] = {"target", "targets"},
    };
    return nouns[table][many];
}

/* --- gathering --- */

quality_fact *quality_fact_of(quality_run *q, fore_entity entity, int64_t pk)
{
    return pk > 0 && pk <= q->last[entity] ? &q->facts[entity][pk] : NULL;
}

/* A row counts as affected once, however much is wrong with it. */
static void flag_row(quality_run *q, fore_table table, int64_t pk)
{
    if ((int)table < (int)FORE_ENTITY_COUNT) {
        quality_fact *fact = quality_fact_of(q, (fore_entity)table, pk);
        if (!fact || !fact->known || fact->flagged) return;
        fact->flagged = true;
    } else {
        if (q->flagged_pk[table] == pk) return;
        q->flagged_pk[table] = pk;
    }
    q->affected[table]++;
}

static bool is_kept(const quality_run *q, quality_code code, const quality_group *group)
{
    if (q->options.code && strcmp(q->options.code, codes[code].word) != 0) return false;
    return group->kept < q->options.limit;
}

fore_quality_finding *quality_add(quality_run *q, quality_code code, fore_table table, int64_t pk,
                                  const char *id, const char *column, const char *value)
{
    quality_group *group = &q->groups[code][table];
    group->count++;
    if (codes[code].severity != FORE_SEVERITY_SUGGESTION) flag_row(q, table, pk);
    if (q->failed || !is_kept(q, code, group)) return NULL;
    if (fore_grow((void **)&group->items, &group->capacity, group->kept + 1, sizeof *group->items,
                  NULL) != FORE_OK) {
        q->failed = true;
        return NULL;
    }
    fore_quality_finding *finding = &group->items[group->kept++];
    *finding = (fore_quality_finding){.id = fore_arena_string(q->arena, id ? id : ""),
                                      .column = column,
                                      .value = fore_arena_string(q->arena, value),
                                      .text = ""};
    if (!finding->id || (value && !finding->value)) q->failed = true;
    return finding;
}

void quality_say(quality_run *q, fore_quality_finding *finding, const char *format, ...)
{
    char text[512];
    va_list args;
    if (!finding) return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    finding->text = fore_arena_string(q->arena, text);
    if (!finding->text) q->failed = true;
}

fore_quality_finding *quality_add_time(quality_run *q, quality_code code, fore_table table,
                                       int64_t pk, const char *id, const char *column, int64_t at)
{
    char text[32];
    fore_time_format(at, text);
    return quality_add(q, code, table, pk, id, column, at == FORE_NO_TIME ? NULL : text);
}

void quality_check_time(quality_run *q, fore_table table, int64_t pk, const char *id,
                        const char *column, int64_t at, bool may_lie_ahead)
{
    if (at == FORE_NO_TIME) return;
    if (at < FIRST_SANE_TIME)
        quality_say(q, quality_add_time(q, QUALITY_TIME_BEFORE_1990, table, pk, id, column, at),
                    "%s lies before 1990", column);
    if (q->as_of == FORE_NO_TIME || may_lie_ahead || at <= q->as_of || at <= q->options.now) return;
    quality_say(q, quality_add_time(q, QUALITY_TIME_IN_FUTURE, table, pk, id, column, at),
                "%s lies in the future", column);
}

fore_status quality_walk(quality_run *q, fore_table table, bool placeholders, void *row,
                         void (*visit)(quality_run *q, const void *row), fore_error *err)
{
    fore_cursor *cursor = NULL;
    bool more;
    fore_status status;
    FORE_TRY(fore_cursor_open(q->store, table, placeholders, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, row, &more, err));
        if (!more) break;
        visit(q, row);
        if (q->failed) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

/* --- the report --- */

/* How many of the deals closed at no known time are sales, and how much money. */
static void add_undated(const quality_run *q, char *text, size_t size)
{
    char number[48], money[64];
    size_t n = strlen(text);
    if (q->undated_wins == 0) return;
    fore_number_people((double)q->undated_wins, 0, number, sizeof number);
    fore_number_people(q->undated_amount / 100, 0, money, sizeof money);
    snprintf(text + n, size - n,
             " %s of them %s won, %s%s%s in all: sales that no forecast counts.", number,
             q->undated_wins == 1 ? "is" : "are", money, *q->main_currency ? " " : "",
             q->main_currency);
}

static const char *effect_text(quality_run *q, quality_code code, fore_table table, int64_t count)
{
    char number[48], rows[96], text[512];
    fore_number_people((double)count, 0, number, sizeof number);
    snprintf(rows, sizeof rows, "%s %s", number, quality_noun(table, count != 1));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, codes[code].effect, rows);
#pragma GCC diagnostic pop
    if (code == QUALITY_CLOSING_UNKNOWN && table == FORE_TABLE_DEAL)
        add_undated(q, text, sizeof text);
    return fore_arena_string(q->arena, text);
}

static bool report_group(quality_run *q, quality_code code, fore_table table,
                         fore_quality_group *out)
{
    quality_group *group = &q->groups[code][table];
    int64_t rows = q->rows[table];
    if (code == QUALITY_REFERENCE_DANGLING) rows += group->count;
    fore_quality_finding *findings = fore_arena_alloc(q->arena, group->kept, sizeof *findings);
    *out = (fore_quality_group){.code = codes[code].word,
                                .entity = quality_noun(table, false),
                                .severity = codes[code].severity,
                                .table = table,
                                .count = group->count,
                                .share = rows > 0 ? (double)group->count / (double)rows : 0,
                                .title = codes[code].title,
                                .effect = effect_text(q, code, table, group->count),
                                .findings = findings,
                                .kept = group->kept};
    if (!findings || !out->effect) return false;
    if (group->kept) memcpy(findings, group->items, (size_t)group->kept * sizeof *findings);
    return true;
}

static fore_status report_groups(quality_run *q, fore_quality_report *report, fore_error *err)
{
    fore_quality_group *groups =
        fore_arena_alloc(q->arena, QUALITY_CODE_COUNT * QUALITY_TABLES, sizeof *groups);
    if (!groups) return fore_no_memory(err);
    report->groups = groups;
    for (int severity = 0; severity <= FORE_SEVERITY_SUGGESTION; severity++)
        for (int c = 0; c < QUALITY_CODE_COUNT; c++)
            for (int t = 0; t < QUALITY_TABLES; t++) {
                int64_t count = q->groups[c][t].count;
                if (!count || (int)codes[c].severity != severity) continue;
                if (!report_group(q, (quality_code)c, (fore_table)t, &groups[report->group_count]))
                    return fore_no_memory(err);
                report->group_count++;
                *(severity == FORE_SEVERITY_ERROR     ? &report->errors
                  : severity == FORE_SEVERITY_WARNING ? &report->warnings
                                                      : &report->suggestions) += count;
            }
    return FORE_OK;
}

static fore_status report_make(quality_run *q, fore_quality_report **out, fore_error *err)
{
    fore_quality_report *report = fore_arena_alloc(q->arena, 1, sizeof *report);
    if (!report) return fore_no_memory(err);
    report->as_of = q->as_of;
    FORE_TRY(report_groups(q, report, err));
    for (int t = 0; t < QUALITY_TABLES; t++) {
        int64_t rows = q->rows[t], affected = q->affected[t];
        report->tables[t] =
            (fore_quality_table){.table = (fore_table)t,
                                 .entity = quality_noun((fore_table)t, false),
                                 .rows = rows,
                                 .affected = affected,
                                 .share = rows > 0 ? (double)affected / (double)rows : 0};
    }
    report->arena = q->arena;
    q->arena = NULL;
    *out = report;
    return FORE_OK;
}

static fore_status check_code(const char *code, fore_error *err)
{
    if (!code) return FORE_OK;
    for (int c = 0; c < QUALITY_CODE_COUNT; c++)
        if (strcmp(codes[c].word, code) == 0) return FORE_OK;
    return fore_fail(err, FORE_E_ARGUMENT,
                     "there is no finding \"%s\"; foresell check lists those there are", code);
}

static fore_status run_checks(quality_run *q, fore_quality_report **report, fore_error *err)
{
    for (int t = 0; t < QUALITY_TABLES; t++) {
        q->rows[t] = fore_store_count(q->store, (fore_table)t);
        if (q->rows[t] < 0)
            return fore_fail_at(err, FORE_E_STORE, fore_store_path(q->store), 0, 0,
                                "cannot count the rows of %s; run the command again",
                                fore_store_path(q->store));
    }
    FORE_TRY(quality_check_facts(q, err));
    FORE_TRY(quality_check_stages(q, err)); /* also finds closings that only a change tells */
    FORE_TRY(quality_check_rows(q, err));
    FORE_TRY(quality_check_twins(q, err));
    FORE_TRY(quality_check_references(q, err));
    return report_make(q, report, err);
}

static void run_free(quality_run *q)
{
    for (int c = 0; c < QUALITY_CODE_COUNT; c++)
        for (int t = 0; t < QUALITY_TABLES; t++) fore_free(q->groups[c][t].items);
    for (int entity = 0; entity < FORE_ENTITY_COUNT; entity++) fore_free(q->facts[entity]);
    fore_arena_free(q->arena);
    fore_free(q);
}

fore_status fore_quality_run(fore_store *store, int64_t as_of, const fore_quality_options *options,
                             fore_quality_report **report, fore_error *err)
{
    *report = NULL;
    if (options) FORE_TRY(check_code(options->code, err));
    quality_run *q = FORE_ZNEW(1, quality_run);
    if (!q) return fore_no_memory(err);
    q->store = store;
    q->as_of = as_of;
    if (options) q->options = *options;
    if (q->options.limit <= 0) q->options.limit = DEFAULT_LIMIT;
    q->arena = fore_arena_new();
    fore_status status = q->arena ? run_checks(q, report, err) : fore_no_memory(err);
    run_free(q);
    return status;
}

void fore_quality_report_free(fore_quality_report *report)
{
    if (report) fore_arena_free(report->arena);
}

const fore_quality_group *fore_quality_find(const fore_quality_report *report, const char *code,
                                            fore_table table)
{
    for (int64_t g = 0; g < report->group_count; g++)
        if (report->groups[g].table == table && strcmp(report->groups[g].code, code) == 0)
            return &report->groups[g];
    return NULL;
}

static void write_group(fore_json_writer *json, const fore_quality_group *group)
{
    fore_json_object(json, NULL);
    fore_json_string(json, "code", group->code);
    fore_json_string(json, "severity", fore_severity_word(group->severity));
    fore_json_string(json, "entity", group->entity);
    fore_json_integer(json, "count", group->count);
    fore_json_number(json, "share", group->share);
    fore_json_string(json, "title", group->title);
    fore_json_string(json, "effect", group->effect);
    fore_json_array(json, "rows");
    for (int64_t i = 0; i < group->kept; i++) {
        const fore_quality_finding *finding = &group->findings[i];
        fore_json_object(json, NULL);
        fore_json_string(json, "id", finding->id);
        fore_json_string(json, "column", finding->column);
        fore_json_string(json, "value", finding->value);
        fore_json_string(json, "text", finding->text);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_end_object(json);
}

void fore_quality_report_json(fore_json_writer *json, const fore_quality_report *report)
{
    fore_json_integer(json, "errors", report->errors);
    fore_json_integer(json, "warnings", report->warnings);
    fore_json_integer(json, "suggestions", report->suggestions);
    fore_json_array(json, "tables");
    for (int t = 0; t < QUALITY_TABLES; t++) {
        const fore_quality_table *table = &report->tables[t];
        fore_json_object(json, NULL);
        fore_json_string(json, "entity", table->entity);
        fore_json_integer(json, "rows", table->rows);
        fore_json_integer(json, "affected", table->affected);
        fore_json_number(json, "share", table->share);
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
    fore_json_array(json, "findings");
    for (int64_t g = 0; g < report->group_count; g++) write_group(json, &report->groups[g]);
    fore_json_end_array(json);
}
