/* From names to nodes: see series_tree.h.
 *
 *   for every series: cut the name; every shorter way to say it is an aggregate that holds it
 *   a series that is bad takes its aggregates with it
 *   order: aggregates by level and name, bottoms by name, then what is left out */
#include "engine/jobs/series_tree.h"

#include <stdlib.h>
#include <string.h>

const char fore_series_total[] = "total";
enum { CHAINS_MOST = 8, ELEMENTS_MOST = 32 };

/* A name cut up: element e of chain k ends at end[k][e]. */
typedef struct cut {
    const char *text;
    int64_t chains, elements[CHAINS_MOST];
    const char *begin[CHAINS_MOST], *end[CHAINS_MOST][ELEMENTS_MOST];
} cut;

typedef struct link {
    int64_t aggregate, series;
} link;

typedef struct entry {
    int64_t index, level; /* of the aggregate, or the series */
    const char *name;
} entry;

typedef struct building {
    const char *path;
    const fore_series_file *file;
    const fore_series_grid *grid;
    const char *separator;
    bool crossed;
    fore_series_tree *tree;
    fore_dictionary *sums; /* names of the aggregates */
    int64_t *level;        /* of each */
    int64_t *missing;      /* of each: a bad series below, or -1 */
    int64_t levels_capacity, missing_capacity;
    link *links;
    int64_t link_count, link_capacity;
    fore_text name;
} building;

static int64_t line_of(const building *b, int64_t series)
{
    int64_t line = 0;
    for (int64_t i = 0; i < b->file->count; i++)
        if (b->file->points[i].series == series && (!line || b->file->points[i].line < line))
            line = b->file->points[i].line;
    for (int64_t i = 0; i < b->file->aside_count && !line; i++) {
        const char *id = b->file->aside[i].id;
        if (id && !strcmp(id, fore_dictionary_text(b->file->ids, series)))
            line = b->file->aside[i].line;
    }
    return line;
}

/* --- cutting --- */

/* Chain k from `at` to `end`; false when an element is empty or there are too many. */
static bool cut_chain(const char *at, const char *end, const char *separator, cut *c)
{
    size_t length = strlen(separator);
    int64_t k = c->chains++, *n = &c->elements[k];
    c->begin[k] = at;
    for (*n = 0;;) {
        const char *next = strstr(at, separator);
        if (!next || next >= end) next = end;
        if (next == at || *n == ELEMENTS_MOST) return false;
        c->end[k][(*n)++] = next;
        if (next == end) return true;
        at = next + length;
    }
}

static bool cut_name(const char *name, const char *separator, bool crossed, cut *c)
{
    *c = (cut){.text = name};
    for (const char *at = name;;) {
        const char *cross = crossed ? strchr(at, FORE_SERIES_CROSS) : NULL;
        const char *end = cross ? cross : at + strlen(at);
        if (c->chains == CHAINS_MOST || !cut_chain(at, end, separator, c)) return false;
        if (!cross) return true;
        at = cross + 1;
    }
}

/* The name of the node that keeps the first keep[k] elements of each chain; its level. */
static int64_t shorten(const cut *c, const int64_t *keep, fore_text *name)
{
    int64_t level = 0;
    fore_text_clear(name);
    for (int64_t k = 0; k < c->chains; k++) level += keep[k];
    if (level == 0) fore_text_puts(name, fore_series_total);
    for (int64_t k = 0; level > 0 && k < c->chains; k++) {
        if (k > 0) fore_text_putc(name, FORE_SERIES_CROSS);
        if (keep[k] > 0) fore_text_add(name, c->begin[k], c->end[k][keep[k] - 1] - c->begin[k]);
    }
    return level;
}

/* --- collecting --- */

static fore_status add_link(building *b, int64_t level, int64_t series, fore_error *err)
{
    int64_t before = fore_dictionary_count(b->sums);
    FORE_TRY(fore_text_check(&b->name, err));
    int64_t sum = fore_dictionary_add(b->sums, fore_text_string(&b->name), b->name.length);
    if (sum < 0) return fore_no_memory(err);
    if (sum == before) {
        FORE_TRY(
            fore_grow((void **)&b->level, &b->levels_capacity, sum + 1, sizeof *b->level, err));
        FORE_TRY(fore_grow((void **)&b->missing, &b->missing_capacity, sum + 1, sizeof *b->missing,
                           err));
        b->level[sum] = level;
        b->missing[sum] = -1;
    }
    if (b->grid->plan[series].why[0]) {
        b->missing[sum] = series;
        return FORE_OK;
    }
    FORE_TRY(
        fore_grow((void **)&b->links, &b->link_capacity, b->link_count + 1, sizeof *b->links, err));
    b->links[b->link_count++] = (link){sum, series};
    return FORE_OK;
}

/* Every shorter way to say the name of the series. */
static fore_status add_series(building *b, int64_t series, fore_error *err)
{
    cut c;
    int64_t keep[CHAINS_MOST] = {0}, k = 0;
    const char *name = fore_dictionary_text(b->file->ids, series);
    if (!cut_name(name, b->separator, b->crossed, &c))
        return fore_fail_at(err, FORE_E_DATA, b->path, line_of(b, series), 0,
                            "the name '%s' has an empty part, or more than %d, between its '%s'; "
                            "every level needs a name",
                            name, ELEMENTS_MOST, b->separator);
    while (k < c.chains) {
        int64_t level = shorten(&c, keep, &b->name), all = 0;
        for (int64_t i = 0; i < c.chains; i++) all += c.elements[i];
        if (level < all) FORE_TRY(add_link(b, level, series, err));
        for (k = 0; k < c.chains && keep[k] == c.elements[k]; k++) keep[k] = 0;
        if (k < c.chains) keep[k]++;
    }
    return FORE_OK;
}

static fore_status collect(building *b, fore_error *err)
{
    int64_t series = b->grid->series;
    for (int64_t s = 0; s < series; s++) FORE_TRY(add_series(b, s, err));
    for (int64_t s = 0; s < series; s++) {
        const char *name = fore_dictionary_text(b->file->ids, s);
        if (fore_dictionary_find(b->sums, name, (int64_t)strlen(name)) < 0) continue;
        return fore_fail_at(
            err, FORE_E_DATA, b->path, line_of(b, s), 0,
            "'%s' is a series of the file and also the sum of others; take its rows "
            "out: aggregates are summed up from the series below them",
            name);
    }
    return FORE_OK;
}

/* --- ordering --- */

static int by_level_and_name(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* Aggregates (or series) that are answered, or those that are not, in order. */
static int64_t list(const building *b, bool sums, bool answered, entry *out)
{
    int64_t n = 0, count = sums ? fore_dictionary_count(b->sums) : b->grid->series;
    for (int64_t i = 0; i < count; i++) {
        bool bad = sums ? b->missing[i] >= 0 : b->grid->plan[i].why[0] != '\0';
        if (bad == answered) continue;
        out[n++] = (entry){i, sums ? b->level[i] : 0,
                           fore_dictionary_text(sums ? b->sums : b->file->ids, i)};
    }
    qsort(out, (size_t)n, sizeof *out, by_level_and_name);
    return n;
}

static int64_t elements_of(const building *b, const char *name)
{
    cut c;
    int64_t sum = 0;
    cut_name(name, b->separator, b->crossed, &c);
    for (int64_t k = 0; k < c.chains; k++) sum += c.elements[k];
    return sum;
}

/* Appends the entries as nodes; place: where each aggregate (or series) stands now. */
static fore_status append(building *b, bool sums, const entry *entries, int64_t n, int64_t *place,
                          fore_error *err)
{
    fore_series_tree *t = b->tree;
    for (int64_t i = 0; i < n; i++) {
        const entry *e = &entries[i];
        int64_t at = fore_dictionary_add(t->names, e->name, (int64_t)strlen(e->name));
        if (at < 0) return fore_no_memory(err);
        place[e->index] = at;
        t->level[at] = sums ? e->level : elements_of(b, e->name);
        t->series[at] = sums ? -1 : e->index;
        t->missing[at] = sums ? b->missing[e->index] : -1;
    }
    t->all += n;
    return FORE_OK;
}

static int by_number(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* The members of each answered aggregate, in order. */
static fore_status shape(building *b, const int64_t *sum_place, const int64_t *series_place,
                         fore_error *err)
{
    fore_series_tree *t = b->tree;
    int64_t a = t->shape.aggregates;
    t->start = FORE_ZNEW(a + 2, int64_t);
    t->member = FORE_NEW(b->link_count, int64_t);
    if (!t->start || !t->member) return fore_no_memory(err);
    int64_t *next = t->start + 1;
    for (int64_t i = 0; i < b->link_count; i++)
        if (sum_place[b->links[i].aggregate] < a) next[sum_place[b->links[i].aggregate] + 1]++;
    for (int64_t i = 0; i < a; i++) next[i + 1] += next[i];
    for (int64_t i = 0; i < b->link_count; i++) {
        int64_t at = sum_place[b->links[i].aggregate];
        if (at < a) t->member[next[at]++] = series_place[b->links[i].series] - a;
    }
    for (int64_t i = 0; i < a; i++)
        qsort(t->member + t->start[i], (size_t)(t->start[i + 1] - t->start[i]), sizeof *t->member,
              by_number);
    t->shape.start = t->start;
    t->shape.member = t->member;
    return FORE_OK;
}

static fore_status order(building *b, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_series_tree *t = b->tree;
    int64_t sums = fore_dictionary_count(b->sums), series = b->grid->series;
    entry *entries = FORE_NEW(sums > series ? sums : series, entry);
    int64_t *place = FORE_NEW(sums + series, int64_t), *series_place = place + sums;
    t->names = fore_dictionary_new();
    t->level = FORE_NEW(3 * (sums + series), int64_t);
    if (!entries || !place || !t->names || !t->level) FORE_GO(fore_no_memory(err));
    t->series = t->level + sums + series;
    t->missing = t->series + sums + series;
    t->shape.aggregates = list(b, true, true, entries);
    FORE_GO(append(b, true, entries, t->shape.aggregates, place, err));
    t->shape.bottoms = list(b, false, true, entries);
    FORE_GO(append(b, false, entries, t->shape.bottoms, series_place, err));
    t->nodes = t->all;
    FORE_GO(append(b, true, entries, list(b, true, false, entries), place, err));
    FORE_GO(append(b, false, entries, list(b, false, false, entries), series_place, err));
    FORE_GO(shape(b, place, series_place, err));
done:
    fore_free(entries);
    fore_free(place);
    return status;
}

fore_status fore_series_tree_make(const char *path, const fore_series_file *file,
                                  const fore_series_grid *grid, const char *separator, bool crossed,
                                  fore_series_tree *tree, fore_error *err)
{
    fore_status status = FORE_OK;
    building b = {.path = path,
                  .file = file,
                  .grid = grid,
                  .separator = separator,
                  .crossed = crossed,
                  .tree = tree,
                  .sums = fore_dictionary_new()};
    if (!b.sums) return fore_no_memory(err);
    if (grid->series < 2)
        FORE_GO(fore_fail_at(err, FORE_E_NO_ANSWER, path, 0, 0,
                             "a hierarchy needs two series at least, the file has %lld; leave out "
                             "--hierarchy",
                             (long long)grid->series));
    FORE_GO(collect(&b, err));
    status = order(&b, err);
done:
    fore_dictionary_free(b.sums);
    fore_free(b.level);
    fore_free(b.missing);
    fore_free(b.links);
    fore_text_free(&b.name);
    return status;
}

void fore_series_tree_free(fore_series_tree *tree)
{
    fore_dictionary_free(tree->names);
    fore_free(tree->level);
    fore_free(tree->start);
    fore_free(tree->member);
    *tree = (fore_series_tree){0};
}
