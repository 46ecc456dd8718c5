/* The finder of columns that know the outcome: every column is measured (leak_measure.c), then the
 * rules of leak.h are gone through, each of which adds a sentence. */
#include "features/leak.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/memory.h"
#include "engine/base/random.h"
#include "features/leak_measure.h"

enum { OPEN_ROWS = 30, LATE_ROWS = 10 };
static const double SURE_BASE = 0.8;   /* above it, sure levels are nothing special */
static const double OPEN_FACTOR = 0.1; /* "a tenth as often" */
static const double OUTCOME_AUC = 0.55, JUDGEMENT_AUC = 0.53, JUDGEMENT_MISSING = 0.2;
static const double ERRORS = 3; /* standard errors that a name's measure must clear */

/* --- the vocabulary of names --- */

typedef struct name_words {
    char text[256]; /* lower-case words, each between blanks: " last notable activity " */
} name_words;

/* Words are runs of letters; a capital after a small letter starts a new one ("LastActivity"). */
static void split_name(const char *name, name_words *words)
{
    size_t n = 0;
    char before = 0;
    words->text[n++] = ' ';
    for (; *name && n + 3 < sizeof words->text; before = *name++) {
        bool upper = *name >= 'A' && *name <= 'Z', lower = *name >= 'a' && *name <= 'z';
        bool letter = upper || lower || (unsigned char)*name > 127;
        bool starts = upper && before >= 'a' && before <= 'z';
        if ((starts || !letter) && words->text[n - 1] != ' ') words->text[n++] = ' ';
        if (letter) words->text[n++] = upper ? (char)(*name + 'a' - 'A') : *name;
    }
    if (words->text[n - 1] != ' ') words->text[n++] = ' ';
    words->text[n] = 0;
}

static bool has_word(const name_words *words, const char *const *list)
{
    char padded[32];
    for (; *list; list++) {
        snprintf(padded, sizeof padded, " %s ", *list);
        if (strstr(words->text, padded)) return true;
    }
    return false;
}

static bool names_outcome(const name_words *w)
{
    static const char *const yes[] = {"outcome", "result",  "won",       "lost",       "closed",
                                      "close",   "closing", "converted", "conversion", "reason",
                                      "paid",    "payment", "invoice",   "contract",   "signed",
                                      "churn",   NULL};
    static const char *const no[] = {"previous", "prior",  "past", "expected", "planned",
                                     "forecast", "method", "type", NULL};
    return has_word(w, yes) && !has_word(w, no);
}

static bool names_judgement(const name_words *w)
{
    static const char *const yes[] = {"tag",         "tags",    "quality",   "rating",
                                      "grade",       "score",   "index",     "profile",
                                      "disposition", "verdict", "qualified", NULL};
    return has_word(w, yes);
}

static bool names_last_state(const name_words *w)
{
    static const char *const last[] = {"last", "latest", "current", "final", NULL};
    static const char *const what[] = {"activity", "action", "contact", "contacted", "call",
                                       "touch",    "email",  "event",   "status",    "stage",
                                       "modified", "update", "updated", NULL};
    static const char *const alone[] = {
        " status ",     " stage ", " disposition ", " lead status ", " lead stage ",
        " deal stage ", NULL};
    if (has_word(w, last) && has_word(w, what)) return true;
    for (const char *const *name = alone; *name; name++)
        if (strcmp(w->text, *name) == 0) return true;
    return false;
}

static bool names_contact_measure(const name_words *w)
{
    static const char *const yes[] = {"duration",  "talk time", "call length",
                                      "call time", "minutes",   NULL};
    return has_word(w, yes);
}

/* --- the rules --- */

typedef struct verdict {
    fore_leak_grade grade;
    fore_text reasons;
} verdict;

static void raise_to(verdict *v, fore_leak_grade grade)
{
    if (v->grade < grade) v->grade = grade;
    if (v->reasons.length) fore_text_putc(&v->reasons, ' ');
}

static void rule_separates(const fore_leak_measures *m, verdict *v)
{
    if (m->auc < FORE_LEAK_AUC_SUSPICIOUS) return;
    raise_to(v, m->auc >= FORE_LEAK_AUC_KNOWS ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "Alone it tells won from lost with an AUC of %.3f.", m->auc);
}

static void rule_sure_levels(const fore_leak_finder *f, const fore_leak_measures *m, verdict *v)
{
    double share = (double)m->sure_won / (double)f->report->won;
    if (m->sure_levels == 0 || share < FORE_LEAK_SURE_SHARE || f->base >= SURE_BASE) return;
    raise_to(v, FORE_LEAK_KNOWS);
    double rate = 100 * (double)m->sure_won / (double)m->sure_rows;
    const char *level = m->sure_level ? m->sure_level : "";
    int fits = (int)fore_utf8_fit(level, 60);
    if (!m->sure_level)
        fore_text_puts(&v->reasons, "A range of its values holds");
    else if (m->sure_levels == 1)
        fore_text_printf(&v->reasons, "Its value '%.*s' holds", fits, level);
    else
        fore_text_printf(&v->reasons, "%lld of its values, such as '%.*s', hold",
                         (long long)m->sure_levels, fits, level);
    fore_text_printf(&v->reasons, " %.0f %% of the won, and of these rows %.0f %% are won.",
                     100 * share, rate);
}

/* At least OPEN_ROWS open rows, and hardly any of them filled. */
static bool is_absent_while_open(const fore_leak_finder *f, const fore_leak_measures *m)
{
    double closed = fmax(m->filled_won, m->filled_lost);
    return f->report->open >= OPEN_ROWS && closed >= FORE_LEAK_CLOSED_FILLED &&
           m->filled_open <= OPEN_FACTOR * closed;
}

/* Filled on the closed, won or lost, far more often than on the open: the closing asks for it. Rows
 * still open at the end of training count as not won, so that its absence would tell. */
static bool is_filled_by_closing(const fore_leak_finder *f, const fore_leak_measures *m)
{
    double more = fmin(m->filled_won, m->filled_lost) - m->filled_open;
    return f->report->open >= OPEN_ROWS && 0.5 + more / 2 >= FORE_LEAK_FILLED_SUSPICIOUS;
}

static void rule_filled(const fore_leak_finder *f, const fore_leak_measures *m, verdict *v)
{
    bool absent = is_absent_while_open(f, m), late = absent || is_filled_by_closing(f, m);
    if (!late && m->auc_filled < FORE_LEAK_FILLED_SUSPICIOUS) return;
    raise_to(v, absent || m->auc_filled >= FORE_LEAK_FILLED_KNOWS ? FORE_LEAK_KNOWS
                                                                  : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "It is filled on %.0f %% of the won and %.0f %% of the lost",
                     100 * m->filled_won, 100 * m->filled_lost);
    if (late) fore_text_printf(&v->reasons, ", but on %.0f %% of the open", 100 * m->filled_open);
    fore_text_putc(&v->reasons, '.');
}

/* A "yes" that hardly any open row has is given by the outcome. Without enough open rows to ask,
 * one that hardly any lost row has is suspicious. */
static void rule_yes(const fore_leak_finder *f, const fore_leak_measures *m, verdict *v)
{
    if (isnan(m->yes_won) || isnan(m->yes_lost)) return;
    double closed = fmax(m->yes_won, m->yes_lost);
    bool can_ask = f->report->open >= OPEN_ROWS;
    bool absent = can_ask && m->yes_open <= OPEN_FACTOR * closed;
    bool only_won = !can_ask && m->yes_lost <= OPEN_FACTOR * m->yes_won;
    if (closed < FORE_LEAK_CLOSED_FILLED || (!absent && !only_won)) return;
    raise_to(v, absent ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "It says yes on %.0f %% of the won and %.0f %% of the lost",
                     100 * m->yes_won, 100 * m->yes_lost);
    if (absent) fore_text_printf(&v->reasons, ", but on %.0f %% of the open", 100 * m->yes_open);
    fore_text_putc(&v->reasons, '.');
}

static void rule_set_late(const fore_leak_finder *f, const fore_leak_measures *m, verdict *v)
{
    if (m->set_late < LATE_ROWS || (double)m->set_late < FORE_LEAK_LATE_SHARE * (double)f->n)
        return;
    raise_to(v, m->auc >= FORE_LEAK_NAME_AUC ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons,
                     "On %.0f %% of the closed its value was set or changed after the closing.",
                     100 * (double)m->set_late / (double)f->n);
}

static void name_verdict(const fore_leak_measures *m, double least, const char *sentence,
                         verdict *v)
{
    if (m->auc < least || m->auc - 0.5 < ERRORS * m->auc_error) return;
    raise_to(v, m->auc >= FORE_LEAK_NAME_KNOWS ? FORE_LEAK_KNOWS : FORE_LEAK_SUSPICIOUS);
    fore_text_printf(&v->reasons, "%s (AUC alone %.3f).", sentence, m->auc);
}

static bool is_often_missing_while_open(const fore_leak_finder *f, const fore_leak_measures *m)
{
    return f->report->open >= OPEN_ROWS && 1 - m->filled_open >= JUDGEMENT_MISSING;
}

static void rule_name(const fore_leak_finder *f, const char *name, const fore_leak_measures *m,
                      verdict *v)
{
    name_words words;
    split_name(name, &words);
    if (names_outcome(&words))
        name_verdict(m, OUTCOME_AUC, "Its name speaks of the outcome, and its values go with it",
                     v);
    bool to_some = m->missing >= JUDGEMENT_MISSING || is_often_missing_while_open(f, m);
    if (names_judgement(&words) && to_some)
        name_verdict(m, JUDGEMENT_AUC,
                     "By its name a judgement, given to some only, and it goes with the outcome",
                     v);
    if (names_last_state(&words))
        name_verdict(
            m, FORE_LEAK_NAME_AUC,
            "By its name a state that is overwritten until the end, so that it holds the end", v);
    if (names_contact_measure(&words))
        name_verdict(m, FORE_LEAK_NAME_AUC,
                     "By its name measured in the contact itself, so not known before it", v);
}

static fore_status judge(const fore_leak_finder *f, const char *name, const fore_leak_measures *m,
                         verdict *v, fore_error *err)
{
    rule_separates(m, v);
    rule_sure_levels(f, m, v);
    rule_filled(f, m, v);
    rule_yes(f, m, v);
    rule_set_late(f, m, v);
    rule_name(f, name, m, v);
    return fore_text_check(&v->reasons, err);
}

/* --- the report --- */

static fore_status find_column(void *context, int64_t column, int worker, fore_error *err)
{
    (void)worker;
    const fore_leak_finder *f = context;
    const fore_frame_column *c = fore_frame_column_at(f->frame, column);
    fore_leak_finding *finding = &f->report->finding[column];
    if (c->type == FORE_COLUMN_EMPTY || f->report->too_few) return FORE_OK;
    fore_leak_measures m = {0};
    verdict v = {0};
    FORE_TRY(fore_leak_measure(f, column, &m, err));
    fore_status status = judge(f, finding->name, &m, &v, err);
    finding->grade = v.grade;
    finding->auc = m.auc;
    finding->auc_filled = m.auc_filled;
    finding->filled_won = m.filled_won;
    finding->filled_lost = m.filled_lost;
    finding->filled_open = m.filled_open;
    finding->reasons =
        v.reasons.bytes ? v.reasons.bytes : ""; /* moved to the arena by keep_texts */
    if (status != FORE_OK) {
        fore_text_free(&v.reasons);
        finding->reasons = "";
    }
    return status;
}

/* Moves the reasons from the heap into the report's arena; frees them all in any case. */
static fore_status keep_texts(fore_leak_report *report, fore_error *err)
{
    fore_status status = FORE_OK;
    for (int64_t j = 0; j < report->columns; j++) {
        fore_leak_finding *finding = &report->finding[j];
        report->knows += finding->grade == FORE_LEAK_KNOWS;
        report->suspicious += finding->grade == FORE_LEAK_SUSPICIOUS;
        if (!*finding->reasons) continue;
        char *kept = fore_arena_string(report->arena, finding->reasons);
        fore_free((void *)finding->reasons);
        finding->reasons = kept ? kept : "";
        if (!kept) status = fore_no_memory(err);
    }
    return status;
}

static fore_status report_new(const fore_frame *frame, fore_leak_report **report, fore_error *err)
{
    fore_leak_report *r = *report = FORE_ZNEW(1, fore_leak_report);
    if (!r) return fore_no_memory(err);
    int64_t columns = fore_frame_columns(frame);
    r->arena = fore_arena_new();
    if (!r->arena) return fore_no_memory(err);
    r->finding = fore_arena_alloc(r->arena, columns, sizeof *r->finding);
    if (!r->finding) return fore_no_memory(err);
    for (int64_t j = 0; j < columns; j++) {
        const char *name = fore_arena_string(r->arena, fore_frame_column_at(frame, j)->name);
        if (!name) return fore_no_memory(err);
        r->finding[j] = (fore_leak_finding){name, FORE_LEAK_CLEAN, NAN, NAN, NAN, NAN, NAN, "", false};
        r->columns++;
    }
    return FORE_OK;
}

static fore_status finder_open(fore_leak_finder *f, fore_error *err)
{
    f->rows = fore_frame_rows(f->frame);
    f->fold = FORE_NEW(f->rows, uint8_t);
    f->closed = FORE_NEW(f->rows, int64_t);
    if (!f->fold || !f->closed) return fore_no_memory(err);
    for (int64_t i = 0; i < f->rows; i++) {
        int64_t group = f->input->group ? f->input->group[i] : i;
        fore_random random = fore_random_new(f->input->seed, (uint64_t)group);
        f->fold[i] = (uint8_t)fore_random_below(&random, FORE_LEAK_FOLDS);
        double label = f->input->label[i];
        if (isinf(label)) continue;
        if (isnan(label))
            f->report->open++;
        else
            f->closed[f->n++] = i;
        f->report->won += label > 0.5;
    }
    f->report->lost = f->n - f->report->won;
    f->report->too_few =
        f->report->won < FORE_LEAK_MIN_CLASS || f->report->lost < FORE_LEAK_MIN_CLASS;
    f->base = f->n ? (double)f->report->won / (double)f->n : NAN;
    return FORE_OK;
}

fore_status fore_leak_find(const fore_frame *frame, const fore_leak_input *input, fore_pool *pool,
                           fore_leak_report **report, fore_error *err)
{
    fore_status status = FORE_OK;
    fore_leak_finder f = {.frame = frame, .input = input};
    *report = NULL;
    FORE_GO(report_new(frame, &f.report, err));
    FORE_GO(finder_open(&f, err));
    fore_status found = fore_pool_run(pool, fore_frame_columns(frame), find_column, &f, err);
    status = keep_texts(f.report, err);
    if (found != FORE_OK) status = found;
    if (status != FORE_OK) goto done;
    *report = f.report;
    f.report = NULL;
done:
    fore_free(f.fold);
    fore_free(f.closed);
    fore_leak_report_free(f.report);
    return status;
}

void fore_leak_report_free(fore_leak_report *report)
{
    if (!report) return;
    fore_arena_free(report->arena);
    fore_free(report);
}

const fore_leak_finding *fore_leak_of(const fore_leak_report *report, const char *name)
{
    for (int64_t j = 0; j < report->columns; j++)
        if (strcmp(report->finding[j].name, name) == 0) return &report->finding[j];
    return NULL;
}

const char *fore_leak_grade_word(fore_leak_grade grade)
{
    static const char *const words[] = {"clean", "suspicious", "knows the outcome"};
    return words[grade];
}
