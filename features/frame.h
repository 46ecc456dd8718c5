/* A frame: a table of named columns over n rows, typed by inspection of its text cells.
 *
 * Filled row by row through a builder, which keeps each distinct text of a column once (int32 codes
 * and a dictionary), so that types are decided at the end from all cells, at the cost of the distinct
 * ones. Types, tried in this order over the cells of a column that are not missing:
 *   number    all parse in one notation: decimal point with thousands `,` or decimal comma with
 *             thousands `.`; spaces and ' between thousands, a currency sign or code, %, K and M are
 *             allowed. A leading zero ("00217") marks a code: such a column is no number.
 *   date      ISO 8601, D.M.Y, D-M-Y, M/D/Y or D/M/Y, each with or without a time of day. For `/` the
 *             order is decided per column: day first if any first part is over 12, else month first.
 *   yes/no    yes no, y n, true false, t f
 *   category  levels repeat: at most max(50, present / 20) levels, or at most present / 3 of under
 *             5 words on average
 *   text      anything else, and columns that hold e-mail addresses
 *   empty     nothing but missing cells
 * Missing: empty or blank, and (any case) NA N/A #N/A NaN null nil none undefined - -- ? (blank), and
 * "Select", the untouched placeholder of drop-down lists. "unknown" and "other" are levels: someone
 * entered them. Missing codes are -1, missing numbers NaN.
 *
 * Cells are UTF-8; leading and trailing blanks are cut. A frame is read-only: any number of threads. */
#ifndef FORE_FEATURES_FRAME_H
#define FORE_FEATURES_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/text.h"

typedef enum fore_column_type { /* written in model files by word */
    FORE_COLUMN_EMPTY,
    FORE_COLUMN_NUMBER,
    FORE_COLUMN_DATE,
    FORE_COLUMN_YES_NO,
    FORE_COLUMN_CATEGORY,
    FORE_COLUMN_TEXT
} fore_column_type;
const char *fore_column_type_word(fore_column_type type); /* "number" ... */
bool fore_column_type_parse(const char *word, fore_column_type *type);

typedef struct fore_frame_column {
    const char *name;
    fore_column_type type;
    const double *number; /* rows values of NUMBER, DATE (days since 1970-01-01, with fraction) and
                             YES_NO (0, 1), NaN missing; NULL for the other types */
    const int32_t *code;  /* rows indices into `levels` for CATEGORY and TEXT, -1 missing; else NULL */
    const fore_dictionary *levels; /* of CATEGORY and TEXT; NULL else */
    int64_t missing;      /* rows without a value */
    int64_t distinct;     /* different values among the others */
    bool email;           /* nine of ten values look like e-mail addresses */
    bool date_ambiguous;  /* `/` dates that read both ways: taken as month first */
} fore_frame_column;

typedef struct fore_frame fore_frame;
void fore_frame_free(fore_frame *frame); /* NULL is fine */
int64_t fore_frame_rows(const fore_frame *frame);
int64_t fore_frame_columns(const fore_frame *frame);
const fore_frame_column *fore_frame_column_at(const fore_frame *frame, int64_t column);
int64_t fore_frame_find(const fore_frame *frame, const char *name); /* exact name; -1: none */

/* --- building --- */

typedef struct fore_frame_builder fore_frame_builder;
fore_status fore_frame_builder_new(fore_frame_builder **builder, fore_error *err);
void fore_frame_builder_free(fore_frame_builder *builder); /* NULL is fine */

/* The column of that name, made when new (earlier rows are missing in it). */
fore_status fore_frame_builder_column(fore_frame_builder *builder, const char *name, int64_t *column,
                                      fore_error *err);
/* A column of numbers that need no inspection: NUMBER, DATE or YES_NO. Fill it with _number. */
fore_status fore_frame_builder_typed(fore_frame_builder *builder, const char *name,
                                     fore_column_type type, int64_t *column, fore_error *err);
/* Fixes the type of a column instead of inspecting it: FORE_COLUMN_CATEGORY or FORE_COLUMN_TEXT. */
void fore_frame_builder_force(fore_frame_builder *builder, int64_t column, fore_column_type type);

/* One cell of the row being filled; cells not given are missing, of several the first filled one stands.
 * length < 0: NUL-terminated; text NULL: missing. Text in a typed column is read as a number, or missing;
 * a number in an untyped one is written as text. */
fore_status fore_frame_builder_cell(fore_frame_builder *builder, int64_t column, const char *text,
                                    int64_t length, fore_error *err);
fore_status fore_frame_builder_number(fore_frame_builder *builder, int64_t column, double value,
                                      fore_error *err);
void fore_frame_builder_end_row(fore_frame_builder *builder);

/* Infers the types. *builder is consumed and set to NULL, whether it succeeds or not. At most
 * INT32_MAX distinct values per column (E_LIMIT). Zero rows and zero columns are a valid frame. */
fore_status fore_frame_builder_finish(fore_frame_builder **builder, fore_frame **frame, fore_error *err);

/* --- the readings that inspection uses, for one cell --- */

bool fore_frame_cell_missing(const char *text, int64_t length);
bool fore_frame_cell_yes_no(const char *text, int64_t length, bool *yes);
/* One number as people write it; `comma` = decimal comma. */
bool fore_frame_cell_number(const char *text, int64_t length, bool comma, double *value);
/* Days since 1970-01-01 with fraction; `day_first` decides "3/4/2024" only. */
bool fore_frame_cell_date(const char *text, int64_t length, bool day_first, double *days);
bool fore_frame_cell_email(const char *text, int64_t length);
/* The domain of an e-mail address in lower case into out[size], cut when longer; "" for no address. */
void fore_email_domain(const char *text, int64_t length, char *out, size_t size);
/* A domain where anyone gets a mailbox: gmail.com, gmx.de, yahoo.co.uk ... */
bool fore_free_mail(const char *domain);

#endif
