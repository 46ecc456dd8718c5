/* How long does the nightly model take, from the workspace to the published model?
 *
 *   bench_night FORESELL LEADS ACTIVITIES FOLDER RUNS
 *       Simulates a company of that size into FOLDER and imports it into FOLDER/night.db (unless it
 *       is there already; the CSV files are removed), then RUNS times, as a process of its own:
 *           cold   FORESELL train, the column timeline made anew from the tables
 *           warm   the same again with the timeline that lies beside the workspace
 *
 * One JSON line per run: seconds, processor seconds (user and system), peak resident memory. RUNS 0
 * only makes the workspace. There is no peer: what is measured is a whole night of one system. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench_help.h"
#include "datasets/import.h"
#include "datasets/simulate.h"

enum { PATH_ROOM = 600 };

static const char *const tables[] = {"accounts.csv", "activities.csv",   "campaigns.csv",
                                     "deals.csv",    "deal_changes.csv", "leads.csv",
                                     "orders.csv",   "products.csv",     "reps.csv",
                                     "targets.csv",  "tickets.csv"};
enum { TABLES = sizeof tables / sizeof *tables };

static void inside(const char *folder, const char *name, char path[PATH_ROOM])
{
    snprintf(path, PATH_ROOM, "%s/%s", folder, name);
}

/* Into night.db.part first: a workspace that is there is a whole one. */
static void make_workspace(const char *folder, const char *workspace, int64_t leads,
                           int64_t activities)
{
    fore_simulate_options options = fore_simulate_default();
    fore_simulate_truth truth;
    fore_import_report report;
    fore_store *store = NULL;
    char path[TABLES][PATH_ROOM], part[PATH_ROOM];
    const char *paths[TABLES];
    if (access(workspace, R_OK) == 0) return;
    fore_simulate_size(&options, leads, activities);
    options.truth_draws = 0;
    MUST(fore_simulate(&options, folder, NULL, NULL, &truth, err));
    fprintf(stderr, "%lld leads, %lld deals, %lld activities\n", (long long)truth.leads,
            (long long)truth.deals, (long long)truth.activities);
    for (int i = 0; i < TABLES; i++) {
        inside(folder, tables[i], path[i]);
        paths[i] = path[i];
    }
    inside(folder, "night.db.part", part);
    remove(part);
    fore_import_options wanted = {.paths = paths, .path_count = TABLES, .format = "foresell"};
    MUST(fore_store_open(part, FORE_STORE_CREATE, &store, err));
    MUST(fore_import(store, &wanted, &report, err));
    fore_import_report_free(&report);
    fore_store_close(store);
    for (int i = 0; i < TABLES; i++) remove(paths[i]);
    if (rename(part, workspace) == 0) return;
    perror(workspace);
    exit(1);
}

/* The answer of the program goes to train.json beside the workspace. */
static void become(const char *program, const char *workspace, const char *answer)
{
    int out = open(answer, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (out < 0 || dup2(out, STDOUT_FILENO) < 0) _exit(126);
    execl(program, program, "--workspace", workspace, "train", "--quiet", "--json", (char *)NULL);
    _exit(127);
}

static void run(const char *program, const char *workspace, const char *answer, const char *system)
{
    struct rusage used;
    int state = 0;
    double began = fore_clock_seconds();
    pid_t child = fork();
    if (child == 0) become(program, workspace, answer);
    if (child < 0 || wait4(child, &state, 0, &used) < 0 || !WIFEXITED(state) ||
        WEXITSTATUS(state) != 0) {
        fprintf(stderr, "%s train failed\n", program);
        exit(1);
    }
    double seconds = fore_clock_seconds() - began;
    double user = (double)used.ru_utime.tv_sec + 1e-6 * (double)used.ru_utime.tv_usec;
    double system_time = (double)used.ru_stime.tv_sec + 1e-6 * (double)used.ru_stime.tv_usec;
    printf("{\"bench\":\"night\",\"system\":\"foresell %s\",\"seconds\":%.1f,\"user_seconds\":%.1f,"
           "\"system_seconds\":%.1f,\"cpu_seconds\":%.1f,\"peak_mb\":%.0f}\n",
           system, seconds, user, system_time, user + system_time, (double)used.ru_maxrss / 1024);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    char workspace[PATH_ROOM], timeline[PATH_ROOM], answer[PATH_ROOM];
    if (argc != 6) {
        fprintf(stderr, "usage: bench_night FORESELL LEADS ACTIVITIES FOLDER RUNS\n");
        return 2;
    }
    inside(argv[4], "night.db", workspace);
    inside(argv[4], "night.db.timeline", timeline);
    inside(argv[4], "train.json", answer);
    make_workspace(argv[4], workspace, atoll(argv[2]), atoll(argv[3]));
    for (int k = 0; k < atoi(argv[5]); k++) {
        remove(timeline);
        run(argv[1], workspace, answer, "cold");
        run(argv[1], workspace, answer, "warm");
    }
    return 0;
}
