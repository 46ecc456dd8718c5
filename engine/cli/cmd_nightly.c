/* foresell nightly */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_nightly = {
    "nightly",
    "the whole night's work in order, safe to run twice or to kill",
    "nightly [PATH...]",
    "Imports the exports that are named, checks, trains, tests against the model that answers now on the\n"
    "newest window, publishes only what is not worse, scores, forecasts, and reports. Killed at any point\n"
    "it leaves yesterday's answers serving, and finishes when it is run again.",
    "foresell nightly /srv/crm-export",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_nightly(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_nightly_request request = {0};
    const cli_option options[] = {{"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
                                  {"go-on", NULL, CLI_FLAG, &request.go_on,
                                   "add trees to yesterday's instead of growing them anew"},
                                  {0}};
    int operands, code = cli_parse(c, &cli_nightly, options, argc, argv, &operands);
    if (code >= 0) return code;
    request.paths = (const char *const *)argv;
    request.path_count = operands;
    request.moment = cli_moment(c);
    return cli_run(c, operands > 0 ? FORESELL_CREATE : FORESELL_WRITE, job, &request);
}
