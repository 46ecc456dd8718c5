/* Names beside the ids of the day's list, and the hours of those whom it names. */
#include "engine/jobs/whois.h"
#include "rank_help.h"

static void put_abroad(world *w, const char *id, const char *country, const char *phone)
{
    char account[16], lead[16];
    snprintf(account, sizeof account, "A%s", id);
    snprintf(lead, sizeof lead, "L%s", id);
    fore_put put;
    fore_account_row row = {.id = account,
                            .name = "Deccan Steel",
                            .country = country,
                            .employees = NAN,
                            .annual_revenue_minor = FORE_NO_AMOUNT,
                            .created_at = FORE_NO_TIME};
    OK(fore_store_put_account(w->c.store, &row, &put, e));
    fore_lead_row person = a_lead(lead, at(NOW - 60, 9));
    person.name = "Amit Patil";
    person.phone = phone;
    person.status = "converted";
    person.closed_at = at(NOW - 40, 9);
    put_lead(w, person);
    put_open(w, id);
    fore_deal_row deal = a_deal(id, at(NOW - 40, 9));
    deal.account = key_of(w, FORE_ACCOUNT, account);
    deal.lead = key_of(w, FORE_LEAD, lead);
    deal.owner = key_of(w, FORE_REP, "R1");
    put_deal(w, deal);
}

/* A text of the row's action, or of the row itself. */
static void text_in(const fore_answer *a, int64_t row, bool action, const char *key, char out[64])
{
    fore_json *document;
    OK(fore_json_parse(a->json.bytes, a->json.length, &document, e));
    const fore_json_node *node =
        fore_json_at(fore_json_get(fore_json_root(document), "leads"), row);
    const char *text = fore_json_get_string(action ? fore_json_get(node, "action") : node, key);
    snprintf(out, 64, "%s", text ? text : "");
    fore_json_free(document);
}

static void rank__names__stand_beside_the_id(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", NULL, NULL);
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    int64_t place = place_of(a, "X1");
    char text[64];
    assert_true(place >= 0);
    assert_non_null(strstr(cell(a, place, WHY)->text, "Amit Patil, Deccan Steel | "));
    text_in(a, place, false, "name", text);
    assert_string_equal(text, "Amit Patil");
    text_in(a, place, false, "company", text);
    assert_string_equal(text, "Deccan Steel");
    text_in(a, place, true, "time_zone", text);
    assert_string_equal(text, "");
    fore_answer_free(a);
}

/* 254 letters and one of three bytes: it does not fit, and no byte of it stays. */
static void rank__a_name_too_long__ends_between_characters(void **state)
{
    world *w = *state;
    (void)w;
    char name[300], kept[FORE_WHOIS_NAME];
    for (int letters = 250; letters <= 255; letters++) {
        memset(name, 'a', sizeof name);
        strcpy(name + letters, "\xe0\xa4\x85\xe0\xa4\x85\xe0\xa4\x85");
        kept[0] = 0;
        fore_whois_keep(kept, name);
        assert_int_equal(fore_utf8_invalid(kept, (int64_t)strlen(kept)), -1);
        assert_int_equal(strlen(kept), letters + (255 - letters) / 3 * 3);
    }
    a_day(w);
    memset(name, 'a', sizeof name);
    strcpy(name + 254, "\xc3\xa9");
    world_begin(w);
    put_abroad(w, "X1", NULL, NULL);
    fore_lead_row person = a_lead("LX1", at(NOW - 60, 9));
    person.name = name;
    person.status = "converted";
    person.closed_at = at(NOW - 40, 9);
    put_lead(w, person);
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 8));
    fore_answer *a = ranked(w, &r);
    assert_true(place_of(a, "X1") >= 0);
    assert_int_equal(fore_utf8_invalid(a->json.bytes, a->json.length), -1);
    fore_answer_free(a);
}

/* 8 to 18 o'clock of both: of the workspace (UTC) and of theirs. */
static void rank__their_clock__holds_the_hour_within_their_day(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "India", NULL);       /* UTC+5:30: 8:00 to 12:29 of ours */
    put_abroad(w, "X2", NULL, "+81 3 1234");  /* UTC+9: 8:00 to 8:59 */
    put_abroad(w, "X3", "New Zealand", NULL); /* UTC+13: never */
    put_abroad(w, "X4", "Germany", NULL);
    for (int k = 0; k < 3; k++) { /* it answers at 15 o'clock of ours: 20:30 there */
        put_event(w, (an_event){.deal = "X1",
                                .rep = "R1",
                                .kind = FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = "answered",
                                .at = at(NOW - 29 + k, 15)});
    }
    put_event(w, (an_event){.deal = "X4", .kind = FORE_DEMO, .due = at(NOW, 19)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 6));
    fore_answer *a = ranked(w, &r);
    int hour[5], minute[5];
    for (int i = 1; i <= 4; i++) {
        char id[8], text[64];
        snprintf(id, sizeof id, "X%d", i);
        int64_t place = place_of(a, id);
        assert_true(place >= 0);
        text_in(a, place, true, "when", text);
        assert_int_equal(sscanf(text, "%d:%d", &hour[i], &minute[i]), 2);
        text_in(a, place, true, "when_theirs", text);
        assert_int_equal(sscanf(text, "%d:%d", &hour[0], &minute[0]), 2);
        if (i < 4) assert_true(hour[0] >= 8 && hour[0] < 18);
        text_in(a, place, true, "time_zone_from", text);
        assert_string_equal(text, i == 2 ? "phone" : "country");
        bool outside = strstr(cell(a, place, WHY)->text, "outside your hours") != NULL;
        assert_true(outside == (i >= 3)); /* a demo promised for 19 o'clock is, too */
    }
    assert_true(hour[1] >= 8 && hour[1] <= 12);
    assert_int_equal(hour[2], 8);
    assert_true(hour[3] >= 19 || hour[3] < 5);
    assert_int_equal(hour[4], 19); /* promised */
    fore_answer_free(a);
}

/* A call planned for an hour in which one of both sleeps, or that is over, moves to the next that
 * suits; the hours of today that are over are not proposed. */
static void rank__planned_for_the_night__moves_to_an_hour_that_suits_and_is_to_come(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "India", NULL);   /* due at 17 of ours: 22:30 there */
    put_abroad(w, "X2", "Germany", NULL); /* overdue since midnight */
    put_abroad(w, "X3", "Germany", NULL); /* due tomorrow at 9 */
    put_abroad(w, "X4", "Germany", NULL); /* due today at 16: 17 there */
    put_event(w, (an_event){.deal = "X1", .kind = FORE_CALL, .due = at(NOW, 17)});
    put_event(w, (an_event){.deal = "X2", .kind = FORE_CALL, .due = at(NOW, 0)});
    put_event(w, (an_event){.deal = "X3", .kind = FORE_CALL, .due = at(NOW + 1, 9)});
    put_event(w, (an_event){.deal = "X4", .kind = FORE_CALL, .due = at(NOW, 16)});
    world_commit(w);
    foresell_rank_request r = request(at(NOW, 15) + FORE_HOUR / 2);
    fore_answer *a = ranked(w, &r);
    assert_true(notes_say(a, "workspace's clock (UTC)"));
    int own = 0;
    for (int64_t i = 0; i < a->grids[0].row_count; i++) {
        const char *when = cell(a, i, WHEN)->text;
        int hour = atoi(strlen(when) > 5 ? when + 4 : when); /* "16:00" or "Thu 09:00" */
        assert_true(hour >= (strlen(when) > 5 ? 8 : 16) && hour < 18);
        if (strcmp(cell(a, i, WHO)->text, "X1") == 0) {
            own++;
            assert_true(strncmp(when, "Thu ", 4) == 0 && hour <= 12);
        }
    }
    assert_int_equal(own, 1);
    assert_string_equal(cell(a, place_of(a, "X2"), WHEN)->text, "16:00");
    assert_string_equal(cell(a, place_of(a, "X3"), WHEN)->text, "Thu 09:00");
    assert_string_equal(cell(a, place_of(a, "X4"), WHEN)->text, "16:00");
    fore_answer_free(a);
}

/* Day 453 is a Saturday: the first day on which both work. */
static void rank__their_weekend__moves_the_hour_to_their_next_day_of_work(void **state)
{
    world *w = *state;
    a_day(w);
    world_begin(w);
    put_abroad(w, "X1", "Germany", NULL);
    put_abroad(w, "X2", "Egypt", NULL); /* rests on Friday and Saturday, works on Sunday */
    world_commit(w);
    const fore_timeline *t = world_timeline(w);
    fore_habits habits;
    fore_habits_read(t, at(NOW + 2, 6), &habits);
    fore_next_step step;
    fore_whois who;
    static const struct {
        const char *id, *when;
        int day;
    } wanted[] = {{"X1", "Mon ", 3}, {"X2", "Mon ", 3}, {"X1", "", 2}};
    habits.weekends = 0;
    for (int i = 0; i < 3; i++) {
        int64_t s = subject_of(w, FORE_SUBJECT_DEAL, wanted[i].id),
                now = at(NOW + wanted[i].day, 6);
        char when[16];
        if (i == 2) habits.weekends = 0.2; /* the team works on weekends */
        fore_next_step_choose(t, &habits, s, now, &step);
        OK(fore_whois_read(&w->c, t, s, &who, e));
        OK(fore_whois_set_hour(&w->c, t, &habits, s, now, &step, false, &who, e));
        fore_whois_when(&w->c, &who, now, when);
        if (strncmp(when, wanted[i].when, strlen(wanted[i].when)) != 0) fail_msg("%s", when);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(rank__names__stand_beside_the_id),
        WITH_WORLD(rank__a_name_too_long__ends_between_characters),
        WITH_WORLD(rank__their_clock__holds_the_hour_within_their_day),
        WITH_WORLD(rank__planned_for_the_night__moves_to_an_hour_that_suits_and_is_to_come),
        WITH_WORLD(rank__their_weekend__moves_the_hour_to_their_next_day_of_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
