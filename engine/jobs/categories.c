/* Read once: the categories' changes, the stored categories and chances of deals. Then each moment
 * that is looked from is one pass over the deals. */
#include "engine/jobs/categories.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/text.h"
#include "features/attributes.h"

enum { PAST_PERIODS = 8, PAST_OUTLOOKS = 6, NOTHING = FORE_CATEGORY_NONE };
enum { UNKNOWN = -2, UNKNOWN_PART = 10 }; /* so many won deals bear one that is not known */

typedef struct move { /* of a deal's category; those of a deal lie together, in order of time */
    int64_t subject, at;
    int8_t from, to;
} move;

typedef struct sorting {
    fore_context *c;
    const fore_timeline *t;
    const fore_outlook *o;
    fore_period period;
    fore_categories *out;
    bool dated;
    move *moves;
    int64_t move_count, capacity;
    int64_t recorded_from; /* the first move of any deal; FORE_NO_TIME: none */
    bool olds;             /* some move says what was before it */
    int8_t *stored;        /* deals: category, NOTHING; UNKNOWN: a word that is none, as "Closed" */
    double *chance;        /* deals: the CRM's, 0 to 1; NaN */
} sorting;

const char *fore_category_word(fore_category category)
{
    static const char *const words[] = {"commit", "most likely", "best case", "pipeline",
                                        "omitted"};
    return words[category];
}

const char *fore_category_source_word(fore_category_source source)
{
    static const char *const words[] = {"crm", "stage", "ours"};
    return words[source];
}

fore_category fore_category_parse(const char *text)
{
    static const struct {
        const char *word;
        fore_category category;
    } known[] = {{"commit", FORE_COMMIT},
                 {"committed", FORE_COMMIT},
                 {"forecast", FORE_COMMIT},
                 {"mostlikely", FORE_MOST_LIKELY},
                 {"bestcase", FORE_BEST_CASE},
                 {"pipeline", FORE_PIPELINE_CATEGORY},
                 {"omitted", FORE_OMITTED},
                 {"omit", FORE_OMITTED},
                 {"omitfromforecast", FORE_OMITTED},
                 {"dontforecast", FORE_OMITTED}};
    char key[32];
    size_t n = 0;
    for (; text && *text; text++) {
        bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');
        if (letter && n + 1 < sizeof key) key[n++] = *text;
    }
    key[n] = 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (fore_text_equal_fold(key, known[i].word)) return known[i].category;
    return FORE_CATEGORY_NONE;
}

static fore_category of_chance(double chance)
{
    return isnan(chance)                ? FORE_CATEGORY_NONE
           : chance >= FORE_COMMIT_FROM ? FORE_COMMIT
           : chance >= FORE_BEST_FROM   ? FORE_BEST_CASE
                                        : FORE_PIPELINE_CATEGORY;
}

/* --- reading --- */

static void take_attributes(sorting *b, int64_t deal, const char *json, fore_text *scratch)
{
    int64_t position = 0, length = json ? (int64_t)strlen(json) : 0;
    const char *key, *value;
    while (json && fore_json_flat_next(json, length, &position, scratch, &key, &value)) {
        double number;
        if (fore_is_forecast_category(key) && b->stored[deal] < 0 && *value) {
            b->stored[deal] = (int8_t)fore_category_parse(value);
            if (b->stored[deal] == NOTHING) b->stored[deal] = UNKNOWN;
        }
        if (!fore_is_forecast_chance(key)) continue;
        int64_t digits = (int64_t)strspn(value, "0123456789.");
        if (!fore_number_parse(value, digits, &number)) continue;
        bool percent = number > 1 || strchr(value, '%');
        b->chance[deal] = fmin(1, percent ? number / 100 : number);
    }
}

static fore_status read_deals(sorting *b, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_cursor *cursor = NULL;
    fore_text scratch = {0};
    fore_deal_row row;
    bool more;
    FORE_GO(fore_cursor_open(b->c->store, FORE_TABLE_DEAL, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        int64_t s = fore_timeline_subject(b->t, FORE_SUBJECT_DEAL, row.pk);
        if (s >= 0) take_attributes(b, s - b->t->leads, row.attributes, &scratch);
    }
    FORE_GO(fore_text_check(&scratch, err));
done:
    fore_cursor_close(cursor);
    fore_text_free(&scratch);
    return status;
}

static int by_deal_and_time(const void *a, const void *b)
{
    const move *x = a, *y = b;
    if (x->subject != y->subject) return x->subject < y->subject ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static fore_status take_move(sorting *b, const fore_deal_change_row *row, fore_error *err)
{
    int64_t s = fore_timeline_subject(b->t, FORE_SUBJECT_DEAL, row->deal);
    if (s < 0 || !fore_is_forecast_category(row->field)) return FORE_OK;
    if (b->move_count == b->capacity) {
        int64_t grown = b->capacity ? 2 * b->capacity : 256;
        move *moves = fore_realloc(b->moves, grown, sizeof *moves);
        if (!moves) return fore_no_memory(err);
        b->moves = moves;
        b->capacity = grown;
    }
    if (b->recorded_from == FORE_NO_TIME || row->at < b->recorded_from) b->recorded_from = row->at;
    b->olds |= row->old_value && *row->old_value;
    b->moves[b->move_count++] = (move){s, row->at, (int8_t)fore_category_parse(row->old_value),
                                       (int8_t)fore_category_parse(row->new_value)};
    return FORE_OK;
}

static bool is_logged(const fore_timeline *t)
{
    for (int64_t i = 0; i < t->change_names.count; i++)
        if (fore_is_forecast_category(fore_word(&t->change_names, i))) return true;
    return false;
}

static fore_status read_moves(sorting *b, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_cursor *cursor = NULL;
    fore_deal_change_row row;
    bool more;
    if (!is_logged(b->t)) return FORE_OK;
    FORE_GO(fore_cursor_open(b->c->store, FORE_TABLE_DEAL_CHANGE, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        FORE_GO(take_move(b, &row, err));
    }
    if (b->move_count > 0)
        qsort(b->moves, (size_t)b->move_count, sizeof *b->moves, by_deal_and_time);
done:
    fore_cursor_close(cursor);
    return status;
}

/* --- as of a moment --- */

/* The first move of a deal; move_count: it has none. */
static int64_t first_move(const sorting *b, int64_t s)
{
    int64_t low = 0, high = b->move_count;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (b->moves[middle].subject < s)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->move_count && b->moves[low].subject == s ? low : b->move_count;
}

/* Were categories being recorded, so that a deal without a change then had the one of later? */
static bool is_recorded(const sorting *b, int64_t moment)
{
    return b->recorded_from != FORE_NO_TIME && b->recorded_from < moment;
}

/* What is stored of a deal that never moved. Of one that has ended since, a word of the ending
 * ("Closed", "Omitted") is not what it was before. */
static int stored_of(const sorting *b, int64_t s)
{
    int stored = b->stored[s - b->t->leads];
    if (b->t->outcome[s] == FORE_OUTCOME_OPEN) return stored == UNKNOWN ? NOTHING : stored;
    return stored == FORE_OMITTED ? UNKNOWN : stored;
}

/* A deal's category in the CRM: the last change before the moment, else what the first one after it
 * found, else the stored one. The latter two only once changes were being recorded, or where the
 * moment is now: before, a deal would be known by what became of it. */
static int crm_at(const sorting *b, int64_t s, int64_t moment)
{
    int64_t i = first_move(b, s), end = b->move_count;
    if (i < end && b->moves[i].at < moment) {
        while (i + 1 < end && b->moves[i + 1].subject == s && b->moves[i + 1].at < moment) i++;
        return b->moves[i].to;
    }
    bool live = moment > b->t->newest_at && b->t->outcome[s] == FORE_OUTCOME_OPEN;
    if (!live && !is_recorded(b, moment)) return UNKNOWN;
    if (i < end) return b->olds ? b->moves[i].from : UNKNOWN;
    return stored_of(b, s);
}

static fore_category known_at(const sorting *b, int64_t s, int64_t moment)
{
    int category = crm_at(b, s, moment);
    return category == UNKNOWN ? FORE_CATEGORY_NONE : (fore_category)category;
}

static bool is_ours(const sorting *b, int64_t s)
{
    return !b->t->left_out[s] &&
           (b->o->currency < 0 || b->t->currency[s] < 0 || b->t->currency[s] == b->o->currency);
}

/* Is the deal one of the period, as of the moment? */
static bool is_due(const sorting *b, const fore_subject_state *state, int64_t moment, int32_t start,
                   int32_t end)
{
    if (!b->dated) return true;
    if (state->expected_close_on == FORE_NO_DATE || state->expected_close_on >= end) return false;
    return moment >= fore_time_of_date(start) || state->expected_close_on >= start;
}

/* Of a deal that was open at the moment: was it won before the end? */
static bool won_by(const fore_timeline *t, int64_t s, int64_t moment, int32_t end)
{
    fore_ending ending = fore_subject_next_end(t, s, moment);
    return ending.outcome == FORE_WON && ending.at < fore_time_of_date(end);
}

static void add_past(const sorting *b, fore_category_sum *sum, int64_t s, double amount,
                     int64_t moment, int32_t end)
{
    bool won = won_by(b->t, s, moment, end);
    double worth = b->o->counts ? 1 : isnan(amount) ? 0 : amount;
    sum->past_deals++;
    sum->past_won += won;
    sum->past_amount += worth;
    sum->past_won_amount += won ? worth : 0;
}

/* One past period of the CRM's categories; false: too many of its deals had one that is not known.
 */
static bool look_back_crm(sorting *b, int64_t moment, int32_t start, int32_t end,
                          fore_category_sum *sum)
{
    fore_category_sum then[FORE_CATEGORIES] = {0};
    int64_t won = 0, unknown = 0;
    if (!is_recorded(b, moment)) return false;
    for (int64_t s = b->t->leads; s < b->t->subjects; s++) {
        fore_subject_state state;
        if (!is_ours(b, s) || !fore_subject_open_at(b->t, s, moment)) continue;
        fore_subject_state_at(b->t, s, moment, &state);
        if (!is_due(b, &state, moment, start, end)) continue;
        int category = crm_at(b, s, moment);
        unknown += category == UNKNOWN;
        won += category >= 0 && won_by(b->t, s, moment, end);
        if (category >= 0) add_past(b, &then[category], s, state.amount, moment, end);
    }
    if (unknown * UNKNOWN_PART > won) return false; /* these may be the won ones */
    for (int k = 0; k < FORE_CATEGORIES; k++) {
        sum[k].past_deals += then[k].past_deals;
        sum[k].past_won += then[k].past_won;
        sum[k].past_amount += then[k].past_amount;
        sum[k].past_won_amount += then[k].past_won_amount;
    }
    return true;
}

static fore_status look_back_ours(sorting *b, int64_t moment, int32_t start, int32_t end,
                                  fore_category_sum *sum, fore_error *err)
{
    const int32_t starts[] = {start, end};
    fore_outlook *o = NULL;
    fore_outlook_options options = {.as_of = moment, .starts = starts, .periods = 1};
    FORE_TRY(fore_outlook_make(b->c, &options, &o, err));
    for (int64_t i = 0; i < o->open; i++) {
        fore_category category = of_chance(o->open_won[i]);
        add_past(b, &sum[category], o->open_subject[i], o->open_amount[i], moment, end);
    }
    fore_outlook_free(o);
    return FORE_OK;
}

static int64_t oldest_deal(const sorting *b)
{
    int64_t oldest = INT64_MAX;
    for (int64_t s = b->t->leads; s < b->t->subjects; s++)
        if (b->t->created_at[s] != FORE_NO_TIME && b->t->created_at[s] < oldest)
            oldest = b->t->created_at[s];
    return oldest;
}

/* Past periods, each from where period j is looked at now. */
static fore_status look_back(sorting *b, int64_t j, int64_t oldest, fore_error *err)
{
    const fore_outlook *o = b->o;
    const fore_calendar *calendar = &b->c->calendar;
    bool ours = b->out->source == FORE_CATEGORY_OURS;
    int64_t distance = o->as_of - fore_time_of_date(o->start[j]);
    int64_t most = ours ? PAST_OUTLOOKS : PAST_PERIODS;
    if (b->out->source == FORE_CATEGORY_STAGE || (ours && j > 0)) return FORE_OK;
    for (int32_t k = 1; k <= most; k++) {
        int32_t start = fore_calendar_add(calendar, b->period, o->start[0], -k);
        int32_t end = fore_calendar_add(calendar, b->period, start, 1);
        int64_t moment = fore_time_of_date(start) + distance;
        if (moment >= fore_time_of_date(end)) continue;
        if (moment <= oldest) break;
        fore_category_sum *sum = b->out->sum + j * FORE_CATEGORIES;
        if (ours) {
            fore_status status = look_back_ours(b, moment, start, end, sum, err);
            if (status == FORE_E_NO_ANSWER) break; /* nothing had been won by then */
            FORE_TRY(status);
        } else if (!look_back_crm(b, moment, start, end, sum)) {
            b->out->unsaid += j == 0;
            continue;
        }
        b->out->past[j]++;
    }
    return FORE_OK;
}

/* --- now --- */

static fore_category now_of(const sorting *b, int64_t i, int64_t j)
{
    int64_t s = b->o->open_subject[i];
    switch (b->out->source) {
    case FORE_CATEGORY_CRM: return known_at(b, s, b->o->as_of);
    case FORE_CATEGORY_STAGE: return of_chance(b->chance[s - b->t->leads]);
    default: return of_chance(b->o->open_won[i + j * b->o->open]);
    }
}

static void choose_source(sorting *b)
{
    int64_t crm = 0, stage = 0, unknown = 0;
    bool live = b->o->as_of > b->t->newest_at; /* chances are those of today */
    for (int64_t i = 0; i < b->o->open; i++) {
        int64_t s = b->o->open_subject[i];
        int category = crm_at(b, s, b->o->as_of);
        crm += category >= 0;
        unknown += category == UNKNOWN;
        stage += live && !isnan(b->chance[s - b->t->leads]);
    }
    if (unknown * UNKNOWN_PART > b->o->open) crm = 0; /* only those that lived on would be seen */
    b->out->source = b->o->open > 0 && crm * 2 >= b->o->open     ? FORE_CATEGORY_CRM
                     : b->o->open > 0 && stage * 2 >= b->o->open ? FORE_CATEGORY_STAGE
                                                                 : FORE_CATEGORY_OURS;
}

/* What a deal without an amount is taken to bring: the mean of what was won, recent wins first. */
static double usual_amount(const fore_outlook *o)
{
    double sum = 0, weight = 0;
    for (int64_t i = 0; i < o->past_wins; i++) {
        sum += o->past_weight[i] * o->past_amount[i];
        weight += o->past_weight[i];
    }
    return weight > 0 ? sum / weight : 0;
}

static void sum_now(sorting *b, int64_t j)
{
    double usual = usual_amount(b->o);
    const fore_outlook *o = b->o;
    bool ours = b->out->source == FORE_CATEGORY_OURS;
    if (!ours && !b->dated && j > 0) return;
    for (int64_t i = 0; i < o->open; i++) {
        fore_category category = now_of(b, i, j);
        fore_subject_state state;
        fore_subject_state_at(b->t, o->open_subject[i], o->as_of, &state);
        bool due = ours || is_due(b, &state, o->as_of, o->start[j], o->start[j + 1]);
        fore_category_sum *sum = due && category != FORE_CATEGORY_NONE
                                     ? &b->out->sum[j * FORE_CATEGORIES + category]
                                     : &b->out->rest[j];
        double chance = o->open_won[i + j * o->open], amount = o->open_amount[i];
        sum->deals++;
        sum->priced += !isnan(amount);
        sum->amount += isnan(amount) ? 0 : amount;
        sum->expected += (isnan(amount) ? usual : amount) * chance;
        sum->expected_deals += chance;
    }
}

fore_status fore_categories_make(fore_context *c, const fore_outlook *o, fore_period period,
                                 bool dated, fore_categories *out, fore_error *err)
{
    fore_status status = FORE_OK;
    sorting b = {.c = c, .o = o, .period = period, .dated = dated, .out = out};
    b.recorded_from = FORE_NO_TIME;
    *out = (fore_categories){.source = FORE_CATEGORY_OURS, .dated = dated};
    if (o->kind != FORE_SUBJECT_DEAL) return FORE_OK;
    FORE_TRY(fore_context_history(c, &b.t, NULL, err));
    out->periods = o->periods;
    out->sum = FORE_ZNEW(o->periods * FORE_CATEGORIES, fore_category_sum);
    out->rest = FORE_ZNEW(o->periods, fore_category_sum);
    out->past = FORE_ZNEW(o->periods, int64_t);
    b.stored = FORE_NEW(b.t->deals, int8_t);
    b.chance = FORE_NEW(b.t->deals, double);
    if (!out->sum || !out->rest || !out->past || !b.stored || !b.chance)
        FORE_GO(fore_no_memory(err));
    memset(b.stored, NOTHING, (size_t)b.t->deals);
    for (int64_t i = 0; i < b.t->deals; i++) b.chance[i] = NAN;
    FORE_GO(read_deals(&b, err));
    FORE_GO(read_moves(&b, err));
    choose_source(&b);
    int64_t oldest = oldest_deal(&b);
    for (int64_t j = 0; j < o->periods; j++) {
        sum_now(&b, j);
        FORE_GO(look_back(&b, j, oldest, err));
    }
done:
    fore_free(b.moves);
    fore_free(b.stored);
    fore_free(b.chance);
    if (status != FORE_OK) fore_categories_free(out);
    return status;
}

void fore_categories_free(fore_categories *categories)
{
    fore_free(categories->sum);
    fore_free(categories->rest);
    fore_free(categories->past);
    *categories = (fore_categories){0};
}
