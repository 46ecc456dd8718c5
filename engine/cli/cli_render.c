/* Answers on the terminal: tables that fit the width, CSV (RFC 4180), JSON.
 *
 * A table takes the natural width of its columns; text columns with a weight share what is left and
 * are cut or wrapped; where that is not enough the last columns stand below their row; columns of
 * weight -1 stand on lines of their own below the row. An id that had to be cut shows its end,
 * where ids differ, and the row's first one stands whole below the row. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/cli/cli.h"

enum { MAX_COLUMNS = 64, GAP = 2 };

static bool use_colour(void) { return isatty(STDOUT_FILENO) && !getenv("NO_COLOR"); }

/* --- cells --- */

static void cell_people(const foresell_answer *a, int64_t t, int64_t row, int64_t column, char *out,
                        size_t size)
{
    foresell_cell_kind kind = foresell_table_column(a, t, column).kind;
    out[0] = 0;
    if (kind == FORESELL_TEXT) {
        const char *text = foresell_cell_text(a, t, row, column);
        if (!text) return;
        snprintf(out, size, "%s", text);
        for (char *p = out; *p; p++)
            if ((unsigned char)*p < 32) *p = ' '; /* a name must not move the cursor */
        return;
    }
    double v = foresell_cell_number(a, t, row, column);
    if (isnan(v)) return;
    if (isinf(v)) {
        snprintf(out, size, v > 0 ? "∞" : "-∞");
        return;
    }
    double size_of_v = fabs(v);
    switch (kind) {
    case FORESELL_PERCENT: /* nothing that is neither 0 nor 1 is shown as such */
        if (v > 0 && v < 0.0005)
            snprintf(out, size, "<0.1 %%");
        else if (v < 1 && v >= 0.995)
            snprintf(out, size, ">99 %%");
        else
            snprintf(out, size, size_of_v < 0.0995 && v != 0 ? "%.1f %%" : "%.0f %%", 100 * v);
        break;
    case FORESELL_RATIO: snprintf(out, size, "%.4f", v); break;
    case FORESELL_NUMBER:
        foresell_number_people(v, size_of_v >= 100 ? 0 : size_of_v >= 10 ? 1 : 2, out, size);
        break;
    default: foresell_number_people(v, 0, out, size);
    }
}

/* A line is composed here and printed without the spaces that would trail. */
static struct {
    char text[16384];
    size_t length;
} line;

static void put(const char *bytes, size_t n)
{
    if (n > sizeof line.text - line.length) n = sizeof line.text - line.length;
    memcpy(line.text + line.length, bytes, n);
    line.length += n;
}

static const char *line_so_far(void)
{
    line.text[line.length < sizeof line.text ? line.length : sizeof line.text - 1] = 0;
    return line.text;
}

static void spaces(int n)
{
    for (int i = 0; i < n; i++) put(" ", 1);
}

static void end_line(void)
{
    while (line.length > 0 && line.text[line.length - 1] == ' ') line.length--;
    fwrite(line.text, 1, line.length, stdout);
    putchar('\n');
    line.length = 0;
}

/* One word with a digit in it. */
static bool is_id(const char *text) { return !strchr(text, ' ') && strpbrk(text, "0123456789"); }

static bool must_cut(const char *text, int width)
{
    return text[foresell_text_fit(text, width)] != 0;
}

/* The longest end of `text` that fits. */
static const char *end_that_fits(const char *text, int width)
{
    while (*text && foresell_text_width(text) > width) {
        do text++;
        while (((unsigned char)*text & 0xc0) == 0x80);
    }
    return text;
}

static void put_cell(const char *text, int width, bool right, bool last)
{
    int64_t bytes = foresell_text_fit(text, width);
    bool cut = text[bytes] != 0;
    if (cut && is_id(text)) {
        const char *end = end_that_fits(text, width - 1);
        put("…", strlen("…"));
        put(end, strlen(end));
        if (!last) spaces(width - 1 - foresell_text_width(end));
        return;
    }
    if (cut) bytes = foresell_text_fit(text, width - 1);
    int used = 0;
    char piece[1024];
    if (bytes >= (int64_t)sizeof piece) bytes = sizeof piece - 1;
    memcpy(piece, text, (size_t)bytes);
    piece[bytes] = 0;
    used = foresell_text_width(piece) + cut;
    if (right) spaces(width - used);
    put(piece, strlen(piece));
    if (cut) put("…", strlen("…"));
    if (!right && !last) spaces(width - used);
}

/* Room for the words of `text` that fit `width` columns; at least one letter. */
static int64_t words_that_fit(const char *text, int width)
{
    int64_t bytes = foresell_text_fit(text, width), cut = bytes;
    if (!text[bytes]) return bytes;
    while (cut > 0 && text[cut] != ' ') cut--;
    return cut > 0 ? cut : bytes;
}

/* Words of `text` in lines of `width` columns, each led by `indent` spaces. */
static void put_wrapped(const char *text, int indent, int width)
{
    int room = width - indent;
    while (*text) {
        int64_t bytes = words_that_fit(text, room);
        if (bytes == 0) break;
        spaces(indent);
        put(text, (size_t)bytes);
        end_line();
        text += bytes;
        while (*text == ' ') text++;
    }
}

/* The last column of a row, if it holds words: what does not fit goes on below it. */
static void put_last(const char *text, int width)
{
    int indent = foresell_text_width(line_so_far());
    for (;;) {
        int64_t bytes = words_that_fit(text, width);
        put(text, (size_t)bytes);
        text += bytes;
        while (*text == ' ') text++;
        if (!*text || bytes == 0) return;
        end_line();
        spaces(indent);
    }
}

/* --- layout --- */

typedef struct layout {
    int64_t count; /* columns that stand beside each other */
    int64_t below; /* after them: columns of numbers that found no room, told below the row */
    int gap;
    int64_t column[MAX_COLUMNS];
    int width[MAX_COLUMNS];
    bool right[MAX_COLUMNS];
} layout;

static layout lay_out(const foresell_answer *a, int64_t t, int total)
{
    layout l = {.gap = GAP};
    int weight = 0, used = 0;
    char text[4096];
    for (int64_t c = 0; c < foresell_table_columns(a, t) && l.count < MAX_COLUMNS; c++) {
        foresell_column column = foresell_table_column(a, t, c);
        if (!column.heading || column.weight < 0) continue;
        int width = foresell_text_width(column.heading);
        for (int64_t r = 0; r < foresell_table_rows(a, t); r++) {
            cell_people(a, t, r, c, text, sizeof text);
            int w = foresell_text_width(text);
            if (w > width) width = w;
        }
        l.column[l.count] = c;
        l.width[l.count] = width;
        l.right[l.count] = column.kind != FORESELL_TEXT;
        weight += column.weight;
        used += width + (l.count ? GAP : 0);
        l.count++;
    }
    /* Too wide: weighted columns give way, in proportion to their weight, down to 8. */
    for (int pass = 0; used > total && weight > 0 && pass < 8; pass++) {
        int excess = used - total, given = 0;
        for (int64_t i = 0; i < l.count; i++) {
            int w = foresell_table_column(a, t, l.column[i]).weight;
            int give = w > 0 ? (excess * w + weight - 1) / weight : 0;
            if (give > l.width[i] - 8) give = l.width[i] - 8;
            if (give <= 0) continue;
            l.width[i] -= give;
            given += give;
        }
        used -= given;
        if (given == 0) break;
    }
    /* Still: a narrower gap, and then the last columns below their row. */
    if (used > total && l.count > 1) {
        used -= (int)(l.count - 1) * (GAP - 1);
        l.gap = 1;
    }
    while (used > total && l.count > 2) {
        used -= l.width[--l.count] + l.gap;
        l.below++;
    }
    return l;
}

/* The columns that found no room: "open deals 447,836, new deals 716,588". */
static void print_surplus(const foresell_answer *a, int64_t t, int64_t r, const layout *l,
                          int total)
{
    char text[1024], words[4096];
    size_t n = 0;
    for (int64_t i = l->count; i < l->count + l->below; i++) {
        cell_people(a, t, r, l->column[i], text, sizeof text);
        if (text[0] && n < sizeof words)
            n += (size_t)snprintf(words + n, sizeof words - n, "%s%s %s", n ? ", " : "",
                                  foresell_table_column(a, t, l->column[i]).heading, text);
    }
    if (n > 0) put_wrapped(words, 4, total);
}

/* What stands below a row: its id where that was cut, and the columns of weight -1. */
static void print_below(const foresell_answer *a, int64_t t, int64_t r, const layout *l, int total)
{
    char text[4096], id[1024] = "";
    for (int64_t i = 0; i < l->count && !id[0]; i++) {
        cell_people(a, t, r, l->column[i], text, sizeof text);
        if (!l->right[i] && must_cut(text, l->width[i]) && is_id(text))
            snprintf(id, sizeof id, "%.1000s", text);
    }
    for (int64_t c = 0; c < foresell_table_columns(a, t); c++) {
        if (foresell_table_column(a, t, c).weight >= 0) continue;
        char whole[sizeof text + sizeof id + 3];
        cell_people(a, t, r, c, text, sizeof text);
        snprintf(whole, sizeof whole, "%s%s%s", id, id[0] && text[0] ? ": " : "", text);
        put_wrapped(whole, 4, total);
        id[0] = 0;
    }
    if (id[0]) put_wrapped(id, 4, total);
}

static void print_table(const foresell_answer *a, int64_t t, int total)
{
    layout l = lay_out(a, t, total);
    bool colour = use_colour();
    char text[4096];
    if (foresell_table_lead(a, t)) put_wrapped(foresell_table_lead(a, t), 0, total);
    if (foresell_table_title(a, t)) {
        printf("%s%s%s\n", colour ? "\033[1m" : "", foresell_table_title(a, t),
               colour ? "\033[0m" : "");
    }
    if (colour) fputs("\033[2m", stdout);
    for (int64_t i = 0; i < l.count; i++) {
        if (i) spaces(l.gap);
        put_cell(foresell_table_column(a, t, l.column[i]).heading, l.width[i], l.right[i],
                 i + 1 == l.count);
    }
    end_line();
    if (colour) fputs("\033[0m", stdout);
    for (int64_t r = 0; r < foresell_table_rows(a, t); r++) {
        for (int64_t i = 0; i < l.count; i++) {
            cell_people(a, t, r, l.column[i], text, sizeof text);
            if (i) spaces(l.gap);
            if (i + 1 == l.count && !l.right[i])
                put_last(text, l.width[i]);
            else
                put_cell(text, l.width[i], l.right[i], i + 1 == l.count);
        }
        end_line();
        print_surplus(a, t, r, &l, total);
        print_below(a, t, r, &l, total);
    }
}

/* --- CSV --- */

static void put_csv_text(const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (const char *p = text; *p; p++) {
        if (*p == '"') putchar('"');
        putchar(*p);
    }
    putchar('"');
}

static void put_csv_cell(const foresell_answer *a, int64_t t, int64_t r, int64_t c)
{
    const char *text = foresell_cell_text(a, t, r, c);
    double number = foresell_cell_number(a, t, r, c);
    char digits[32];
    if (text)
        put_csv_text(text);
    else if (!isnan(number)) {
        foresell_number_exact(number, digits);
        fputs(digits, stdout);
    }
}

static int64_t column_named(const foresell_answer *a, int64_t t, const char *key)
{
    for (int64_t c = 0; c < foresell_table_columns(a, t); c++)
        if (strcmp(foresell_table_column(a, t, c).key, key) == 0) return c;
    return -1;
}

/* The rows of table t under the columns of table `head`: where t has no such column they are empty.
 */
static void print_csv_rows(const foresell_answer *a, int64_t head, int64_t t)
{
    for (int64_t r = 0; r < foresell_table_rows(a, t); r++) {
        for (int64_t c = 0; c < foresell_table_columns(a, head); c++) {
            int64_t own = t == head ? c : column_named(a, t, foresell_table_column(a, head, c).key);
            if (c) putchar(',');
            if (own >= 0) put_csv_cell(a, t, r, own);
        }
        puts("\r");
    }
}

/* Is it more of the same: no column that the other one does not have? */
static bool goes_on(const foresell_answer *a, int64_t head, int64_t t)
{
    for (int64_t c = 0; c < foresell_table_columns(a, t); c++)
        if (column_named(a, head, foresell_table_column(a, t, c).key) < 0) return false;
    return true;
}

static void print_csv(const foresell_answer *a, int64_t t)
{
    for (int64_t c = 0; c < foresell_table_columns(a, t); c++) {
        if (c) putchar(',');
        put_csv_text(foresell_table_column(a, t, c).key);
    }
    puts("\r");
    print_csv_rows(a, t, t);
    for (int64_t next = t + 1; next < foresell_answer_tables(a) && goes_on(a, t, next); next++)
        print_csv_rows(a, t, next);
}

void cli_print(const cli *c, const foresell_answer *answer)
{
    if (c->format == CLI_JSON) {
        puts(foresell_answer_json(answer));
        return;
    }
    int64_t tables = foresell_answer_tables(answer);
    int64_t notes = foresell_answer_notes(answer);
    if (c->format == CLI_CSV) {
        int64_t first = 0; /* the first table that holds anything */
        while (first + 1 < tables && foresell_table_rows(answer, first) == 0) first++;
        if (tables > 0 && foresell_table_rows(answer, first) == 0) first = 0;
        if (tables > 0) print_csv(answer, first);
        for (int64_t t = 0; t < tables && !c->quiet; t++)
            if (foresell_table_lead(answer, t)) cli_say_text(foresell_table_lead(answer, t));
        for (int64_t i = 0; i < notes && !c->quiet; i++) cli_say_text(foresell_note(answer, i));
        return;
    }
    int width = cli_width(STDOUT_FILENO);
    bool printed = false;
    for (int64_t t = 0; t < tables; t++) {
        if (foresell_table_rows(answer, t) == 0) continue;
        if (printed) putchar('\n');
        print_table(answer, t, width);
        printed = true;
    }
    if (notes > 0 && printed) putchar('\n');
    for (int64_t i = 0; i < notes; i++) put_wrapped(foresell_note(answer, i), 0, width);
}
