/* Opens deals of a workspace again: every `every`-th of those that were won or lost, by turns
 *
 *     won, open, lost        lost, open, won        closed, open, closed, open, closed as at first
 *     closed, and open since
 *
 * as a change log tells it that holds outcomes and stages, outcomes only, or stages only. The row
 * says what became of the deal last. */
#ifndef REOPEN_HISTORY_H
#define REOPEN_HISTORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/store/store.h"

#define REOPEN_MUST(expression)                                                                    \
    do {                                                                                           \
        fore_error reopen_error = {0}, *err = &reopen_error;                                       \
        if ((expression) != FORE_OK) {                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, reopen_error.message);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { REOPEN_MOST = 4000 };

#define REOPEN_TEXTS(d)                                                                            \
    {                                                                                              \
        &(d)->id, &(d)->name, &(d)->stage, &(d)->source, &(d)->currency, &(d)->lost_reason,        \
            &(d)->attributes                                                                       \
    }

static inline const char *reopen_kept(const char *text) { return text ? strdup(text) : NULL; }

/* Every `every`-th deal, or closed one, with texts of its own. */
static inline int64_t reopen_read(fore_store *s, fore_deal_row *out, int64_t every, bool open_too)
{
    fore_cursor *cursor;
    fore_deal_row row;
    bool more;
    int64_t n = 0, seen = 0;
    REOPEN_MUST(fore_cursor_open(s, FORE_TABLE_DEAL, false, &cursor, err));
    for (;;) {
        REOPEN_MUST(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        bool closed = row.outcome != FORE_OUTCOME_OPEN && row.closed_at != FORE_NO_TIME &&
                      row.created_at != FORE_NO_TIME && row.closed_at >= row.created_at;
        if ((!closed && !open_too) || row.created_at == FORE_NO_TIME || seen++ % every != 0 ||
            n == REOPEN_MOST)
            continue;
        const char **text[] = REOPEN_TEXTS(&row);
        for (size_t i = 0; i < sizeof text / sizeof *text; i++) *text[i] = reopen_kept(*text[i]);
        out[n++] = row;
    }
    fore_cursor_close(cursor);
    return n;
}

static inline void reopen_free(fore_deal_row *deal, int64_t n)
{
    for (int64_t k = 0; k < n; k++) {
        const char **text[] = REOPEN_TEXTS(&deal[k]);
        for (size_t i = 0; i < sizeof text / sizeof *text; i++) free((void *)(uintptr_t)*text[i]);
    }
    free(deal);
}

static inline void reopen_log(fore_store *s, const fore_deal_row *d, int64_t at, const char *field,
                              const char *old, const char *now)
{
    fore_put put;
    fore_deal_change_row row = {d->pk, at, field, old, now};
    REOPEN_MUST(fore_store_put_deal_change(s, &row, &put, err));
}

/* Outcomes[0..n): what the deal became, the first at its closing, the others every `days` days. */
static inline void reopen_one(fore_store *s, fore_deal_row row, const fore_outcome *outcome, int n,
                              int64_t days, bool outcomes, bool stages)
{
    static const char *const words[] = {"open", "won", "lost"}, *const stage[] = {"Negotiation",
                                                                                  "Won", "Lost"};
    fore_put put;
    for (int k = 0; k < n; k++) {
        int64_t at = row.closed_at + k * days * FORE_DAY;
        if (outcomes)
            reopen_log(s, &row, at, "outcome", words[k ? outcome[k - 1] : 0], words[outcome[k]]);
        if (stages)
            reopen_log(s, &row, at, "stage", stage[k ? outcome[k - 1] : 0], stage[outcome[k]]);
    }
    row.outcome = outcome[n - 1];
    row.closed_at =
        row.outcome == FORE_OUTCOME_OPEN ? FORE_NO_TIME : row.closed_at + (n - 1) * days * FORE_DAY;
    if (stages) row.stage = stage[row.outcome];
    REOPEN_MUST(fore_store_put_deal(s, &row, &put, err));
}

/* Returns how many. Every third log holds both, every third outcomes, every third stages. */
static inline int64_t reopen_some(fore_store *s, int64_t every, int64_t days)
{
    fore_deal_row *deal = calloc(REOPEN_MOST, sizeof *deal);
    int64_t n = reopen_read(s, deal, every, false);
    REOPEN_MUST(fore_store_begin(s, err));
    for (int64_t i = 0; i < n; i++) {
        fore_outcome first = deal[i].outcome, other = first == FORE_WON ? FORE_LOST : FORE_WON;
        const fore_outcome path[] = {first, FORE_OUTCOME_OPEN, other, FORE_OUTCOME_OPEN, first};
        static const int lengths[] = {3, 5, 2, 4};
        reopen_one(s, deal[i], path, lengths[i % 4], days, i / 4 % 3 != 2, i / 4 % 3 != 1);
    }
    REOPEN_MUST(fore_store_commit(s, err));
    reopen_free(deal, n);
    return n;
}

/* Every `every`-th deal goes to another rep, is expected later and grows, each `days` days after
 * its creation or the change before. Returns how many. */
static inline int64_t alter_some(fore_store *s, int64_t every, int64_t days, const char *rep)
{
    fore_deal_row *deal = calloc(REOPEN_MOST, sizeof *deal);
    int64_t n = reopen_read(s, deal, every, true), pk = 0;
    char date[2][32], amount[2][32];
    fore_put put;
    REOPEN_MUST(fore_store_begin(s, err));
    REOPEN_MUST(fore_store_key(s, FORE_REP, rep, -1, &pk, err));
    for (int64_t i = 0; i < n; i++) {
        fore_deal_row *d = &deal[i];
        int64_t at = d->created_at + days * FORE_DAY;
        int32_t due = fore_date_of(d->created_at) + 30;
        reopen_log(s, d, at, "owner_id", NULL, rep);
        d->owner = pk;
        for (int k = 0; k < 3; k++) {
            snprintf(amount[0], sizeof amount[0], "%d", 2000 + 700 * k);
            snprintf(amount[1], sizeof amount[1], "%d", 2000 + 700 * (k + 1));
            fore_date_format(due + 20 * k, date[0]);
            fore_date_format(due + 20 * (k + 1), date[1]);
            at += days * FORE_DAY;
            reopen_log(s, d, at, "amount", amount[0], amount[1]);
            reopen_log(s, d, at, "expected_close_at", date[0], date[1]);
        }
        d->amount_minor = (2000 + 700 * 3) * 100;
        d->expected_close_on = due + 60;
        REOPEN_MUST(fore_store_put_deal(s, d, &put, err));
    }
    REOPEN_MUST(fore_store_commit(s, err));
    reopen_free(deal, n);
    return n;
}

#endif
