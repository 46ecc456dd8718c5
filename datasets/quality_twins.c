/* Rows that look like another row: leads of one mail or phone, accounts of one name. Each later row
 * is reported beside the first; nothing is merged. */
#include <ctype.h>
#include <string.h>

#include "datasets/quality_run.h"

enum { MOST = 256, PHONE_DIGITS = 7, PHONE_COMPARED = 10 };

typedef struct twin_list {
    fore_dictionary *values;
    const char **id; /* of the first row with value i; in the run's arena */
    int64_t capacity;
} twin_list;

typedef struct twins {
    quality_run *q;
    twin_list mails, phones, names;
} twins;

/* The id of the first row with this value, or NULL when it is this one. */
static const char *first_with(twins *t, twin_list *list, const char *value, const char *id)
{
    int64_t count = fore_dictionary_count(list->values);
    int64_t at = fore_dictionary_add(list->values, value, (int64_t)strlen(value));
    if (at >= 0 && at < count) return list->id[at];
    if (at < 0 || fore_grow((void **)&list->id, &list->capacity, at + 1, sizeof *list->id, NULL) ||
        !(list->id[at] = fore_arena_string(t->q->arena, id)))
        t->q->failed = true;
    return NULL;
}

static bool mail_value(const char *mail, char out[MOST])
{
    size_t n = 0;
    bool at = false;
    for (; mail && *mail && n + 1 < MOST; mail++) {
        if (isspace((unsigned char)*mail)) continue;
        at |= *mail == '@';
        out[n++] = (char)tolower((unsigned char)*mail);
    }
    out[n] = 0;
    return at;
}

/* The last ten digits: with or without country code and trunk prefix it is the same phone. */
static bool phone_value(const char *phone, char out[MOST])
{
    size_t n = 0, skip = 0;
    for (; phone && *phone && n + 1 < MOST; phone++)
        if (isdigit((unsigned char)*phone)) out[n++] = *phone;
    out[n] = 0;
    while (out[skip] == '0') skip++;
    if (n - skip < PHONE_DIGITS) return false;
    if (n - skip > PHONE_COMPARED) skip = n - PHONE_COMPARED;
    memmove(out, out + skip, n - skip + 1);
    return true;
}

static bool is_legal_form(const char *word)
{
    static const char *const forms[] = {
        "inc",         "incorporated", "llc",     "llp",  "ltd",     "limited", "plc", "corp",
        "corporation", "co",           "company", "gmbh", "ag",      "kg",      "se",  "sa",
        "sas",         "sarl",         "srl",     "spa",  "bv",      "nv",      "oy",  "ab",
        "as",          "aps",          "pty",     "pvt",  "private", "the"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(word, forms[i]) == 0) return true;
    return false;
}

/* Words in lower case without those of the legal form, run together. */
static bool name_value(const char *name, char out[MOST])
{
    char word[MOST];
    size_t n = 0;
    while (name && *name) {
        size_t length = strcspn(name, " \t,;/()-&+"), kept = length < MOST - 1 ? length : MOST - 1;
        char raw[MOST];
        memcpy(raw, name, kept);
        raw[kept] = 0;
        fore_text_normalise(raw, word, sizeof word);
        size_t size = strlen(word);
        if (size && !is_legal_form(word) && n + size < MOST) {
            memcpy(out + n, word, size);
            n += size;
        }
        name += length + (name[length] != 0);
    }
    out[n] = 0;
    return n >= 2;
}

static void check_lead(twins *t, const fore_lead_row *lead)
{
    char value[MOST];
    const char *first;
    if (mail_value(lead->email, value) && (first = first_with(t, &t->mails, value, lead->id)))
        quality_say(t->q,
                    quality_add(t->q, QUALITY_DUPLICATE_EMAIL, FORE_TABLE_LEAD, lead->pk, lead->id,
                                "email", NULL),
                    "has the same mail as lead %.200s", first);
    if (phone_value(lead->phone, value) && (first = first_with(t, &t->phones, value, lead->id)))
        quality_say(t->q,
                    quality_add(t->q, QUALITY_DUPLICATE_PHONE, FORE_TABLE_LEAD, lead->pk, lead->id,
                                "phone", NULL),
                    "has the same phone as lead %.200s", first);
}

static void check_account(twins *t, const fore_account_row *account)
{
    char value[MOST];
    const char *first;
    if (name_value(account->name, value) && (first = first_with(t, &t->names, value, account->id)))
        quality_say(t->q,
                    quality_add(t->q, QUALITY_DUPLICATE_NAME, FORE_TABLE_ACCOUNT, account->pk,
                                account->id, "name", NULL),
                    "has the same name as account %.200s", first);
}

static fore_status walk(twins *t, fore_table table, fore_error *err)
{
    union {
        fore_lead_row lead;
        fore_account_row account;
    } row;
    fore_cursor *cursor = NULL;
    bool more;
    fore_status status;
    FORE_TRY(fore_cursor_open(t->q->store, table, false, &cursor, err));
    for (;;) {
        FORE_GO(fore_cursor_next(cursor, &row, &more, err));
        if (!more) break;
        if (table == FORE_TABLE_LEAD)
            check_lead(t, &row.lead);
        else
            check_account(t, &row.account);
        if (t->q->failed) FORE_GO(fore_no_memory(err));
    }
done:
    fore_cursor_close(cursor);
    return status;
}

fore_status quality_check_twins(quality_run *q, fore_error *err)
{
    twins t = {.q = q};
    fore_status status = FORE_OK;
    twin_list *const lists[] = {&t.mails, &t.phones, &t.names};
    for (int i = 0; i < 3; i++)
        if (!(lists[i]->values = fore_dictionary_new())) status = fore_no_memory(err);
    if (status == FORE_OK) status = walk(&t, FORE_TABLE_LEAD, err);
    if (status == FORE_OK) status = walk(&t, FORE_TABLE_ACCOUNT, err);
    for (int i = 0; i < 3; i++) {
        fore_dictionary_free(lists[i]->values);
        fore_free(lists[i]->id);
    }
    return status;
}
