/* What a workspace knows about the company that no export says: its clock, its calendar, which
 * stages mean won and lost. Each is checked before it is kept. */
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/jobs.h"

typedef struct setting {
    const char *name, *meaning;
} setting;

/* clang-format off */
static const setting settings[] = {
    {"zone", "clock of times without a zone, Asia/Kolkata (UTC)"},
    {"fiscal_year_start", "month the fiscal year starts in, 1-12 (1)"},
    {"fiscal_weeks", "years of whole weeks: 4-4-5, 4-5-4, 5-4-4 (none)"},
    {"week_start", "the day weeks begin with (monday)"},
    {"fiscal_year_begins", "years of weeks: week_start nearest the 1st, or last before it (nearest)"},
    {"fiscal_year_named", "by the calendar year of its end or start (end)"},
    {"period_starts", "first days of months of one's own, separated by commas"},
    {"currency", "what amounts in others are converted to, such as EUR (most wins')"},
    {"exchange_rates", "what one of each other currency is worth, such as USD=0.92, INR=0.011"},
    {"won_stages", "stages that mean won, for the next import"},
    {"lost_stages", "stages that mean lost, for the next import"},
};
/* clang-format on */
enum { SETTINGS = sizeof settings / sizeof *settings };

static const fore_column columns[] = {{"name", "setting", FORE_CELL_TEXT, 0},
                                      {"value", "value", FORE_CELL_TEXT, 1},
                                      {"meaning", "what it is (without it)", FORE_CELL_TEXT, 2}};

static fore_status check(const char *name, const char *value, fore_calendar *calendar,
                         fore_error *err)
{
    for (int i = 0; i < SETTINGS; i++) {
        if (strcmp(settings[i].name, name) != 0) continue;
        fore_zone *zone = NULL;
        if (strcmp(name, "zone") == 0) {
            FORE_TRY(fore_zone_open(value, &zone, err));
            fore_zone_free(zone);
            return FORE_OK;
        }
        fore_status status = fore_calendar_set(calendar, name, value, err);
        return status == FORE_E_NOT_FOUND ? FORE_OK : status; /* not one of the calendar */
    }
    return fore_fail(err, FORE_E_USAGE,
                     "there is no setting '%s'; `foresell settings` shows what can be set", name);
}

/* "NAME=VALUE" */
static fore_status assign(fore_context *c, const char *text, fore_calendar *calendar,
                          fore_error *err)
{
    const char *sign = strchr(text, '=');
    if (!sign)
        return fore_fail(err, FORE_E_USAGE,
                         "'%s' sets nothing; write NAME=VALUE, or NAME= to take it back", text);
    fore_text name = {0};
    fore_text_printf(&name, "%.*s", (int)(sign - text), text);
    fore_status status = fore_text_check(&name, err);
    if (status == FORE_OK) status = check(fore_text_string(&name), sign + 1, calendar, err);
    if (status == FORE_OK)
        status = fore_store_set(c->store, fore_text_string(&name), sign[1] ? sign + 1 : NULL, err);
    fore_text_free(&name);
    return status;
}

static fore_status assign_all(fore_context *c, const foresell_settings_request *r, fore_error *err)
{
    fore_calendar calendar = c->calendar;
    fore_exchange exchange; /* rates and the currency that they are in must fit each other */
    fore_status status = FORE_OK;
    FORE_TRY(fore_store_begin(c->store, err));
    for (int64_t i = 0; i < r->assignment_count && status == FORE_OK; i++)
        status = assign(c, r->assignments[i], &calendar, err);
    if (status == FORE_OK) status = fore_store_exchange(c->store, &exchange, err);
    if (status == FORE_OK) status = fore_store_commit(c->store, err);
    if (status != FORE_OK) fore_store_rollback(c->store);
    if (status == FORE_OK) c->calendar = calendar;
    return status;
}

static fore_status show(fore_context *c, int i, int64_t g, fore_answer *a, fore_json_writer *json,
                        fore_error *err)
{
    fore_text value = {0};
    bool found = false;
    fore_status status = fore_store_setting(c->store, settings[i].name, &value, &found, err);
    if (status == FORE_OK) {
        const char *text = found ? fore_text_string(&value) : NULL;
        fore_answer_row(a, g);
        fore_answer_text(a, g, settings[i].name);
        fore_answer_text(a, g, text ? text : "");
        fore_answer_text(a, g, settings[i].meaning);
        fore_json_string(json, settings[i].name, text);
    }
    fore_text_free(&value);
    return status;
}

fore_status fore_job_settings(fore_context *c, const foresell_settings_request *r, fore_answer *a,
                              fore_error *err)
{
    if (r->assignment_count > 0) FORE_TRY(assign_all(c, r, err));
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_object(&json, "settings");
    int64_t g = fore_answer_grid(a, "settings", NULL, columns, 3);
    for (int i = 0; i < SETTINGS; i++) FORE_TRY(show(c, i, g, a, &json, err));
    fore_json_end_object(&json);
    fore_json_end_object(&json);
    if (r->assignment_count > 0)
        fore_answer_note(
            a,
            "Kept; it holds from the next answer on. After another currency or rate, train again.");
    return FORE_OK;
}
