/* Groups under the model that answers.
 *
 *   rows: the test window of the examples as of the model's own moment, scored by it
 *   groups of a column: its levels (at least 30 rows, the 8 largest; the rest together), yes and
 * no, or the quarters of a number; not known is a group per group: share that came true, mean
 * chance, their gap with a standard error by subject (paired.h), share of its rows in the best
 * tenth of all rows proxies: for each group, every column of the model that is not made from this
 * very column is measured alone: how well does it tell the group's rows from the others (AUC,
 * folded at 0.5; a missing value counts as lower than all)? The best of all groups are named. */
#include "engine/jobs/fairness.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/jobs/levels.h"
#include "engine/jobs/training.h"
#include "engine/num/special.h"
#include "models/measure/paired.h"
#include "models/measure/topk.h"

enum { GROUP_ROWS = 30, GROUPS_MOST = 8, PROXIES = 3, GROUPS_ROOM = GROUPS_MOST + 2, QUARTERS = 4 };
static const double PROXY_AUC = 0.7, GAP_ERRORS = 2, TOP = 0.1;

static const fore_column columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"column", "column", FORE_CELL_TEXT, 2},
    {"group", "group", FORE_CELL_TEXT, 2},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"base_rate", "came true", FORE_CELL_PERCENT, 0},
    {"mean_chance", "said", FORE_CELL_PERCENT, 0},
    {"gap", "gap", FORE_CELL_PERCENT, 0},
    {"gap_error", "±", FORE_CELL_PERCENT, 0},
    {"top_tenth", "in top", FORE_CELL_PERCENT, 0},
};

/* The scored rows of one purpose. */
typedef struct scored {
    fore_subject_kind kind;
    fore_scoring *scoring;
    fore_attributes *attributes;
    fore_examples *examples;
    fore_extract_row *row;
    double *label, *weight, *p, *top, *part; /* part: 3 n of scratch */
    double *x;                               /* n x columns of the model */
    int64_t *subject;
    int64_t n;
    bool tested; /* the rows are held out from the fit */
} scored;

static void scored_free(scored *v)
{
    fore_scoring_free(v->scoring);
    fore_attributes_free(v->attributes);
    fore_examples_free(v->examples);
    fore_free(v->row);
    fore_free(v->label);
    fore_free(v->x);
    fore_free(v->subject);
    *v = (scored){0};
}

static fore_status take_rows(scored *v, const fore_timeline *t, fore_error *err)
{
    const fore_examples *e = v->examples;
    int64_t room = e->n;
    v->tested = !e->no_test;
    v->row = FORE_NEW(room, fore_extract_row);
    v->label = FORE_NEW(7 * room, double);
    v->subject = FORE_NEW(room, int64_t);
    if (!v->row || !v->label || !v->subject) return fore_no_memory(err);
    v->weight = v->label + room;
    v->p = v->label + 2 * room;
    v->top = v->label + 3 * room;
    v->part = v->label + 4 * room;
    for (int64_t i = 0; i < room; i++) {
        if (v->tested && e->window[i] != FORE_WINDOW_TEST) continue;
        v->row[v->n] = e->row[i];
        v->label[v->n] = e->label[i];
        v->weight[v->n] = e->weight[i];
        v->subject[v->n++] = t->key[e->row[i].subject];
    }
    return FORE_OK;
}

/* top[i]: is the row among the best tenth; ties across the border in part. */
static fore_status mark_top(scored *v, fore_error *err)
{
    int64_t *order = FORE_NEW(v->n, int64_t);
    double whole = 0, above = 0;
    if (!order || !fore_order(v->p, v->n, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < v->n; i++) whole += v->weight[i];
    for (int64_t end = v->n; end > 0;) {
        int64_t start = end;
        double tie = 0;
        while (start > 0 && v->p[order[start - 1]] == v->p[order[end - 1]])
            tie += v->weight[order[--start]];
        double part = fmin(fmax((TOP * whole - above) / tie, 0), 1);
        for (int64_t i = start; i < end; i++) v->top[order[i]] = part;
        above += tie;
        end = start;
    }
    fore_free(order);
    return FORE_OK;
}

static fore_status score_rows(fore_context *c, fore_subject_kind kind, int64_t as_of, scored *v,
                              fore_error *err)
{
    const fore_timeline *t;
    const fore_extractor *extractor;
    v->kind = kind;
    FORE_TRY(fore_context_history(c, &t, &extractor, err));
    FORE_TRY(fore_scoring_open(c, kind, as_of, &v->scoring, err));
    fore_examples_options options = fore_examples_defaults(v->scoring->as_of);
    options.horizon_days = v->scoring->horizon_days;
    options.seed = fore_training_examples_seed(v->scoring->seed); /* the rows it did not see */
    FORE_TRY(fore_examples_make(t, kind, &options, &v->examples, err));
    FORE_TRY(
        fore_attributes_read(c->store, t, kind, v->scoring->as_of, NULL, 0, &v->attributes, err));
    FORE_TRY(take_rows(v, t, err));
    v->x = FORE_NEW(v->n * v->scoring->columns, double);
    if (!v->x) return fore_no_memory(err);
    FORE_TRY(fore_scoring_predict(v->scoring, extractor, c->pool, v->attributes, v->row, v->n, v->p,
                                  NULL, NULL, err));
    FORE_TRY(fore_scoring_matrix(v->scoring, extractor, c->pool, v->attributes, v->row, v->n,
                                 FORE_ENCODE_SCORING | FORE_ENCODE_TOLERATE, v->x, err));
    return mark_top(v, err);
}

/* --- groups of a column --- */

typedef struct grouping {
    const fore_frame_column *column;
    int8_t *of; /* n: the group of each row */
    char name[GROUPS_ROOM][64];
    int groups;
    int64_t rows[GROUPS_ROOM];
} grouping;

static int group_new(grouping *g, const char *name)
{
    snprintf(g->name[g->groups], sizeof g->name[0], "%.*s", (int)fore_utf8_fit(name, 40), name);
    return g->groups++;
}

static fore_status group_levels(const scored *v, grouping *g, fore_error *err)
{
    const fore_frame_column *f = g->column;
    int64_t levels = fore_dictionary_count(f->levels);
    int64_t *count = FORE_ZNEW(levels + 1, int64_t);
    int8_t *as = FORE_NEW(levels + 1, int8_t);
    if (!count || !as) {
        fore_free(count);
        fore_free(as);
        return fore_no_memory(err);
    }
    for (int64_t i = 0; i < v->n; i++) {
        int32_t code = f->code[v->row[i].subject - v->attributes->first];
        if (code >= 0) count[code]++;
    }
    memset(as, -1, (size_t)levels + 1);
    for (int pass = 0; pass < GROUPS_MOST; pass++) {
        int64_t best = -1;
        for (int64_t l = 0; l < levels; l++)
            if (as[l] < 0 && count[l] >= GROUP_ROWS && (best < 0 || count[l] > count[best]))
                best = l;
        if (best < 0) break;
        as[best] = (int8_t)group_new(g, fore_dictionary_text(f->levels, best));
    }
    int others = group_new(g, "(all others)"), unknown = group_new(g, "(not known)");
    for (int64_t i = 0; i < v->n; i++) {
        int32_t code = f->code[v->row[i].subject - v->attributes->first];
        g->of[i] = (int8_t)(code < 0 ? unknown : as[code] >= 0 ? as[code] : others);
    }
    fore_free(count);
    fore_free(as);
    return FORE_OK;
}

/* Yes and no, or quarters. */
static fore_status group_numbers(const scored *v, grouping *g, fore_error *err)
{
    const double *number = g->column->number - v->attributes->first;
    double border[QUARTERS - 1];
    int64_t m = 0, *order = FORE_NEW(v->n, int64_t);
    bool yes_no = g->column->type == FORE_COLUMN_YES_NO;
    if (!order) return fore_no_memory(err);
    for (int64_t i = 0; i < v->n; i++)
        if (!isnan(number[v->row[i].subject])) v->part[m++] = number[v->row[i].subject];
    if (!fore_order(v->part, m, order)) {
        fore_free(order);
        return fore_no_memory(err);
    }
    for (int q = 0; q < QUARTERS - 1; q++)
        border[q] = m ? v->part[order[(q + 1) * m / QUARTERS]] : NAN;
    fore_free(order);
    for (int q = 0; q < (yes_no ? 2 : QUARTERS); q++) {
        char name[64];
        snprintf(name, sizeof name, q < QUARTERS - 1 ? "below %.6g" : "%.6g and more",
                 border[q < QUARTERS - 1 ? q : q - 1]);
        group_new(g, yes_no ? q ? "yes" : "no" : name);
    }
    int unknown = group_new(g, "(not known)");
    for (int64_t i = 0; i < v->n; i++) {
        double value = number[v->row[i].subject];
        int q = 0;
        while (!yes_no && q < QUARTERS - 1 && value >= border[q]) q++;
        g->of[i] = (int8_t)(isnan(value) ? unknown : yes_no ? value > 0.5 : q);
    }
    return FORE_OK;
}

/* --- proxies --- */

typedef struct proxy {
    int64_t column;
    int group;
    double auc;
} proxy;

/* Is column j of the model made from this very attribute? */
static bool is_made_from(const fore_scoring *s, int64_t j, const char *name)
{
    if (j < s->feature_count) return false;
    return strcmp(fore_encoding_column(s->encoding, j - s->feature_count)->source, name) == 0;
}

static void keep_best(proxy best[PROXIES], proxy found)
{
    for (int i = 0; i < PROXIES; i++) /* a column stands once, with its best group */
        if (best[i].column == found.column) {
            if (found.auc <= best[i].auc) return;
            memmove(&best[i], &best[i + 1], (size_t)(PROXIES - 1 - i) * sizeof *best);
            best[PROXIES - 1] = (proxy){-1, 0, 0};
        }
    for (int i = 0; i < PROXIES; i++)
        if (found.auc > best[i].auc) {
            memmove(&best[i + 1], &best[i], (size_t)(PROXIES - 1 - i) * sizeof *best);
            best[i] = found;
            return;
        }
}

static fore_status find_proxies(const scored *v, const grouping *g, proxy best[PROXIES],
                                bool *itself, fore_error *err)
{
    double *value = v->part, *member = v->part + v->n;
    for (int i = 0; i < PROXIES; i++) best[i] = (proxy){-1, 0, 0};
    *itself = false;
    for (int64_t j = 0; j < v->scoring->columns; j++) {
        if (is_made_from(v->scoring, j, g->column->name)) {
            *itself = true;
            continue;
        }
        for (int64_t i = 0; i < v->n; i++) {
            double raw = v->x[j * v->n + i];
            value[i] = isnan(raw) ? -INFINITY : raw;
        }
        for (int k = 0; k < g->groups; k++) {
            double auc;
            if (g->rows[k] < GROUP_ROWS || g->rows[k] > v->n - GROUP_ROWS) continue;
            for (int64_t i = 0; i < v->n; i++) member[i] = g->of[i] == k;
            FORE_TRY(fore_auc(value, member, v->weight, v->n, &auc, err));
            keep_best(best, (proxy){j, k, fmax(auc, 1 - auc)});
        }
    }
    return FORE_OK;
}

/* --- writing --- */

typedef struct figures {
    double rate, chance, gap, error, top;
    int64_t subjects;
} figures;

static fore_status measure_group(const scored *v, const grouping *g, int k, figures *out,
                                 fore_error *err)
{
    double weight = 0;
    fore_paired paired;
    *out = (figures){0};
    for (int64_t i = 0; i < v->n; i++) {
        double w = g->of[i] == k ? v->weight[i] : 0;
        v->part[i] = w;
        weight += w;
        out->rate += w * v->label[i];
        out->chance += w * v->p[i];
        out->top += w * v->top[i];
    }
    int64_t m = 0; /* the group alone, so that its subjects are counted and no others */
    double *said = v->part + v->n, *came = v->part + 2 * v->n;
    int64_t *subject = FORE_NEW(v->n, int64_t);
    if (!subject) return fore_no_memory(err);
    for (int64_t i = 0; i < v->n; i++) {
        if (g->of[i] != k) continue;
        v->part[m] = v->weight[i];
        said[m] = v->p[i];
        came[m] = v->label[i];
        subject[m++] = v->subject[i];
    }
    fore_status status = fore_paired_difference(said, came, v->part, subject, m, &paired, err);
    fore_free(subject);
    out->rate /= weight;
    out->chance /= weight;
    out->top /= weight;
    out->gap = paired.mean;
    out->error = isfinite(paired.error) ? paired.error : NAN;
    out->subjects = paired.subjects;
    return status;
}

static void write_group(const scored *v, const grouping *g, int k, const figures *f, fore_answer *a,
                        int64_t grid, fore_json_writer *json)
{
    const double shown[] = {f->rate, f->chance, f->gap, f->error, f->top};
    fore_answer_row(a, grid);
    fore_answer_text(a, grid, fore_purpose(v->kind));
    fore_answer_text(a, grid, g->column->name);
    fore_answer_text(a, grid, g->name[k]);
    fore_answer_number(a, grid, (double)g->rows[k]);
    for (int i = 0; i < 5; i++) fore_answer_number(a, grid, shown[i]);
    fore_json_object(json, NULL);
    fore_json_string(json, "group", g->name[k]);
    fore_json_integer(json, "rows", g->rows[k]);
    fore_json_integer(json, "subjects", f->subjects);
    fore_json_number(json, "base_rate", f->rate);
    fore_json_number(json, "mean_chance", f->chance);
    fore_json_number(json, "calibration_gap", f->gap);
    fore_json_number(json, "gap_standard_error", f->error);
    fore_json_number(json, "share_in_top_tenth", f->top);
    fore_json_end_object(json);
    if (!(fabs(f->gap) > GAP_ERRORS * f->error) || g->rows[k] < GROUP_ROWS) return;
    fore_answer_note(a, "%s %s: chances are %.1f points too %s (standard error %.1f).",
                     g->column->name, g->name[k], 100 * fabs(f->gap), f->gap > 0 ? "high" : "low",
                     100 * f->error);
}

static void write_proxies(const scored *v, const grouping *g, const proxy best[PROXIES],
                          bool itself, fore_answer *a, fore_json_writer *json)
{
    fore_text words = {0};
    fore_json_bool(json, "in_model", itself);
    fore_json_array(json, "proxies");
    for (int i = 0; i < PROXIES && best[i].column >= 0; i++) {
        const char *name = fore_scoring_column_name(v->scoring, best[i].column);
        fore_json_object(json, NULL);
        fore_json_string(json, "column", name);
        fore_json_string(json, "group", g->name[best[i].group]);
        fore_json_number(json, "auc", best[i].auc);
        fore_json_end_object(json);
        if (best[i].auc >= PROXY_AUC)
            fore_text_printf(&words, "%s%s tells %s (AUC %.2f)", words.length ? "; " : "", name,
                             g->name[best[i].group], best[i].auc);
    }
    fore_json_end_array(json);
    fore_answer_note(a, "%s, %ss: %s the model sees%s%s%s.", g->column->name, fore_purpose(v->kind),
                     itself ? "it is among what" : "it is not among what",
                     words.length ? (itself ? "; so do others tell it: " : "; in its place stand: ")
                                  : "",
                     fore_text_string(&words),
                     words.length ? "" : ", and nothing the model sees tells its groups well");
    a->failed |= words.failed;
    fore_text_free(&words);
}

static fore_status look_at(const scored *v, const fore_frame_column *column, fore_answer *a,
                           int64_t grid, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    proxy best[PROXIES];
    bool itself;
    grouping g = {.column = column};
    g.of = FORE_NEW(v->n, int8_t);
    if (!g.of) return fore_no_memory(err);
    FORE_GO(column->code ? group_levels(v, &g, err) : group_numbers(v, &g, err));
    for (int64_t i = 0; i < v->n; i++) g.rows[g.of[i]]++;
    fore_json_object(json, NULL);
    fore_json_string(json, "purpose", fore_purpose(v->kind));
    fore_json_string(json, "column", column->name);
    fore_json_array(json, "groups");
    for (int k = 0; k < g.groups; k++) {
        figures f;
        if (g.rows[k] == 0) continue;
        FORE_GO(measure_group(v, &g, k, &f, err));
        write_group(v, &g, k, &f, a, grid, json);
    }
    fore_json_end_array(json);
    FORE_GO(find_proxies(v, &g, best, &itself, err));
    write_proxies(v, &g, best, itself, a, json);
    fore_json_end_object(json);
done:
    fore_free(g.of);
    return status;
}

/* --- which columns --- */

/* Regions, countries, languages and free mail, by the words in their names. */
static bool is_usual(const char *name)
{
    static const char *const words[] = {"region", "territory", "country", "language", "freemail"};
    char plain[128];
    fore_text_normalise(name, plain, sizeof plain);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(plain, words[i])) return true;
    return false;
}

/* Does the user mean this column? "Country" is also an attribute of that name, which the frame
 * calls "Country (attribute)". */
static bool is_meant(const char *by, const char *name)
{
    static const char suffix[] = " (attribute)";
    char plain[128];
    size_t length = strlen(name), cut = sizeof suffix - 1;
    if (fore_list_names(by, name)) return true;
    if (length <= cut || length - cut >= sizeof plain || strcmp(name + length - cut, suffix) != 0)
        return false;
    memcpy(plain, name, length - cut);
    plain[length - cut] = 0;
    return fore_list_names(by, plain);
}

/* The names of `by` that this kind has are taken off the count. */
static fore_status look_at_all(const scored *v, const char *by, fore_answer *a, int64_t grid,
                               fore_json_writer *json, int64_t *shown, int64_t *named,
                               fore_error *err)
{
    const fore_frame *frame = v->attributes->frame;
    for (int64_t j = 0; j < fore_frame_columns(frame); j++) {
        const fore_frame_column *f = fore_frame_column_at(frame, j);
        bool wanted = is_meant(by, f->name);
        *named += wanted;
        if (f->type == FORE_COLUMN_EMPTY || (!wanted && !is_usual(f->name))) continue;
        FORE_TRY(look_at(v, f, a, grid, json, err));
        ++*shown;
    }
    return FORE_OK;
}

fore_status fore_fairness(fore_context *c, int64_t as_of, const char *by, fore_answer *a,
                          fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_error why = {0};
    int64_t shown = 0, named = 0, asked = fore_list_count(by), models = 0;
    int64_t grid = fore_answer_grid(a, "groups", "How groups fare", columns, 9);
    fore_json_array(json, "fairness");
    for (int k = FORE_SUBJECT_LEAD; status == FORE_OK && k <= FORE_SUBJECT_DEAL; k++) {
        scored v = {0};
        int64_t here = 0;
        status = score_rows(c, (fore_subject_kind)k, as_of, &v, &why);
        if (status == FORE_OK) {
            models++;
            status = look_at_all(&v, by, a, grid, json, &shown, &here, &why);
            if (here > named) named = here;
            if (!v.tested)
                fore_answer_note(a,
                                 "%ss: too few for a window of their own: these rows were "
                                 "trained on.",
                                 fore_purpose((fore_subject_kind)k));
        } else if (status == FORE_E_NOT_FOUND || status == FORE_E_NO_ANSWER)
            status = FORE_OK;
        scored_free(&v);
    }
    fore_json_end_array(json);
    if (status != FORE_OK) {
        if (err) *err = why;
        return status;
    }
    if (models == 0)
        return fore_fail(err, FORE_E_NO_ANSWER, "no model answers yet: %s", why.message);
    if (asked > 0 && named == 0)
        return fore_fail(err, FORE_E_ARGUMENT,
                         "neither leads nor deals have a column named in '%s'; write it as the "
                         "export does",
                         by);
    if (shown == 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "there is no region, country, language or free mail here; name a column "
                         "with --by");
    if (named < asked)
        fore_answer_note(a, "%lld of the %lld columns asked for: not there.",
                         (long long)(asked - named), (long long)asked);
    fore_answer_note(a, "Gap: mean chance less share that came true, ± its standard error; in top: "
                        "share of the group in the best tenth of all. Measured on the newest "
                        "window. With many groups one in twenty gaps beyond two errors is chance.");
    return FORE_OK;
}
