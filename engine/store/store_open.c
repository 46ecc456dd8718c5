/* Opening a workspace, without ever harming a file that is none.
 *
 *   look at the file itself: folder? other program's? cut off?
 *   open it; reading where SQLite's write-ahead log cannot be made: as immutable
 *   empty and to be created -> schema in one transaction of a rollback journal, then WAL
 *   check whose it is and which version; migrate
 *
 * Leaving a file that this handle made and nothing was written into takes it away again, under
 * SQLite's exclusive lock, which nobody else who has the file open would let us have. Who opens it
 * meanwhile waits for that lock, and then finds, before writing, that the file has gone.
 *
 * The application id is read through SQLite, never from the raw file: the newest first page may
 * still be in the write-ahead log. */
#include "engine/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/file.h"

enum {
    BUSY_TIMEOUT_MS = 2000, /* long enough for any single commit of ours */
    HEADER_BYTES = 100      /* SQLite file format, section 1.3 */
};

static fore_status fail_not_workspace(const char *path, const char *what, fore_error *err)
{
    return fore_fail_at(err, FORE_E_NOT_WORKSPACE, path, 0, 0,
                        "%s is %s, not a foresell workspace; it was left untouched; name another "
                        "file with -w",
                        path, what);
}

static uint32_t big_endian(const unsigned char *p, int bytes)
{
    uint32_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | p[i];
    return value;
}

/* Whether <path><suffix> exists and is not empty. */
static bool beside(const char *path, const char *suffix)
{
    fore_text name = {0};
    struct stat info;
    fore_text_printf(&name, "%s%s", path, suffix);
    bool there = !name.failed && stat(name.bytes, &info) == 0 && info.st_size > 0;
    fore_text_free(&name);
    return there;
}

/* The first page names the number of pages: fewer bytes than that, and no log that could still hold
 * them, is a file that was cut off. */
static fore_status check_length(const char *path, const unsigned char *header, int64_t size,
                                fore_error *err)
{
    int64_t page = big_endian(header + 16, 2);
    if (page == 1) page = 65536;
    bool counted = big_endian(header + 24, 4) == big_endian(header + 92, 4);
    int64_t pages = big_endian(header + 28, 4);
    if (!counted || size >= page * pages) return FORE_OK;
    if (beside(path, "-wal") || beside(path, "-journal")) return FORE_OK;
    return fore_fail_at(
        err, FORE_E_CORRUPT, path, 0, 0,
        "the workspace %s is cut off: %lld of %lld bytes are there; restore it from a "
        "backup, or import the exports again into a new file",
        path, (long long)size, (long long)(page * pages));
}

static fore_status check_header(const char *path, int fd, int64_t size, fore_error *err)
{
    unsigned char header[HEADER_BYTES];
    ssize_t got = pread(fd, header, sizeof header, 0);
    if (got < 0) return fore_fail_errno(err, path, "read", errno);
    if (got < 16 || memcmp(header, "SQLite format 3", 16) != 0)
        return fail_not_workspace(path, "some other file", err);
    if (got < HEADER_BYTES)
        return fore_fail_at(
            err, FORE_E_CORRUPT, path, 0, 0,
            "the workspace %s is cut off after %lld bytes; restore it from a backup, "
            "or import the exports again into a new file",
            path, (long long)size);
    return check_length(path, header, size, err);
}

/* A new workspace needs a folder that can be written; SQLite only says that it cannot open it. */
static fore_status check_folder(const char *path, fore_error *err)
{
    fore_text folder = {0};
    const char *slash = strrchr(path, '/');
    if (slash)
        fore_text_add(&folder, path, slash == path ? 1 : slash - path);
    else
        fore_text_puts(&folder, ".");
    fore_status status = fore_text_check(&folder, err);
    if (status == FORE_OK && access(folder.bytes, W_OK | X_OK) != 0)
        status = fore_fail_errno(err, path, "make the workspace", errno);
    fore_text_free(&folder);
    return status;
}

static fore_status check_file(const char *path, fore_store_mode mode, bool *absent, fore_error *err)
{
    struct stat info;
    *absent = false;
    if (stat(path, &info) != 0) {
        *absent = errno == ENOENT;
        if (errno != ENOENT) return fore_fail_errno(err, path, "open", errno);
        if (mode == FORE_STORE_CREATE) return check_folder(path, err);
        return fore_fail_at(err, FORE_E_NOT_FOUND, path, 0, 0,
                            "there is no workspace %s; make one with foresell import, or name it "
                            "with -w",
                            path);
    }
    if (S_ISDIR(info.st_mode)) return fail_not_workspace(path, "a folder", err);
    if (!S_ISREG(info.st_mode)) return fail_not_workspace(path, "no ordinary file", err);
    if (info.st_size == 0) {
        if (mode == FORE_STORE_CREATE || beside(path, "-wal")) return FORE_OK;
        return fail_not_workspace(path, "an empty file", err);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fore_fail_errno(err, path, "open", errno);
    fore_status status = check_header(path, fd, info.st_size, err);
    close(fd);
    return status;
}

/* --- SQLite --- */

/* Relative names get "./", so that none is taken for a URI or for one of SQLite's special names. */
static void add_name(const fore_store *s, fore_text *name)
{
    if (!s->in_memory && s->path[0] != '/') fore_text_puts(name, "./");
    fore_text_puts(name, s->path);
}

static void add_uri(const fore_store *s, fore_text *uri)
{
    fore_text name = {0};
    add_name(s, &name);
    /* the empty authority is written out, or "//folder" would be taken for one */
    fore_text_puts(uri, s->path[0] == '/' ? "file://" : "file:");
    for (const char *p = fore_text_string(&name); *p; p++) {
        if (*p == '%' || *p == '?' || *p == '#')
            fore_text_printf(uri, "%%%02x", (unsigned char)*p);
        else
            fore_text_putc(uri, *p);
    }
    fore_text_puts(uri, "?immutable=1");
    uri->failed |= name.failed;
    fore_text_free(&name);
}

static fore_status open_database(fore_store *s, bool immutable, int flags, fore_error *err)
{
    fore_text name = {0};
    if (immutable)
        add_uri(s, &name);
    else
        add_name(s, &name);
    fore_status status = fore_text_check(&name, err);
    if (status == FORE_OK) {
        if (immutable) flags |= SQLITE_OPEN_URI;
        int result = sqlite3_open_v2(name.bytes, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
        if (result != SQLITE_OK) status = store_fail(s, result, "open", err);
    }
    fore_text_free(&name);
    if (status != FORE_OK) return status;
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    return store_exec(s,
                      "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON;"
                      "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;"
                      "PRAGMA mmap_size = 2147418112",
                      err);
}

void fore_store_rest(fore_store *s)
{
    if (!s || s->in_transaction) return;
    (void)store_exec(s, "PRAGMA mmap_size = 0; PRAGMA mmap_size = 2147418112", NULL);
}

static fore_status first_read(fore_store *s, fore_error *err)
{
    int64_t ignored;
    return store_integer(s, "SELECT count(*) FROM sqlite_schema", 0, &ignored, err);
}

static fore_status try_to_read(fore_store *s, bool immutable, fore_error *err)
{
    int flags = immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    FORE_TRY(open_database(s, immutable, flags, err));
    return first_read(s, err);
}

/* Opened for writing even to read, so that the log is tidied up on leaving; SQLite falls back to
 * reading by itself when the file may not be written. Where not even the log's index can be made,
 * and there is no log, the file is read as it lies there. */
static fore_status open_to_read(fore_store *s, fore_error *err)
{
    s->read_only = true;
    fore_status status = try_to_read(s, false, err);
    bool unwritable = status == FORE_E_IO || status == FORE_E_READONLY || status == FORE_E_FULL;
    if (unwritable && beside(s->path, "-wal"))
        return fore_fail_at(err, status, s->path, 0, 0,
                            "the workspace %s has changes in its log (%s-wal) that can be read "
                            "only where the file and its folder can be written; run foresell once "
                            "with that right, or copy both files to a folder of yours",
                            s->path, s->path);
    if (unwritable) {
        sqlite3_close(s->db);
        s->db = NULL;
        status = try_to_read(s, true, err);
    }
    FORE_TRY(status);
    FORE_TRY(store_exec(s, "PRAGMA query_only = ON", err));
    return store_check_version(s, err);
}

static fore_status open_to_write(fore_store *s, bool create, fore_error *err)
{
    int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
    fore_status status = open_database(s, false, flags, err);
    if (status == FORE_OK && sqlite3_db_readonly(s->db, "main") == 1)
        return store_fail(s, SQLITE_READONLY, "write", err);
    if (status == FORE_OK) status = first_read(s, err);
    if (status == FORE_E_IO && access(s->path, W_OK) == 0)
        return fore_fail_at(err, FORE_E_READONLY, s->path, 0, 0,
                            "the folder of the workspace %s cannot be written, and the write-ahead "
                            "log has its place there; check its permissions, or work on a copy",
                            s->path);
    if (status == FORE_E_IO && access(s->path, R_OK) == 0)
        return store_fail(s, SQLITE_READONLY, "write", err);
    FORE_TRY(status);
    int64_t tables, application;
    FORE_TRY(store_integer(s, "SELECT count(*) FROM sqlite_schema", 0, &tables, err));
    FORE_TRY(store_integer(s, "PRAGMA application_id", 0, &application, err));
    if (create && tables == 0 && application == 0) FORE_TRY(store_create_schema(s, err));
    FORE_TRY(store_check_version(s, err));
    return store_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", err);
}

fore_status fore_store_open(const char *path, fore_store_mode mode, fore_store **store,
                            fore_error *err)
{
    *store = NULL;
    if (!path || !*path)
        return fore_fail(err, FORE_E_ARGUMENT, "no workspace was named; name a file with -w");
    bool in_memory = strcmp(path, ":memory:") == 0;
    bool absent = false;
    if (!in_memory) FORE_TRY(check_file(path, mode, &absent, err));
    fore_store *s = FORE_ZNEW(1, fore_store);
    if (!s) return fore_no_memory(err);
    s->lock_fd = -1;
    s->in_memory = in_memory;
    s->was_absent = absent && mode == FORE_STORE_CREATE;
    size_t length = strlen(path);
    s->path = FORE_NEW((int64_t)length + 1, char);
    fore_status status = s->path ? FORE_OK : fore_no_memory(err);
    if (status == FORE_OK) {
        memcpy(s->path, path, length + 1);
        status = mode == FORE_STORE_READ && !in_memory
                     ? open_to_read(s, err)
                     : open_to_write(s, in_memory || mode == FORE_STORE_CREATE, err);
    }
    if (status != FORE_OK) {
        fore_store_leave(s);
        return status;
    }
    *store = s;
    return FORE_OK;
}

/* --- leaving --- */

fore_status store_still_there(fore_store *s, fore_error *err)
{
    int moved = 0;
    if (s->in_memory || sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) ||
        !moved)
        return FORE_OK;
    return fore_fail_at(err, FORE_E_BUSY, s->path, 0, 0,
                        "the workspace %s was removed or replaced meanwhile; nothing was written; "
                        "run again",
                        s->path);
}

void fore_store_close(fore_store *s)
{
    if (!s) return;
    fore_store_rollback(s);
    fore_store_unlock(s);
    store_keys_forget(s);
    for (int t = 0; t < STORE_TABLES; t++)
        for (int o = 0; o < STORE_OPERATIONS; o++) sqlite3_finalize(s->row[t][o]);
    for (int f = 0; f < STORE_FIXED_COUNT; f++) sqlite3_finalize(s->fixed[f]);
    sqlite3_close_v2(s->db);
    fore_text_free(&s->scratch);
    fore_free(s->path);
    fore_free(s);
}

/* No row in any table but the one of job runs. */
static bool is_unused(fore_store *s)
{
    sqlite3_stmt *table = NULL;
    bool unused = true, more = false;
    if (store_prepare(s,
                      "SELECT printf('SELECT 1 FROM \"%w\" LIMIT 1', name) FROM sqlite_schema "
                      "WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'job_run'",
                      &table, NULL) != FORE_OK)
        return false;
    while (unused && (unused = store_step(s, table, &more, NULL) == FORE_OK) && more) {
        int64_t any;
        const char *sql = store_column_text(table, 0);
        unused = sql && store_integer(s, sql, 0, &any, NULL) == FORE_OK && any == 0;
    }
    sqlite3_finalize(table);
    return unused;
}

/* The write-ahead log goes first: nobody can be using it while the lock is held, and whoever makes
 * a new workspace of that name afterwards makes a log of its own. */
static void remove_files(const char *path)
{
    static const char *const suffix[] = {"-wal", "-shm", ""};
    for (int i = 0; i < 3; i++) {
        fore_text name = {0};
        fore_text_printf(&name, "%s%s", path, suffix[i]);
        if (!name.failed) unlink(name.bytes);
        fore_text_free(&name);
    }
}

/* A file without a byte, as a full disk leaves it: SQLite cannot lock it without writing, so its
 * lock is taken by hand (SQLite file format and locking: the 512 bytes from 0x40000000 on). */
static void remove_blank(const char *path)
{
    struct flock all = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
    struct stat held, named;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    if (fcntl(fd, F_SETLK, &all) == 0 && fstat(fd, &held) == 0 && held.st_size == 0 &&
        stat(path, &named) == 0 && named.st_ino == held.st_ino && named.st_dev == held.st_dev)
        unlink(path);
    close(fd);
}

/* A connection of its own, whose first look at the file already takes the exclusive lock. */
static void remove_unused(const char *path)
{
    struct stat info;
    fore_store s = {.path = (char *)path, .lock_fd = -1};
    fore_text name = {0};
    if (stat(path, &info) == 0 && info.st_size == 0) {
        remove_blank(path);
        return;
    }
    add_name(&s, &name);
    if (!name.failed &&
        sqlite3_open_v2(name.bytes, &s.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
            SQLITE_OK &&
        store_exec(&s, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL) == FORE_OK &&
        store_still_there(&s, NULL) == FORE_OK && is_unused(&s))
        remove_files(path);
    sqlite3_close_v2(s.db);
    fore_text_free(&name);
}

void fore_store_leave(fore_store *s)
{
    char *path = NULL;
    if (s && s->was_absent) {
        path = s->path;
        s->path = NULL;
    }
    fore_store_close(s);
    if (path) remove_unused(path);
    fore_free(path);
}

const char *fore_store_path(const fore_store *store) { return store->path; }
