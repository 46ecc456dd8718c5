/* Months, quarters and weeks written as such.
 *
 * A cell is taken apart into at most three pieces, each a number or a word, with whatever stands
 * between them passed over; the pattern of the pieces tells what it is. */
#include <string.h>

#include "datasets/cell_values.h"

enum { PIECES = 3, WORD = 12 };

typedef struct piece {
    int width; /* digits; 0: a word */
    int value;
    char word[WORD];
    int letters;
} piece;

static bool digit(char c) { return c >= '0' && c <= '9'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

int fore_cell_month(const char *word, int64_t length)
{
    static const char names[12][10] = {"january",   "february", "march",    "april",
                                       "may",       "june",     "july",     "august",
                                       "september", "october",  "november", "december"};
    char folded[10] = {0};
    if (length < 3 || length > 9) return 0;
    for (int64_t i = 0; i < length; i++) folded[i] = lower(word[i]);
    for (int m = 0; m < 12; m++) {
        bool sept = m == 8 && strcmp(folded, "sept") == 0;
        bool three = length == 3 && strncmp(folded, names[m], 3) == 0;
        if (three || sept || strcmp(folded, names[m]) == 0) return m + 1;
    }
    return 0;
}

static bool take_piece(const char **at, const char *end, piece *p)
{
    const char *from = *at;
    *p = (piece){0};
    if (digit(*from)) {
        for (; *at < end && digit(**at) && *at - from < 4; ++*at)
            p->value = p->value * 10 + (**at - '0');
        p->width = (int)(*at - from);
        return !(*at < end && digit(**at));
    }
    for (; *at < end && letter(**at); ++*at) {
        if (p->letters == WORD - 1) return false;
        p->word[p->letters++] = lower(**at);
    }
    return p->letters > 0;
}

static bool between(char c, bool behind_word)
{
    if (c == ' ' || c == '-' || c == '/') return true;
    return behind_word && (c == '.' || c == ',' || c == '\'');
}

/* How many pieces; 0 when it is nothing of this kind. */
static int take_apart(const char *text, int64_t length, piece *pieces)
{
    const char *at = text, *end = text + length;
    int count = 0;
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    while (at < end) {
        if (count == PIECES || !take_piece(&at, end, &pieces[count])) return 0;
        count++;
        const char *from = at;
        while (at < end && between(*at, pieces[count - 1].letters > 0)) at++;
        if (at == end && at > from) return 0; /* something to come that does not */
    }
    return count;
}

static int full_year(const piece *p)
{
    if (p->width == 4) return p->value;
    if (p->width != 2) return 0;
    return p->value <= 68 ? 2000 + p->value : 1900 + p->value;
}

static bool put_months(int year, int number, int most, int months, fore_period period,
                       fore_period *out, int32_t *start)
{
    if (year < 1 || number < 1 || number > most) return false;
    *out = period;
    *start = fore_days_from_civil(year, (number - 1) * months + 1, 1);
    return true;
}

/* ISO 8601: week 1 holds the year's first Thursday. */
static bool put_week(int year, int week, fore_period *out, int32_t *start)
{
    int32_t of_thursday, month, day;
    if (year < 1 || week < 1 || week > 53) return false;
    int32_t fourth = fore_days_from_civil(year, 1, 4);
    *start = fourth - fore_weekday(fourth) + 7 * (week - 1);
    fore_civil_from_days(*start + 3, &of_thursday, &month, &day);
    *out = FORE_WEEKLY;
    return of_thursday == year;
}

/* Q, M, W with the year and the number beside it. */
static bool put_marked(const char *mark, int year, int number, fore_period *out, int32_t *start)
{
    if (strcmp(mark, "q") == 0) return put_months(year, number, 4, 3, FORE_QUARTERLY, out, start);
    if (strcmp(mark, "m") == 0) return put_months(year, number, 12, 1, FORE_MONTHLY, out, start);
    if (strcmp(mark, "w") == 0 || strcmp(mark, "kw") == 0 || strcmp(mark, "week") == 0)
        return put_week(year, number, out, start);
    return false;
}

bool fore_cell_period(const char *text, int64_t length, fore_period *period, int32_t *start)
{
    piece p[PIECES];
    int count = length > 24 ? 0 : take_apart(text, length, p);
    if (count == 2 && p[0].width == 4 && p[1].width > 0 && p[1].width <= 2)
        return put_months(p[0].value, p[1].value, 12, 1, FORE_MONTHLY, period, start);
    if (count == 2 && p[1].width == 4 && p[0].width > 0 && p[0].width <= 2)
        return put_months(p[1].value, p[0].value, 12, 1, FORE_MONTHLY, period, start);
    if (count == 2 && p[0].letters > 0) /* Jan 2023 */
        return put_months(full_year(&p[1]), fore_cell_month(p[0].word, p[0].letters), 12, 1,
                          FORE_MONTHLY, period, start);
    if (count == 2 && p[0].width == 4) /* 2023 Jan */
        return put_months(p[0].value, fore_cell_month(p[1].word, p[1].letters), 12, 1, FORE_MONTHLY,
                          period, start);
    if (count != 3) return false;
    if (p[0].width == 4 && p[1].letters > 0 && p[2].width > 0) /* 2023-Q1 */
        return put_marked(p[1].word, p[0].value, p[2].value, period, start);
    if (p[0].letters > 0 && p[1].width > 0 && p[1].width <= 2) /* Q1 2023 */
        return put_marked(p[0].word, full_year(&p[2]), p[1].value, period, start);
    if (p[0].width > 0 && p[0].width <= 2 && p[1].letters > 0) /* 1Q2023 */
        return put_marked(p[1].word, full_year(&p[2]), p[0].value, period, start);
    return false;
}
