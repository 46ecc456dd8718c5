/* Transactions and locks: nothing half done, whatever happens - rollback, a killed process, a full
 * disk, another writer, no memory. */
#include "tests/store/store_fixture.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "engine/store/store_internal.h"

static void put_some(fore_store *s, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char id[24];
        snprintf(id, sizeof id, "lead-%d", i);
        fore_lead_row lead = no_lead(id);
        lead.name = "a name of some length, so that pages fill";
        OK(fore_store_put_lead(s, &lead, NULL, e));
        snprintf(id, sizeof id, "activity-%d", i);
        fore_activity_row activity = no_activity(id);
        activity.at = i;
        activity.lead = key_of(s, FORE_LEAD, lead.id[0] ? "lead-0" : "");
        OK(fore_store_put_activity(s, &activity, NULL, e));
    }
}

static void assert_state(fore_store *s, int64_t rows, const char *fingerprint)
{
    char now[33];
    int64_t index = 0;
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), rows);
    assert_int_equal(fore_store_count(s, FORE_TABLE_ACTIVITY), rows);
    OK(fore_store_fingerprint(s, now, e));
    assert_string_equal(now, fingerprint);
    OK(store_integer(s, "SELECT count(*) FROM sqlite_schema WHERE name = 'activity_id'", 0, &index,
                     e));
    assert_int_equal(index, 1);
}

static void rollback__first_import__leaves_nothing(void **state)
{
    fixture *f = *state;
    char before[33];
    OK(fore_store_fingerprint(f->store, before, e));
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 50);
    fore_store_rollback(f->store);
    assert_state(f->store, 0, before);
    int64_t pk;
    OK(fore_store_find(f->store, FORE_LEAD, "lead-0", &pk, e));
    assert_int_equal(pk, 0);
    OK(fore_store_begin(f->store, e)); /* and the keys of the lost rows are forgotten */
    put_some(f->store, 0, 3);
    OK(fore_store_commit(f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_ACTIVITY), 3);
}

static void rollback__later_import__leaves_what_was(void **state)
{
    fixture *f = *state;
    char before[33];
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 5);
    OK(fore_store_commit(f->store, e));
    OK(fore_store_fingerprint(f->store, before, e));
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 3, 9);
    fore_store_rollback(f->store);
    fore_store_rollback(f->store); /* harmless */
    assert_state(f->store, 5, before);
}

static void close__open_transaction__is_rolled_back(void **state)
{
    fixture *f = *state;
    char before[33];
    OK(fore_store_fingerprint(f->store, before, e));
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 5);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &f->store, e));
    assert_state(f->store, 0, before);
}

static void put__outside_a_transaction__is_refused(void **state)
{
    fixture *f = *state;
    fore_lead_row row = no_lead("L");
    int64_t pk;
    FAILS(FORE_E_ARGUMENT, f->path, fore_store_put_lead(f->store, &row, NULL, e));
    FAILS(FORE_E_ARGUMENT, f->path, fore_store_key(f->store, FORE_LEAD, "L", 1, &pk, e));
    FAILS(FORE_E_ARGUMENT, f->path, fore_store_commit(f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 0);
}

static void first_import__cursor_open_on_activities__still_works(void **state)
{
    fixture *f = *state;
    fore_cursor *cursor;
    fore_activity_row row;
    bool more;
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 2);
    OK(fore_store_commit(f->store, e));
    OK(fore_cursor_open(f->store, FORE_TABLE_LEAD, false, &cursor, e));
    fore_lead_row lead;
    OK(fore_cursor_next(cursor, &lead, &more, e));
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 4);
    OK(fore_store_commit(f->store, e));
    fore_cursor_close(cursor);
    cursor = first_row(f->store, FORE_TABLE_ACTIVITY, &row);
    fore_cursor_close(cursor);
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_ACTIVITY), 4);
}

/* --- killed --- */

/* A child commits 5 rows, writes 4,000 more, tells us so and waits to be killed. */
static void kill_in_the_middle(fixture *f, char committed[33])
{
    int pipe_ends[2];
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        fore_store *s;
        char print[33] = "";
        if (fore_store_open(f->path, FORE_STORE_WRITE, &s, NULL) != FORE_OK) _exit(1);
        OK(fore_store_lock(s, "import", e));
        OK(fore_store_begin(s, e));
        put_some(s, 0, 5);
        OK(fore_store_commit(s, e));
        OK(fore_store_fingerprint(s, print, e));
        OK(fore_store_begin(s, e));
        put_some(s, 5, 4000);
        sqlite3_db_cacheflush(s->db); /* so that uncommitted pages lie in the log */
        if (write(pipe_ends[1], print, sizeof print) != sizeof print) _exit(2);
        for (;;) pause();
    }
    assert_int_equal(read(pipe_ends[0], committed, 33), 33);
    assert_int_equal(kill(pid, SIGKILL), 0);
    int result;
    assert_int_equal(waitpid(pid, &result, 0), pid);
    assert_true(WIFSIGNALED(result));
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void kill__in_mid_transaction__leaves_the_last_commit(void **state)
{
    fixture *f = *state;
    char committed[33];
    fixture_close(f);
    kill_in_the_middle(f, committed);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    assert_state(f->store, 5, committed);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &f->store, e));
    OK(fore_store_lock(f->store, "import", e)); /* the lock died with its holder */
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 100);
    OK(fore_store_commit(f->store, e));
    int64_t bad;
    OK(store_integer(f->store,
                     "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
                     -1, &bad, e));
    assert_int_equal(bad, 0);
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 100);
}

/* --- full --- */

static void put__no_room_left__fails_and_leaves_what_was(void **state)
{
    fixture *f = *state;
    char before[33];
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 5);
    OK(fore_store_commit(f->store, e));
    OK(fore_store_fingerprint(f->store, before, e));
    OK(store_exec(f->store, "PRAGMA max_page_count = 60", e));
    OK(fore_store_begin(f->store, e));
    fore_error err = {0};
    fore_status status = FORE_OK;
    for (int i = 0; i < 100000 && status == FORE_OK; i++) {
        char id[24];
        snprintf(id, sizeof id, "x-%d", i);
        fore_lead_row row = no_lead(id);
        row.name = "some text so that the pages fill a little faster than they would";
        status = fore_store_put_lead(f->store, &row, NULL, &err);
    }
    assert_int_equal(status, FORE_E_FULL);
    assert_non_null(strstr(err.message, f->path));
    assert_int_not_equal(fore_store_commit(f->store, NULL), FORE_OK);
    fore_store_rollback(f->store);
    assert_state(f->store, 5, before);
    OK(store_exec(f->store, "PRAGMA max_page_count = 100000", e));
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 5, 1);
    OK(fore_store_commit(f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 6);
}

/* In a child, for limits and signals are the process's own. */
static int import_with_small_limit(const char *path)
{
    fore_store *s;
    fore_error err = {0};
    struct rlimit limit = {300000, 300000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    if (fore_store_open(path, FORE_STORE_WRITE, &s, NULL) != FORE_OK) return 2;
    if (fore_store_begin(s, &err) != FORE_OK) return 3;
    fore_status status = FORE_OK;
    for (int i = 0; i < 5000 && status == FORE_OK; i++) {
        char id[24];
        snprintf(id, sizeof id, "x-%d", i);
        fore_lead_row row = no_lead(id);
        row.name = "some text so that the pages fill a little faster than they would";
        status = fore_store_put_lead(s, &row, NULL, &err);
    }
    if (status == FORE_OK) status = fore_store_commit(s, &err);
    if (status != FORE_E_FULL) return 4;
    fore_store_close(s);
    return 0;
}

static void commit__file_may_not_grow__is_full_and_undone(void **state)
{
    fixture *f = *state;
    char before[33];
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 5);
    OK(fore_store_commit(f->store, e));
    OK(fore_store_fingerprint(f->store, before, e));
    fixture_close(f);
    pid_t pid = fork();
    if (pid == 0) _exit(import_with_small_limit(f->path));
    int result;
    assert_int_equal(waitpid(pid, &result, 0), pid);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &f->store, e));
    assert_state(f->store, 5, before);
}

/* --- busy --- */

static void begin__another_writer__is_busy_and_readers_read_on(void **state)
{
    fixture *f = *state;
    fore_store *other, *reader;
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &other, e));
    sqlite3_busy_timeout(other->db, 0);
    OK(fore_store_begin(f->store, e));
    put_some(f->store, 0, 3);
    FAILS(FORE_E_BUSY, f->path, fore_store_begin(other, e));
    FAILS(FORE_E_BUSY, f->path, fore_store_set(other, "zone", "UTC", e));
    OK(fore_store_open(f->path, FORE_STORE_READ, &reader, e));
    assert_int_equal(fore_store_count(reader, FORE_TABLE_LEAD), 0);
    OK(fore_store_commit(f->store, e));
    assert_int_equal(fore_store_count(reader, FORE_TABLE_LEAD), 3);
    OK(fore_store_begin(other, e));
    OK(fore_store_commit(other, e));
    fore_store_close(reader);
    fore_store_close(other);
}

static void lock__held_elsewhere__names_the_process_and_its_job(void **state)
{
    fixture *f = *state;
    fore_store *other;
    char pid[24];
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &other, e));
    OK(fore_store_lock(f->store, "nightly", e));
    FAILS(FORE_E_BUSY, pid, fore_store_lock(other, "import", e));
    FAILS(FORE_E_BUSY, "nightly", fore_store_lock(other, "import", e));
    FAILS(FORE_E_BUSY, f->path, fore_store_lock(other, "import", e));
    fore_store_unlock(f->store);
    OK(fore_store_lock(other, "import", e));
    fore_store_close(other); /* closing gives it back */
    OK(fore_store_lock(f->store, "nightly", e));
    OK(fore_store_lock(f->store, "nightly", e));
}

/* --- memory --- */

static fore_status open_and_put(const char *path, fore_error *err)
{
    fore_store *s = NULL;
    fore_status status;
    int64_t linked;
    fore_cursor *cursor = NULL;
    bool more;
    remove(path);
    FORE_GO(fore_store_open(path, FORE_STORE_CREATE, &s, err));
    FORE_GO(fore_store_begin(s, err));
    for (int i = 0; i < 3; i++) {
        fore_lead_row lead = no_lead("L");
        fore_activity_row activity = no_activity(i ? "a" : "b");
        fore_deal_row deal = no_deal("D");
        lead.attributes = i ? "{\"a\":\"1\"}" : "{\"b\":\"2\"}";
        FORE_GO(fore_store_key(s, FORE_CONTACT, "C", -1, &deal.contact, err));
        activity.contact = deal.contact;
        FORE_GO(fore_store_put_lead(s, &lead, NULL, err));
        FORE_GO(fore_store_put_deal(s, &deal, NULL, err));
        FORE_GO(fore_store_put_activity(s, &activity, NULL, err));
    }
    FORE_GO(fore_store_link_contacts(s, &linked, err));
    FORE_GO(fore_store_commit(s, err));
    FORE_GO(fore_cursor_open(s, FORE_TABLE_LEAD, false, &cursor, err));
    fore_lead_row row;
    FORE_GO(fore_cursor_next(cursor, &row, &more, err));
    FORE_GO(fore_store_lock(s, "import", err));
done:
    fore_cursor_close(cursor);
    fore_store_close(s);
    return status;
}

static void open_and_put__any_allocation_fails__no_leak_and_nothing_stored(void **state)
{
    fixture *f = *state;
    int failures = 0;
    fixture_close(f);
    int64_t live = fore_memory_live();
    for (int64_t k = 1; k < 1000; k++) {
        fore_error err = {0};
        fore_memory_fail_at(k);
        fore_status status = open_and_put(f->path, &err);
        fore_memory_fail_at(0);
        assert_int_equal(fore_memory_live(), live);
        if (status == FORE_OK) break;
        assert_int_equal(status, FORE_E_MEMORY);
        failures++;
    }
    assert_true(failures > 20 && failures < 900);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(rollback__first_import__leaves_nothing),
        WITH_STORE(rollback__later_import__leaves_what_was),
        WITH_STORE(close__open_transaction__is_rolled_back),
        WITH_STORE(put__outside_a_transaction__is_refused),
        WITH_STORE(first_import__cursor_open_on_activities__still_works),
        WITH_STORE(kill__in_mid_transaction__leaves_the_last_commit),
        WITH_STORE(put__no_room_left__fails_and_leaves_what_was),
        WITH_STORE(commit__file_may_not_grow__is_full_and_undone),
        WITH_STORE(begin__another_writer__is_busy_and_readers_read_on),
        WITH_STORE(lock__held_elsewhere__names_the_process_and_its_job),
        WITH_STORE(open_and_put__any_allocation_fails__no_leak_and_nothing_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
