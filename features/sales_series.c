/* Sales as series: periods from the calendar, groups from the timeline's words, one pass over the
 * subjects. */
#include "features/sales_series.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "features/extract.h"

typedef struct summing {
    const fore_timeline *t;
    int64_t as_of;
    const fore_calendar *calendar;
    fore_series_by by;
    fore_sales_series *s;
    int32_t *start;
    int64_t *group_of; /* by index of the grouping (word, rep, product); last: unknown */
    int64_t indices;
    double *win_amount;
    int64_t *win_at;
    int32_t *win_group, *win_subject;
} summing;

void fore_sales_series_free(fore_sales_series *series)
{
    if (!series) return;
    fore_arena_free(series->arena);
    fore_free(series);
}

bool fore_series_by_parse(const char *word, fore_series_by *by)
{
    static const char *const words[] = {"total", "team", "region", "rep", "product", "category"};
    for (int k = 0; k < (int)(sizeof words / sizeof *words); k++) {
        if (!fore_text_equal_fold(word, words[k])) continue;
        *by = (fore_series_by)k;
        return true;
    }
    return false;
}

/* --- subjects as of as_of --- */

/* FORE_NO_TIME: it was open, or not entered yet. */
static int64_t closing_before(const fore_timeline *t, int64_t s, int64_t as_of)
{
    return fore_subject_closed(t, s, as_of).at;
}

static bool created_before(const fore_timeline *t, int64_t s, int64_t as_of)
{
    return t->created_at[s] != FORE_NO_TIME && t->created_at[s] < as_of;
}

int32_t fore_main_currency(const fore_timeline *t, int64_t as_of)
{
    int32_t best = -1;
    int64_t most = 0;
    if (t->own_currency[0]) return fore_words_find(&t->currencies, t->own_currency);
    for (int32_t c = 0; c < t->currencies.count; c++) {
        int64_t wins = 0;
        for (int64_t s = 0; s < t->subjects; s++)
            wins += t->currency[s] == c && fore_subject_closed(t, s, as_of).outcome == FORE_WON;
        if (wins > most) most = wins, best = c;
    }
    return best;
}

/* --- groups --- */

static int64_t index_count(const fore_timeline *t, fore_series_by by)
{
    switch (by) {
    case FORE_BY_TEAM: return t->teams.count;
    case FORE_BY_REGION: return t->regions.count;
    case FORE_BY_REP: return t->reps;
    case FORE_BY_PRODUCT: return t->products;
    case FORE_BY_CATEGORY: return t->categories.count;
    default: return 0;
    }
}

static const char *index_name(const fore_timeline *t, fore_series_by by, int64_t i)
{
    switch (by) {
    case FORE_BY_TEAM: return fore_word(&t->teams, i);
    case FORE_BY_REGION: return fore_word(&t->regions, i);
    case FORE_BY_REP: return fore_word(&t->rep_ids, i);
    case FORE_BY_PRODUCT: return fore_word(&t->product_ids, i);
    case FORE_BY_CATEGORY: return fore_word(&t->categories, i);
    default: return NULL;
    }
}

/* The index of a subject's group; -1 = unknown (and always for the total). */
static int64_t index_of(const summing *b, int64_t s)
{
    const fore_timeline *t = b->t;
    fore_subject_state state;
    if (b->by == FORE_BY_TOTAL) return -1;
    if (b->by == FORE_BY_PRODUCT) return t->product[s];
    if (b->by == FORE_BY_CATEGORY)
        return t->product[s] < 0 ? -1 : t->product_category[t->product[s]];
    fore_subject_state_at(t, s, b->as_of, &state);
    if (b->by == FORE_BY_REP || state.owner < 0) return state.owner;
    return b->by == FORE_BY_TEAM ? t->rep_team[state.owner] : t->rep_region[state.owner];
}

static bool counts(const summing *b, int64_t s)
{
    return created_before(b->t, s, b->as_of) || closing_before(b->t, s, b->as_of) != FORE_NO_TIME;
}

static fore_status lay_groups(summing *b, fore_error *err)
{
    fore_sales_series *s = b->s;
    b->indices = index_count(b->t, b->by);
    b->group_of = FORE_ZNEW(b->indices + 1, int64_t);
    if (!b->group_of) return fore_no_memory(err);
    for (int64_t i = 0; i < b->t->subjects; i++) {
        if (!counts(b, i)) continue;
        int64_t index = index_of(b, i);
        b->group_of[index < 0 ? b->indices : index] = 1;
    }
    const char **name = fore_arena_alloc(s->arena, b->indices + 1, sizeof *name);
    int32_t *index = fore_arena_alloc(s->arena, b->indices + 1, sizeof *index);
    if (!name || !index) return fore_no_memory(err);
    for (int64_t i = 0; i <= b->indices; i++) {
        if (!b->group_of[i]) continue;
        const char *text = i < b->indices ? index_name(b->t, b->by, i) : "";
        name[s->groups] = fore_arena_string(s->arena, text ? text : "");
        if (!name[s->groups]) return fore_no_memory(err);
        index[s->groups] = i < b->indices ? (int32_t)i : -1;
        b->group_of[i] = s->groups++;
    }
    s->group = name;
    s->group_index = index;
    return FORE_OK;
}

static int64_t group_of(const summing *b, int64_t subject)
{
    int64_t index = index_of(b, subject);
    return b->group_of[index < 0 ? b->indices : index];
}

/* --- periods --- */

static fore_status lay_periods(summing *b, fore_error *err)
{
    const fore_timeline *t = b->t;
    fore_sales_series *s = b->s;
    int64_t first = FORE_NO_TIME;
    for (int64_t i = 0; i < t->subjects; i++) {
        int64_t closed = closing_before(t, i, b->as_of);
        if (closed != FORE_NO_TIME && (first == FORE_NO_TIME || closed < first)) first = closed;
        if (created_before(t, i, b->as_of) && (first == FORE_NO_TIME || t->created_at[i] < first))
            first = t->created_at[i];
    }
    if (first == FORE_NO_TIME)
        return fore_fail(
            err, FORE_E_NO_ANSWER,
            "nothing was created or closed before the moment asked for; import deals, or ask for a later "
            "moment");
    int32_t from = fore_calendar_start(b->calendar, s->period, fore_date_of(first));
    int32_t last = fore_calendar_start(b->calendar, s->period, fore_date_of(b->as_of - 1));
    for (int32_t at = from; at <= last; at = fore_calendar_add(b->calendar, s->period, at, 1))
        s->periods++;
    b->start = fore_arena_alloc(s->arena, s->periods + 1, sizeof *b->start);
    if (!b->start) return fore_no_memory(err);
    for (int64_t p = 0; p <= s->periods; p++)
        b->start[p] = fore_calendar_add(b->calendar, s->period, from, (int32_t)p);
    s->start = b->start;
    int64_t begin = fore_time_of_date(last), end = fore_time_of_date(b->start[s->periods]);
    s->last_partial = b->as_of < end;
    s->last_share = (double)(b->as_of - begin) / (double)(end - begin);
    return FORE_OK;
}

/* The last period that starts at or before `at`. */
static int64_t period_of(const summing *b, int64_t at)
{
    int32_t day = fore_date_of(at);
    int64_t low = 0, high = b->s->periods;
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (b->start[middle] <= day)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* --- sums --- */

static void add_closing(summing *b, int64_t i)
{
    fore_sales_series *s = b->s;
    fore_ending end = fore_subject_closed(b->t, i, b->as_of);
    int64_t closed = end.at;
    if (closed == FORE_NO_TIME || (i < b->t->leads) != s->by_leads) return;
    int64_t group = group_of(b, i), at = period_of(b, closed) + group * s->periods;
    if (end.outcome != FORE_WON) {
        s->lost[at]++;
        return;
    }
    fore_subject_state state;
    fore_subject_state_at(b->t, i, b->as_of, &state);
    bool other = b->t->currency[i] >= 0 && b->t->currency[i] != s->currency;
    double amount = other ? NAN : state.amount;
    s->won[at]++;
    s->won_other_currency += other;
    s->won_without_amount += !other && isnan(amount);
    if (!isnan(amount)) s->amount[at] += amount;
    b->win_amount[s->wins] = amount;
    b->win_at[s->wins] = closed;
    b->win_group[s->wins] = (int32_t)group;
    b->win_subject[s->wins++] = (int32_t)i;
}

static fore_status allocate_sums(summing *b, fore_error *err)
{
    fore_sales_series *s = b->s;
    double **columns[] = {&s->amount, &s->won, &s->lost, &s->leads_new, &s->deals_new};
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
        if (!(*columns[k] = fore_arena_alloc(s->arena, s->periods * s->groups, sizeof(double))))
            return fore_no_memory(err);
    int64_t wins = b->t->subjects;
    b->win_amount = FORE_NEW(wins, double);
    b->win_at = FORE_NEW(wins, int64_t);
    b->win_group = FORE_NEW(wins, int32_t);
    b->win_subject = FORE_NEW(wins, int32_t);
    return b->win_amount && b->win_at && b->win_group && b->win_subject ? FORE_OK
                                                                        : fore_no_memory(err);
}

typedef struct win {
    int64_t at, index;
} win;

static int compare_wins(const void *a, const void *b)
{
    const win *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* The wins in order of closing, into the arena. */
static fore_status order_wins(summing *b, fore_error *err)
{
    fore_sales_series *s = b->s;
    win *order = fore_arena_alloc(s->arena, s->wins, sizeof *order);
    double *amount = fore_arena_alloc(s->arena, s->wins, sizeof *amount);
    int64_t *at = fore_arena_alloc(s->arena, s->wins, sizeof *at);
    int32_t *group = fore_arena_alloc(s->arena, s->wins, sizeof *group);
    int32_t *subject = fore_arena_alloc(s->arena, s->wins, sizeof *subject);
    if (!order || !amount || !at || !group || !subject) return fore_no_memory(err);
    for (int64_t k = 0; k < s->wins; k++) order[k] = (win){b->win_at[k], k};
    qsort(order, (size_t)s->wins, sizeof *order, compare_wins);
    for (int64_t k = 0; k < s->wins; k++) {
        amount[k] = b->win_amount[order[k].index];
        at[k] = order[k].at;
        group[k] = b->win_group[order[k].index];
        subject[k] = b->win_subject[order[k].index];
    }
    s->win_amount = amount;
    s->win_at = at;
    s->win_group = group;
    s->win_subject = subject;
    return FORE_OK;
}

static fore_status sum_up(summing *b, fore_error *err)
{
    FORE_TRY(allocate_sums(b, err));
    for (int64_t i = 0; i < b->t->subjects; i++) {
        if (created_before(b->t, i, b->as_of)) {
            int64_t at = period_of(b, b->t->created_at[i]) + group_of(b, i) * b->s->periods;
            (i < b->t->leads ? b->s->leads_new : b->s->deals_new)[at]++;
        }
        add_closing(b, i);
    }
    return order_wins(b, err);
}

fore_status fore_sales_series_make(const fore_timeline *timeline, int64_t as_of,
                                   const fore_calendar *calendar, fore_period period,
                                   fore_series_by by, int32_t currency, fore_sales_series **series,
                                   fore_error *err)
{
    fore_status status = FORE_OK;
    summing b = {.t = timeline, .as_of = as_of, .calendar = calendar, .by = by};
    *series = NULL;
    b.s = FORE_ZNEW(1, fore_sales_series);
    if (!b.s) return fore_no_memory(err);
    b.s->period = period;
    b.s->by_leads = true; /* no deal was entered by then */
    for (int64_t i = timeline->leads; i < timeline->subjects && b.s->by_leads; i++)
        b.s->by_leads = timeline->created_at[i] >= as_of;
    b.s->currency = currency >= 0 ? currency : fore_main_currency(timeline, as_of);
    b.s->arena = fore_arena_new();
    if (!b.s->arena) FORE_GO(fore_no_memory(err));
    FORE_GO(lay_periods(&b, err));
    FORE_GO(lay_groups(&b, err));
    FORE_GO(sum_up(&b, err));
    *series = b.s;
    b.s = NULL;
done:
    fore_free(b.group_of);
    fore_free(b.win_amount);
    fore_free(b.win_at);
    fore_free(b.win_group);
    fore_free(b.win_subject);
    fore_sales_series_free(b.s);
    return status;
}
