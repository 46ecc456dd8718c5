/* Tables of countries and states, and looking them up. */
#include "engine/jobs/whereabouts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/civil.h"

/* Names: of two letters and in words, between bars. Code: of the phone; "" where it is shared. */
typedef struct country {
    const char *names, *code, *zone;
    bool friday;
} country;

static const country countries[] = {
    {"|at|austria|österreich|", "43", "Europe/Vienna", false},
    {"|be|belgium|", "32", "Europe/Brussels", false},
    {"|bg|bulgaria|", "359", "Europe/Sofia", false},
    {"|by|belarus|", "375", "Europe/Minsk", false},
    {"|ch|switzerland|schweiz|", "41", "Europe/Zurich", false},
    {"|cy|cyprus|", "357", "Asia/Nicosia", false},
    {"|cz|czechia|czech republic|", "420", "Europe/Prague", false},
    {"|de|germany|deutschland|", "49", "Europe/Berlin", false},
    {"|dk|denmark|", "45", "Europe/Copenhagen", false},
    {"|ee|estonia|", "372", "Europe/Tallinn", false},
    {"|es|spain|españa|", "34", "Europe/Madrid", false},
    {"|fi|finland|", "358", "Europe/Helsinki", false},
    {"|fr|france|", "33", "Europe/Paris", false},
    {"|gb|uk|united kingdom|great britain|england|scotland|wales|", "44", "Europe/London", false},
    {"|gr|greece|", "30", "Europe/Athens", false},
    {"|hr|croatia|", "385", "Europe/Zagreb", false},
    {"|hu|hungary|", "36", "Europe/Budapest", false},
    {"|ie|ireland|", "353", "Europe/Dublin", false},
    {"|is|iceland|", "354", "Atlantic/Reykjavik", false},
    {"|it|italy|italia|", "39", "Europe/Rome", false},
    {"|lt|lithuania|", "370", "Europe/Vilnius", false},
    {"|lu|luxembourg|", "352", "Europe/Luxembourg", false},
    {"|lv|latvia|", "371", "Europe/Riga", false},
    {"|md|moldova|", "373", "Europe/Chisinau", false},
    {"|mt|malta|", "356", "Europe/Malta", false},
    {"|nl|netherlands|the netherlands|", "31", "Europe/Amsterdam", false},
    {"|no|norway|", "47", "Europe/Oslo", false},
    {"|pl|poland|", "48", "Europe/Warsaw", false},
    {"|pt|portugal|", "351", "Europe/Lisbon", false},
    {"|ro|romania|", "40", "Europe/Bucharest", false},
    {"|rs|serbia|", "381", "Europe/Belgrade", false},
    {"|se|sweden|", "46", "Europe/Stockholm", false},
    {"|si|slovenia|", "386", "Europe/Ljubljana", false},
    {"|sk|slovakia|", "421", "Europe/Bratislava", false},
    {"|tr|turkey|türkiye|", "90", "Europe/Istanbul", false},
    {"|ua|ukraine|", "380", "Europe/Kiev", false},
    {"|ae|united arab emirates|uae|", "971", "Asia/Dubai", false},
    {"|am|armenia|", "374", "Asia/Yerevan", false},
    {"|az|azerbaijan|", "994", "Asia/Baku", false},
    {"|bd|bangladesh|", "880", "Asia/Dhaka", true},
    {"|bh|bahrain|", "973", "Asia/Bahrain", true},
    {"|cn|china|", "86", "Asia/Shanghai", false},
    {"|ge|georgia|", "995", "Asia/Tbilisi", false},
    {"|hk|hong kong|", "852", "Asia/Hong_Kong", false},
    {"|il|israel|", "972", "Asia/Jerusalem", true},
    {"|in|india|", "91", "Asia/Kolkata", false},
    {"|jo|jordan|", "962", "Asia/Amman", true},
    {"|jp|japan|", "81", "Asia/Tokyo", false},
    {"|kr|south korea|korea|republic of korea|", "82", "Asia/Seoul", false},
    {"|kw|kuwait|", "965", "Asia/Kuwait", true},
    {"|kz|kazakhstan|", "", "Asia/Almaty", false},
    {"|lb|lebanon|", "961", "Asia/Beirut", false},
    {"|lk|sri lanka|", "94", "Asia/Colombo", false},
    {"|my|malaysia|", "60", "Asia/Kuala_Lumpur", false},
    {"|np|nepal|", "977", "Asia/Kathmandu", false},
    {"|om|oman|", "968", "Asia/Muscat", true},
    {"|ph|philippines|", "63", "Asia/Manila", false},
    {"|pk|pakistan|", "92", "Asia/Karachi", false},
    {"|qa|qatar|", "974", "Asia/Qatar", true},
    {"|sa|saudi arabia|", "966", "Asia/Riyadh", true},
    {"|sg|singapore|", "65", "Asia/Singapore", false},
    {"|th|thailand|", "66", "Asia/Bangkok", false},
    {"|tw|taiwan|", "886", "Asia/Taipei", false},
    {"|uz|uzbekistan|", "998", "Asia/Tashkent", false},
    {"|vn|vietnam|viet nam|", "84", "Asia/Ho_Chi_Minh", false},
    {"|dz|algeria|", "213", "Africa/Algiers", true},
    {"|eg|egypt|", "20", "Africa/Cairo", true},
    {"|et|ethiopia|", "251", "Africa/Addis_Ababa", false},
    {"|gh|ghana|", "233", "Africa/Accra", false},
    {"|ke|kenya|", "254", "Africa/Nairobi", false},
    {"|ma|morocco|", "212", "Africa/Casablanca", false},
    {"|ng|nigeria|", "234", "Africa/Lagos", false},
    {"|tn|tunisia|", "216", "Africa/Tunis", false},
    {"|tz|tanzania|", "255", "Africa/Dar_es_Salaam", false},
    {"|ug|uganda|", "256", "Africa/Kampala", false},
    {"|za|south africa|", "27", "Africa/Johannesburg", false},
    {"|nz|new zealand|", "64", "Pacific/Auckland", false},
    {"|ar|argentina|", "54", "America/Argentina/Buenos_Aires", false},
    {"|bo|bolivia|", "591", "America/La_Paz", false},
    {"|cl|chile|", "56", "America/Santiago", false},
    {"|co|colombia|", "57", "America/Bogota", false},
    {"|cr|costa rica|", "506", "America/Costa_Rica", false},
    {"|do|dominican republic|", "", "America/Santo_Domingo", false},
    {"|ec|ecuador|", "593", "America/Guayaquil", false},
    {"|gt|guatemala|", "502", "America/Guatemala", false},
    {"|pa|panama|", "507", "America/Panama", false},
    {"|pe|peru|", "51", "America/Lima", false},
    {"|py|paraguay|", "595", "America/Asuncion", false},
    {"|uy|uruguay|", "598", "America/Montevideo", false},
    {"|ve|venezuela|", "58", "America/Caracas", false},
};

/* Countries with several zones, by region. */
typedef struct regions {
    const char *country; /* names as above */
    const char *names;   /* of the regions that share the zone */
    const char *zone;
} regions;

#define US "|us|usa|united states|united states of america|"
#define CA "|ca|canada|"
#define AU "|au|australia|"
static const regions by_region[] = {
    {US,
     "|ct|connecticut|de|delaware|dc|district of columbia|fl|florida|ga|georgia|ky|kentucky|me|"
     "maine|md|maryland|ma|massachusetts|nh|new hampshire|nj|new jersey|ny|new york|nc|north "
     "carolina|oh|ohio|pa|pennsylvania|ri|rhode island|sc|south carolina|vt|vermont|va|virginia|wv|"
     "west virginia|",
     "America/New_York"},
    {US, "|mi|michigan|", "America/Detroit"},
    {US, "|in|indiana|", "America/Indiana/Indianapolis"},
    {US,
     "|al|alabama|ar|arkansas|il|illinois|ia|iowa|ks|kansas|la|louisiana|mn|minnesota|ms|"
     "mississippi|mo|missouri|ne|nebraska|nd|north dakota|ok|oklahoma|sd|south dakota|tn|tennessee|"
     "tx|texas|wi|wisconsin|",
     "America/Chicago"},
    {US, "|co|colorado|mt|montana|nm|new mexico|ut|utah|wy|wyoming|", "America/Denver"},
    {US, "|id|idaho|", "America/Boise"},
    {US, "|az|arizona|", "America/Phoenix"},
    {US, "|ca|california|nv|nevada|or|oregon|wa|washington|", "America/Los_Angeles"},
    {US, "|ak|alaska|", "America/Anchorage"},
    {US, "|hi|hawaii|", "Pacific/Honolulu"},
    {CA, "|on|ontario|qc|quebec|québec|", "America/Toronto"},
    {CA, "|mb|manitoba|", "America/Winnipeg"},
    {CA, "|sk|saskatchewan|", "America/Regina"},
    {CA, "|ab|alberta|", "America/Edmonton"},
    {CA, "|bc|british columbia|", "America/Vancouver"},
    {CA, "|nb|new brunswick|ns|nova scotia|pe|prince edward island|", "America/Halifax"},
    {CA, "|nl|newfoundland|newfoundland and labrador|", "America/St_Johns"},
    {AU, "|nsw|new south wales|act|australian capital territory|", "Australia/Sydney"},
    {AU, "|vic|victoria|", "Australia/Melbourne"},
    {AU, "|tas|tasmania|", "Australia/Hobart"},
    {AU, "|qld|queensland|", "Australia/Brisbane"},
    {AU, "|sa|south australia|", "Australia/Adelaide"},
    {AU, "|nt|northern territory|", "Australia/Darwin"},
    {AU, "|wa|western australia|", "Australia/Perth"},
};
enum {
    COUNTRIES = sizeof countries / sizeof *countries,
    REGIONS = sizeof by_region / sizeof *by_region
};

/* Is the text one of the names between bars? In any case of ASCII letters. */
static bool is_one_of(const char *text, const char *names)
{
    size_t n = text ? strlen(text) : 0;
    if (n == 0 || strchr(text, '|')) return false;
    for (const char *at = names; *at && at[1]; at = strchr(at + 1, '|'))
        if (strncasecmp(at + 1, text, n) == 0 && at[n + 1] == '|') return true;
    return false;
}

static fore_whereabouts found(const char *zone, const char *from, bool friday)
{
    fore_whereabouts w = {.from = from, .rests_on_friday = friday};
    snprintf(w.zone, sizeof w.zone, "%s", zone);
    return w;
}

/* "us_slash_eastern" -> "US/Eastern", "america_slash_new_york" -> "America/New_York"; others stay.
 */
static void plain_name(const char *text, char out[FORE_ZONE_NAME])
{
    const char *slash;
    size_t n = 0;
    bool coded = strstr(text, "_slash_") != NULL, upper = true;
    while (*text && n + 1 < FORE_ZONE_NAME) {
        slash = coded && strncmp(text, "_slash_", 7) == 0 ? text : NULL;
        char c = slash ? '/' : *text;
        out[n++] = coded && upper ? (char)toupper((unsigned char)c) : c;
        upper = c == '/' || c == '_';
        text += slash ? 7 : 1;
    }
    out[n] = 0;
    if (coded && strncmp(out, "Us/", 3) == 0) out[1] = 'S';
}

/* A name that the system knows; a zone that only memory keeps shut is one. */
static bool is_zone(const char *name)
{
    fore_zone *zone = NULL;
    fore_status status = fore_zone_open(name, &zone, NULL);
    fore_zone_free(zone);
    return status == FORE_OK || status == FORE_E_MEMORY;
}

/* "+5", "+05", "+0530", "+5:30", "+05:30", and nothing after it. */
static bool read_offset(const char *text, char out[FORE_ZONE_NAME])
{
    size_t n = text[0] == '+' || text[0] == '-' ? strspn(text + 1, "0123456789") : 0;
    const char *rest = text + 1 + n;
    int number = n > 0 && n <= 4 ? atoi(text + 1) : 0;
    int hours = n == 4 ? number / 100 : number, minutes = n == 4 ? number % 100 : 0;
    if (n != 1 && n != 2 && n != 4) return false;
    if (n < 4 && rest[0] == ':') {
        if (strspn(rest + 1, "0123456789") != 2) return false;
        minutes = atoi(rest + 1);
        rest += 3;
    }
    if (*rest || hours > 14 || minutes > 59) return false;
    snprintf(out, FORE_ZONE_NAME, "%c%02d:%02d", text[0], hours, minutes);
    return true;
}

/* A name with a slash, or an offset after an optional UTC or GMT. */
static bool own_zone(const char *text, char out[FORE_ZONE_NAME])
{
    if (!text) return false;
    bool named = strncasecmp(text, "utc", 3) == 0 || strncasecmp(text, "gmt", 3) == 0;
    plain_name(text, out);
    if (strchr(out, '/')) return is_zone(out);
    return read_offset(named && !text[3] ? "+00:00" : named ? text + 3 : text, out);
}

/* The longest country code that the number begins with. */
static const country *of_phone(const char *phone)
{
    char digits[8] = "";
    size_t n = 0;
    if (!phone || (phone[0] != '+' && strncmp(phone, "00", 2) != 0)) return NULL;
    for (phone += phone[0] == '+' ? 1 : 2; *phone && n < 3; phone++)
        if (isdigit((unsigned char)*phone)) digits[n++] = *phone;
    const country *best = NULL;
    for (int i = 0; i < COUNTRIES; i++) {
        size_t length = strlen(countries[i].code);
        if (length > 0 && length <= n && strncmp(digits, countries[i].code, length) == 0 &&
            (!best || length > strlen(best->code)))
            best = &countries[i];
    }
    return best;
}

fore_whereabouts fore_whereabouts_of(const char *zone, const char *land, const char *region,
                                     const char *phone)
{
    char name[FORE_ZONE_NAME];
    if (own_zone(zone, name)) return found(name, "time zone", false);
    for (int i = 0; i < REGIONS; i++)
        if (is_one_of(land, by_region[i].country) && is_one_of(region, by_region[i].names))
            return found(by_region[i].zone, "region", false);
    for (int i = 0; i < COUNTRIES; i++)
        if (is_one_of(land, countries[i].names))
            return found(countries[i].zone, "country", countries[i].friday);
    if (land && *land) return (fore_whereabouts){.from = NULL}; /* a phone does not outvote it */
    const country *c = of_phone(phone);
    return c ? found(c->zone, "phone", c->friday) : (fore_whereabouts){.from = NULL};
}
