/* Keys, placeholders, the fingerprint, first imports of activities, the scan of events. */
#include "tests/store/store_fixture.h"

static void key__unknown_id__makes_a_placeholder_that_becomes_known(void **state)
{
    fixture *f = *state;
    fore_store *s = f->store;
    fore_put put;
    int64_t pk, again, found;
    OK(fore_store_begin(s, e));
    OK(fore_store_key(s, FORE_LEAD, "L1,rest", 2, &pk, e));
    OK(fore_store_key(s, FORE_LEAD, "L1", -1, &again, e));
    assert_true(pk > 0 && pk == again);
    OK(fore_store_find(s, FORE_LEAD, "L2", &found, e));
    assert_int_equal(found, 0);
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_lead_row row = no_lead("L1");
    OK(fore_store_begin(s, e));
    OK(fore_store_put_lead(s, &row, &put, e));
    assert_int_equal(put, FORE_PUT_NEW);
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 1);
    OK(fore_store_find(s, FORE_LEAD, "L1", &found, e));
    assert_int_equal(found, pk);
}

static void cursor__placeholders__only_when_asked_for(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_lead_row row = no_lead("L2");
    fore_cursor *c;
    bool more;
    OK(fore_store_begin(s, e));
    key_of(s, FORE_LEAD, "L1");
    OK(fore_store_put_lead(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    c = first_row(s, FORE_TABLE_LEAD, &row);
    assert_string_equal(row.id, "L2");
    fore_cursor_close(c);
    OK(fore_cursor_open(s, FORE_TABLE_LEAD, true, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_true(more && !row.known);
    assert_string_equal(row.id, "L1");
    fore_cursor_close(c);
}

static void cursor__one_row__is_that_of_the_key_and_no_other(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_lead_row row = no_lead("L1");
    fore_cursor *c;
    bool more;
    int64_t pk;
    OK(fore_store_begin(s, e));
    OK(fore_store_put_lead(s, &row, NULL, e));
    row = no_lead("L2");
    OK(fore_store_put_lead(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    OK(fore_store_find(s, FORE_LEAD, "L2", &pk, e));
    OK(fore_cursor_open_one(s, FORE_TABLE_LEAD, pk, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_true(more && row.pk == pk);
    assert_string_equal(row.id, "L2");
    OK(fore_cursor_next(c, &row, &more, e));
    assert_false(more);
    fore_cursor_close(c);
    OK(fore_cursor_open_one(s, FORE_TABLE_LEAD, pk + 100, &c, e));
    OK(fore_cursor_next(c, &row, &more, e));
    assert_false(more);
    fore_cursor_close(c);
}

static void key__rows_of_another_process__are_found(void **state)
{
    fixture *f = *state;
    fore_store *other;
    int64_t mine, theirs;
    OK(fore_store_begin(f->store, e));
    key_of(f->store, FORE_REP, "R1");
    OK(fore_store_commit(f->store, e));
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &other, e));
    OK(fore_store_begin(other, e));
    OK(fore_store_key(other, FORE_REP, "R2", -1, &theirs, e));
    OK(fore_store_commit(other, e));
    fore_store_close(other);
    OK(fore_store_begin(f->store, e));
    OK(fore_store_key(f->store, FORE_REP, "R2", -1, &mine, e));
    OK(fore_store_commit(f->store, e));
    assert_int_equal(mine, theirs);
}

static void import_little(fore_store *s, const char *stage)
{
    OK(fore_store_begin(s, e));
    fore_deal_row deal = no_deal("D");
    deal.owner = key_of(s, FORE_REP, "R");
    deal.stage = stage;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    for (int i = 0; i < 20; i++) {
        char id[16];
        snprintf(id, sizeof id, "a%d", i);
        fore_activity_row row = no_activity(id);
        row.at = i * FORE_HOUR;
        row.deal = key_of(s, FORE_DEAL, "D");
        OK(fore_store_put_activity(s, &row, NULL, e));
    }
    OK(fore_store_commit(s, e));
}

static void fingerprint__same_import_twice__changes_nothing(void **state)
{
    fore_store *s = ((fixture *)*state)->store, *twin;
    char empty[33], once[33], twice[33], other[33];
    OK(fore_store_fingerprint(s, empty, e));
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, once, e));
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, twice, e));
    assert_string_equal(once, twice);
    assert_string_not_equal(once, empty);
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &twin, e));
    import_little(twin, "Quote");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_equal(once, other);
    import_little(twin, "Offer");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_not_equal(once, other);
    import_little(twin, "Quote");
    OK(fore_store_fingerprint(twin, other, e));
    assert_string_equal(once, other); /* it tells what the history is, not how it came to be */
    fore_store_close(twin);
}

static void fingerprint__settings_and_placeholders__do_not_count(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    char before[33], after[33];
    fore_text zone = {0};
    bool found;
    import_little(s, "Quote");
    OK(fore_store_fingerprint(s, before, e));
    OK(fore_store_set(s, "zone", "Asia/Kolkata", e));
    OK(fore_store_setting(s, "zone", &zone, &found, e));
    assert_true(found);
    assert_string_equal(zone.bytes, "Asia/Kolkata");
    fore_text_free(&zone);
    OK(fore_store_begin(s, e));
    key_of(s, FORE_LEAD, "nobody");
    OK(fore_store_commit(s, e));
    OK(fore_store_fingerprint(s, after, e));
    assert_string_equal(before, after);
}

/* Puts the same rows in chunks of `chunk` per transaction. */
static void put_in_chunks(fore_store *s, int chunk)
{
    for (int i = 0; i < 300; i++) {
        char id[16];
        if (i % chunk == 0) OK(fore_store_begin(s, e));
        snprintf(id, sizeof id, "a%d", (i * 37) % 101); /* each id about three times */
        fore_activity_row row = no_activity(id);
        row.at = i % 5 ? i * FORE_HOUR : FORE_NO_TIME;
        row.minutes = i % 3 ? NAN : i;
        row.outcome = i % 7 ? NULL : "no answer";
        row.kind = (fore_activity_kind)(i % 4);
        row.rep = i % 2 ? key_of(s, FORE_REP, "R1") : 0;
        fore_put put;
        OK(fore_store_put_activity(s, &row, &put, e));
        assert_int_equal(put == FORE_PUT_NEW, i < 101);
        if (i % chunk == chunk - 1) OK(fore_store_commit(s, e));
    }
}

static void put_activity__ids_repeat_in_first_import__as_in_later_ones(void **state)
{
    fore_store *bulk = ((fixture *)*state)->store, *slow;
    char a[33], b[33];
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &slow, e));
    put_in_chunks(bulk, 300);
    put_in_chunks(slow, 1);
    assert_int_equal(fore_store_count(bulk, FORE_TABLE_ACTIVITY), 101);
    fore_cursor *x, *y;
    fore_activity_row p, q;
    bool more = true;
    OK(fore_cursor_open(bulk, FORE_TABLE_ACTIVITY, false, &x, e));
    OK(fore_cursor_open(slow, FORE_TABLE_ACTIVITY, false, &y, e));
    for (int i = 0; i < 101; i++) {
        OK(fore_cursor_next(x, &p, &more, e));
        OK(fore_cursor_next(y, &q, &more, e));
        assert_true(more && p.pk == q.pk && p.at == q.at && p.kind == q.kind && p.rep == q.rep);
        assert_true(p.minutes == q.minutes || (isnan(p.minutes) && isnan(q.minutes)));
        assert_string_equal(p.id, q.id);
    }
    fore_cursor_close(x);
    fore_cursor_close(y);
    OK(fore_store_fingerprint(bulk, a, e));
    OK(fore_store_fingerprint(slow, b, e));
    assert_string_equal(a, b);
    fore_store_close(slow);
}

static void put_activity__key_that_names_no_row__is_refused(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    fore_activity_row row = no_activity("a");
    row.lead = 77;
    OK(fore_store_begin(s, e));
    FAILS(FORE_E_ARGUMENT, "", fore_store_put_activity(s, &row, NULL, e));
    fore_store_rollback(s);
    import_little(s, "Quote");
    OK(fore_store_begin(s, e));
    FAILS(FORE_E_STORE, "", fore_store_put_activity(s, &row, NULL, e));
    fore_store_rollback(s);
}

typedef struct tally {
    int64_t rows, stop_at;
    fore_event_row last;
} tally;

static fore_status count_events(void *context, const fore_event_row *row, fore_error *err)
{
    tally *t = context;
    t->last = *row;
    t->rows++;
    if (t->rows == t->stop_at) return fore_fail(err, FORE_E_CANCELLED, "enough; go on later");
    return FORE_OK;
}

static void events__every_row__once_in_order_of_keys(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    tally all = {0}, some = {.stop_at = 3};
    import_little(s, "Quote");
    OK(fore_store_events(s, count_events, &all, e));
    assert_int_equal(all.rows, 20);
    assert_true(all.last.at == 19 * FORE_HOUR && all.last.due_at == FORE_NO_TIME);
    assert_true(all.last.deal > 0 && all.last.lead == 0 && isnan(all.last.minutes));
    assert_true(all.last.kind == FORE_OTHER && all.last.outcome == FORE_EVENT_OUTCOME_UNKNOWN);
    FAILS(FORE_E_CANCELLED, "", fore_store_events(s, count_events, &some, e));
    assert_int_equal(some.rows, 3);
    tally again = {0};
    OK(fore_store_events(s, count_events, &again, e));
    assert_int_equal(again.rows, 20);
}

static void events__outcome_words__are_classified_as_by_the_function(void **state)
{
    static const char *const words[] = {
        "Received",
        "no answer",
        "NO_SHOW",
        "Attended Dialled",
        "Unattended Dialled",
        "Cancelled",
        "",
        "Left voicemail",
        "gibberish that is longer than any word which a cache holds",
        "no answer at all, and this is a long remark about it all"};
    fore_store *s = ((fixture *)*state)->store;
    for (int repeat = 0; repeat < 2; repeat++)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            tally t = {0};
            fore_activity_row row = no_activity("a");
            row.outcome = words[i];
            OK(fore_store_begin(s, e));
            OK(fore_store_put_activity(s, &row, NULL, e));
            OK(fore_store_commit(s, e));
            OK(fore_store_events(s, count_events, &t, e));
            assert_int_equal(t.last.outcome, fore_event_outcome_of(words[i]));
        }
}

static void event_outcome_of__words_of_the_trade__mean_what_they_say(void **state)
{
    (void)state;
    assert_int_equal(fore_event_outcome_of("Received"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("Attended Dialled"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("COMPLETED"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("Connected"), FORE_EVENT_ANSWERED);
    assert_int_equal(fore_event_outcome_of("no answer"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("NO_SHOW"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Unattended Dialled"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Scheduled Unattended Delay"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Left voicemail"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("Missed"), FORE_EVENT_UNANSWERED);
    assert_int_equal(fore_event_outcome_of("CANCELED"), FORE_EVENT_CANCELLED);
    assert_int_equal(fore_event_outcome_of("Overdue"), FORE_EVENT_CANCELLED);
    assert_int_equal(fore_event_outcome_of("Scheduled"), FORE_EVENT_OUTCOME_UNKNOWN);
    assert_int_equal(fore_event_outcome_of(NULL), FORE_EVENT_OUTCOME_UNKNOWN);
}

static void activity_kind__words_and_numbers__are_inverse(void **state)
{
    (void)state;
    fore_activity_kind kind = FORE_CALL;
    for (int k = 0; k < FORE_ACTIVITY_KINDS; k++) {
        assert_true(
            fore_activity_kind_parse(fore_activity_kind_word((fore_activity_kind)k), &kind));
        assert_int_equal(kind, k);
    }
    assert_true(fore_activity_kind_parse("Meeting", &kind));
    assert_int_equal(kind, FORE_MEETING);
    assert_false(fore_activity_kind_parse("carrier pigeon", &kind));
}

static void newest__moment_inside_the_history__sees_nothing_later(void **state)
{
    fore_store *s = ((fixture *)*state)->store;
    int64_t at;
    OK(fore_store_newest(s, INT64_MAX, &at, e));
    assert_int_equal(at, FORE_NO_TIME);
    import_little(s, "Quote");
    OK(fore_store_begin(s, e));
    fore_deal_row deal = no_deal("D");
    deal.created_at = 5 * FORE_HOUR + 1;
    deal.closed_at = FORE_DAY * 2;
    deal.outcome = FORE_WON;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    deal = no_deal("open"); /* what is open has no closing, whatever its row says */
    deal.created_at = 5 * FORE_HOUR;
    deal.closed_at = FORE_DAY * 3;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    deal = no_deal("mistyped"); /* far beyond all that was recorded */
    deal.created_at = 5 * FORE_HOUR;
    deal.closed_at = FORE_DAY * 90;
    deal.outcome = FORE_LOST;
    OK(fore_store_put_deal(s, &deal, NULL, e));
    OK(fore_store_commit(s, e));
    OK(fore_store_newest(s, INT64_MAX, &at, e));
    assert_int_equal(at, FORE_DAY * 2);
    OK(fore_store_newest(s, FORE_DAY * 2 - 1, &at, e));
    assert_int_equal(at, 19 * FORE_HOUR);
    OK(fore_store_newest(s, 5 * FORE_HOUR + 1, &at, e));
    assert_int_equal(at, 5 * FORE_HOUR + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(key__unknown_id__makes_a_placeholder_that_becomes_known),
        WITH_STORE(cursor__placeholders__only_when_asked_for),
        WITH_STORE(cursor__one_row__is_that_of_the_key_and_no_other),
        WITH_STORE(key__rows_of_another_process__are_found),
        WITH_STORE(fingerprint__same_import_twice__changes_nothing),
        WITH_STORE(fingerprint__settings_and_placeholders__do_not_count),
        WITH_STORE(put_activity__ids_repeat_in_first_import__as_in_later_ones),
        WITH_STORE(put_activity__key_that_names_no_row__is_refused),
        WITH_STORE(events__every_row__once_in_order_of_keys),
        WITH_STORE(events__outcome_words__are_classified_as_by_the_function),
        cmocka_unit_test(event_outcome_of__words_of_the_trade__mean_what_they_say),
        cmocka_unit_test(activity_kind__words_and_numbers__are_inverse),
        WITH_STORE(newest__moment_inside_the_history__sees_nothing_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
