/* The slipped and stalled deals in the forecast's answer, by amount. */
#include <math.h>
#include <stdio.h>

#include "engine/jobs/deal_watch.h"
#include "engine/jobs/forecast.h"
#include "engine/jobs/whois.h"

static const fore_column slipped_columns[] = {
    {"deal_id", NULL, FORE_CELL_TEXT, 0},           {"who", "deal", FORE_CELL_TEXT, 2},
    {"rep_id", "rep", FORE_CELL_TEXT, 1},           {"amount", "amount", FORE_CELL_MONEY, 0},
    {"expected_on", "expected", FORE_CELL_TEXT, 0}, {"how", "", FORE_CELL_TEXT, 0},
    {"days", "days", FORE_CELL_INTEGER, 0},         {"chance", "chance", FORE_CELL_PERCENT, 0},
};

static const fore_column stalled_columns[] = {
    {"deal_id", NULL, FORE_CELL_TEXT, 0},     {"who", "deal", FORE_CELL_TEXT, 2},
    {"rep_id", "rep", FORE_CELL_TEXT, 1},     {"stage", "stage", FORE_CELL_TEXT, 1},
    {"amount", "amount", FORE_CELL_MONEY, 0}, {"days", "quiet", FORE_CELL_INTEGER, 0},
    {"usual", "usual", FORE_CELL_INTEGER, 0}, {"chance", "chance", FORE_CELL_PERCENT, 0},
};

static fore_status name_deal(const fore_forecast *f, const fore_watched *d, fore_text *name,
                             fore_error *err)
{
    fore_whois who = {0};
    FORE_TRY(fore_whois_read(f->context, f->context->timeline, d->subject, &who, err));
    fore_text_clear(name);
    fore_whois_say(&who, name);
    if (name->length == 0) fore_text_puts(name, fore_word(&f->context->timeline->ids, d->subject));
    return fore_text_check(name, err);
}

static void deal_json(const fore_forecast *f, const fore_watched *d, bool slipped, const char *name)
{
    const fore_timeline *t = f->context->timeline;
    fore_json_writer *json = f->json;
    fore_json_object(json, NULL);
    fore_json_string(json, "deal_id", fore_word(&t->ids, d->subject));
    fore_json_string(json, "name", name);
    fore_json_string(json, "rep_id", fore_word(&t->rep_ids, d->owner));
    fore_json_number(json, "amount", d->amount);
    fore_json_string(json, "stage", fore_word(&t->stages, d->stage));
    fore_json_number(json, "chance", d->chance);
    if (slipped) {
        fore_json_date(json, "expected_on", d->expected_on);
        fore_json_date(json, "was_expected_on", d->was_on);
        fore_json_bool(json, "overdue", d->was_on == FORE_NO_DATE);
        fore_json_number(json, "days", d->days);
    } else {
        fore_json_number(json, "quiet_days", d->days);
        fore_json_number(json, "usual_days", d->usual);
    }
    fore_json_end_object(json);
}

static void write_row(const fore_forecast *f, const fore_watched *d, bool slipped, const char *name,
                      int64_t g)
{
    const fore_timeline *t = f->context->timeline;
    fore_answer *a = f->answer;
    char date[32];
    fore_answer_row(a, g);
    fore_answer_text(a, g, fore_word(&t->ids, d->subject));
    fore_answer_text(a, g, name);
    fore_answer_text(a, g, fore_word(&t->rep_ids, d->owner));
    if (!slipped) fore_answer_text(a, g, fore_word(&t->stages, d->stage));
    fore_answer_number(a, g, d->amount);
    if (slipped) {
        fore_date_format(d->expected_on, date);
        fore_answer_text(a, g, date);
        fore_answer_text(a, g, d->was_on == FORE_NO_DATE ? "overdue" : "moved by");
    }
    fore_answer_number(a, g, d->days);
    if (!slipped) fore_answer_number(a, g, d->usual);
    fore_answer_number(a, g, d->chance);
}

static fore_status write_list(const fore_forecast *f, const fore_watched *list, int64_t n,
                              bool slipped, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_text name = {0};
    double amount = 0;
    int32_t until = f->outlook->start[f->outlook->periods] - 1;
    int64_t shown = n < f->request.deals ? n : f->request.deals, g = -1;
    for (int64_t i = 0; i < n; i++) amount += isnan(list[i].amount) ? 0 : list[i].amount;
    fore_json_object(f->json, slipped ? "slipped" : "stalled");
    fore_json_integer(f->json, "count", n);
    fore_json_number(f->json, "amount", amount);
    fore_json_date(f->json, "chance_until", until);
    fore_json_array(f->json, "deals");
    for (int64_t i = 0; i < shown; i++) {
        if (g < 0)
            g = slipped
                    ? fore_answer_grid(f->answer, "slipped", "Slipped deals", slipped_columns, 8)
                    : fore_answer_grid(f->answer, "stalled", "Stalled deals", stalled_columns, 8);
        FORE_GO(name_deal(f, &list[i], &name, err));
        deal_json(f, &list[i], slipped, fore_text_string(&name));
        write_row(f, &list[i], slipped, fore_text_string(&name), g);
    }
    fore_json_end_array(f->json);
    fore_json_end_object(f->json);
    if (n > 0 && shown > 0) {
        char total[64] = "", sum[48], date[32];
        fore_date_format(until, date);
        fore_number_people(amount, 0, sum, sizeof sum);
        if (amount > 0 && !f->outlook->counts) snprintf(total, sizeof total, ", %s in all,", sum);
        fore_answer_lead(
            f->answer, g, "%lld open deal%s%s %s%s, with the chance to be won by %s:", (long long)n,
            n == 1 ? "" : "s", total,
            slipped ? "should have closed by now, or moved out of the period since it began"
                    : "have been quiet for longer than nine in ten won deals ever were at "
                      "their stage",
            shown == n   ? ""
            : amount > 0 ? "; the largest"
                         : "; the likeliest",
            date);
    }
done:
    fore_text_free(&name);
    return status;
}

fore_status fore_forecast_watch(const fore_forecast *f, fore_error *err)
{
    fore_watch watch;
    FORE_TRY(fore_watch_make(f->context->timeline, f->outlook, &watch, err));
    fore_status status = write_list(f, watch.slipped, watch.slips, true, err);
    if (status == FORE_OK) status = write_list(f, watch.stalled, watch.stalls, false, err);
    fore_watch_free(&watch);
    return status;
}
