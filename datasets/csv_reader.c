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

#include "datasets/csv_dialect.h"
#include "engine/base/file.h"
#include "engine/base/memory.h"

enum {
    RECORD_LIMIT = 64 << 20, /* bytes of all cells of one record */
    INSIDE_CELL = 2 /* libcsv's pstate between the first and the last character of a cell */
};

typedef struct queued {
    int64_t first, count, line;
} queued;

struct fore_csv {
    fore_csv_file in;
    struct csv_parser parser;
    int64_t position; /* bytes read so far */
    bool no_header, ended;

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

/* Appends cell and NUL; most often the room is there already. */
static void add_cell(fore_csv *csv, const char *text, int64_t length)
{
    fore_text *bytes = &csv->bytes;
    int64_t need = bytes->length + length + 2;
    if (need > bytes->capacity &&
        fore_grow((void **)&bytes->bytes, &bytes->capacity, need, 1, NULL) != FORE_OK) {
        csv->failure = FORE_E_MEMORY;
        return;
    }
    if (length > 0) memcpy(bytes->bytes + bytes->length, text, (size_t)length);
    bytes->bytes[bytes->length + length] = 0;
    bytes->length += length + 1;
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
    add_cell(csv, text, (int64_t)length);
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
    csv_set_delim(&csv->parser, (unsigned char)csv->in.info.delimiter);
    csv_set_realloc_func(&csv->parser, grow_cell);
    csv_set_free_func(&csv->parser, fore_free);
    csv_set_blk_size(&csv->parser, FORE_CSV_BLOCK);
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
            err, FORE_E_LIMIT, csv->in.path, line, column,
            "%s:%lld: the cell in column %lld is longer than %lld MiB; most likely a quote "
            "that opens there is never closed: correct it, or take the column out",
            csv->in.path, (long long)line, (long long)column,
            (long long)(FORE_CSV_FIELD_LIMIT >> 20));
    }
    return fore_fail_at(
        err, FORE_E_LIMIT, csv->in.path, line, column,
        "%s:%lld: the record has more than %lld columns or %d MiB; check the delimiter and the "
        "quotes of this line",
        csv->in.path, (long long)line, (long long)FORE_CSV_COLUMN_LIMIT, RECORD_LIMIT >> 20);
}

static fore_status fail_parser(fore_csv *csv, fore_error *err)
{
    if (csv->failure == FORE_E_LIMIT) return fail_limit(csv, false, err);
    if (csv->failure != FORE_OK) return fore_no_memory(err);
    bool limit = (int64_t)csv_get_buffer_size(&csv->parser) + FORE_CSV_BLOCK > FORE_CSV_FIELD_LIMIT;
    return limit ? fail_limit(csv, true, err) : fore_no_memory(err);
}

static fore_status finish_file(fore_csv *csv, fore_error *err)
{
    csv->ended = true;
    if (csv->parser.quoted && csv->parser.pstate == INSIDE_CELL) {
        int64_t column = csv->cell_count - csv->pending_first + 1;
        return fore_fail_at(
            err, FORE_E_FORMAT, csv->in.path, csv->line, column,
            "%s:%lld: the quote that opens in column %lld is never closed; close it or double "
            "it (\"\") where it is part of the text",
            csv->in.path, (long long)csv->line, (long long)column);
    }
    if (csv_fini(&csv->parser, on_cell, on_line_end, csv) != 0 || csv->failure != FORE_OK) {
        return fail_parser(csv, err);
    }
    return FORE_OK;
}

static fore_status fill(fore_csv *csv, fore_error *err)
{
    compact(csv);
    size_t got = fread(csv->in.block, 1, FORE_CSV_BLOCK, csv->in.file);
    if (got == 0) {
        if (ferror(csv->in.file)) return fore_fail_errno(err, csv->in.path, "read", errno);
        return finish_file(csv, err);
    }
    csv->position += (int64_t)got;
    const char *text = csv->in.block;
    if (csv->in.info.encoding == FORE_CSV_WINDOWS_1252) {
        fore_text_clear(&csv->utf8);
        fore_utf8_from_latin1(&csv->utf8, csv->in.block, (int64_t)got);
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
    if (fseeko(csv->in.file, (off_t)csv->in.start, SEEK_SET) != 0) {
        return fore_fail_errno(err, csv->in.path, "read", errno);
    }
    csv->position = csv->in.start;
    csv->line = csv->in.start_line;
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
    csv->in.info.renamed_columns += name != header;
    csv->names[c] = name;
    return FORE_OK;
}

static fore_status read_header(fore_csv *csv, fore_error *err)
{
    fore_csv_record record = {0};
    bool more = false;
    FORE_TRY(fore_csv_next(csv, &record, &more, err));
    if (!more) {
        return fore_fail_at(err, FORE_E_DATA, csv->in.path, 1, 0,
                            "%s is empty; export it again with its header row", csv->in.path);
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
    csv->in.info.header_line = csv->no_header ? 0 : record.line;
done:
    fore_dictionary_free(taken);
    return status;
}

static fore_status open_file(fore_csv *csv, const char *path, fore_error *err)
{
    int64_t length = (int64_t)strlen(path);
    csv->in.path = fore_alloc(length + 1, 1);
    csv->in.block = fore_alloc(FORE_CSV_BLOCK, 1);
    csv->arena = fore_arena_new();
    if (!csv->in.path || !csv->in.block || !csv->arena) return fore_no_memory(err);
    memcpy(csv->in.path, path, (size_t)length + 1);
    if (fore_file_is_folder(path)) {
        return fore_fail_at(err, FORE_E_IO, path, 0, 0, "%s is a folder; give a CSV file", path);
    }
    if (fore_file_is_stream(path))
        return fore_fail_at(
            err, FORE_E_IO, path, 0, 0,
            "%s is a pipe or a device, and a CSV is read more than once; save it as "
            "a file first",
            path);
    csv->in.file = fopen(path, "rb");
    return csv->in.file ? FORE_OK : fore_fail_errno(err, path, "open", errno);
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
    FORE_GO(fore_csv_inspect(&csv->in, err));
    FORE_GO(fore_csv_find_dialect(&csv->in, options ? options->delimiter : 0, err));
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
    if (csv->in.file) fclose(csv->in.file);
    csv_free(&csv->parser);
    fore_free(csv->in.path);
    fore_free(csv->in.block);
    fore_text_free(&csv->utf8);
    fore_text_free(&csv->bytes);
    fore_free(csv->offsets);
    fore_free(csv->lengths);
    fore_free(csv->cells);
    fore_free(csv->records);
    fore_arena_free(csv->arena);
    fore_free(csv);
}

const fore_csv_info *fore_csv_about(const fore_csv *csv) { return &csv->in.info; }
const char *fore_csv_path(const fore_csv *csv) { return csv->in.path; }
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
