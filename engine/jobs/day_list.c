/* Building the day's list. */
#include "engine/jobs/day_list.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/jobs/supposed.h"

enum { ROWS_PER_REP = 50, ROWS_DEFAULT = 20, COOL_OFF_DEFAULT = 2 };
enum { CAP_TOUCHES = 5, CAP_DAYS = 14 };
static const double HOURS_DEFAULT = 8, WORKING_DAYS = 5;

/* What it brings: what working it today adds, where that is known, else its chance; times the
 * value, where one is known. By kind of subject alike, so that no list mixes the two. */
static double gain_of(const fore_roster *r, const fore_candidate *k)
{
    const fore_roster_row *row = k->row;
    const fore_scoring *s = r->scoring[fore_subject_kind_of(r->timeline, row->subject)];
    double chance = fore_scoring_is_idle(s) ? s->base_rate : k->chance;
    if (fore_list_by_uplift(r)) chance = fore_uplift_of(s->uplift, k->step.kind, chance).middle;
    if (isnan(row->expected_value) || !(row->probability > 0)) return chance;
    return row->expected_value * (chance / row->probability);
}

bool fore_list_by_uplift(const fore_roster *r)
{
    bool known = true;
    for (int k = 0; k < 2; k++)
        if (r->scoring[k]) known = known && r->scoring[k]->uplift && r->scoring[k]->uplift->known;
    return known;
}

/* What was promised, then who waits or is fresh, then what was drawn, then the rest. */
static int place_of(const fore_candidate *k)
{
    bool promised = k->step.due != FORE_NO_TIME;
    return promised && k->step.urgent ? 0 : k->step.urgent ? 1 : k->drawn ? 2 : 3;
}

static int by_worth(const void *left, const void *right)
{
    const fore_candidate *a = left, *b = right;
    if (place_of(a) != place_of(b)) return place_of(a) < place_of(b) ? -1 : 1;
    if (a->gain_per_minute != b->gain_per_minute)
        return a->gain_per_minute > b->gain_per_minute ? -1 : 1;
    return a->row->subject < b->row->subject ? -1 : 1;
}

/* What holds for every candidate of a day. */
typedef struct day_rules {
    const fore_timeline *t;
    int64_t as_of, start, cool_off, cap;
    fore_remarks remarks;
    int64_t *touches; /* by subject, of the cap's days */
} day_rules;

static fore_status rules_open(fore_context *c, const foresell_rank_request *r,
                              const fore_timeline *t, int64_t as_of, int64_t start, day_rules *d,
                              fore_error *err)
{
    *d = (day_rules){.t = t, .as_of = as_of, .start = start};
    d->cool_off = (r->cool_off_days == 0 ? COOL_OFF_DEFAULT : r->cool_off_days) * FORE_DAY;
    d->cap = r->cap_touches == 0 ? CAP_TOUCHES : r->cap_touches < 0 ? INT64_MAX : r->cap_touches;
    FORE_TRY(
        fore_touches_count(t, as_of, r->cap_days > 0 ? r->cap_days : CAP_DAYS, &d->touches, err));
    return fore_remarks_read(c, t, as_of, &d->remarks, err);
}

static void rules_close(day_rules *d)
{
    fore_free(d->touches);
    fore_remarks_free(&d->remarks);
}

static bool may_be_worked(const day_rules *d, const fore_candidate *k, fore_passed_over *passed)
{
    int64_t subject = k->row->subject, out, in, *why = NULL;
    fore_last_contacts(d->t, subject, d->as_of, &out, &in);
    bool promised = k->step.due != FORE_NO_TIME;  /* and still to do after the last contact */
    bool theirs = in != FORE_NO_TIME && in > out; /* they were the last to get in touch */
    if (d->t->do_not_contact[subject])
        why = &passed->do_not_contact;
    else if (fore_remark_on(&d->remarks, subject))
        why = &passed->said_not;
    else if (out != FORE_NO_TIME && out >= d->start && in < out && !(promised && k->step.due > out))
        why = &passed->done_today;
    else if (!promised && out != FORE_NO_TIME && in <= out && d->as_of - out < d->cool_off)
        why = &passed->resting;
    else if (!promised && !theirs && d->touches[subject] >= d->cap)
        why = &passed->capped;
    if (why) ++*why;
    return !why;
}

/* Hours of a rep's day; of what belongs to nobody (rep = reps): a day of its own. */
double fore_hours_of_day(const fore_timeline *t, int64_t rep, double hours)
{
    double week = rep < t->reps ? t->rep_hours_per_week[rep] : NAN;
    return hours > 0 ? hours : isnan(week) ? HOURS_DEFAULT : week / WORKING_DAYS;
}

int64_t fore_whose_hours(const fore_timeline *t, const fore_roster_row *row)
{
    return row->owner < 0 || row->owner_left ? t->reps : row->owner;
}

/* What the lists hold so far. */
typedef struct lists {
    double *left;     /* minutes by rep, and of nobody */
    int64_t *rows;    /* by rep */
    int32_t *account; /* the rep who works it today, -1 = none yet */
    int64_t limit, kept;
} lists;

static fore_status lists_open(const fore_timeline *t, double hours, int64_t limit, lists *l,
                              fore_error *err)
{
    *l = (lists){FORE_NEW(t->reps + 1, double), FORE_ZNEW(t->reps + 1, int64_t),
                 FORE_NEW(t->accounts + 1, int32_t), limit, 0};
    if (!l->left || !l->rows || !l->account) return fore_no_memory(err);
    for (int64_t r = 0; r <= t->reps; r++) l->left[r] = fore_hours_of_day(t, r, hours) * 60;
    for (int64_t i = 0; i <= t->accounts; i++) l->account[i] = -1;
    return FORE_OK;
}

static void lists_close(lists *l)
{
    fore_free(l->left);
    fore_free(l->rows);
    fore_free(l->account);
}

/* NULL: taken; else the count of those passed over for the same reason. */
static int64_t *take(lists *l, const fore_timeline *t, const fore_candidate *k, int64_t rep,
                     fore_passed_over *passed)
{
    int32_t account = t->account[k->row->subject];
    if (account >= 0 && l->account[account] >= 0 && l->account[account] != rep)
        return &passed->same_account;
    if (l->left[rep] < k->step.minutes || (l->limit == 0 && l->rows[rep] >= ROWS_PER_REP))
        return &passed->hours_full;
    if (l->limit > 0 && l->kept >= l->limit) return &passed->beyond_limit;
    l->left[rep] -= k->step.minutes;
    l->rows[rep]++;
    if (account >= 0) l->account[account] = (int32_t)rep;
    return NULL;
}

/* --- chances that order --- */

/* What attempts in vain add to a chance earns no place: the chance that orders is the smaller one
 * of with and without them. */
static fore_status set_chances(fore_context *c, const fore_roster *r, fore_candidate *list,
                               int64_t n, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_supposed never = {0};
    fore_extract_row *row = FORE_NEW(n + 1, fore_extract_row);
    double *p = FORE_NEW(n + 1, double);
    int64_t *who = FORE_NEW(n + 1, int64_t);
    if (!row || !p || !who) FORE_GO(fore_no_memory(err));
    FORE_GO(fore_suppose_no_vain_attempts(r->timeline, r->extractor, r->as_of, &never, err));
    for (int kind = 0; kind < 2; kind++) {
        int64_t m = 0, attempts;
        for (int64_t i = 0; i < n && r->scoring[kind]; i++) {
            int64_t subject = list[i].row->subject;
            if (fore_subject_kind_of(r->timeline, subject) != (fore_subject_kind)kind) continue;
            list[i].chance = list[i].row->probability;
            fore_attempts_unanswered(r->timeline, subject, r->as_of, &attempts);
            if (attempts == 0) continue;
            row[m] = (fore_extract_row){subject, r->as_of};
            who[m++] = i;
        }
        if (m > 0)
            FORE_GO(fore_scoring_predict(r->scoring[kind], never.extractor, c->pool,
                                         r->attributes[kind], row, m, p, NULL, NULL, err));
        for (int64_t i = 0; i < m; i++) list[who[i]].chance = fmin(list[who[i]].chance, p[i]);
    }
done:
    fore_supposed_free(&never);
    fore_free(row);
    fore_free(p);
    fore_free(who);
    return status;
}

/* --- the list --- */

/* What is planned has its own hour; one planned for a day without an hour is planned for midnight.
 */
static bool has_own_hour(const fore_context *c, const fore_next_step *s, int64_t as_of, int *hour)
{
    if (s->due == FORE_NO_TIME || s->due < as_of) return false;
    int64_t local = s->due + fore_zone_offset(c->zone, s->due);
    int64_t in_day = local - fore_time_of_date(fore_date_of(local));
    if (in_day > 0) *hour = (int)(in_day / FORE_HOUR);
    return in_day > 0;
}

/* The start of the day of as_of in the workspace's zone. */
static int64_t start_of_day(const fore_context *c, int64_t as_of)
{
    int64_t local = as_of + fore_zone_offset(c->zone, as_of);
    return fore_zone_to_utc(c->zone, fore_time_of_date(fore_date_of(local)));
}

typedef struct building {
    fore_context *c;
    const foresell_rank_request *r;
    const fore_roster *roster;
    int64_t rep, n; /* whose list; candidates so far */
    fore_day_list *list;
} building;

/* Everybody who may be worked today, with the next step. */
static fore_status add_candidates(building *b, fore_error *err)
{
    const fore_roster *r = b->roster;
    fore_status status = FORE_OK;
    fore_habits habits;
    fore_passed_over others = {0};
    day_rules rules = {0};
    FORE_GO(
        rules_open(b->c, b->r, r->timeline, r->as_of, start_of_day(b->c, r->as_of), &rules, err));
    fore_habits_read(r->timeline, r->as_of, &habits);
    for (int64_t i = 0; i < r->count; i++) {
        fore_candidate *k = &b->list->item[b->n];
        *k = (fore_candidate){.row = &r->row[i]};
        fore_next_step_choose(r->timeline, &habits, k->row->subject, r->as_of, &k->step);
        bool theirs = b->rep >= 0 && k->row->owner != b->rep; /* for the accounts only */
        if (!may_be_worked(&rules, k, theirs ? &others : &b->list->passed)) continue;
        k->promised_hour = has_own_hour(b->c, &k->step, r->as_of, &k->step.hour);
        b->n++;
    }
done:
    rules_close(&rules);
    return status;
}

static void sort_candidates(building *b)
{
    if (b->n > 1) qsort(b->list->item, (size_t)b->n, sizeof *b->list->item, by_worth);
}

static fore_status set_gains(building *b, fore_error *err)
{
    fore_candidate *k = b->list->item;
    FORE_TRY(set_chances(b->c, b->roster, k, b->n, err));
    for (int64_t i = 0; i < b->n; i++) {
        const fore_scoring *s =
            b->roster->scoring[fore_subject_kind_of(b->roster->timeline, k[i].row->subject)];
        k[i].uplift = fore_uplift_of(s->uplift, k[i].step.kind, k[i].chance);
        k[i].gain_per_minute = gain_of(b->roster, &k[i]) / k[i].step.minutes;
    }
    return FORE_OK;
}

/* Goes through them in order. rows, unless NULL: counts what each rep is given. Else the list keeps
 * what the hours hold; where they hold nothing at all, the first that only they kept out. With a
 * rep, only theirs are kept; what the others work counts all the same: no two reps on one account.
 */
static fore_status fill_hours(building *b, int64_t *rows, fore_error *err)
{
    const fore_timeline *t = b->roster->timeline;
    fore_day_list *list = b->list;
    fore_passed_over others = {0}, mine = list->passed;
    int64_t limit = b->r->limit == 0 && b->rep < 0 ? ROWS_DEFAULT : b->r->limit, full = -1;
    lists l;
    fore_status status = lists_open(t, b->r->hours, limit < 0 ? 0 : limit, &l, err);
    for (int64_t i = 0; i < b->n && status == FORE_OK; i++) {
        fore_candidate *k = &list->item[i];
        bool shown = b->rep < 0 || k->row->owner == b->rep;
        int64_t rep = fore_whose_hours(t, k->row);
        int64_t *why = take(&l, t, k, rep, shown ? &mine : &others);
        if (why) ++*why;
        if (why == &mine.hours_full && full < 0) full = i;
        if (why || !shown) continue;
        if (rows)
            rows[rep]++;
        else
            list->item[l.kept] = *k;
        l.kept++;
    }
    lists_close(&l);
    if (rows) return status;
    list->too_long = l.kept == 0 && full >= 0;
    if (list->too_long) {
        list->item[l.kept++] = list->item[full];
        mine.hours_full--;
    }
    list->kept = l.kept;
    list->passed = mine;
    return status;
}

static fore_status keep_lots(building *b, fore_error *err)
{
    fore_day_list *l = b->list;
    for (int64_t i = 0; i < b->n; i++) l->lots += l->item[i].drawn || l->item[i].compared;
    l->lot_of = FORE_NEW(l->lots + 1, fore_candidate);
    if (!l->lot_of) return fore_no_memory(err);
    for (int64_t i = 0, k = 0; i < b->n; i++)
        if (l->item[i].drawn || l->item[i].compared) l->lot_of[k++] = l->item[i];
    return FORE_OK;
}

/* What is drawn by lot takes its place: of the lists as they would be without. */
static fore_status draw_share(building *b, fore_error *err)
{
    fore_day_list *l = b->list;
    const fore_timeline *t = b->roster->timeline;
    l->lot = (fore_lottery){.day = b->roster->today, .seed = b->r->seed};
    FORE_TRY(fore_context_is_worked(b->c, &b->r->moment, b->roster->as_of, &l->lot.worked, err));
    FORE_TRY(fore_explore_share(b->c, b->r->explore, l->lot.worked, &l->lot.share, err));
    if (!(l->lot.share > 0)) return FORE_OK;
    int64_t *rows = FORE_ZNEW(t->reps + 1, int64_t);
    if (!rows) return fore_no_memory(err);
    fore_status status = fill_hours(b, rows, err);
    if (status == FORE_OK) status = fore_day_draw(t, &l->lot, l->item, b->n, rows, err);
    if (status == FORE_OK) status = keep_lots(b, err);
    if (status == FORE_OK) sort_candidates(b);
    fore_free(rows);
    return status;
}

/* Names, and hours that suit them too. */
static fore_status find_people(building *b, fore_error *err)
{
    fore_day_list *l = b->list;
    const fore_roster *r = b->roster;
    fore_habits habits;
    l->who = FORE_NEW(l->kept + 1, fore_whois);
    if (!l->who) return fore_no_memory(err);
    fore_habits_read(r->timeline, r->as_of, &habits);
    for (int64_t i = 0; i < l->kept; i++) {
        const fore_candidate *k = &l->item[i];
        FORE_TRY(fore_whois_read(b->c, r->timeline, k->row->subject, &l->who[i], err));
        FORE_TRY(fore_whois_set_hour(b->c, r->timeline, &habits, k->row->subject, r->as_of,
                                     &k->step, k->promised_hour, &l->who[i], err));
    }
    return FORE_OK;
}

fore_status fore_day_list_build(fore_context *c, const foresell_rank_request *r,
                                const fore_roster *roster, int64_t rep, fore_day_list *list,
                                fore_error *err)
{
    fore_status status = FORE_OK;
    building b = {.c = c, .r = r, .roster = roster, .rep = rep, .list = list};
    *list = (fore_day_list){.item = FORE_NEW(roster->count + 1, fore_candidate)};
    if (!list->item) return fore_no_memory(err);
    FORE_GO(add_candidates(&b, err));
    FORE_GO(set_gains(&b, err));
    sort_candidates(&b);
    FORE_GO(draw_share(&b, err));
    FORE_GO(fill_hours(&b, NULL, err));
    FORE_GO(find_people(&b, err));
done:
    if (status != FORE_OK) fore_day_list_free(list);
    return status;
}

void fore_day_list_free(fore_day_list *list)
{
    fore_free(list->item);
    fore_free(list->lot_of);
    fore_free(list->who);
    *list = (fore_day_list){0};
}
