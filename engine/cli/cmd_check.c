/* foresell check */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_check = {
    "check",
    "data-quality and leakage report",
    "check [--code NAME | --fair [--by COLUMN,...] | --leaks]",
    "Says what is wrong with the data and what it costs: closed before created, won without amount,\n"
    "stages that skip, dangling references, likely duplicates, future dates, and columns that know the\n"
    "outcome. Suggests, and changes nothing. With --code it lists the rows of one finding.\n"
    "--fair asks of the model that answers how regions, countries, languages and free mail fare under\n"
    "it, and what in it stands in for them; --by names more columns. --leaks trains with and without the\n"
    "columns that know the outcome.",
    "foresell check --code closed_before_created",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_check(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_check_request request = {0};
    const cli_option options[] = {
        {"code", "NAME", CLI_TEXT, &request.code, "list the rows of this finding"},
        {"limit", "N", CLI_INTEGER, &request.limit, "list at most N rows (50)"},
        {"fair", NULL, CLI_FLAG, &request.fair, "how groups fare under the model that answers"},
        {"by", "COLUMN,...", CLI_TEXT, &request.by, "look at these columns too (implies --fair)"},
        {"leaks", NULL, CLI_FLAG, &request.leaks, "test with and without columns that know"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed of --leaks (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_check, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_check, "'%s' is one word too many", argv[0]);
    if (request.limit < 0) return cli_usage_error(&cli_check, "--limit must be above 0");
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
