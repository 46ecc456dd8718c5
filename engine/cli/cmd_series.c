/* foresell series */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_series = {
    "series",
    "forecasts for a CSV of unique_id,ds,y",
    "series FILE [OPTIONS]",
    "Forecasts every series of the file: rows unique_id,ds,step,mean,lo-80,hi-80,... Dates may be days,\n"
    "months (2026-01, Jan 2026), quarters (2026-Q1), weeks (2026-W05), moments or numbers. One bad series\n"
    "never stops the others: it is listed with its line (exit code 3). What was done about gaps, short\n"
    "or constant series is said. With --hierarchy the series are parts of a whole: total, regions and\n"
    "teams are summed up, forecast too and made to add up, their intervals with them.",
    "foresell series sales.csv --horizon 12 --level 80,95 --csv",
    .run = run,
    .timeless = true,
    .workspace_free = true};

static int run(cli *c, int argc, char **argv)
{
    foresell_series_request request = {0};
    int64_t horizon = INT64_MIN; /* not given */
    const cli_option options[] = {
        {"horizon", "H", CLI_INTEGER, &horizon, "steps ahead (one season, at least 6)"},
        {"season", "LIST", CLI_TEXT, &request.seasons,
         "steps in a season (from the dates: hours also try a week, days a year); several: 24,168"},
        {"level", "LIST", CLI_TEXT, &request.levels, "interval levels in percent (80,95)"},
        {"method", "NAME", CLI_TEXT, &request.method,
         "auto, learned, ets, arima, ces, mstl, theta, otm, dotm, hw, holt, ses, croston, sba, tsb, naive, snaive, drift, mean, combine"},
        {"box-cox", "LAMBDA", CLI_TEXT, &request.box_cox,
         "transform the values first: auto, or a number (0: logarithm)"},
        {"multiplicative-trend", NULL, CLI_FLAG, &request.multiplicative_trend,
         "ETS also tries growth by a factor per step"},
        {"intervals", "KIND", CLI_TEXT, &request.intervals,
         "model, conformal (from past misses: the usual ones) or adaptive"},
        {"clean", "WHAT", CLI_TEXT, &request.clean,
         "treat outliers, shifts of the level, or both; report (the usual) or off"},
        {"sum", NULL, CLI_FLAG, &request.sum,
         "the sum over all steps too, with its interval (CSV: ds \"2026-01 to 2026-06\", no step)"},
        {"id", "COLS", CLI_TEXT, &request.id, "columns that name the series (unique_id)"},
        {"date", "COL", CLI_TEXT, &request.date, "column of the times (ds)"},
        {"value", "COL", CLI_TEXT, &request.value, "column of the values (y)"},
        {"dates", "ORDER", CLI_TEXT, &request.dates,
         "day-first or month-first, where the file does not tell; numbers: no spreadsheet's days"},
        {"decimal", "SIGN", CLI_TEXT, &request.decimal,
         "point or comma, where the file does not tell"},
        {"every", "PERIOD", CLI_TEXT, &request.every,
         "sum the rows up by day, week, month, quarter or year"},
        {"with", "COLS", CLI_TEXT, &request.with, "columns of the file that drive the values; its last rows, without a value, are the steps ahead"},
        {"drivers", "FILE", CLI_TEXT, &request.drivers,
         "ds[,unique_id],promo,effort,...: drivers, also of the times to come"},
        {"carry", NULL, CLI_FLAG, &request.carry, "drivers not known ahead keep their last value"},
        {"holidays", "FILE", CLI_TEXT, &request.holidays,
         "date,name[,country][,before][,after][,off]: days that move sales"},
        {"country", "NAME", CLI_TEXT, &request.country, "of those holidays"},
        {"calendar", NULL, CLI_FLAG, &request.calendar, "working days and the like as drivers"},
        {"hierarchy", "SPEC", CLI_TEXT, &request.hierarchy,
         "path (South/Team A/Ravi), or columns: region,team,rep or region*product"},
        {"separator", "TEXT", CLI_TEXT, &request.separator, "between the levels of a name (/)"},
        {"reconcile", "WAY", CLI_TEXT, &request.reconcile,
         "bottom-up, top-down, ols, structure, variance, mint (mint, if the history suffices)"},
        {"non-negative", NULL, CLI_FLAG, &request.non_negative, "nothing below 0"},
        {"strict", NULL, CLI_FLAG, &request.strict, "fail at the first bad row"},
        {0}};
    int operands, code = cli_parse(c, &cli_series, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands != 1) return cli_usage_error(&cli_series, "name one CSV file");
    if (horizon == 0) /* the job tells the ranges of all others */
        return cli_usage_error(&cli_series, "--horizon is a whole number from 1");
    request.horizon = horizon == INT64_MIN ? 0 : horizon;
    request.file = argv[0];
    foresell_options bare = cli_bare(c);
    foresell_answer *answer = NULL;
    fore_error err = {0};
    fore_status status = foresell_series(&bare, &request, &answer, &err);
    return cli_finish(c, status, answer, &err);
}
