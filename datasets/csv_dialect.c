/* The first look at a CSV file: encoding, NUL bytes, byte order mark, delimiter. */
#include "datasets/csv_dialect.h"

#include <errno.h>
#include <string.h>

#include "engine/base/file.h"

enum { SNIFF_LINES = 60 };

/* Line and column (in bytes, from 1) of a byte of the file. */
static void locate(fore_csv_file *csv, int64_t offset, int64_t *line, int64_t *column)
{
    *line = 1;
    *column = 1;
    char before = 0;
    rewind(csv->file);
    for (int64_t at = 0; at < offset;) {
        int64_t want = offset - at < FORE_CSV_BLOCK ? offset - at : FORE_CSV_BLOCK;
        int64_t got = (int64_t)fread(csv->block, 1, (size_t)want, csv->file);
        if (got == 0) return;
        for (int64_t i = 0; i < got; i++) {
            char c = csv->block[i];
            bool second = c == '\n' && before == '\r';
            if (!second && (c == '\n' || c == '\r')) ++*line;
            *column = c == '\n' || c == '\r' ? 1 : *column + 1;
            before = c;
        }
        at += got;
    }
}

static fore_status refuse_magic(fore_csv_file *csv, const char *b, int64_t n, fore_error *err)
{
    const char *remedy = NULL;
    fore_status code = FORE_E_FORMAT;
    if (n >= 4 && memcmp(b, "PK\3\4", 4) == 0) {
        remedy =
            "this is an Excel workbook (or another zip file); open it and save the sheet as CSV UTF-8";
    } else if (n >= 4 && memcmp(b, "\xD0\xCF\x11\xE0", 4) == 0) {
        remedy = "this is an old Excel workbook; open it and save the sheet as CSV UTF-8";
    } else if (n >= 2 && memcmp(b, "\x1F\x8B", 2) == 0) {
        remedy = "this is a gzip file; unpack it first (gunzip)";
    } else if (n >= 4 && memcmp(b, "%PDF", 4) == 0) {
        remedy = "this is a PDF; export the table as CSV instead";
    } else if (n >= 16 && memcmp(b, "SQLite format 3", 16) == 0) {
        remedy = "this is a SQLite database, not a CSV file; give a workspace with -w";
    } else if (n >= 2 && (memcmp(b, "\xFF\xFE", 2) == 0 || memcmp(b, "\xFE\xFF", 2) == 0)) {
        code = FORE_E_ENCODING;
        remedy = "the text is UTF-16 (Excel's \"Unicode text\"); save it as CSV UTF-8";
    }
    return remedy ? fore_fail_at(err, code, csv->path, 1, 1, "%s: %s", csv->path, remedy) : FORE_OK;
}

static fore_status refuse_nul(fore_csv_file *csv, int64_t offset, fore_error *err)
{
    int64_t line, column;
    locate(csv, offset, &line, &column);
    return fore_fail_at(
        err, FORE_E_ENCODING, csv->path, line, column,
        "%s:%lld:%lld: a NUL byte, which no text holds; the file is damaged, binary or "
        "UTF-16: export it again as CSV UTF-8",
        csv->path, (long long)line, (long long)column);
}

/* One pass for NUL bytes and UTF-8. A sequence cut by the block's end is carried to the next block.
 */
fore_status fore_csv_inspect(fore_csv_file *csv, fore_error *err)
{
    int64_t offset = 0, carried = 0, foreign = -1;
    rewind(csv->file);
    for (;;) {
        int64_t got =
            (int64_t)fread(csv->block + carried, 1, (size_t)(FORE_CSV_BLOCK - carried), csv->file);
        if (got == 0 && ferror(csv->file)) {
            return fore_fail_errno(err, csv->path, "read", errno);
        }
        if (offset == 0) FORE_TRY(refuse_magic(csv, csv->block, got, err));
        const char *nul = memchr(csv->block + carried, 0, (size_t)got);
        if (nul) return refuse_nul(csv, offset + (nul - csv->block), err);
        int64_t length = carried + got;
        int64_t bad = foreign < 0 ? fore_utf8_invalid(csv->block, length) : -1;
        carried = 0;
        if (bad >= 0 && (got == 0 || bad < length - 3)) {
            foreign = offset + bad;
        } else if (bad >= 0) {
            carried = length - bad;
            memmove(csv->block, csv->block + bad, (size_t)carried);
        }
        offset += length - carried;
        if (got == 0) break;
    }
    csv->info.bytes = offset;
    if (foreign >= 0) {
        csv->info.encoding = FORE_CSV_WINDOWS_1252;
        locate(csv, foreign, &csv->info.foreign_line, &csv->info.foreign_column);
    }
    return FORE_OK;
}

/* How well a delimiter fits: the number of the first records that have as many of them outside
 * quotes as the first one, and that number. A quote opens only at the start of a cell. */
static void sniff_one(const char *text, int64_t length, char delimiter, int64_t *lines,
                      int64_t *width)
{
    int64_t count = 0, first = -1, agree = 0, seen = 0;
    bool quoted = false, cell_start = true, blank = true;
    for (int64_t i = 0; i < length && seen < SNIFF_LINES; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '"') quoted = false; /* a doubled quote opens again at once */
        } else if (c == '"' && (cell_start || (i > 0 && text[i - 1] == '"'))) {
            quoted = true;
            blank = false;
        } else if (c == '\n' || c == '\r') {
            if (!blank) {
                if (first < 0) first = count;
                agree += count == first;
                seen++;
            }
            count = 0;
            blank = true;
            cell_start = true;
            continue;
        } else if (c == delimiter) {
            count++;
            blank = false;
            cell_start = true;
            continue;
        } else if (c != ' ') {
            blank = false;
        }
        cell_start = cell_start && c == ' ';
    }
    if (!blank && seen == 0) {
        first = count;
        agree = 1;
    }
    *width = first > 0 ? first : 0;
    *lines = first > 0 ? agree : 0;
}

static void sniff(fore_csv_file *csv, const char *text, int64_t length)
{
    static const char candidates[] = ",;\t|";
    int64_t best_lines = 0, best_width = 0;
    csv->info.delimiter = ',';
    for (const char *c = candidates; *c; c++) {
        int64_t lines, width;
        sniff_one(text, length, *c, &lines, &width);
        bool better = lines > best_lines || (lines == best_lines && width > best_width);
        if (lines > 0 && lines == best_lines && width == best_width) {
            csv->info.delimiter_certain = false;
        }
        if (!better) continue;
        best_lines = lines;
        best_width = width;
        csv->info.delimiter = *c;
        csv->info.delimiter_certain = true;
    }
}

/* Byte order mark, Excel's "sep=;" line, delimiter. */
fore_status fore_csv_find_dialect(fore_csv_file *csv, char delimiter, fore_error *err)
{
    rewind(csv->file);
    int64_t got = (int64_t)fread(csv->block, 1, FORE_CSV_BLOCK, csv->file);
    const char *text = csv->block;
    csv->start_line = 1;
    if (got >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        csv->start = 3;
        if (csv->info.encoding == FORE_CSV_UTF8) csv->info.encoding = FORE_CSV_UTF8_BOM;
    }
    const char *p = text + csv->start;
    if (got - csv->start >= 6 && memcmp(p, "sep=", 4) == 0 && (p[5] == '\n' || p[5] == '\r')) {
        csv->info.delimiter = p[4];
        csv->info.delimiter_certain = true;
        csv->start += p[5] == '\r' && got - csv->start >= 7 && p[6] == '\n' ? 7 : 6;
        csv->start_line = 2;
    } else {
        sniff(csv, p, got - csv->start);
    }
    if (delimiter) {
        csv->info.delimiter = delimiter;
        csv->info.delimiter_certain = true;
    }
    bool content = false;
    for (int64_t i = csv->start; i < got && !content; i++) content = !strchr(" \t\r\n", text[i]);
    if (content || got == FORE_CSV_BLOCK) return FORE_OK;
    return fore_fail_at(err, FORE_E_DATA, csv->path, 1, 0,
                        "%s is empty; export it again with its header row", csv->path);
}
