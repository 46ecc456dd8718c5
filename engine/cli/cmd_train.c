/* foresell train */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_train = {
    "train",
    "learns from the history, tests, and publishes the winner",
    "train [OPTIONS]",
    "Turns the history into examples as of past moments, fits the challengers (logistic regression,\n"
    "the same with curves, elastic net, boosted trees, support vectors), compares them on a later\n"
    "window, tests the winner on the newest one, and publishes it. One that is no better than the base\n"
    "rate does not take the place of a model that is. Exit code 3 when the history holds nothing to\n"
    "learn from.",
    "foresell train --as-of 2024-03-31 --seed 7",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_train(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_train_request request = {0};
    int64_t horizon = INT64_MIN; /* not given */
    const cli_option options[] = {{"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
                                  {"horizon", "DAYS", CLI_INTEGER, &horizon,
                                   "won within so many days (chosen from the data)"},
                                  {"use", "COLUMNS", CLI_TEXT, &request.use,
                                   "use these columns although they seem to know the outcome"},
                                  {"publish", NULL, CLI_FLAG, &request.publish,
                                   "publish even what is no better than the base rate"},
                                  {0}};
    int operands, code = cli_parse(c, &cli_train, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_train, "'%s' is one word too many", argv[0]);
    bool given = horizon != INT64_MIN;
    if (given && (horizon < 1 || horizon > 3650))
        return cli_usage_error(&cli_train, "--horizon must be 1 to 3650 days");
    request.horizon_days = given ? (int32_t)horizon : 0;
    request.moment = cli_moment(c);
    return cli_run(c, FORESELL_WRITE, job, &request);
}
