/* What the backtest of the ranking shows: the figures of past_lists.h as grids, JSON, notes and the
 * reliability drawn. */
#include "engine/jobs/backtest_rank.h"

#include <math.h>

#include "engine/base/file.h"
#include "engine/jobs/past_lists.h"
#include "engine/jobs/training.h"

static const char *const system_key[FORE_ORDERS] = {"foresell", "naive_bayes", "newest_first",
                                                    "oldest_first", "reps_own"};
static const char *const system_name[FORE_ORDERS] = {
    "foresell", "naive Bayes (Odoo)", "newest first", "oldest first", "what the reps did"};

static const fore_column rank_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"rows", "open", FORE_CELL_INTEGER, 0},
    {"wins", "won", FORE_CELL_INTEGER, 0},
    {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"log_loss", "loss", FORE_CELL_RATIO, 0},
    {"base_log_loss", "base", FORE_CELL_RATIO, 0},
    {"calibration_error", "calib.", FORE_CELL_RATIO, 0},
    {"lift", "lift", FORE_CELL_NUMBER, 0},
    {"lift_newest", "new", FORE_CELL_NUMBER, 0},
    {"lift_oldest", "old", FORE_CELL_NUMBER, 0},
    {"learner", NULL, FORE_CELL_TEXT, 0},
};

static const fore_column top_columns[] = {
    {"as_of", "as of", FORE_CELL_TEXT, 0},
    {"purpose", "for", FORE_CELL_TEXT, 0},
    {"k", "k", FORE_CELL_INTEGER, 0},
    {"base_rate", "all", FORE_CELL_PERCENT, 0},
    {"foresell", "ours", FORE_CELL_PERCENT, 0},
    {"naive_bayes", "Bayes", FORE_CELL_PERCENT, 0},
    {"newest_first", "new", FORE_CELL_PERCENT, 0},
    {"oldest_first", "old", FORE_CELL_PERCENT, 0},
    {"reps_own", "reps'", FORE_CELL_PERCENT, 0},
    {"kept", "kept", FORE_CELL_PERCENT, 0},
};

static const fore_column order_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},           {"order", "order", FORE_CELL_TEXT, 0},
    {"precision", "won of k", FORE_CELL_PERCENT, 0}, {"captured", "amount", FORE_CELL_PERCENT, 0},
    {"kept", "kept", FORE_CELL_PERCENT, 0},          {"auc", "AUC", FORE_CELL_RATIO, 0},
    {"lift_1", "1st tenth", FORE_CELL_NUMBER, 0},    {"lift_2", "2nd", FORE_CELL_NUMBER, 0},
    {"lift_5", "5th", FORE_CELL_NUMBER, 0},          {"lift_10", "10th", FORE_CELL_NUMBER, 0},
};

static const fore_column reliability_columns[] = {
    {"purpose", "for", FORE_CELL_TEXT, 0},  {"rows", "rows", FORE_CELL_INTEGER, 0},
    {"low", "from", FORE_CELL_PERCENT, 0},  {"high", "to", FORE_CELL_PERCENT, 0},
    {"said", "said", FORE_CELL_PERCENT, 0}, {"came_true", "came true", FORE_CELL_PERCENT, 0},
};

static double share(double part, double whole) { return whole > 0 ? part / whole : NAN; }

static void orders_json(fore_json_writer *json, const char *key, double hit_rows, double wins,
                        double won_value, const fore_past_order *order, const double *auc)
{
    fore_json_object(json, key);
    for (int s = 0; s < FORE_ORDERS; s++) {
        if (!order[s].given) continue;
        fore_json_object(json, system_key[s]);
        fore_json_number(json, "precision_at_k", share(order[s].hits, hit_rows));
        fore_json_number(json, "value_captured", share(order[s].value, won_value));
        fore_json_number(json, "kept_a_day_later", order[s].kept);
        if (auc) fore_json_number(json, "auc_same_day", auc[s]);
        if (wins > 0) fore_json_numbers(json, "lift_by_tenth", order[s].lift, FORE_LIFT_PARTS);
        fore_json_end_object(json);
    }
    fore_json_end_object(json);
}

static void top_row(fore_answer *a, int64_t g, const char *date, fore_subject_kind kind, double k,
                    double base, const fore_past_order *order, double kept)
{
    fore_answer_row(a, g);
    fore_answer_text(a, g, date);
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_number(a, g, k);
    fore_answer_number(a, g, base);
    for (int s = 0; s < FORE_ORDERS; s++)
        fore_answer_number(a, g, order[s].given ? share(order[s].hits, k) : NAN);
    fore_answer_number(a, g, kept);
}

static void write_cut(const fore_past_list *r, const char *date, fore_subject_kind kind,
                      fore_answer *a, const int64_t grid[2], fore_json_writer *json)
{
    const double numbers[] = {(double)r->n,
                              r->wins,
                              r->quality.auc,
                              r->quality.log_loss,
                              r->base_log_loss,
                              r->quality.ece,
                              r->quality.lift_top,
                              r->order[FORE_ORDER_NEWEST].lift[0],
                              r->order[FORE_ORDER_OLDEST].lift[0]};
    double k = (double)(r->k < r->n ? r->k : r->n);
    fore_answer_row(a, grid[0]);
    fore_answer_text(a, grid[0], date);
    fore_answer_text(a, grid[0], fore_purpose(kind));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        fore_answer_number(a, grid[0], numbers[i]);
    fore_answer_text(a, grid[0], r->learner);
    top_row(a, grid[1], date, kind, k, r->wins / (double)r->n, r->order,
            r->order[FORE_ORDER_OURS].kept);
    fore_json_object(json, NULL);
    fore_json_string(json, "as_of", date);
    fore_json_string(json, "purpose", fore_purpose(kind));
    fore_json_string(json, "learner", r->learner);
    fore_quality_json(json, &r->quality);
    fore_json_number(json, "base_rate_log_loss", r->base_log_loss);
    fore_json_number(json, "lift_newest_first", r->order[FORE_ORDER_NEWEST].lift[0]);
    fore_json_number(json, "lift_oldest_first", r->order[FORE_ORDER_OLDEST].lift[0]);
    fore_json_number(json, "k", k);
    fore_json_bool(json, "k_from_record", r->k_recorded);
    fore_json_number(json, "won_amount", r->won_value);
    fore_json_number(json, "top_kept_a_day_later", r->order[FORE_ORDER_OURS].kept);
    orders_json(json, "orders", k, r->wins, r->won_value, r->order, NULL);
    fore_json_end_object(json);
}

/* All cuts of a purpose as orders whose figures are those of the sums. */
static fore_status sum_up(const fore_past_lists *all, fore_past_order *order, double *auc,
                          fore_error *err)
{
    for (int s = 0; s < FORE_ORDERS; s++) {
        order[s] = (fore_past_order){all->given[s],
                                     all->hits[s],
                                     all->value[s],
                                     {0},
                                     share(all->kept[s], (double)all->kept_cuts[s])};
        auc[s] = NAN;
        for (int d = 0; d < FORE_LIFT_PARTS; d++)
            order[s].lift[d] = share(all->lift[s][d], all->wins);
        if (order[s].given)
            FORE_TRY(
                fore_auc_within(all->score[s], all->y, NULL, all->stratum, all->n, &auc[s], err));
    }
    return FORE_OK;
}

static void order_rows(fore_answer *a, int64_t g, fore_subject_kind kind,
                       const fore_past_lists *all, const fore_past_order *order, const double *auc)
{
    for (int s = 0; s < FORE_ORDERS; s++) {
        if (!order[s].given) continue;
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_purpose(kind));
        fore_answer_text(a, g, system_name[s]);
        fore_answer_number(a, g, share(order[s].hits, all->k));
        fore_answer_number(a, g, share(order[s].value, all->won_value));
        fore_answer_number(a, g, order[s].kept);
        fore_answer_number(a, g, auc[s]);
        static const int tenth[] = {0, 1, 4, 9};
        for (int i = 0; i < 4; i++) fore_answer_number(a, g, order[s].lift[tenth[i]]);
    }
    fore_answer_row(a, g);
    fore_answer_text(a, g, fore_purpose(kind));
    fore_answer_text(a, g, "no order at all");
    fore_answer_number(a, g, share(all->wins, all->rows));
    fore_answer_number(a, g, all->won_value > 0 ? share(all->k, all->rows) : NAN);
    fore_answer_number(a, g, share(all->k, all->rows)); /* drawn anew every day */
    fore_answer_number(a, g, 0.5);
    for (int i = 0; i < 4; i++) fore_answer_number(a, g, 1);
}

static void reliability_rows(fore_answer *a, int64_t g, fore_subject_kind kind,
                             const fore_reliability *bin, int64_t bins, fore_json_writer *json)
{
    fore_json_array(json, "reliability");
    for (int64_t b = 0; b < bins; b++) {
        const double v[] = {bin[b].weight, bin[b].low, bin[b].high, bin[b].mean, bin[b].rate};
        static const char *const key[] = {"rows", "low", "high", "said", "came_true"};
        fore_answer_row(a, g);
        fore_answer_text(a, g, fore_purpose(kind));
        fore_json_object(json, NULL);
        for (int i = 0; i < 5; i++) {
            fore_answer_number(a, g, v[i]);
            fore_json_number(json, key[i], v[i]);
        }
        fore_json_end_object(json);
    }
    fore_json_end_array(json);
}

static void coverage_json(fore_json_writer *json, const fore_coverage *v)
{
    fore_json_object(json, "intervals");
    fore_json_number(json, "nominal", FORE_PAST_INTERVAL_LEVEL);
    fore_json_integer(json, "bins", v->bins);
    fore_json_integer(json, "inside", v->inside);
    fore_json_integer(json, "inside_without_noise", v->inside_bare);
    fore_json_number(json, "coverage", share((double)v->inside, (double)v->bins));
    fore_json_number(json, "interval_share_of_width", v->room);
    fore_json_string(json, "method",
                     "tenths of each past list by chance: is the share that came true within the "
                     "mean interval widened by the noise of counting?");
    fore_json_end_object(json);
}

static void slope_note(fore_answer *a, fore_subject_kind kind, const fore_quality *q, double error)
{
    const char *what = kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal";
    if (isfinite(q->slope) && isfinite(q->intercept))
        fore_answer_note(
            a,
            "%ss: calibration slope %.2f, intercept %.2f (1 and 0 are as promised; a "
            "slope below 1: the chances differ more than the outcomes do), error %.3f.",
            what, q->slope, q->intercept, error);
    else
        fore_answer_note(a, "%ss: calibration error %.3f.", what, error);
}

static fore_status write_overall(fore_subject_kind kind, const fore_past_lists *all, fore_answer *a,
                                 const int64_t grid[4], fore_json_writer *json,
                                 fore_reliability *bin, int64_t *bins, fore_error *err)
{
    fore_past_order order[FORE_ORDERS];
    double auc[FORE_ORDERS];
    FORE_TRY(sum_up(all, order, auc, err));
    FORE_TRY(fore_reliability_table(all->score[FORE_ORDER_OURS], all->y, NULL, all->n,
                                    FORE_RELIABILITY_BINS, bin, bins, err));
    double kept = order[FORE_ORDER_OURS].kept;
    fore_quality together;
    FORE_TRY(
        fore_quality_measure(all->score[FORE_ORDER_OURS], all->y, NULL, all->n, &together, err));
    top_row(a, grid[1], "all", kind, all->k, share(all->wins, all->rows), order, kept);
    order_rows(a, grid[2], kind, all, order, auc);
    fore_json_object(json, NULL);
    fore_json_string(json, "purpose", fore_purpose(kind));
    fore_json_integer(json, "cuts", all->cuts);
    fore_json_integer(json, "rows", all->n);
    fore_json_number(json, "positives", all->wins);
    fore_json_number(json, "base_rate", share(all->wins, all->rows));
    fore_json_number(json, "k_sum", all->k);
    fore_json_number(json, "won_amount", all->won_value);
    fore_json_number(json, "top_kept_a_day_later", kept);
    orders_json(json, "orders", all->k, all->wins, all->won_value, order, auc);
    fore_json_number(json, "calibration_error", fore_ece(bin, *bins));
    fore_json_number(json, "calibration_error_by_chance", together.ece_chance);
    fore_json_number(json, "calibration_slope", together.slope);
    fore_json_number(json, "calibration_intercept", together.intercept);
    slope_note(a, kind, &together, fore_ece(bin, *bins));
    reliability_rows(a, grid[3], kind, bin, *bins, json);
    coverage_json(json, &all->coverage);
    fore_json_end_object(json);
    const fore_coverage *v = &all->coverage;
    fore_answer_note(a,
                     "%ss, 90 %% intervals: in %lld of %lld tenths of past lists (%.0f %%) the "
                     "share that came true lay within the mean interval widened by the noise of "
                     "counting; %.0f %% of that width is the interval's own. No single chance can "
                     "be checked: nobody sees it.",
                     kind == FORE_SUBJECT_LEAD ? "Lead" : "Deal", (long long)v->inside,
                     (long long)v->bins, 100 * share((double)v->inside, (double)v->bins),
                     100 * v->room);
    return FORE_OK;
}

static void explain(fore_answer *a, bool recorded, bool assumed)
{
    fore_answer_note(
        a, "Lift: wins among the best tenth of the list over the average; new and old: the "
           "same for lists by age, newest or oldest first. Base: log loss of the base rate.");
    fore_answer_note(
        a,
        "k: how many the reps work in a day%s%s%s. All: share won of all that was open. Kept: of "
        "the first k, those still open that are among the first k a day later. Reps': what was "
        "contacted first in the week after, with news that no list could know.",
        recorded ? ", counted from their contacts in the four weeks before" : "",
        recorded && assumed ? "; "
        : assumed           ? ", "
                            : "",
        assumed ? "taken as 50 per rep where no contacts are recorded" : "");
    fore_answer_note(a,
                     "Won of k: share of the first k that was won; amount: their won amount over "
                     "all won amount; AUC: among those open on the same day; lift by tenths of "
                     "the list.");
}

static fore_status write_plot(const char *plot, fore_reliability bin[2][FORE_RELIABILITY_BINS],
                              const int64_t bins[2], const int64_t rows[2], fore_answer *a,
                              fore_error *err)
{
    static const char *const titles[] = {"Leads: said and came true", "Deals: said and came true"};
    fore_reliability_panel panel[2];
    int64_t panels = 0;
    for (int k = 0; k < 2; k++)
        if (rows[k] > 0)
            panel[panels++] = (fore_reliability_panel){titles[k], bin[k], bins[k], rows[k]};
    fore_text svg = {0};
    fore_reliability_svg(panel, panels, &svg);
    fore_status status = fore_text_check(&svg, err);
    if (status == FORE_OK) status = fore_file_replace(plot, svg.bytes, svg.length, err);
    fore_text_free(&svg);
    if (status == FORE_OK) fore_answer_note(a, "The reliability is drawn in %s.", plot);
    return status;
}

/* One purpose: cuts into `json` (an open array). Nothing for a kind that gives no answer. */
typedef struct run {
    fore_context *c;
    int64_t as_of, cuts;
    uint64_t seed;
    fore_answer *a;
    int64_t grid[4];
    fore_json_writer *json;
    bool recorded, assumed;
    fore_error why;
} run;

static fore_status rank_purpose(run *u, fore_subject_kind kind, fore_past_lists *all,
                                fore_error *err)
{
    double days;
    fore_status status = fore_past_lists_horizon(u->c, kind, u->as_of, &days, &u->why);
    if (status == FORE_E_NO_ANSWER) return FORE_OK;
    int64_t step = status == FORE_OK ? (int64_t)(days * (double)FORE_DAY) / 2 : 0;
    for (int64_t i = u->cuts; status == FORE_OK && i-- > 0;) {
        char date[32];
        fore_past_list r = {0};
        int64_t cut = u->as_of - (int64_t)(days * (double)FORE_DAY) - i * step;
        fore_date_format(fore_date_of(cut), date);
        status = fore_past_list_measure(u->c, kind, cut, days, u->seed, &r, all, &u->why);
        if (status == FORE_OK) {
            write_cut(&r, date, kind, u->a, u->grid, u->json);
            u->recorded |= r.k_recorded;
            u->assumed |= !r.k_recorded;
        } else if (status == FORE_E_NO_ANSWER) {
            fore_answer_note(u->a, "%s, %ss: %s", date, fore_purpose(kind), u->why.message);
            status = FORE_OK;
        }
    }
    if (status != FORE_OK && err) *err = u->why;
    return status;
}

fore_status fore_backtest_rank(fore_context *c, int64_t as_of, int64_t cuts, uint64_t seed,
                               const char *plot, fore_answer *a, fore_json_writer *json,
                               fore_error *err)
{
    fore_status status = FORE_OK;
    run u = {.c = c, .as_of = as_of, .cuts = cuts, .seed = seed, .a = a, .json = json};
    fore_past_lists all[2] = {0};
    fore_reliability bin[2][FORE_RELIABILITY_BINS];
    int64_t bins[2] = {0}, rows[2] = {0};
    u.grid[0] =
        fore_answer_grid(a, "rank", "Scores at past dates, and what happened", rank_columns, 12);
    u.grid[1] = fore_answer_grid(a, "top", "Won among the first k of the list", top_columns, 10);
    u.grid[2] = fore_answer_grid(a, "orders", "All dates together", order_columns, 10);
    u.grid[3] = fore_answer_grid(a, "reliability", "Said and came true, by tenths of the list",
                                 reliability_columns, 6);
    fore_json_array(json, "rank");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++)
        FORE_GO(rank_purpose(&u, (fore_subject_kind)k, &all[k], err));
    fore_json_end_array(json);
    if (all[0].cuts + all[1].cuts == 0) {
        status = fore_fail(err, FORE_E_NO_ANSWER, "no past date can be scored: %s", u.why.message);
        goto done;
    }
    explain(a, u.recorded, u.assumed);
    fore_json_array(json, "rank_overall");
    for (int k = FORE_SUBJECT_LEAD; k <= FORE_SUBJECT_DEAL; k++) {
        rows[k] = all[k].n;
        if (rows[k] > 0)
            FORE_GO(write_overall((fore_subject_kind)k, &all[k], a, u.grid, json, bin[k], &bins[k],
                                  err));
    }
    fore_json_end_array(json);
    if (plot) FORE_GO(write_plot(plot, bin, bins, rows, a, err));
done:
    for (int k = 0; k < 2; k++) fore_past_lists_free(&all[k]);
    return status;
}
