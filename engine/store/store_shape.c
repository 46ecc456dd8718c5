/* The rows of the history as data: for every table its columns with offset and type in the row
 * struct, and the four things done with rows - read, bind, merge, hash - written once over them. */
#include "engine/store/store_internal.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define COLUMN(row, field, type)                                                                   \
    {                                                                                              \
#field, offsetof(fore_##row##_row, field), type, 0                                         \
    }
#define COLUMN_AS(row, field, name, type)                                                          \
    {                                                                                              \
        name, offsetof(fore_##row##_row, field), type, 0                                           \
    }
#define KEY(row, field, entity)                                                                    \
    {                                                                                              \
#field, offsetof(fore_##row##_row, field), STORE_KEY, entity                               \
    }

static const store_column rep_columns[] = {
    COLUMN(rep, name, STORE_TEXT),
    COLUMN(rep, team, STORE_TEXT),
    COLUMN(rep, region, STORE_TEXT),
    KEY(rep, manager, FORE_REP),
    COLUMN(rep, hours_per_week, STORE_REAL),
    COLUMN(rep, hourly_cost_minor, STORE_LONG),
    COLUMN(rep, active_from_on, STORE_DATE),
    COLUMN(rep, active_to_on, STORE_DATE),
    COLUMN(rep, attributes, STORE_ATTRIBUTES),
};

static const store_column account_columns[] = {
    COLUMN(account, name, STORE_TEXT),
    COLUMN(account, industry, STORE_TEXT),
    COLUMN(account, employees, STORE_REAL),
    COLUMN(account, annual_revenue_minor, STORE_LONG),
    COLUMN(account, country, STORE_TEXT),
    COLUMN(account, region, STORE_TEXT),
    KEY(account, owner, FORE_REP),
    COLUMN(account, created_at, STORE_LONG),
    COLUMN(account, attributes, STORE_ATTRIBUTES),
};

static const store_column contact_columns[] = {
    KEY(contact, account, FORE_ACCOUNT),
    KEY(contact, owner, FORE_REP),
    COLUMN(contact, created_at, STORE_LONG),
};

static const store_column campaign_columns[] = {
    COLUMN(campaign, name, STORE_TEXT),       COLUMN(campaign, channel, STORE_TEXT),
    COLUMN(campaign, started_at, STORE_LONG), COLUMN(campaign, ended_at, STORE_LONG),
    COLUMN(campaign, cost_minor, STORE_LONG),
};

static const store_column product_columns[] = {
    COLUMN(product, name, STORE_TEXT),
    COLUMN(product, category, STORE_TEXT),
    COLUMN(product, list_price_minor, STORE_LONG),
    COLUMN(product, attributes, STORE_ATTRIBUTES),
};

static const store_column lead_columns[] = {
    KEY(lead, account, FORE_ACCOUNT),
    KEY(lead, contact, FORE_CONTACT),
    COLUMN(lead, name, STORE_TEXT),
    COLUMN(lead, email, STORE_TEXT),
    COLUMN(lead, phone, STORE_TEXT),
    COLUMN(lead, title, STORE_TEXT),
    COLUMN(lead, source, STORE_TEXT),
    KEY(lead, campaign, FORE_CAMPAIGN),
    KEY(lead, owner, FORE_REP),
    COLUMN(lead, created_at, STORE_LONG),
    COLUMN(lead, status, STORE_TEXT),
    COLUMN(lead, closed_at, STORE_LONG),
    KEY(lead, deal, FORE_DEAL),
    COLUMN(lead, do_not_contact, STORE_FLAG),
    COLUMN(lead, mail_opt_out, STORE_FLAG),
    COLUMN(lead, attributes, STORE_ATTRIBUTES),
};

static const store_column deal_columns[] = {
    KEY(deal, lead, FORE_LEAD),
    KEY(deal, account, FORE_ACCOUNT),
    KEY(deal, contact, FORE_CONTACT),
    KEY(deal, owner, FORE_REP),
    KEY(deal, product, FORE_PRODUCT),
    KEY(deal, campaign, FORE_CAMPAIGN),
    COLUMN(deal, name, STORE_TEXT),
    COLUMN(deal, stage, STORE_TEXT),
    COLUMN(deal, source, STORE_TEXT),
    COLUMN(deal, amount_minor, STORE_LONG),
    COLUMN(deal, currency, STORE_TEXT),
    COLUMN(deal, created_at, STORE_LONG),
    COLUMN(deal, expected_close_on, STORE_DATE),
    COLUMN(deal, closed_at, STORE_LONG),
    COLUMN(deal, outcome, STORE_OUTCOME),
    COLUMN(deal, lost_reason, STORE_TEXT),
    COLUMN(deal, attributes, STORE_ATTRIBUTES),
};

static const store_column deal_change_columns[] = {
    KEY(deal_change, deal, FORE_DEAL),
    COLUMN(deal_change, at, STORE_LONG),
    COLUMN(deal_change, field, STORE_TEXT),
    COLUMN_AS(deal_change, old_value, "old", STORE_TEXT),
    COLUMN_AS(deal_change, new_value, "new", STORE_TEXT),
};

static const store_column activity_columns[] = {
    COLUMN(activity, at, STORE_LONG),
    COLUMN(activity, due_at, STORE_LONG),
    COLUMN(activity, kind, STORE_CODE),
    COLUMN(activity, direction, STORE_CODE_OR_0),
    KEY(activity, rep, FORE_REP),
    KEY(activity, lead, FORE_LEAD),
    KEY(activity, deal, FORE_DEAL),
    KEY(activity, account, FORE_ACCOUNT),
    KEY(activity, contact, FORE_CONTACT),
    KEY(activity, campaign, FORE_CAMPAIGN),
    COLUMN(activity, minutes, STORE_REAL),
    COLUMN(activity, outcome, STORE_TEXT),
    COLUMN(activity, contact_link, STORE_BOOL),
};

static const store_column sale_columns[] = {
    KEY(sale, account, FORE_ACCOUNT),
    COLUMN(sale, at, STORE_LONG),
    KEY(sale, product, FORE_PRODUCT),
    COLUMN(sale, quantity, STORE_REAL),
    COLUMN(sale, amount_minor, STORE_LONG),
    COLUMN(sale, currency, STORE_TEXT),
    KEY(sale, deal, FORE_DEAL),
};

static const store_column ticket_columns[] = {
    KEY(ticket, account, FORE_ACCOUNT),    KEY(ticket, lead, FORE_LEAD),
    COLUMN(ticket, opened_at, STORE_LONG), COLUMN(ticket, closed_at, STORE_LONG),
    COLUMN(ticket, priority, STORE_TEXT),  COLUMN(ticket, satisfaction, STORE_REAL),
};

static const store_column target_columns[] = {
    COLUMN(target, scope, STORE_TEXT),           COLUMN(target, scope_id, STORE_TEXT),
    COLUMN(target, period_start_on, STORE_DATE), COLUMN(target, period_end_on, STORE_DATE),
    COLUMN(target, amount_minor, STORE_LONG),
};

enum { MOST_COLUMNS = 17 };

#define SHAPE(row, identity, keys)                                                                 \
    {                                                                                              \
#row, identity, keys, (int)(sizeof row##_columns / sizeof row##_columns[0]),               \
            sizeof(fore_##row##_row), row##_columns                                                \
    }

const store_shape *store_shape_of(fore_table table)
{
    static const store_shape shapes[STORE_TABLES] = {
        [FORE_TABLE_REP] = SHAPE(rep, STORE_BY_KEY, 0),
        [FORE_TABLE_ACCOUNT] = SHAPE(account, STORE_BY_KEY, 0),
        [FORE_TABLE_CONTACT] = SHAPE(contact, STORE_BY_KEY, 0),
        [FORE_TABLE_CAMPAIGN] = SHAPE(campaign, STORE_BY_KEY, 0),
        [FORE_TABLE_PRODUCT] = SHAPE(product, STORE_BY_KEY, 0),
        [FORE_TABLE_LEAD] = SHAPE(lead, STORE_BY_KEY, 0),
        [FORE_TABLE_DEAL] = SHAPE(deal, STORE_BY_KEY, 0),
        [FORE_TABLE_DEAL_CHANGE] = SHAPE(deal_change, STORE_BY_COLUMNS, 3),
        [FORE_TABLE_ACTIVITY] = SHAPE(activity, STORE_BY_ID, 0),
        [FORE_TABLE_SALE] = SHAPE(sale, STORE_BY_ID, 0),
        [FORE_TABLE_TICKET] = SHAPE(ticket, STORE_BY_ID, 0),
        [FORE_TABLE_TARGET] = SHAPE(target, STORE_BY_COLUMNS, 4),
    };
    return &shapes[table];
}

void store_shape_columns(const store_shape *shape, fore_text *sql)
{
    if (shape->identity != STORE_BY_COLUMNS) fore_text_puts(sql, "pk, id, ");
    if (shape->identity == STORE_BY_KEY) fore_text_puts(sql, "known, ");
    for (int c = 0; c < shape->count; c++)
        fore_text_printf(sql, "%s%s", c ? ", " : "", shape->columns[c].name);
}

/* --- one field --- */

static fore_outcome outcome_of(const char *word)
{
    return !word || word[0] == 'o' ? FORE_OUTCOME_OPEN : word[0] == 'w' ? FORE_WON : FORE_LOST;
}

static const char *outcome_word(fore_outcome outcome)
{
    return outcome == FORE_WON ? "won" : outcome == FORE_LOST ? "lost" : "open";
}

static void field_read(store_type type, sqlite3_stmt *q, int i, void *field)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES: *(const char **)field = store_column_text(q, i); break;
    case STORE_KEY: *(int64_t *)field = sqlite3_column_int64(q, i); break;
    case STORE_LONG: *(int64_t *)field = store_column_long(q, i); break;
    case STORE_DATE:
        *(int32_t *)field =
            sqlite3_column_type(q, i) == SQLITE_NULL ? FORE_NO_DATE : sqlite3_column_int(q, i);
        break;
    case STORE_REAL:
        *(double *)field =
            sqlite3_column_type(q, i) == SQLITE_NULL ? NAN : sqlite3_column_double(q, i);
        break;
    case STORE_FLAG: *(int8_t *)field = sqlite3_column_int(q, i) != 0; break;
    case STORE_BOOL: *(bool *)field = sqlite3_column_int(q, i) != 0; break;
    case STORE_CODE:
    case STORE_CODE_OR_0: *(int32_t *)field = sqlite3_column_int(q, i); break;
    case STORE_OUTCOME: *(fore_outcome *)field = outcome_of(store_column_text(q, i)); break;
    }
}

static void field_bind(store_type type, sqlite3_stmt *q, int i, const void *field)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES: store_bind_text(q, i, *(const char *const *)field); break;
    case STORE_KEY:
        if (*(const int64_t *)field)
            sqlite3_bind_int64(q, i, *(const int64_t *)field);
        else
            sqlite3_bind_null(q, i);
        break;
    case STORE_LONG: store_bind_long(q, i, *(const int64_t *)field); break;
    case STORE_DATE:
        if (*(const int32_t *)field != FORE_NO_DATE)
            sqlite3_bind_int(q, i, *(const int32_t *)field);
        else
            sqlite3_bind_null(q, i);
        break;
    case STORE_REAL: sqlite3_bind_double(q, i, *(const double *)field); break; /* NaN -> NULL */
    case STORE_FLAG: sqlite3_bind_int(q, i, *(const int8_t *)field == 1); break;
    case STORE_BOOL: sqlite3_bind_int(q, i, *(const bool *)field); break;
    case STORE_CODE:
    case STORE_CODE_OR_0: sqlite3_bind_int(q, i, *(const int32_t *)field); break;
    case STORE_OUTCOME: store_bind_text(q, i, outcome_word(*(const fore_outcome *)field)); break;
    }
}

static bool field_unknown(store_type type, const void *field)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES: return *(const char *const *)field == NULL;
    case STORE_KEY: return *(const int64_t *)field == 0;
    case STORE_LONG: return *(const int64_t *)field == STORE_NONE;
    case STORE_DATE: return *(const int32_t *)field == FORE_NO_DATE;
    case STORE_REAL: return isnan(*(const double *)field);
    case STORE_FLAG: return *(const int8_t *)field < 0;
    case STORE_CODE_OR_0: return *(const int32_t *)field == 0;
    case STORE_OUTCOME: return *(const fore_outcome *)field == FORE_OUTCOME_UNKNOWN;
    case STORE_CODE:
    case STORE_BOOL: return false;
    }
    return false;
}

static size_t field_size(store_type type)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES: return sizeof(const char *);
    case STORE_KEY:
    case STORE_LONG: return sizeof(int64_t);
    case STORE_REAL: return sizeof(double);
    case STORE_DATE:
    case STORE_CODE:
    case STORE_CODE_OR_0:
    case STORE_OUTCOME: return sizeof(int32_t);
    case STORE_FLAG:
    case STORE_BOOL: return 1;
    }
    return 0;
}

/* Both are known. Doubles compare as numbers, so that -0 and 0 are the same. */
static bool field_equal(store_type type, const void *a, const void *b)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES: return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
    case STORE_REAL: return *(const double *)a == *(const double *)b;
    default: return memcmp(a, b, field_size(type)) == 0;
    }
}

/* The field as a word for the hash; text is hashed apart and gives its length. */
static int64_t field_word(store_type type, const void *field, const char **text)
{
    switch (type) {
    case STORE_TEXT:
    case STORE_ATTRIBUTES:
        *text = *(const char *const *)field;
        return *text ? (int64_t)strlen(*text) : -1;
    case STORE_KEY:
    case STORE_LONG: return *(const int64_t *)field;
    case STORE_DATE:
    case STORE_CODE:
    case STORE_CODE_OR_0: return *(const int32_t *)field;
    case STORE_OUTCOME: return *(const int32_t *)field < 0 ? 0 : *(const int32_t *)field;
    case STORE_FLAG: return *(const int8_t *)field == 1;
    case STORE_BOOL: return *(const bool *)field;
    case STORE_REAL: {
        double value = *(const double *)field;
        int64_t word = STORE_NONE;
        if (value == 0) value = 0; /* one zero */
        if (!isnan(value)) memcpy(&word, &value, sizeof word);
        return word;
    }
    }
    return 0;
}

/* --- whole rows --- */

void store_row_read(const store_shape *shape, sqlite3_stmt *statement, void *row)
{
    int i = 0;
    if (shape->identity != STORE_BY_COLUMNS) {
        store_head *head = row;
        head->pk = sqlite3_column_int64(statement, i++);
        head->id = store_column_text(statement, i++);
        if (shape->identity == STORE_BY_KEY) head->known = sqlite3_column_int(statement, i++) != 0;
    }
    for (int c = 0; c < shape->count; c++)
        field_read(shape->columns[c].type, statement, i++, (char *)row + shape->columns[c].offset);
}

void store_row_bind(const store_shape *shape, sqlite3_stmt *statement, int first, const void *row)
{
    for (int c = 0; c < shape->count; c++)
        field_bind(shape->columns[c].type, statement, first + c,
                   (const char *)row + shape->columns[c].offset);
}

void store_row_bind_keys(const store_shape *shape, sqlite3_stmt *statement, const void *row)
{
    for (int k = 0; k < shape->keys; k++)
        field_bind(shape->columns[k].type, statement, 1 + k,
                   (const char *)row + shape->columns[k].offset);
}

fore_status store_row_merge(const store_shape *shape, const void *stored, void *row,
                            fore_text *scratch, bool *changed, fore_error *err)
{
    for (int c = 0; c < shape->count; c++) {
        const store_column *column = &shape->columns[c];
        const char *old = (const char *)stored + column->offset;
        char *new = (char *)row + column->offset;
        if (field_unknown(column->type, new)) {
            memcpy(new, old, field_size(column->type));
            continue;
        }
        bool both = !field_unknown(column->type, old);
        if (both && field_equal(column->type, old, new)) continue;
        if (both && column->type == STORE_ATTRIBUTES) {
            fore_text_clear(scratch);
            FORE_TRY(store_attributes_merge(*(const char *const *)(const void *)old,
                                            *(const char *const *)(void *)new, scratch, err));
            *(const char **)(void *)new = scratch->bytes;
            if (field_equal(column->type, old, new)) continue;
        }
        *changed = true;
    }
    return FORE_OK;
}

fore_fingerprint store_row_hash(fore_table table, const void *row)
{
    const store_shape *shape = store_shape_of(table);
    int64_t words[MOST_COLUMNS + 1];
    fore_fingerprint hash;
    fore_fingerprint_start(&hash);
    assert(shape->count <= MOST_COLUMNS);
    words[0] = table;
    if (shape->identity != STORE_BY_COLUMNS) {
        const char *id = ((const store_head *)row)->id;
        fore_fingerprint_add(&hash, id, (int64_t)strlen(id));
    }
    for (int c = 0; c < shape->count; c++) {
        const char *text = NULL;
        words[c + 1] =
            field_word(shape->columns[c].type, (const char *)row + shape->columns[c].offset, &text);
        if (text) fore_fingerprint_add(&hash, text, words[c + 1]);
    }
    fore_fingerprint_add(&hash, words, (int64_t)sizeof *words * (shape->count + 1));
    return hash;
}

_Static_assert(offsetof(fore_rep_row, known) == offsetof(store_head, known), "row heads agree");
_Static_assert(offsetof(fore_deal_row, id) == offsetof(store_head, id), "row heads agree");
_Static_assert(offsetof(fore_lead_row, known) == offsetof(store_head, known), "row heads agree");
_Static_assert(offsetof(fore_activity_row, id) == offsetof(store_head, id), "row heads agree");
_Static_assert(offsetof(fore_ticket_row, id) == offsetof(store_head, id), "row heads agree");
_Static_assert(sizeof(fore_outcome) == sizeof(int32_t), "enums are 32 bits wide");
_Static_assert((int)FORE_TABLE_DEAL == (int)FORE_DEAL && (int)FORE_TABLE_REP == (int)FORE_REP,
               "the first tables are the entities, in the same order");
