/* Targets of vendors: one amount per rep (or team) and period. What is a part of it, or something
 * else than money, is left out with the reason. Here what they share, and the goals of HubSpot. */
#include <stdio.h>
#include <string.h>

#include "datasets/import_run.h"

/* Two quotas of one rep and period are alternatives where they are of different kinds. */
fore_status fore_target_of_kind(fore_importing *run, fore_row *row, const char *kind,
                                const char *reason, fore_error *err)
{
    const char *scope = fore_text_of(row, FORE_SLOT_SCOPE),
               *id = fore_text_of(row, FORE_SLOT_SCOPE_ID);
    char key[300];
    snprintf(key, sizeof key, "%s|%.200s|%lld|%lld", scope, id ? id : "",
             (long long)fore_date_in(row, FORE_SLOT_PERIOD_START),
             (long long)fore_date_in(row, FORE_SLOT_PERIOD_END));
    const fore_lookup_entry *before = fore_lookup_find(run, FORE_LOOK_TARGET, key);
    if (before && strcmp(before->text, kind) != 0) return fore_reject(run, NULL, kind, reason, err);
    fore_lookup_entry entry = {.text = kind};
    return before ? FORE_OK : fore_lookup_put(run, FORE_LOOK_TARGET, key, &entry, err);
}

/* By what the goal is called: what is counted is no money, whatever else the name says. */
static bool is_of_money(const char *name, const char *kpi)
{
    static const char *const counted[] = {"pipeline",   "call",    "dial",    "meeting", "email",
                                          "task",       "ticket",  "contact", "lead",    "activity",
                                          "activities", "created", "time",    "visit",   NULL};
    static const char *const money[] = {"revenue", "quota", "sale",   "booking", "turnover",
                                        "arr",     "mrr",   "umsatz", NULL};
    for (const char *const *w = counted; *w; w++)
        if ((name && fore_has_word(name, *w)) || (kpi && fore_has_word(kpi, *w))) return false;
    for (const char *const *w = money; *w; w++)
        if ((name && fore_has_word(name, *w)) || (kpi && fore_has_word(kpi, *w))) return true;
    return false;
}

/* Without a list of owners that names users, a user who is a rep's id is this rep. */
static fore_status user_as_owner(fore_importing *run, const char *user, const char **id,
                                 fore_error *err)
{
    int64_t pk = 0;
    if (!user || run->lookups[FORE_LOOK_OWNER_OF_USER].keys) return FORE_OK;
    FORE_TRY(fore_store_find(run->store, FORE_REP, user, &pk, err));
    if (pk != 0) *id = user;
    return FORE_OK;
}

/* To whom a goal is assigned: an owner, a user who is one, else a team. */
static fore_status assign(fore_importing *run, fore_row *row, fore_error *err)
{
    const char *user = fore_text_of(row, FORE_SLOT_KEY), *id = fore_text_of(row, FORE_SLOT_OWNER);
    const fore_lookup_entry *owner = fore_lookup_find(run, FORE_LOOK_OWNER_OF_USER, user);
    if (!id && owner) id = owner->text;
    if (!id) FORE_TRY(user_as_owner(run, user, &id, err));
    if (!id && user)
        return fore_reject_slot(run, FORE_SLOT_KEY,
                                "no owner is this user; export owners with owner_id and user_id",
                                err);
    bool team = !id && fore_has(row, FORE_SLOT_TEAM);
    if (!id && !team)
        return fore_reject(run, NULL, NULL,
                           "a goal of nobody; export hubspot_owner_id or hs_assignee_team_id", err);
    fore_set_text(row, FORE_SLOT_SCOPE, team ? "team" : "rep");
    fore_set_text(row, FORE_SLOT_SCOPE_ID, team ? fore_text_of(row, FORE_SLOT_TEAM) : id);
    return FORE_OK;
}

fore_status fore_shape_goal(fore_importing *run, fore_row *row, bool *keep, fore_error *err)
{
    (void)keep;
    const char *name = fore_text_of(row, FORE_SLOT_NAME);
    if (!is_of_money(name, fore_text_of(row, FORE_SLOT_SUBTYPE)))
        return fore_reject_slot(run, FORE_SLOT_NAME,
                                "a goal not named for revenue, quota, sales or bookings; rename it",
                                err);
    FORE_TRY(assign(run, row, err));
    if (row->rejected) return FORE_OK;
    return fore_target_of_kind(run, row, name ? name : "",
                               "another goal for the same period; leave one in the export", err);
}
