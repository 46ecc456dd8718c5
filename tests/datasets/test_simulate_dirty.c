/* Dirty rows: what truth.json lists is in the files, and nothing else is. */
#include "simulate_helpers.h"

typedef struct dirty_world {
    table leads, deals, changes, activities;
    fore_dictionary *lead, *deal, *activity;
    fore_json *document;
    const fore_json_node *list;
    fore_simulate_truth truth;
} dirty_world;

static dirty_world read_world(const char *folder, const fore_simulate_options *o)
{
    dirty_world w = {0};
    simulate(o, folder, &w.truth);
    w.leads = read_table(folder, "leads.csv");
    w.deals = read_table(folder, "deals.csv");
    w.changes = read_table(folder, "deal_changes.csv");
    w.activities = read_table(folder, "activities.csv");
    w.lead = keys_of(&w.leads);
    w.deal = keys_of(&w.deals);
    w.activity = keys_of(&w.activities);
    w.document = read_truth(folder);
    w.list = fore_json_get(fore_json_root(w.document), "dirty");
    return w;
}

static void free_world(dirty_world *w)
{
    free_table(&w->leads);
    free_table(&w->deals);
    free_table(&w->changes);
    free_table(&w->activities);
    fore_dictionary_free(w->lead);
    fore_dictionary_free(w->deal);
    fore_dictionary_free(w->activity);
    fore_json_free(w->document);
}

static fore_simulate_options dirty_options(void)
{
    fore_simulate_options o = small_world();
    o.dirty_share = 0.05;
    o.dirty_kinds = (1u << FORE_DIRTY_KINDS) - 1;
    return o;
}

/* --- the defects, found in the files by their own definition --- */

static int64_t closed_before_created(const dirty_world *w)
{
    int64_t n = 0, a = column(&w->deals, "created_at"), b = column(&w->deals, "closed_at");
    for (int64_t i = 0; i < w->deals.rows; i++)
        if (*w->deals.cell[i][b]) n += time_in(w->deals.cell[i][b]) < time_in(w->deals.cell[i][a]);
    return n;
}

static int64_t won_without_amount(const dirty_world *w)
{
    int64_t n = 0;
    for (int64_t i = 0; i < w->deals.rows; i++)
        n += strcmp(w->deals.cell[i][column(&w->deals, "outcome")], "won") == 0 &&
             !*w->deals.cell[i][column(&w->deals, "amount")];
    return n;
}

static int64_t dangling(const dirty_world *w)
{
    int64_t n = 0, lead = column(&w->activities, "lead_id");
    for (int64_t i = 0; i < w->activities.rows; i++)
        n += find_key(w->lead, w->activities.cell[i][lead]) < 0;
    return n;
}

static int64_t in_the_future(const dirty_world *w)
{
    int64_t n = 0, at = column(&w->activities, "at"), end = fore_time_of_date(w->truth.end_on);
    for (int64_t i = 0; i < w->activities.rows; i++) n += time_in(w->activities.cell[i][at]) >= end;
    return n;
}

static int64_t repeated(const dirty_world *w, const char *name)
{
    fore_dictionary *seen = fore_dictionary_new();
    int64_t n = 0, j = column(&w->leads, name);
    for (int64_t i = 0; i < w->leads.rows; i++) {
        const char *text = w->leads.cell[i][j];
        if (!*text) continue;
        n += find_key(seen, text) >= 0;
        fore_dictionary_add(seen, text, (int64_t)strlen(text));
    }
    fore_dictionary_free(seen);
    return n;
}

static int64_t skipped_stage(const dirty_world *w)
{
    int64_t n = 0;
    for (int64_t i = 0; i < w->changes.rows; i++)
        n += strcmp(w->changes.cell[i][3], "Qualification") == 0 &&
             strcmp(w->changes.cell[i][4], "Negotiation") == 0;
    return n;
}

static int64_t ragged(const dirty_world *w)
{
    int64_t n = 0;
    for (int64_t i = 0; i < w->activities.rows; i++)
        n += w->activities.cell[i][w->activities.columns - 1] == NULL;
    return n;
}

static int64_t listed(const dirty_world *w, const char *kind)
{
    int64_t n = 0;
    for (int64_t i = 0; i < fore_json_length(w->list); i++)
        n += strcmp(fore_json_get_string(fore_json_at(w->list, i), "kind"), kind) == 0;
    return n;
}

static void dirty__every_kind__as_many_as_listed(void **state)
{
    (void)state;
    fore_simulate_options o = dirty_options();
    dirty_world w = read_world(under_top("dirty"), &o);
    assert_int_equal(fore_json_length(w.list), w.truth.dirty);
    struct {
        const char *kind;
        int64_t found;
    } kinds[] = {{"closed-before-created", closed_before_created(&w)},
                 {"won-without-amount", won_without_amount(&w)},
                 {"dangling-reference", dangling(&w)},
                 {"future-date", in_the_future(&w)},
                 {"duplicate-mail", repeated(&w, "email")},
                 {"duplicate-phone", repeated(&w, "phone")},
                 {"skipped-stage", skipped_stage(&w)},
                 {"ragged-row", ragged(&w)}};
    int64_t total = listed(&w, "bad-bytes");
    assert_true(total > 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].found != listed(&w, kinds[i].kind) || kinds[i].found == 0)
            fail_msg("%s: %lld found, %lld listed", kinds[i].kind, (long long)kinds[i].found,
                     (long long)listed(&w, kinds[i].kind));
        total += kinds[i].found;
    }
    assert_int_equal(total, w.truth.dirty);
    free_world(&w);
}

static void dirty__ids_listed__are_rows_of_their_file(void **state)
{
    (void)state;
    fore_simulate_options o = dirty_options();
    o.dirty_kinds = FORE_DIRTY_DEFAULT;
    dirty_world w = read_world(under_top("ids"), &o);
    for (int64_t i = 0; i < fore_json_length(w.list); i++) {
        const fore_json_node *item = fore_json_at(w.list, i);
        const char *file = fore_json_get_string(item, "file"),
                   *id = fore_json_get_string(item, "id"),
                   *other = fore_json_get_string(item, "other");
        const fore_dictionary *keys = strcmp(file, "leads.csv") == 0        ? w.lead
                                      : strcmp(file, "activities.csv") == 0 ? w.activity
                                                                            : w.deal;
        if (find_key(keys, id) < 0) fail_msg("%s has no %s", file, id);
        if (other) assert_true(find_key(w.lead, other) >= 0);
        bool twin = strncmp(fore_json_get_string(item, "kind"), "duplicate", 9) == 0;
        assert_int_equal(twin, other != NULL);
    }
    assert_int_equal(ragged(&w), 0);
    assert_int_equal(listed(&w, "bad-bytes"), 0);
    assert_true(w.leads.info.encoding == FORE_CSV_UTF8);
    free_world(&w);
}

static void dirty__one_kind_asked_for__comes_alone(void **state)
{
    (void)state;
    for (int k = 0; k < FORE_DIRTY_KINDS; k++) {
        fore_simulate_options o = dirty_options();
        o.dirty_kinds = 1u << k;
        o.dirty_share = 0.2;
        dirty_world w = read_world(under_top("one"), &o);
        assert_true(w.truth.dirty > 0);
        assert_int_equal(listed(&w, fore_dirty_word(1 << k)), w.truth.dirty);
        free_world(&w);
    }
}

static void dirty__bad_bytes__are_not_utf8(void **state)
{
    (void)state;
    fore_simulate_options o = dirty_options();
    o.dirty_kinds = FORE_DIRTY_BYTES;
    simulate(&o, under_top("bytes"), NULL);
    fore_text text = {0};
    assert_int_equal(fore_file_read(under_top("bytes/leads.csv"), 0, &text, NULL), FORE_OK);
    assert_true(fore_utf8_invalid(text.bytes, text.length) >= 0);
    fore_text_free(&text);
}

/* Dirt changes no decision: apart from the dirt the world is the clean one. */
static void dirty__world__is_the_clean_one_apart_from_the_dirt(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_simulate_truth clean, dirty;
    simulate(&o, under_top("clean"), &clean);
    o.dirty_share = 0.1;
    simulate(&o, under_top("soiled"), &dirty);
    assert_int_equal(clean.dirty, 0);
    assert_int_equal(clean.deals, dirty.deals);
    assert_int_equal(clean.won, dirty.won);
    assert_int_equal(clean.activities, dirty.activities);
    assert_true(clean.won_amount == dirty.won_amount);
    assert_true(dirty.leads > clean.leads); /* the twins */
}

static void words__confounding_and_dirt__both_ways(void **state)
{
    (void)state;
    fore_confounding c;
    for (int i = 0; i < 3; i++) {
        assert_true(fore_confounding_parse(fore_confounding_word((fore_confounding)i), &c));
        assert_int_equal(c, i);
    }
    assert_true(fore_confounding_parse("Recorded", &c));
    assert_false(fore_confounding_parse("some", &c));
    assert_string_equal(fore_dirty_word(FORE_DIRTY_RAGGED), "ragged-row");
    assert_null(fore_dirty_word(0));
    assert_null(fore_dirty_word(3));
    assert_null(fore_simulate_kind_word(-1));
    assert_null(fore_simulate_kind_word(FORE_SIM_KINDS));
    assert_string_equal(fore_simulate_kind_word(FORE_SIM_DEMO), "demo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dirty__every_kind__as_many_as_listed),
        cmocka_unit_test(dirty__ids_listed__are_rows_of_their_file),
        cmocka_unit_test(dirty__one_kind_asked_for__comes_alone),
        cmocka_unit_test(dirty__bad_bytes__are_not_utf8),
        cmocka_unit_test(dirty__world__is_the_clean_one_apart_from_the_dirt),
        cmocka_unit_test(words__confounding_and_dirt__both_ways),
    };
    return cmocka_run_group_tests(tests, make_top, drop_top);
}
