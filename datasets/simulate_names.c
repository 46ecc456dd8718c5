/* Names of people and companies that do not exist: Latin, Hindi (Devanagari), Telugu and Tamil
 * scripts, each with the Latin spelling that its mail address uses. */
#include "datasets/simulate_world.h"

#include <ctype.h>
#include <stdio.h>

enum { GIVEN = 12, FAMILY = 10, LANGUAGES = 4 };

typedef struct name {
    const char *script, *latin;
} name;

static const name given[LANGUAGES][GIVEN] = {{{"Anna", "anna"},
                                              {"José", "jose"},
                                              {"Chloé", "chloe"},
                                              {"Lukas", "lukas"},
                                              {"Zoë", "zoe"},
                                              {"Søren", "soren"},
                                              {"Maria", "maria"},
                                              {"Jürgen", "juergen"},
                                              {"Emily", "emily"},
                                              {"Omar", "omar"},
                                              {"Siobhán", "siobhan"},
                                              {"Ivan", "ivan"}},
                                             {{"राहुल", "rahul"},
                                              {"प्रिया", "priya"},
                                              {"अमित", "amit"},
                                              {"सुनीता", "sunita"},
                                              {"विकास", "vikas"},
                                              {"नेहा", "neha"},
                                              {"संजय", "sanjay"},
                                              {"कविता", "kavita"},
                                              {"अर्जुन", "arjun"},
                                              {"पूजा", "pooja"},
                                              {"मनोज", "manoj"},
                                              {"दीपिका", "deepika"}},
                                             {{"వెంకట", "venkata"},
                                              {"లక్ష్మి", "lakshmi"},
                                              {"శ్రీనివాస్", "srinivas"},
                                              {"అనూష", "anusha"},
                                              {"కృష్ణ", "krishna"},
                                              {"స్వాతి", "swathi"},
                                              {"రమేష్", "ramesh"},
                                              {"పద్మ", "padma"},
                                              {"నాగార్జున", "nagarjuna"},
                                              {"సాయి", "sai"},
                                              {"జ్యోతి", "jyothi"},
                                              {"ప్రసాద్", "prasad"}},
                                             {{"முருகன்", "murugan"},
                                              {"மீனா", "meena"},
                                              {"கார்த்திக்", "karthik"},
                                              {"செல்வி", "selvi"},
                                              {"அருண்", "arun"},
                                              {"தமிழ்", "tamil"},
                                              {"கவிதா", "kavitha"},
                                              {"சுரேஷ்", "suresh"},
                                              {"இளங்கோ", "ilango"},
                                              {"வள்ளி", "valli"},
                                              {"குமரன்", "kumaran"},
                                              {"நிலா", "nila"}}};

static const name family[LANGUAGES][FAMILY] = {{{"Müller", "mueller"},
                                                {"O'Brien", "obrien"},
                                                {"Dupont", "dupont"},
                                                {"García", "garcia"},
                                                {"Smith", "smith"},
                                                {"van den Berg", "vandenberg"},
                                                {"Novák", "novak"},
                                                {"Rossi", "rossi"},
                                                {"Øster", "oster"},
                                                {"Haddad", "haddad"}},
                                               {{"शर्मा", "sharma"},
                                                {"गुप्ता", "gupta"},
                                                {"सिंह", "singh"},
                                                {"वर्मा", "verma"},
                                                {"पाटिल", "patil"},
                                                {"जोशी", "joshi"},
                                                {"मिश्रा", "mishra"},
                                                {"अग्रवाल", "agrawal"},
                                                {"यादव", "yadav"},
                                                {"चौधरी", "chaudhary"}},
                                               {{"రెడ్డి", "reddy"},
                                                {"రావు", "rao"},
                                                {"నాయుడు", "naidu"},
                                                {"శర్మ", "sarma"},
                                                {"చౌదరి", "chowdary"},
                                                {"వర్మ", "varma"},
                                                {"గౌడ్", "goud"},
                                                {"ప్రసాద్", "prasad"},
                                                {"శాస్త్రి", "sastry"},
                                                {"కుమార్", "kumar"}},
                                               {{"சுப்பிரமணியன்", "subramanian"},
                                                {"ராஜன்", "rajan"},
                                                {"பாண்டியன்", "pandian"},
                                                {"நடராஜன்", "natarajan"},
                                                {"கணேசன்", "ganesan"},
                                                {"செல்வம்", "selvam"},
                                                {"வேலு", "velu"},
                                                {"முத்து", "muthu"},
                                                {"அய்யர்", "iyer"},
                                                {"பிள்ளை", "pillai"}}};

sim_person fore_sim_person(int language, uint32_t word)
{
    const name *g = &given[language][word % GIVEN], *f = &family[language][word / GIVEN % FAMILY];
    return (sim_person){g->script, f->script, g->latin, f->latin};
}

static const char *const first_words[] = {
    "Godavari", "Nordwind", "Blue Lotus", "Charminar", "Acorn",   "Deccan", "Kaveri",
    "Alpen",    "Sunrise",  "Banyan",     "Kite",      "Harbour", "Vega",   "Coral"};
static const char *const second_words[] = {"Foods",     "Textiles", "Software", "Steel",
                                           "Logistics", "Schools",  "Clinics",  "Motors",
                                           "Retail",    "Energy",   "Tools"};
/* two of the forms need quoting in a CSV file */
static const char *const forms[] = {
    "", " Ltd", " & Sons, Ltd.", " GmbH", " Pvt Ltd", " \"Original\" Co", " AG", " LLP"};

void fore_sim_company(uint32_t word, char *out, int64_t size, char *slug, int64_t slug_size)
{
    uint32_t a = word % 14, b = word / 14 % 11, c = word / 154 % 8;
    snprintf(out, (size_t)size, "%s %s%s", first_words[a], second_words[b], forms[c]);
    int64_t n = 0;
    for (const char *p = first_words[a]; *p && n + 1 < slug_size; p++)
        if (isalpha((unsigned char)*p)) slug[n++] = (char)tolower((unsigned char)*p);
    slug[n] = 0;
}
