/* Which format and which rule a file follows, by its header row.
 *
 *     for every rule of every format asked for
 *         skip unless all headers of its signature are there
 *         score = headers that the rule knows * weight, +1 where the file's name is a usual one
 *     the best score wins; earlier formats win ties (canonical first, plain tables last)
 *
 * Plain tables know everyday words that vendors use too, so their headers count half. */
#include <string.h>

#include "datasets/import_run.h"

static const fore_format *const formats[] = {
    &fore_format_canonical, &fore_format_zoho, &fore_format_salesforce, &fore_format_hubspot,
    &fore_format_pipedrive, &fore_format_odoo, &fore_format_plain, NULL};

const char *const *fore_import_formats(void)
{
    static const char *const names[] = {"foresell", "zoho", "salesforce", "hubspot", "pipedrive", "odoo", "plain", NULL};
    return names;
}

typedef struct signature_search {
    const fore_csv *csv;
    fore_text *found;
} signature_search;

static fore_status need_header(void *context, const char *part, fore_error *err)
{
    (void)err;
    signature_search *search = context;
    int64_t c = fore_header_find(search->csv, part);
    if (c < 0) return FORE_E_NOT_FOUND;
    if (search->found->length > 0) fore_text_puts(search->found, ", ");
    fore_text_puts(search->found, fore_csv_header(search->csv, c));
    return FORE_OK;
}

static int64_t named_columns(const fore_csv *csv)
{
    int64_t n = 0;
    for (int64_t c = 0; c < fore_csv_columns(csv); c++) n += *fore_csv_header(csv, c) != 0;
    return n;
}

static int64_t known_headers(const fore_csv *csv, const fore_file_rule *rule)
{
    int64_t known = 0;
    for (const fore_bind *b = rule->binds; b && b->headers; b++) known += fore_header_find(csv, b->headers) >= 0;
    if (!rule->binds) {
        for (const fore_canonical *c = fore_canonical_columns(rule->kind); c->name; c++) {
            known += fore_header_find(csv, c->name) >= 0;
        }
    }
    for (int64_t c = 0; rule->ignored && c < fore_csv_columns(csv); c++) {
        const char *header = fore_csv_header(csv, c);
        known += *header && fore_list_has(rule->ignored, header);
    }
    return known;
}

static bool usual_name(const fore_file_rule *rule, const char *name)
{
    char stem[256];
    size_t n = strcspn(name, ".");
    if (n >= sizeof stem) n = sizeof stem - 1;
    memcpy(stem, name, n);
    stem[n] = 0;
    return rule->file_names && fore_list_has(rule->file_names, stem);
}

static bool wanted(const fore_format *format, const char *word)
{
    if (!word || fore_text_equal_fold(word, "auto")) return true;
    bool maven = fore_text_equal_fold(word, "maven") && format == &fore_format_plain;
    bool canonical = fore_text_equal_fold(word, "canonical") && format == &fore_format_canonical;
    return maven || canonical || fore_text_equal_fold(word, format->name);
}

static fore_status check_word(const fore_importing *run, const char *word, fore_error *err)
{
    for (const fore_format *const *f = formats; *f; f++) {
        if (wanted(*f, word)) return FORE_OK;
    }
    (void)run;
    return fore_fail(err, FORE_E_ARGUMENT,
                     "unknown format %s; use auto, foresell, zoho, salesforce, hubspot, pipedrive, odoo or plain", word);
}

static fore_status best_rule(fore_importing *run, fore_file_plan *file, const char *word, fore_kind kind, fore_error *err)
{
    int64_t best = 0;
    fore_text found = {0}, best_found = {0};
    for (const fore_format *const *f = formats; *f; f++) {
        if (!wanted(*f, word)) continue;
        int64_t weight = *f == &fore_format_plain ? 2 : 4;
        for (const fore_file_rule *rule = (*f)->rules; rule->signature; rule++) {
            if (kind != FORE_KIND_COUNT && rule->kind != kind) continue;
            fore_text_clear(&found);
            signature_search search = {file->csv, &found};
            if (fore_list_each(rule->signature, '&', need_header, &search, NULL) != FORE_OK) continue;
            int64_t score = known_headers(file->csv, rule) * weight + usual_name(rule, file->name);
            if (score <= best) continue;
            best = score;
            file->format = *f;
            file->rule = rule;
            fore_text_clear(&best_found);
            fore_text_puts(&best_found, fore_text_string(&found));
        }
    }
    fore_status status = FORE_OK;
    if (found.failed || best_found.failed) status = fore_no_memory(err);
    if (status == FORE_OK && file->rule) {
        file->kind = file->rule->kind;
        file->why = fore_arena_format(run->arena, "%s: has %s (%lld of %lld columns known)", file->format->title,
                                      fore_text_string(&best_found), (long long)known_headers(file->csv, file->rule),
                                      (long long)named_columns(file->csv));
        if (!file->why) status = fore_no_memory(err);
    }
    fore_text_free(&found);
    fore_text_free(&best_found);
    return status;
}

/* A file whose mapping names what it holds needs no signature: the canonical rule of that kind, with
 * the mapping's columns, or the vendor's when one fits. */
static fore_status mapped_rule(fore_importing *run, fore_file_plan *file, fore_kind kind, fore_error *err)
{
    for (const fore_file_rule *rule = fore_format_canonical.rules; rule->signature; rule++) {
        if (rule->kind != kind) continue;
        file->format = &fore_format_canonical;
        file->rule = rule;
        file->kind = kind;
        file->why = fore_arena_format(run->arena, "the mapping file says that it holds %s", fore_kind_word(kind));
        return file->why ? FORE_OK : fore_no_memory(err);
    }
    return FORE_OK;
}

fore_status fore_recognise(fore_importing *run, fore_file_plan *file, fore_error *err)
{
    const char *word = run->options->format;
    const char *entity = fore_mapping_value(&run->mapping, file->name, NULL, "entity");
    const char *mapped = fore_mapping_value(&run->mapping, file->name, NULL, "format");
    fore_kind kind = FORE_KIND_COUNT;
    if (mapped && (!word || fore_text_equal_fold(word, "auto"))) word = mapped;
    FORE_TRY(check_word(run, word ? word : "auto", err));
    if (entity) (void)fore_kind_parse(entity, &kind);
    if (kind != FORE_KIND_NOTHING) FORE_TRY(best_rule(run, file, word, kind, err));
    if (!file->rule && entity) FORE_TRY(mapped_rule(run, file, kind, err));
    if (file->rule && file->kind != FORE_KIND_NOTHING) return FORE_OK;
    if (file->rule) {
        file->why = fore_arena_format(run->arena, "%s, passed over: %s", file->format->title, file->rule->note);
    } else if (kind == FORE_KIND_NOTHING) {
        file->why = fore_arena_format(run->arena, "passed over, as the mapping file says");
    } else {
        file->why = fore_arena_format(run->arena, "passed over: its headers (%.60s, %.60s, ...) are of no format known; "
                                      "name its columns in a mapping file",
                                      fore_csv_name(file->csv, 0),
                                      fore_csv_columns(file->csv) > 1 ? fore_csv_name(file->csv, 1) : "");
    }
    file->format = NULL;
    file->rule = NULL;
    file->kind = FORE_KIND_NOTHING;
    return file->why ? FORE_OK : fore_no_memory(err);
}
