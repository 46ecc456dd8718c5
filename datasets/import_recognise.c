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
    &fore_format_pipedrive, &fore_format_odoo, &fore_format_plain,      NULL};

const char *const *fore_import_formats(void)
{
    static const char *const names[] = {"foresell",  "zoho", "salesforce", "hubspot",
                                        "pipedrive", "odoo", "plain",      NULL};
    return names;
}

typedef struct signature_search {
    const fore_file_plan *file;
    fore_text *found;
} signature_search;

static fore_status need_header(void *context, const char *part, fore_error *err)
{
    (void)err;
    signature_search *search = context;
    int64_t c = fore_header_find(search->file, part);
    if (c < 0) return FORE_E_NOT_FOUND;
    if (search->found->length > 0) fore_text_puts(search->found, ", ");
    fore_text_puts(search->found, fore_csv_header(search->file->csv, c));
    return FORE_OK;
}

static int64_t named_columns(const fore_csv *csv)
{
    int64_t n = 0;
    for (int64_t c = 0; c < fore_csv_columns(csv); c++) n += *fore_csv_header(csv, c) != 0;
    return n;
}

typedef struct marking {
    const fore_file_plan *file;
    bool *known;
} marking;

static fore_status mark_column(void *context, const char *part, fore_error *err)
{
    (void)err;
    marking *m = context;
    int64_t c = fore_header_find(m->file, part);
    if (c >= 0) m->known[c] = true;
    return FORE_OK;
}

static fore_status count_part(void *context, const char *part, fore_error *err)
{
    (void)part;
    (void)err;
    ++*(int64_t *)context;
    return FORE_OK;
}

/* Columns of the file that the rule knows. `known` is scratch, one per column. */
static int64_t known_headers(const fore_file_plan *file, const fore_file_rule *rule, bool *known)
{
    int64_t columns = fore_csv_columns(file->csv), count = 0;
    marking m = {file, known};
    if (rule->kind == FORE_KIND_NOTHING) {
        (void)fore_list_each(rule->signature, '&', count_part, &count, NULL);
        return count;
    }
    memset(known, 0, (size_t)columns);
    for (const fore_bind *b = rule->binds; b && b->headers; b++)
        (void)fore_list_each(b->headers, '|', mark_column, &m, NULL);
    for (const fore_canonical *c = rule->binds ? NULL : fore_canonical_columns(rule->kind);
         c && c->name; c++) {
        (void)mark_column(&m, c->name, NULL);
    }
    (void)fore_list_each(rule->ignored, '|', mark_column, &m, NULL);
    for (int64_t c = 0; c < columns; c++) count += known[c];
    return count;
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
    return fore_fail(
        err, FORE_E_ARGUMENT,
        "unknown format %s; use auto, foresell, zoho, salesforce, hubspot, pipedrive, odoo or plain",
        word);
}

typedef struct candidate {
    const fore_format *format;
    const fore_file_rule *rule;
    int64_t score, known;
} candidate;

static bool signature_fits(const fore_file_plan *file, const fore_file_rule *rule, fore_text *found)
{
    signature_search search = {file, found};
    fore_text_clear(found);
    return fore_list_each(rule->signature, '&', need_header, &search, NULL) == FORE_OK;
}

static void try_rule(const fore_file_plan *file, const fore_format *format,
                     const fore_file_rule *rule, bool *known, fore_text *found, candidate *best)
{
    bool named = usual_name(rule, file->name);
    if ((rule->name_needed && !named) || !signature_fits(file, rule, found)) return;
    int64_t count = known_headers(file, rule, known);
    int64_t score = count * (format == &fore_format_plain ? 2 : 4) + named;
    if (score > best->score) *best = (candidate){format, rule, score, count};
}

static fore_status say_why(fore_importing *run, fore_file_plan *file, const candidate *best,
                           fore_text *found, fore_error *err)
{
    file->format = best->format;
    file->rule = best->rule;
    file->kind = best->rule->kind;
    (void)signature_fits(file, best->rule, found);
    file->why = fore_arena_format(run->arena, "%s: has %s (%lld of %lld columns known)",
                                  best->format->title, fore_text_string(found),
                                  (long long)best->known, (long long)named_columns(file->csv));
    return file->why ? FORE_OK : fore_no_memory(err);
}

static fore_status best_rule(fore_importing *run, fore_file_plan *file, const char *word,
                             fore_kind kind, fore_error *err)
{
    fore_status status = FORE_OK;
    candidate best = {0};
    fore_text found = {0};
    bool *known = FORE_NEW(fore_csv_columns(file->csv), bool);
    if (!known) return fore_no_memory(err);
    for (const fore_format *const *f = formats; *f; f++) {
        for (const fore_file_rule *rule = (*f)->rules; wanted(*f, word) && rule->signature;
             rule++) {
            if (kind == FORE_KIND_COUNT || rule->kind == kind)
                try_rule(file, *f, rule, known, &found, &best);
        }
    }
    if (best.rule) status = say_why(run, file, &best, &found, err);
    if (status == FORE_OK) status = fore_text_check(&found, err);
    fore_text_free(&found);
    fore_free(known);
    return status;
}

/* A file whose mapping names what it holds needs no signature: the canonical rule of that kind,
 * with the mapping's columns, or the vendor's when one fits. */
static fore_status mapped_rule(fore_importing *run, fore_file_plan *file, fore_kind kind,
                               fore_error *err)
{
    for (const fore_file_rule *rule = fore_format_canonical.rules; rule->signature; rule++) {
        if (rule->kind != kind) continue;
        file->format = &fore_format_canonical;
        file->rule = rule;
        file->kind = kind;
        file->why = fore_arena_format(run->arena, "the mapping file says that it holds %s",
                                      fore_kind_word(kind));
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
        file->why = fore_arena_format(run->arena, "%s, passed over: %s", file->format->title,
                                      file->rule->note);
    } else if (kind == FORE_KIND_NOTHING) {
        file->why = fore_arena_format(run->arena, "passed over, as the mapping file says");
    } else {
        file->why = fore_arena_format(
            run->arena,
            "passed over: its headers (%.60s, %.60s, ...) are of no format known; "
            "name its columns in a mapping file",
            fore_csv_name(file->csv, 0),
            fore_csv_columns(file->csv) > 1 ? fore_csv_name(file->csv, 1) : "");
    }
    file->format = NULL;
    file->rule = NULL;
    file->kind = FORE_KIND_NOTHING;
    return file->why ? FORE_OK : fore_no_memory(err);
}
