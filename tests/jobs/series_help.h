/* Files of series for the tests of `series`, and what its answers hold. */
#ifndef FORE_TESTS_SERIES_HELP_H
#define FORE_TESTS_SERIES_HELP_H

#include "answer_help.h"

typedef struct a_file {
    fore_text text;
    char path[128];
} a_file;

static inline void write_file(world *w, a_file *f)
{
    snprintf(f->path, sizeof f->path, "%s/series.csv", w->folder);
    FILE *out = fopen(f->path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(f->text.bytes, 1, (size_t)f->text.length, out), f->text.length);
    assert_int_equal(fclose(out), 0);
    fore_text_free(&f->text);
}

static inline void write_text(world *w, a_file *f, const char *text)
{
    *f = (a_file){0};
    fore_text_puts(&f->text, text);
    write_file(w, f);
}

static inline foresell_series_request naive(const a_file *f, int64_t horizon)
{
    return (foresell_series_request){.file = f->path, .method = "naive", .horizon = horizon};
}

static inline const fore_json_node *series_at(const heard *h, int64_t i)
{
    return fore_json_at(node_of(h->root, "series"), i);
}

static inline const char *when(const heard *h, int64_t s, int64_t step)
{
    return string_of(fore_json_at(node_of(series_at(h, s), "forecast"), step), "ds");
}

static inline double mean(const heard *h, int64_t s, int64_t step)
{
    return number_of(fore_json_at(node_of(series_at(h, s), "forecast"), step), "mean");
}

/* Months of a series that rises and has a season. */
static inline double value_of(int i) { return 100 + i + 12 * (i % 12) - 3 * (i % 5); }

static inline void put_month(fore_text *out, const char *id, int i)
{
    fore_text_printf(out, "%s,%04d-%02d-01,%g\n", id, 2020 + i / 12, i % 12 + 1, value_of(i));
}

static inline void months(world *w, a_file *f, const char *id, int n)
{
    *f = (a_file){0};
    fore_text_puts(&f->text, "unique_id,ds,y\n");
    for (int i = 0; i < n; i++) put_month(&f->text, id, i);
    write_file(w, f);
}

static inline foresell_series_request request(const a_file *f, const char *method, int64_t horizon)
{
    return (foresell_series_request){.file = f->path, .method = method, .horizon = horizon};
}

static inline const fore_json_node *step_of(const fore_json_node *series, int64_t step)
{
    return fore_json_at(node_of(series, "forecast"), step);
}

#endif
