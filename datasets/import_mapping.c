/* The mapping file: INI by inih, kept as a flat list of (section, name, value) in the order of the
 * file; the form is described in import.h. */
#include <ini.h>
#include <string.h>

#include "datasets/import_run.h"

enum { LINE_LIMIT = 190 /* inih's line buffer, less its line end */, NAME_LIMIT = 120 };

typedef struct parsing {
    fore_mapping *mapping;
    fore_error *err;
    fore_status status;
} parsing;

static fore_status refuse_line(const char *path, int line, const char *what, fore_error *err)
{
    return fore_fail_at(err, FORE_E_FORMAT, path, line, 0, "%s:%d: %s", path, line, what);
}

/* What inih would cut or swallow without a word. */
static fore_status check_lines(const char *text, int64_t length, const char *path, fore_error *err)
{
    int line = 1;
    if (memchr(text, 0, (size_t)length))
        return refuse_line(path, 1, "the mapping file holds a NUL byte; save it as plain text",
                           err);
    if (fore_utf8_invalid(text, length) >= 0) {
        return fore_fail_at(err, FORE_E_ENCODING, path, 0, 0, "%s is not UTF-8; save it as UTF-8",
                            path);
    }
    for (const char *p = text, *end = text + length; p < end; line++) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        int64_t n = (stop ? stop : end) - p;
        if (n > LINE_LIMIT) {
            return refuse_line(
                path, line, "the line is longer than 190 bytes; go on in the next line, indented",
                err);
        }
        p += n + 1;
    }
    return FORE_OK;
}

static int on_entry(void *context, const char *section, const char *name, const char *value)
{
    parsing *p = context;
    fore_mapping *m = p->mapping;
    if (p->status != FORE_OK) return 0;
    if (strlen(section) > NAME_LIMIT || strlen(name) > NAME_LIMIT) {
        p->status = fore_fail_at(p->err, FORE_E_FORMAT, m->path, 0, 0,
                                 "%s: the name %.40s... is longer than %d bytes; shorten it",
                                 m->path, name, NAME_LIMIT);
        return 0;
    }
    p->status =
        fore_grow((void **)&m->entries, &m->capacity, m->count + 1, sizeof *m->entries, p->err);
    if (p->status != FORE_OK) return 0;
    /* An indented line goes on with the value before it; inih calls again with the same name. */
    fore_mapping_entry *last = m->count > 0 ? &m->entries[m->count - 1] : NULL;
    bool goes_on = last && strcmp(last->section, section) == 0 && strcmp(last->name, name) == 0 &&
                   *value && (strcmp(name, "ignore") == 0 || strstr(name, "_stages"));
    fore_mapping_entry entry = {
        .section = fore_arena_string(m->arena, section),
        .name = fore_arena_string(m->arena, name),
        .value = goes_on ? fore_arena_format(m->arena, "%s %s", last->value, value)
                         : fore_arena_string(m->arena, value)};
    if (!entry.section || !entry.name || !entry.value) {
        p->status = fore_no_memory(p->err);
        return 0;
    }
    if (goes_on)
        *last = entry;
    else
        m->entries[m->count++] = entry;
    return 1;
}

static bool is_setting(const char *name)
{
    static const char *const names[] = {"format",  "won_stages", "lost_stages", "date_order",
                                        "decimal", "entity",     "ignore",      NULL};
    for (const char *const *n = names; *n; n++) {
        if (strcmp(name, *n) == 0) return true;
    }
    return false;
}

/* Is it a canonical column of any kind (before the first '.')? */
static bool is_column(const char *name)
{
    char head[NAME_LIMIT + 1];
    size_t n = strcspn(name, ".");
    memcpy(head, name, n);
    head[n] = 0;
    for (int k = 0; k < FORE_KIND_COUNT; k++) {
        for (const fore_canonical *c = fore_canonical_columns((fore_kind)k); c && c->name; c++) {
            if (strcmp(c->name, head) == 0) return true;
        }
    }
    return false;
}

static fore_status check_entry(const fore_mapping *m, const fore_mapping_entry *e, fore_error *err)
{
    fore_kind kind;
    if (!*e->section) {
        return fore_fail_at(
            err, FORE_E_FORMAT, m->path, 0, 0,
            "%s: \"%s\" stands before any section; put [import] or [FILE.csv] above it", m->path,
            e->name);
    }
    if (!is_setting(e->name) && !is_column(e->name)) {
        return fore_fail_at(
            err, FORE_E_FORMAT, m->path, 0, 0,
            "%s: [%s] %s is neither a setting nor a canonical column (data columns are named as in "
            "the canonical CSV: deal_id, amount, closed_at, ...)",
            m->path, e->section, e->name);
    }
    if (strcmp(e->name, "entity") == 0 && !fore_kind_parse(e->value, &kind)) {
        return fore_fail_at(
            err, FORE_E_FORMAT, m->path, 0, 0,
            "%s: [%s] entity = %s: use reps, accounts, contacts, campaigns, products, leads, deals, "
            "deal_changes, activities, orders, tickets, targets or nothing",
            m->path, e->section, e->value);
    }
    bool order = strcmp(e->name, "date_order") == 0 && strcmp(e->value, "day") != 0 &&
                 strcmp(e->value, "month") != 0;
    bool decimal = strcmp(e->name, "decimal") == 0 && strcmp(e->value, "comma") != 0 &&
                   strcmp(e->value, "point") != 0;
    if (order || decimal) {
        return fore_fail_at(err, FORE_E_FORMAT, m->path, 0, 0, "%s: [%s] %s = %s: use %s", m->path,
                            e->section, e->name, e->value,
                            order ? "day or month" : "comma or point");
    }
    return FORE_OK;
}

fore_status fore_mapping_parse(const char *text, int64_t length, const char *path,
                               fore_mapping *mapping, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text copy = {0};
    *mapping = (fore_mapping){.arena = fore_arena_new()};
    if (!mapping->arena || !(mapping->path = fore_arena_string(mapping->arena, path)))
        FORE_GO(fore_no_memory(err));
    FORE_GO(check_lines(text, length, path, err));
    fore_text_add(&copy, text, length);
    FORE_GO(fore_text_check(&copy, err));
    parsing p = {.mapping = mapping, .err = err};
    int line = ini_parse_string(fore_text_string(&copy), on_entry, &p);
    FORE_GO(p.status);
    if (line != 0) {
        FORE_GO(refuse_line(
            path, line > 0 ? line : 0,
            "not a line of a mapping file; write [section], name = value or ; comment", err));
    }
    for (int64_t i = 0; i < mapping->count; i++)
        FORE_GO(check_entry(mapping, &mapping->entries[i], err));
done:
    fore_text_free(&copy);
    if (status != FORE_OK) fore_mapping_free(mapping);
    return status;
}

void fore_mapping_free(fore_mapping *mapping)
{
    fore_arena_free(mapping->arena);
    fore_free(mapping->entries);
    *mapping = (fore_mapping){0};
}

bool fore_mapping_section_fits(const char *section, const char *file, const char *what)
{
    return (file && fore_text_equal_fold(section, file)) ||
           (what && fore_text_equal_fold(section, what));
}

const char *fore_mapping_value(const fore_mapping *mapping, const char *file, const char *what,
                               const char *name)
{
    const char *scopes[] = {file, what, "import"};
    for (int s = 0; s < 3; s++) {
        for (int64_t i = mapping->count - 1; scopes[s] && i >= 0; i--) {
            const fore_mapping_entry *e = &mapping->entries[i];
            if (strcmp(e->name, name) == 0 && fore_text_equal_fold(e->section, scopes[s]))
                return e->value;
        }
    }
    return NULL;
}

fore_status fore_import_mapping_check(const char *text, int64_t length, fore_error *err)
{
    fore_mapping mapping;
    FORE_TRY(fore_mapping_parse(text, length, "mapping", &mapping, err));
    fore_mapping_free(&mapping);
    return FORE_OK;
}
