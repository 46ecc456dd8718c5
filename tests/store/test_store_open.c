/* Opening: good files, and each kind of bad one - what is said, and that nothing is harmed. */
#include "tests/store/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/file.h"
#include "engine/store/store_internal.h"

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void in_folder(const fixture *f, const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", f->folder, name);
}

/* The file's bytes are what they were. */
static void assert_bytes(const char *path, const void *bytes, int64_t length)
{
    fore_text now = {0};
    OK(fore_file_read(path, 0, &now, e));
    assert_int_equal(now.length, length);
    assert_memory_equal(now.bytes, bytes, (size_t)length);
    fore_text_free(&now);
}

static void fill(fixture *f, int leads)
{
    OK(fore_store_begin(f->store, e));
    for (int i = 0; i < leads; i++) {
        char id[16], name[200];
        snprintf(id, sizeof id, "L%d", i);
        memset(name, 'x', sizeof name - 1);
        name[sizeof name - 1] = 0;
        fore_lead_row row = no_lead(id);
        row.name = name;
        OK(fore_store_put_lead(f->store, &row, NULL, e));
    }
    OK(fore_store_commit(f->store, e));
}

static void sql(const char *path, const char *text)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- good --- */

static void open__filled_workspace__reads_again(void **state)
{
    fixture *f = *state;
    fill(f, 3);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 3);
    assert_string_equal(fore_store_path(f->store), f->path);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_CREATE, &f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 3);
}

static void open__last_handle_closed__leaves_one_file(void **state)
{
    fixture *f = *state;
    char log[128];
    fill(f, 3);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 3);
    fixture_close(f);
    in_folder(f, "work.db-wal", log);
    assert_false(fore_file_exists(log));
}

static void open__empty_file__becomes_a_workspace_only_when_asked(void **state)
{
    fixture *f = *state;
    char path[128];
    fore_store *s;
    in_folder(f, "empty", path);
    write_file(path, "", 0);
    FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, FORE_STORE_READ, &s, e));
    FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, FORE_STORE_WRITE, &s, e));
    assert_null(s);
    assert_bytes(path, "", 0);
    OK(fore_store_open(path, FORE_STORE_CREATE, &s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 0);
    fore_store_close(s);
}

static void open__odd_names__are_plain_files(void **state)
{
    fixture *f = *state;
    char before[256];
    fore_store *s;
    static const char *const names[] = {"file:x?mode=memory", "a b#c%20.db", "ω.db"};
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(f->folder), 0);
    for (size_t i = 0; i < 3; i++) {
        OK(fore_store_open(names[i], FORE_STORE_CREATE, &s, e));
        fore_store_close(s);
        assert_true(fore_file_exists(names[i]));
        OK(fore_store_open(names[i], FORE_STORE_READ, &s, e));
        fore_store_close(s);
    }
    assert_int_equal(chdir(before), 0);
}

static void open__in_memory__works_and_leaves_nothing(void **state)
{
    (void)state;
    fore_store *s;
    OK(fore_store_open(":memory:", FORE_STORE_CREATE, &s, e));
    OK(fore_store_lock(s, "import", e));
    OK(fore_store_begin(s, e));
    fore_lead_row row = no_lead("L");
    OK(fore_store_put_lead(s, &row, NULL, e));
    OK(fore_store_commit(s, e));
    assert_int_equal(fore_store_count(s, FORE_TABLE_LEAD), 1);
    fore_store_close(s);
    assert_false(fore_file_exists(":memory:"));
}

/* --- bad --- */

static void open__nothing_there__says_so(void **state)
{
    fixture *f = *state;
    char path[128];
    fore_store *s;
    in_folder(f, "none.db", path);
    FAILS(FORE_E_NOT_FOUND, path, fore_store_open(path, FORE_STORE_READ, &s, e));
    FAILS(FORE_E_NOT_FOUND, path, fore_store_open(path, FORE_STORE_WRITE, &s, e));
    assert_false(fore_file_exists(path));
    in_folder(f, "no/such/folder.db", path);
    FAILS(FORE_E_IO, path, fore_store_open(path, FORE_STORE_CREATE, &s, e));
    FAILS(FORE_E_ARGUMENT, "", fore_store_open("", FORE_STORE_CREATE, &s, e));
    FAILS(FORE_E_ARGUMENT, "", fore_store_open(NULL, FORE_STORE_CREATE, &s, e));
}

static void open__folder_or_device__is_no_workspace(void **state)
{
    fixture *f = *state;
    fore_store *s;
    FAILS(FORE_E_NOT_WORKSPACE, f->folder, fore_store_open(f->folder, FORE_STORE_CREATE, &s, e));
    FAILS(FORE_E_NOT_WORKSPACE, "/dev/null",
          fore_store_open("/dev/null", FORE_STORE_CREATE, &s, e));
}

static void open__text_file__is_left_untouched(void **state)
{
    fixture *f = *state;
    char path[128];
    fore_store *s;
    static const char text[] = "deal_id,name\n1,\"a very dear file of somebody\"\n";
    in_folder(f, "deals.csv", path);
    write_file(path, text, sizeof text - 1);
    for (int mode = FORE_STORE_READ; mode <= FORE_STORE_CREATE; mode++)
        FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, (fore_store_mode)mode, &s, e));
    assert_bytes(path, text, sizeof text - 1);
    write_file(path, "x", 1);
    FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, FORE_STORE_CREATE, &s, e));
    assert_bytes(path, "x", 1);
}

static void open__database_of_another_program__is_left_untouched(void **state)
{
    fixture *f = *state;
    char path[128];
    fore_store *s;
    fore_text before = {0};
    in_folder(f, "cookies.db", path);
    sql(path, "CREATE TABLE cookie (name TEXT); INSERT INTO cookie VALUES ('dear')");
    OK(fore_file_read(path, 0, &before, e));
    for (int mode = FORE_STORE_READ; mode <= FORE_STORE_CREATE; mode++)
        FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, (fore_store_mode)mode, &s, e));
    assert_bytes(path, before.bytes, before.length);
    fore_text_free(&before);
    in_folder(f, "other.db", path);
    sql(path, "PRAGMA application_id = 99; CREATE TABLE setting (a)");
    FAILS(FORE_E_NOT_WORKSPACE, path, fore_store_open(path, FORE_STORE_CREATE, &s, e));
}

static void open__newer_version__names_both(void **state)
{
    fixture *f = *state;
    fill(f, 1);
    fixture_close(f);
    sql(f->path, "PRAGMA user_version = 99");
    for (int mode = FORE_STORE_READ; mode <= FORE_STORE_CREATE; mode++) {
        FAILS(FORE_E_NEWER, f->path, fore_store_open(f->path, (fore_store_mode)mode, &f->store, e));
        FAILS(FORE_E_NEWER, "99", fore_store_open(f->path, (fore_store_mode)mode, &f->store, e));
    }
}

static void open__cut_off__is_damaged(void **state)
{
    fixture *f = *state;
    struct stat info;
    fill(f, 400);
    fixture_close(f);
    assert_int_equal(stat(f->path, &info), 0);
    off_t sizes[] = {info.st_size - 1, info.st_size / 2, 4096, 600, 100, 40};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(truncate(f->path, sizes[i]), 0);
        for (int mode = FORE_STORE_READ; mode <= FORE_STORE_CREATE; mode++)
            FAILS(FORE_E_CORRUPT, f->path,
                  fore_store_open(f->path, (fore_store_mode)mode, &f->store, e));
    }
}

static void read__pages_overwritten__fails_without_a_crash(void **state)
{
    fixture *f = *state;
    fill(f, 1200); /* so that the first half holds the whole schema */
    fixture_close(f);
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    int fd = open(f->path, O_WRONLY);
    char junk[4096];
    memset(junk, 0xA5, sizeof junk);
    for (off_t at = info.st_size / 8192 * 4096; at < info.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof junk, at), sizeof junk);
    close(fd);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    fore_cursor *cursor;
    fore_lead_row row;
    bool more = true;
    fore_error err = {0};
    OK(fore_cursor_open(f->store, FORE_TABLE_LEAD, false, &cursor, e));
    fore_status status = FORE_OK;
    while (status == FORE_OK && more) status = fore_cursor_next(cursor, &row, &more, &err);
    fore_cursor_close(cursor);
    assert_int_equal(status, FORE_E_CORRUPT);
    assert_non_null(strstr(err.message, f->path));
}

/* --- not writable --- */

static void read_mode__any_write__is_refused(void **state)
{
    fixture *f = *state;
    int64_t pk;
    fill(f, 2);
    fixture_close(f);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    fore_lead_row row = no_lead("L9");
    fore_import_row run = {.format = "foresell"};
    FAILS(FORE_E_READONLY, f->path, fore_store_begin(f->store, e));
    FAILS(FORE_E_READONLY, f->path, fore_store_put_lead(f->store, &row, NULL, e));
    FAILS(FORE_E_READONLY, f->path, fore_store_set(f->store, "zone", "UTC", e));
    FAILS(FORE_E_READONLY, f->path, fore_store_put_import(f->store, &run, &pk, e));
    FAILS(FORE_E_READONLY, f->path, fore_store_publish(f->store, "lead", 1, 0, "", e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 2);
}

/* Runs `child` as a user whom file permissions bind, for root may write anything. */
static int as_nobody(int (*child)(fixture *f), fixture *f)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(77);
        _exit(child(f));
    }
    int result;
    assert_int_equal(waitpid(pid, &result, 0), pid);
    assert_true(WIFEXITED(result));
    return WEXITSTATUS(result);
}

static int open_without_rights(fixture *f)
{
    fore_store *s;
    fore_error err = {0};
    if (fore_store_open(f->path, FORE_STORE_WRITE, &s, &err) != FORE_E_READONLY) return 1;
    if (!strstr(err.message, f->path) || !strstr(err.message, "permissions")) return 2;
    if (fore_store_open(f->path, FORE_STORE_READ, &s, &err) != FORE_OK) return 3;
    int64_t count = fore_store_count(s, FORE_TABLE_LEAD);
    fore_store_close(s);
    return count == 5 ? 0 : 4;
}

static void open__file_and_folder_not_writable__reads_only(void **state)
{
    fixture *f = *state;
    fill(f, 5);
    fixture_close(f);
    assert_int_equal(chmod(f->path, 0444), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    assert_int_equal(as_nobody(open_without_rights, f), 0);
}

static void open__only_folder_not_writable__reads_only(void **state)
{
    fixture *f = *state;
    fill(f, 5);
    fixture_close(f);
    assert_int_equal(chmod(f->path, 0666), 0);
    assert_int_equal(chmod(f->folder, 0555), 0);
    assert_int_equal(as_nobody(open_without_rights, f), 0);
}

static int open_unreadable(fixture *f)
{
    fore_store *s;
    fore_error err = {0};
    if (fore_store_open(f->path, FORE_STORE_READ, &s, &err) != FORE_E_IO) return 1;
    return strstr(err.message, f->path) ? 0 : 2;
}

static void open__file_not_readable__names_it(void **state)
{
    fixture *f = *state;
    fixture_close(f);
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_int_equal(chmod(f->path, 0), 0);
    assert_int_equal(as_nobody(open_unreadable, f), 0);
}

/* --- migrations --- */

static void migrate__steps_above_the_version__run_once_in_order(void **state)
{
    fixture *f = *state;
    const store_migration steps[] = {{STORE_VERSION, "syntax error if ever run"},
                                     {STORE_VERSION + 1, "CREATE TABLE extra (a INTEGER) STRICT"},
                                     {STORE_VERSION + 2, "INSERT INTO extra VALUES (7)"},
                                     {0, NULL}};
    int64_t value;
    OK(store_migrate(f->store, steps, e));
    OK(store_migrate(f->store, steps, e));
    OK(store_integer(f->store, "SELECT sum(a) FROM extra", 0, &value, e));
    assert_int_equal(value, 7);
    OK(store_integer(f->store, "PRAGMA user_version", 0, &value, e));
    assert_int_equal(value, STORE_VERSION + 2);
}

static void migrate__failing_step__leaves_the_step_before(void **state)
{
    fixture *f = *state;
    const store_migration steps[] = {
        {STORE_VERSION + 1, "CREATE TABLE extra (a INTEGER) STRICT"},
        {STORE_VERSION + 2, "INSERT INTO extra VALUES (7); INSERT INTO nowhere VALUES (1)"},
        {0, NULL}};
    int64_t value;
    char words[16];
    snprintf(words, sizeof words, "step %d", STORE_VERSION + 2);
    FAILS(FORE_E_STORE, words, store_migrate(f->store, steps, e));
    OK(store_integer(f->store, "SELECT count(*) FROM extra", -1, &value, e));
    assert_int_equal(value, 0);
    OK(store_integer(f->store, "PRAGMA user_version", 0, &value, e));
    assert_int_equal(value, STORE_VERSION + 1);
}

/* The schema as text, whichever way it came about. */
static void schema_of(fixture *f, fore_text *out)
{
    sqlite3_stmt *q = NULL;
    OK(store_prepare(f->store, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
                     &q, e));
    while (sqlite3_step(q) == SQLITE_ROW)
        fore_text_printf(out, "%s\n", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
}

static void migrate__a_workspace_of_format_1__becomes_what_is_made_anew(void **state)
{
    fixture *f = *state;
    fore_text anew = {0}, brought = {0};
    int64_t value;
    fill(f, 3);
    schema_of(f, &anew);
    fixture_close(f);
    sql(f->path, "DROP TABLE feedback; DROP TABLE listed;"
                 " DROP TABLE forecast_snapshot; DROP TABLE adjustment; PRAGMA user_version = 1");
    FAILS(FORE_E_READONLY, "older format 1",
          fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    OK(fore_store_open(f->path, FORE_STORE_WRITE, &f->store, e));
    OK(store_integer(f->store, "PRAGMA user_version", 0, &value, e));
    assert_int_equal(value, STORE_VERSION);
    schema_of(f, &brought);
    assert_string_equal(fore_text_string(&anew), fore_text_string(&brought));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 3);
    fore_text_free(&anew);
    fore_text_free(&brought);
}

/* --- leaving --- */

static bool there(const char *path, const char *suffix)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return access(name, F_OK) == 0;
}

static void leave__made_and_never_written__takes_the_file_away(void **state)
{
    fixture *f = *state;
    fore_store_leave(f->store);
    f->store = NULL;
    assert_false(there(f->path, "") || there(f->path, "-wal") || there(f->path, "-shm"));
    int64_t run;
    OK(fore_store_open(f->path, FORE_STORE_CREATE, &f->store, e)); /* a night that read nothing */
    OK(fore_store_begin(f->store, e));
    OK(fore_store_job_start(f->store, "nightly", 5, &run, e));
    OK(fore_store_commit(f->store, e));
    fore_store_leave(f->store);
    f->store = NULL;
    assert_false(there(f->path, ""));
    fore_store_leave(NULL);
}

static void leave__rolled_back__takes_the_file_away(void **state)
{
    fixture *f = *state;
    fore_lead_row row = no_lead("L1");
    OK(fore_store_begin(f->store, e));
    OK(fore_store_put_lead(f->store, &row, NULL, e));
    fore_store_leave(f->store);
    f->store = NULL;
    assert_false(there(f->path, ""));
}

static void leave__written_or_found__stays(void **state)
{
    fixture *f = *state;
    fill(f, 1);
    fore_store_leave(f->store);
    assert_true(there(f->path, ""));
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 1);
    fixture_close(f);
    char path[128];
    fore_store *s;
    in_folder(f, "found.db", path);
    OK(fore_store_open(path, FORE_STORE_CREATE, &s, e));
    fore_store_close(s);
    OK(fore_store_open(path, FORE_STORE_CREATE, &s, e)); /* empty, but it was there before */
    fore_store_leave(s);
    assert_true(there(path, ""));
    in_folder(f, "setting.db", path);
    OK(fore_store_open(path, FORE_STORE_CREATE, &s, e));
    OK(fore_store_begin(s, e));
    OK(fore_store_set(s, "zone", "Asia/Kolkata", e));
    OK(fore_store_commit(s, e));
    fore_store_leave(s);
    assert_true(there(path, ""));
}

/* The other process: opens when told to, says so, and writes when told to. */
static int write_elsewhere(const char *path, const int told[2], const int ready[2])
{
    char byte = 0;
    fore_store *other = NULL;
    fore_lead_row row = no_lead("L1");
    bool asked = read(told[0], &byte, 1) == 1;
    fore_status status = fore_store_open(path, FORE_STORE_CREATE, &other, NULL);
    asked = asked && write(ready[1], &byte, 1) == 1 && read(told[0], &byte, 1) == 1;
    if (status == FORE_OK) status = fore_store_begin(other, NULL);
    if (status == FORE_OK) status = fore_store_put_lead(other, &row, NULL, NULL);
    if (status == FORE_OK) status = fore_store_commit(other, NULL);
    fore_store_leave(other);
    return asked && status == FORE_OK ? 0 : 1;
}

static void leave__open_elsewhere__stays(void **state)
{
    fixture *f = *state;
    int ready[2], told[2], result;
    char byte = 0;
    fixture_close(f); /* no handle may cross a fork */
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(told), 0);
    pid_t child = fork();
    if (child == 0) _exit(write_elsewhere(f->path, told, ready));
    OK(fore_store_open(f->path, FORE_STORE_CREATE, &f->store, e));
    assert_int_equal(write(told[1], &byte, 1), 1);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    fore_store_leave(f->store);
    f->store = NULL;
    assert_true(there(f->path, ""));
    assert_int_equal(write(told[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    OK(fore_store_open(f->path, FORE_STORE_READ, &f->store, e));
    assert_int_equal(fore_store_count(f->store, FORE_TABLE_LEAD), 1);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(told[i]);
    }
}

static void begin__the_file_was_taken_away__says_so_and_writes_nowhere(void **state)
{
    fixture *f = *state;
    assert_int_equal(unlink(f->path), 0);
    FAILS(FORE_E_BUSY, "was removed or replaced meanwhile", fore_store_begin(f->store, e));
    fore_store *other;
    OK(fore_store_open(f->path, FORE_STORE_CREATE, &other, e));
    FAILS(FORE_E_BUSY, "was removed or replaced meanwhile", fore_store_begin(f->store, e));
    fore_store_close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(open__filled_workspace__reads_again),
        WITH_STORE(open__last_handle_closed__leaves_one_file),
        WITH_STORE(open__empty_file__becomes_a_workspace_only_when_asked),
        WITH_STORE(open__odd_names__are_plain_files),
        cmocka_unit_test(open__in_memory__works_and_leaves_nothing),
        WITH_STORE(open__nothing_there__says_so),
        WITH_STORE(leave__made_and_never_written__takes_the_file_away),
        WITH_STORE(leave__rolled_back__takes_the_file_away),
        WITH_STORE(leave__written_or_found__stays),
        WITH_STORE(leave__open_elsewhere__stays),
        WITH_STORE(begin__the_file_was_taken_away__says_so_and_writes_nowhere),
        WITH_STORE(open__folder_or_device__is_no_workspace),
        WITH_STORE(open__text_file__is_left_untouched),
        WITH_STORE(open__database_of_another_program__is_left_untouched),
        WITH_STORE(open__newer_version__names_both),
        WITH_STORE(open__cut_off__is_damaged),
        WITH_STORE(read__pages_overwritten__fails_without_a_crash),
        WITH_STORE(read_mode__any_write__is_refused),
        WITH_STORE(open__file_and_folder_not_writable__reads_only),
        WITH_STORE(open__only_folder_not_writable__reads_only),
        WITH_STORE(open__file_not_readable__names_it),
        WITH_STORE(migrate__steps_above_the_version__run_once_in_order),
        WITH_STORE(migrate__failing_step__leaves_the_step_before),
        WITH_STORE(migrate__a_workspace_of_format_1__becomes_what_is_made_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
