/* The simulator's files: the same for the same seed, whole, and nothing from the future in them. */
#include "simulate_helpers.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const char *const all_files[] = {
    "reps.csv",       "accounts.csv",    "leads.csv",    "deals.csv",  "deal_changes.csv",
    "activities.csv", "campaigns.csv",   "products.csv", "orders.csv", "tickets.csv",
    "targets.csv",    "truth_leads.csv", "truth.json"};
enum { FILES = sizeof all_files / sizeof *all_files };

static void fingerprint_of(const char *folder, char out[33])
{
    fore_fingerprint fp;
    fore_fingerprint_start(&fp);
    for (int i = 0; i < FILES; i++) {
        char path[512];
        fore_text text = {0};
        snprintf(path, sizeof path, "%s/%s", folder, all_files[i]);
        if (fore_file_read(path, 0, &text, NULL) != FORE_OK) fail_msg("%s is missing", path);
        fore_fingerprint_add(&fp, text.bytes, text.length);
        fore_text_free(&text);
    }
    fore_fingerprint_hex(&fp, out);
}

static int64_t entries_in(const char *folder)
{
    char command[300];
    int n = -1;
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *in = popen(command, "r");
    assert_int_equal(fscanf(in, "%d", &n), 1);
    pclose(in);
    return n;
}

static void simulate__same_seed__same_bytes_for_any_threads(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    o.truth_draws = 20;
    o.dirty_share = 0.02;
    char alone[33], again[33], pooled[33];
    fore_pool *pool;
    assert_int_equal(fore_pool_new(3, &pool, NULL), FORE_OK);
    assert_int_equal(fore_simulate(&o, under_top("same"), NULL, NULL, NULL, NULL), FORE_OK);
    fingerprint_of(under_top("same"), alone);
    assert_int_equal(fore_simulate(&o, under_top("same"), NULL, NULL, NULL, NULL),
                     FORE_OK); /* over the old ones */
    fingerprint_of(under_top("same"), again);
    assert_int_equal(fore_simulate(&o, under_top("pooled"), pool, NULL, NULL, NULL), FORE_OK);
    fingerprint_of(under_top("pooled"), pooled);
    fore_pool_free(pool);
    assert_string_equal(alone, again);
    assert_string_equal(alone, pooled);
    assert_int_equal(entries_in(under_top("same")), FILES);
}

static void simulate__another_seed__differs(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    char first[33], second[33];
    simulate(&o, under_top("seed"), NULL);
    fingerprint_of(under_top("seed"), first);
    o.seed = UINT64_C(0xFFFFFFFF00000001); /* the same low word as seed 1 */
    simulate(&o, under_top("seed"), NULL);
    fingerprint_of(under_top("seed"), second);
    assert_string_not_equal(first, second);
}

/* --- a clean world holds together --- */

typedef struct clean {
    table reps, accounts, leads, deals, changes, activities, campaigns, products, orders, tickets,
        targets;
    fore_dictionary *rep, *account, *lead, *deal, *campaign, *product;
    int64_t start, end;
} clean;

static clean world;

static int make_clean(void **state)
{
    if (make_top(state)) return -1;
    fore_simulate_options o = small_world();
    fore_simulate_truth t;
    simulate(&o, under_top("clean"), &t);
    const char *f = under_top("clean");
    world = (clean){read_table(f, "reps.csv"),         read_table(f, "accounts.csv"),
                    read_table(f, "leads.csv"),        read_table(f, "deals.csv"),
                    read_table(f, "deal_changes.csv"), read_table(f, "activities.csv"),
                    read_table(f, "campaigns.csv"),    read_table(f, "products.csv"),
                    read_table(f, "orders.csv"),       read_table(f, "tickets.csv"),
                    read_table(f, "targets.csv"),      .rep = NULL};
    world.rep = keys_of(&world.reps);
    world.account = keys_of(&world.accounts);
    world.lead = keys_of(&world.leads);
    world.deal = keys_of(&world.deals);
    world.campaign = keys_of(&world.campaigns);
    world.product = keys_of(&world.products);
    world.start = fore_time_of_date(t.start_on);
    world.end = fore_time_of_date(t.end_on);
    assert_int_equal(t.leads, world.leads.rows);
    assert_int_equal(t.deals, world.deals.rows);
    assert_int_equal(t.accounts, world.accounts.rows);
    assert_int_equal(t.activities, world.activities.rows);
    return 0;
}

static int drop_clean(void **state)
{
    table *all[] = {&world.reps,    &world.accounts,   &world.leads,     &world.deals,
                    &world.changes, &world.activities, &world.campaigns, &world.products,
                    &world.orders,  &world.tickets,    &world.targets};
    fore_dictionary *keys[] = {world.rep,  world.account,  world.lead,
                               world.deal, world.campaign, world.product};
    for (int i = 0; i < 11; i++) free_table(all[i]);
    for (int i = 0; i < 6; i++) fore_dictionary_free(keys[i]);
    return drop_top(state);
}

static void resolves(const table *t, const char *name, const fore_dictionary *keys,
                     bool may_be_empty)
{
    int64_t j = column(t, name);
    for (int64_t i = 0; i < t->rows; i++) {
        const char *key = t->cell[i][j];
        if (!*key && may_be_empty) continue;
        if (find_key(keys, key) < 0)
            fail_msg("%s '%s' of row %lld leads nowhere", name, key, (long long)i + 2);
    }
}

static void clean__every_reference__resolves(void **state)
{
    (void)state;
    resolves(&world.reps, "manager_id", world.rep, true);
    resolves(&world.accounts, "owner_id", world.rep, false);
    resolves(&world.leads, "account_id", world.account, false);
    resolves(&world.leads, "owner_id", world.rep, false);
    resolves(&world.leads, "campaign_id", world.campaign, true);
    resolves(&world.leads, "deal_id", world.deal, true);
    resolves(&world.deals, "lead_id", world.lead, false);
    resolves(&world.deals, "account_id", world.account, false);
    resolves(&world.deals, "owner_id", world.rep, false);
    resolves(&world.deals, "product_id", world.product, false);
    resolves(&world.changes, "deal_id", world.deal, false);
    resolves(&world.activities, "rep_id", world.rep, true);
    resolves(&world.activities, "lead_id", world.lead, false);
    resolves(&world.activities, "deal_id", world.deal, true);
    resolves(&world.activities, "account_id", world.account, false);
    resolves(&world.activities, "campaign_id", world.campaign, true);
    resolves(&world.orders, "account_id", world.account, false);
    resolves(&world.orders, "product_id", world.product, false);
    resolves(&world.orders, "deal_id", world.deal, true);
    resolves(&world.tickets, "account_id", world.account, false);
    resolves(&world.tickets, "lead_id", world.lead, false);
    fore_dictionary_free(keys_of(&world.activities)); /* and keys are unique */
    fore_dictionary_free(keys_of(&world.orders));
    fore_dictionary_free(keys_of(&world.tickets));
    for (int64_t i = 0; i < world.targets.rows; i++)
        if (strcmp(world.targets.cell[i][0], "rep") == 0)
            assert_true(find_key(world.rep, world.targets.cell[i][1]) >= 0);
}

static void before_end(const table *t, const char *name, int64_t earliest)
{
    int64_t j = column(t, name);
    for (int64_t i = 0; i < t->rows; i++) {
        int64_t at = time_in(t->cell[i][j]);
        if (at != FORE_NO_TIME && (at >= world.end || at < earliest))
            fail_msg("%s %s of row %lld lies outside the history", name, t->cell[i][j],
                     (long long)i + 2);
    }
}

static void clean__no_event__after_the_end(void **state)
{
    (void)state;
    int64_t warmup = world.start - 30 * 7 * FORE_DAY;
    before_end(&world.accounts, "created_at", warmup);
    before_end(&world.leads, "created_at", warmup);
    before_end(&world.leads, "closed_at", warmup);
    before_end(&world.deals, "created_at", warmup);
    before_end(&world.deals, "closed_at", world.start);
    before_end(&world.changes, "at", world.start);
    before_end(&world.activities, "at", world.start);
    before_end(&world.orders, "at", world.start);
    before_end(&world.tickets, "opened_at", world.start);
    before_end(&world.tickets, "closed_at", world.start);
    before_end(&world.campaigns, "started_at", world.start);
    before_end(&world.campaigns, "ended_at", world.start);
}

static void clean__activities__lie_within_the_life_of_their_lead(void **state)
{
    (void)state;
    const table *a = &world.activities, *l = &world.leads, *d = &world.deals;
    int64_t at = column(a, "at"), due = column(a, "due_at"), lead = column(a, "lead_id"),
            deal = column(a, "deal_id");
    int64_t created = column(l, "created_at"), closed = column(l, "closed_at"),
            status = column(l, "status");
    int64_t planned = 0, after_sale = 0;
    for (int64_t i = 0; i < a->rows; i++) {
        char **row = a->cell[i], **owner = l->cell[find_key(world.lead, row[lead])];
        if (!*row[at]) {
            assert_true(*row[due] != 0); /* planned */
            assert_true(time_in(row[due]) >= time_in(owner[created]));
            planned++;
            continue;
        }
        assert_true(*row[due] == 0);
        int64_t when = time_in(row[at]);
        if (when < time_in(owner[created])) fail_msg("%s before its lead", row[0]);
        bool lost =
            strcmp(owner[status], "lost") == 0 || strcmp(owner[status], "disqualified") == 0;
        if (lost && when > time_in(owner[closed])) fail_msg("%s after its lead was lost", row[0]);
        if (!*row[deal]) continue;
        char **sale = d->cell[find_key(world.deal, row[deal])];
        assert_true(when >= time_in(sale[column(d, "created_at")]) - FORE_DAY * 7);
        bool over = *sale[column(d, "closed_at")] && when > time_in(sale[column(d, "closed_at")]);
        if (over) assert_string_equal(sale[column(d, "outcome")], "won");
        after_sale += over;
    }
    assert_true(planned > 20);
    assert_true(after_sale > 20);
}

static void clean__leads_and_deals__agree_with_their_states(void **state)
{
    (void)state;
    const table *l = &world.leads, *d = &world.deals;
    for (int64_t i = 0; i < l->rows; i++) {
        char **row = l->cell[i];
        const char *status = row[column(l, "status")];
        bool converted = strcmp(status, "converted") == 0,
             lost = strcmp(status, "lost") == 0 || strcmp(status, "disqualified") == 0;
        assert_int_equal(converted, *row[column(l, "deal_id")] != 0);
        assert_int_equal(converted || lost, *row[column(l, "closed_at")] != 0);
        if (converted || lost)
            assert_true(time_in(row[column(l, "closed_at")]) >=
                        time_in(row[column(l, "created_at")]));
        const char *mail = row[column(l, "email")];
        assert_non_null(strstr(mail, ".example.org"));
        assert_string_equal(strstr(mail, ".example.org"), ".example.org"); /* and ends there */
    }
    for (int64_t i = 0; i < d->rows; i++) {
        char **row = d->cell[i];
        const char *outcome = row[column(d, "outcome")], *stage = row[column(d, "stage")];
        assert_int_equal(strcmp(outcome, "open") != 0, *row[column(d, "closed_at")] != 0);
        assert_int_equal(strcmp(outcome, "won") == 0, strcmp(stage, "Won") == 0);
        assert_int_equal(strcmp(outcome, "lost") == 0, *row[column(d, "lost_reason")] != 0);
        assert_true(number_in(row[column(d, "amount")]) >= 1.0);
        assert_string_equal(row[column(d, "currency")], "EUR");
        if (*row[column(d, "closed_at")])
            assert_true(time_in(row[column(d, "closed_at")]) >=
                        time_in(row[column(d, "created_at")]));
        char **lead = l->cell[find_key(world.lead, row[column(d, "lead_id")])];
        assert_string_equal(lead[column(l, "deal_id")], row[0]);
        assert_string_equal(lead[column(l, "closed_at")], row[column(d, "created_at")]);
    }
}

static void clean__changes__form_a_chain_that_ends_where_the_deal_stands(void **state)
{
    (void)state;
    const table *c = &world.changes, *d = &world.deals;
    static const char *const fields[] = {"stage", "amount", "expected_close_at"};
    for (int f = 0; f < 3; f++) {
        char **last = fore_zalloc(d->rows, sizeof *last);
        int64_t *when = fore_zalloc(d->rows, sizeof *when), seen = 0;
        for (int64_t i = 0; i < c->rows; i++) {
            char **row = c->cell[i];
            if (strcmp(row[2], fields[f]) != 0) continue;
            int64_t deal = find_key(world.deal, row[0]);
            assert_string_not_equal(row[3], row[4]);
            if (last[deal]) assert_string_equal(row[3], last[deal]);
            assert_true(time_in(row[1]) >= when[deal]);
            last[deal] = row[4];
            when[deal] = time_in(row[1]);
            seen++;
        }
        for (int64_t i = 0; i < d->rows; i++)
            if (last[i]) assert_string_equal(last[i], d->cell[i][column(d, fields[f])]);
        assert_true(seen > 20);
        fore_free(last);
        fore_free(when);
    }
}

static void clean__names__in_four_scripts(void **state)
{
    (void)state;
    const table *l = &world.leads;
    int64_t in_language[4] = {0};
    static const char *const languages[] = {"en", "hi", "te", "ta"};
    static const unsigned char lead_byte[] = {0, 0xA4, 0xB0,
                                              0xAE}; /* second byte of the blocks' first letters */
    for (int64_t i = 0; i < l->rows; i++) {
        const char *name = l->cell[i][column(l, "name")];
        assert_int_equal(fore_utf8_invalid(name, (int64_t)strlen(name)), -1);
        for (int k = 0; k < 4; k++)
            if (strcmp(l->cell[i][column(l, "language")], languages[k]) == 0) {
                in_language[k]++;
                if (k)
                    assert_true((unsigned char)name[0] == 0xE0 &&
                                ((unsigned char)name[1] & 0xFE) == (lead_byte[k] & 0xFE));
            }
    }
    int64_t all = in_language[0] + in_language[1] + in_language[2] + in_language[3];
    assert_int_equal(all, l->rows);
    for (int k = 0; k < 4; k++) assert_true(in_language[k] > l->rows / 20);
}

/* --- forms of the file --- */

static void simulate__other_delimiters_and_line_ends__same_cells(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    o.delimiter = ';';
    o.crlf = o.bom = true;
    simulate(&o, under_top("semicolon"), NULL);
    table t = read_table(under_top("semicolon"), "accounts.csv"),
          deals = read_table(under_top("semicolon"), "deals.csv");
    assert_int_equal(t.info.delimiter, ';');
    assert_int_equal(t.info.encoding, FORE_CSV_UTF8_BOM);
    assert_int_equal(t.rows, world.accounts.rows);
    for (int64_t i = 0; i < t.rows; i++)
        for (int64_t j = 0; j < t.columns; j++)
            assert_string_equal(t.cell[i][j], world.accounts.cell[i][j]);
    assert_int_equal(deals.rows, world.deals.rows);
    for (int64_t i = 0; i < deals.rows; i++)
        for (int64_t j = 0; j < deals.columns; j++)
            assert_string_equal(deals.cell[i][j], world.deals.cell[i][j]);
    free_table(&t);
    free_table(&deals);
}

static void simulate__smallest_worlds__give_all_files(void **state)
{
    (void)state;
    static const double rates[] = {0.0, 0.01, 1.0};
    for (int i = 0; i < 3; i++) {
        fore_simulate_options o = fore_simulate_default();
        fore_simulate_truth t;
        o.reps = o.weeks = 1;
        o.warmup_weeks = i == 2 ? 5 : 0;
        o.leads_per_week = rates[i];
        o.truth_draws = 3;
        o.truth_weeks = 2;
        simulate(&o, under_top("tiny"), &t);
        assert_int_equal(entries_in(under_top("tiny")), FILES);
        if (i == 0) assert_int_equal(t.leads + t.activities + t.deals, 0);
        fore_json_free(read_truth(under_top("tiny")));
    }
}

static void simulate__size_asked_for__is_about_met(void **state)
{
    (void)state;
    static const int64_t sizes[][2] = {{2000, 16000}, {6000, 120000}, {9000, 300000}};
    for (int i = 0; i < 3; i++) {
        fore_simulate_options o = fore_simulate_default();
        fore_simulate_truth t;
        fore_simulate_size(&o, sizes[i][0], sizes[i][1]);
        o.truth_draws = 0;
        simulate(&o, under_top("sized"), &t);
        assert_true(fabs((double)t.leads / (double)sizes[i][0] - 1.0) < 0.1);
        assert_true(fabs((double)t.activities / (double)sizes[i][1] - 1.0) < 0.2);
    }
    fore_simulate_options o = fore_simulate_default();
    fore_simulate_size(&o, 1000000, 20000000);
    assert_int_equal(o.truth_draws, 0);
    assert_true(o.reps > 1000);
}

/* --- what goes wrong --- */

static void simulate__option_out_of_range__is_named(void **state)
{
    (void)state;
    fore_simulate_options bad[16];
    static const char *const word[16] = {
        "weeks",           "reps",     "leads_per_week", "elasticity", "saturation",
        "half_life_weeks", "hours_sd", "season",         "loss",       "amount_median",
        "dirty_share",     "currency", "delimiter",      "language",   "truth_weeks",
        "dirty_kinds"};
    for (int i = 0; i < 16; i++) bad[i] = small_world();
    bad[0].weeks = 0;
    bad[1].reps = 0;
    bad[2].leads_per_week = NAN;
    bad[3].elasticity[2] = -0.1;
    bad[4].saturation = 1.0;
    bad[5].half_life_weeks = 0.0;
    bad[6].hours_sd = INFINITY;
    bad[7].season = -1.0;
    bad[8].loss = 0.0;
    bad[9].amount_median = 0.0;
    bad[10].dirty_share = 1.5;
    strcpy(bad[11].currency, "eu");
    bad[12].delimiter = 'x';
    memset(bad[13].language, 0, sizeof bad[13].language);
    bad[14].truth_weeks = 105;
    bad[15].dirty_kinds = 1u << 30;
    for (int i = 0; i < 16; i++) {
        fore_error err = {0};
        if (fore_simulate(&bad[i], under_top("never"), NULL, NULL, NULL, &err) != FORE_E_ARGUMENT)
            fail_msg("%s was taken", word[i]);
        if (!strstr(err.message, word[i])) fail_msg("%s: %s", word[i], err.message);
    }
    assert_false(fore_file_exists(under_top("never")));
}

static void simulate__folder_cannot_be_made__is_an_error(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_error err = {0};
    assert_int_equal(fore_file_replace(under_top("taken"), "x", 1, NULL), FORE_OK);
    assert_int_equal(fore_simulate(&o, under_top("taken"), NULL, NULL, NULL, &err), FORE_E_IO);
    assert_non_null(strstr(err.message, "taken"));
    assert_int_equal(fore_simulate(&o, "/proc/foresell", NULL, NULL, NULL, &err), FORE_E_IO);
}

static void simulate__disk_full__says_so_and_leaves_nothing(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    fore_error err = {0};
    assert_int_equal(fore_folder_make(under_top("full"), NULL), FORE_OK);
    assert_int_equal(symlink("/dev/full", under_top("full/activities.csv.part")), 0);
    assert_int_equal(fore_simulate(&o, under_top("full"), NULL, NULL, NULL, &err), FORE_E_FULL);
    assert_non_null(strstr(err.message, "activities.csv"));
    assert_int_equal(entries_in(under_top("full")), 0);
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 50000;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    fore_status status = fore_simulate(&o, under_top("full"), NULL, NULL, NULL, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(status, FORE_E_IO);
    assert_int_equal(entries_in(under_top("full")), 0);
}

static bool stop_later(void *context) { return ++*(int *)context > 20; }

static void simulate__cancelled__leaves_nothing(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    int asked = 0;
    fore_observer observer = {.context = &asked, .cancelled = stop_later};
    assert_int_equal(fore_simulate(&o, under_top("stopped"), NULL, &observer, NULL, NULL),
                     FORE_E_CANCELLED);
    assert_int_equal(entries_in(under_top("stopped")), 0);
}

static void simulate__any_allocation_fails__no_leak_no_file(void **state)
{
    (void)state;
    fore_simulate_options o = small_world();
    o.reps = 2;
    o.weeks = 3;
    o.warmup_weeks = 2;
    o.leads_per_week = 5;
    o.truth_draws = 2;
    o.truth_weeks = 1;
    o.dirty_share = 0.3;
    memset(o.elasticity, 0,
           sizeof o.elasticity); /* no pilot: its many steps allocate in the same places */
    int64_t live = fore_memory_live();
    for (int64_t k = 1;; k++) {
        fore_memory_fail_at(k);
        fore_status status = fore_simulate(&o, under_top("memory"), NULL, NULL, NULL, NULL);
        fore_memory_fail_at(0);
        if (fore_memory_live() != live) fail_msg("allocation %lld: a leak", (long long)k);
        if (status == FORE_OK) {
            assert_true(k > 50);
            break;
        }
        if (status != FORE_E_MEMORY) fail_msg("allocation %lld: status %d", (long long)k, status);
        if (k > 8) assert_int_equal(entries_in(under_top("memory")), 0);
    }
    assert_int_equal(entries_in(under_top("memory")), FILES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulate__same_seed__same_bytes_for_any_threads),
        cmocka_unit_test(simulate__another_seed__differs),
        cmocka_unit_test(clean__every_reference__resolves),
        cmocka_unit_test(clean__no_event__after_the_end),
        cmocka_unit_test(clean__activities__lie_within_the_life_of_their_lead),
        cmocka_unit_test(clean__leads_and_deals__agree_with_their_states),
        cmocka_unit_test(clean__changes__form_a_chain_that_ends_where_the_deal_stands),
        cmocka_unit_test(clean__names__in_four_scripts),
        cmocka_unit_test(simulate__other_delimiters_and_line_ends__same_cells),
        cmocka_unit_test(simulate__smallest_worlds__give_all_files),
        cmocka_unit_test(simulate__size_asked_for__is_about_met),
        cmocka_unit_test(simulate__option_out_of_range__is_named),
        cmocka_unit_test(simulate__folder_cannot_be_made__is_an_error),
        cmocka_unit_test(simulate__disk_full__says_so_and_leaves_nothing),
        cmocka_unit_test(simulate__cancelled__leaves_nothing),
        cmocka_unit_test(simulate__any_allocation_fails__no_leak_no_file),
    };
    return cmocka_run_group_tests(tests, make_clean, drop_clean);
}
