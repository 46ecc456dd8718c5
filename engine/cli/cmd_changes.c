/* foresell changes */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_changes = {
    "changes",
    "what changed in the forecast since last week",
    "changes [OPTIONS]",
    "The forecast of a period as it was said then and as it is said now, and what lies between: new "
    "deals, won, lost, pushed out, pulled in, amounts up and down, chances seen anew, and what is "
    "still expected of deals to come; with the deals that moved it most. Nights keep what was said "
    "day by day.",
    "foresell changes --since 14 --period quarter",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_changes(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_changes_request request = {0};
    const cli_option options[] = {
        {"since", "WHEN", CLI_TEXT, &request.since, "a date, or so many days ago (7)"},
        {"period", "P", CLI_TEXT, &request.period, "month, quarter, week or year (month)"},
        {"ahead", "N", CLI_INTEGER, &request.ahead,
         "of the period so many after the one that runs (0)"},
        {"limit", "N", CLI_INTEGER, &request.limit, "so many deals (10)"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_changes, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_changes, "'%s' is one word too many", argv[0]);
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
