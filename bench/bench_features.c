/* Two questions.
 *
 *   bench_features memory LEADS EVENTS FOLDER RUNS
 *       How long do the 60 window features of all leads take, when the timeline is in memory?
 *       Writes the events as columns (.npy) and the totals of all features to FOLDER, so that a
 * peer can do the same work on the same data (peer_duckdb_features.py). bench_features store LEADS
 * EVENTS FILE RUNS How long does it take to build the timeline from a workspace, against stepping
 * through the same activity rows with sqlite3_step and reading every column? FILE is made and
 * removed.
 *
 * One JSON line: seconds as median and minimum of RUNS, threads, peak memory. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_help.h"
#include "bench/bench_sql.h"
#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "engine/base/text.h"
#include "features/extract.h"
#include "features/timeline_parts.h"

enum { REPS = 200, FEATURES_TIMED = 60, DAYS_OF_HISTORY = 730 };

static int64_t start_of_history(void)
{
    return fore_time_of_date(fore_days_from_civil(2024, 1, 1));
}

/* The i-th event of the history in the order of time. */
static fore_event_record some_event(int64_t i, int64_t leads, int64_t events)
{
    static const uint8_t kinds[16] = {FORE_CALL,  FORE_CALL,    FORE_CALL,  FORE_EMAIL,
                                      FORE_EMAIL, FORE_EMAIL,   FORE_REPLY, FORE_MEETING,
                                      FORE_DEMO,  FORE_MESSAGE, FORE_WEB,   FORE_WEB,
                                      FORE_FORM,  FORE_SEND,    FORE_OPEN,  FORE_CLICK};
    fore_random r = fore_random_new(1, (uint64_t)i);
    uint32_t a = fore_random_u32(&r), b = fore_random_u32(&r), c = fore_random_u32(&r);
    int64_t lead = (int64_t)((uint64_t)a * (uint64_t)leads >> 32);
    return (fore_event_record){
        .at =
            start_of_history() + (int64_t)((double)i / (double)events * DAYS_OF_HISTORY * FORE_DAY),
        .owner = (int32_t)lead,
        .rep = (int32_t)(b % REPS),
        .campaign = -1,
        .minutes = (float)(b >> 8 & 31),
        .code = fore_code(kinds[c & 15], 1 + (c >> 4 & 1), c >> 5 & 1 ? 0 : (c >> 6) % 3)};
}

/* --- the timeline in memory --- */

static void fill_facts(fore_timeline *t)
{
    for (int64_t s = 0; s < t->subjects; s++) {
        FORE_FILL(int64_t, t->pk)[s] = FORE_FILL(int64_t, t->key)[s] = s + 1;
        FORE_FILL(int32_t, t->by_pk)[s] = (int32_t)s;
        FORE_FILL(int64_t, t->created_at)[s] = start_of_history();
        FORE_FILL(int64_t, t->closed_at)[s] = FORE_NO_TIME;
        FORE_FILL(uint8_t, t->outcome)[s] = FORE_OUTCOME_OPEN;
        FORE_FILL(uint8_t, t->left_out)[s] = FORE_KEPT;
        int32_t *unknown[] = {FORE_FILL(int32_t, t->account), FORE_FILL(int32_t, t->owner),
                              FORE_FILL(int32_t, t->product), FORE_FILL(int32_t, t->campaign),
                              FORE_FILL(int32_t, t->other),   FORE_FILL(int32_t, t->source)};
        for (size_t k = 0; k < sizeof unknown / sizeof *unknown; k++) unknown[k][s] = -1;
    }
    memset(FORE_FILL(int64_t, t->change_first), 0, (size_t)(t->subjects + 1) * 8);
    memset(FORE_FILL(int64_t, t->spell_first), 0, (size_t)(t->subjects + 1) * 8);
    memset(FORE_FILL(int64_t, t->account_subject_first), 0, 16);
    memset(FORE_FILL(int64_t, t->sale_first), 0, 16);
    memset(FORE_FILL(int64_t, t->ticket_first), 0, 16);
}

static fore_timeline *make_timeline(int64_t leads, int64_t events, fore_pool *pool)
{
    fore_timeline *t = FORE_ZNEW(1, fore_timeline);
    fore_event_piles *piles = fore_piles_new(leads + 1);
    if (!t || !piles) exit(1);
    for (int64_t i = 0; i < events; i++) {
        fore_event_record record = some_event(i, leads, events);
        MUST(fore_piles_add(piles, &record, err));
    }
    t->leads = t->subjects = leads;
    t->owners = leads + 1;
    t->events = events;
    t->reps = REPS;
    MUST(fore_image_allocate(t, err));
    fill_facts(t);
    fore_event_columns columns = {
        FORE_FILL(int64_t, t->event_first),    FORE_FILL(int64_t, t->event_at),
        FORE_FILL(uint8_t, t->event_code),     FORE_FILL(uint8_t, t->event_flags),
        FORE_FILL(uint8_t, t->event_hour),     FORE_FILL(int32_t, t->event_rep),
        FORE_FILL(int32_t, t->event_campaign), FORE_FILL(float, t->event_minutes)};
    MUST(fore_piles_write(piles, pool, NULL, &columns, err));
    fore_piles_free(piles);
    return t;
}

/* --- what the peer needs --- */

static FILE *open_column(const char *folder, const char *name, const char *type, int64_t n)
{
    char path[512], header[128] = {0};
    snprintf(path, sizeof path, "%s/%s.npy", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file) exit(1);
    int used =
        snprintf(header + 10, 117, "{'descr': '%s', 'fortran_order': False, 'shape': (%lld,), }",
                 type, (long long)n);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10); /* version 1.0, 118 bytes follow */
    memset(header + 10 + used, ' ', (size_t)(117 - used));
    header[127] = '\n';
    fwrite(header, 1, sizeof header, file);
    return file;
}

static void export_events(int64_t leads, int64_t events, const char *folder)
{
    FILE *at = open_column(folder, "moment", "<i8", events),
         *lead = open_column(folder, "lead", "<i4", events);
    FILE *kind = open_column(folder, "kind", "|u1", events),
         *direction = open_column(folder, "direction", "|u1", events);
    FILE *outcome = open_column(folder, "outcome", "|u1", events);
    for (int64_t i = 0; i < events; i++) {
        fore_event_record r = some_event(i, leads, events);
        fwrite(&r.at, 8, 1, at);
        fwrite(&r.owner, 4, 1, lead);
        fputc(fore_code_kind(r.code), kind);
        fputc(fore_code_direction(r.code), direction);
        fputc(fore_code_outcome(r.code), outcome);
    }
    fclose(at);
    fclose(lead);
    fclose(kind);
    fclose(direction);
    fclose(outcome);
}

static void export_totals(const double *out, const int32_t *features, int64_t leads, int64_t as_of,
                          const char *folder)
{
    char path[512];
    snprintf(path, sizeof path, "%s/totals.csv", folder);
    FILE *file = fopen(path, "w");
    if (!file) exit(1);
    fprintf(file, "as_of,%lld\n", (long long)as_of);
    for (int f = 0; f < FEATURES_TIMED; f++) {
        double total = 0;
        for (int64_t i = 0; i < leads; i++) total += out[f * leads + i];
        fprintf(file, "%s,%.0f\n", fore_feature_at(features[f])->name, total);
    }
    fclose(file);
}

static void measure_memory(int64_t leads, int64_t events, const char *folder, int runs)
{
    fore_pool *pool = NULL;
    fore_extractor *x = NULL;
    int32_t features[FEATURES_TIMED];
    double seconds[MOST_RUNS];
    int64_t as_of = start_of_history() + 700 * FORE_DAY;
    MUST(fore_pool_new(0, &pool, err));
    fore_timeline *t = make_timeline(leads, events, pool);
    fore_extract_row *rows = FORE_NEW(leads, fore_extract_row);
    double *out = FORE_NEW(leads * FEATURES_TIMED, double);
    if (!rows || !out) exit(1);
    for (int64_t s = 0; s < leads; s++) rows[s] = (fore_extract_row){s, as_of};
    for (int f = 0; f < FEATURES_TIMED; f++) features[f] = f; /* the catalogue begins with them */
    MUST(fore_extractor_new(t, pool, &x, err));
    for (int run = 0; run < runs; run++) {
        double began = fore_clock_seconds();
        MUST(fore_extract(x, pool, rows, leads, features, FEATURES_TIMED, out, leads, err));
        seconds[run] = fore_clock_seconds() - began;
    }
    export_events(leads, events, folder);
    export_totals(out, features, leads, as_of, folder);
    double median = median_of(seconds, runs);
    printf(
        "{\"bench\":\"window_features\",\"seconds\":%.4f,\"min\":%.4f,\"n\":%d,\"threads\":%d,\"leads\":%lld,"
        "\"events\":%lld,\"features\":%d,\"peak_mb\":%.0f}\n",
        median, seconds[0], runs, fore_pool_threads(pool), (long long)leads, (long long)events,
        FEATURES_TIMED, peak_mb());
    fore_extractor_free(x);
    fore_free(out);
    fore_free(rows);
    fore_timeline_free(t);
    fore_pool_free(pool);
}

/* --- from a workspace --- */

/* Rows are put in with plain SQL: how fast an import is, is another bench's question. */
static void fill_workspace(const char *path, int64_t leads, int64_t events)
{
    sqlite3 *db = NULL;
    if (sqlite3_open(path, &db) != SQLITE_OK) exit(1);
    run_sql(db, "PRAGMA synchronous = off; BEGIN; DROP INDEX activity_id");
    for (int i = 0; i < REPS; i++) {
        sqlite3_stmt *rep = prepare(db, "INSERT INTO rep(pk, id, known) VALUES (?1, 'R' || ?1, 1)");
        sqlite3_bind_int(rep, 1, i + 1);
        sqlite3_step(rep);
        sqlite3_finalize(rep);
    }
    sqlite3_stmt *lead = prepare(
        db,
        "INSERT INTO lead(pk, id, known, created_at, status) VALUES (?1, 'L' || ?1, 1, ?2, 'new')");
    for (int64_t i = 0; i < leads; i++) {
        sqlite3_bind_int64(lead, 1, i + 1);
        sqlite3_bind_int64(lead, 2, start_of_history());
        sqlite3_step(lead);
        sqlite3_reset(lead);
    }
    sqlite3_finalize(lead);
    static const char *const outcomes[] = {NULL, "answered", "no answer"};
    sqlite3_stmt *activity = prepare(
        db, "INSERT INTO activity(pk, id, at, kind, direction, rep, lead, minutes, outcome) "
            "VALUES (?1, 'A' || ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    for (int64_t i = 0; i < events; i++) {
        fore_event_record r = some_event(i, leads, events);
        sqlite3_bind_int64(activity, 1, i + 1);
        sqlite3_bind_int64(activity, 2, r.at);
        sqlite3_bind_int(activity, 3, (int)fore_code_kind(r.code));
        sqlite3_bind_int(activity, 4, (int)fore_code_direction(r.code));
        sqlite3_bind_int(activity, 5, r.rep + 1);
        sqlite3_bind_int(activity, 6, r.owner + 1);
        sqlite3_bind_double(activity, 7, r.minutes);
        sqlite3_bind_text(activity, 8, outcomes[fore_code_outcome(r.code)], -1, SQLITE_STATIC);
        if (sqlite3_step(activity) != SQLITE_DONE) exit(1);
        sqlite3_reset(activity);
    }
    sqlite3_finalize(activity);
    run_sql(db, "COMMIT");
    sqlite3_close(db);
}

/* The plain way: step, read every column that the timeline needs. */
static double plain_scan(const char *path)
{
    sqlite3 *db = NULL;
    double began = fore_clock_seconds(), sum = 0;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) exit(1);
    sqlite3_stmt *rows = prepare(
        db,
        "SELECT at, due_at, kind, direction, rep, lead, deal, account, campaign, minutes, outcome FROM activity");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        for (int c = 0; c < 9; c++) sum += (double)sqlite3_column_int64(rows, c);
        sum += sqlite3_column_double(rows, 9);
        const unsigned char *outcome = sqlite3_column_text(rows, 10);
        sum += outcome ? outcome[0] : 0;
    }
    sqlite3_finalize(rows);
    sqlite3_close(db);
    if (isnan(sum)) exit(1);
    return fore_clock_seconds() - began;
}

static double build_once(const char *path, fore_pool *pool, int64_t events)
{
    fore_store *store = NULL;
    fore_timeline *t = NULL;
    double began = fore_clock_seconds();
    MUST(fore_store_open(path, FORE_STORE_READ, &store, err));
    MUST(fore_timeline_build(store, pool, &t, err));
    double seconds = fore_clock_seconds() - began;
    if (t->events != events) exit(1);
    fore_timeline_free(t);
    fore_store_close(store);
    return seconds;
}

static void measure_store(int64_t leads, int64_t events, const char *path, int runs)
{
    fore_pool *pool = NULL;
    fore_store *store = NULL;
    double scan[MOST_RUNS], build[MOST_RUNS];
    MUST(fore_pool_new(0, &pool, err));
    MUST(fore_store_open(path, FORE_STORE_CREATE, &store, err));
    fore_store_close(store);
    fill_workspace(path, leads, events);
    for (int run = 0; run < runs; run++) { /* alternating */
        scan[run] = plain_scan(path);
        build[run] = build_once(path, pool, events);
    }
    double plain = median_of(scan, runs), ours = median_of(build, runs);
    printf(
        "{\"bench\":\"timeline_from_store\",\"seconds\":%.4f,\"min\":%.4f,\"n\":%d,\"threads\":%d,\"leads\":%lld,"
        "\"events\":%lld,\"peak_mb\":%.0f,\"peer\":\"sqlite3_step\",\"peer_seconds\":%.4f,\"ratio\":%.3f}\n",
        ours, build[0], runs, fore_pool_threads(pool), (long long)leads, (long long)events,
        peak_mb(), plain, ours / plain);
    fore_pool_free(pool);
    remove(path);
}

int main(int argc, char **argv)
{
    int runs = argc == 6 ? atoi(argv[5]) : 0;
    if (runs < 1 || runs > MOST_RUNS) {
        fprintf(stderr, "usage: bench_features memory|store LEADS EVENTS FOLDER|FILE RUNS\n");
        return 2;
    }
    bool memory = strcmp(argv[1], "memory") == 0;
    (memory ? measure_memory : measure_store)(atoll(argv[2]), atoll(argv[3]), argv[4], runs);
    return 0;
}
