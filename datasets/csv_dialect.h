/* Inside the CSV reader: the file in hand and what the first look at it finds. */
#ifndef FORE_DATASETS_CSV_DIALECT_H
#define FORE_DATASETS_CSV_DIALECT_H

#include <stdio.h>

#include "datasets/csv_reader.h"

enum { FORE_CSV_BLOCK = 1 << 16 }; /* bytes read at a time */

typedef struct fore_csv_file {
    char *path;
    FILE *file;
    char *block; /* FORE_CSV_BLOCK bytes of scratch */
    fore_csv_info info;
    int64_t start; /* first byte of the text: behind byte order mark and "sep=" line */
    int64_t start_line;
} fore_csv_file;

/* Reads the file through: info.encoding, foreign_line, foreign_column, bytes. Refuses NUL bytes,
 * UTF-16 and what is no text at all. */
fore_status fore_csv_inspect(fore_csv_file *csv, fore_error *err);
/* start, start_line, info.delimiter; `delimiter` not 0 settles it. E_DATA when there is no text. */
fore_status fore_csv_find_dialect(fore_csv_file *csv, char delimiter, fore_error *err);

#endif
