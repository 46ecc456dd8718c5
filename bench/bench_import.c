/* How fast does an import read activities, against what SQLite and DuckDB need for the same rows?
 *
 *   bench_import LEADS ACTIVITIES FOLDER RUNS
 *       Simulates a company of that size into FOLDER (unless it is there already), imports
 * everything but the activities, and then RUNS times, in turns: foresell  fore_import of
 * activities.csv into a copy of that workspace sqlite    a bare prepared INSERT of the same rows,
 * from memory, into the same table: one transaction, WAL, synchronous NORMAL, and the table's index
 * made at the end. It reads no CSV and looks up no reference: a lower bound duckdb    CREATE TABLE
 * from read_csv, with $FORESELL_BENCH_PYTHON (left out without it)
 *
 * One JSON line per system: seconds as median and minimum of n, processor seconds (which say more
 * than the clock on a busy machine), rows per second, ratio of its
 * median to foresell's, commit ($FORESELL_COMMIT), processor, load of the machine. All use one
 * thread, but DuckDB $FORESELL_THREADS. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench_help.h"
#include "bench/bench_sql.h"
#include "datasets/import.h"
#include "datasets/simulate.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"

enum { COLUMNS = 15, PATH_ROOM = 600 };
static const int64_t FILE_LIMIT = INT64_C(1) << 33;

static const char *folder;

static const char *inside(const char *name)
{
    static char path[16][PATH_ROOM];
    static int turn;
    char *p = path[turn++ % 16];
    snprintf(p, PATH_ROOM, "%s/%s", folder, name);
    return p;
}

static void discard(const char *name)
{
    char path[PATH_ROOM];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s%s", folder, name, ends[i]);
        remove(path);
    }
}

/* --- the world and the workspace without activities --- */

static void make_world(int64_t leads, int64_t activities)
{
    fore_simulate_options options = fore_simulate_default();
    fore_simulate_truth truth;
    fore_simulate_size(&options, leads, activities);
    options.truth_draws = 0;
    if (access(inside("activities.csv"), R_OK) == 0) return;
    MUST(fore_simulate(&options, folder, NULL, NULL, &truth, err));
}

static int64_t import_files(const char *workspace, fore_store_mode mode, const char *const *names,
                            int64_t count)
{
    const char *paths[4];
    char copies[4][PATH_ROOM];
    for (int64_t i = 0; i < count; i++) paths[i] = memcpy(copies[i], inside(names[i]), PATH_ROOM);
    fore_store *store = NULL;
    fore_import_report report;
    fore_import_options options = {.paths = paths, .path_count = count, .format = "foresell"};
    MUST(fore_store_open(workspace, mode, &store, err));
    MUST(fore_import(store, &options, &report, err));
    int64_t added = report.added;
    fore_import_report_free(&report);
    fore_store_close(store);
    return added;
}

static void copy_file(const char *from, const char *to)
{
    fore_text bytes = {0};
    MUST(fore_file_read(from, FILE_LIMIT, &bytes, err));
    MUST(fore_file_replace(to, bytes.bytes, bytes.length, err));
    fore_text_free(&bytes);
}

typedef struct spent {
    double wall, cpu;
} spent;

static spent now(void) { return (spent){fore_clock_seconds(), (double)clock() / CLOCKS_PER_SEC}; }

static spent since(spent began)
{
    spent end = now();
    return (spent){end.wall - began.wall, end.cpu - began.cpu};
}

static spent foresell_once(int64_t *rows)
{
    static const char *const names[] = {"activities.csv"};
    discard("run.db");
    copy_file(inside("base.db"), inside("run.db"));
    spent began = now();
    *rows = import_files(inside("run.db"), FORE_STORE_WRITE, names, 1);
    return since(began);
}

/* --- the bare insert --- */

typedef struct cell {
    int type; /* as SQLite counts them */
    union {
        int64_t integer;
        double real;
        const char *text;
    };
    int length;
} cell;

static const char SELECT[] =
    "SELECT pk, id, at, due_at, kind, direction, rep, lead, deal, account, contact, campaign, minutes,"
    " outcome, contact_link FROM activity ORDER BY pk";
static const char INSERT[] =
    "INSERT INTO activity(pk, id, at, due_at, kind, direction, rep, lead, deal, account, contact,"
    " campaign, minutes, outcome, contact_link) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

static cell *read_cells(const char *workspace, int64_t rows, fore_arena *arena)
{
    sqlite3 *db = NULL;
    cell *cells = FORE_ZNEW(rows * COLUMNS, cell);
    if (!cells || sqlite3_open(workspace, &db) != SQLITE_OK) exit(1);
    sqlite3_stmt *statement = prepare(db, SELECT);
    for (cell *c = cells; sqlite3_step(statement) == SQLITE_ROW;)
        for (int j = 0; j < COLUMNS; j++, c++) {
            c->type = sqlite3_column_type(statement, j);
            if (c->type == SQLITE_INTEGER) c->integer = sqlite3_column_int64(statement, j);
            if (c->type == SQLITE_FLOAT) c->real = sqlite3_column_double(statement, j);
            if (c->type != SQLITE_TEXT) continue;
            c->text = fore_arena_string(arena, (const char *)sqlite3_column_text(statement, j));
            c->length = sqlite3_column_bytes(statement, j);
        }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return cells;
}

static void bind(sqlite3_stmt *statement, int at, const cell *c)
{
    if (c->type == SQLITE_INTEGER)
        sqlite3_bind_int64(statement, at, c->integer);
    else if (c->type == SQLITE_FLOAT)
        sqlite3_bind_double(statement, at, c->real);
    else if (c->type == SQLITE_TEXT)
        sqlite3_bind_text(statement, at, c->text, c->length, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, at);
}

static spent sqlite_once(const cell *cells, int64_t rows)
{
    sqlite3 *db = NULL;
    discard("run.db");
    copy_file(inside("base.db"), inside("run.db"));
    spent began = now();
    if (sqlite3_open(inside("run.db"), &db) != SQLITE_OK) exit(1);
    run_sql(db,
            "PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = -262144;"
            "BEGIN; DROP INDEX activity_id");
    sqlite3_stmt *statement = prepare(db, INSERT);
    for (int64_t i = 0; i < rows; i++) {
        for (int j = 0; j < COLUMNS; j++) bind(statement, j + 1, &cells[i * COLUMNS + j]);
        if (sqlite3_step(statement) != SQLITE_DONE) exit(1);
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    run_sql(db, "CREATE UNIQUE INDEX activity_id ON activity(id); COMMIT");
    sqlite3_close(db);
    return since(began);
}

/* --- DuckDB --- */

/* wall < 0 when there is no DuckDB. The script measures the statement alone.
 */
static spent duckdb_once(int64_t rows)
{
    const char *python = getenv("FORESELL_BENCH_PYTHON"), *script = getenv("FORESELL_BENCH_DIR");
    char command[3 * PATH_ROOM];
    spent took = {-1, -1}, none = took;
    long long read = 0;
    if (!python || !script) return none;
    snprintf(command, sizeof command, "'%s' '%s/peer_duckdb_import.py' '%s'", python, script,
             inside("activities.csv"));
    FILE *pipe = popen(command, "r");
    if (!pipe) return none;
    int got = fscanf(pipe, "%lf %lf %lld", &took.wall, &took.cpu, &read);
    int failed = pclose(pipe);
    if (got != 3 || failed) return none;
    if (read != rows) {
        fprintf(stderr, "DuckDB read %lld rows, not %lld\n", read, (long long)rows);
        exit(1);
    }
    return took;
}

/* --- the report --- */

static void processor(char *name, size_t room)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, room, "unknown");
    while (file && fgets(line, sizeof line, file)) {
        char *colon = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
        if (!colon) continue;
        colon[strcspn(colon, "\n")] = 0;
        snprintf(name, room, "%s", colon + 2);
        break;
    }
    if (file) fclose(file);
}

typedef struct series { /* one system's runs */
    double wall[MOST_RUNS], cpu[MOST_RUNS];
    int n;
} series;

static void series_add(series *s, spent took)
{
    s->wall[s->n] = took.wall;
    s->cpu[s->n++] = took.cpu;
}

static void print_line(const char *system, series *s, int64_t rows, double ours,
                       const char *threads)
{
    char cpu[128];
    double load[1] = {0};
    const char *commit = getenv("FORESELL_COMMIT");
    double median = median_of(s->wall, s->n); /* sorts: wall[0] is the least */
    processor(cpu, sizeof cpu);
    if (getloadavg(load, 1) != 1) load[0] = -1;
    printf("{\"bench\":\"import_activities\",\"system\":\"%s\",\"rows\":%lld,\"seconds\":%.4f",
           system, (long long)rows, median);
    printf(",\"min\":%.4f,\"n\":%d,\"cpu_seconds\":%.4f,\"rows_per_second\":%.0f,\"ratio\":%.3f",
           s->wall[0], s->n, median_of(s->cpu, s->n), (double)rows / median, median / ours);
    printf(",\"threads\":%s,\"load\":%.2f,\"cpu\":\"%s\",\"commit\":\"%s\"}\n", threads, load[0],
           cpu, commit ? commit : "");
}

static void measure(int runs)
{
    static series ours, bare, duck;
    const char *threads = getenv("FORESELL_THREADS");
    fore_arena *arena = fore_arena_new();
    if (!arena) exit(1);
    cell *cells = NULL;
    int64_t rows = 0;
    bool duckdb = true;
    for (int run = 0; run < runs; run++) {
        series_add(&ours, foresell_once(&rows));
        if (!cells) cells = read_cells(inside("run.db"), rows, arena);
        series_add(&bare, sqlite_once(cells, rows));
        spent third = duckdb ? duckdb_once(rows) : (spent){-1, -1};
        duckdb = third.wall >= 0;
        if (duckdb) series_add(&duck, third);
    }
    double median = median_of(ours.wall, ours.n);
    print_line("foresell", &ours, rows, median, "1");
    print_line("sqlite insert", &bare, rows, median, "1");
    if (duck.n > 0) print_line("duckdb read_csv", &duck, rows, median, threads ? threads : "0");
    fore_free(cells);
    fore_arena_free(arena);
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"reps.csv", "accounts.csv", "leads.csv", "deals.csv"};
    int runs = argc == 5 ? atoi(argv[4]) : 0;
    if (runs < 1 || runs > MOST_RUNS) {
        fprintf(stderr, "usage: bench_import LEADS ACTIVITIES FOLDER RUNS\n");
        return 2;
    }
    folder = argv[3];
    make_world(atoll(argv[1]), atoll(argv[2]));
    discard("base.db");
    import_files(inside("base.db"), FORE_STORE_CREATE, names, 4);
    measure(runs);
    discard("base.db");
    discard("run.db");
    return 0;
}
