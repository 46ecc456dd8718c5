/* Stated rates of exchange: what one unit of another currency is in the company's own. One rate for
 * all times (what finance calls constant currency): sales of different years stay comparable, and no
 * moment sees a rate that was not known then.
 *
 * Settings: "currency" (EUR) and "exchange_rates" ("USD=0.92, INR=0.011"). */
#ifndef FORE_BASE_EXCHANGE_H
#define FORE_BASE_EXCHANGE_H

#include <stdint.h>

#include "engine/base/status.h"

enum { FORE_EXCHANGE_MOST = 64, FORE_CURRENCY_TEXT = 16 };

typedef struct fore_exchange {
    char own[FORE_CURRENCY_TEXT]; /* "": not stated, nothing is converted */
    int64_t count;
    char word[FORE_EXCHANGE_MOST][FORE_CURRENCY_TEXT];
    double rate[FORE_EXCHANGE_MOST];
} fore_exchange;

/* currency, rates: NULL or "" where not set. Rates without a currency of one's own are E_USAGE, as is
 * anything but a code and a number above 0 and at most 1e9, each code once. */
fore_status fore_exchange_parse(const char *currency, const char *rates, fore_exchange *exchange,
                                fore_error *err);
/* 1 for the own currency, for "" and NULL; NaN where nothing is stated. Case does not count. */
double fore_exchange_rate(const fore_exchange *exchange, const char *currency);

#endif
