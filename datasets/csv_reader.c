/* Reading CSV record by record on libcsv (RFC 4180 with the usual leniency).
 *
 * Opening reads the file once for its encoding and for NUL bytes, then guesses the delimiter from
 * the first records. After that a block of the file at a time goes through libcsv, whose two
 * callbacks put the cells and the ends of records into a queue; `next` takes records out of it:
 *
 *     next: while the queue holds no whole record and the file is not at its end
 *               keep the cells of the record that is not finished yet, drop the others
 *               read a block, turn Windows-1252 into UTF-8, csv_parse it
 *
 * Lines are counted in the callbacks: every line end outside quotes is reported (CSV_REPALL_NL),
 * those inside are counted in the cell. */
#include "datasets/csv_reader.h"

#include <csv.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/file.h"
#include "engine/base/memory.h"

enum {
    BLOCK = 1 << 16,
    RECORD_LIMIT = 64 << 20, /* bytes of all cells of one record */
    SNIFF_LINES = 60,
    INSIDE_CELL = 2 /* libcsv's pstate between the first and the last character of a cell */
};

typedef struct queued {
    int64_t first, count, line;
} queued;

struct fore_csv {
    char *path;
    FILE *file;
    struct csv_parser parser;
    fore_csv_info info;
    int64_t start, position; /* first byte of the text; bytes read so far */
    int64_t start_line;
    bool no_header, ended;

    char *block;
    fore_text utf8;  /* a block turned into UTF-8 */
    fore_text bytes; /* cells of the queue, each with a NUL */
    int64_t *offsets, *lengths;
    const char **cells;
    int64_t cell_count, cell_capacity, length_capacity, pointer_capacity;
    queued *records;
    int64_t record_count, record_capacity, next_record;

    int64_t line; /* of the next byte that libcsv will see */
    int64_t pending_first, pending_line;
    bool after_cr;
    fore_status failure; /* of a callback */

    fore_arena *arena; /* header */
    const char **names, **headers;
    int64_t columns;
};

const char *fore_csv_encoding_word(fore_csv_encoding encoding)
{
    static const char *const words[] = {"UTF-8", "UTF-8 with byte order mark", "Windows-1252"};
    return words[encoding];
}

/* --- the first look at the file --- */

/* Line and column (in bytes, from 1) of a byte of the file. */
static void locate(fore_csv *csv, int64_t offset, int64_t *line, int64_t *column)
{
    *line = 1;
    *column = 1;
    char before = 0;
    rewind(csv->file);
    for (int64_t at = 0; at < offset;) {
        int64_t want = offset - at < BLOCK ? offset - at : BLOCK;
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

static fore_status refuse_magic(fore_csv *csv, const char *b, int64_t n, fore_error *err)
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

static fore_status refuse_nul(fore_csv *csv, int64_t offset, fore_error *err)
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
static fore_status inspect(fore_csv *csv, fore_error *err)
{
    int64_t offset = 0, carried = 0, foreign = -1;
    rewind(csv->file);
    for (;;) {
        int64_t got = (int64_t)fread(csv->block + carried, 1, (size_t)(BLOCK - carried), csv->file);
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

static void sniff(fore_csv *csv, const char *text, int64_t length)
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
static fore_status find_dialect(fore_csv *csv, char delimiter, fore_error *err)
{
    rewind(csv->file);
    int64_t got = (int64_t)fread(csv->block, 1, BLOCK, csv->file);
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
    if (content || got == BLOCK) return FORE_OK;
    return fore_fail_at(err, FORE_E_DATA, csv->path, 1, 0,
                        "%s is empty; export it again with its header row", csv->path);
}

/* --- libcsv --- */

/* libcsv grows one buffer for the cell in hand; refusing it is how the limit on a cell works. */
static void *grow_cell(void *p, size_t size)
{
    return size > (size_t)FORE_CSV_FIELD_LIMIT ? NULL : fore_realloc(p, (int64_t)size, 1);
}

static int64_t line_ends_in(const char *text, int64_t length)
{
    int64_t count = 0;
    if (!memchr(text, '\n', (size_t)length) && !memchr(text, '\r', (size_t)length)) return 0;
    for (int64_t i = 0; i < length; i++) {
        count += text[i] == '\n' || (text[i] == '\r' && (i + 1 == length || text[i + 1] != '\n'));
    }
    return count;
}

static bool make_room(fore_csv *csv)
{
    int64_t need = csv->cell_count + 1;
    if (need <= csv->cell_capacity && need <= csv->length_capacity) return true;
    return fore_grow((void **)&csv->offsets, &csv->cell_capacity, need, sizeof(int64_t), NULL) ==
               FORE_OK &&
           fore_grow((void **)&csv->lengths, &csv->length_capacity, need, sizeof(int64_t), NULL) ==
               FORE_OK;
}

static void on_cell(void *text, size_t length, void *context)
{
    fore_csv *csv = context;
    if (csv->failure != FORE_OK) return;
    if (csv->cell_count == csv->pending_first) csv->pending_line = csv->line;
    csv->after_cr = false;
    bool too_many = csv->cell_count - csv->pending_first >= FORE_CSV_COLUMN_LIMIT;
    bool too_long = csv->cell_count > csv->pending_first &&
                    csv->bytes.length - csv->offsets[csv->pending_first] > RECORD_LIMIT;
    if (too_many || too_long) {
        csv->failure = FORE_E_LIMIT;
        return;
    }
    if (!make_room(csv)) {
        csv->failure = FORE_E_MEMORY;
        return;
    }
    csv->offsets[csv->cell_count] = csv->bytes.length;
    csv->lengths[csv->cell_count++] = (int64_t)length;
    fore_text_add(&csv->bytes, text ? text : "", (int64_t)length);
    fore_text_putc(&csv->bytes, 0);
    if (csv->bytes.failed) csv->failure = FORE_E_MEMORY;
    if (length > 0) csv->line += line_ends_in(text, (int64_t)length);
}

static void on_line_end(int c, void *context)
{
    fore_csv *csv = context;
    if (csv->failure != FORE_OK) return;
    bool second_half = c == '\n' && csv->after_cr;
    csv->after_cr = c == '\r';
    if (!second_half && c >= 0) csv->line++;
    int64_t count = csv->cell_count - csv->pending_first;
    if (count == 0) return;
    if (fore_grow((void **)&csv->records, &csv->record_capacity, csv->record_count + 1,
                  sizeof *csv->records, NULL) != FORE_OK) {
        csv->failure = FORE_E_MEMORY;
        return;
    }
    csv->records[csv->record_count++] = (queued){csv->pending_first, count, csv->pending_line};
    csv->pending_first = csv->cell_count;
}

static fore_status start_parser(fore_csv *csv, fore_error *err)
{
    csv_free(&csv->parser);
    if (csv_init(&csv->parser, CSV_REPALL_NL) != 0) return fore_no_memory(err);
    csv_set_delim(&csv->parser, (unsigned char)csv->info.delimiter);
    csv_set_realloc_func(&csv->parser, grow_cell);
    csv_set_free_func(&csv->parser, fore_free);
    csv_set_blk_size(&csv->parser, BLOCK);
    return FORE_OK;
}

/* --- filling the queue --- */

/* Drops the records that were taken and moves the unfinished one to the front. */
static void compact(fore_csv *csv)
{
    int64_t kept = csv->cell_count - csv->pending_first;
    int64_t base = kept > 0 ? csv->offsets[csv->pending_first] : csv->bytes.length;
    int64_t length = csv->bytes.length - base;
    if (base > 0 && length > 0) memmove(csv->bytes.bytes, csv->bytes.bytes + base, (size_t)length);
    csv->bytes.length = length;
    for (int64_t i = 0; i < kept; i++) {
        csv->offsets[i] = csv->offsets[csv->pending_first + i] - base;
        csv->lengths[i] = csv->lengths[csv->pending_first + i];
    }
    csv->cell_count = kept;
    csv->pending_first = 0;
    csv->record_count = csv->next_record = 0;
}

static fore_status fail_limit(fore_csv *csv, bool cell, fore_error *err)
{
    int64_t column = csv->cell_count - csv->pending_first + 1;
    int64_t line = cell || column == 1 ? csv->line : csv->pending_line;
    if (cell) {
        return fore_fail_at(
            err, FORE_E_LIMIT, csv->path, line, column,
            "%s:%lld: the cell in column %lld is longer than %lld MiB; most likely a quote "
            "that opens there is never closed: correct it, or take the column out",
            csv->path, (long long)line, (long long)column, (long long)(FORE_CSV_FIELD_LIMIT >> 20));
    }
    return fore_fail_at(
        err, FORE_E_LIMIT, csv->path, line, column,
        "%s:%lld: the record has more than %lld columns or %d MiB; check the delimiter and the "
        "quotes of this line",
        csv->path, (long long)line, (long long)FORE_CSV_COLUMN_LIMIT, RECORD_LIMIT >> 20);
}

static fore_status fail_parser(fore_csv *csv, fore_error *err)
{
    if (csv->failure == FORE_E_LIMIT) return fail_limit(csv, false, err);
    if (csv->failure != FORE_OK) return fore_no_memory(err);
    bool limit = (int64_t)csv_get_buffer_size(&csv->parser) + BLOCK > FORE_CSV_FIELD_LIMIT;
    return limit ? fail_limit(csv, true, err) : fore_no_memory(err);
}

static fore_status finish_file(fore_csv *csv, fore_error *err)
{
    csv->ended = true;
    if (csv->parser.quoted && csv->parser.pstate == INSIDE_CELL) {
        int64_t column = csv->cell_count - csv->pending_first + 1;
        return fore_fail_at(
            err, FORE_E_FORMAT, csv->path, csv->line, column,
            "%s:%lld: the quote that opens in column %lld is never closed; close it or double "
            "it (\"\") where it is part of the text",
            csv->path, (long long)csv->line, (long long)column);
    }
    if (csv_fini(&csv->parser, on_cell, on_line_end, csv) != 0 || csv->failure != FORE_OK) {
        return fail_parser(csv, err);
    }
    return FORE_OK;
}

static fore_status fill(fore_csv *csv, fore_error *err)
{
    compact(csv);
    size_t got = fread(csv->block, 1, BLOCK, csv->file);
    if (got == 0) {
        if (ferror(csv->file)) return fore_fail_errno(err, csv->path, "read", errno);
        return finish_file(csv, err);
    }
    csv->position += (int64_t)got;
    const char *text = csv->block;
    if (csv->info.encoding == FORE_CSV_WINDOWS_1252) {
        fore_text_clear(&csv->utf8);
        fore_utf8_from_latin1(&csv->utf8, csv->block, (int64_t)got);
        FORE_TRY(fore_text_check(&csv->utf8, err));
        text = csv->utf8.bytes;
        got = (size_t)csv->utf8.length;
    }
    size_t used = csv_parse(&csv->parser, text, got, on_cell, on_line_end, csv);
    if (used != got || csv->failure != FORE_OK) return fail_parser(csv, err);
    return FORE_OK;
}

static void fit_to_header(const fore_csv *csv, fore_csv_record *record)
{
    record->fit = FORE_CSV_FITS;
    if (csv->columns == 0) return; /* this is the header itself */
    while (record->count > csv->columns && record->lengths[record->count - 1] == 0) record->count--;
    if (record->count > csv->columns) record->fit = FORE_CSV_TOO_MANY;
    if (record->count < csv->columns) record->fit = FORE_CSV_TOO_FEW;
}

fore_status fore_csv_next(fore_csv *csv, fore_csv_record *record, bool *more, fore_error *err)
{
    while (csv->next_record == csv->record_count) {
        if (csv->ended) {
            *more = false;
            return FORE_OK;
        }
        FORE_TRY(fill(csv, err));
    }
    const queued *q = &csv->records[csv->next_record++];
    FORE_TRY(
        fore_grow((void **)&csv->cells, &csv->pointer_capacity, q->count, sizeof *csv->cells, err));
    for (int64_t i = 0; i < q->count; i++)
        csv->cells[i] = csv->bytes.bytes + csv->offsets[q->first + i];
    *record = (fore_csv_record){.cells = csv->cells,
                                .lengths = csv->lengths + q->first,
                                .count = q->count,
                                .line = q->line};
    fit_to_header(csv, record);
    *more = true;
    return FORE_OK;
}

/* --- opening --- */

static fore_status seek_start(fore_csv *csv, fore_error *err)
{
    if (fseeko(csv->file, (off_t)csv->start, SEEK_SET) != 0) {
        return fore_fail_errno(err, csv->path, "read", errno);
    }
    csv->position = csv->start;
    csv->line = csv->start_line;
    csv->ended = csv->after_cr = false;
    csv->cell_count = csv->pending_first = csv->record_count = csv->next_record = 0;
    csv->bytes.length = 0;
    csv->failure = FORE_OK;
    return start_parser(csv, err);
}

fore_status fore_csv_rewind(fore_csv *csv, fore_error *err)
{
    FORE_TRY(seek_start(csv, err));
    if (csv->no_header) return FORE_OK;
    fore_csv_record header;
    bool more;
    return fore_csv_next(csv, &header, &more, err);
}

/* Gives column c a name that no earlier column has. */
static fore_status name_column(fore_csv *csv, fore_dictionary *taken, int64_t c, fore_error *err)
{
    const char *header = csv->headers[c];
    const char *name =
        *header ? header : fore_arena_format(csv->arena, "column_%lld", (long long)c + 1);
    for (int64_t k = 2; name && fore_dictionary_find(taken, name, (int64_t)strlen(name)) >= 0;
         k++) {
        name = fore_arena_format(csv->arena, "%s_%lld", *header ? header : "column", (long long)k);
    }
    if (!name || fore_dictionary_add(taken, name, (int64_t)strlen(name)) < 0)
        return fore_no_memory(err);
    csv->info.renamed_columns += name != header;
    csv->names[c] = name;
    return FORE_OK;
}

static fore_status read_header(fore_csv *csv, fore_error *err)
{
    fore_csv_record record = {0};
    bool more = false;
    FORE_TRY(fore_csv_next(csv, &record, &more, err));
    if (!more) {
        return fore_fail_at(err, FORE_E_DATA, csv->path, 1, 0,
                            "%s is empty; export it again with its header row", csv->path);
    }
    csv->names = fore_arena_alloc(csv->arena, record.count, sizeof *csv->names);
    csv->headers = fore_arena_alloc(csv->arena, record.count, sizeof *csv->headers);
    fore_dictionary *taken = fore_dictionary_new();
    fore_status status = FORE_OK;
    if (!csv->names || !csv->headers || !taken) FORE_GO(fore_no_memory(err));
    for (int64_t c = 0; c < record.count; c++) {
        csv->headers[c] =
            csv->no_header ? "" : fore_arena_copy(csv->arena, record.cells[c], record.lengths[c]);
        if (!csv->headers[c]) FORE_GO(fore_no_memory(err));
        FORE_GO(name_column(csv, taken, c, err));
    }
    csv->columns = record.count;
    csv->info.header_line = csv->no_header ? 0 : record.line;
done:
    fore_dictionary_free(taken);
    return status;
}

static fore_status open_file(fore_csv *csv, const char *path, fore_error *err)
{
    int64_t length = (int64_t)strlen(path);
    csv->path = fore_alloc(length + 1, 1);
    csv->block = fore_alloc(BLOCK, 1);
    csv->arena = fore_arena_new();
    if (!csv->path || !csv->block || !csv->arena) return fore_no_memory(err);
    memcpy(csv->path, path, (size_t)length + 1);
    if (fore_file_is_folder(path)) {
        return fore_fail_at(err, FORE_E_IO, path, 0, 0, "%s is a folder; give a CSV file", path);
    }
    csv->file = fopen(path, "rb");
    return csv->file ? FORE_OK : fore_fail_errno(err, path, "open", errno);
}

fore_status fore_csv_open(const char *path, const fore_csv_options *options, fore_csv **out,
                          fore_error *err)
{
    fore_status status = FORE_OK;
    fore_csv *csv = FORE_ZNEW(1, fore_csv);
    if (!csv) return fore_no_memory(err);
    csv->no_header = options && options->no_header;
    csv_init(&csv->parser, 0);
    FORE_GO(open_file(csv, path, err));
    FORE_GO(inspect(csv, err));
    FORE_GO(find_dialect(csv, options ? options->delimiter : 0, err));
    FORE_GO(seek_start(csv, err));
    FORE_GO(read_header(csv, err));
    if (csv->no_header) FORE_GO(fore_csv_rewind(csv, err));
    *out = csv;
    csv = NULL;
done:
    fore_csv_close(csv);
    return status;
}

void fore_csv_close(fore_csv *csv)
{
    if (!csv) return;
    if (csv->file) fclose(csv->file);
    csv_free(&csv->parser);
    fore_free(csv->path);
    fore_free(csv->block);
    fore_text_free(&csv->utf8);
    fore_text_free(&csv->bytes);
    fore_free(csv->offsets);
    fore_free(csv->lengths);
    fore_free(csv->cells);
    fore_free(csv->records);
    fore_arena_free(csv->arena);
    fore_free(csv);
}

const fore_csv_info *fore_csv_about(const fore_csv *csv) { return &csv->info; }
const char *fore_csv_path(const fore_csv *csv) { return csv->path; }
int64_t fore_csv_columns(const fore_csv *csv) { return csv->columns; }
const char *fore_csv_name(const fore_csv *csv, int64_t column) { return csv->names[column]; }
const char *fore_csv_header(const fore_csv *csv, int64_t column) { return csv->headers[column]; }
int64_t fore_csv_position(const fore_csv *csv) { return csv->position; }

void fore_csv_put_cell(fore_text *out, const char *text, int64_t length, bool first)
{
    if (!first) fore_text_putc(out, ',');
    bool quote = length > 0 && (text[0] == ' ' || text[length - 1] == ' ');
    for (int64_t i = 0; i < length && !quote; i++) quote = strchr(",\"\r\n;\t", text[i]) && text[i];
    if (!quote) {
        fore_text_add(out, text, length);
        return;
    }
    fore_text_putc(out, '"');
    for (int64_t i = 0; i < length; i++) {
        if (text[i] == '"') fore_text_putc(out, '"');
        fore_text_putc(out, text[i]);
    }
    fore_text_putc(out, '"');
}
