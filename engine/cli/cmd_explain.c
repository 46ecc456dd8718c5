/* foresell explain */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_explain = {
    "explain",
    "why a lead or deal has its score, and what moved",
    "explain ID...",
    "The base rate and what each fact adds to it, in words; and what moved since the last kept score:\n"
    "new facts, passing time, or another model.",
    "foresell explain D-1042",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_explain(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_score_request request = {0};
    const cli_option options[] = {{0}};
    int operands, code = cli_parse(c, &cli_explain, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands == 0) return cli_usage_error(&cli_explain, "name a lead or a deal");
    request.ids = (const char *const *)argv;
    request.id_count = operands;
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_READ, job, &request);
}
