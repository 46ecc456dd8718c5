/* What the finders of customers and win-back look at: parties, names, owners, reasons of losses. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/customers.h"

enum { REASON_LENGTH = 320 };

fore_status fore_propose(fore_customers *v, const fore_proposal *proposal, fore_error *err,
                         const char *format, ...)
{
    char words[REASON_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    words[fore_utf8_invalid(words, (int64_t)strlen(words)) < 0
              ? strlen(words)
              : (size_t)fore_utf8_invalid(words, (int64_t)strlen(words))] = 0;
    FORE_TRY(fore_grow((void **)&v->found, &v->capacity, v->count + 1, sizeof *v->found, err));
    fore_proposal *p = &v->found[v->count];
    *p = *proposal;
    p->reason = fore_arena_string(v->arena, words);
    if (!p->reason) return fore_no_memory(err);
    v->count++;
    return FORE_OK;
}

static fore_status read_accounts(fore_customers *v, fore_error *err)
{
    fore_cursor *cursor = NULL;
    fore_account_row row;
    bool more = true;
    fore_status status = FORE_OK;
    FORE_TRY(fore_cursor_open(v->context->store, FORE_TABLE_ACCOUNT, true, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        int64_t a = fore_timeline_account(v->timeline, row.pk);
        if (a < 0) continue;
        v->account_id[a] = fore_arena_string(v->arena, row.id);
        v->account_owner[a] = row.owner ? (int32_t)fore_timeline_rep(v->timeline, row.owner) : -1;
        v->account_name[a] = fore_arena_string(v->arena, row.name);
        if (!v->account_id[a] || (row.name && !v->account_name[a])) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

static fore_status read_products(fore_customers *v, fore_error *err)
{
    fore_cursor *cursor = NULL;
    fore_product_row row;
    bool more = true;
    fore_status status = FORE_OK;
    for (int64_t i = 0; i < v->timeline->products; i++)
        v->product_name[i] = fore_word(&v->timeline->product_ids, i);
    FORE_TRY(fore_cursor_open(v->context->store, FORE_TABLE_PRODUCT, true, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        int64_t i = fore_timeline_product(v->timeline, row.pk);
        if (i < 0 || !row.name || !*row.name) continue;
        v->product_name[i] = fore_arena_string(v->arena, row.name);
        if (!v->product_name[i]) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

/* The word of a reason, in any case of letters; -1 when there are too many to tell apart. */
static int32_t reason_word(fore_customers *v, const char *text)
{
    if (!text || !*text) return -1;
    for (int64_t i = 0; i < v->reason_count; i++)
        if (fore_text_equal_fold(v->reasons[i], text)) return (int32_t)i;
    if (v->reason_count == sizeof v->reasons / sizeof *v->reasons) return -1;
    const char *copy = fore_arena_string(v->arena, text);
    if (!copy) return -2;
    v->reasons[v->reason_count] = copy;
    return (int32_t)v->reason_count++;
}

static fore_status read_reasons(fore_customers *v, fore_error *err)
{
    fore_cursor *cursor = NULL;
    fore_deal_row row;
    bool more = true;
    fore_status status = FORE_OK;
    for (int64_t s = 0; s < v->timeline->subjects; s++) v->reason_lost[s] = -1;
    FORE_TRY(fore_cursor_open(v->context->store, FORE_TABLE_DEAL, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        int64_t s = fore_timeline_subject(v->timeline, FORE_SUBJECT_DEAL, row.pk);
        if (s < 0 || row.outcome != FORE_LOST) continue;
        v->reason_lost[s] = reason_word(v, row.lost_reason);
        if (v->reason_lost[s] == -2) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

void fore_customers_close(fore_customers *v)
{
    fore_parties_free(&v->parties);
    fore_free(v->state);
    fore_free(v->account_id);
    fore_free(v->account_name);
    fore_free(v->account_owner);
    fore_free(v->product_name);
    fore_free(v->reason_lost);
    fore_free(v->found);
    fore_arena_free(v->arena);
}

fore_status fore_customers_open(fore_context *c, const foresell_rank_request *r,
                                const fore_roster *roster, fore_customers *v, fore_error *err)
{
    const fore_timeline *t = roster->timeline;
    *v = (fore_customers){
        .context = c, .request = r, .roster = roster, .timeline = t, .as_of = roster->as_of};
    FORE_TRY(fore_parties_new(t, roster->currency, v->as_of, &v->parties, err));
    v->state = FORE_NEW(v->parties.count + 1, fore_party_state);
    v->account_id = FORE_ZNEW(t->accounts + 1, const char *);
    v->account_name = FORE_ZNEW(t->accounts + 1, const char *);
    v->account_owner = FORE_ZNEW(t->accounts + 1, int32_t);
    v->product_name = FORE_ZNEW(t->products + 1, const char *);
    v->reason_lost = FORE_NEW(t->subjects + 1, int32_t);
    v->arena = fore_arena_new();
    if (!v->state || !v->account_id || !v->account_name || !v->account_owner || !v->product_name ||
        !v->reason_lost || !v->arena)
        return fore_no_memory(err);
    for (int64_t i = 0; i < t->accounts; i++) v->account_owner[i] = -1;
    for (int64_t i = 0; i < v->parties.count; i++)
        fore_party_state_at(&v->parties, i, v->as_of, &v->state[i]);
    fore_habits_read(t, v->as_of, &v->habits);
    FORE_TRY(read_accounts(v, err));
    FORE_TRY(read_products(v, err));
    return read_reasons(v, err);
}
