/* "Score this flat table." No workspace: one CSV in, a model file out, and an honest test report.
 *
 * Rows are split 60 % train, 10 % calibrate, 10 % choose, 20 % test: by time where a time column is
 * named (the newest rows are the test), else by a hash of the row's number and the seed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/csv_reader.h"
#include "engine/base/file.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/levels.h"
#include "engine/jobs/training.h"
#include "features/encode.h"
#include "features/leak.h"

static const char FORMAT[] = "foresell-table";
enum { VERSION = 1, FOLDS_MAX = 50 };
static const int64_t MODEL_LIMIT = INT64_C(1) << 30;
static const double TRAIN_END = 0.6, CALIBRATE_END = 0.7, CHOOSE_END = 0.8;

/* A CSV in memory: the columns to learn from as a frame, and the special ones beside it. */
typedef struct table {
    fore_frame *frame;
    int64_t n;
    double *label;  /* NULL when scoring */
    double *when;   /* NULL without a time column */
    fore_text ids;  /* NUL-terminated, one after the other */
    int64_t *id_at; /* n offsets */
} table;

typedef struct table_model {
    fore_encoding *encoding;
    fore_scorer *scorer;
    char target[256], positive[256], id[256];
} table_model;

static void table_free(table *t)
{
    fore_frame_free(t->frame);
    fore_free(t->label);
    fore_free(t->when);
    fore_free(t->id_at);
    fore_text_free(&t->ids);
    *t = (table){0};
}

static void model_free(table_model *m)
{
    fore_encoding_free(m->encoding);
    fore_scorer_free(m->scorer);
}

/* What is said about the data names the file that they came from. */
static void name_file(fore_status status, const char *path, fore_error *err)
{
    bool of_data = status == FORE_E_NO_ANSWER || status == FORE_E_DATA || status == FORE_E_MODEL;
    if (of_data && err && !err->file[0]) snprintf(err->file, sizeof err->file, "%s", path);
}

/* --- reading --- */

static fore_status find_named(const fore_csv *csv, const char *name, int64_t *column,
                              fore_error *err)
{
    *column = -1;
    if (!name) return FORE_OK;
    for (int64_t j = 0; j < fore_csv_columns(csv); j++)
        if (strcmp(fore_csv_name(csv, j), name) == 0) *column = j;
    for (int64_t j = 0; *column < 0 && j < fore_csv_columns(csv); j++)
        if (fore_text_equal_fold(fore_csv_name(csv, j), name)) *column = j;
    if (*column >= 0) return FORE_OK;
    return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), 1, 0,
                        "there is no column '%s'; the header has to "
                        "hold it in these words",
                        name);
}

static bool is_positive(const char *cell, int64_t length, const char *positive, bool *known)
{
    bool yes;
    *known = length > 0;
    if (positive) return strcmp(cell, positive) == 0;
    if (fore_frame_cell_yes_no(cell, length, &yes)) return yes;
    if (strcmp(cell, "1") == 0 || fore_text_equal_fold(cell, "won") ||
        fore_text_equal_fold(cell, "converted"))
        return true;
    *known = strcmp(cell, "0") == 0 || fore_text_equal_fold(cell, "lost");
    return false;
}

static fore_status read_label(table *t, const fore_csv *csv, const fore_csv_record *record,
                              int64_t column, const char *positive, fore_error *err)
{
    bool known;
    bool yes = is_positive(record->cells[column], record->lengths[column], positive, &known);
    if (!known)
        return fore_fail_at(
            err, FORE_E_DATA, fore_csv_path(csv), record->line, column + 1,
            "the target '%s' is neither yes nor no; name the value that counts with "
            "--positive, and drop rows without a target",
            record->cells[column]);
    t->label[t->n] = yes;
    return FORE_OK;
}

static fore_status read_time(table *t, const fore_csv *csv, const fore_csv_record *record,
                             int64_t column, fore_error *err)
{
    const char *cell = record->cells[column];
    double value;
    if (!fore_frame_cell_date(cell, record->lengths[column], false, &value) &&
        !fore_number_parse(cell, record->lengths[column], &value))
        return fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record->line, column + 1,
                            "'%s' is neither a date nor a number; --time needs one in every row",
                            cell);
    t->when[t->n] = value;
    return FORE_OK;
}

static fore_status make_room(table *t, int64_t *capacity, bool label, bool when, fore_error *err)
{
    if (t->n < *capacity) return FORE_OK;
    int64_t grown = *capacity ? 2 * *capacity : 1024;
    int64_t *id_at = fore_realloc(t->id_at, grown, sizeof *id_at);
    if (id_at) t->id_at = id_at;
    double *l = label ? fore_realloc(t->label, grown, sizeof *l) : NULL;
    if (l) t->label = l;
    double *w = when ? fore_realloc(t->when, grown, sizeof *w) : NULL;
    if (w) t->when = w;
    if (!id_at || (label && !l) || (when && !w)) return fore_no_memory(err);
    *capacity = grown;
    return FORE_OK;
}

static fore_status read_rows(fore_csv *csv, const foresell_table_request *r, const char *id_name,
                             const char *target, table *t, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_frame_builder *builder = NULL;
    fore_csv_record record;
    int64_t columns = fore_csv_columns(csv), capacity = 0, id, label, when;
    bool more, by_row = r->time && fore_text_equal_fold(r->time, "ROW");
    int64_t *into = FORE_NEW(columns, int64_t);
    if (!into) return fore_no_memory(err);
    FORE_GO(find_named(csv, id_name, &id, err));
    FORE_GO(find_named(csv, target, &label, err));
    FORE_GO(find_named(csv, by_row ? NULL : r->time, &when, err));
    FORE_GO(fore_frame_builder_new(&builder, err));
    for (int64_t j = 0; j < columns; j++) {
        into[j] = -1;
        if (j == id || j == label || j == when || fore_list_names(r->drop, fore_csv_name(csv, j)))
            continue;
        FORE_GO(fore_frame_builder_column(builder, fore_csv_name(csv, j), &into[j], err));
    }
    for (;;) {
        char number[32];
        FORE_GO(fore_csv_next(csv, &record, &more, err));
        if (!more) break;
        if (record.fit != FORE_CSV_FITS) {
            status = fore_fail_at(err, FORE_E_DATA, fore_csv_path(csv), record.line, 0,
                                  "this line has %lld cells, the header has %lld; mend the line",
                                  (long long)record.count, (long long)columns);
            goto done;
        }
        FORE_GO(make_room(t, &capacity, target != NULL, r->time != NULL, err));
        if (target) FORE_GO(read_label(t, csv, &record, label, r->positive, err));
        if (by_row)
            t->when[t->n] = (double)t->n;
        else if (r->time)
            FORE_GO(read_time(t, csv, &record, when, err));
        for (int64_t j = 0; j < columns; j++)
            if (into[j] >= 0)
                FORE_GO(fore_frame_builder_cell(builder, into[j], record.cells[j],
                                                record.lengths[j], err));
        fore_frame_builder_end_row(builder);
        snprintf(number, sizeof number, "%lld", (long long)(t->n + 1));
        t->id_at[t->n++] = t->ids.length;
        const char *name = id >= 0 ? record.cells[id] : number;
        fore_text_add(&t->ids, name, (int64_t)strlen(name) + 1);
    }
    FORE_GO(fore_text_check(&t->ids, err));
    status = fore_frame_builder_finish(&builder, &t->frame, err);
done:
    fore_frame_builder_free(builder);
    fore_free(into);
    return status;
}

static fore_status check_outcomes(const table *t, const foresell_table_request *r, fore_error *err)
{
    int64_t positive = 0;
    for (int64_t i = 0; i < t->n; i++) positive += t->label[i] > 0;
    if (positive > 0 && positive < t->n) return FORE_OK;
    return fore_fail_at(
        err, FORE_E_NO_ANSWER, r->file, 0, 0,
        "%s of the %lld rows count as '%s' in the column '%s'; a score needs rows of "
        "both outcomes%s",
        positive ? "all" : "none", (long long)t->n, r->positive ? r->positive : "yes", r->target,
        positive ? "" : "; check --positive and --target");
}

static fore_status table_read(fore_context *c, const foresell_table_request *r, const char *id,
                              const char *target, table *t, fore_error *err)
{
    fore_csv *csv = NULL;
    *t = (table){0};
    FORE_TRY(fore_csv_open(r->file, NULL, &csv, err));
    fore_status status = read_rows(csv, r, id, target, t, err);
    const fore_csv_info *info = fore_csv_about(csv);
    if (status == FORE_OK && info->encoding == FORE_CSV_WINDOWS_1252)
        fore_message(
            c->observer, FORE_WARNING,
            "%s: not UTF-8 (first at line %lld, byte %lld); read as Windows-1252. Export it as "
            "UTF-8 if letters look wrong",
            r->file, (long long)info->foreign_line, (long long)info->foreign_column);
    fore_csv_close(csv);
    if (status == FORE_OK && t->n == 0)
        status = fore_fail_at(err, FORE_E_DATA, r->file, 2, 0,
                              "there is a header and no row under it; export the table again");
    if (status == FORE_OK && target) status = check_outcomes(t, r, err);
    if (status != FORE_OK) table_free(t);
    return status;
}

/* --- splitting --- */

typedef struct timed_row {
    double when;
    int64_t row;
} timed_row;

static int by_time(const void *left, const void *right)
{
    const timed_row *a = left, *b = right;
    if (a->when != b->when) return a->when < b->when ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static uint8_t role_at(double place)
{
    return place < TRAIN_END       ? FORE_ROLE_TRAIN
           : place < CALIBRATE_END ? FORE_ROLE_CALIBRATE
           : place < CHOOSE_END    ? FORE_ROLE_VALIDATE
                                   : FORE_ROLE_TEST;
}

/* Rows of the same moment never lie on both sides of the test's border. */
static fore_status assign_roles(const table *t, uint64_t seed, uint8_t *role, fore_error *err)
{
    timed_row *order = FORE_NEW(t->n, timed_row);
    if (!order) return fore_no_memory(err);
    for (int64_t i = 0; i < t->n; i++) {
        double lot = (double)(fore_hash(&i, sizeof i, seed + 17) >> 11) * 0x1p-53;
        order[i] = (timed_row){t->when ? t->when[i] : lot, i};
    }
    qsort(order, (size_t)t->n, sizeof *order, by_time);
    for (int64_t i = 0; i < t->n; i++) {
        uint8_t here = role_at((double)i / (double)t->n);
        if (i > 0 && order[i].when == order[i - 1].when) here = role[order[i - 1].row];
        role[order[i].row] = here;
    }
    fore_free(order);
    return FORE_OK;
}

/* --- fitting --- */

typedef struct fitting {
    const table *t;
    const char **drop;
    int64_t drops;
    uint64_t seed;
} fitting;

/* Fits the encoding on rows with keep[i] and encodes all rows: kept ones out of fold. x is the
 * caller's. */
static fore_status encode_all(const fitting *f, const uint8_t *keep, fore_encoding **encoding,
                              double **x, fore_error *err)
{
    fore_status status = FORE_OK;
    const table *t = f->t;
    int64_t *rows = FORE_NEW(t->n, int64_t), m = 0;
    double *label = FORE_NEW(t->n, double);
    *x = NULL;
    if (!rows || !label) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < t->n; i++) {
        if (!keep[i]) continue;
        rows[m] = i;
        label[m++] = t->label[i];
    }
    fore_encoding_options options = fore_encoding_defaults();
    options.drop = f->drop;
    options.drops = f->drops;
    options.seed = f->seed + 1;
    fore_encode_rows fit = {.rows = rows, .n = m}, all = {.n = t->n};
    FORE_GO(fore_encoding_fit(t->frame, &fit, label, &options, encoding, err));
    int64_t p = fore_encoding_count(*encoding);
    if (p == 0) {
        status =
            fore_fail(err, FORE_E_NO_ANSWER,
                      "no column tells the rows apart: all are empty, constant, or left out; give "
                      "columns that differ between rows");
        goto done;
    }
    *x = FORE_NEW(t->n * p, double);
    if (!*x) {
        status = fore_no_memory(err);
        goto done;
    }
    FORE_GO(fore_encoding_apply(*encoding, t->frame, &all, FORE_ENCODE_TRAINING, *x, t->n, err));
done:
    fore_free(rows);
    fore_free(label);
    if (status != FORE_OK) {
        fore_free(*x);
        *x = NULL;
    }
    return status;
}

/* Fits one learner on the rows with keep[i], calibrated out of fold, and predicts all n rows. */
static fore_status fit_and_predict(fore_context *c, const fitting *f, const uint8_t *keep,
                                   fore_learner learner, double *p, fore_error *err)
{
    fore_status status = FORE_OK;
    const table *t = f->t;
    fore_encoding *encoding = NULL;
    fore_scorer *scorer = NULL;
    fore_rows train;
    double *x = NULL;
    FORE_TRY(encode_all(f, keep, &encoding, &x, err));
    fore_view view = {x, t->n, fore_encoding_count(encoding), t->n, NULL};
    fore_sample sample = {view, t->label, NULL, NULL, NULL};
    FORE_GO(fore_rows_take(c->pool, &sample, keep, 1u << 1, &train, err));
    fore_scorer_options options = fore_scorer_default(learner);
    options.seed = f->seed;
    status = fore_scorer_fit(c->pool, &train.sample, NULL, &options, c->observer, &scorer, err);
    fore_rows_free(&train);
    if (status == FORE_OK)
        status = fore_scorer_predict(c->pool, scorer, &view, p, NULL, NULL, NULL, err);
done:
    fore_scorer_free(scorer);
    fore_encoding_free(encoding);
    fore_free(x);
    return status;
}

/* K folds by the row's number modulo K: pooled predictions of one learner, each row unseen. */
static fore_status fold_quality(fore_context *c, const fitting *f, int64_t folds,
                                fore_learner learner, fore_quality *quality, fore_error *err)
{
    fore_status status = FORE_OK;
    const table *t = f->t;
    double *p = FORE_NEW(t->n, double), *predicted = FORE_NEW(t->n, double);
    uint8_t *keep = FORE_NEW(t->n, uint8_t);
    if (!p || !predicted || !keep) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t k = 0; k < folds; k++) {
        fore_progress(c->observer, "folds", k, folds);
        for (int64_t i = 0; i < t->n; i++) keep[i] = i % folds != k;
        FORE_GO(fit_and_predict(c, f, keep, learner, predicted, err));
        for (int64_t i = k; i < t->n; i += folds) p[i] = predicted[i];
    }
    status = fore_quality_measure(p, t->label, NULL, t->n, quality, err);
done:
    fore_free(p);
    fore_free(predicted);
    fore_free(keep);
    return status;
}

/* The logistic on all rows outside the test, on the test rows. It spends none on choosing, so that
 * it can be compared with figures published for a plain split. */
static fore_status plain_quality(fore_context *c, const fitting *f, const uint8_t *role,
                                 fore_quality *quality, fore_error *err)
{
    fore_status status = FORE_OK;
    const table *t = f->t;
    int64_t m = 0;
    double *p = FORE_NEW(t->n, double), *label = FORE_NEW(t->n, double);
    uint8_t *keep = FORE_NEW(t->n, uint8_t);
    if (!p || !label || !keep) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t i = 0; i < t->n; i++) keep[i] = role[i] != FORE_ROLE_TEST;
    FORE_GO(fit_and_predict(c, f, keep, FORE_LOGISTIC, p, err));
    for (int64_t i = 0; i < t->n; i++) {
        if (keep[i]) continue;
        p[m] = p[i];
        label[m++] = t->label[i];
    }
    status = fore_quality_measure(p, label, NULL, m, quality, err);
done:
    fore_free(p);
    fore_free(label);
    fore_free(keep);
    return status;
}

/* --- the model file --- */

static fore_status model_save(const table_model *m, const char *path, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text text = {0}, scorer = {0}, packed = {0};
    fore_json_writer json = fore_json_to(&text);
    FORE_GO(fore_scorer_save(m->scorer, &scorer, err));
    fore_json_object(&json, NULL);
    fore_json_string(&json, "format", FORMAT);
    fore_json_integer(&json, "version", VERSION);
    fore_json_string(&json, "target", m->target);
    fore_json_string(&json, "id", m->id);
    fore_encoding_write(m->encoding, &json, "encoding");
    fore_json_string_n(&json, "scorer", scorer.bytes, scorer.length);
    fore_json_end_object(&json);
    FORE_GO(fore_text_check(&text, err));
    FORE_GO(fore_pack(text.bytes, text.length, &packed, err));
    FORE_GO(fore_file_replace(path, packed.bytes, packed.length, err));
done:
    fore_text_free(&text);
    fore_text_free(&scorer);
    fore_text_free(&packed);
    return status;
}

static fore_status model_parse(const fore_json_node *root, table_model *m, fore_error *err)
{
    const char *format = fore_json_get_string(root, "format");
    const char *scorer = fore_json_get_string(root, "scorer");
    const char *id = fore_json_get_string(root, "id"),
               *target = fore_json_get_string(root, "target");
    int64_t version = 0;
    if (!format || strcmp(format, FORMAT) != 0)
        return fore_fail(err, FORE_E_MODEL, "this is not a model of `foresell table train`");
    if (!fore_json_get_integer(root, "version", &version) || version != VERSION)
        return fore_fail(err, FORE_E_MODEL,
                         "the model was written by another version; train it again");
    if (!scorer || !id || !target || !fore_json_get(root, "encoding"))
        return fore_fail(err, FORE_E_MODEL, "parts of the model are missing; train it again");
    snprintf(m->id, sizeof m->id, "%s", id);
    snprintf(m->target, sizeof m->target, "%s", target);
    FORE_TRY(fore_encoding_load(fore_json_get(root, "encoding"), &m->encoding, err));
    FORE_TRY(fore_scorer_load(scorer, (int64_t)strlen(scorer), &m->scorer, err));
    if (fore_scorer_columns(m->scorer) != fore_encoding_count(m->encoding))
        return fore_fail(err, FORE_E_MODEL, "the parts of the model do not fit each other");
    return FORE_OK;
}

static fore_status model_load(const char *path, table_model *m, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text packed = {0}, text = {0};
    fore_json *document = NULL;
    *m = (table_model){0};
    FORE_GO(fore_file_read(path, MODEL_LIMIT, &packed, err));
    FORE_GO(fore_unpack(packed.bytes, packed.length, MODEL_LIMIT, &text, err));
    FORE_GO(fore_json_parse(text.bytes, text.length, &document, err));
    FORE_GO(model_parse(fore_json_root(document), m, err));
done:
    if (status != FORE_OK) {
        bool content = status == FORE_E_FORMAT || status == FORE_E_MODEL || status == FORE_E_DATA;
        if (content)
            fore_error_prefix(
                err, status, "%s is no sound model; make it again with foresell table train", path);
        if (err) snprintf(err->file, sizeof err->file, "%s", path);
        model_free(m);
    }
    fore_text_free(&packed);
    fore_text_free(&text);
    fore_json_free(document);
    return status;
}

/* --- the report --- */

static const fore_column columns[] = {
    {"learner", "learner", FORE_CELL_TEXT, 0},
    {"measured_on", "on", FORE_CELL_TEXT, 1},
    {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"base_rate", "base", FORE_CELL_PERCENT, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"log_loss", "log loss", FORE_CELL_RATIO, 0},
    {"brier", "Brier", FORE_CELL_RATIO, 0},
    {"calibration_error", "calibr.", FORE_CELL_RATIO, 0},
    {"lift_top_tenth", "lift", FORE_CELL_NUMBER, 0},
};

typedef struct report {
    fore_answer *a;
    int64_t g;
    fore_json_writer *json;
} report;

static void report_row(const report *r, const char *learner, const char *where,
                       const fore_quality *q)
{
    fore_answer_row(r->a, r->g);
    fore_answer_text(r->a, r->g, learner);
    fore_answer_text(r->a, r->g, where);
    fore_answer_number(r->a, r->g, (double)q->rows);
    fore_answer_number(r->a, r->g, q->base_rate);
    fore_answer_number(r->a, r->g, q->auc);
    fore_answer_number(r->a, r->g, q->log_loss);
    fore_answer_number(r->a, r->g, q->brier);
    fore_answer_number(r->a, r->g, q->ece);
    fore_answer_number(r->a, r->g, q->lift_top);
    fore_json_object(r->json, NULL);
    fore_json_string(r->json, "learner", learner);
    fore_json_string(r->json, "measured_on", where);
    fore_quality_json(r->json, q);
    fore_json_end_object(r->json);
}

static void report_leaks(fore_answer *a, const fore_leak_report *leaks, const char *use)
{
    for (int64_t j = 0; j < leaks->columns; j++) {
        const fore_leak_finding *f = &leaks->finding[j];
        if (f->grade == FORE_LEAK_CLEAN) continue;
        fore_answer_note(a, "Column '%s' %s: %s. %s", f->name,
                         fore_list_names(use, f->name) ? "is used although it was found suspect"
                                                       : "is left out",
                         fore_leak_grade_word(f->grade), f->reasons);
    }
    if (leaks->too_few)
        fore_answer_note(a, "Too few rows of a class to look for columns that know the outcome.");
}

static fore_status report_folds(fore_context *c, const fitting *f, int64_t folds,
                                fore_learner winner, const report *r, fore_error *err)
{
    char where[64];
    fore_quality q;
    snprintf(where, sizeof where, "%lld folds", (long long)folds);
    FORE_TRY(fold_quality(c, f, folds, FORE_LOGISTIC, &q, err));
    report_row(r, fore_learner_name(FORE_LOGISTIC), where, &q);
    if (winner == FORE_LOGISTIC) return FORE_OK;
    FORE_TRY(fold_quality(c, f, folds, winner, &q, err));
    report_row(r, fore_learner_name(winner), where, &q);
    return FORE_OK;
}

/* Every learner on the rows it was chosen by, the winner and the base rate on rows never seen, and
 * what was asked for besides. */
static fore_status report_quality(fore_context *c, const foresell_table_request *r,
                                  const fitting *f, const uint8_t *role, const fore_choice *choice,
                                  report *rep, fore_error *err)
{
    for (int l = 0; l < FORE_LEARNERS; l++)
        if (choice->table[l].tried)
            report_row(rep, fore_learner_name((fore_learner)l), "choosing",
                       &choice->table[l].validate);
    const char *where = choice->test_out_of_fold ? "out of fold"
                        : r->time                ? "newest fifth"
                                                 : "random fifth";
    report_row(rep, fore_learner_name(choice->winner), where, &choice->test);
    report_row(rep, "base rate", where, &choice->baseline);
    if (r->folds && !choice->test_out_of_fold) {
        fore_quality plain;
        FORE_TRY(plain_quality(c, f, role, &plain, err));
        report_row(rep, "plain logistic", where, &plain);
    }
    return r->folds ? report_folds(c, f, r->folds, choice->winner, rep, err) : FORE_OK;
}

fore_status fore_job_table_train(fore_context *c, const foresell_table_request *r, fore_answer *a,
                                 fore_error *err)
{
    fore_status status = FORE_OK;
    table t = {0};
    table_model model = {0};
    fore_leak_report *leaks = NULL;
    fore_choice choice = {0};
    double *x = NULL;
    uint8_t *role = NULL, *keep = NULL;
    const char **drop = NULL;
    if (r->folds < 0 || r->folds == 1 || r->folds > FOLDS_MAX)
        return fore_fail(err, FORE_E_USAGE, "folds are 2 to %d", FOLDS_MAX);
    FORE_TRY(table_read(c, r, r->id, r->target, &t, err));
    role = FORE_NEW(t.n, uint8_t);
    keep = FORE_NEW(t.n, uint8_t);
    if (!role || !keep) {
        status = fore_no_memory(err);
        goto done;
    }
    fore_leak_input leak = {.label = t.label, .seed = 1};
    FORE_GO(fore_leak_find(t.frame, &leak, c->pool, &leaks, err));
    drop = FORE_NEW(leaks->columns, const char *);
    if (!drop) {
        status = fore_no_memory(err);
        goto done;
    }
    fitting f = {&t, drop, 0, r->seed};
    for (int64_t j = 0; j < leaks->columns; j++)
        if (leaks->finding[j].grade != FORE_LEAK_CLEAN &&
            !fore_list_names(r->use, leaks->finding[j].name))
            drop[f.drops++] = leaks->finding[j].name;
    FORE_GO(assign_roles(&t, r->seed, role, err));
    for (int64_t i = 0; i < t.n; i++) keep[i] = role[i] == FORE_ROLE_TRAIN;
    FORE_GO(encode_all(&f, keep, &model.encoding, &x, err));
    fore_sample sample = {
        {x, t.n, fore_encoding_count(model.encoding), t.n, NULL}, t.label, NULL, NULL, NULL};
    fore_choose_options options = fore_choose_default();
    options.base.seed = r->seed;
    FORE_GO(fore_choose(c->pool, &sample, role, &options, c->observer, &choice, err));
    model.scorer = choice.scorer;
    snprintf(model.target, sizeof model.target, "%s", r->target);
    snprintf(model.id, sizeof model.id, "%s", r->id ? r->id : "");
    FORE_GO(model_save(&model, r->model, err));
    fore_json_writer json = fore_json_to(&a->json);
    report rep = {a, fore_answer_grid(a, "quality", NULL, columns, 9), &json};
    fore_json_object(&json, NULL);
    fore_json_string(&json, "model", r->model);
    fore_json_string(&json, "learner", fore_learner_name(choice.winner));
    fore_json_integer(&json, "rows", t.n);
    fore_json_array(&json, "quality");
    FORE_GO(report_quality(c, r, &f, role, &choice, &rep, err));
    fore_json_end_array(&json);
    fore_json_array(&json, "left_out");
    for (int64_t k = 0; k < f.drops; k++) fore_json_string(&json, NULL, drop[k]);
    fore_json_end_array(&json);
    fore_json_end_object(&json);
    report_leaks(a, leaks, r->use);
    if (choice.note[0]) fore_answer_note(a, "%s", choice.note);
    fore_answer_note(a, "The model (%s, %lld columns) is written to %s.",
                     fore_learner_name(choice.winner),
                     (long long)fore_encoding_count(model.encoding), r->model);
done:
    name_file(status, r->file, err);
    model_free(&model);
    fore_leak_report_free(leaks);
    fore_free(drop);
    fore_free(x);
    fore_free(role);
    fore_free(keep);
    table_free(&t);
    return status;
}

/* --- scoring --- */

static const fore_column score_columns[] = {
    {"id", "id", FORE_CELL_TEXT, 1},
    {"probability", "probability", FORE_CELL_RATIO, 0},
};

fore_status fore_job_table_score(fore_context *c, const foresell_table_request *r, fore_answer *a,
                                 fore_error *err)
{
    fore_status status = FORE_OK;
    table t = {0};
    table_model m;
    double *x = NULL, *p = NULL;
    FORE_TRY(model_load(r->model, &m, err));
    const char *id = r->id ? r->id : m.id[0] ? m.id : NULL;
    FORE_GO(table_read(c, r, id, NULL, &t, err));
    int64_t columns_used = fore_encoding_count(m.encoding);
    x = FORE_NEW(t.n * columns_used, double);
    p = FORE_NEW(t.n, double);
    if (!x || !p) {
        status = fore_no_memory(err);
        goto done;
    }
    fore_encode_rows all = {.n = t.n};
    FORE_GO(fore_encoding_apply(m.encoding, t.frame, &all, FORE_ENCODE_SCORING, x, t.n, err));
    fore_view view = {x, t.n, columns_used, t.n, NULL};
    FORE_GO(fore_scorer_predict(c->pool, m.scorer, &view, p, NULL, NULL, NULL, err));
    int64_t g = fore_answer_grid(a, "scores", NULL, score_columns, 2);
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_array(&json, "scores");
    for (int64_t i = 0; i < t.n; i++) {
        const char *name = t.ids.bytes + t.id_at[i];
        fore_answer_row(a, g);
        fore_answer_text(a, g, name);
        fore_answer_number(a, g, p[i]);
        fore_json_object(&json, NULL);
        fore_json_string(&json, "id", name);
        fore_json_number(&json, "probability", p[i]);
        fore_json_end_object(&json);
    }
    fore_json_end_array(&json);
    fore_json_end_object(&json);
done:
    name_file(status, r->file, err);
    model_free(&m);
    table_free(&t);
    fore_free(x);
    fore_free(p);
    return status;
}
