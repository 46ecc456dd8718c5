/* Deals that were won or lost and opened again: their spells of being open, replayed from the log.
 *
 *   open from its creation
 *   per change in order of time: what it says of the outcome (timeline.h: evidence)
 *       closed while open -> the spell ends; open while closed -> another begins
 *       won while lost, or lost while won -> a spell of no length, which ended otherwise
 *   the row: how the last one ended, or that it did not
 *   one spell only: what the row says without any log, and nothing is kept
 *
 * Only what the log says before T bears on how a deal stood at T, but for the row's word on the
 * last spell; an export of an earlier day has another row, which says the same of the spells
 * before. */
#include <math.h>
#include <string.h>

#include "engine/store/stages.h"
#include "features/timeline_facts.h"

/* --- stages that mean won or lost --- */

static void mean(fore_builder *b, const char *word, fore_outcome outcome)
{
    char wanted[256], key[256];
    fore_text_normalise(word, wanted, sizeof wanted);
    for (int64_t i = 0; wanted[0] && i < fore_dictionary_count(b->stages); i++) {
        fore_text_normalise(fore_dictionary_text(b->stages, i), key, sizeof key);
        if (strcmp(key, wanted) == 0 && b->stage_means[i] == FORE_OUTCOME_OPEN)
            b->stage_means[i] = (int8_t)outcome;
    }
}

static fore_status mean_each(fore_builder *b, const char *setting, const char *usual,
                             fore_outcome outcome, fore_error *err)
{
    fore_text own = {0};
    bool found = false;
    char word[256];
    fore_status status = fore_store_setting(b->store, setting, &own, &found, err);
    const char *list = found ? fore_text_string(&own) : usual, *stop = found ? "," : "|";
    while (status == FORE_OK && *list) {
        size_t n = strcspn(list, stop), kept = n < sizeof word ? n : sizeof word - 1;
        memcpy(word, list, kept);
        word[kept] = '\0';
        mean(b, word, outcome);
        list += n + (list[n] != '\0');
    }
    fore_text_free(&own);
    return status;
}

static fore_status read_stages(fore_builder *b, fore_error *err)
{
    b->stage_means = FORE_ZNEW(fore_dictionary_count(b->stages) + 1, int8_t);
    if (!b->stage_means) return fore_no_memory(err);
    FORE_TRY(mean_each(b, "won_stages", FORE_USUAL_WON, FORE_WON, err));
    return mean_each(b, "lost_stages", FORE_USUAL_LOST, FORE_LOST, err);
}

static fore_outcome meaning(const fore_builder *b, double stage)
{
    return stage >= 0 ? (fore_outcome)b->stage_means[(int64_t)stage] : FORE_OUTCOME_OPEN;
}

/* --- the replay of one deal --- */

typedef struct replay {
    fore_builder *b;
    int32_t subject;
    int64_t first;      /* its spells are b->spell.item[first..] */
    bool told, by_word; /* some evidence was met; a change of the outcome was */
} replay;

static spell_fact *last_of(const replay *r) { return &r->b->spell.item[r->b->spell.count - 1]; }
static int64_t count_of(const replay *r) { return r->b->spell.count - r->first; }
static bool is_open(const spell_fact *spell) { return spell->outcome == FORE_OUTCOME_OPEN; }

static fore_status add_spell(replay *r, int64_t from, int64_t until, fore_outcome outcome,
                             fore_error *err)
{
    return LIST_ADD(&r->b->spell,
                    (spell_fact){.from = from,
                                 .until = outcome == FORE_OUTCOME_OPEN ? INT64_MAX : until,
                                 .subject = r->subject,
                                 .outcome = (uint8_t)outcome});
}

/* What a change says of the outcome after and before it; false: nothing. */
static bool is_evidence(replay *r, const change_fact *c, fore_outcome *now, fore_outcome *before)
{
    if (c->field == FORE_CHANGE_OUTCOME && !isnan(c->new_value)) {
        *now = (fore_outcome)c->new_value;
        *before = isnan(c->old_value) ? FORE_OUTCOME_OPEN : (fore_outcome)c->old_value;
        r->by_word = true;
        return true;
    }
    if (c->field != FORE_CHANGE_STAGE || r->by_word) return false;
    *now = meaning(r->b, c->new_value);
    *before = meaning(r->b, c->old_value);
    return *now != FORE_OUTCOME_OPEN || *before != FORE_OUTCOME_OPEN;
}

static fore_status turn(replay *r, const change_fact *c, fore_error *err)
{
    fore_outcome now, before;
    if (c->at < last_of(r)->from || !is_evidence(r, c, &now, &before)) return FORE_OK;
    spell_fact *last = last_of(r);
    if (!r->told && before != FORE_OUTCOME_OPEN && before != now) {
        last->until = FORE_NO_TIME;
        last->outcome = (uint8_t)before;
    }
    r->told = true;
    if (now == (fore_outcome)last->outcome) return FORE_OK;
    if (now == FORE_OUTCOME_OPEN || !is_open(last)) return add_spell(r, c->at, c->at, now, err);
    last->until = c->at;
    last->outcome = (uint8_t)now;
    return FORE_OK;
}

/* --- the row's word --- */

static fore_status agree_open(replay *r, const subject_fact *s, bool *believed, fore_error *err)
{
    if (is_open(last_of(r))) return FORE_OK;
    *believed = r->by_word || meaning(r->b, s->stage) == FORE_OUTCOME_OPEN;
    return add_spell(r, INT64_MAX, INT64_MAX, FORE_OUTCOME_OPEN, err); /* see fore_spells_settle */
}

static fore_status agree_closed(replay *r, const subject_fact *s, bool *believed, fore_error *err)
{
    int64_t closed = s->closing_told ? s->closed_at : FORE_NO_TIME;
    spell_fact *last = last_of(r);
    if (is_open(last)) {
        if (closed > last->from) {
            last->until = closed;
            last->outcome = s->outcome;
            return FORE_OK;
        }
        r->b->spell.count--;
        if (count_of(r) == 0) return FORE_OK;
        last = last_of(r);
    }
    if (last->outcome == s->outcome) {
        if (last->from < last->until && closed > last->from) last->until = closed;
        return FORE_OK;
    }
    *believed = closed > last->until;
    return *believed ? add_spell(r, closed, closed, (fore_outcome)s->outcome, err) : FORE_OK;
}

static fore_status replay_deal(replay *r, const change_fact *c, int64_t n, fore_error *err)
{
    subject_fact *s = &r->b->subject.item[r->subject];
    bool believed = true;
    if (s->created_at == FORE_NO_TIME) return FORE_OK;
    FORE_TRY(add_spell(r, s->created_at, 0, FORE_OUTCOME_OPEN, err));
    for (int64_t i = 0; i < n; i++) FORE_TRY(turn(r, &c[i], err));
    if (s->outcome == FORE_OUTCOME_OPEN)
        FORE_TRY(agree_open(r, s, &believed, err));
    else
        FORE_TRY(agree_closed(r, s, &believed, err));
    if (!believed || count_of(r) < 2) {
        r->b->spell.count = r->first;
        return FORE_OK;
    }
    if (s->outcome != FORE_OUTCOME_OPEN) s->closed_at = last_of(r)->until;
    return FORE_OK;
}

static fore_status replay_all(fore_builder *b, fore_error *err)
{
    const change_fact *c = b->change.item;
    FORE_TRY(read_stages(b, err));
    for (int64_t i = 0, end; i < b->change.count; i = end) {
        for (end = i; end < b->change.count && c[end].subject == c[i].subject;) end++;
        replay r = {.b = b, .subject = c[i].subject, .first = b->spell.count};
        FORE_TRY(replay_deal(&r, c + i, end - i, err));
    }
    return FORE_OK;
}

/* --- all --- */

/* A closing without a time is as old as the last recorded change of the outcome to it. */
static void date_closings(fore_builder *b)
{
    for (int64_t i = 0; i < b->change.count; i++) {
        const change_fact *c = &b->change.item[i];
        subject_fact *s = &b->subject.item[c->subject];
        if (c->field == FORE_CHANGE_OUTCOME && c->new_value == s->outcome && !s->closing_told)
            s->closed_at = c->at;
    }
}

/* What is open has no time of closing, whatever the row says. */
static void settle_closings(fore_builder *b)
{
    for (int64_t i = 0; i < b->subject.count; i++) {
        subject_fact *s = &b->subject.item[i];
        if (s->outcome == FORE_OUTCOME_OPEN) s->closed_at = FORE_NO_TIME;
        if (s->created_at == FORE_NO_TIME)
            s->left_out = FORE_LEFT_NO_CREATION;
        else if (s->outcome != FORE_OUTCOME_OPEN && s->closed_at == FORE_NO_TIME)
            s->left_out = FORE_LEFT_CLOSED_WITHOUT_TIME;
        else if (s->outcome != FORE_OUTCOME_OPEN && s->closed_at < s->created_at)
            s->left_out = FORE_LEFT_CLOSED_BEFORE_CREATED;
    }
}

fore_status fore_closings_settle(fore_builder *b, fore_error *err)
{
    date_closings(b);
    FORE_TRY(replay_all(b, err));
    settle_closings(b);
    return FORE_OK;
}

/* Opened again, but no change says when: by the newest moment of the history. */
void fore_spells_settle(fore_timeline *t)
{
    int64_t *from = FORE_FILL(int64_t, t->spell_from);
    for (int64_t i = 0; i < t->spells; i++)
        if (from[i] == INT64_MAX)
            from[i] = t->newest_at > t->spell_until[i - 1] ? t->newest_at : t->spell_until[i - 1];
}
