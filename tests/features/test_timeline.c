/* Timelines: what belongs to whom, in which order, whatever the threads; the cache and its damages;
 * empty and tiny stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <unistd.h>

#include "engine/base/file.h"
#include "features/extract.h"
#include "slow_features.h"

static fore_timeline *build(const raw_history *h, fore_pool *pool)
{
    fore_store *store = raw_store(h);
    fore_timeline *t = NULL;
    MUST(fore_timeline_build(store, pool, &t, err));
    fore_store_close(store);
    return t;
}

/* A place for files of this test program. */
static const char *scratch_path(const char *name)
{
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    const char *folder = getenv("TMPDIR");
    snprintf(path[turn], sizeof path[turn], "%s/foresell-%ld-%s", folder ? folder : "/tmp",
             (long)getpid(), name);
    return path[turn];
}

/* The bytes of a timeline as its cache file would hold them. */
static fore_text bytes_of(const fore_timeline *t)
{
    fore_text bytes = {0};
    const char *path = scratch_path("bytes");
    MUST(fore_timeline_save(t, path, err));
    MUST(fore_file_read(path, 0, &bytes, err));
    remove(path);
    return bytes;
}

static void assert_same_timeline(const fore_timeline *a, const fore_timeline *b)
{
    fore_text x = bytes_of(a), y = bytes_of(b);
    assert_int_equal(x.length, y.length);
    assert_memory_equal(x.bytes, y.bytes, (size_t)x.length);
    fore_text_free(&x);
    fore_text_free(&y);
}

/* --- who has which events --- */

static int64_t hour_of_week(const raw_history *h, int64_t at)
{
    int64_t local = at + (h->zone ? 5 * FORE_HOUR + 30 * FORE_MINUTE : 0);
    int32_t day = fore_date_of(local);
    return fore_weekday(day) * 24 + (local - fore_time_of_date(day)) / FORE_HOUR;
}

/* All events of a subject in order, cancelled ones too. */
static int all_events_of(const raw_history *h, int s, raw_event *out)
{
    int n = 0;
    for (int i = 0; i < h->events; i++) {
        if (h->event[i].at == NONE || !belongs(h, &h->event[i], s)) continue;
        int k = n++;
        for (; k > 0 && comes_after(h, s, &out[k - 1], &h->event[i]); k--) out[k] = out[k - 1];
        out[k] = h->event[i];
    }
    return n;
}

static void timeline__random_history__every_subject_has_its_events_in_order(void **state)
{
    (void)state;
    static raw_event e[MOST];
    for (uint64_t seed = 1; seed <= 4; seed++) {
        raw_history *h = raw_random(seed, 20);
        fore_timeline *t = build(h, NULL);
        assert_int_equal(t->leads, h->leads);
        assert_int_equal(t->deals, h->deals);
        for (int s = 0; s < h->leads + h->deals; s++) {
            int n = all_events_of(h, s, e);
            assert_int_equal(t->event_first[s + 1] - t->event_first[s], n);
            for (int k = 0; k < n; k++) {
                int64_t i = t->event_first[s] + k;
                assert_int_equal(t->event_at[i], e[k].at);
                assert_int_equal(fore_code_kind(t->event_code[i]), e[k].kind);
                assert_int_equal(fore_code_direction(t->event_code[i]), e[k].direction);
                assert_int_equal(fore_code_outcome(t->event_code[i]), e[k].outcome);
                assert_int_equal(t->event_rep[i], e[k].rep);
                assert_int_equal(t->event_campaign[i], e[k].campaign);
                assert_int_equal(t->event_hour[i], hour_of_week(h, e[k].at));
                assert_true(isnan(e[k].minutes) ? isnan(t->event_minutes[i])
                                                : t->event_minutes[i] == e[k].minutes);
            }
        }
        fore_timeline_free(t);
        free(h);
    }
}

static void timeline__random_history__every_activity_is_counted_once(void **state)
{
    (void)state;
    raw_history *h = raw_random(5, 50);
    fore_timeline *t = build(h, NULL);
    int64_t done = 0, planned = 0, nobody = 0, account_only = 0, firsts = 0, planned_firsts = 0;
    for (int i = 0; i < h->events; i++) {
        const raw_event *e = &h->event[i];
        done += e->at != NONE;
        planned += e->at == NONE;
        nobody += e->at != NONE && e->lead < 0 && e->deal < 0 && e->account < 0;
        account_only +=
            e->at != NONE && e->lead < 0 && (e->deal < 0 || e->by_contact) && e->account >= 0;
    }
    for (int64_t i = 0; i < t->events; i++) firsts += !(t->event_flags[i] & FORE_EVENT_COPY);
    for (int64_t i = 0; i < t->planned; i++)
        planned_firsts += !(t->planned_flags[i] & FORE_EVENT_COPY);
    assert_int_equal(firsts, done);
    assert_int_equal(planned_firsts, planned);
    assert_int_equal(t->event_first[t->owners] - t->event_first[t->owners - 1], nobody);
    assert_int_equal(t->event_first[t->owners - 1] - t->event_first[t->subjects], account_only);
    assert_true(nobody > 0 && account_only > 0 && t->events > done);
    for (int64_t o = 0; o < t->owners; o++)
        for (int64_t i = t->planned_first[o] + 1; i < t->planned_first[o + 1]; i++)
            assert_true(t->planned_due[i - 1] <= t->planned_due[i]);
    fore_timeline_free(t);
    free(h);
}

static void timeline__random_history__facts_and_reasons_to_leave_out(void **state)
{
    (void)state;
    raw_history *h = raw_random(6, 95);
    fore_timeline *t = build(h, NULL);
    int reasons[4] = {0};
    for (int s = 0; s < h->leads + h->deals; s++) {
        const raw_subject *x = subject_of(h, s);
        reasons[t->left_out[s]]++;
        assert_int_equal(t->left_out[s] == FORE_KEPT, is_kept(h, s));
        assert_int_equal(t->closed_at[s], closing_of(h, s));
        assert_int_equal(t->created_at[s], x->created);
        assert_int_equal(t->outcome[s], x->outcome);
        assert_int_equal(t->account[s], fact_of(h, s, 'a'));
        assert_int_equal(t->campaign[s], fact_of(h, s, 'c'));
        assert_int_equal(t->owner[s], x->owner);
        const char *source = fore_word(&t->sources, t->source[s]);
        assert_int_equal(source ? atoi(source + 1) : -1, fact_of(h, s, 's'));
        assert_string_equal(fore_word(&t->ids, s),
                            raw_id(s < h->leads ? 'L' : 'D', s < h->leads ? s : s - h->leads));
        fore_subject_kind kind = s < h->leads ? FORE_SUBJECT_LEAD : FORE_SUBJECT_DEAL;
        assert_int_equal(fore_timeline_subject(t, kind, t->pk[s]), s);
        assert_int_equal(fore_timeline_find(t, kind, fore_word(&t->ids, s)), s);
        if (s >= h->leads) assert_int_equal(t->other[s], lead_of_deal(h, s - h->leads));
    }
    for (int i = 0; i < 4; i++) assert_true(reasons[i] > 0);
    assert_int_equal(fore_timeline_subject(t, FORE_SUBJECT_LEAD, 1000000), -1);
    assert_int_equal(t->accounts, ACCOUNTS);
    for (int64_t a = 0; a <= t->accounts; a++)
        for (int64_t i = t->account_subject_first[a]; i < t->account_subject_first[a + 1]; i++)
            assert_int_equal(t->account[t->account_subject[i]], a < t->accounts ? a : -1);
    fore_timeline_free(t);
    free(h);
}

static void timeline__any_number_of_threads__same_bytes(void **state)
{
    (void)state;
    raw_history *h = raw_random(7, 90);
    fore_timeline *one = build(h, NULL);
    for (int threads = 2; threads <= 4; threads++) {
        fore_pool *pool = NULL;
        MUST(fore_pool_new(threads, &pool, err));
        fore_timeline *many = build(h, pool);
        assert_same_timeline(one, many);
        fore_timeline_free(many);
        fore_pool_free(pool);
    }
    fore_timeline_free(one);
    free(h);
}

static void timeline__rows_arrive_backwards__same_columns_but_for_pk(void **state)
{
    (void)state;
    raw_history *h = raw_random(8, 90);
    fore_timeline *a = build(h, NULL);
    h->forwards = true;
    fore_timeline *b = build(h, NULL);
    int differ = 0;
    for (int64_t s = 0; s < a->subjects; s++) {
        fore_subject_kind kind = fore_subject_kind_of(a, s);
        differ += a->pk[s] != b->pk[s];
        assert_int_equal(fore_timeline_subject(a, kind, a->pk[s]), s);
        assert_int_equal(fore_timeline_subject(b, kind, b->pk[s]), s);
        for (int64_t other = 0; other < s; other++) assert_true(a->key[s] != a->key[other]);
    }
    assert_true(differ > 100 && a->events == b->events && a->subjects == b->subjects);
#define SAME(column, n) assert_memory_equal(a->column, b->column, (size_t)(n) * sizeof *a->column)
    SAME(key, a->subjects);
    SAME(ids.text, a->ids.bytes);
    SAME(sources.text, a->sources.bytes);
    SAME(stages.text, a->stages.bytes);
    SAME(rep_ids.text, a->rep_ids.bytes);
    SAME(created_at, a->subjects);
    SAME(closed_at, a->subjects);
    SAME(account, a->subjects);
    SAME(owner, a->subjects);
    SAME(product, a->subjects);
    SAME(campaign, a->subjects);
    SAME(other, a->subjects);
    SAME(source, a->subjects);
    SAME(stage, a->subjects);
    SAME(amount, a->subjects);
    SAME(event_first, a->owners + 1);
    SAME(event_at, a->events);
    SAME(event_code, a->events);
    SAME(event_flags, a->events);
    SAME(event_rep, a->events);
    SAME(event_campaign, a->events);
    SAME(event_minutes, a->events);
    SAME(planned_due, a->planned);
    SAME(planned_rep, a->planned);
    SAME(change_at, a->changes);
    SAME(change_field, a->changes);
    SAME(change_new, a->changes);
    SAME(sale_at, a->sales);
    SAME(sale_amount, a->sales);
    SAME(ticket_opened_at, a->tickets);
    SAME(ticket_satisfaction, a->tickets);
#undef SAME
    fore_timeline_free(a);
    fore_timeline_free(b);
    free(h);
}

/* Created at the start, open, and nothing else is known of it. */
static raw_subject blank_subject(void)
{
    return (raw_subject){.created = raw_start(),
                         .closed = NONE,
                         .amount = NAN,
                         .account = -1,
                         .owner = -1,
                         .product = -1,
                         .campaign = -1,
                         .source = -1,
                         .link = -1,
                         .stage = -1,
                         .expected = FORE_NO_DATE};
}

/* More events than the insertion sort takes, in falling order and with many ties. */
static void timeline__events_stored_backwards__sorted_by_time_and_content(void **state)
{
    (void)state;
    raw_history *h = calloc(1, sizeof *h);
    h->leads = 1;
    h->lead[0] = blank_subject();
    for (int i = 0; i < 1000; i++)
        h->event[h->events++] = (raw_event){.at = raw_start() + (999 - i) / 7 * GRID,
                                            .due = NONE,
                                            .kind = FORE_CALL,
                                            .lead = 0,
                                            .deal = -1,
                                            .account = -1,
                                            .campaign = -1,
                                            .rep = -1,
                                            .minutes = i};
    fore_timeline *t = build(h, NULL);
    assert_int_equal(t->events, 1000);
    for (int64_t i = 1; i < t->events; i++) {
        assert_true(t->event_at[i - 1] <= t->event_at[i]);
        if (t->event_at[i - 1] == t->event_at[i])
            assert_true(t->event_minutes[i - 1] < t->event_minutes[i]);
    }
    fore_timeline_free(t);
    free(h);
}

/* A lead must not lose its contact's activities because a deal comes up later; but what names the
 * deal itself is the deal's alone. */
static void timeline__deal_made_later__lead_keeps_what_its_contact_did(void **state)
{
    (void)state;
    raw_history *h = calloc(1, sizeof *h);
    h->leads = h->deals = 1;
    h->lead[0] = h->deal[0] = blank_subject();
    h->deal[0].created = raw_start() + 100 * FORE_DAY;
    h->deal[0].link = 0;
    h->event[h->events++] = (raw_event){.at = raw_start() + FORE_DAY,
                                        .due = NONE,
                                        .kind = FORE_CALL,
                                        .lead = -1,
                                        .deal = 0,
                                        .account = -1,
                                        .campaign = -1,
                                        .rep = -1,
                                        .minutes = NAN};
    h->event[h->events] = h->event[0];
    h->event[h->events++].by_contact = true;
    fore_timeline *t = build(h, NULL);
    assert_int_equal(t->event_first[1] - t->event_first[0], 1);
    assert_int_equal(t->event_first[2] - t->event_first[1], 2);
    assert_int_equal(t->event_flags[0], FORE_EVENT_COPY);
    assert_int_equal(t->event_flags[1], 0);
    assert_int_equal(t->event_flags[2], 0);
    fore_timeline_free(t);
    free(h);
}

/* --- how far it reaches --- */

static void timeline_newest__random_histories__is_what_the_store_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        raw_history *h = raw_random(seed, 60);
        fore_store *store = raw_store(h);
        fore_timeline *t = NULL;
        fore_random r = fore_random_new(seed, 77);
        MUST(fore_timeline_build(store, NULL, &t, err));
        for (int k = 0; k < 40; k++) {
            int64_t at, moment = raw_start() + fore_random_below(&r, 800) * FORE_DAY;
            if (k == 0) moment = INT64_MAX;
            MUST(fore_store_newest(store, moment, &at, err));
            assert_int_equal(fore_timeline_newest(t, moment), at);
        }
        fore_store_rest(store); /* its pages come again when they are read */
        assert_true(fore_store_count(store, FORE_TABLE_LEAD) == t->leads);
        fore_timeline_free(t);
        fore_store_close(store);
        free(h);
    }
}

/* --- small stores --- */

static void timeline__empty_store__is_an_empty_timeline(void **state)
{
    (void)state;
    raw_history *h = calloc(1, sizeof *h);
    fore_store *store = NULL;
    fore_timeline *t = NULL;
    fore_extractor *x = NULL;
    MUST(fore_store_open(":memory:", FORE_STORE_CREATE, &store, err));
    MUST(fore_timeline_build(store, NULL, &t, err));
    MUST(fore_extractor_new(t, NULL, &x, err));
    assert_int_equal(t->subjects, 0);
    assert_int_equal(t->events, 0);
    assert_int_equal(t->owners, 1);
    assert_true(t->newest_at == FORE_NO_TIME);
    MUST(fore_extract(x, NULL, NULL, 0, NULL, 0, NULL, 0, err));
    assert_int_equal(fore_timeline_subject(t, FORE_SUBJECT_DEAL, 1), -1);
    assert_true(isnan(fore_base_rate(x, FORE_SUBJECT_LEAD, raw_start(), NULL)));
    fore_extractor_free(x);
    fore_timeline_free(t);
    fore_store_close(store);
    free(h);
}

static void timeline__one_lead_without_events__zeros_and_unknowns(void **state)
{
    (void)state;
    raw_history *h = calloc(1, sizeof *h);
    h->leads = 1;
    h->lead[0] = blank_subject();
    fore_timeline *t = build(h, NULL);
    fore_extractor *x = NULL;
    double v[FORE_FEATURE_LIMIT];
    MUST(fore_extractor_new(t, NULL, &x, err));
    MUST(fore_extract_one(x, 0, raw_start() + 3 * FORE_DAY, v, err));
    assert_true(v[fore_feature_find("touches_all")] == 0);
    assert_true(v[fore_feature_find("inbound_decay_7d")] == 0);
    assert_true(v[fore_feature_find("age_days")] == 3);
    assert_true(isnan(v[fore_feature_find("days_since_touch")]));
    assert_true(isnan(v[fore_feature_find("response_rate")]));
    assert_true(isnan(v[fore_feature_find("amount_log")]));
    assert_true(isnan(v[fore_feature_find("owner_win_rate")]));
    assert_true(fore_subject_open_at(t, 0, raw_start() + 1));
    assert_false(fore_subject_open_at(t, 0, raw_start()));
    fore_extractor_free(x);
    fore_timeline_free(t);
    free(h);
}

/* Activities that name a lead that never arrived belong to no subject. */
static void timeline__events_of_unknown_leads__belong_to_account_or_nobody(void **state)
{
    (void)state;
    fore_store *store = NULL;
    fore_timeline *t = NULL;
    fore_put put_result;
    MUST(fore_store_open(":memory:", FORE_STORE_CREATE, &store, err));
    MUST(fore_store_begin(store, err));
    for (int i = 0; i < 3; i++) {
        fore_activity_row row = {.id = raw_id('E', i),
                                 .at = i == 2 ? NONE : raw_start(),
                                 .due_at = NONE,
                                 .kind = FORE_CALL,
                                 .lead = key_of(store, FORE_LEAD, 7),
                                 .account = i == 1 ? key_of(store, FORE_ACCOUNT, 3) : 0,
                                 .minutes = NAN};
        MUST(fore_store_put_activity(store, &row, &put_result, err));
    }
    MUST(fore_store_commit(store, err));
    MUST(fore_timeline_build(store, NULL, &t, err));
    assert_int_equal(t->subjects, 0);
    assert_int_equal(t->accounts, 1);
    assert_int_equal(t->events, 2);
    assert_int_equal(t->event_first[1], 1);
    assert_int_equal(t->dropped, 1);
    fore_timeline_free(t);
    fore_store_close(store);
}

static void timeline__out_of_memory_anywhere__fails_cleanly(void **state)
{
    (void)state;
    raw_history *h = raw_random(8, 6);
    fore_store *store = raw_store(h);
    int64_t k = 1, live = fore_memory_live();
    for (fore_status status = FORE_E_MEMORY; status != FORE_OK; k++) {
        fore_timeline *t = NULL;
        fore_memory_fail_at(k);
        status = fore_timeline_build(store, NULL, &t, NULL);
        fore_memory_fail_at(0);
        assert_int_equal(status == FORE_OK, t != NULL);
        fore_timeline_free(t);
        assert_int_equal(fore_memory_live(), live);
    }
    assert_true(k > 50);
    fore_store_close(store);
    free(h);
}

/* --- the cache --- */

static void cache__saved_and_loaded__same_timeline(void **state)
{
    (void)state;
    raw_history *h = raw_random(9, 40);
    fore_timeline *t = build(h, NULL), *loaded = NULL;
    const char *path = scratch_path("cache");
    fore_error why = {0};
    MUST(fore_timeline_save(t, path, err));
    MUST(fore_timeline_load(path, t->fingerprint, &loaded, err));
    assert_same_timeline(t, loaded);
    assert_string_equal(loaded->zone, "+05:30");
    fore_timeline_free(loaded);
    assert_int_equal(fore_timeline_load(path, "0123", &loaded, &why), FORE_E_FORMAT);
    assert_non_null(strstr(why.message, "another history"));
    assert_null(loaded);
    remove(path);
    assert_int_equal(fore_timeline_load(path, NULL, &loaded, &why), FORE_E_IO);
    fore_timeline_free(t);
    free(h);
}

static void write_file(const char *path, const char *bytes, int64_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, (size_t)length, file), length);
    fclose(file);
}

static void cache__cut_or_changed_anywhere__is_refused(void **state)
{
    (void)state;
    raw_history *h = raw_random(10, 4);
    fore_timeline *t = build(h, NULL), *loaded = NULL;
    fore_text good = bytes_of(t);
    const char *path = scratch_path("damaged");
    fore_random r = fore_random_new(10, 9);
    int64_t live = fore_memory_live();
    for (int i = 0; i < 400; i++) {
        int64_t length = i % 2 ? good.length : fore_random_below(&r, good.length);
        int64_t place = fore_random_below(&r, i % 4 == 1 ? 512 : good.length);
        char kept = good.bytes[place];
        if (i % 2) good.bytes[place] = (char)(kept ^ (1 << below(&r, 8)));
        write_file(path, good.bytes, length);
        good.bytes[place] = kept;
        assert_int_equal(fore_timeline_load(path, NULL, &loaded, NULL), FORE_E_FORMAT);
        assert_int_equal(fore_memory_live(), live);
    }
    write_file(path, good.bytes, good.length);
    MUST(fore_timeline_load(path, NULL, &loaded, err));
    fore_timeline_free(loaded);
    remove(path);
    fore_text_free(&good);
    fore_timeline_free(t);
    free(h);
}

static void cache__damaged_or_stale__rebuilt_silently(void **state)
{
    (void)state;
    raw_history *h = raw_random(12, 10);
    const char *path = scratch_path("open");
    fore_store *store = raw_store(h);
    fore_timeline *fresh = NULL, *t = NULL;
    MUST(fore_timeline_build(store, NULL, &fresh, err));
    MUST(fore_timeline_open(store, path, NULL, &t, err)); /* absent: built and saved */
    assert_same_timeline(t, fresh);
    fore_timeline_free(t);
    MUST(fore_timeline_load(path, fresh->fingerprint, &t, err));
    fore_timeline_free(t);
    write_file(path, "no timeline at all", 18);
    MUST(fore_timeline_open(store, path, NULL, &t, err));
    assert_same_timeline(t, fresh);
    fore_timeline_free(t);

    MUST(fore_store_begin(store, err)); /* one event more: the cache is stale */
    fore_put put_result;
    fore_activity_row row = {
        .id = "new", .at = raw_start(), .due_at = NONE, .kind = FORE_CALL, .minutes = NAN};
    MUST(fore_store_put_activity(store, &row, &put_result, err));
    MUST(fore_store_commit(store, err));
    MUST(fore_timeline_open(store, path, NULL, &t, err));
    assert_int_equal(t->events, fresh->events + 1);
    fore_timeline_free(t);

    MUST(fore_store_begin(store, err)); /* another zone: other hours of the week */
    MUST(fore_store_set(store, "zone", "-08:00", err));
    MUST(fore_store_commit(store, err));
    MUST(fore_timeline_open(store, path, NULL, &t, err));
    assert_string_equal(t->zone, "-08:00");
    fore_timeline_free(t);
    remove(path);
    MUST(fore_timeline_open(store, "/no/such/folder/cache", NULL, &t, err)); /* cannot be written */
    assert_int_equal(t->events, fresh->events + 1);
    fore_timeline_free(t);
    fore_timeline_free(fresh);
    fore_store_close(store);
    free(h);
}

/* --- the catalogue --- */

static void catalogue__every_feature__has_a_name_of_its_own_and_speaks(void **state)
{
    (void)state;
    fore_text out = {0};
    assert_true(fore_feature_count() > 100);
    for (int f = 0; f < fore_feature_count(); f++) {
        const fore_feature *feature = fore_feature_at(f);
        assert_int_equal(fore_feature_find(feature->name), f);
        assert_true(feature->leads || feature->deals);
        for (int high = 0; high < 2; high++) {
            fore_text_clear(&out);
            fore_feature_say(f, 2, high, &out);
            assert_true(out.length > 3);
            assert_null(strchr(out.bytes, '%') && !strstr(out.bytes, "200%") ? out.bytes : NULL);
        }
    }
    fore_text_free(&out);
}

static void assert_says(const char *name, double value, bool high, const char *words)
{
    fore_text out = {0};
    fore_feature_say(fore_feature_find(name), value, high, &out);
    assert_string_equal(fore_text_string(&out), words);
    fore_text_free(&out);
}

static void catalogue__values__read_like_a_person_says_them(void **state)
{
    (void)state;
    assert_says("replies_30d", 2, true, "2 replies from them in the last 30 days");
    assert_says("replies_30d", 0, false, "no replies from them in the last 30 days");
    assert_says("days_since_touch", 12.4, true, "quiet for 12 days");
    assert_says("days_since_touch", 0.25, false, "in touch 6 hours ago");
    assert_says("response_rate", 0.349, true, "35% of our attempts were answered");
    assert_says("amount_log", log1p(4500), true, "an amount of 4,500");
    assert_says("stage_pace", 2.1, true, "in this stage 2.1 times as long as won deals were");
    assert_says("amount_vs_product", log(0.5), false,
                "0.50 times the usual amount for this product");
    assert_says("reply_hours", NAN, true, "reply hours is not known");
    assert_says("reply_hours", 0.5, false, "they reply within 30 minutes");
    assert_says("minutes_all", 1, true, "1 minute of conversation so far");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeline__random_history__every_subject_has_its_events_in_order),
        cmocka_unit_test(timeline__random_history__every_activity_is_counted_once),
        cmocka_unit_test(timeline_newest__random_histories__is_what_the_store_says),
        cmocka_unit_test(timeline__random_history__facts_and_reasons_to_leave_out),
        cmocka_unit_test(timeline__any_number_of_threads__same_bytes),
        cmocka_unit_test(timeline__rows_arrive_backwards__same_columns_but_for_pk),
        cmocka_unit_test(timeline__events_stored_backwards__sorted_by_time_and_content),
        cmocka_unit_test(timeline__deal_made_later__lead_keeps_what_its_contact_did),
        cmocka_unit_test(timeline__empty_store__is_an_empty_timeline),
        cmocka_unit_test(timeline__one_lead_without_events__zeros_and_unknowns),
        cmocka_unit_test(timeline__events_of_unknown_leads__belong_to_account_or_nobody),
        cmocka_unit_test(timeline__out_of_memory_anywhere__fails_cleanly),
        cmocka_unit_test(cache__saved_and_loaded__same_timeline),
        cmocka_unit_test(cache__cut_or_changed_anywhere__is_refused),
        cmocka_unit_test(cache__damaged_or_stale__rebuilt_silently),
        cmocka_unit_test(catalogue__every_feature__has_a_name_of_its_own_and_speaks),
        cmocka_unit_test(catalogue__values__read_like_a_person_says_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
