/* Attributes from the store: accounts, products, campaigns and (for deals) leads are read into
 * memory first; then one pass over the leads or deals fills the frame row by row, beside a cursor
 * over the changes of attributes, which come in the same order. */
#include "features/attributes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/json.h"
#include "engine/base/memory.h"
#include "features/extract.h"

enum { NAME_SIZE = 512, DENIED = -1 };

/* Own names of columns: an attribute that bears one is told apart by " (attribute)". */
static const char *const own_names[] = {
    "Source",        "Title",       "E-mail given",     "Free mail",
    "E-mail domain", "Phone given", "Campaign",         "Campaign channel",
    "Owner",         "Owner team",  "Owner region",     "Account given",
    "Industry",      "Employees",   "Annual revenue",   "Country",
    "Region",        "Product",     "Product category", "List price",
    "Currency",      NULL};

typedef struct kept_account {
    const char *industry, *country, *region, *attributes;
    double employees, revenue;
} kept_account;

typedef struct kept_lead {
    const char *title, *domain, *attributes;
    bool email, phone, free_mail;
} kept_lead;

typedef struct kept_name { /* of a product or campaign */
    const char *name, *attributes;
} kept_name;

typedef struct reader {
    fore_store *store;
    const fore_timeline *t;
    int64_t as_of;
    const char *const *deny;
    int64_t denied;
    fore_arena *arena;
    kept_account *account;
    kept_lead *lead; /* for deals */
    kept_name *product, *campaign;
    fore_frame_builder *builder;
    fore_dictionary *names; /* of columns asked for */
    int64_t *column;        /* by name: column of the frame, or DENIED */
    int64_t column_capacity;
    fore_text scratch;
    fore_attributes *out;
    int64_t late_capacity, account_capacity;
    bool of_account;      /* the cells being put are read from the account */
    fore_cursor *changes; /* of deals */
    fore_deal_change_row change;
    bool more_changes;
} reader;

void fore_attributes_free(fore_attributes *attributes)
{
    if (!attributes) return;
    fore_frame_free(attributes->frame);
    fore_free(attributes->late);
    fore_free(attributes->from_account);
    fore_free(attributes->group);
    fore_free(attributes);
}

/* --- columns --- */

static bool is_denied(const reader *r, const char *name)
{
    char mine[NAME_SIZE], theirs[NAME_SIZE];
    fore_text_normalise(name, mine, sizeof mine);
    for (int64_t k = 0; k < r->denied; k++) {
        fore_text_normalise(r->deny[k], theirs, sizeof theirs);
        if (strcmp(mine, theirs) == 0) return true;
    }
    return false;
}

/* Notes of a new column whether it is read from the account. */
static fore_status note_origin(reader *r, int64_t column, fore_error *err)
{
    FORE_TRY(fore_grow((void **)&r->out->from_account, &r->account_capacity, column + 1, 1, err));
    r->out->from_account[column] = r->of_account;
    return FORE_OK;
}

/* The frame's column of that name, DENIED when it is to be left out; made at its first cell. */
static fore_status column_of(reader *r, const char *name, fore_column_type type, int64_t *column,
                             fore_error *err)
{
    int64_t known = fore_dictionary_count(r->names);
    int64_t at = fore_dictionary_add(r->names, name, (int64_t)strlen(name));
    if (at < 0) return fore_no_memory(err);
    if (at == known) {
        FORE_TRY(
            fore_grow((void **)&r->column, &r->column_capacity, known + 1, sizeof *r->column, err));
        r->column[at] = DENIED;
        bool forecast = r->out->kind == FORE_SUBJECT_DEAL &&
                        (fore_is_forecast_category(name) || fore_is_forecast_chance(name));
        if (!forecast && !is_denied(r, name)) {
            bool typed = type != FORE_COLUMN_EMPTY;
            FORE_TRY(typed ? fore_frame_builder_typed(r->builder, name, type, &r->column[at], err)
                           : fore_frame_builder_column(r->builder, name, &r->column[at], err));
            FORE_TRY(note_origin(r, r->column[at], err));
        }
    }
    *column = r->column[at];
    return FORE_OK;
}

static fore_status put_text(reader *r, const char *name, const char *text, fore_error *err)
{
    int64_t column = DENIED;
    if (!text || !*text) return FORE_OK;
    FORE_TRY(column_of(r, name, FORE_COLUMN_EMPTY, &column, err));
    return column == DENIED ? FORE_OK : fore_frame_builder_cell(r->builder, column, text, -1, err);
}

static fore_status put_number(reader *r, const char *name, fore_column_type type, double x,
                              fore_error *err)
{
    int64_t column = DENIED;
    if (isnan(x)) return FORE_OK;
    FORE_TRY(column_of(r, name, type, &column, err));
    return column == DENIED ? FORE_OK : fore_frame_builder_number(r->builder, column, x, err);
}

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (fore_text_equal_fold(name, *names)) return true;
    return false;
}

bool fore_is_forecast_category(const char *name)
{
    static const char *const names[] = {"forecast_category",    "ForecastCategory",
                                        "ForecastCategoryName", "Forecast Category",
                                        "hs_forecast_category", NULL};
    return is_one_of(name, names);
}

bool fore_is_forecast_chance(const char *name)
{
    static const char *const names[] = {
        "probability",      "Probability (%)",    "hs_deal_stage_probability",
        "Deal probability", "Deal - Probability", NULL};
    return is_one_of(name, names);
}

static void attribute_name(const char *prefix, const char *key, char out[NAME_SIZE])
{
    const char *suffix = "";
    for (const char *const *own = own_names; *own; own++)
        if (fore_text_equal_fold(key, *own)) suffix = " (attribute)";
    snprintf(out, NAME_SIZE, "%s%.400s%s", prefix, key, suffix);
}

static fore_status put_attributes(reader *r, const char *prefix, const char *json, fore_error *err)
{
    int64_t position = 0, length = json ? (int64_t)strlen(json) : 0;
    const char *key, *value;
    char name[NAME_SIZE];
    while (json && fore_json_flat_next(json, length, &position, &r->scratch, &key, &value)) {
        attribute_name(prefix, key, name);
        FORE_TRY(put_text(r, name, value, err));
    }
    return fore_text_check(&r->scratch, err);
}

/* --- reading ahead --- */

/* A copy that outlives the cursor's row; false when memory is short. */
static bool keep(reader *r, const char **out, const char *text)
{
    *out = fore_arena_string(r->arena, text);
    return *out || !text;
}

static double units(int64_t minor) { return minor == FORE_NO_AMOUNT ? NAN : (double)minor / 100; }

static fore_status keep_account(reader *r, const void *at, fore_error *err)
{
    const fore_account_row *row = at;
    int64_t i = fore_timeline_account(r->t, row->pk);
    if (i < 0) return FORE_OK;
    kept_account *kept = &r->account[i];
    kept->employees = row->employees;
    kept->revenue = units(row->annual_revenue_minor);
    bool good = keep(r, &kept->industry, row->industry) && keep(r, &kept->country, row->country) &&
                keep(r, &kept->region, row->region) && keep(r, &kept->attributes, row->attributes);
    return good ? FORE_OK : fore_no_memory(err);
}

static fore_status keep_product(reader *r, const void *at, fore_error *err)
{
    const fore_product_row *row = at;
    int64_t i = fore_timeline_product(r->t, row->pk);
    if (i < 0) return FORE_OK;
    kept_name *kept = &r->product[i];
    bool good = keep(r, &kept->name, row->name && *row->name ? row->name : row->id) &&
                keep(r, &kept->attributes, row->attributes);
    return good ? FORE_OK : fore_no_memory(err);
}

static fore_status keep_campaign(reader *r, const void *at, fore_error *err)
{
    const fore_campaign_row *row = at;
    int64_t i = fore_timeline_campaign(r->t, row->pk);
    if (i < 0) return FORE_OK;
    bool good = keep(r, &r->campaign[i].name, row->name && *row->name ? row->name : row->id);
    return good ? FORE_OK : fore_no_memory(err);
}

/* The row's own texts are borrowed, the domain is kept. */
static fore_status person_of(reader *r, const fore_lead_row *row, kept_lead *person,
                             fore_error *err)
{
    char domain[256];
    const char *email = row->email ? row->email : "";
    fore_email_domain(email, (int64_t)strlen(email), domain, sizeof domain);
    *person = (kept_lead){.title = row->title,
                          .attributes = row->attributes,
                          .email = *email != 0,
                          .phone = row->phone && *row->phone,
                          .free_mail = fore_free_mail(domain)};
    return keep(r, &person->domain, *domain ? domain : NULL) ? FORE_OK : fore_no_memory(err);
}

static fore_status keep_lead(reader *r, const void *at, fore_error *err)
{
    const fore_lead_row *row = at;
    int64_t i = fore_timeline_subject(r->t, FORE_SUBJECT_LEAD, row->pk);
    if (i < 0) return FORE_OK;
    kept_lead *kept = &r->lead[i];
    FORE_TRY(person_of(r, row, kept, err));
    bool good = keep(r, &kept->title, row->title) && keep(r, &kept->attributes, row->attributes);
    return good ? FORE_OK : fore_no_memory(err);
}

typedef union any_row {
    fore_account_row account;
    fore_product_row product;
    fore_campaign_row campaign;
    fore_lead_row lead;
    fore_deal_row deal;
} any_row;

static fore_status each_row(reader *r, fore_table table,
                            fore_status (*visit)(reader *r, const void *row, fore_error *err),
                            fore_error *err)
{
    fore_cursor *cursor = NULL;
    fore_status status = FORE_OK;
    any_row row;
    bool more = true;
    FORE_GO(fore_cursor_open(r->store, table, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        FORE_GO(visit(r, &row, err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

static fore_status read_ahead(reader *r, fore_error *err)
{
    const fore_timeline *t = r->t;
    r->account = fore_arena_alloc(r->arena, t->accounts, sizeof *r->account);
    r->product = fore_arena_alloc(r->arena, t->products, sizeof *r->product);
    r->campaign = fore_arena_alloc(r->arena, t->campaigns, sizeof *r->campaign);
    if (!r->account || !r->product || !r->campaign) return fore_no_memory(err);
    for (int64_t i = 0; i < t->accounts; i++) r->account[i].employees = r->account[i].revenue = NAN;
    FORE_TRY(each_row(r, FORE_TABLE_ACCOUNT, keep_account, err));
    FORE_TRY(each_row(r, FORE_TABLE_PRODUCT, keep_product, err));
    FORE_TRY(each_row(r, FORE_TABLE_CAMPAIGN, keep_campaign, err));
    if (r->out->kind == FORE_SUBJECT_LEAD) return FORE_OK;
    r->lead = fore_arena_alloc(r->arena, t->leads, sizeof *r->lead);
    if (!r->lead) return fore_no_memory(err);
    return each_row(r, FORE_TABLE_LEAD, keep_lead, err);
}

/* --- the parts of a row --- */

static fore_status put_owner(reader *r, int64_t subject, fore_error *err)
{
    fore_subject_state state;
    fore_subject_state_at(r->t, subject, FORE_NO_TIME + 1,
                          &state); /* before any change: at creation */
    if (state.owner < 0) return FORE_OK;
    FORE_TRY(put_text(r, "Owner", fore_word(&r->t->rep_ids, state.owner), err));
    FORE_TRY(put_text(r, "Owner team", fore_word(&r->t->teams, r->t->rep_team[state.owner]), err));
    return put_text(r, "Owner region", fore_word(&r->t->regions, r->t->rep_region[state.owner]),
                    err);
}

static fore_status put_origin(reader *r, int64_t subject, fore_error *err)
{
    const fore_timeline *t = r->t;
    FORE_TRY(put_text(r, "Source", fore_word(&t->sources, t->source[subject]), err));
    int32_t campaign = t->campaign[subject];
    if (campaign < 0) return FORE_OK;
    FORE_TRY(put_text(r, "Campaign", r->campaign[campaign].name, err));
    return put_text(r, "Campaign channel", fore_word(&t->channels, t->campaign_channel[campaign]),
                    err);
}

static fore_status put_account_facts(reader *r, const kept_account *a, fore_error *err)
{
    FORE_TRY(put_text(r, "Industry", a->industry, err));
    FORE_TRY(put_text(r, "Country", a->country, err));
    FORE_TRY(put_text(r, "Region", a->region, err));
    FORE_TRY(put_number(r, "Employees", FORE_COLUMN_NUMBER, a->employees, err));
    FORE_TRY(put_number(r, "Annual revenue", FORE_COLUMN_NUMBER, a->revenue, err));
    return put_attributes(r, "Account: ", a->attributes, err);
}

/* Being linked with an account is a column of its own: where the link is made when a lead converts,
 * it tells the outcome, and leak.h can say so. */
static fore_status put_account(reader *r, int64_t subject, fore_error *err)
{
    int32_t i = r->t->account[subject];
    FORE_TRY(put_number(r, "Account given", FORE_COLUMN_YES_NO, i >= 0, err));
    if (i < 0) return FORE_OK;
    r->of_account = true;
    fore_status status = put_account_facts(r, &r->account[i], err);
    r->of_account = false;
    return status;
}

static fore_status put_person(reader *r, const char *prefix, const kept_lead *person,
                              fore_error *err)
{
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%sTitle", prefix);
    FORE_TRY(put_text(r, name, person->title, err));
    snprintf(name, sizeof name, "%sE-mail given", prefix);
    FORE_TRY(put_number(r, name, FORE_COLUMN_YES_NO, person->email, err));
    snprintf(name, sizeof name, "%sPhone given", prefix);
    FORE_TRY(put_number(r, name, FORE_COLUMN_YES_NO, person->phone, err));
    snprintf(name, sizeof name, "%sE-mail domain", prefix);
    FORE_TRY(put_text(r, name, person->domain, err));
    snprintf(name, sizeof name, "%sFree mail", prefix);
    FORE_TRY(
        put_number(r, name, FORE_COLUMN_YES_NO, person->domain ? person->free_mail : NAN, err));
    return put_attributes(r, prefix, person->attributes, err);
}

static fore_status put_product(reader *r, int64_t subject, fore_error *err)
{
    int32_t i = r->t->product[subject];
    if (i < 0) return FORE_OK;
    const char *name = r->product[i].name;
    FORE_TRY(put_text(r, "Product", name ? name : fore_word(&r->t->product_ids, i), err));
    FORE_TRY(put_text(r, "Product category",
                      fore_word(&r->t->categories, r->t->product_category[i]), err));
    FORE_TRY(put_number(r, "List price", FORE_COLUMN_NUMBER, r->t->product_list_price[i], err));
    return put_attributes(r, "Product: ", r->product[i].attributes, err);
}

/* --- attributes of deals that the change log records --- */

static bool is_own_field(const char *field)
{
    static const char *const fields[] = {"stage",    "amount",  "expected_close_at",
                                         "owner_id", "outcome", NULL};
    for (const char *const *own = fields; *own; own++)
        if (strcmp(field, *own) == 0) return true;
    return false;
}

static fore_status next_change(reader *r, fore_error *err)
{
    return fore_cursor_next(r->changes, &r->change, &r->more_changes, err);
}

static int64_t closing(const reader *r, int64_t subject)
{
    int64_t at = r->t->closed_at[subject];
    return r->t->outcome[subject] != FORE_OUTCOME_OPEN && at < r->as_of ? at : FORE_NO_TIME;
}

static fore_status note_late(reader *r, int64_t column, int64_t at, fore_error *err)
{
    fore_attributes *out = r->out;
    FORE_TRY(
        fore_grow((void **)&out->late, &r->late_capacity, out->lates + 1, sizeof *out->late, err));
    out->late[out->lates++] = (fore_late_change){column, at};
    return FORE_OK;
}

/* One change of an attribute: its first one of the deal says what was there at creation, which
 * takes the place of the stored value (the first cell of a row and column stands, so it must come
 * first). */
static fore_status take_change(reader *r, int64_t subject, fore_dictionary *seen,
                               fore_dictionary *late, fore_error *err)
{
    const fore_deal_change_row *change = &r->change;
    int64_t column = DENIED, closed = closing(r, subject), length = (int64_t)strlen(change->field);
    char name[NAME_SIZE];
    attribute_name("", change->field, name);
    FORE_TRY(column_of(r, name, FORE_COLUMN_EMPTY, &column, err));
    int64_t known = fore_dictionary_count(seen),
            at = fore_dictionary_add(seen, change->field, length);
    if (at < 0) return fore_no_memory(err);
    if (column == DENIED) return FORE_OK;
    if (at == known) FORE_TRY(put_text(r, name, change->old_value, err));
    if (closed == FORE_NO_TIME || change->at < closed + FORE_DAY || change->at >= r->as_of)
        return FORE_OK;
    known = fore_dictionary_count(late);
    at = fore_dictionary_add(late, change->field, length);
    if (at < 0) return fore_no_memory(err);
    return at == known ? note_late(r, column, change->at, err) : FORE_OK;
}

/* Changes come in the order of deals' ids; those of deals without a subject are passed over. */
static bool is_earlier_deal(const reader *r, int64_t deal_pk, int64_t subject)
{
    return fore_timeline_subject(r->t, FORE_SUBJECT_DEAL, deal_pk) < subject;
}

/* The deal's attributes as they were at creation. */
static fore_status put_deal_attributes(reader *r, int64_t subject, const fore_deal_row *row,
                                       fore_error *err)
{
    fore_status status = FORE_OK;
    fore_dictionary *seen = NULL, *late = NULL;
    int64_t position = 0, length = row->attributes ? (int64_t)strlen(row->attributes) : 0;
    const char *key, *value;
    char name[NAME_SIZE];
    while (r->more_changes && is_earlier_deal(r, r->change.deal, subject))
        FORE_GO(next_change(r, err));
    if (!r->more_changes || r->change.deal != row->pk)
        return put_attributes(r, "", row->attributes, err);
    seen = fore_dictionary_new();
    late = fore_dictionary_new();
    if (!seen || !late) FORE_GO(fore_no_memory(err));
    while (r->more_changes && r->change.deal == row->pk) {
        if (!is_own_field(r->change.field)) FORE_GO(take_change(r, subject, seen, late, err));
        FORE_GO(next_change(r, err));
    }
    while (row->attributes &&
           fore_json_flat_next(row->attributes, length, &position, &r->scratch, &key, &value)) {
        if (fore_dictionary_find(seen, key, (int64_t)strlen(key)) >= 0) continue;
        attribute_name("", key, name);
        FORE_GO(put_text(r, name, value, err));
    }
done:
    fore_dictionary_free(seen);
    fore_dictionary_free(late);
    return status;
}

/* --- rows --- */

static void end_row(reader *r, int64_t subject)
{
    r->out->group[subject - r->out->first] = r->t->key[subject];
    fore_frame_builder_end_row(r->builder);
}

static fore_status read_lead(reader *r, const void *at, fore_error *err)
{
    const fore_lead_row *row = at;
    int64_t subject = fore_timeline_subject(r->t, FORE_SUBJECT_LEAD, row->pk);
    if (subject < 0) return FORE_OK;
    kept_lead person;
    FORE_TRY(person_of(r, row, &person, err));
    FORE_TRY(put_origin(r, subject, err));
    FORE_TRY(put_owner(r, subject, err));
    FORE_TRY(put_account(r, subject, err));
    FORE_TRY(put_person(r, "", &person, err));
    end_row(r, subject);
    return FORE_OK;
}

static fore_status read_deal(reader *r, const void *at, fore_error *err)
{
    const fore_deal_row *row = at;
    int64_t subject = fore_timeline_subject(r->t, FORE_SUBJECT_DEAL, row->pk);
    if (subject < 0) return FORE_OK;
    FORE_TRY(put_origin(r, subject, err));
    FORE_TRY(put_owner(r, subject, err));
    FORE_TRY(put_text(r, "Currency", fore_word(&r->t->currencies, r->t->currency[subject]), err));
    FORE_TRY(put_product(r, subject, err));
    FORE_TRY(put_account(r, subject, err));
    int32_t lead = r->t->other[subject];
    if (lead >= 0) FORE_TRY(put_person(r, "Lead: ", &r->lead[lead], err));
    FORE_TRY(put_deal_attributes(r, subject, row, err));
    end_row(r, subject);
    return FORE_OK;
}

static fore_status read_subjects(reader *r, fore_error *err)
{
    if (r->out->kind == FORE_SUBJECT_LEAD) return each_row(r, FORE_TABLE_LEAD, read_lead, err);
    FORE_TRY(fore_cursor_open(r->store, FORE_TABLE_DEAL_CHANGE, false, &r->changes, err));
    r->more_changes = true;
    FORE_TRY(next_change(r, err));
    return each_row(r, FORE_TABLE_DEAL, read_deal, err);
}

static fore_status open_reader(reader *r, int64_t rows, fore_error *err)
{
    r->arena = fore_arena_new();
    r->names = fore_dictionary_new();
    r->out->group = FORE_NEW(rows, int64_t);
    if (!r->arena || !r->names || !r->out->group) return fore_no_memory(err);
    return fore_frame_builder_new(&r->builder, err);
}

/* The frame must have a row for each subject of the timeline, else store and timeline do not fit.
 */
static fore_status finish(reader *r, int64_t rows, fore_error *err)
{
    FORE_TRY(fore_frame_builder_finish(&r->builder, &r->out->frame, err));
    if (fore_frame_rows(r->out->frame) != rows)
        return fore_fail(
            err, FORE_E_ARGUMENT,
            "the workspace has changed since its timeline was built; build the timeline again");
    return FORE_OK;
}

/* A closing without a time is no example to learn from, but columns may be judged by it. */
static double label_of(const fore_timeline *t, int64_t s, int64_t before)
{
    bool won = t->outcome[s] == FORE_WON;
    if (t->left_out[s] == FORE_LEFT_CLOSED_WITHOUT_TIME)
        return t->created_at[s] < before ? won : INFINITY;
    if (t->left_out[s] != FORE_KEPT) return INFINITY;
    if (t->outcome[s] == FORE_OUTCOME_OPEN) return NAN;
    return t->closed_at[s] < before ? won : INFINITY;
}

void fore_attributes_labels(const fore_attributes *a, const fore_timeline *timeline, int64_t before,
                            double *label, int64_t *late)
{
    int64_t rows = fore_frame_rows(a->frame), columns = fore_frame_columns(a->frame);
    for (int64_t i = 0; i < rows; i++) label[i] = label_of(timeline, a->first + i, before);
    for (int64_t j = 0; j < columns; j++) late[j] = 0;
    for (int64_t k = 0; k < a->lates; k++) late[a->late[k].column] += a->late[k].at < before;
}

fore_status fore_attributes_read(fore_store *store, const fore_timeline *timeline,
                                 fore_subject_kind kind, int64_t as_of, const char *const *deny,
                                 int64_t denied, fore_attributes **attributes, fore_error *err)
{
    fore_status status = FORE_OK;
    reader r = {.store = store, .t = timeline, .as_of = as_of, .deny = deny, .denied = denied};
    int64_t rows = kind == FORE_SUBJECT_LEAD ? timeline->leads : timeline->deals;
    *attributes = NULL;
    r.out = FORE_ZNEW(1, fore_attributes);
    if (!r.out) return fore_no_memory(err);
    r.out->kind = kind;
    r.out->first = kind == FORE_SUBJECT_LEAD ? 0 : timeline->leads;
    FORE_GO(open_reader(&r, rows, err));
    FORE_GO(read_ahead(&r, err));
    FORE_GO(read_subjects(&r, err));
    FORE_GO(finish(&r, rows, err));
    *attributes = r.out;
    r.out = NULL;
done:
    fore_cursor_close(r.changes);
    fore_frame_builder_free(r.builder);
    fore_dictionary_free(r.names);
    fore_free(r.column);
    fore_text_free(&r.scratch);
    fore_arena_free(r.arena);
    fore_attributes_free(r.out);
    return status;
}
