/* foresell table train, foresell table score */
#include <stddef.h>
#include <string.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_table = {
    "table",
    "scoring for one flat CSV, without a workspace",
    "table train FILE --target COL -o MODEL | table score MODEL FILE",
    "train: types are inferred, missing values and categories handled, columns that know the outcome\n"
    "are found, named and left out; the report is measured on rows that the model has not seen. With\n"
    "--time the test rows are the newest. score: writes id,probability as CSV. With --time, outcomes\n"
    "that the file tells (empty: not known) move level and slope for the rows after them.",
    "foresell table train leads.csv --target Converted --id \"Lead Number\" -o leads.model",
    .run = run,
    .timeless = true,
    .workspace_free = true};

static int run(cli *c, int argc, char **argv)
{
    foresell_table_request request = {0};
    const cli_option options[] = {
        {"target", "COL", CLI_TEXT, &request.target, "train: the column to predict"},
        {"positive", "V", CLI_TEXT, &request.positive,
         "train: its value that counts (yes, true, 1, won)"},
        {"id", "COL", CLI_TEXT, &request.id, "the column that names a row"},
        {"time", "COL", CLI_TEXT, &request.time,
         "train: test on the newest rows; score: follow; ROW: file order"},
        {"shift", NULL, CLI_FLAG, &request.shift,
         "score: move to the base rate that the file's scores tell"},
        {"drop", "COLS", CLI_TEXT, &request.drop, "train: columns to leave out, comma-separated"},
        {"use", "COLS", CLI_TEXT, &request.use,
         "train: columns to use although they seem to know the outcome"},
        {"folds", "K", CLI_INTEGER, &request.folds, "train: also report K-fold figures"},
        {"seed", "N", CLI_SEED, &request.seed, "random seed (0)"},
        {"output", "MODEL", CLI_TEXT, &request.model, "train: where to write the model (-o)"},
        {0}};
    for (int i = 1; i < argc; i++) /* the one short option that people expect */
        if (strcmp(argv[i], "-o") == 0) argv[i] = (char *)(size_t) "--output";
    int operands, code = cli_parse(c, &cli_table, options, argc, argv, &operands);
    if (code >= 0) return code;
    bool train = operands > 0 && strcmp(argv[0], "train") == 0;
    bool score = operands > 0 && strcmp(argv[0], "score") == 0;
    foresell_options bare = cli_bare(c);
    foresell_answer *answer = NULL;
    fore_error err = {0};
    fore_status status;
    if (train) {
        if (operands != 2) return cli_usage_error(&cli_table, "name one CSV file");
        if (!request.target)
            return cli_usage_error(&cli_table, "say what to predict: --target COL");
        if (!request.model)
            return cli_usage_error(&cli_table, "say where to write the model: -o MODEL");
        request.file = argv[1];
        status = foresell_table_train(&bare, &request, &answer, &err);
    } else if (score) {
        if (operands != 3) return cli_usage_error(&cli_table, "name the model and one CSV file");
        request.model = argv[1];
        request.file = argv[2];
        if (c->format == CLI_PEOPLE) c->format = CLI_CSV;
        status = foresell_table_score(&bare, &request, &answer, &err);
    } else
        return cli_usage_error(&cli_table, "say `table train` or `table score`");
    return cli_finish(c, status, answer, &err);
}
