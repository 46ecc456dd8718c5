/* The quality report against a plain recount of the store's rows, and leaks named. */
#include "answer_help.h"
#include "features/attributes.h"

enum { NOW = 560 };

static void put_unlinked(world *w, int n)
{
    for (int i = 0; i < n; i++)
        put_event(w, (an_event){.rep = "R0", .kind = FORE_CALL, .at = at(20 + i, 9)});
}

/* A tidy company, and rows with known faults beside it. */
static void put_faults(world *w)
{
    company k = {.seed = 3, .deals = 200, .days = 500, .leak = true};
    put_company(w, &k);
    world_begin(w);
    put_closed(w, "X1", at(50, 9), at(40, 9), FORE_WON, 100);
    put_closed(w, "X2", at(60, 9), at(40, 9), FORE_LOST, 100);
    put_closed(w, "X3", at(60, 9), at(80, 9), FORE_WON, NAN);
    put_closed(w, "X4", at(61, 9), at(81, 9), FORE_WON, NAN);
    put_closed(w, "X5", at(61, 9), at(NOW + 9, 9), FORE_WON, 100);
    put_closed(w, "X6", at(61, 9), FORE_NO_TIME, FORE_WON, 100);
    put_deal(w, a_deal("X7", FORE_NO_TIME));
    for (int i = 0; i < 3; i++) {
        char id[16];
        snprintf(id, sizeof id, "L%d", i);
        fore_lead_row lead = a_lead(id, at(30 + i, 9));
        lead.email = i == 2 ? "other@example.org" : "Same@Example.org";
        put_lead(w, lead);
    }
    put_unlinked(w, 4);
    put_event(w, (an_event){.deal = "D000001", .kind = FORE_CALL, .at = at(NOW + 3, 9)});
    world_commit(w);
}

/* --- the recount --- */

static int64_t closed_before_created(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals; i++) {
        const stored_subject *d = &s->deal[i];
        bool both = d->created != FORE_NO_TIME && d->closed != FORE_NO_TIME;
        n += both && d->closed < d->created;
    }
    return n;
}

static int64_t won_without_amount(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals; i++)
        n += s->deal[i].outcome == FORE_WON && isnan(s->deal[i].amount);
    return n;
}

static int64_t without_creation(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals; i++) n += s->deal[i].created == FORE_NO_TIME;
    return n;
}

static int64_t without_closing(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals; i++)
        n += s->deal[i].outcome != FORE_OUTCOME_OPEN && s->deal[i].closed == FORE_NO_TIME;
    return n;
}

static int64_t unlinked(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->events; i++) n += !s->event[i].lead && !s->event[i].deal;
    return n;
}

static int64_t events_to_come(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->events; i++) n += s->event[i].at > at(NOW, 0);
    return n;
}

static int64_t deals_to_come(const stored *s)
{
    int64_t n = 0;
    for (int64_t i = 0; i < s->deals; i++)
        n += (s->deal[i].closed != FORE_NO_TIME && s->deal[i].closed > at(NOW, 0)) ||
             (s->deal[i].created != FORE_NO_TIME && s->deal[i].created > at(NOW, 0));
    return n;
}

static int64_t same_mail(const stored *s)
{
    (void)s;
    return 1; /* of put_faults: the second of the two; letters' case does not count */
}

typedef struct recount {
    const char *code, *entity;
    int64_t (*count)(const stored *s);
} recount;

static const recount recounts[] = {
    {"closed_before_created", "deal", closed_before_created},
    {"amount_unknown", "deal", won_without_amount},
    {"creation_unknown", "deal", without_creation},
    {"closing_unknown", "deal", without_closing},
    {"activity_unlinked", "activity", unlinked},
    {"time_in_future", "activity", events_to_come},
    {"time_in_future", "deal", deals_to_come},
    {"duplicate_email", "lead", same_mail},
};
enum { RECOUNTS = sizeof recounts / sizeof *recounts };

static const fore_json_node *finding(const fore_json_node *root, const recount *r)
{
    const fore_json_node *all = node_of(root, "findings");
    for (int64_t i = 0; i < fore_json_length(all); i++) {
        const fore_json_node *f = fore_json_at(all, i);
        if (strcmp(string_of(f, "code"), r->code) == 0 &&
            strcmp(string_of(f, "entity"), r->entity) == 0)
            return f;
    }
    return NULL;
}

static foresell_check_request request(const char *code)
{
    return (foresell_check_request){.moment = {at(NOW, 0), NULL}, .code = code};
}

static void check__planted_faults__are_counted_as_the_rows_say(void **state)
{
    world *w = *state;
    put_faults(w);
    stored s = read_store(w);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    for (int i = 0; i < RECOUNTS; i++) {
        const fore_json_node *f = finding(h.root, &recounts[i]);
        int64_t wanted = recounts[i].count(&s);
        assert_true(wanted > 0);
        if (!f) fail_msg("%s of %s is not found", recounts[i].code, recounts[i].entity);
        if (number_of(f, "count") != (double)wanted)
            fail_msg("%s of %s: %g, by the rows %lld", recounts[i].code, recounts[i].entity,
                     number_of(f, "count"), (long long)wanted);
        assert_true(strlen(string_of(f, "effect")) > 20);
        assert_non_null(fore_json_get_string(f, "severity"));
    }
    CLOSE(number_of(finding(h.root, &recounts[0]), "share"), 2.0 / (double)s.deals);
    forget(&h);
    drop_stored(&s);
}

static void check__a_tidy_company__has_none_of_them(void **state)
{
    world *w = *state;
    company k = {.seed = 3, .deals = 120, .days = 400};
    put_company(w, &k);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    for (int i = 0; i < RECOUNTS; i++) assert_null(finding(h.root, &recounts[i]));
    assert_int_equal(number_of(h.root, "errors"), 0);
    forget(&h);
}

static void check__table__says_what_the_json_says(void **state)
{
    world *w = *state;
    put_faults(w);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_grid *g = grid_of(&h, "findings");
    const fore_json_node *all = node_of(h.root, "findings");
    assert_int_equal(g->row_count, fore_json_length(all));
    double counted = 0, summed = 0;
    for (int64_t i = 0; i < g->row_count; i++) {
        const fore_json_node *f = fore_json_at(all, i);
        assert_string_equal(cell_of(g, i, "code")->text, string_of(f, "code"));
        assert_string_equal(cell_of(g, i, "severity")->text, string_of(f, "severity"));
        assert_true(cell_of(g, i, "rows")->number == number_of(f, "count"));
        counted += number_of(f, "count");
    }
    static const char *const kinds[] = {"errors", "warnings", "suggestions"};
    for (int i = 0; i < 3; i++) summed += number_of(h.root, kinds[i]);
    assert_true(counted == summed);
    char when[32];
    fore_time_format(at(NOW, 0), when);
    assert_string_equal(string_of(h.root, "as_of"), when);
    forget(&h);
}

static void check__code__lists_exactly_those_rows(void **state)
{
    world *w = *state;
    put_faults(w);
    foresell_check_request r = request("closed-before-created"); /* hyphens are fine */
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_grid *g = grid_of(&h, "rows");
    assert_int_equal(g->row_count, 2);
    assert_string_equal(cell_of(g, 0, "id")->text, "X1");
    assert_string_equal(cell_of(g, 1, "id")->text, "X2");
    assert_true(strlen(cell_of(g, 0, "text")->text) > 10);
    forget(&h);
    r = request("activity_unlinked");
    r.limit = 3;
    HEAR(some, fore_job_check(&w->c, &r, some.answer, e));
    assert_int_equal(grid_of(&some, "rows")->row_count, 3);
    assert_true(noted(&some, "the first 3 of 4"));
    forget(&some);
    r = request("owner_left");
    HEAR(none, fore_job_check(&w->c, &r, none.answer, e));
    assert_int_equal(grid_of(&none, "rows")->row_count, 0);
    assert_true(noted(&none, "No row has this finding"));
    forget(&none);
    r = request("bad_luck");
    DENIED(FORE_E_ARGUMENT, "bad_luck", d, fore_job_check(&w->c, &r, d.answer, e));
}

static const fore_json_node *leak(const heard *h, const char *column)
{
    const fore_json_node *all = node_of(h->root, "leaks");
    for (int64_t i = 0; i < fore_json_length(all); i++)
        if (strcmp(string_of(fore_json_at(all, i), "column"), column) == 0)
            return fore_json_at(all, i);
    return NULL;
}

static void check__columns_that_know_the_outcome__are_named(void **state)
{
    world *w = *state;
    put_faults(w);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_json_node *signed_on = leak(&h, "Signed");
    assert_non_null(signed_on);
    assert_string_equal(string_of(signed_on, "purpose"), "deal");
    assert_string_equal(string_of(signed_on, "grade"), "knows the outcome");
    assert_true(number_of(signed_on, "auc") > 0.9);
    assert_true(strlen(string_of(signed_on, "why")) > 20);
    assert_null(leak(&h, "Size"));
    assert_true(noted(&h, "left out of training"));
    assert_int_equal(grid_of(&h, "leaks")->row_count, fore_json_length(node_of(h.root, "leaks")));
    forget(&h);
}

/* A mood is noted on every deal. The change log shows that for two of three it was written, or
 * written anew, two days after the closing. */
static void put_moods(world *w, bool written_anew)
{
    company k = {.seed = 3, .deals = 200, .days = 400};
    put_company(w, &k);
    stored s = read_store(w);
    world_begin(w);
    for (int64_t i = 0; i < s.deals; i++) {
        const stored_subject *d = &s.deal[i];
        bool late = d->outcome != FORE_OUTCOME_OPEN && i % 3;
        if (!late && !written_anew) continue;
        fore_deal_row row = a_deal(d->id, d->created);
        row.outcome = FORE_OUTCOME_UNKNOWN;
        row.attributes = i % 2 ? "{\"Mood\":\"fine\"}" : "{\"Mood\":\"so so\"}";
        put_deal(w, row);
        if (late)
            put_change(w, d->id, d->closed + 2 * FORE_DAY, "Mood", written_anew ? "busy" : NULL,
                       i % 2 ? "fine" : "so so");
    }
    world_commit(w);
    drop_stored(&s);
}

static void check__a_value_changed_after_closing__is_named(void **state)
{
    world *w = *state;
    put_moods(w, true);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    const fore_json_node *mood = leak(&h, "Mood");
    if (!mood) fail_msg("the column changed after closing is not named");
    assert_non_null(strstr(string_of(mood, "why"), "after the closing"));
    forget(&h);
}

/* Nothing of it was known at any creation: there is no value to learn from. */
static void check__a_value_set_only_after_closing__is_never_seen(void **state)
{
    world *w = *state;
    fore_attributes *attributes = NULL;
    put_moods(w, false);
    OK(fore_attributes_read(w->c.store, world_timeline(w), FORE_SUBJECT_DEAL, at(NOW, 0), NULL, 0,
                            &attributes, e));
    int64_t mood = fore_frame_find(attributes->frame, "Mood");
    if (mood >= 0)
        assert_int_equal(fore_frame_column_at(attributes->frame, mood)->type, FORE_COLUMN_EMPTY);
    int64_t size = fore_frame_find(attributes->frame, "Size"); /* known from the start */
    assert_int_not_equal(fore_frame_column_at(attributes->frame, size)->type, FORE_COLUMN_EMPTY);
    fore_attributes_free(attributes);
}

static void check__reads_only(void **state)
{
    world *w = *state;
    char before[33], after[33];
    put_faults(w);
    fingerprint_of(w, before);
    foresell_check_request r = request(NULL);
    HEAR(h, fore_job_check(&w->c, &r, h.answer, e));
    fingerprint_of(w, after);
    assert_string_equal(before, after);
    fore_text json = {0};
    int64_t as_of;
    bool found;
    OK(fore_store_answer(w->c.store, "check", &json, &as_of, &found, e));
    assert_false(found);
    fore_text_free(&json);
    forget(&h);
}

static void check__an_empty_history__has_no_answer(void **state)
{
    world *w = *state;
    foresell_check_request r = request(NULL);
    DENIED(FORE_E_NO_ANSWER, "foresell import", d, fore_job_check(&w->c, &r, d.answer, e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(check__planted_faults__are_counted_as_the_rows_say),
        WITH_WORLD(check__a_tidy_company__has_none_of_them),
        WITH_WORLD(check__table__says_what_the_json_says),
        WITH_WORLD(check__code__lists_exactly_those_rows),
        WITH_WORLD(check__columns_that_know_the_outcome__are_named),
        WITH_WORLD(check__a_value_changed_after_closing__is_named),
        WITH_WORLD(check__a_value_set_only_after_closing__is_never_seen),
        WITH_WORLD(check__reads_only),
        WITH_WORLD(check__an_empty_history__has_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
