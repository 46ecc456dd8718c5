/* Advertising spend by day, summed to one campaign row: cost over all days, first and last day. */
#include <string.h>

#include "datasets/import_run.h"

typedef struct total {
    const char *channel;
    int64_t cost_minor, from, to;
} total;

struct fore_spend {
    fore_dictionary *campaigns;
    total *totals;
    int64_t capacity;
};

static fore_status new_campaign(fore_importing *run, int64_t at, fore_error *err)
{
    const char *channel = fore_text_of(&run->row, FORE_SLOT_CHANNEL);
    total t = {.channel = fore_arena_string(run->scrap, channel),
               .from = FORE_NO_TIME,
               .to = FORE_NO_TIME};
    if (channel && !t.channel) return fore_no_memory(err);
    FORE_TRY(fore_grow((void **)&run->spend->totals, &run->spend->capacity, at + 1, sizeof t, err));
    run->spend->totals[at] = t;
    return FORE_OK;
}

fore_status fore_spend_add(fore_importing *run, fore_error *err)
{
    const fore_row *r = &run->row;
    const char *id = fore_text_of(r, FORE_SLOT_ID);
    if (!id) return FORE_OK; /* spend of no campaign */
    if (!run->spend && !(run->spend = FORE_ZNEW(1, struct fore_spend))) return fore_no_memory(err);
    struct fore_spend *s = run->spend;
    if (!s->campaigns && !(s->campaigns = fore_dictionary_new())) return fore_no_memory(err);
    int64_t before = fore_dictionary_count(s->campaigns);
    int64_t at = fore_dictionary_add(s->campaigns, id, (int64_t)strlen(id));
    if (at < 0) return fore_no_memory(err);
    if (at == before) FORE_TRY(new_campaign(run, at, err));
    total *t = &s->totals[at];
    int64_t day = fore_integer_of(r, FORE_SLOT_AT, FORE_NO_TIME);
    if (__builtin_add_overflow(t->cost_minor, fore_integer_of(r, FORE_SLOT_COST, 0),
                               &t->cost_minor)) {
        return fore_reject_slot(run, FORE_SLOT_COST, "the sum of the costs is too large", err);
    }
    if (day == FORE_NO_TIME) return FORE_OK;
    if (t->from == FORE_NO_TIME || day < t->from) t->from = day;
    if (t->to == FORE_NO_TIME || day > t->to) t->to = day;
    return FORE_OK;
}

fore_status fore_spend_store(fore_importing *run, fore_error *err)
{
    if (!run->spend) return FORE_OK;
    for (int64_t i = 0; i < fore_dictionary_count(run->spend->campaigns); i++) {
        const total *t = &run->spend->totals[i];
        const char *id = fore_dictionary_text(run->spend->campaigns, i);
        fore_put put;
        fore_campaign_row row = {.id = id,
                                 .known = true,
                                 .name = id,
                                 .channel = t->channel,
                                 .started_at = t->from,
                                 .ended_at = t->to,
                                 .cost_minor = t->cost_minor};
        FORE_TRY(fore_store_put_campaign(run->store, &row, &put, err));
        run->kind_rows[FORE_KIND_CAMPAIGNS]++;
        run->derived[put]++;
    }
    return FORE_OK;
}

void fore_spend_free(struct fore_spend *spend)
{
    if (!spend) return;
    fore_dictionary_free(spend->campaigns);
    fore_free(spend->totals);
    fore_free(spend);
}
