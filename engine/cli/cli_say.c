/* What is said on stderr: errors, warnings, remarks.
 *
 *   a terminal gets lines that break between words at its width; a word that is longer, such as a
 *   path, stays whole
 *   a pipe or a file gets one line per message, so that it can be searched */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "engine/cli/cli.h"

enum { WIDTH_LEAST = 60, WIDTH_USUAL = 80, LINE_MOST = 16384 };

int cli_width(int fd)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    if (width <= 0) width = WIDTH_USUAL;
    return width < WIDTH_LEAST ? WIDTH_LEAST : width;
}

/* Bytes of the words that fit into `width` columns, at least one word. */
static size_t words_that_fit(const char *text, int width)
{
    size_t fit = (size_t)foresell_text_fit(text, width), cut = fit;
    if (!text[fit]) return fit;
    while (cut > 0 && text[cut] != ' ') cut--;
    return cut > 0 ? cut : strcspn(text, " ");
}

static void say_line(const char *text, size_t length)
{
    fwrite(text, 1, length, stderr);
    fputc('\n', stderr);
}

void cli_say_text(const char *text)
{
    if (!isatty(STDERR_FILENO)) {
        say_line(text, strlen(text));
        return;
    }
    int width = cli_width(STDERR_FILENO);
    do {
        size_t bytes = words_that_fit(text, width);
        say_line(text, bytes);
        text += bytes + strspn(text + bytes, " ");
    } while (*text);
}

void cli_say(const char *format, ...)
{
    char text[LINE_MOST];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    if (vsnprintf(text, sizeof text, format, args) < (int)sizeof text)
        cli_say_text(text);
    else { /* whole, as it comes */
        vfprintf(stderr, format, again);
        fputc('\n', stderr);
    }
    va_end(again);
    va_end(args);
}
