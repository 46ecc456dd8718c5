/* foresell import */
#include <stddef.h>

#include "engine/cli/cli.h"

static int run(cli *c, int argc, char **argv);

const cli_command cli_import = {
    "import",
    "reads a CRM export into the workspace",
    "import [OPTIONS] PATH...",
    "Reads CSV files, or folders of them: exports of Zoho, Salesforce, HubSpot, Pipedrive, Odoo, or\n"
    "foresell's own tables. The format is recognised by the headers. All or nothing: an interrupted\n"
    "import leaves the workspace as it was, and the same file twice changes nothing. Bad rows are\n"
    "put aside with file, line, column and reason.",
    "foresell import --rejects rejects.csv ~/Downloads/zoho-export/",
    .run = run};

static fore_status job(foresell *w, const void *request, foresell_answer **answer, fore_error *err)
{
    return foresell_import(w, request, answer, err);
}

static int run(cli *c, int argc, char **argv)
{
    foresell_import_request request = {0};
    const cli_option options[] = {
        {"format", "NAME", CLI_TEXT, &request.format,
         "auto, foresell, zoho, salesforce, hubspot, pipedrive, odoo"},
        {"mapping", "FILE", CLI_TEXT, &request.mapping,
         "an INI file that says which column is what"},
        {"allow", "COLUMNS", CLI_TEXT, &request.allow, "keep only these further columns"},
        {"deny", "COLUMNS", CLI_TEXT, &request.deny, "never read these columns"},
        {"rejects", "FILE", CLI_TEXT, &request.rejects, "write rejected rows to this CSV file"},
        {"strict", NULL, CLI_FLAG, &request.strict, "fail at the first bad row"},
        {0}};
    int operands, code = cli_parse(c, &cli_import, options, argc, argv, &operands);
    if (code >= 0) return code;
    if (operands == 0) return cli_usage_error(&cli_import, "name the files or folders to read");
    request.moment = cli_moment(c);
    request.paths = (const char *const *)argv;
    request.path_count = operands;
    return cli_run(c, FORESELL_CREATE, job, &request);
}
