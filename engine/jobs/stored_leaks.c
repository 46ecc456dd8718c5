/* Stored values that know the outcome, judged on the examples; see stored_leaks.h. */
#include "engine/jobs/stored_leaks.h"

#include <math.h>

#include "engine/jobs/levels.h"
#include "features/leak_attributes.h"

/* When the first of the kind was won: before it nobody has a win rate or a usual amount. */
static int64_t first_win(const fore_timeline *t, fore_subject_kind kind)
{
    int64_t first = INT64_MAX, leads = kind == FORE_SUBJECT_LEAD;
    for (int64_t s = leads ? 0 : t->leads; s < (leads ? t->leads : t->subjects); s++)
        for (int64_t k = 0; t->left_out[s] == FORE_KEPT && k < fore_subject_spells(t, s); k++) {
            fore_open_spell spell = fore_subject_spell(t, s, k);
            bool won = spell.outcome == FORE_WON && spell.until != FORE_NO_TIME;
            if (won && spell.until < first) first = spell.until;
        }
    return first;
}

/* There a missing one tells the time and nothing of the subject, so it is no gap. */
static void fill_before_any_past(const fore_timeline *timeline, const fore_examples *e,
                                 const fore_feature *feature, double *x)
{
    if (feature->group != FORE_GROUP_RATES && feature->unit != FORE_UNIT_LOGRATIO) return;
    int64_t first = first_win(timeline, e->kind);
    for (int64_t i = 0; i < e->n; i++)
        if (e->row[i].as_of <= first && isnan(x[i])) x[i] = 0;
}

/* What leak.h may know of the examples: what became of their subjects before a moment, for a value
 * that the closing sets tells the end, whenever it came. */
static fore_status stored_labels(const fore_training *t, const fore_timeline *timeline,
                                 int64_t before, double *label, fore_error *err)
{
    const fore_attributes *a = t->attributes;
    double *end = FORE_NEW(fore_frame_rows(a->frame), double);
    int64_t *late = FORE_NEW(fore_frame_columns(a->frame), int64_t);
    fore_status status = end && late ? FORE_OK : fore_no_memory(err);
    if (status == FORE_OK) fore_attributes_labels(a, timeline, before, end, late);
    for (int64_t i = 0; status == FORE_OK && i < t->examples->n; i++)
        label[i] = end[t->examples->row[i].subject - a->first];
    fore_free(end);
    fore_free(late);
    return status;
}

fore_status fore_stored_leaks(fore_context *c, fore_scoring *s, fore_training *t,
                              const fore_timeline *timeline, const fore_extractor *extractor,
                              const char *use, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_frame_builder *builder = NULL;
    fore_frame *frame = NULL;
    fore_leak_report *early = NULL;
    int64_t n = t->examples->n, kept = 0, judged = 0;
    int32_t list[FORE_FEATURE_LIMIT];
    for (int64_t f = 0; f < s->feature_count; f++)
        if (fore_feature_at(s->feature[f])->stored) list[judged++] = s->feature[f];
    double *x = FORE_NEW(n * (judged ? judged : 1), double), *label = FORE_NEW(n, double);
    int64_t *group = FORE_NEW(n, int64_t);
    if (!x || !label || !group) {
        status = fore_no_memory(err);
        goto done;
    }
    if (judged == 0) goto done;
    FORE_GO(fore_extract(extractor, c->pool, t->examples->row, n, list, judged, x, n, err));
    FORE_GO(fore_frame_builder_new(&builder, err));
    for (int64_t f = 0; f < judged; f++) {
        int64_t column;
        fill_before_any_past(timeline, t->examples, fore_feature_at(list[f]), x + f * n);
        FORE_GO(fore_frame_builder_typed(builder, fore_feature_at(list[f])->name,
                                         FORE_COLUMN_NUMBER, &column, err));
    }
    for (int64_t i = 0; i < n; i++) {
        for (int64_t f = 0; f < judged; f++)
            FORE_GO(fore_frame_builder_number(builder, f, x[f * n + i], err));
        fore_frame_builder_end_row(builder);
        group[i] = timeline->key[t->examples->row[i].subject];
    }
    FORE_GO(fore_frame_builder_finish(&builder, &frame, err));
    fore_leak_input input = {.label = label, .group = group, .seed = 1};
    FORE_GO(stored_labels(t, timeline, s->as_of, label, err));
    FORE_GO(fore_leak_find(frame, &input, c->pool, &t->stored, err));
    if (!t->examples->no_test) {
        FORE_GO(stored_labels(t, timeline, t->examples->test_start, label, err));
        FORE_GO(fore_leak_find(frame, &input, c->pool, &early, err));
        FORE_GO(fore_leak_merge(early, t->examples->test_start, t->stored, err));
    }
    for (int64_t f = 0; f < s->feature_count; f++) {
        const char *name = fore_feature_at(s->feature[f])->name;
        const fore_leak_finding *finding = fore_leak_of(t->stored, name);
        bool leaks = finding && finding->grade != FORE_LEAK_CLEAN && !fore_list_names(use, name);
        if (!leaks)
            s->feature[kept++] = s->feature[f];
        else
            t->left_out_columns++;
    }
    s->feature_count = kept;
done:
    fore_free(x);
    fore_free(label);
    fore_free(group);
    fore_leak_report_free(early);
    fore_frame_builder_free(builder);
    fore_frame_free(frame);
    return status;
}
