/* Stages that are skipped or gone back to, judged by the habit of the deals themselves.
 *
 *   learn, over all deals, from the order in which a deal first entered its stages:
 *     before[a][b]      deals that entered a before b
 *     between[a][b][k]  those of them that entered k in between
 *   judge each change from a to b:
 *     backwards   before[b][a] >= 5, and four times before[a][b] or more
 *     skipped k   before[a][b] >= 5, between[a][b][k] in 4 of 5 of them, k not entered so far by
 * this deal; not where the change ends a lost deal
 *
 * A deal may break both rules, each is reported once per deal. On the way a closing that no row
 * tells is taken from the last change of the outcome, as the features do. */
#include <stdio.h>
#include <string.h>

#include "datasets/quality_run.h"

enum { STAGES = 48, CHANGES = 200, HABIT = 5 };

typedef struct habits {
    int32_t before[STAGES][STAGES];
    int32_t between[STAGES][STAGES][STAGES];
} habits;

/* The stages of one deal in the order of time, cut at CHANGES. */
typedef struct journey {
    int64_t deal;
    int count;
    uint8_t stage[CHANGES];
} journey;

typedef struct stage_run {
    quality_run *q;
    fore_dictionary *words;
    habits *habits;
    journey now;
    int64_t changes; /* judged so far */
    bool judging;
} stage_run;

/* -1: none, or more stages than are compared. */
static int stage_of(stage_run *r, const char *word)
{
    if (!word || !*word) return -1;
    int64_t length = (int64_t)strlen(word), at = fore_dictionary_find(r->words, word, length);
    if (at < 0 && fore_dictionary_count(r->words) < STAGES) {
        at = fore_dictionary_add(r->words, word, length);
        if (at < 0) r->q->failed = true;
    }
    return (int)at;
}

static void enter(journey *j, int stage)
{
    if (stage < 0 || j->count == CHANGES) return;
    if (j->count > 0 && j->stage[j->count - 1] == stage) return;
    j->stage[j->count++] = (uint8_t)stage;
}

static void learn(stage_run *r)
{
    uint8_t first[STAGES];
    bool seen[STAGES] = {false};
    int n = 0;
    for (int i = 0; i < r->now.count; i++) {
        int stage = r->now.stage[i];
        if (!seen[stage]) first[n++] = (uint8_t)stage;
        seen[stage] = true;
    }
    for (int a = 0; a < n; a++)
        for (int b = a + 1; b < n; b++) {
            r->habits->before[first[a]][first[b]]++;
            for (int k = a + 1; k < b; k++) r->habits->between[first[a]][first[b]][first[k]]++;
        }
}

static bool is_backwards(const habits *h, int from, int to)
{
    return h->before[to][from] >= HABIT && h->before[to][from] >= 4 * h->before[from][to];
}

/* The stage that was skipped, or -1. */
static int skipped_stage(const habits *h, int from, int to, const bool *seen)
{
    int usual = h->before[from][to];
    if (usual < HABIT || usual < 4 * h->before[to][from]) return -1;
    for (int k = 0; k < STAGES; k++)
        if (!seen[k] && 5 * (int64_t)h->between[from][to][k] >= 4 * (int64_t)usual) return k;
    return -1;
}

static void report(stage_run *r, quality_code code, const char *id, int from, int to, int skipped)
{
    char value[256];
    const char *a = fore_dictionary_text(r->words, from), *b = fore_dictionary_text(r->words, to);
    snprintf(value, sizeof value, "%.100s -> %.100s", a, b);
    fore_quality_finding *finding =
        quality_add(r->q, code, FORE_TABLE_DEAL, r->now.deal, id, "stage", value);
    if (skipped >= 0)
        quality_say(r->q, finding, "went from %.100s to %.100s without %.100s, which most pass", a,
                    b, fore_dictionary_text(r->words, skipped));
    else
        quality_say(r->q, finding, "went back from %.100s to %.100s", a, b);
}

static void judge(stage_run *r, const char *id)
{
    const journey *j = &r->now;
    const quality_fact *fact = quality_fact_of(r->q, FORE_DEAL, j->deal);
    bool seen[STAGES] = {false}, back = false, skip = false;
    for (int i = 0; i < j->count; i++) {
        int from = i ? j->stage[i - 1] : -1, to = j->stage[i];
        seen[to] = true;
        if (from < 0) continue;
        if (!back && is_backwards(r->habits, from, to)) {
            report(r, QUALITY_STAGE_BACKWARDS, id, from, to, -1);
            back = true;
        }
        bool loses = i == j->count - 1 && fact && fact->outcome == FORE_LOST;
        int skipped = skip || loses ? -1 : skipped_stage(r->habits, from, to, seen);
        if (skipped < 0) continue;
        report(r, QUALITY_STAGE_SKIPPED, id, from, to, skipped);
        skip = true;
    }
}

static void take_closing(quality_run *q, const fore_deal_change_row *change)
{
    static const char *const words[] = {"open", "won", "lost"};
    quality_fact *deal = quality_fact_of(q, FORE_DEAL, change->deal);
    if (!deal || deal->outcome == FORE_OUTCOME_OPEN || !change->new_value) return;
    if (strcmp(change->field, "outcome") != 0) return;
    if (strcmp(change->new_value, words[deal->outcome]) != 0) return;
    if (deal->closed_at != FORE_NO_TIME && !deal->closing_from_change) return;
    deal->closed_at = change->at;
    deal->closing_from_change = true;
}

/* --- passes --- */

static void take_change(stage_run *r, const fore_deal_change_row *change, const char *id)
{
    if (r->judging) {
        quality_check_time(r->q, FORE_TABLE_DEAL_CHANGE, ++r->changes, id, "at", change->at, false);
        return;
    }
    take_closing(r->q, change);
}

static void take_stage(stage_run *r, const fore_deal_change_row *change)
{
    if (strcmp(change->field, "stage") != 0) return;
    if (r->now.count == 0) enter(&r->now, stage_of(r, change->old_value));
    enter(&r->now, stage_of(r, change->new_value));
}

/* Deals and their changes side by side, both in the order of the deals' keys. */
static fore_status walk_journeys(stage_run *r, fore_error *err)
{
    fore_deal_row deal;
    fore_deal_change_row change;
    fore_cursor *deals = NULL, *changes = NULL;
    bool more, more_changes;
    fore_status status;
    FORE_GO(fore_cursor_open(r->q->store, FORE_TABLE_DEAL, true, &deals, err));
    FORE_GO(fore_cursor_open(r->q->store, FORE_TABLE_DEAL_CHANGE, false, &changes, err));
    FORE_GO(fore_cursor_next(changes, &change, &more_changes, err));
    while (more_changes) {
        FORE_GO(fore_cursor_next(deals, &deal, &more, err));
        if (!more) break;
        r->now = (journey){.deal = deal.pk};
        while (more_changes && change.deal == deal.pk) {
            take_change(r, &change, deal.id);
            take_stage(r, &change);
            FORE_GO(fore_cursor_next(changes, &change, &more_changes, err));
        }
        if (r->judging)
            judge(r, deal.id);
        else
            learn(r);
        if (r->q->failed) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(deals);
    fore_cursor_close(changes);
    return status;
}

fore_status quality_check_stages(quality_run *q, fore_error *err)
{
    stage_run r = {.q = q, .words = fore_dictionary_new(), .habits = FORE_ZNEW(1, habits)};
    fore_status status = r.words && r.habits ? FORE_OK : fore_no_memory(err);
    if (status == FORE_OK) status = walk_journeys(&r, err);
    r.judging = true;
    if (status == FORE_OK) status = walk_journeys(&r, err);
    fore_dictionary_free(r.words);
    fore_free(r.habits);
    return status;
}
