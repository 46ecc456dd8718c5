/* CSV files as people really have them, one record at a time.
 *
 * RFC 4180 and its relatives: the delimiter (comma, semicolon, tab, bar) is found from the file,
 * lines end in LF, CRLF or CR, quoted cells may hold delimiters, doubled quotes and line breaks, a
 * UTF-8 byte order mark is skipped. Blank lines are passed over. Spaces around an unquoted cell are
 * cut off. Splitting is libcsv's work; this room adds places, limits and encodings.
 *
 * Encoding is decided for the whole file when it is opened: where any byte is not UTF-8 the file is
 * read as Windows-1252 (the superset of Latin-1) and the info says where the first such byte
 * stands. Every cell that is handed out is valid UTF-8. Memory is bounded by the field limit, not
 * by the file.
 *
 * Errors name file, line and column: E_IO (cannot be read), E_DATA (empty file), E_ENCODING
 * (UTF-16; a NUL byte), E_FORMAT (an Excel workbook; a quote that is never closed), E_LIMIT (a cell
 * longer than the limit, too many columns), E_MEMORY. */
#ifndef FORE_DATASETS_CSV_READER_H
#define FORE_DATASETS_CSV_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/text.h"

#define FORE_CSV_FIELD_LIMIT (INT64_C(16) << 20) /* bytes of one cell */
#define FORE_CSV_COLUMN_LIMIT INT64_C(100000)    /* cells of one record */

typedef struct fore_csv fore_csv;

typedef struct fore_csv_options {
    char delimiter; /* 0: find it */
    bool no_header; /* the first record is data; the columns are named column_1, column_2, ... */
} fore_csv_options;

typedef enum fore_csv_encoding {
    FORE_CSV_UTF8,
    FORE_CSV_UTF8_BOM,
    FORE_CSV_WINDOWS_1252
} fore_csv_encoding;
const char *fore_csv_encoding_word(fore_csv_encoding encoding);

typedef struct fore_csv_info {
    char delimiter;
    bool delimiter_certain; /* false: one column only, or two delimiters fit equally well */
    fore_csv_encoding encoding;
    int64_t foreign_line, foreign_column; /* first byte that is not UTF-8, from 1; 0: none */
    int64_t bytes;                        /* length of the file */
    int64_t header_line;                  /* 0 without header */
    int64_t renamed_columns; /* empty or repeated header names that got a name of their own */
} fore_csv_info;

typedef enum fore_csv_fit { FORE_CSV_FITS, FORE_CSV_TOO_FEW, FORE_CSV_TOO_MANY } fore_csv_fit;

typedef struct fore_csv_record {
    const char *const *cells; /* `count` NUL-terminated texts, borrowed until the next record */
    const int64_t *lengths;   /* bytes of each, without the NUL */
    int64_t count;
    int64_t line;     /* where the record starts, from 1 */
    fore_csv_fit fit; /* against the header; empty cells too many at the end are cut off first */
} fore_csv_record;

/* Opens and checks the whole file once (encoding, NUL bytes), reads the header. options NULL =
 * defaults. A file with a header and no record is fine: next then says there is none. */
fore_status fore_csv_open(const char *path, const fore_csv_options *options, fore_csv **csv,
                          fore_error *err);
void fore_csv_close(fore_csv *csv); /* NULL is fine */

const fore_csv_info *fore_csv_about(const fore_csv *csv);
const char *fore_csv_path(const fore_csv *csv);
int64_t fore_csv_columns(const fore_csv *csv);
/* The name of a column, made unique: a repeated name gets "_2", an empty one is "column_7". */
const char *fore_csv_name(const fore_csv *csv, int64_t column);
/* The same as the file spells it ("" when empty). */
const char *fore_csv_header(const fore_csv *csv, int64_t column);

/* The next record; *more is false at the end, and *record then untouched. */
fore_status fore_csv_next(fore_csv *csv, fore_csv_record *record, bool *more, fore_error *err);
/* Back to the first record after the header. */
fore_status fore_csv_rewind(fore_csv *csv, fore_error *err);
/* Bytes of the file that were read so far in this pass: for progress. */
int64_t fore_csv_position(const fore_csv *csv);

/* Appends one cell to a line of CSV, quoted where it must be; `first` leaves out the comma. */
void fore_csv_put_cell(fore_text *out, const char *text, int64_t length, bool first);

#endif
