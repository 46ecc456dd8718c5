/* Commit, best case and pipeline beside what we expect of them, and what became of them before. */
#include <math.h>

#include "engine/jobs/categories.h"
#include "engine/jobs/forecast.h"

/* Where less than this of the period that runs is left, the next one is shown as well. */
static const double LEFT_LEAST = 0.25;

static const fore_column columns[] = {
    {"period", "period", FORE_CELL_TEXT, 0},
    {"category", "category", FORE_CELL_TEXT, 0},
    {"deals", "deals", FORE_CELL_INTEGER, 0},
    {"amount", "amount", FORE_CELL_MONEY, 0},
    {"expected", "we expect", FORE_CELL_MONEY, 0},
    {"past_won_share", "deals won before", FORE_CELL_PERCENT, 0},
    {"past_amount_share", "amount", FORE_CELL_PERCENT, 0},
};

static void sum_json(fore_json_writer *json, const char *word, const fore_category_sum *s,
                     int64_t past)
{
    fore_json_object(json, NULL);
    fore_json_string(json, "category", word);
    fore_json_integer(json, "deals", s->deals);
    fore_json_number(json, "amount", s->priced ? s->amount : NAN);
    fore_json_number(json, "expected", s->expected);
    fore_json_number(json, "expected_deals", s->expected_deals);
    if (past > 0) {
        fore_json_object(json, "past");
        fore_json_integer(json, "periods", past);
        fore_json_integer(json, "deals", s->past_deals);
        fore_json_number(json, "won_share",
                         s->past_deals ? (double)s->past_won / (double)s->past_deals : NAN);
        fore_json_number(json, "amount_share",
                         s->past_amount > 0 ? s->past_won_amount / s->past_amount : NAN);
        fore_json_end_object(json);
    }
    fore_json_end_object(json);
}

/* What is expected of single deals is brought to what the forecast has of all of them, which is
 * also weighed with other members. */
static void bring_to_forecast(const fore_forecast *f, fore_categories *c, int64_t j)
{
    bool counts = f->outlook->counts;
    fore_category_sum *sum = &c->sum[j * FORE_CATEGORIES];
    double all = counts ? c->rest[j].expected_deals : c->rest[j].expected;
    for (int k = 0; k < FORE_CATEGORIES; k++)
        all += counts ? sum[k].expected_deals : sum[k].expected;
    double factor = all > 0 ? f->result->period[j].from_open / all : 1;
    for (int k = 0; k <= FORE_CATEGORIES; k++) {
        fore_category_sum *s = k < FORE_CATEGORIES ? &sum[k] : &c->rest[j];
        s->expected *= factor;
        if (counts) s->expected_deals *= factor;
    }
}

static bool is_shown(const fore_forecast *f, int64_t j)
{
    const fore_outlook *o = f->outlook;
    double now = (double)o->as_of / (double)FORE_DAY;
    double left = (o->start[1] - now) / (o->start[1] - o->start[0]);
    return j == 0 || (j == 1 && left < LEFT_LEAST);
}

static void write_row(const fore_forecast *f, int64_t j, const char *word,
                      const fore_category_sum *s, int64_t *g)
{
    char name[32];
    fore_answer *a = f->answer;
    if (*g < 0) *g = fore_answer_grid(a, "categories", "Forecast categories", columns, 7);
    fore_forecast_period_name(f, f->outlook->start[j], name);
    fore_answer_row(a, *g);
    fore_answer_text(a, *g, name);
    fore_answer_text(a, *g, word);
    fore_answer_number(a, *g, (double)s->deals);
    fore_answer_number(a, *g, s->priced ? s->amount : NAN);
    fore_answer_number(a, *g, f->outlook->counts ? s->expected_deals : s->expected);
    fore_answer_number(a, *g, s->past_deals ? (double)s->past_won / (double)s->past_deals : NAN);
    fore_answer_number(a, *g, s->past_amount > 0 ? s->past_won_amount / s->past_amount : NAN);
}

static void write_category(const fore_forecast *f, const char *word, const fore_category_sum *s,
                           int64_t past, int64_t j, int64_t *g)
{
    if (s->deals == 0 && s->past_deals == 0) return;
    sum_json(f->json, word, s, past);
    if (is_shown(f, j)) write_row(f, j, word, s, g);
}

static void tell_source(const fore_forecast *f, const fore_categories *c)
{
    fore_answer *a = f->answer;
    const char *which =
        c->dated ? "deals expected to close in the period" : "all open deals: few dates are known";
    switch (c->source) {
    case FORE_CATEGORY_CRM: fore_answer_note(a, "Categories are the CRM's own (%s).", which); break;
    case FORE_CATEGORY_STAGE:
        fore_answer_note(
            a,
            "Categories are by the CRM's own chance of a deal: commit from %.0f %%, best "
            "case from %.0f %% (%s); it keeps no history, so how they came true is not known.",
            100 * FORE_COMMIT_FROM, 100 * FORE_BEST_FROM, which);
        break;
    default:
        fore_answer_note(
            a,
            "The export has no forecast categories; these are by our chance that a "
            "deal is won in the period it stands under: commit from %.0f %%, best case from %.0f %%.",
            100 * FORE_COMMIT_FROM, 100 * FORE_BEST_FROM);
    }
    if (c->unsaid > 0 && c->past[0] == 0)
        fore_answer_note(a, "How categories came true is not told: of past periods the CRM's "
                            "changes do not say what they were.");
    fore_answer_note(
        a, "\"We expect\": by our chances, brought to the forecast's figure of open deals%s.",
        c->rest[0].deals > 0 && c->source != FORE_CATEGORY_OURS
            ? "; other: in none of them, or not due in the period"
            : "");
    if (c->past[0] > 0)
        fore_answer_note(
            a,
            "Won before: of what stood in a category at the same point of the last %lld "
            "periods, what was won by their end.",
            (long long)c->past[0]);
}

fore_status fore_forecast_categories(const fore_forecast *f, fore_error *err)
{
    fore_categories c;
    int64_t g = -1;
    FORE_TRY(fore_categories_make(f->context, f->outlook, f->request.period,
                                  f->coverage && f->coverage->dated, &c, err));
    fore_json_object(f->json, "categories");
    fore_json_string(f->json, "source", fore_category_source_word(c.source));
    fore_json_number(f->json, "commit_from",
                     c.source == FORE_CATEGORY_CRM ? NAN : FORE_COMMIT_FROM);
    fore_json_number(f->json, "best_case_from",
                     c.source == FORE_CATEGORY_CRM ? NAN : FORE_BEST_FROM);
    fore_json_integer(f->json, "past_unknown", c.unsaid);
    fore_json_array(f->json, "periods");
    for (int64_t j = 0; j < c.periods; j++) {
        bring_to_forecast(f, &c, j);
        fore_json_object(f->json, NULL);
        fore_json_date(f->json, "start", f->outlook->start[j]);
        fore_json_array(f->json, "categories");
        for (int k = 0; k < FORE_CATEGORIES; k++)
            write_category(f, fore_category_word((fore_category)k), &c.sum[j * FORE_CATEGORIES + k],
                           c.past[j], j, &g);
        write_category(f, "other", &c.rest[j], 0, j, &g);
        fore_json_end_array(f->json);
        fore_json_end_object(f->json);
    }
    fore_json_end_array(f->json);
    fore_json_end_object(f->json);
    if (g >= 0) tell_source(f, &c);
    fore_categories_free(&c);
    return FORE_OK;
}
