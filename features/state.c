/* What was known of a subject at T: its changes before T applied, later ones undone. */
#include <math.h>

#include "features/extract.h"

/* The value of a field at T: the last change before it, else what the first change found, else what
 * is stored. */
static double value_at(const fore_timeline *t, int64_t s, fore_change_field field, int64_t as_of,
                       double stored)
{
    for (int64_t i = t->change_first[s + 1] - 1; i >= t->change_first[s]; i--) {
        if (t->change_field[i] != field) continue;
        if (t->change_at[i] < as_of) return t->change_new[i];
        stored = t->change_old[i];
    }
    return stored;
}

static int32_t index_of(double value, int64_t limit)
{
    return value >= 0 && value < (double)limit ? (int32_t)value : -1;
}

static void stage_at(const fore_timeline *t, int64_t s, int64_t as_of, fore_subject_state *state)
{
    state->stage = -1;
    state->stage_since = FORE_NO_TIME;
    for (int64_t i = t->change_first[s]; i < t->change_first[s + 1] && t->change_at[i] < as_of;
         i++) {
        if (t->change_field[i] != FORE_CHANGE_STAGE) continue;
        int32_t stage = index_of(t->change_new[i], t->stages.count);
        if (stage == state->stage) continue;
        state->stage = stage;
        state->stage_since = stage < 0 ? FORE_NO_TIME : t->change_at[i];
    }
}

void fore_subject_state_at(const fore_timeline *t, int64_t s, int64_t as_of,
                           fore_subject_state *state)
{
    state->exists = t->created_at[s] != FORE_NO_TIME && t->created_at[s] < as_of;
    state->open = fore_subject_open_at(t, s, as_of);
    stage_at(t, s, as_of, state);
    bool recorded = t->expected_recorded_from != FORE_NO_TIME && t->expected_recorded_from < as_of;
    double stored = t->expected_close_on[s] == FORE_NO_DATE ? NAN : t->expected_close_on[s];
    double expected = value_at(t, s, FORE_CHANGE_EXPECTED, as_of, stored);
    bool real = recorded && expected > INT32_MIN && expected < INT32_MAX;
    state->expected_close_on = real ? (int32_t)expected : FORE_NO_DATE;
    state->amount = value_at(t, s, FORE_CHANGE_AMOUNT, as_of, t->amount[s]);
    double owner = t->owner[s] < 0 ? NAN : t->owner[s];
    state->owner = index_of(value_at(t, s, FORE_CHANGE_OWNER, as_of, owner), t->reps);
}

double fore_closing_amount(const fore_timeline *t, int64_t s, int64_t closed_at)
{
    return value_at(t, s, FORE_CHANGE_AMOUNT, closed_at + 1, t->amount[s]);
}
