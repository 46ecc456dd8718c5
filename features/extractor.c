/* Building an extractor: everything that must be asked "before T" is put into grouped, dated lists
 * with running sums (past.h), a few passes over the subjects.
 *
 *   closings of each kind, by owner (at the closing) and team, source, campaign, product and
 *     category, account
 *   spells of ownership of open subjects -> starts and ends by owner;   load = starts - ends before
 * T open deals of accounts -> starts and ends by account stage changes -> entries by stage (place
 * within the deal), stays of won deals by stage tickets by account -> ends, satisfaction;  running
 * amounts of sales                                 */
#include "features/extractor.h"

#include <math.h>

#include "engine/base/memory.h"

static void rekey(past_list *list, const int32_t *key_of_subject)
{
    for (int64_t i = 0; i < list->count; i++)
        list->entry[i].key = key_of_subject[list->entry[i].item];
}

static void rekey_both(ledger_list *list, const int32_t *key_of_subject)
{
    rekey(&list->made, key_of_subject);
    rekey(&list->undone, key_of_subject);
}

/* Every key becomes that of the level above it: an owner's team, a product's category. */
static void lift(past_list *list, const int32_t *parent)
{
    for (int64_t i = 0; i < list->count; i++)
        if (list->entry[i].key >= 0) list->entry[i].key = parent[list->entry[i].key];
}

static void lift_both(ledger_list *list, const int32_t *parent)
{
    lift(&list->made, parent);
    lift(&list->undone, parent);
}

/* --- closings --- */

static past_entry closing_of(const fore_timeline *t, int64_t s, const fore_open_spell *spell)
{
    fore_subject_state state;
    fore_subject_state_at(t, s, spell->until, &state);
    double amount = fore_closing_amount(t, s, spell->until);
    bool won = spell->outcome == FORE_WON, known = won && !isnan(amount);
    return (past_entry){.at = spell->until,
                        .item = (int32_t)s,
                        .key = state.owner,
                        .value = {won, known ? fore_ln1(amount) : 0, known, known ? amount : 0}};
}

/* Each dated closing of a subject; the next spell takes it back. */
static fore_status add_closings(const fore_timeline *t, int64_t s, ledger_list *list,
                                fore_error *err)
{
    int64_t n = fore_subject_spells(t, s);
    for (int64_t k = 0; k < n; k++) {
        fore_open_spell spell = fore_subject_spell(t, s, k);
        if (spell.outcome == FORE_OUTCOME_OPEN || spell.until == FORE_NO_TIME) continue;
        past_entry entry = closing_of(t, s, &spell);
        FORE_TRY(past_add(&list->made, entry, err));
        if (k + 1 == n) continue;
        entry.at = fore_subject_spell(t, s, k + 1).from;
        FORE_TRY(past_add(&list->undone, entry, err));
    }
    return FORE_OK;
}

static fore_status list_closings(const fore_timeline *t, int64_t first, int64_t end,
                                 ledger_list *list, fore_error *err)
{
    for (int64_t s = first; s < end; s++)
        if (t->left_out[s] == FORE_KEPT) FORE_TRY(add_closings(t, s, list, err));
    FORE_TRY(past_list_sort(&list->made, err));
    return past_list_sort(&list->undone, err);
}

static fore_status group_deals(fore_extractor *x, ledger_list *list, int values, fore_error *err)
{
    const fore_timeline *t = x->t;
    past_list *made = &list->made;
    rekey_both(list, t->product);
    FORE_TRY(ledger_build(&x->by_product, list, t->products, values, err));
    lift_both(list, t->product_category);
    FORE_TRY(ledger_build(&x->by_category, list, t->categories.count, 1, err));
    rekey_both(list, t->account);
    FORE_TRY(ledger_build(&x->by_account, list, t->accounts, values, err));
    for (int64_t i = 0; i < made->count; i++)
        if (made->entry[i].value[CLOSED_WON] == 0) made->entry[i].key = -1;
    return past_build(&x->account_win, made, t->accounts, 0, true, err);
}

static fore_status group_closings(fore_extractor *x, int kind, fore_error *err)
{
    const fore_timeline *t = x->t;
    ledger_list list = {0};
    fore_status status = FORE_OK;
    bool deals = kind == FORE_SUBJECT_DEAL;
    int values = deals ? CLOSED_AMOUNT + 1 : CLOSED_WON + 1;
    FORE_GO(list_closings(t, deals ? t->leads : 0, deals ? t->subjects : t->leads, &list, err));
    FORE_GO(ledger_build(&x->by_owner[kind], &list, t->reps, values, err));
    lift_both(&list, t->rep_team);
    FORE_GO(ledger_build(&x->by_team[kind], &list, t->teams.count, 1, err));
    rekey_both(&list, t->source);
    FORE_GO(ledger_build(&x->by_source[kind], &list, t->sources.count, 1, err));
    rekey_both(&list, t->campaign);
    FORE_GO(ledger_build(&x->by_campaign[kind], &list, t->campaigns, 1, err));
    if (deals) FORE_GO(group_deals(x, &list, values, err));
    for (int64_t i = 0; i < list.made.count; i++) list.made.entry[i].key = 0;
    for (int64_t i = 0; i < list.undone.count; i++) list.undone.entry[i].key = 0;
    FORE_GO(ledger_build(&x->base[kind], &list, 1, 1, err));
done:
    past_list_free(&list.made);
    past_list_free(&list.undone);
    return status;
}

/* --- who owned what while it was open --- */

typedef struct spells {
    past_list start, end;
} spells;

static fore_status sort_and_build(past_list *list, past *p, int64_t groups, int values, bool summed,
                                  fore_error *err)
{
    FORE_TRY(past_list_sort(list, err));
    return past_build(p, list, groups, values, summed, err);
}

static fore_status add_spell(spells *both, int32_t key, int64_t s, int64_t from, int64_t to,
                             fore_error *err)
{
    if (key < 0) return FORE_OK;
    FORE_TRY(past_add(&both->start, (past_entry){.at = from, .key = key, .item = (int32_t)s}, err));
    if (to == INT64_MAX) return FORE_OK;
    return past_add(&both->end, (past_entry){.at = to, .key = key, .item = (int32_t)s}, err);
}

/* A spell of one subject: an owner counts from its beginning or a change on, at T if that lies
 * before T, until the next change or the closing lies before T. */
static fore_status add_owner_spells(const fore_timeline *t, int64_t s, const fore_open_spell *spell,
                                    spells *both, fore_error *err)
{
    int64_t begun = spell->from, from = begun, closed = spell->until;
    fore_subject_state state;
    fore_subject_state_at(t, s, begun + 1, &state);
    int32_t owner = state.owner;
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
        int64_t at = t->change_at[i];
        if (t->change_field[i] != FORE_CHANGE_OWNER || at <= begun || at >= closed) continue;
        FORE_TRY(add_spell(both, owner, s, from, at, err));
        fore_subject_state_at(t, s, at + 1, &state);
        owner = state.owner;
        from = at;
    }
    return add_spell(both, owner, s, from, closed, err);
}

static fore_status build_owner_load(fore_extractor *x, int kind, fore_error *err)
{
    const fore_timeline *t = x->t;
    spells both = {0};
    fore_status status = FORE_OK;
    int64_t first = kind == FORE_SUBJECT_DEAL ? t->leads : 0;
    int64_t end = kind == FORE_SUBJECT_DEAL ? t->subjects : t->leads;
    for (int64_t s = first; s < end; s++)
        for (int64_t k = 0; t->left_out[s] == FORE_KEPT && k < fore_subject_spells(t, s); k++) {
            fore_open_spell spell = fore_subject_spell(t, s, k);
            if (spell.until > spell.from || spell.until == FORE_NO_TIME)
                FORE_GO(add_owner_spells(t, s, &spell, &both, err));
        }
    FORE_GO(sort_and_build(&both.start, &x->owner_start[kind], t->reps, 0, true, err));
    FORE_GO(sort_and_build(&both.end, &x->owner_end[kind], t->reps, 0, true, err));
done:
    past_list_free(&both.start);
    past_list_free(&both.end);
    return status;
}

static fore_status build_account_load(fore_extractor *x, fore_error *err)
{
    const fore_timeline *t = x->t;
    spells both = {0};
    fore_status status = FORE_OK;
    for (int64_t s = t->leads; s < t->subjects; s++) {
        if (t->left_out[s] != FORE_KEPT) continue;
        for (int64_t k = 0; k < fore_subject_spells(t, s); k++) {
            fore_open_spell spell = fore_subject_spell(t, s, k);
            FORE_GO(add_spell(&both, t->account[s], s, spell.from, spell.until, err));
        }
    }
    FORE_GO(sort_and_build(&both.start, &x->account_start, t->accounts, 0, true, err));
    FORE_GO(sort_and_build(&both.end, &x->account_end, t->accounts, 0, true, err));
done:
    past_list_free(&both.start);
    past_list_free(&both.end);
    return status;
}

/* --- stages --- */

static bool stage_of(const fore_timeline *t, double value, int32_t *stage)
{
    bool known = value >= 0 && value < (double)t->stages.count;
    *stage = known ? (int32_t)value : -1;
    return known;
}

/* Entries of one deal. */
static fore_status add_entries(const fore_timeline *t, int64_t s, past_list *entries,
                               fore_error *err)
{
    int32_t stage;
    double place = -1;
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
        if (t->change_field[i] != FORE_CHANGE_STAGE || !stage_of(t, t->change_new[i], &stage))
            continue;
        int64_t at = t->change_at[i];
        int32_t before;
        if (place < 0 && stage_of(t, t->change_old[i], &before))
            FORE_TRY(past_add(entries, (past_entry){at, before, (int32_t)s, {place = 0}}, err));
        place += 1;
        FORE_TRY(past_add(entries, (past_entry){at, stage, (int32_t)s, {place}}, err));
    }
    return FORE_OK;
}

/* Stays of a deal on its way to a win: since `from`, the last reopening before it. */
static fore_status add_stays(const fore_timeline *t, int64_t s, int64_t from, int64_t closed,
                             past_list *stays, fore_error *err)
{
    int64_t since = 0;
    int32_t stage, present = -1;
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1]; i++) {
        if (t->change_field[i] != FORE_CHANGE_STAGE || t->change_at[i] < from ||
            !stage_of(t, t->change_new[i], &stage))
            continue;
        int64_t at = t->change_at[i], left = at < closed ? at : closed;
        if (present >= 0)
            FORE_TRY(past_add(
                stays,
                (past_entry){closed, present, (int32_t)s, {(double)(left - since) / FORE_DAY}},
                err));
        present = at < closed ? stage : -1;
        since = at;
    }
    if (present < 0) return FORE_OK;
    return past_add(
        stays, (past_entry){closed, present, (int32_t)s, {(double)(closed - since) / FORE_DAY}},
        err);
}

static fore_status add_stages(const fore_timeline *t, int64_t s, past_list *entries,
                              past_list *stays, fore_error *err)
{
    FORE_TRY(add_entries(t, s, entries, err));
    for (int64_t k = 0; t->left_out[s] == FORE_KEPT && k < fore_subject_spells(t, s); k++) {
        fore_open_spell spell = fore_subject_spell(t, s, k);
        if (spell.outcome == FORE_WON && spell.until != FORE_NO_TIME)
            FORE_TRY(add_stays(t, s, k == 0 ? INT64_MIN : spell.from, spell.until, stays, err));
    }
    return FORE_OK;
}

static fore_status build_stages(fore_extractor *x, fore_error *err)
{
    const fore_timeline *t = x->t;
    past_list entries = {0}, stays = {0};
    fore_status status = FORE_OK;
    for (int64_t s = t->leads; s < t->subjects; s++)
        FORE_GO(add_stages(t, s, &entries, &stays, err));
    FORE_GO(sort_and_build(&entries, &x->stage_entry, t->stages.count, 1, true, err));
    FORE_GO(sort_and_build(&stays, &x->stage_stay, t->stages.count, 1, false, err));
done:
    past_list_free(&entries);
    past_list_free(&stays);
    return status;
}

/* --- accounts: tickets and sales --- */

static fore_status build_tickets(fore_extractor *x, fore_error *err)
{
    const fore_timeline *t = x->t;
    past_list ends = {0}, satisfied = {0};
    fore_status status = FORE_OK;
    for (int64_t a = 0; a < t->accounts; a++)
        for (int64_t i = t->ticket_first[a]; i < t->ticket_first[a + 1]; i++) {
            int64_t opened = t->ticket_opened_at[i], closed = t->ticket_closed_at[i];
            double value = t->ticket_satisfaction[i];
            if (closed == FORE_NO_TIME) continue;
            if (!isnan(value))
                FORE_GO(past_add(&satisfied, (past_entry){closed, (int32_t)a, (int32_t)i, {value}},
                                 err));
            if (opened == FORE_NO_TIME) continue;
            int64_t end = closed > opened ? closed : opened;
            FORE_GO(past_add(&ends, (past_entry){.at = end, .key = (int32_t)a, .item = (int32_t)i},
                             err));
        }
    FORE_GO(sort_and_build(&ends, &x->ticket_end, t->accounts, 0, true, err));
    FORE_GO(sort_and_build(&satisfied, &x->ticket_satisfied, t->accounts, 1, true, err));
done:
    past_list_free(&ends);
    past_list_free(&satisfied);
    return status;
}

static fore_status build_sales(fore_extractor *x, fore_error *err)
{
    const fore_timeline *t = x->t;
    x->sale_sum = FORE_NEW(t->sales, double);
    if (!x->sale_sum) return fore_no_memory(err);
    for (int64_t a = 0; a <= t->accounts; a++) {
        double sum = 0;
        for (int64_t i = t->sale_first[a]; i < t->sale_first[a + 1]; i++)
            x->sale_sum[i] = sum += isnan(t->sale_amount[i]) ? 0 : t->sale_amount[i];
    }
    return FORE_OK;
}

/* --- the extractor's life --- */

/* The builds do not depend on each other: each is a block of the pool. */
enum { BUILDS = 8 };

static fore_status build_part(void *context, int64_t block, int worker, fore_error *err)
{
    (void)worker;
    fore_extractor *x = context;
    switch (block) {
    case 0: return group_closings(x, FORE_SUBJECT_LEAD, err);
    case 1: return group_closings(x, FORE_SUBJECT_DEAL, err);
    case 2: return build_owner_load(x, FORE_SUBJECT_LEAD, err);
    case 3: return build_owner_load(x, FORE_SUBJECT_DEAL, err);
    case 4: return build_account_load(x, err);
    case 5: return build_stages(x, err);
    case 6: return build_tickets(x, err);
    default: return build_sales(x, err);
    }
}

fore_status fore_extractor_new(const fore_timeline *timeline, fore_pool *pool, fore_extractor **out,
                               fore_error *err)
{
    *out = NULL;
    fore_extractor *x = FORE_ZNEW(1, fore_extractor);
    if (!x) return fore_no_memory(err);
    x->t = timeline;
    for (int64_t s = 0; s < timeline->subjects; s++) {
        int64_t n = timeline->event_first[s + 1] - timeline->event_first[s];
        if (n > x->max_events) x->max_events = n;
    }
    fore_extractor_tables(x);
    fore_status status = fore_pool_run(pool, BUILDS, build_part, x, err);
    if (status != FORE_OK) {
        fore_extractor_free(x);
        return status;
    }
    *out = x;
    return FORE_OK;
}

fore_status fore_extractor_over(const fore_extractor *x, const fore_timeline *timeline,
                                fore_extractor **over, fore_error *err)
{
    *over = FORE_NEW(1, fore_extractor);
    if (!*over) return fore_no_memory(err);
    **over = *x;
    (*over)->t = timeline;
    (*over)->shared = true;
    return FORE_OK;
}

void fore_extractor_free(fore_extractor *x)
{
    if (x && x->shared) {
        fore_free(x);
        return;
    }
    if (!x) return;
    for (int kind = 0; kind < 2; kind++) {
        ledger_free(&x->base[kind]);
        ledger_free(&x->by_owner[kind]);
        ledger_free(&x->by_team[kind]);
        ledger_free(&x->by_source[kind]);
        ledger_free(&x->by_campaign[kind]);
        past_free(&x->owner_start[kind]);
        past_free(&x->owner_end[kind]);
    }
    ledger_free(&x->by_product);
    ledger_free(&x->by_category);
    ledger_free(&x->by_account);
    past *others[] = {&x->account_win, &x->account_start, &x->account_end,     &x->stage_entry,
                      &x->stage_stay,  &x->ticket_end,    &x->ticket_satisfied};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) past_free(others[i]);
    fore_free(x->sale_sum);
    fore_free(x);
}
