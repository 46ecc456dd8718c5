/* The catalogue as a table, made from catalogue.def, and its words for people. */
#include "features/catalogue.h"

#include <math.h>
#include <string.h>

#include "features/feature_ids.h"

static const fore_feature features[FEATURES] = {
#define FEATURE(ID, name, group, unit, leads, deals, monotone, stored, high, low)                  \
    {name, FORE_GROUP_##group, FORE_UNIT_##unit, leads, deals, monotone, stored, high, low},
#include "features/catalogue.def"
#undef FEATURE
};
_Static_assert((int)FEATURES <= (int)FORE_FEATURE_LIMIT, "FORE_FEATURE_LIMIT is too small");

const char *fore_feature_group_word(fore_feature_group group)
{
    static const char *const words[FORE_FEATURE_GROUPS] = {
        "activity",   "rhythm", "replies",      "clock",   "stage",
        "close date", "amount", "track record", "account", "season"};
    return words[group];
}

int fore_feature_count(void) { return FEATURES; }

const fore_feature *fore_feature_at(int index) { return &features[index]; }

int fore_feature_find(const char *name)
{
    for (int i = 0; i < FEATURES; i++)
        if (strcmp(features[i].name, name) == 0) return i;
    return -1;
}

/* --- values --- */

/* Whole where the decimals say nothing, one digit where they do. */
static void put_number(double value, fore_text *out)
{
    char text[64];
    bool whole = fabs(value) >= 10 || value == floor(value);
    fore_number_people(value, whole ? 0 : 1, text, sizeof text);
    fore_text_puts(out, text);
}

static void put_with_unit(double value, const char *one, const char *many, fore_text *out)
{
    put_number(value, out);
    fore_text_printf(out, " %s", value == 1 ? one : many);
}

/* Short spans read better in the smaller unit: 0.02 days is 29 minutes. */
static void put_hours(double hours, fore_text *out)
{
    if (fabs(hours) < 1)
        put_with_unit(round(hours * 60), "minute", "minutes", out);
    else if (fabs(hours) < 48)
        put_with_unit(round(hours), "hour", "hours", out);
    else
        put_with_unit(round(hours / 24), "day", "days", out);
}

static void put_ratio(double ratio, fore_text *out)
{
    char text[64];
    fore_number_people(ratio, ratio < 1 ? 2 : 1, text, sizeof text);
    fore_text_printf(out, "%s times", text);
}

void fore_feature_value(int index, double value, fore_text *out)
{
    if (isnan(value)) {
        fore_text_puts(out, "unknown");
        return;
    }
    switch (features[index].unit) {
    case FORE_UNIT_DAYS: put_hours(value * 24, out); break;
    case FORE_UNIT_HOURS: put_hours(value, out); break;
    case FORE_UNIT_MINUTES: put_with_unit(round(value), "minute", "minutes", out); break;
    case FORE_UNIT_SHARE:
        put_number(round(value * 100), out);
        fore_text_putc(out, '%');
        break;
    case FORE_UNIT_RATIO: put_ratio(value, out); break;
    case FORE_UNIT_LOGRATIO: put_ratio(exp(value), out); break;
    case FORE_UNIT_LOG: put_number(round(expm1(value)), out); break;
    case FORE_UNIT_YES: fore_text_puts(out, value > 0.5 ? "yes" : "no"); break;
    default: put_number(value, out); break;
    }
}

/* Words that deny: "no reply", "never moved back". They are true of zero only. */
static bool says_none(const char *words)
{
    return strncmp(words, "no ", 3) == 0 || strstr(words, " no ") || strstr(words, "never") ||
           strstr(words, "none");
}

/* "3 stage moves", but "1 stage move": the first plural before the words say of what or when. */
static void put_counted(double value, const char *words, fore_text *out)
{
    static const char *const stops[] = {" in ", " of ", " with ", " so "};
    size_t limit = strlen(words), i = 0;
    for (size_t k = 0; k < sizeof stops / sizeof *stops; k++) {
        const char *stop = strstr(words, stops[k]);
        if (stop && (size_t)(stop - words) < limit) limit = (size_t)(stop - words);
    }
    while (i < limit && !(words[i] == 's' && (words[i + 1] == ' ' || !words[i + 1]))) i++;
    if (value != 1 || i == limit) {
        fore_text_puts(out, words);
        return;
    }
    bool ies = i >= 2 && strncmp(words + i - 2, "ie", 2) == 0;
    fore_text_add(out, words, (int64_t)i - (ies ? 2 : 0));
    if (ies) fore_text_putc(out, 'y');
    fore_text_puts(out, words + i + 1);
}

void fore_feature_say(int index, double value, bool high, fore_text *out)
{
    const fore_feature *feature = &features[index];
    if (isnan(value)) {
        for (const char *p = feature->name; *p; p++) fore_text_putc(out, *p == '_' ? ' ' : *p);
        fore_text_puts(out, " is not known");
        return;
    }
    bool few = !high && value > 0 && says_none(feature->low) && strstr(feature->high, "%s");
    const char *words = high || few ? feature->high : feature->low, *place = strstr(words, "%s");
    if (!place) {
        fore_text_puts(out, words);
        return;
    }
    fore_text_add(out, words, place - words);
    if (few) fore_text_puts(out, "only ");
    fore_feature_value(index, value, out);
    if (feature->unit == FORE_UNIT_COUNT)
        put_counted(value, place + 2, out);
    else
        fore_text_puts(out, place + 2);
}
