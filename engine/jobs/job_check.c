/* "Can I trust these data?" The quality report row by row, the columns that know the outcome, and
 * what both cost the answers. Suggests; changes nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datasets/quality.h"
#include "engine/jobs/fairness.h"
#include "engine/jobs/jobs.h"
#include "engine/jobs/scoring.h"
#include "features/examples.h"
#include "features/leak_attributes.h"

enum { EXAMPLES_SHOWN = 3, ROWS_LISTED = 50 };
static const double NAMES_COMMON = 0.2; /* of accounts: more equal names than doubles explain */

static const fore_column group_columns[] = {
    {"code", "finding", FORE_CELL_TEXT, 2},      {"entity", "in", FORE_CELL_TEXT, 0},
    {"severity", "severity", FORE_CELL_TEXT, 0}, {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"share", "share", FORE_CELL_PERCENT, 0},    {"effect", "effect", FORE_CELL_TEXT, -1},
};

static const fore_column row_columns[] = {
    {"entity", "in", FORE_CELL_TEXT, 0},          {"id", "id", FORE_CELL_TEXT, 0},
    {"column", "column", FORE_CELL_TEXT, 0},      {"value", "value", FORE_CELL_TEXT, 1},
    {"text", "what is wrong", FORE_CELL_TEXT, 2},
};

static const fore_column leak_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0}, {"column", "column", FORE_CELL_TEXT, 2},
    {"grade", "grade", FORE_CELL_TEXT, 0}, {"auc", "AUC alone", FORE_CELL_RATIO, 0},
    {"why", "why", FORE_CELL_TEXT, -1},
};

static void show_groups(const fore_quality_report *report, fore_answer *a)
{
    int64_t g = fore_answer_grid(a, "findings", "Data quality", group_columns, 6);
    for (int64_t i = 0; i < report->group_count; i++) {
        const fore_quality_group *group = &report->groups[i];
        fore_text effect = {0};
        bool common = strcmp(group->code, "duplicate_name") == 0 && group->share > NAMES_COMMON;
        fore_text_puts(&effect, common ? "Names are not distinctive here: so many share one that "
                                         "this is no sign of doubles."
                                       : group->effect);
        for (int64_t k = 0; !common && k < group->kept && k < EXAMPLES_SHOWN; k++)
            fore_text_printf(&effect, "%s%s", k ? ", " : " E.g. ", group->findings[k].id);
        fore_answer_row(a, g);
        fore_answer_text(a, g, group->code);
        fore_answer_text(a, g, group->entity);
        fore_answer_text(a, g, fore_severity_word(group->severity));
        fore_answer_number(a, g, common ? NAN : (double)group->count);
        fore_answer_number(a, g, group->share);
        fore_answer_text(a, g, fore_text_string(&effect));
        fore_text_free(&effect);
    }
    if (report->group_count == 0)
        fore_answer_note(a, "Nothing is wrong with the rows.");
    else
        fore_answer_note(a, "`foresell check --code CODE` lists the rows of a finding.");
}

static void show_rows(const fore_quality_report *report, fore_answer *a)
{
    int64_t g = fore_answer_grid(a, "rows", NULL, row_columns, 5), rows = 0;
    for (int64_t i = 0; i < report->group_count; i++) {
        const fore_quality_group *group = &report->groups[i];
        rows += group->kept;
        for (int64_t k = 0; k < group->kept; k++) {
            fore_answer_row(a, g);
            fore_answer_text(a, g, group->entity);
            fore_answer_text(a, g, group->findings[k].id);
            fore_answer_text(a, g, group->findings[k].column);
            fore_answer_text(a, g, group->findings[k].value);
            fore_answer_text(a, g, group->findings[k].text);
        }
        if (group->kept > 0 && group->kept < group->count)
            fore_answer_note(a, "%s: the first %lld of %lld; --limit shows more.", group->entity,
                             (long long)group->kept, (long long)group->count);
    }
    if (rows == 0) fore_answer_note(a, "No row has this finding.");
}

/* When the test of a training would begin; FORE_NO_TIME: nothing can be trained or tested. */
static fore_status test_start_of(fore_context *c, fore_subject_kind kind, int64_t as_of,
                                 int64_t *start, fore_error *err)
{
    fore_examples *examples = NULL;
    fore_examples_options options = fore_examples_defaults(as_of);
    *start = FORE_NO_TIME;
    fore_error why = {0};
    fore_status status = fore_examples_make(c->timeline, kind, &options, &examples, &why);
    if (status == FORE_OK) *start = examples->test_start;
    fore_examples_free(examples);
    if (status == FORE_OK || status == FORE_E_NO_ANSWER) return FORE_OK;
    if (err) *err = why;
    return status;
}

/* Columns of one kind of subject that know the outcome. */
static fore_status check_leaks(fore_context *c, fore_subject_kind kind, int64_t as_of,
                               fore_answer *a, int64_t g, fore_json_writer *json, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_attributes *attributes = NULL;
    fore_leak_report *report = NULL;
    int64_t test_start;
    FORE_GO(fore_attributes_read(c->store, c->timeline, kind, as_of, NULL, 0, &attributes, err));
    FORE_GO(test_start_of(c, kind, as_of, &test_start, err));
    FORE_GO(fore_leak_find_attributes(attributes, c->timeline, test_start, as_of, c->pool, &report,
                                      err));
    for (int64_t j = 0; j < report->columns; j++) {
        const fore_leak_finding *f = &report->finding[j];
        if (f->grade == FORE_LEAK_CLEAN) continue;
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_purpose(kind));
        fore_answer_text(a, g, f->name);
        fore_answer_text(a, g, fore_leak_grade_word(f->grade));
        fore_answer_number(a, g, f->auc);
        fore_answer_text(a, g, f->reasons);
        fore_json_object(json, NULL);
        fore_json_string(json, "purpose", fore_purpose(kind));
        fore_json_string(json, "column", f->name);
        fore_json_string(json, "grade", fore_leak_grade_word(f->grade));
        fore_json_number(json, "auc", f->auc);
        fore_json_string(json, "why", f->reasons);
        fore_json_end_object(json);
    }
    if (report->knows + report->suspicious > 0)
        fore_answer_note(a,
                         "%ss: %lld %s left out of training because of what %s of the outcome; "
                         "`foresell train --use COLUMN` takes one in all the same.",
                         fore_purpose(kind), (long long)(report->knows + report->suspicious),
                         report->knows + report->suspicious == 1 ? "column is" : "columns are",
                         report->knows + report->suspicious == 1 ? "it knows" : "they know");
done:
    fore_leak_report_free(report);
    fore_attributes_free(attributes);
    return status;
}

/* What concerns the model rather than the rows. */
static fore_status check_model(fore_context *c, const foresell_check_request *r, int64_t as_of,
                               fore_answer *a, fore_error *err)
{
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", as_of);
    FORE_TRY(fore_context_history(c, &(const fore_timeline *){NULL}, NULL, err));
    if (r->fair || r->by) FORE_TRY(fore_fairness(c, as_of, r->by, a, &json, err));
    if (r->leaks) FORE_TRY(fore_leak_effect(c, as_of, r->seed, a, &json, err));
    fore_json_end_object(&json);
    return FORE_OK;
}

fore_status fore_job_check(fore_context *c, const foresell_check_request *r, fore_answer *a,
                           fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_quality_report *report = NULL;
    const fore_timeline *timeline;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    if (r->code && (r->fair || r->by || r->leaks))
        return fore_fail(err, FORE_E_USAGE,
                         "the rows of a finding, the effect of leaks and the groups are asked for "
                         "one at a time");
    if (r->fair || r->by || r->leaks) return check_model(c, r, moment.as_of, a, err);
    char code[64];
    if (r->code) {
        snprintf(code, sizeof code, "%s", r->code);
        for (char *p = code; *p; p++)
            if (*p == '-') *p = '_';
    }
    fore_quality_options options = {.code = r->code ? code : NULL,
                                    .now = moment.now,
                                    .limit = r->limit  ? r->limit
                                             : r->code ? ROWS_LISTED
                                                       : 0};
    FORE_TRY(fore_quality_run(c->store, moment.as_of, &options, &report, err));
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_quality_report_json(&json, report);
    if (r->code)
        show_rows(report, a);
    else {
        show_groups(report, a);
        FORE_GO(fore_context_history(c, &timeline, NULL, err));
        int64_t g = fore_answer_grid(a, "leaks", "Columns that know the outcome", leak_columns, 5);
        fore_json_array(&json, "leaks");
        for (int k = 0; k < 2; k++)
            if (k == FORE_SUBJECT_LEAD ? timeline->leads > 0 : timeline->deals > 0)
                FORE_GO(check_leaks(c, (fore_subject_kind)k, moment.as_of, a, g, &json, err));
        fore_json_end_array(&json);
    }
    fore_json_end_object(&json);
done:
    fore_quality_report_free(report);
    return status;
}
