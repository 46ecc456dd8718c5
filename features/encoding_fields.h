/* The inside of an encoding, shared by fitting (encode.c), applying (encode_apply.c) and the model
 * file (encode_json.c). A field is a frame column and how it becomes raw columns. */
#ifndef FORE_FEATURES_ENCODING_FIELDS_H
#define FORE_FEATURES_ENCODING_FIELDS_H

#include "engine/base/memory.h"
#include "features/encode.h"

enum { FORE_DOMAIN_SIZE = 256 };

typedef struct fore_field_rate {
    double base, strength;          /* p and m */
    int32_t *units, *won;           /* by level: subjects seen, and with label 1 */
    int32_t *fold_units, *fold_won; /* level * folds + fold; NULL in a loaded encoding */
} fore_field_rate;

typedef struct fore_field {
    const char *name;
    fore_column_type type;
    bool email;
    bool value; /* number, days, yes/no; of text: length */
    bool words; /* of text */
    bool free_mail;
    bool missing; /* indicator of missing */
    bool other;   /* indicator of pooled levels */
    bool rated;
    int64_t indicators; /* the first so many of `levels` have an indicator */
    fore_dictionary
        *levels; /* NULL when there are none; those after the indicators only have a rate */
    fore_field_rate rate;
    int64_t first; /* its first raw column */
} fore_field;

struct fore_encoding {
    fore_arena *arena; /* names and words */
    fore_field *field;
    int64_t fields;
    fore_raw_column *column;
    int64_t columns;
    bool relative; /* dates were counted to reference days */
    int folds;
    uint64_t seed;
    bool loaded;
};

/* Raw columns of a field, in this order: value, words, free mail, indicators, other, missing, rate.
 */
int64_t fore_field_columns(const fore_field *field);
/* Makes encoding->column (names, units, words) from the fields. */
fore_status fore_encoding_name(fore_encoding *encoding, fore_error *err);
int fore_encoding_fold(const fore_encoding *encoding, int64_t group);
int64_t fore_text_characters(const char *text);
int64_t fore_text_words(const char *text);

#endif
