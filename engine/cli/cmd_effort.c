/* foresell effort */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_effort = {
    "effort",
    "how much effort raises sales by 10, 20 or 30 percent",
    "effort [--raise 10,20,30] [--period P] [--by team]",
    "Learns how sales respond to calls, mails and meetings, says whether the data can tell (identified,\n"
    "prior-driven, not-identifiable) and why, and gives the cheapest plan that reaches each target, with\n"
    "its uncertainty, and the experiment that would tell more.",
    "foresell effort --raise 10,20 --period 2026-04-01..2026-06-30",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_effort(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_effort_request request = {0};
    const cli_option options[] = {
        {"raise", "LIST", CLI_TEXT, &request.raise, "percentages (10,20,30)"},
        {"period", "P", CLI_TEXT, &request.period, "next-quarter, next-month, or START..END"},
        {"by", "WHAT", CLI_TEXT, &request.by, "also by team"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_effort, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_effort, "'%s' is one word too many", argv[0]);
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
