/* foresell rank */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_rank = {
    "rank",
    "the daily list: whom to work, in what order, why, what next",
    "rank [--rep ID] [--hours H] [--limit N] [--explore S]",
    "The open leads and deals that are worth a rep's hours today: what was promised, who waits or is\n"
    "fresh, then by what a contact adds per minute where the effort model is identified, else by\n"
    "expected value per minute. Hours suit both clocks, and are not over yet. Respects do-not-contact, owners, opted-out mail, what was done today, and a cool-off after a\n"
    "contact. Each row has the chance with its interval, a grade, reasons, and a next step.\n"
    "Below it customers and win-back: who was lost and shows interest again (a new deal to propose: what\n"
    "was lost keeps its state and score), who may be leaving, whom to thank, which product to offer.",
    "foresell rank --rep R7 --hours 5",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_rank(w, request, answer, err);
}

/* A list with a share by lot is recorded; one that cannot be is shown all the same. */
static bool can_write(cli *c)
{
    const char *path = c->workspace;
    if (!path) path = getenv("FORESELL_WORKSPACE");
    if (!path || !*path) path = "foresell.db";
    foresell_options options = {.path = path, .mode = FORESELL_WRITE, .observer = &c->observer};
    foresell *w = NULL;
    bool can = foresell_open(&options, &w, NULL) == FORE_OK;
    foresell_close(w);
    return can;
}

static int run(cli *c, int argc, char **argv)
{
    foresell_rank_request request = {0};
    double hours = NAN;
    int64_t cool_off = 2, cap = 5, cap_days = 14, customers = 3, win_back = 60;
    double explore = NAN;
    const cli_option options[] = {
        {"rep", "ID", CLI_TEXT, &request.rep, "only this rep's leads and deals"},
        {"hours", "H", CLI_NUMBER, &hours,
         "hours for the list (from the rep's week, else 8)"},
        {"limit", "N", CLI_INTEGER, &request.limit, "at most N rows"},
        {"cool-off", "DAYS", CLI_INTEGER, &cool_off, "days of rest after a contact (2; 0 = none)"},
        {"cap", "N", CLI_INTEGER, &cap,
         "at most N of our attempts per contact in --cap-days (5; 0 = none)"},
        {"cap-days", "DAYS", CLI_INTEGER, &cap_days, "the days of --cap (14)"},
        {"explore", "SHARE", CLI_NUMBER, &explore,
         "share of the list drawn by lot and marked, 0 to 1; remembered until another is given"},
        {"seed", "N", CLI_SEED, &request.seed, "of the lot (0)"},
        {"customers", "N", CLI_INTEGER, &customers,
         "rows a rep of customers and win-back, below the list (3; 0 = none)"},
        {"win-back", "DAYS", CLI_INTEGER, &win_back,
         "days of rest after a loss before win-back (60)"},
        {"thank-amounts", "LIST", CLI_TEXT, &request.thank_amounts,
         "amounts bought in all that call for a thank-you (from the customers)"},
        {"thank-days", "LIST", CLI_TEXT, &request.thank_days,
         "days after the first purchase for a feedback prompt (30,365)"},
        {0}};
    int operands, code = cli_parse(c, &cli_rank, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands > 0) return cli_usage_error(&cli_rank, "'%s' is one word too many", argv[0]);
    if (cool_off < 0 || cool_off > 365)
        return cli_usage_error(&cli_rank, "--cool-off must be 0 to 365 days");
    if (hours <= 0) return cli_usage_error(&cli_rank, "--hours must be above 0");
    if (request.limit < 0) return cli_usage_error(&cli_rank, "--limit must be above 0");
    if (cap < 0 || cap > 1000 || cap_days < 1 || cap_days > 3650)
        return cli_usage_error(&cli_rank, "--cap must be 0 to 1000 and --cap-days 1 to 3650");
    if (customers < 0 || customers > 1000 || win_back < 0 || win_back > 1000)
        return cli_usage_error(&cli_rank, "--customers and --win-back must be 0 to 1000");
    if (explore < 0 || explore > 1) return cli_usage_error(&cli_rank, "--explore must be 0 to 1");
    request.hours = isnan(hours) ? 0 : hours;
    request.explore = isnan(explore) ? 0 : explore > 0 ? explore : -1;
    request.cap_touches = cap == 0 ? -1 : (int32_t)cap;
    request.customers = customers == 0 ? -1 : (int32_t)customers;
    request.win_back_days = win_back == 0 ? -1 : (int32_t)win_back;
    request.cap_days = (int32_t)cap_days;
    request.cool_off_days = cool_off == 0 ? -1 : (int32_t)cool_off;
    request.moment = cli_moment(c);
    return cli_run(c, can_write(c) ? FORESELL_WRITE : FORESELL_READ, job, &request);
}
