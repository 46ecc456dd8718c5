/* foresell adjust */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_adjust = {
    "adjust",
    "a person's figure beside the forecast, and who was right",
    "adjust [--of PERIOD --to AMOUNT --by NAME --because TEXT | --of PERIOD --take-back]",
    "Keeps what somebody expects of a month or quarter beside what the model says at that moment; "
    "`forecast` shows both. Once the period is over the record tells who was closer. Without options: "
    "the record.",
    "foresell adjust --of 2026-11 --to 250000 --by \"Lakshmi\" --because \"Deccan signs on the 28th\"",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_adjust(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_adjust_request request = {0};
    bool take_back = false;
    const cli_option options[] = {
        {"of", "PERIOD", CLI_TEXT, &request.of,
         "a month, quarter or year: 2026-11, 2026-Q4, FY2027-Q1"},
        {"to", "AMOUNT", CLI_TEXT, &request.to, "what will be won in all of it"},
        {"by", "NAME", CLI_TEXT, &request.by, "who says so"},
        {"because", "TEXT", CLI_TEXT, &request.because, "why"},
        {"take-back", NULL, CLI_FLAG, &take_back,
         "what stands for the period (by --by, else by all)"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed of the model's figure (0)"},
        {0}};
    int operands, code = cli_parse(c, &cli_adjust, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_adjust, "'%s' is one word too many", argv[0]);
    if (!request.of && (request.to || request.by || request.because || take_back))
        return cli_usage_error(&cli_adjust, "say of which period: --of 2026-11");
    if (take_back && (request.to || request.because))
        return cli_usage_error(&cli_adjust, "--take-back goes with --of and --by only");
    request.again = take_back;
    request.moment = cli_moment(c);
    return cli_run(c, request.of ? FORESELL_WRITE : FORESELL_READ, job, &request);
}
