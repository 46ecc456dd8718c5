/* The rules of the next step, each by a small record. */
#include "engine/jobs/next_step.h"

#include "jobs_world.h"

static const int NOW = 100; /* the day of the question */

static fore_next_step step_of(world *w, fore_subject_kind kind, const char *id)
{
    fore_habits habits;
    fore_next_step step;
    const fore_timeline *t = world_timeline(w);
    fore_habits_read(t, at(NOW, 0), &habits);
    fore_next_step_choose(t, &habits, subject_of(w, kind, id), at(NOW, 0), &step);
    return step;
}

/* A lead with a first answered call long ago, so that rules 2 to 5 are silent unless a test speaks.
 */
static void old_lead(world *w)
{
    world_begin(w);
    put_lead(w, a_lead("L1", at(10, 9)));
    put_event(w, (an_event){.lead = "L1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .outcome = "answered",
                            .at = at(50, 11)});
}

static void event(world *w, fore_activity_kind kind, fore_direction direction, int day)
{
    put_event(w, (an_event){.lead = "L1", .kind = kind, .direction = direction, .at = at(day, 15)});
}

static void rule_1__planned_and_due__comes_first(void **state)
{
    world *w = *state;
    old_lead(w);
    event(w, FORE_REPLY, FORE_INBOUND, 99); /* rule 2 would speak */
    put_event(w, (an_event){.lead = "L1", .kind = FORE_DEMO, .due = at(NOW, 14)});
    put_event(w, (an_event){.lead = "L1", .kind = FORE_VISIT, .due = at(NOW + 2, 14)});
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_DEMO);
    assert_true(s.due == at(NOW, 14) && s.urgent);
    assert_string_equal(s.channel, "in person");
    assert_null(strstr(s.why, "overdue"));
}

static void rule_1__overdue__is_said_and_forgotten_after_a_month(void **state)
{
    world *w = *state;
    old_lead(w);
    put_event(w, (an_event){.lead = "L1", .kind = FORE_VISIT, .due = at(NOW - 31, 14)});
    put_event(w, (an_event){.lead = "L1", .kind = FORE_CALL, .due = at(NOW - 2, 14)});
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_CALL);
    assert_true(s.due == at(NOW - 2, 14));
    assert_non_null(strstr(s.why, "overdue"));
}

static void rule_2__they_wrote_last__is_answered_by_their_channel(void **state)
{
    world *w = *state;
    static const struct {
        fore_activity_kind theirs, ours;
    } pair[] = {{FORE_REPLY, FORE_EMAIL},
                {FORE_EMAIL, FORE_EMAIL},
                {FORE_CALL, FORE_CALL},
                {FORE_FORM, FORE_CALL},
                {FORE_MESSAGE, FORE_MESSAGE}};
    old_lead(w);
    world_commit(w);
    for (int i = 0; i < 5; i++) {
        world_begin(w);
        event(w, pair[i].theirs, FORE_INBOUND, 90 + i);
        world_commit(w);
        fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
        assert_int_equal(s.kind, pair[i].ours);
        assert_true(s.urgent && s.due == FORE_NO_TIME);
    }
    world_begin(w);
    event(w, FORE_CALL, FORE_OUTBOUND, 97); /* answered: nobody waits any more */
    world_commit(w);
    assert_false(step_of(w, FORE_SUBJECT_LEAD, "L1").urgent);
}

static void rule_2__a_fortnight_later__is_no_longer_urgent(void **state)
{
    world *w = *state;
    old_lead(w);
    put_event(
        w, (an_event){
               .lead = "L1", .kind = FORE_REPLY, .direction = FORE_INBOUND, .at = at(NOW - 14, 0)});
    world_commit(w);
    assert_false(step_of(w, FORE_SUBJECT_LEAD, "L1").urgent);
}

static void rule_3__never_contacted__is_called_urgently_while_new(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lead(w, a_lead("L1", at(NOW - 4, 9)));
    put_lead(w, a_lead("L2", at(NOW - 1, 9)));
    put_event(w,
              (an_event){.lead = "L2", .kind = FORE_SEND, .at = at(NOW - 1, 10)}); /* mass mail */
    world_commit(w);
    fore_next_step old = step_of(w, FORE_SUBJECT_LEAD, "L1");
    fore_next_step new = step_of(w, FORE_SUBJECT_LEAD, "L2");
    assert_int_equal(old.kind, FORE_CALL);
    assert_int_equal(new.kind, FORE_CALL);
    assert_true(new.urgent && !old.urgent);
    assert_string_equal(new.why, "never contacted");
}

static void rule_4__read_our_mail__is_called(void **state)
{
    world *w = *state;
    old_lead(w);
    event(w, FORE_EMAIL, FORE_OUTBOUND, 80);
    event(w, FORE_OPEN, FORE_INBOUND, 81);
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_CALL);
    assert_non_null(strstr(s.why, "read our mail"));
}

static void three_attempts(world *w, fore_activity_kind kind)
{
    old_lead(w);
    for (int i = 0; i < 3; i++) event(w, kind, FORE_OUTBOUND, 80 + i);
}

static void rule_5__three_calls_without_an_answer__turn_to_mail(void **state)
{
    world *w = *state;
    three_attempts(w, FORE_CALL);
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_EMAIL);
    assert_string_equal(s.channel, "mail");
    assert_non_null(strstr(s.why, "another channel"));
}

static void rule_5__three_mails_without_an_answer__turn_to_the_phone(void **state)
{
    world *w = *state;
    three_attempts(w, FORE_EMAIL);
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").kind, FORE_CALL);
}

static void rule_5__calls_in_vain_and_mail_closed__is_another_channel_still(void **state)
{
    world *w = *state;
    three_attempts(w, FORE_CALL);
    event(w, FORE_UNSUBSCRIBE, FORE_INBOUND, 60);
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_MESSAGE);
    assert_non_null(strstr(s.why, "another channel"));
}

/* "Another channel" is said of no channel that was tried, and the most tried one is never proposed.
 */
static void rule_5__calls_and_mails_in_vain__is_the_one_tried_less(void **state)
{
    world *w = *state;
    three_attempts(w, FORE_CALL);
    event(w, FORE_EMAIL, FORE_OUTBOUND, 90);
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_EMAIL);
    assert_string_equal(s.why, "3 calls, 1 mail without an answer: mail again");
    world_begin(w);
    event(w, FORE_EMAIL, FORE_OUTBOUND, 91);
    event(w, FORE_EMAIL, FORE_OUTBOUND, 92);
    world_commit(w);
    s = step_of(w, FORE_SUBJECT_LEAD, "L1"); /* alike: not that of the last attempt */
    assert_int_equal(s.kind, FORE_CALL);
    assert_string_equal(s.why, "3 calls, 3 mails without an answer: call again");
}

static void rule_6__a_deal_that_moved_on__is_met(void **state)
{
    world *w = *state;
    world_begin(w);
    put_deal(w, a_deal("D1", at(10, 9)));
    put_event(w, (an_event){
                     .deal = "D1", .kind = FORE_REPLY, .direction = FORE_INBOUND, .at = at(60, 9)});
    put_event(w, (an_event){.deal = "D1",
                            .kind = FORE_CALL,
                            .direction = FORE_OUTBOUND,
                            .outcome = "answered",
                            .at = at(61, 9)});
    put_change(w, "D1", at(62, 0), "stage", "a", "b");
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_DEAL, "D1").kind, FORE_CALL);
    world_begin(w);
    put_change(w, "D1", at(NOW, 1), "stage", "b", "c"); /* not yet */
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_DEAL, "D1").kind, FORE_CALL);
    world_begin(w);
    put_change(w, "D1", at(70, 0), "stage", "b", "b2");
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_DEAL, "D1");
    assert_int_equal(s.kind, FORE_MEETING);
    assert_string_equal(s.channel, "in person");
}

static void rule_7__else__by_what_they_answered_most(void **state)
{
    world *w = *state;
    old_lead(w);
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_CALL);
    assert_string_equal(s.why, "answers calls");
    world_begin(w);
    event(w, FORE_REPLY, FORE_INBOUND, 60);
    event(w, FORE_REPLY, FORE_INBOUND, 61);
    event(w, FORE_CALL, FORE_OUTBOUND, 62);
    world_commit(w);
    s = step_of(w, FORE_SUBJECT_LEAD, "L1");
    assert_int_equal(s.kind, FORE_EMAIL);
    assert_string_equal(s.why, "answers mails");
}

static void mail__is_never_proposed_to_who_opted_out(void **state)
{
    world *w = *state;
    world_begin(w);
    fore_lead_row row = a_lead("L1", at(10, 9));
    row.mail_opt_out = 1;
    put_lead(w, row);
    for (int i = 0; i < 6; i++) event(w, FORE_REPLY, FORE_INBOUND, 60 + i);
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").kind, FORE_CALL); /* rule 3 */
    world_begin(w);
    event(w, FORE_CALL, FORE_OUTBOUND, 70);
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").kind, FORE_CALL); /* rule 7 */
    world_begin(w);
    event(w, FORE_REPLY, FORE_INBOUND, 95);
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").kind, FORE_CALL); /* rule 2 */
    world_begin(w);
    put_event(w, (an_event){.lead = "L1", .kind = FORE_SEND, .due = at(NOW, 10)});
    world_commit(w);
    fore_next_step s = step_of(w, FORE_SUBJECT_LEAD, "L1"); /* rule 1 */
    assert_int_equal(s.kind, FORE_CALL);
    assert_non_null(strstr(s.why, "opted out"));
}

static void cancelled__is_no_contact(void **state)
{
    world *w = *state;
    world_begin(w);
    put_lead(w, a_lead("L1", at(10, 9)));
    put_event(w, (an_event){.lead = "L1",
                            .kind = FORE_MEETING,
                            .direction = FORE_INBOUND,
                            .outcome = "cancelled",
                            .at = at(99, 9)});
    world_commit(w);
    int64_t out, in;
    fore_last_contacts(world_timeline(w), 0, at(NOW, 0), &out, &in);
    assert_true(out == FORE_NO_TIME && in == FORE_NO_TIME);
    assert_string_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").why, "never contacted");
}

static void last_contacts__are_those_before_the_moment(void **state)
{
    world *w = *state;
    old_lead(w);
    event(w, FORE_EMAIL, FORE_OUTBOUND, 60);
    event(w, FORE_REPLY, FORE_INBOUND, 61);
    event(w, FORE_CALL, FORE_OUTBOUND, NOW);
    event(w, FORE_CALL, FORE_INBOUND, NOW + 1);
    world_commit(w);
    int64_t out, in;
    fore_last_contacts(world_timeline(w), 0, at(NOW, 0), &out, &in);
    assert_true(out == at(60, 15) && in == at(61, 15));
}

static void hour__is_theirs_after_three_answers_else_the_teams(void **state)
{
    world *w = *state;
    old_lead(w);
    put_lead(w, a_lead("L2", at(10, 9)));
    for (int i = 0; i < 5; i++) /* the team is answered at 16, in bed at 3 */
        put_event(w, (an_event){.lead = "L2",
                                .kind = FORE_REPLY,
                                .direction = FORE_INBOUND,
                                .at = at(60 + i, i < 3 ? 16 : 3)});
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").hour, 16);
    world_begin(w);
    for (int i = 0; i < 2; i++)
        put_event(w, (an_event){.lead = "L1",
                                .kind = FORE_CALL,
                                .direction = FORE_OUTBOUND,
                                .outcome = "answered",
                                .at = at(51 + i, 11)});
    world_commit(w);
    assert_int_equal(step_of(w, FORE_SUBJECT_LEAD, "L1").hour, 11);
}

static void habits__minutes__are_measured_once_there_are_enough(void **state)
{
    world *w = *state;
    fore_habits habits;
    world_begin(w);
    put_lead(w, a_lead("L1", at(0, 9)));
    for (int i = 0; i < 29; i++)
        put_event(w,
                  (an_event){.lead = "L1", .kind = FORE_CALL, .at = at(1 + i, 9), .minutes = 20});
    world_commit(w);
    fore_habits_read(world_timeline(w), at(NOW, 0), &habits);
    double assumed = habits.minutes[FORE_CALL];
    assert_true(assumed != 20);
    world_begin(w);
    put_event(w, (an_event){.lead = "L1", .kind = FORE_CALL, .at = at(31, 9), .minutes = 50});
    put_event(w, (an_event){.lead = "L1", .kind = FORE_CALL, .at = at(NOW, 0), .minutes = 500});
    world_commit(w);
    fore_habits_read(world_timeline(w), at(NOW, 0), &habits);
    assert_true(fabs(habits.minutes[FORE_CALL] - 21) < 1e-9); /* (29 x 20 + 50) / 30 */
    fore_habits_read(world_timeline(w), at(31, 9), &habits);
    assert_true(habits.minutes[FORE_CALL] == assumed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORLD(rule_1__planned_and_due__comes_first),
        WITH_WORLD(rule_1__overdue__is_said_and_forgotten_after_a_month),
        WITH_WORLD(rule_2__they_wrote_last__is_answered_by_their_channel),
        WITH_WORLD(rule_2__a_fortnight_later__is_no_longer_urgent),
        WITH_WORLD(rule_3__never_contacted__is_called_urgently_while_new),
        WITH_WORLD(rule_4__read_our_mail__is_called),
        WITH_WORLD(rule_5__three_calls_without_an_answer__turn_to_mail),
        WITH_WORLD(rule_5__three_mails_without_an_answer__turn_to_the_phone),
        WITH_WORLD(rule_5__calls_in_vain_and_mail_closed__is_another_channel_still),
        WITH_WORLD(rule_5__calls_and_mails_in_vain__is_the_one_tried_less),
        WITH_WORLD(rule_6__a_deal_that_moved_on__is_met),
        WITH_WORLD(rule_7__else__by_what_they_answered_most),
        WITH_WORLD(mail__is_never_proposed_to_who_opted_out),
        WITH_WORLD(cancelled__is_no_contact),
        WITH_WORLD(last_contacts__are_those_before_the_moment),
        WITH_WORLD(hour__is_theirs_after_three_answers_else_the_teams),
        WITH_WORLD(habits__minutes__are_measured_once_there_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
