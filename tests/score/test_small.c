/* Small companies whose true chances are known: teams, their owners, sources, two numbers, of which
 * one tells. 10, 20 and 40 wins to learn from, with a prior per attribute (additive) and with one
 * for all (logistic): log loss above the truth's, level, and how often the 90 % interval holds. */
#include "tests/score/score_support.h"

#include "models/score/scorer.h"

enum {
    TEAMS = 3,
    OWNERS = 12,
    SOURCES = 8,
    NUMBERS = 2,
    ATTRIBUTES = 3,
    COLUMNS = TEAMS + OWNERS + SOURCES + NUMBERS + ATTRIBUTES,
    MOST = 1200, /* rows to learn from */
    NEW = 300,
    COMPANIES = 40
};

typedef struct company {
    double team[TEAMS], owner[OWNERS], source[SOURCES];
    int level[MOST + NEW][ATTRIBUTES];
    double number[MOST + NEW][NUMBERS], logit[MOST + NEW], y[MOST];
    int64_t n, p;
    double x[COLUMNS * (MOST + NEW)]; /* MOST + NEW rows a column: past ones, then new ones */
    int32_t family[COLUMNS];
} company;

static void draw_row(company *c, int64_t i, fore_random *random)
{
    int owner = (int)(OWNERS * pow(fore_random_uniform(random), 1.5));
    int source = (int)(SOURCES * pow(fore_random_uniform(random), 2));
    int level[ATTRIBUTES] = {owner % TEAMS, owner, source};
    memcpy(c->level[i], level, sizeof level);
    for (int j = 0; j < NUMBERS; j++) c->number[i][j] = fore_random_normal(random);
    c->logit[i] =
        -2 + c->team[level[0]] + c->owner[owner] + c->source[source] + 0.5 * c->number[i][0];
}

/* As an encoding does: a column per level of at least `least` rows, the others pooled. */
static void put_attribute(company *c, int attribute, int levels, int64_t least)
{
    int64_t count[OWNERS] = {0}, pooled = 0;
    for (int64_t i = 0; i < c->n; i++) count[c->level[i][attribute]]++;
    for (int l = 0; l < levels; l++) pooled += count[l] < least ? count[l] : 0;
    for (int l = 0; l <= levels; l++) {
        if ((l < levels ? count[l] : pooled) < least) continue;
        for (int64_t i = 0; i < MOST + NEW; i++) {
            int own = c->level[i][attribute];
            c->x[i + c->p * (MOST + NEW)] = l < levels ? own == l : count[own] < least;
        }
        c->family[c->p++] = attribute;
    }
}

static company *company_new(int64_t wins, uint64_t seed, double spread)
{
    static const int LEVELS[ATTRIBUTES] = {TEAMS, OWNERS, SOURCES};
    company *c = calloc(1, sizeof *c);
    fore_random random = fore_random_new(seed, 21);
    for (int k = 0; k < TEAMS; k++) c->team[k] = 0.4 * spread * fore_random_normal(&random);
    for (int k = 0; k < OWNERS; k++) c->owner[k] = 0.35 * spread * fore_random_normal(&random);
    for (int k = 0; k < SOURCES; k++) c->source[k] = 0.7 * spread * fore_random_normal(&random);
    for (int64_t won = 0; (won < wins || c->n < 3 * wins) && c->n < MOST; c->n++) {
        draw_row(c, c->n, &random);
        c->y[c->n] = fore_random_uniform(&random) < 1 / (1 + exp(-c->logit[c->n]));
        won += c->y[c->n] > 0;
    }
    for (int64_t i = MOST; i < MOST + NEW; i++) draw_row(c, i, &random);
    int64_t least = c->n / 20 > 30 ? 30 : c->n / 20 < 5 ? 5 : c->n / 20;
    for (int a = 0; a < ATTRIBUTES; a++) put_attribute(c, a, LEVELS[a], least);
    for (int j = 0; j < NUMBERS; j++) {
        for (int64_t i = 0; i < MOST + NEW; i++) c->x[i + c->p * (MOST + NEW)] = c->number[i][j];
        c->family[c->p++] = -1;
    }
    return c;
}

typedef struct verdict {
    double excess, level, held, width; /* means over companies */
} verdict;

static void judge(const company *c, fore_learner learner, verdict *v)
{
    fore_view past = {c->x, c->n, c->p, MOST + NEW, NULL};
    fore_view fresh = {c->x + MOST, NEW, c->p, MOST + NEW, NULL};
    fore_sample sample = {past, c->y, NULL, NULL, NULL, c->family};
    fore_scorer_options o = fore_scorer_default(learner);
    fore_scorer *s = NULL;
    double p[NEW], lo[NEW], hi[NEW], off = 0;
    assert_int_equal(fore_scorer_fit(NULL, &sample, NULL, &o, NULL, &s, NULL), FORE_OK);
    assert_int_equal(fore_scorer_predict(NULL, s, &fresh, p, lo, hi, NULL, NULL), FORE_OK);
    for (int64_t i = 0; i < NEW; i++) {
        double truth = 1 / (1 + exp(-c->logit[MOST + i]));
        v->excess += (truth * log(truth / p[i]) + (1 - truth) * log((1 - truth) / (1 - p[i]))) /
                     NEW / COMPANIES;
        v->held += (double)(lo[i] <= truth && truth <= hi[i]) / NEW / COMPANIES;
        v->width += (hi[i] - lo[i]) / NEW / COMPANIES;
        off += (p[i] - truth) / NEW;
    }
    v->level += fabs(off) / COMPANIES;
    fore_scorer_free(s);
}

static void compare(int64_t wins, double spread, verdict *plain, verdict *family)
{
    *plain = *family = (verdict){0};
    for (uint64_t k = 0; k < COMPANIES; k++) {
        company *c = company_new(wins, 1000 * (uint64_t)wins + k, spread);
        judge(c, FORE_LOGISTIC, plain);
        judge(c, FORE_ADDITIVE, family);
        free(c);
    }
    const verdict *each[2] = {plain, family};
    for (int k = 0; k < 2; k++)
        print_message("%2lld wins, spread %.1f, %s: log loss %.4f above the truth's, level off by "
                      "%.3f, 90 %% interval holds %.3f, width %.3f\n",
                      (long long)wins, spread, k ? "prior per attribute" : "one prior",
                      each[k]->excess, each[k]->level, each[k]->held, each[k]->width);
}

static void small__ten_to_forty_wins__nearer_the_truth_than_one_prior_for_all(void **state)
{
    (void)state;
    verdict plain, family;
    for (int64_t wins = 10; wins <= 40; wins *= 2) {
        compare(wins, 1, &plain, &family);
        assert_true(family.excess < plain.excess);
        assert_true(family.level < plain.level + 0.002);
    }
}

static void small__ten_to_forty_wins__intervals_hold_85_to_95_in_100(void **state)
{
    (void)state;
    verdict plain, family;
    for (int64_t wins = 10; wins <= 40; wins *= 2) {
        compare(wins, 1, &plain, &family);
        assert_true(family.held >= 0.85 && family.held <= 0.95);
    }
}

static void small__attributes_that_tell_nothing__not_far_from_the_truth(void **state)
{
    (void)state;
    verdict plain, family;
    for (int64_t wins = 10; wins <= 40; wins *= 2) {
        compare(wins, 0, &plain, &family);
        assert_true(family.held >= 0.85); /* wider than need be: the prior cannot know */
        assert_true(family.excess < plain.excess + 0.005);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small__ten_to_forty_wins__nearer_the_truth_than_one_prior_for_all),
        cmocka_unit_test(small__ten_to_forty_wins__intervals_hold_85_to_95_in_100),
        cmocka_unit_test(small__attributes_that_tell_nothing__not_far_from_the_truth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
