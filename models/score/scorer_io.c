/* The scorer as JSON. Only what was learned is written; what can be derived is derived again on
 * loading. The covariance is symmetric: its lower triangle is written, column by column. */
#include <math.h>
#include <string.h>

#include "engine/base/memory.h"
#include "models/score/scorer_inside.h"

static const char FORMAT[] = "foresell-scorer";

static void write_linear(const fore_logit_model *m, fore_json_writer *json)
{
    int64_t order = m->width + 1;
    fore_json_object(json, "linear");
    fore_json_number(json, "intercept", m->intercept);
    fore_json_numbers(json, "beta", m->beta, m->width);
    if (m->covariance) {
        fore_json_array(json, "covariance");
        for (int64_t j = 0; j < order; j++)
            for (int64_t i = j; i < order; i++)
                fore_json_number(json, NULL, m->covariance[i + j * order]);
        fore_json_end_array(json);
    }
    fore_json_end_object(json);
}

fore_status fore_scorer_save(const fore_scorer *scorer, fore_text *out, fore_error *err)
{
    fore_json_writer json = fore_json_to(out);
    fore_json_object(&json, NULL);
    fore_json_string(&json, "format", FORMAT);
    fore_json_integer(&json, "version", FORE_SCORER_VERSION);
    fore_json_string(&json, "learner", fore_learner_name(scorer->learner));
    fore_json_integer(&json, "columns", scorer->columns);
    fore_json_number(&json, "level", scorer->level);
    if (scorer->design) fore_design_write(scorer->design, &json, "design");
    if (scorer->linear) write_linear(scorer->linear, &json);
    if (scorer->trees) fore_trees_write(scorer->trees, &json, "trees");
    if (scorer->svm) fore_svm_write(scorer->svm, &json, "svm");
    fore_calibration_write(scorer->calibration, &json, "calibration");
    fore_json_end_object(&json);
    return fore_text_check(out, err);
}

static fore_status damaged(const char *what, fore_error *err)
{
    return fore_fail(err, FORE_E_MODEL,
                     "the model is damaged: %s; train it again or bring an earlier one back", what);
}

static bool read_covariance(const fore_json_node *node, fore_logit_model *m)
{
    int64_t order = m->width + 1, k = 0;
    for (int64_t j = 0; j < order; j++)
        for (int64_t i = j; i < order; i++) {
            double v;
            if (!fore_json_as_number(fore_json_at(node, k++), &v) || !isfinite(v)) return false;
            m->covariance[i + j * order] = m->covariance[j + i * order] = v;
        }
    return true;
}

static fore_status read_linear(const fore_json_node *node, int64_t width, fore_logit_model **out,
                               fore_error *err)
{
    const fore_json_node *covariance = fore_json_get(node, "covariance");
    int64_t order = width + 1;
    bool with = covariance != NULL;
    if (fore_json_length(fore_json_get(node, "beta")) != width ||
        (with && (width > FORE_LOGIT_COVARIANCE ||
                  fore_json_length(covariance) != order * (order + 1) / 2)))
        return damaged("its coefficients have the wrong number", err);
    fore_logit_model *m = FORE_ZNEW(1, fore_logit_model);
    *out = m;
    if (!m) return fore_no_memory(err);
    m->width = width;
    m->beta = FORE_NEW(width, double);
    m->covariance = with ? FORE_NEW(order * order, double) : NULL;
    if (!m->beta || (with && !m->covariance)) return fore_no_memory(err);
    bool sound = fore_json_get_number(node, "intercept", &m->intercept) && isfinite(m->intercept) &&
                 fore_json_get_numbers(node, "beta", m->beta, width);
    for (int64_t q = 0; sound && q < width; q++) sound = isfinite(m->beta[q]);
    if (sound && with) sound = read_covariance(covariance, m);
    return sound ? FORE_OK : damaged("its coefficients cannot be read", err);
}

static fore_status read_parts(const fore_json_node *root, fore_scorer *s, fore_error *err)
{
    if (s->learner == FORE_TREES) {
        FORE_TRY(fore_trees_read(fore_json_get(root, "trees"), &s->trees, err));
        if (fore_trees_columns(s->trees) != s->columns)
            return damaged("its trees have other columns", err);
    } else {
        FORE_TRY(fore_design_read(fore_json_get(root, "design"), &s->design, err));
        if (s->design->columns != s->columns) return damaged("its design has other columns", err);
        if (s->learner == FORE_SVM)
            FORE_TRY(fore_svm_read(fore_json_get(root, "svm"), s->design->width, &s->svm, err));
        else
            FORE_TRY(read_linear(fore_json_get(root, "linear"), s->design->width, &s->linear, err));
    }
    FORE_TRY(fore_calibration_read(fore_json_get(root, "calibration"), &s->calibration, err));
    return scorer_finish(s, err);
}

static fore_status read_scorer(const fore_json_node *root, fore_scorer **out, fore_error *err)
{
    const char *format = fore_json_get_string(root, "format");
    int64_t version = 0, columns = 0;
    double level = 0;
    fore_learner learner;
    if (!format || strcmp(format, FORMAT) != 0)
        return fore_fail(err, FORE_E_MODEL,
                         "this is not a foresell model; give the file that training wrote");
    if (!fore_json_get_integer(root, "version", &version) || version != FORE_SCORER_VERSION)
        return fore_fail(
            err, FORE_E_MODEL,
            version > FORE_SCORER_VERSION
                ? "the model has version %lld and this foresell reads version %d: a newer foresell "
                  "wrote it; use that one, or train the model again"
                : "the model has version %lld and this foresell reads version %d; train the model again",
            (long long)version, FORE_SCORER_VERSION);
    if (!fore_learner_parse(fore_json_get_string(root, "learner"), &learner))
        return fore_fail(
            err, FORE_E_MODEL,
            "the model has a learner that this foresell does not know (\"%.40s\"): a "
            "newer foresell wrote it, or it is damaged; use that one, or train the model "
            "again",
            fore_json_get_string(root, "learner") ? fore_json_get_string(root, "learner") : "");
    if (!fore_json_get_integer(root, "columns", &columns) || columns < 0 || columns > 10000000 ||
        !fore_json_get_number(root, "level", &level) || !(level > 0 && level < 1))
        return damaged("its head cannot be read", err);
    FORE_TRY(scorer_new(learner, columns, level, out, err));
    fore_status status = read_parts(root, *out, err);
    if (status == FORE_OK) return FORE_OK;
    fore_scorer_free(*out);
    *out = NULL;
    return status;
}

fore_status fore_scorer_load(const char *text, int64_t length, fore_scorer **out, fore_error *err)
{
    fore_json *document = NULL;
    *out = NULL;
    fore_status status = fore_json_parse(text, length, &document, err);
    if (status == FORE_OK) status = read_scorer(fore_json_root(document), out, err);
    fore_json_free(document);
    return status;
}
