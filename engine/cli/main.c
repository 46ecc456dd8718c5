/* foresell: dispatches to the command and holds what all commands share. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/cli/cli.h"

extern const cli_command cli_demo, cli_import, cli_check, cli_train, cli_rank, cli_score,
    cli_explain, cli_forecast, cli_effort, cli_backtest, cli_models, cli_rollback, cli_nightly,
    cli_simulate, cli_table, cli_series, cli_feedback, cli_settings, cli_changes, cli_adjust;

const cli_command *const cli_commands[] = {
    &cli_demo,     &cli_import,   &cli_check,    &cli_train,   &cli_rank,     &cli_feedback,
    &cli_score,    &cli_explain,  &cli_forecast, &cli_changes, &cli_adjust,   &cli_effort,
    &cli_backtest, &cli_models,   &cli_rollback, &cli_nightly, &cli_simulate, &cli_table,
    &cli_series,   &cli_settings, NULL};

static void print_help(FILE *out)
{
    fputs("foresell: whom to work today, what we will sell, and what more effort would bring\n\n"
          "Usage: foresell [-w FILE] [--json|--csv] [--as-of T] [--quiet] COMMAND [OPTIONS]\n\n",
          out);
    for (int i = 0; cli_commands[i]; i++)
        fprintf(out, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fputs("\nThe workspace is FILE, else $FORESELL_WORKSPACE, else ./foresell.db.\n"
          "`foresell COMMAND --help` explains a command with an example.\n"
          "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the data do not allow an answer.\n",
          out);
}

/* Words in lines of at most 80 columns; line breaks in the text count as spaces. `column`: where
 * the first line stands already, and where the others begin. */
static void print_words(const char *text, int column)
{
    int at = column;
    while (*text) {
        int length = (int)strcspn(text, " \n");
        if (at > column && at + 1 + length > 80) {
            printf("\n%*s", column, "");
            at = column;
        }
        at += printf("%s%.*s", at > column ? " " : "", length, text);
        text += length;
        while (*text == ' ' || *text == '\n') text++;
    }
    putchar('\n');
}

static void print_option(const char *left, const char *help)
{
    printf("  %-22s ", left);
    print_words(help, 25);
}

static void print_command_help(const cli_command *command, const cli_option *options)
{
    printf("foresell %s: %s\n\nUsage: foresell %s%s\n\n", command->name, command->summary,
           command->workspace_free ? "" : "[-w FILE] ", command->usage);
    print_words(command->description, 0);
    puts("\nOptions:");
    for (const cli_option *o = options; o->name; o++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        print_option(left, o->help);
    }
    if (!command->timeless)
        print_option("--as-of T", "use only what was known at T (a date or time)");
    print_option("--json, --csv", "for programs instead of people");
    print_option("--quiet", "no progress and no remarks on stderr");
    if (!command->workspace_free) print_option("-w, --workspace FILE", "the workspace");
    printf("\nExample:\n  %s\n", command->example);
}

/* What stands in stdout's buffer is written; else says so. */
static int written(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    cli_say("foresell: cannot write the result: %s", strerror(errno));
    return CLI_FAILED;
}

enum { USAGE_MOST = 2000 };

int cli_usage_error(const cli_command *command, const char *format, ...)
{
    char text[USAGE_MOST];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cli_say("foresell %s: %s", command->name, text);
    cli_say("Try: foresell %s --help", command->name);
    return CLI_USAGE;
}

static bool option_set(const cli_option *option, const char *text)
{
    char *end = NULL;
    errno = 0;
    switch (option->kind) {
    case CLI_FLAG: *(bool *)option->target = true; return true;
    case CLI_TEXT: *(const char **)option->target = text; return true;
    case CLI_INTEGER: *(int64_t *)option->target = strtoll(text, &end, 10); break;
    case CLI_NUMBER: *(double *)option->target = strtod(text, &end); break;
    case CLI_SEED:
        if (text[0] == '-') return false;
        *(uint64_t *)option->target = strtoull(text, &end, 10);
        break;
    }
    if (option->kind == CLI_NUMBER && !isfinite(*(double *)option->target)) return false;
    return errno == 0 && end != text && *end == 0;
}

static const char *kind_of(const cli_option *option)
{
    return option->kind == CLI_NUMBER ? "a number"
           : option->kind == CLI_SEED ? "a whole number from 0"
                                      : "a whole number";
}

/* Of these the second would take the place of the first unsaid. */
static bool names_many(const cli_option *option)
{
    static const char *const lists[] = {"LIST", "COLS", "COLUMNS", "COLUMN,...", NULL};
    for (const char *const *word = lists; option->argument && *word; word++)
        if (strcmp(option->argument, *word) == 0) return true;
    return false;
}

/* The fewest letters to change, add, drop or swap with the next one; more than NEAR: far. */
enum { NEAR = 2, NAME_MOST = 24 };
static int distance(const char *a, size_t length, const char *b)
{
    int row[3][NAME_MOST + 1] = {{0}};
    size_t m = strlen(b);
    if (length > NAME_MOST || m > NAME_MOST) return NEAR + 1;
    for (size_t j = 0; j <= m; j++) row[0][j] = (int)j;
    for (size_t i = 1; i <= length; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int least = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < least) least = before[j] + 1;
            if (now[j - 1] + 1 < least) least = now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && earlier[j - 2] + 1 < least) least = earlier[j - 2] + 1;
            now[j] = least;
        }
    }
    return row[length % 3][m];
}

/* Is `name` nearer to what was written than the best so far? A beginning counts as very near; of a
 * short word no more than a third may be wrong. */
static void come_near(const char *written, size_t length, const char *name, int *least,
                      const char **best)
{
    int d =
        length >= 3 && strncmp(written, name, length) == 0 ? 1 : distance(written, length, name);
    if (d > NEAR || 3 * d > (int)strlen(name) + 1 || d >= *least) return;
    *least = d;
    *best = name;
}

static int no_option(const cli_command *command, const struct option *table, const char *written)
{
    const char *name = written + strspn(written, "-"), *best = NULL;
    int least = NEAR + 1;
    for (const struct option *o = table; o->name; o++)
        come_near(name, strcspn(name, "="), o->name, &least, &best);
    if (!best) return cli_usage_error(command, "there is no option '%s'", written);
    return cli_usage_error(command, "there is no option '%s'; did you mean --%s?", written, best);
}

enum { OPTION_HELP = 1000, OPTION_JSON, OPTION_CSV, OPTION_AS_OF, OPTION_QUIET, OPTION_LIMIT = 32 };

int cli_parse(cli *c, const cli_command *command, const cli_option *options, int argc, char **argv,
              int *operands)
{
    struct option table[OPTION_LIMIT + 8] = {{0}};
    bool given[OPTION_LIMIT] = {false};
    int count = 0;
    for (const cli_option *o = options; o->name && count < OPTION_LIMIT; o++, count++)
        table[count] =
            (struct option){o->name, o->argument ? required_argument : no_argument, NULL, count};
    int common = count;
    table[common++] = (struct option){"help", no_argument, NULL, OPTION_HELP};
    table[common++] = (struct option){"json", no_argument, NULL, OPTION_JSON};
    table[common++] = (struct option){"csv", no_argument, NULL, OPTION_CSV};
    if (!command->timeless)
        table[common++] = (struct option){"as-of", required_argument, NULL, OPTION_AS_OF};
    table[common++] = (struct option){"quiet", no_argument, NULL, OPTION_QUIET};
    table[common++] = (struct option){"workspace", required_argument, NULL, 'w'};
    if (command->timeless && c->as_of)
        return cli_usage_error(command, "no moment can be asked for: --as-of says nothing to it");
    optind = 0; /* glibc: start over */
    opterr = 0;
    for (int value; (value = getopt_long(argc, argv, ":hw:", table, NULL)) != -1;) {
        switch (value) {
        case 'h':
        case OPTION_HELP: print_command_help(command, options); return written(CLI_DONE);
        case OPTION_JSON: c->format = CLI_JSON; break;
        case OPTION_CSV: c->format = CLI_CSV; break;
        case OPTION_AS_OF: c->as_of = optarg; break;
        case OPTION_QUIET: c->quiet = true; break;
        case 'w': c->workspace = optarg; break;
        case '?': return no_option(command, table, argv[optind - 1]);
        case ':': return cli_usage_error(command, "'%s' needs a value", argv[optind - 1]);
        default:
            if (given[value] && names_many(&options[value]))
                return cli_usage_error(command, "--%s is given twice; write one list: --%s A,B",
                                       options[value].name, options[value].name);
            given[value] = true;
            if (!option_set(&options[value], optarg))
                return cli_usage_error(command, "--%s is %s, not '%s'", options[value].name,
                                       kind_of(&options[value]), optarg);
        }
    }
    *operands = argc - optind;
    memmove(argv, argv + optind, (size_t)*operands * sizeof *argv);
    cli_observer_start(c);
    return -1;
}

foresell_moment cli_moment(const cli *c)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (foresell_moment){(int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, c->as_of};
}

foresell_options cli_bare(cli *c) { return (foresell_options){.observer = &c->observer}; }

foresell *cli_open(cli *c, foresell_mode mode, int *code)
{
    const char *path = c->workspace;
    if (!path) path = getenv("FORESELL_WORKSPACE");
    if (!path || !*path) path = "foresell.db";
    foresell_options options = {.path = path, .mode = mode, .observer = &c->observer};
    foresell *w = NULL;
    fore_error err = {0};
    fore_status status = foresell_open(&options, &w, &err);
    if (status != FORE_OK) *code = cli_failed(status, &err);
    return w;
}

/* The message without a leading "FILE ", "FILE: ", "FILE:LINE: " or "FILE:LINE:COLUMN: ". */
static const char *without_place(const char *text, const char *file)
{
    size_t length = strlen(file);
    if (length == 0 || strncmp(text, file, length) != 0) return text;
    if (text[length] == ' ') return text + length + 1;
    if (text[length] != ':') return text;
    const char *rest = text + length + strspn(text + length, ":0123456789");
    return rest[0] == ' ' && rest[-1] == ':' ? rest + 1 : text;
}

int cli_failed(fore_status status, const fore_error *err)
{
    cli_observer_end();
    const char *text = err->message[0] ? err->message : foresell_status_text(status);
    if (err->line > 0) text = without_place(text, err->file);
    if (err->file[0] && err->line > 0 && err->column > 0)
        cli_say("foresell: %s:%lld:%lld: %s", err->file, (long long)err->line,
                (long long)err->column, text);
    else if (err->file[0] && err->line > 0)
        cli_say("foresell: %s:%lld: %s", err->file, (long long)err->line, text);
    else if (err->file[0] && !strstr(text, err->file))
        cli_say("foresell: %s: %s", err->file, text);
    else
        cli_say("foresell: %s", text);
    if (status == FORE_E_NO_ANSWER) return CLI_NO_ANSWER;
    return status == FORE_E_USAGE || status == FORE_E_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}

int cli_finish(cli *c, fore_status status, foresell_answer *answer, const fore_error *err)
{
    if (status != FORE_OK) return cli_failed(status, err);
    cli_observer_end();
    cli_print(c, answer);
    const char *missing = foresell_answer_missing(answer);
    if (missing) cli_say("foresell: %s", missing);
    int code = missing ? CLI_NO_ANSWER : CLI_DONE;
    foresell_answer_free(answer);
    return written(code);
}

int cli_run(cli *c, foresell_mode mode, cli_job job, const void *request)
{
    int code = CLI_FAILED;
    foresell *w = cli_open(c, mode, &code);
    if (!w) return code;
    foresell_answer *answer = NULL;
    fore_error err = {0};
    fore_status status = job(w, request, &answer, &err);
    code = cli_finish(c, status, answer, &err);
    foresell_close(w);
    return code;
}

/* "--name=VALUE", or "--name VALUE" (then *at moves on); NULL when it is another option. A value
 * that is missing is "". */
static const char *value_of(const char *name, int argc, char **argv, int *at)
{
    size_t length = strlen(name);
    if (strcmp(argv[*at], name) == 0) return *at + 1 < argc ? argv[++*at] : "";
    bool joined = strncmp(argv[*at], name, length) == 0 && argv[*at][length] == '=';
    return joined ? argv[*at] + length + 1 : NULL;
}

/* The common options before the command; returns where the command stands, or -1 and the exit code
 * after an error. */
static int leading_options(cli *c, int argc, char **argv, int *code)
{
    int at = 1;
    for (; at < argc && argv[at][0] == '-'; at++) {
        const char *option = argv[at], *value;
        if (strcmp(option, "-h") == 0 || strcmp(option, "--help") == 0 ||
            strcmp(option, "--version") == 0)
            break;
        *code = CLI_USAGE;
        if (strcmp(option, "--json") == 0)
            c->format = CLI_JSON;
        else if (strcmp(option, "--csv") == 0)
            c->format = CLI_CSV;
        else if (strcmp(option, "--quiet") == 0)
            c->quiet = true;
        else if ((value = value_of("-w", argc, argv, &at)) ||
                 (value = value_of("--workspace", argc, argv, &at)))
            c->workspace = value;
        else if ((value = value_of("--as-of", argc, argv, &at)))
            c->as_of = value;
        else {
            cli_say("foresell: '%s' cannot stand before the command; write foresell COMMAND %s",
                    option, option);
            cli_say("Try: foresell --help");
            return -1;
        }
        if ((c->workspace && !*c->workspace) || (c->as_of && !*c->as_of)) {
            cli_say("foresell: '%s' needs a %s", option, c->as_of ? "moment" : "file");
            cli_say("Try: foresell --help");
            return -1;
        }
    }
    return at;
}

static int no_command(const char *name)
{
    const char *best = NULL;
    int least = NEAR + 1;
    for (int i = 0; cli_commands[i]; i++)
        come_near(name, strlen(name), cli_commands[i]->name, &least, &best);
    cli_say("foresell: there is no command '%s'%s%s%s", name, best ? "; did you mean '" : "",
            best ? best : "", best ? "'?" : "");
    cli_say("Try: foresell --help");
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    cli c = {0};
    int code, first = leading_options(&c, argc, argv, &code);
    if (first < 0) return code;
    if (first >= argc) {
        print_help(stderr);
        return CLI_USAGE;
    }
    const char *name = argv[first];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return written(CLI_DONE);
    }
    if (strcmp(name, "--version") == 0) {
        printf("foresell %s\n", foresell_version());
        return written(CLI_DONE);
    }
    for (int i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i]->run(&c, argc - first, argv + first);
    return no_command(name);
}
