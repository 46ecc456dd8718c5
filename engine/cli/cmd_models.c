/* foresell models, foresell rollback */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run_models(cli *c, int argc, char **argv);
static int run_rollback(cli *c, int argc, char **argv);

const cli_command cli_models = {
    "models",
    "the models, their measured quality, which one answers",
    "models",
    "Every model that was trained, newest first, with its quality on the newest window at the time; the\n"
    "one that answers is marked.",
    "foresell models",
    .run = run_models,
    .timeless = true};

const cli_command cli_rollback = {
    "rollback",
    "lets an earlier model answer again",
    "rollback ID",
    "One atomic step: the named model answers from now on. `foresell models` lists the ids.",
    "foresell rollback deal-20240331-1",
    .run = run_rollback,
    .timeless = true};

struct rollback_request {
    const char *id;
    int64_t now;
};

static fore_status list(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    (void)request;
    return foresell_models(w, answer, err);
}

static fore_status bring_back(foresell *w, const void *request, foresell_answer **answer,
                              fore_error *err)
{
    const struct rollback_request *r = request;
    return foresell_rollback(w, r->id, r->now, answer, err);
}

static int run_models(cli *c, int argc, char **argv)
{
    const cli_option options[] = {{0}};
    int operands, code = cli_parse(c, &cli_models, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_models, "'%s' is one word too many", argv[0]);
    return cli_run(c, FORESELL_READ, list, NULL);
}

static int run_rollback(cli *c, int argc, char **argv)
{
    const cli_option options[] = {{0}};
    int operands, code = cli_parse(c, &cli_rollback, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands != 1) return cli_usage_error(&cli_rollback, "name one model");
    const struct rollback_request request = {argv[0], cli_moment(c).now};
    return cli_run(c, FORESELL_WRITE, bring_back, &request);
}
