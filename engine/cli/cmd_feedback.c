/* foresell feedback */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_feedback = {
    "feedback",
    "\"not this one, because\": what the list must know",
    "feedback [--not ID --because TEXT [--until DATE] | --again ID]",
    "Keeps a lead or deal off the list, with the reason: until a date, and in any case only until "
    "something new happens with it (they answer or get in touch, or the deal is changed). Without "
    "options: what has been said, and whether it still stands. `explain` shows it as well.",
    "foresell feedback --not D-1042 --because \"on parental leave\" --until 2026-06-01",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_feedback(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_feedback_request request = {0};
    const cli_option options[] = {
        {"not", "ID", CLI_TEXT, &request.not_id, "keep this lead or deal off the list"},
        {"because", "TEXT", CLI_TEXT, &request.because, "why"},
        {"until", "DATE", CLI_TEXT, &request.until, "it comes back on that day"},
        {"again", "ID", CLI_TEXT, &request.again_id, "take back what was said of it"},
        {0}};
    int operands, code = cli_parse(c, &cli_feedback, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_feedback, "'%s' is one word too many", argv[0]);
    if (request.not_id && request.again_id)
        return cli_usage_error(&cli_feedback, "--not and --again exclude each other");
    if (!request.not_id && (request.because || request.until))
        return cli_usage_error(&cli_feedback, "--because and --until need --not ID");
    if (request.not_id && !request.because)
        return cli_usage_error(&cli_feedback, "say why: --because TEXT");
    request.moment = cli_moment(c);
    bool writes = request.not_id || request.again_id;
    return cli_run(c, writes ? FORESELL_WRITE : FORESELL_READ, job, &request);
}
