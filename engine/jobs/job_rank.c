/* "Whom do I work today?" Everything open, scored; without those who must not or need not be worked
 * today; urgent steps first, then by expected value per minute; until each rep's hours are full
 * (day_list.c).
 *
 * What belongs to a rep who has left stands on the whole team's list, marked, within the hours of
 * what belongs to nobody: somebody must take it over. Where the model was measured as no better
 * than the base rate, that rate stands for everybody's chance in the order. */
#include "engine/jobs/customers.h"
#include "engine/jobs/jobs.h"

enum { NAMES_SHOWN = 5 };

static void note_too_long(fore_answer *a, const fore_timeline *t, const fore_candidate *first,
                          double hours)
{
    double has = fore_hours_of_day(t, fore_whose_hours(t, first->row), hours);
    fore_answer_note(a,
                     "The first takes %.0f minutes (%.2g hours) and there are %.0f minutes (%.2g "
                     "hours): it is listed all the same.",
                     first->step.minutes, first->step.minutes / 60, has * 60, has);
}

static void note_passed_over(fore_answer *a, const fore_passed_over *p)
{
    const struct {
        int64_t count;
        const char *words;
    } part[] = {{p->do_not_contact, "that must not be contacted"},
                {p->said_not, "of which somebody said \"not this one\" (foresell feedback)"},
                {p->done_today, "worked today"},
                {p->resting, "resting after a contact"},
                {p->capped, "contacted often enough of late (--cap)"},
                {p->same_account, "whose account another rep works today"},
                {p->hours_full, "beyond the hours"},
                {p->beyond_limit, "beyond the limit (--limit N shows more)"}};
    fore_text words = {0};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].count > 0)
            fore_text_printf(&words, "%s%lld %s", words.length ? ", " : "",
                             (long long)part[i].count, part[i].words);
    if (words.length) fore_answer_note(a, "Not on the list: %s.", fore_text_string(&words));
    a->failed |= words.failed;
    fore_text_free(&words);
}

static void note_list(fore_answer *a, const fore_roster *r, const fore_passed_over *p)
{
    note_passed_over(a, p);
    for (int k = 0; k < 2; k++) {
        double limit[3];
        if (!r->scoring[k]) continue;
        fore_grade_limits(r->scoring[k], limit);
        fore_answer_note(
            a,
            "%s within %.0f days; grades A from %.1f %%, B from %.1f %%, C from %.1f %%; "
            "model %s.",
            k == FORE_SUBJECT_LEAD ? "Leads: chance to convert" : "Deals: chance to be won",
            r->scoring[k]->horizon_days, 100 * limit[0], 100 * limit[1], 100 * limit[2],
            r->scoring[k]->model_id);
    }
}

/* --- reps who have left --- */

static fore_status refuse_who_left(const fore_roster *r, int64_t rep, fore_error *err)
{
    char day[32];
    fore_date_format(r->timeline->rep_active_to_on[rep], day);
    return fore_fail(err, FORE_E_NO_ANSWER,
                     "%s left after %s and gets no list; `foresell rank` without --rep shows what "
                     "is to be handed over",
                     fore_word(&r->timeline->rep_ids, rep), day);
}

/* "handover": who has left, and how many open leads and deals they still hold. */
static fore_status write_handover(const fore_roster *r, fore_json_writer *json, fore_answer *a,
                                  fore_error *err)
{
    const fore_timeline *t = r->timeline;
    int64_t *open = FORE_ZNEW(t->reps + 1, int64_t), kinds[2] = {0, 0}, named = 0, unnamed = 0;
    fore_text names = {0};
    if (!open) return fore_no_memory(err);
    for (int64_t i = 0; i < r->count; i++) {
        if (!r->row[i].owner_left) continue;
        open[r->row[i].owner]++;
        kinds[fore_subject_kind_of(t, r->row[i].subject)]++;
    }
    fore_json_array(json, "handover");
    for (int64_t rep = 0; rep < t->reps; rep++) {
        if (open[rep] == 0) continue;
        fore_json_object(json, NULL);
        fore_json_string(json, "rep_id", fore_word(&t->rep_ids, rep));
        fore_json_date(json, "left_after", t->rep_active_to_on[rep]);
        fore_json_integer(json, "open", open[rep]);
        fore_json_end_object(json);
        if (named == NAMES_SHOWN)
            unnamed++;
        else
            fore_text_printf(&names, "%s%s", named++ ? ", " : "", fore_word(&t->rep_ids, rep));
    }
    fore_json_end_array(json);
    if (unnamed > 0) fore_text_printf(&names, " and %lld more", (long long)unnamed);
    int64_t all = kinds[0] + kinds[1];
    const char *what = kinds[FORE_SUBJECT_DEAL] == 0   ? "lead"
                       : kinds[FORE_SUBJECT_LEAD] == 0 ? "deal"
                                                       : "leads and deal";
    if (all > 0)
        fore_answer_note(a, "%lld open %s%s to %s (%s): hand %s over.", (long long)all, what,
                         all == 1 ? " belongs" : "s belong",
                         named + unnamed == 1 ? "a rep who has left" : "reps who have left",
                         fore_text_string(&names), all == 1 ? "it" : "them");
    a->failed |= names.failed;
    fore_text_free(&names);
    fore_free(open);
    return FORE_OK;
}

static const char *answering_model(const fore_roster *r)
{
    return r->scoring[FORE_SUBJECT_DEAL] ? r->scoring[FORE_SUBJECT_DEAL]->model_id
                                         : r->scoring[FORE_SUBJECT_LEAD]->model_id;
}

static bool before_history(const fore_timeline *t, int64_t as_of)
{
    for (int64_t s = 0; s < t->subjects; s++)
        if (t->left_out[s] != FORE_LEFT_NO_CREATION && t->created_at[s] < as_of) return false;
    return true;
}

/* rep: -1 = everybody. */
static fore_status find_rep(fore_context *c, const fore_roster *roster, const char *text,
                            int64_t *rep, fore_error *err)
{
    int64_t pk = 0;
    *rep = -1;
    if (!text) return FORE_OK;
    FORE_TRY(fore_roster_find_rep(c, text, &pk, err));
    *rep = fore_timeline_rep(roster->timeline, pk);
    if (*rep < 0)
        return fore_fail(err, FORE_E_NOT_FOUND, "rep '%s' has no part in the history", text);
    return fore_roster_rep_left(roster, *rep) ? refuse_who_left(roster, *rep, err) : FORE_OK;
}

/* By what the rest is ordered, and why not by more. */
static void note_basis(const fore_roster *r, fore_answer *a)
{
    const fore_scoring *s = r->scoring[FORE_SUBJECT_DEAL] ? r->scoring[FORE_SUBJECT_DEAL]
                                                          : r->scoring[FORE_SUBJECT_LEAD];
    if (fore_list_by_uplift(r))
        fore_answer_note(a,
                         "What was promised first, then who waits or is fresh, then by what a "
                         "contact today adds per minute: %s.",
                         s->uplift->basis);
    else
        fore_answer_note(a,
                         "What was promised first, then who waits or is fresh, then by value per "
                         "minute; what a contact adds: %s.",
                         s->uplift ? s->uplift->basis : "not learned yet, train again");
}

/* By whose clock the list's hours are. */
static fore_status note_clock(fore_context *c, fore_answer *a, fore_error *err)
{
    fore_text zone = {0};
    bool found;
    fore_status status = fore_store_setting(c->store, "zone", &zone, &found, err);
    if (status == FORE_OK)
        fore_answer_note(a, "\"when\" is by the workspace's clock (%s).",
                         found && zone.length ? fore_text_string(&zone) : "UTC");
    fore_text_free(&zone);
    return status;
}

static void note_order(fore_context *c, const foresell_rank_request *r, const fore_roster *roster,
                       const fore_day_list *list, fore_answer *a)
{
    if (list->kept == 0)
        fore_answer_note(a, "Nothing is to be worked today.");
    else if (list->too_long)
        note_too_long(a, roster->timeline, &list->item[0], r->hours);
    if (list->kept > 0) note_basis(roster, a);
    if (list->lot.share > 0)
        fore_answer_note(a,
                         "%.0f %% of the list are drawn by lot and marked%s; --explore 0 ends it.",
                         100 * list->lot.share,
                         !list->lot.worked ? " (a past day, or one to come: nothing is recorded)"
                         : fore_store_is_writable(c->store)
                             ? ""
                             : " (not recorded: the workspace cannot be written)");
    else if (r->explore < 0 && !list->lot.worked)
        fore_answer_note(a, "--explore 0 ends nothing for another day: give it without --as-of.");
    fore_roster_note_idle(roster, a, ", and the order goes by urgency and value alone");
    if (list->kept > 0)
        fore_answer_note(a, "In brackets: how often such ones were won, against all of them.");
}

fore_status fore_job_rank(fore_context *c, const foresell_rank_request *r, fore_answer *a,
                          fore_error *err)
{
    fore_status status = FORE_OK;
    fore_moment moment;
    fore_roster roster = {0};
    fore_day_list list = {0};
    int64_t rep;
    FORE_TRY(fore_context_moment(c, &r->moment, a, &moment, err));
    FORE_TRY(fore_roster_open(c, moment.as_of, &roster, err));
    if (before_history(roster.timeline, moment.as_of))
        FORE_GO(fore_fail(err, FORE_E_NO_ANSWER,
                          "the history begins after that moment; take a later one for --as-of"));
    FORE_GO(find_rep(c, &roster, r->rep, &rep, err));
    FORE_GO(fore_roster_add_open(c, &roster, err));
    FORE_GO(fore_day_list_build(c, r, &roster, rep, &list, err));
    fore_json_writer json = fore_json_to(&a->json);
    fore_json_object(&json, NULL);
    fore_json_time(&json, "as_of", moment.as_of);
    fore_json_string(&json, "model", answering_model(&roster));
    fore_roster_models_json(&roster, &json);
    FORE_GO(fore_rank_rows(c, &roster, &list, a, &json, err));
    FORE_GO(fore_customer_rows(c, r, &roster, &list, rep, a, &json, err));
    if (!r->rep) FORE_GO(write_handover(&roster, &json, a, err));
    fore_json_end_object(&json);
    FORE_GO(fore_day_list_record(c, &roster, &list, !r->rep, err));
    note_order(c, r, &roster, &list, a);
    if (list.kept > 0) FORE_GO(note_clock(c, a, err));
    note_list(a, &roster, &list.passed);
done:
    fore_day_list_free(&list);
    fore_roster_free(&roster);
    return status;
}
