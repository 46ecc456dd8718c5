/* foresell simulate, foresell demo */
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static int run_simulate(cli *c, int argc, char **argv);
static int run_demo(cli *c, int argc, char **argv);

const cli_command cli_simulate = {
    "simulate",
    "canonical CSVs of a sales world whose right answers are known",
    "simulate --out DIR [OPTIONS]",
    "Writes the history of a simulated company as CSV files, and truth.json beside them: the true\n"
    "elasticities, chances and expected sales. The same seed gives the same files on any machine.",
    "foresell simulate --seed 7 --out world",
    .run = run_simulate,
    .timeless = true,
    .workspace_free = true};

const cli_command cli_demo = {
    "demo",
    "simulates a company, imports it, trains, and shows the three answers",
    "demo [DIR]",
    "Makes DIR (default: demo) with the simulated history and a workspace, and prints the daily list,\n"
    "the forecast, and the effort answer.",
    "foresell demo",
    .run = run_demo,
    .timeless = true,
    .workspace_free = true};

static int run_simulate(cli *c, int argc, char **argv)
{
    foresell_simulate_request request = {.elasticity = NAN};
    const cli_option options[] = {
        {"out", "DIR", CLI_TEXT, &request.folder, "where to write (made when absent)"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {"weeks", "N", CLI_INTEGER, &request.weeks, "weeks of history (104)"},
        {"reps", "N", CLI_INTEGER, &request.reps, "sales people (12)"},
        {"leads-per-week", "X", CLI_NUMBER, &request.leads_per_week, "new leads a week"},
        {"elasticity", "X", CLI_NUMBER, &request.elasticity,
         "true elasticity of sales to effort (0.31)"},
        {"confounding", "HOW", CLI_TEXT, &request.confounding, "none, recorded or unrecorded"},
        {"dirty", "SHARE", CLI_NUMBER, &request.dirty, "share of rows to spoil (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_simulate, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (!request.folder) return cli_usage_error(&cli_simulate, "say where to write: --out DIR");
    foresell_options bare = cli_bare(c);
    foresell_answer *answer = NULL;
    fore_error err = {0};
    fore_status status = foresell_simulate(&bare, &request, &answer, &err);
    return cli_finish(c, status, answer, &err);
}

/* Prints what a step of the demo found; false when it failed. */
static bool shown(cli *c, fore_status status, foresell_answer **answer, const fore_error *err,
                  int *code)
{
    *code = cli_finish(c, status, *answer, err);
    if (*code == CLI_DONE) putchar('\n');
    return *code == CLI_DONE;
}

static int show_company(cli *c, const char *folder, const char *path)
{
    foresell_options open = {.path = path, .mode = FORESELL_CREATE, .observer = &c->observer};
    foresell_moment moment = cli_moment(c);
    foresell *w = NULL;
    foresell_answer *answer = NULL;
    fore_error err = {0};
    int code = CLI_DONE;
    fore_status status = foresell_open(&open, &w, &err);
    if (status != FORE_OK) return cli_failed(status, &err);
    foresell_import_request import = {.moment = moment, .paths = &folder, .path_count = 1};
    foresell_train_request train = {.moment = moment};
    foresell_rank_request rank = {.moment = moment, .limit = 8};
    foresell_forecast_request forecast = {.moment = moment};
    foresell_effort_request effort = {.moment = moment};
    bool good = shown(c, foresell_import(w, &import, &answer, &err), &answer, &err, &code);
    if (good) good = shown(c, foresell_train(w, &train, &answer, &err), &answer, &err, &code);
    if (good) good = shown(c, foresell_rank(w, &rank, &answer, &err), &answer, &err, &code);
    if (good) good = shown(c, foresell_forecast(w, &forecast, &answer, &err), &answer, &err, &code);
    if (good) good = shown(c, foresell_effort(w, &effort, &answer, &err), &answer, &err, &code);
    foresell_close(w);
    if (good)
        printf("Look further with export FORESELL_WORKSPACE=%s\nand then: foresell rank --rep R0001, "
               "foresell explain ID, foresell backtest\n",
               path);
    return code;
}

static int run_demo(cli *c, int argc, char **argv)
{
    foresell_simulate_request simulate = {.elasticity = NAN, .seed = 1};
    const cli_option options[] = {{"seed", "N", CLI_SEED, &simulate.seed, "random seed (1)"}, {0}};
    int operands, code = cli_parse(c, &cli_demo, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 1) return cli_usage_error(&cli_demo, "name one folder");
    const char *folder = operands ? argv[0] : "demo";
    char path[4096], data[4096];
    snprintf(path, sizeof path, "%s/foresell.db", folder);
    snprintf(data, sizeof data, "%s/history", folder);
    simulate.folder = data;
    foresell_options bare = cli_bare(c);
    foresell_answer *answer = NULL;
    fore_error err = {0};
    fore_status status = foresell_simulate(&bare, &simulate, &answer, &err);
    if (!shown(c, status, &answer, &err, &code)) return code;
    return show_company(c, data, path);
}
