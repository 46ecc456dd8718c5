/* foresell settings */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_settings = {
    "settings",
    "the company's clock, fiscal calendar and currency",
    "settings [NAME=VALUE]...",
    "Says what the workspace knows about the company that no export says, or sets it: the zone of times\n"
    "without one, the month that the fiscal year starts in, years of whole weeks (4-4-5 and the like), a\n"
    "list of period starts of one's own, its currency and what others are worth in it, the stages that mean\nwon or lost. NAME= takes a setting back.",
    "foresell settings fiscal_year_start=4",
    .run = run,
    .timeless = true};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_settings(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    const cli_option options[] = {{0}};
    int operands, code = cli_parse(c, &cli_settings, options, argc, argv, &operands);
    if (code >= 0) return code;
    foresell_settings_request request = {(const char *const *)argv, operands};
    return cli_run(c, operands > 0 ? FORESELL_CREATE : FORESELL_READ, job, &request);
}
