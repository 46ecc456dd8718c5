/* Progress on stderr: a bar where work takes over a second and stderr is a terminal; remarks. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/cli/cli.h"

static struct {
    bool terminal, quiet, drawn;
    double started, last;
    char step[48];
} bar;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void cli_observer_end(void)
{
    if (bar.drawn) fputs("\r\033[K", stderr);
    bar.drawn = false;
}

static void show_progress(void *context, const char *step, int64_t done, int64_t total)
{
    (void)context;
    if (!bar.terminal || bar.quiet) return;
    double now = seconds();
    if (strncmp(bar.step, step, sizeof bar.step - 1) != 0) {
        snprintf(bar.step, sizeof bar.step, "%s", step);
        bar.started = now;
    }
    if (now - bar.started < 1.0 || now - bar.last < 0.1) return;
    bar.last = now;
    bar.drawn = true;
    enum { WIDTH = 30 };
    char filled[WIDTH + 1];
    int part = total > 0 ? (int)((double)done / (double)total * WIDTH) : 0;
    if (part > WIDTH) part = WIDTH;
    memset(filled, '.', WIDTH);
    memset(filled, '#', (size_t)(part < 0 ? 0 : part));
    filled[WIDTH] = 0;
    if (total > 0)
        fprintf(stderr, "\r\033[K%-24.24s [%s] %3.0f %%", bar.step, filled,
                100.0 * (double)done / (double)total);
    else
        fprintf(stderr, "\r\033[K%-24.24s %lld", bar.step, (long long)done);
}

static void show_message(void *context, fore_level level, const char *text)
{
    (void)context;
    if (bar.quiet || level == FORE_DEBUG) return;
    cli_observer_end();
    cli_say("%s%s", level == FORE_WARNING ? "warning: " : "", text);
}

static bool is_cancelled(void *context)
{
    (void)context;
    return interrupted != 0;
}

void cli_observer_start(cli *c)
{
    bar.terminal = isatty(STDERR_FILENO) != 0;
    bar.quiet = c->quiet;
    bar.started = seconds();
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    sigaction(SIGINT, &action, NULL); /* the second Ctrl-C ends the program at once */
    c->observer = (fore_observer){NULL, show_progress, show_message, is_cancelled};
}
