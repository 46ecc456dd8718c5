/* foresell backtest */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_backtest = {
    "backtest",
    "what would have been said at past dates, and what happened",
    "backtest [--what rank|forecast|effort] [--plot FILE.svg]",
    "Goes back to past dates, answers with what was known then, and compares with what then happened,\n"
    "beside naive baselines.",
    "foresell backtest --what forecast",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_backtest(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_backtest_request request = {0};
    const cli_option options[] = {
        {"what", "WHAT", CLI_TEXT, &request.what, "rank, forecast or effort (all)"},
        {"cuts", "N", CLI_INTEGER, &request.cuts, "so many past dates"},
        {"plot", "FILE.svg", CLI_TEXT, &request.plot, "draw the reliability of the ranking"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_backtest, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_backtest, "'%s' is one word too many", argv[0]);
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
