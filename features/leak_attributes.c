/* Judging twice, before and with the outcomes of the test window; see leak_attributes.h. */
#include "features/leak_attributes.h"

#include <string.h>

#include "engine/base/memory.h"

static const char *with_sentence(fore_leak_report *report, const char *reasons, const char *format,
                                 int64_t moment)
{
    char date[32];
    fore_text text = {0};
    fore_date_format(fore_date_of(moment), date);
    fore_text_printf(&text, "%s ", reasons);
    fore_text_printf(&text, format, date);
    const char *kept =
        text.failed ? NULL : fore_arena_string(report->arena, fore_text_string(&text));
    fore_text_free(&text);
    return kept;
}

static fore_status merge_finding(const fore_leak_finding *early, int64_t test_start,
                                 fore_leak_report *report, fore_leak_finding *finding,
                                 fore_error *err)
{
    if (early->grade > finding->grade) {
        const char *name = finding->name;
        *finding = *early;
        finding->name = name;
        finding->reasons = with_sentence(report, early->reasons,
                                         "So it was on what closed before %s.", test_start);
    } else if (early->grade == FORE_LEAK_CLEAN && finding->grade != FORE_LEAK_CLEAN) {
        finding->newest_only = true;
        finding->reasons = with_sentence(
            report, finding->reasons,
            "Only the closings since %s show it, on which the test is made.", test_start);
    }
    return finding->reasons ? FORE_OK : fore_no_memory(err);
}

fore_status fore_leak_merge(const fore_leak_report *early, int64_t test_start,
                            fore_leak_report *report, fore_error *err)
{
    report->test_seen = early->too_few && !report->too_few;
    if (early->too_few) return FORE_OK;
    report->knows = report->suspicious = 0;
    for (int64_t j = 0; j < report->columns; j++) {
        fore_leak_finding *finding = &report->finding[j];
        FORE_TRY(merge_finding(&early->finding[j], test_start, report, finding, err));
        report->knows += finding->grade == FORE_LEAK_KNOWS;
        report->suspicious += finding->grade == FORE_LEAK_SUSPICIOUS;
    }
    return FORE_OK;
}

fore_status fore_leak_find_attributes(const fore_attributes *a, const fore_timeline *timeline,
                                      int64_t test_start, int64_t as_of, fore_pool *pool,
                                      fore_leak_report **report, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_leak_report *early = NULL;
    double *label = FORE_NEW(fore_frame_rows(a->frame), double);
    int64_t *late = FORE_NEW(fore_frame_columns(a->frame), int64_t);
    fore_leak_input input = {.label = label, .group = a->group, .set_late = late, .seed = 1};
    *report = NULL;
    if (!label || !late) FORE_GO(fore_no_memory(err));
    fore_attributes_labels(a, timeline, as_of, label, late);
    FORE_GO(fore_leak_find(a->frame, &input, pool, report, err));
    if (test_start == FORE_NO_TIME || test_start >= as_of) goto done;
    fore_attributes_labels(a, timeline, test_start, label, late);
    FORE_GO(fore_leak_find(a->frame, &input, pool, &early, err));
    FORE_GO(fore_leak_merge(early, test_start, *report, err));
done:
    if (status != FORE_OK) {
        fore_leak_report_free(*report);
        *report = NULL;
    }
    fore_leak_report_free(early);
    fore_free(label);
    fore_free(late);
    return status;
}
