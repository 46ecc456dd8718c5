/* foresell forecast */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_forecast = {
    "forecast",
    "what will be sold",
    "forecast [OPTIONS]",
    "Won so far, plus open deals by their hazards of win and loss, plus deals that are not open yet, as\n"
    "one distribution per period; set beside naive forecasts and the record of past forecasts.",
    "foresell forecast --period quarter --horizon 2 --by team",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_forecast(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_forecast_request request = {0};
    int64_t deals = 5, horizon = INT64_MIN;
    const cli_option options[] = {
        {"period", "P", CLI_TEXT, &request.period, "month, quarter, week or year (month)"},
        {"horizon", "N", CLI_INTEGER, &horizon, "so many periods (3)"},
        {"by", "WHAT", CLI_TEXT, &request.by, "also by team, region, rep or product"},
        {"level", "LIST", CLI_TEXT, &request.levels, "interval levels in percent (80,95)"},
        {"fiscal-start", "MONTH", CLI_TEXT, &request.fiscal_start,
         "month that the fiscal year starts in, 1-12 (as set)"},
        {"fiscal-weeks", "RULE", CLI_TEXT, &request.fiscal_weeks,
         "4-4-5, 4-5-4 or 5-4-4: years of whole weeks (as set)"},
        {"deals", "N", CLI_INTEGER, &deals, "slipped and stalled deals named, of each (5)"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_forecast, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_forecast, "'%s' is one word too many", argv[0]);
    request.horizon = horizon == INT64_MIN ? 0 : horizon == 0 ? -1 : horizon; /* 0: not said */
    request.deals = deals == 0 ? -1 : deals < 0 ? -2 : deals; /* none was asked for */
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
