/* The command line: one file per command, thin callers of foresell.h. Results go to stdout,
 * everything else to stderr. */
#ifndef FORE_CLI_H
#define FORE_CLI_H

#include "engine/foresell.h"

/* Exit codes that scripts rely on. */
enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2, CLI_NO_ANSWER = 3 };

typedef enum cli_format { CLI_PEOPLE, CLI_JSON, CLI_CSV } cli_format;

/* What the options before and after the command said. */
typedef struct cli {
    const char *workspace;
    cli_format format;
    const char *as_of;
    bool quiet;
    fore_observer observer;
} cli;

typedef enum cli_kind { CLI_FLAG, CLI_TEXT, CLI_INTEGER, CLI_NUMBER, CLI_SEED } cli_kind;

typedef struct cli_option {
    const char *name;     /* long option, without the dashes; NULL ends the table */
    const char *argument; /* shown in the help; NULL for flags */
    cli_kind kind;
    void *target; /* bool, const char *, int64_t, double, uint64_t */
    const char *help;
} cli_option;

typedef struct cli_command {
    const char *name, *summary, *usage;
    const char *description; /* paragraphs for --help */
    const char *example;
    int (*run)(cli *c, int argc, char **argv);
    bool timeless;       /* no moment: --as-of is refused */
    bool workspace_free; /* works on files: -w says nothing to it */
} cli_command;

/* The commands, in the order of the help. NULL ends the list. */
extern const cli_command *const cli_commands[];

/* Reads the command's options and the common ones (--json, --csv, --as-of, --quiet, --help) from
 * argv[1..]. Operands are moved to the front of argv; *operands counts them. Returns -1 to go on,
 * else the exit code. */
int cli_parse(cli *c, const cli_command *command, const cli_option *options, int argc, char **argv,
              int *operands);
int cli_usage_error(const cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

foresell_moment cli_moment(const cli *c);
/* Opens the workspace; on failure prints why and returns the exit code through *code. */
foresell *cli_open(cli *c, foresell_mode mode, int *code);
foresell_options cli_bare(cli *c); /* for the jobs without a workspace */

/* Opens the workspace, runs one job, prints its answer or its error, closes. */
typedef fore_status (*cli_job)(foresell *w, const void *request, foresell_answer **answer,
                               fore_error *err);
int cli_run(cli *c, foresell_mode mode, cli_job job, const void *request);

/* Prints the answer and frees it, or prints the error. Returns the exit code. */
int cli_finish(cli *c, fore_status status, foresell_answer *answer, const fore_error *err);
int cli_failed(fore_status status, const fore_error *err);
void cli_print(const cli *c, const foresell_answer *answer);

/* A line on stderr; on a terminal it breaks between words at its width. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_say_text(const char *text);
int cli_width(int fd); /* $COLUMNS, else of the terminal, else 80 */

void cli_observer_start(cli *c);
void cli_observer_end(void); /* wipes a progress bar */

#endif
