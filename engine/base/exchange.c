/* Reading stated rates of exchange. */
#include "engine/base/exchange.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "engine/base/text.h"

static const double RATE_MOST = 1e9;

enum { CODE_LETTERS = 3 }; /* ISO 4217 */

/* A code in capitals. */
static bool read_code(const char *text, int64_t length, char out[FORE_CURRENCY_TEXT])
{
    while (length > 0 && *text == ' ') text++, length--;
    while (length > 0 && text[length - 1] == ' ') length--;
    if (length != CODE_LETTERS) return false;
    for (int64_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 128 || !isalpha(c)) return false;
        out[i] = (char)toupper(c);
    }
    out[length] = '\0';
    return true;
}

static fore_status add_rate(fore_exchange *x, const char *text, int64_t length, fore_error *err)
{
    const char *sign = memchr(text, '=', (size_t)length);
    const char *number = sign ? sign + 1 : text, *end = text + length;
    char code[FORE_CURRENCY_TEXT];
    double rate = 0;
    while (number < end && *number == ' ') number++;
    while (end > number && end[-1] == ' ') end--;
    if (!sign || !fore_number_parse(number, end - number, &rate) || !(rate > 0) ||
        !(rate <= RATE_MOST) || !read_code(text, sign - text, code))
        return fore_fail(err, FORE_E_USAGE,
                         "'%.*s' is no rate; write what one unit is worth with a decimal point, "
                         "such as USD=0.92, separated by commas",
                         (int)(length < 40 ? length : 40), text);
    if (!isnan(fore_exchange_rate(x, code)))
        return fore_fail(err, FORE_E_USAGE,
                         "%s has a rate already; one for each currency but your "
                         "own",
                         code);
    if (x->count == FORE_EXCHANGE_MOST)
        return fore_fail(err, FORE_E_USAGE, "at most %d rates are kept", FORE_EXCHANGE_MOST);
    strcpy(x->word[x->count], code);
    x->rate[x->count++] = rate;
    return FORE_OK;
}

fore_status fore_exchange_parse(const char *currency, const char *rates, fore_exchange *x,
                                fore_error *err)
{
    *x = (fore_exchange){0};
    if (currency && *currency && !read_code(currency, (int64_t)strlen(currency), x->own))
        return fore_fail(err, FORE_E_USAGE,
                         "'%.40s' is no currency; write its code of three letters, such as EUR",
                         currency);
    if (!rates) return FORE_OK;
    while (*rates) {
        size_t length = strcspn(rates, ",;\n");
        if (strspn(rates, " ") < length) {
            if (!x->own[0])
                return fore_fail(err, FORE_E_USAGE,
                                 "rates of exchange need the company's own currency first; set "
                                 "currency=EUR, or yours");
            FORE_TRY(add_rate(x, rates, (int64_t)length, err));
        }
        rates += length + (rates[length] != 0);
    }
    return FORE_OK;
}

double fore_exchange_rate(const fore_exchange *x, const char *currency)
{
    if (!currency || !*currency || fore_text_equal_fold(currency, x->own)) return 1;
    for (int64_t i = 0; i < x->count; i++)
        if (fore_text_equal_fold(currency, x->word[i])) return x->rate[i];
    return NAN;
}
