/* Building the parts of the outlook from the timeline: spells for the hazards, probabilities by
 * period for what is open, arrivals, amounts. */
#include "engine/jobs/outlook.h"

#include <math.h>

#include "engine/jobs/outlook_arrivals.h"
#include "engine/jobs/outlook_direct.h"
#include "features/sales_series.h"
#include "models/survive/hazard.h"

/* A life is cut at these ages (weeks); the record is read anew at each. */
static const int64_t life_cuts[] = {0, 1, 2, 4, 8, 13, 26, 52};
enum { LIFE_CUTS = 8, SPELLS_MAX = 400000, COLUMNS_MAX = 16, HORIZON_WEEKS_MAX = 1200 };
static const double AMOUNT_HALF_LIFE_DAYS = 365;

/* What a hazard may depend on besides age: few, robust, and known at the time. */
static const char *const hazard_features[] = {
    "stage_position",   "days_in_stage", "close_date_pushes", "days_to_expected_close",
    "amount_log",       "touches_30d",   "inbound_30d",       "inbound_all",
    "days_since_touch", "response_rate", "meetings_90d",      "unanswered_in_a_row",
    "owner_win_rate"};

typedef struct builder {
    const fore_timeline *t;
    double drawn; /* share of the deals that the hazards with covariates read */
    const fore_extractor *extractor;
    fore_pool *pool;
    fore_outlook *o;
    int64_t first, end; /* subjects of the kind */
    int32_t feature[COLUMNS_MAX];
    int64_t features;
    bool logged;               /* changes are kept */
    bool early_amounts;        /* amounts are known while deals are open */
    fore_hazard *full, *plain; /* plain: by age only, for what is not open yet */
} builder;

void fore_outlook_free(fore_outlook *o)
{
    if (!o) return;
    fore_arena_free(o->arena);
    fore_free(o);
}

static bool usable(const builder *b, int64_t s) { return fore_outlook_usable(b->t, b->o, s); }

/* A sale, whatever is known about how it came about. */
static bool counted_win(const builder *b, int64_t s)
{
    const fore_timeline *t = b->t;
    return fore_subject_closed(t, s, b->o->as_of).outcome == FORE_WON &&
           (b->o->currency < 0 || t->currency[s] < 0 || t->currency[s] == b->o->currency);
}

static double day_of(int64_t time) { return (double)time / (double)FORE_DAY; }

static double amount_at(const fore_timeline *t, int64_t s, int64_t moment)
{
    fore_subject_state state;
    fore_subject_state_at(t, s, moment, &state);
    return state.amount;
}

static double amount_of(const builder *b, int64_t s)
{
    return b->o->counts ? 1 : amount_at(b->t, s, b->o->as_of);
}

static bool amount_logged(const fore_timeline *t, int64_t s, int64_t moment)
{
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1] && t->change_at[i] < moment;
         i++)
        if (t->change_field[i] == FORE_CHANGE_AMOUNT) return true;
    return false;
}

/* Where lost deals have an amount much less often than won ones, amounts are filled in with the
 * win: the stored amount of a deal that was open at a past moment was not known then. */
static bool amounts_are_early(const builder *b)
{
    double won = 0, won_known = 0, lost = 0, lost_known = 0;
    for (int64_t s = b->first; s < b->end; s++) {
        fore_ending end = fore_subject_closed(b->t, s, b->o->as_of);
        if (!usable(b, s) || end.outcome == FORE_OUTCOME_OPEN) continue;
        bool known = amount_at(b->t, s, b->o->as_of) > 0;
        bool is_won = end.outcome == FORE_WON;
        *(is_won ? &won : &lost) += 1;
        *(is_won ? &won_known : &lost_known) += known;
    }
    return lost == 0 || won == 0 || lost_known / lost >= FORE_EARLY_SHARE * won_known / won;
}

/* NaN: not known yet, to be drawn from what wins brought. */
static double open_amount_of(const builder *b, int64_t s)
{
    if (b->o->counts) return 1;
    double amount = amount_of(b, s);
    bool known = amount > 0 && (b->early_amounts || amount_logged(b->t, s, b->o->as_of));
    return known ? amount : NAN;
}

/* --- hazards --- */

/* Stored values without a change log are those of today: only histories that log changes may use
 * them. Only what was logged before as_of counts: a past moment must choose as it would have then.
 */
static void choose_features(builder *b)
{
    int64_t logged = 0, all = 0;
    for (int64_t s = b->first; s < b->end; s++) {
        if (!usable(b, s)) continue;
        int64_t first = b->t->change_first[s];
        all++;
        logged += first < b->t->change_first[s + 1] && b->t->change_at[first] < b->o->as_of;
    }
    b->logged = b->o->logged = all > 0 && logged * 2 > all;
    for (size_t i = 0; i < sizeof hazard_features / sizeof *hazard_features; i++) {
        int f = fore_feature_find(hazard_features[i]);
        if (f < 0) continue;
        const fore_feature *feature = fore_feature_at(f);
        bool applies = b->o->kind == FORE_SUBJECT_LEAD ? feature->leads : feature->deals;
        if (applies && (b->logged || !feature->stored)) b->feature[b->features++] = f;
    }
}

typedef struct spell_list {
    fore_spell *spell;
    fore_extract_row *row;
    int64_t count, capacity;
} spell_list;

static fore_status add_life(const builder *b, int64_t s, bool cut, spell_list *list,
                            fore_error *err)
{
    const fore_timeline *t = b->t;
    double start = day_of(t->created_at[s]);
    fore_spell whole = fore_outlook_life(t, b->o, s);
    int64_t pieces = cut ? LIFE_CUTS : 1;
    for (int64_t k = 0; k < pieces; k++) {
        int64_t from = cut ? life_cuts[k] : 0;
        int64_t to = k + 1 < pieces ? life_cuts[k + 1] : INT64_MAX;
        if (from >= whole.weeks && !(k == 0 && whole.weeks > 0)) break;
        if (to > whole.weeks) to = whole.weeks;
        if (list->count == list->capacity) {
            int64_t grown = list->capacity ? 2 * list->capacity : 1024;
            fore_spell *spell = fore_realloc(list->spell, grown, sizeof *spell);
            if (spell) list->spell = spell;
            fore_extract_row *row = fore_realloc(list->row, grown, sizeof *row);
            if (row) list->row = row;
            if (!spell || !row) return fore_no_memory(err);
            list->capacity = grown;
        }
        bool last = to == whole.weeks;
        list->spell[list->count] =
            (fore_spell){.entry = from,
                         .weeks = to - from,
                         .last = (int64_t)floor((start + 7.0 * (double)to) / 7),
                         .weight = cut ? 1 / b->drawn : 1,
                         .event = last ? whole.event : FORE_DEAL_OPEN};
        int64_t read_at = t->created_at[s] + from * 7 * FORE_DAY + 1;
        list->row[list->count++] = (fore_extract_row){s, read_at};
    }
    return FORE_OK;
}

/* Deals known at as_of, and how large a part of them the hazards can read. A deal's lot hangs on
 * its key alone: the same deals are drawn whatever else the history holds. */
static void draw_deals(builder *b, int64_t spells_max)
{
    fore_outlook *o = b->o;
    for (int64_t s = b->first; s < b->end; s++) o->known += usable(b, s);
    b->drawn = fmin(1, (double)spells_max / LIFE_CUTS / fmax(1, (double)o->known));
    o->used = o->known;
}

static fore_status fit_hazard(builder *b, bool with_features, fore_hazard **hazard, fore_error *err)
{
    fore_status status = FORE_OK;
    spell_list list = {0};
    double *x = NULL;
    fore_hazard_options options = fore_hazard_default();
    options.half_life_weeks = FORE_HAZARD_HALF_LIFE;
    options.now = (int64_t)floor(day_of(b->o->as_of) / 7);
    if (with_features) b->o->used = 0;
    for (int64_t s = b->first; s < b->end; s++) {
        if (!usable(b, s) || (with_features && !fore_outlook_is_drawn(b->t, s, b->drawn))) continue;
        FORE_GO(add_life(b, s, with_features, &list, err));
        if (with_features) b->o->used++;
    }
    fore_matrix view = {NULL, list.count, 0, list.count};
    if (with_features) {
        x = FORE_NEW(list.count * b->features, double);
        if (!x) {
            status = fore_no_memory(err);
            goto done;
        }
        FORE_GO(fore_extract(b->extractor, b->pool, list.row, list.count, b->feature, b->features,
                             x, list.count, err));
        view = (fore_matrix){x, list.count, b->features, list.count};
    }
    FORE_GO(fore_hazard_fit(list.spell, list.count, &view, &options, b->pool, hazard, NULL, err));
done:
    fore_free(list.spell);
    fore_free(list.row);
    fore_free(x);
    return status;
}

/* --- probabilities by period --- */

static fore_status predict_open(builder *b, fore_error *err)
{
    fore_outlook *o = b->o;
    int64_t n = 0, horizon = (int64_t)ceil(fore_outlook_weeks_to_end(o, o->periods - 1)) + 1;
    if (horizon > HORIZON_WEEKS_MAX)
        return fore_fail(err, FORE_E_LIMIT, "the horizon is longer than %d weeks",
                         HORIZON_WEEKS_MAX);
    for (int64_t s = b->first; s < b->end; s++)
        n += usable(b, s) && fore_subject_open_at(b->t, s, o->as_of);
    o->open_subject = fore_arena_alloc(o->arena, n, sizeof(int64_t));
    o->open_won = fore_arena_alloc(o->arena, n * o->periods, sizeof(double));
    o->open_lost = fore_arena_alloc(o->arena, n * o->periods, sizeof(double));
    o->open_amount = fore_arena_alloc(o->arena, n, sizeof(double));
    double *curve = fore_arena_alloc(o->arena, 2 * horizon, sizeof(double));
    if (!o->open_subject || !o->open_won || !o->open_lost || !o->open_amount || !curve)
        return fore_no_memory(err);
    double values[FORE_FEATURE_LIMIT];
    for (int64_t s = b->first; s < b->end; s++) {
        if (!usable(b, s) || !fore_subject_open_at(b->t, s, o->as_of)) continue;
        int64_t i = o->open++;
        double row[COLUMNS_MAX];
        if (b->full) {
            FORE_TRY(fore_extract_one(b->extractor, s, o->as_of, values, err));
            for (int64_t f = 0; f < b->features; f++) row[f] = values[b->feature[f]];
        }
        int64_t age = (o->as_of - b->t->created_at[s]) / (7 * FORE_DAY);
        fore_hazard_predict(b->full ? b->full : b->plain, age, b->full ? row : NULL, horizon, curve,
                            curve + horizon);
        o->open_subject[i] = s;
        o->open_amount[i] = open_amount_of(b, s);
        double won = 0, lost = 0;
        for (int64_t j = 0; j < o->periods; j++) {
            double w = fore_outlook_incidence(curve, horizon, fore_outlook_weeks_to_end(o, j));
            double l =
                fore_outlook_incidence(curve + horizon, horizon, fore_outlook_weeks_to_end(o, j));
            o->open_won[i + j * n] = w - won;
            o->open_lost[i + j * n] = l - lost;
            won = w;
            lost = l;
        }
    }
    return FORE_OK;
}

/* --- wins --- */

static fore_status collect_wins(builder *b, fore_error *err)
{
    fore_outlook *o = b->o;
    const fore_timeline *t = b->t;
    int64_t n = 0, period_start = fore_time_of_date(o->start[0]);
    for (int64_t s = b->first; s < b->end; s++) n += counted_win(b, s);
    if (n == 0 && o->undated_wins > 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "%lld %s won, but none of them has a date of closing: there is no period "
                         "to forecast from; map the column of that date as closed_at",
                         (long long)o->undated_wins,
                         o->undated_wins == 1 ? "deal is" : "deals are");
    if (n == 0 && o->other_currency > 0 && t->own_currency[0])
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "nothing was won in %s before that moment, and the rates of other "
                         "currencies are not stated; foresell settings exchange_rates=...",
                         t->own_currency);
    if (n == 0)
        return fore_fail(err, FORE_E_NO_ANSWER,
                         "nothing was won before that moment: there is nothing to forecast from");
    o->win_subject = fore_arena_alloc(o->arena, n, sizeof(int64_t));
    o->win_amount = fore_arena_alloc(o->arena, n, sizeof(double));
    o->past_amount = fore_arena_alloc(o->arena, n, sizeof(double));
    o->past_weight = fore_arena_alloc(o->arena, n, sizeof(double));
    o->past_subject = fore_arena_alloc(o->arena, n, sizeof(int64_t));
    if (!o->win_subject || !o->win_amount || !o->past_amount || !o->past_weight || !o->past_subject)
        return fore_no_memory(err);
    for (int64_t s = b->first; s < b->end; s++) {
        if (!counted_win(b, s)) continue;
        double amount = amount_of(b, s);
        int64_t closed = fore_subject_closed(t, s, o->as_of).at;
        if (closed >= period_start) {
            o->win_subject[o->wins] = s;
            o->win_amount[o->wins++] = isnan(amount) ? 0 : amount;
        }
        if (!(amount >= 0)) continue; /* a credit note is no sale to draw from */
        o->past_amount[o->past_wins] = amount;
        o->past_subject[o->past_wins] = s;
        o->past_weight[o->past_wins++] = exp2(-day_of(o->as_of - closed) / AMOUNT_HALF_LIFE_DAYS);
    }
    return FORE_OK;
}

/* Wins of this kind and currency that have no date: they are counted, and in no period. */
static void count_undated(builder *b)
{
    const fore_timeline *t = b->t;
    fore_outlook *o = b->o;
    for (int64_t s = b->first; s < b->end; s++) {
        fore_ending end = fore_subject_ended(t, s, o->as_of);
        bool other = o->currency >= 0 && t->currency[s] >= 0 && t->currency[s] != o->currency;
        if (end.outcome != FORE_WON || end.at != FORE_NO_TIME || other) continue;
        double amount = amount_of(b, s);
        o->undated_wins++;
        o->undated_amount += isnan(amount) ? 0 : amount;
    }
}

/* Are there amounts at all among what was won? */
static bool has_amounts(const builder *b)
{
    for (int64_t s = b->first; s < b->end; s++)
        if (counted_win(b, s) && amount_at(b->t, s, b->o->as_of) > 0) return true;
    return false;
}

/* Leads stand for deals in a history that had none by then. */
static bool has_deals(const fore_timeline *t, int64_t as_of)
{
    for (int64_t s = t->leads; s < t->subjects; s++)
        if (t->created_at[s] < as_of) return true; /* unknown counts as early */
    return false;
}

const char *fore_outlook_unit(const fore_timeline *t, const fore_outlook *o)
{
    if (o->counts) return o->kind == FORE_SUBJECT_DEAL ? "deals won" : "leads converted";
    return o->currency >= 0 ? fore_word(&t->currencies, o->currency) : "amount";
}

static fore_status make_usual(fore_outlook *o, fore_error *err)
{
    double most = 0;
    o->open_usual = fore_arena_alloc(o->arena, o->open, sizeof(double));
    if (!o->open_usual) return fore_no_memory(err);
    for (int64_t i = 0; i < o->past_wins; i++) most = fmax(most, o->past_amount[i]);
    for (int64_t i = 0; i < o->open; i++) {
        double amount = o->open_amount[i];
        o->open_usual[i] = most > 0 && amount > most ? most : amount;
    }
    return FORE_OK;
}

fore_outlook fore_outlook_usual(const fore_outlook *o)
{
    fore_outlook usual = *o;
    usual.open_amount = o->open_usual;
    return usual;
}

fore_status fore_outlook_make(fore_context *c, const fore_outlook_options *options,
                              fore_outlook **out, fore_error *err)
{
    fore_status status = FORE_OK;
    builder b = {.pool = c->pool};
    *out = NULL;
    fore_outlook *o = FORE_ZNEW(1, fore_outlook);
    if (!o) return fore_no_memory(err);
    b.o = o;
    o->arena = fore_arena_new();
    o->as_of = options->as_of;
    o->periods = options->periods;
    if (!o->arena || !(o->start = fore_arena_alloc(o->arena, o->periods + 1, sizeof(int32_t)))) {
        status = fore_no_memory(err);
        goto done;
    }
    for (int64_t j = 0; j <= o->periods; j++)
        o->start[j] = options->starts ? options->starts[j]
                                      : fore_calendar_add(&c->calendar, options->period,
                                                          options->first_on, (int32_t)j);
    FORE_GO(fore_context_history(c, &b.t, &b.extractor, err));
    o->kind = has_deals(b.t, o->as_of) ? FORE_SUBJECT_DEAL : FORE_SUBJECT_LEAD;
    b.first = o->kind == FORE_SUBJECT_DEAL ? b.t->leads : 0;
    b.end = o->kind == FORE_SUBJECT_DEAL ? b.t->subjects : b.t->leads;
    o->currency = o->kind == FORE_SUBJECT_DEAL ? fore_main_currency(b.t, o->as_of) : -1;
    o->counts = !has_amounts(&b);
    b.early_amounts = amounts_are_early(&b);
    for (int64_t s = b.first; s < b.end; s++)
        o->other_currency += b.t->created_at[s] < o->as_of && o->currency >= 0 &&
                             b.t->currency[s] >= 0 && b.t->currency[s] != o->currency;
    count_undated(&b);
    FORE_GO(collect_wins(&b, err));
    FORE_GO(fit_hazard(&b, false, &b.plain, err));
    choose_features(&b);
    draw_deals(&b, options->spells_max > 0 ? options->spells_max : SPELLS_MAX);
    if (!options->plain && b.features > 0) {
        fore_status fitted = fit_hazard(&b, true, &b.full, err);
        if (fitted == FORE_E_NO_ANSWER) /* no win among the deals drawn: by age alone */
            o->used = o->known;
        else
            FORE_GO(fitted);
    }
    FORE_GO(predict_open(&b, err));
    FORE_GO(make_usual(o, err));
    FORE_GO(fore_outlook_arrive(b.t, o, b.plain, b.drawn, err));
    if (!options->plain) FORE_GO(fore_outlook_learn_direct(c, o, b.logged, b.early_amounts, err));
    *out = o;
    o = NULL;
done:
    fore_hazard_free(b.full);
    fore_hazard_free(b.plain);
    fore_outlook_free(o);
    return status;
}
