/* foresell score */
#include <stddef.h>

#include "engine/cli/cli.h"

enum { TOP_SHOWN = 20 };

static int run(cli *c, int argc, char **argv);

const cli_command cli_score = {
    "score",
    "chance, value and grade of leads and deals",
    "score [ID...] [--top N] [--no-keep]",
    "Scores the leads and deals that are named; without a name every open one, and the scores are kept\n"
    "so that `explain` can say what moved.",
    "foresell score D-1042 --json",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_score(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_score_request request = {0};
    int64_t top = -1;
    const cli_option options[] = {
        {"top", "N", CLI_INTEGER, &top,
         "show the N of the highest expected value (20; --json, --csv: all; 0 = all)"},
        {"no-keep", NULL, CLI_FLAG, &request.forget, "write nothing: the scores are not kept"},
        {0}};
    int operands, code = cli_parse(c, &cli_score, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (top < -1) return cli_usage_error(&cli_score, "--top must be 0 or more");
    if (top < 0) top = operands == 0 && c->format == CLI_PEOPLE ? TOP_SHOWN : 0;
    request.top = top;
    request.ids = (const char *const *)argv;
    request.id_count = operands;
    request.moment = cli_moment(c);
    bool keeps = operands == 0 && !request.forget;
    return cli_run(c, keeps ? FORESELL_WRITE : FORESELL_READ, job, &request);
}
