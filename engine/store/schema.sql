-- The workspace of foresell: the history, the models, the results. One SQLite file.
--
-- Conventions: `pk` is the internal integer key, `id` the key that the user's files carry. Times are
-- microseconds since 1970-01-01T00:00:00Z (`*_at`, `at`); dates are days since 1970-01-01 (`*_on`);
-- money is in hundredths of the row's currency unit (`*_minor`). NULL = unknown.
--
-- A reference to an id that has not arrived yet makes a placeholder row with known = 0, so that
-- foreign keys always hold; when the row itself arrives it is filled in and known becomes 1.
-- A placeholder that is still referenced after an import is a dangling reference.
--
-- Checks are written with OR: for IN, SQLite builds a table anew for every row.
--
-- `attributes` is one flat JSON object of strings, {"City":"Pune"}: the columns that foresell has no
-- name for, in the order of the file.

CREATE TABLE setting (               -- zone, fiscal year start, won and lost stages, ...
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- history ------------------------------------------------------------------------------------------

CREATE TABLE rep (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    name TEXT, team TEXT, region TEXT, manager INTEGER REFERENCES rep(pk),
    hours_per_week REAL, hourly_cost_minor INTEGER, active_from_on INTEGER, active_to_on INTEGER,
    attributes TEXT
) STRICT;

CREATE TABLE account (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    name TEXT, industry TEXT, employees REAL, annual_revenue_minor INTEGER, country TEXT, region TEXT,
    owner INTEGER REFERENCES rep(pk), created_at INTEGER, attributes TEXT
) STRICT;

CREATE TABLE contact (               -- only a link: activities reach leads and deals through it
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    account INTEGER REFERENCES account(pk), owner INTEGER REFERENCES rep(pk), created_at INTEGER
) STRICT;

CREATE TABLE campaign (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    name TEXT, channel TEXT, started_at INTEGER, ended_at INTEGER, cost_minor INTEGER
) STRICT;

CREATE TABLE product (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    name TEXT, category TEXT, list_price_minor INTEGER, attributes TEXT
) STRICT;

CREATE TABLE lead (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    account INTEGER REFERENCES account(pk), contact INTEGER REFERENCES contact(pk),
    name TEXT, email TEXT, phone TEXT, title TEXT, source TEXT,
    campaign INTEGER REFERENCES campaign(pk), owner INTEGER REFERENCES rep(pk),
    created_at INTEGER, status TEXT, closed_at INTEGER, deal INTEGER REFERENCES deal(pk),
    do_not_contact INTEGER NOT NULL DEFAULT 0, mail_opt_out INTEGER NOT NULL DEFAULT 0,
    attributes TEXT
) STRICT;                            -- status: new working qualified converted disqualified lost

CREATE TABLE deal (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, known INTEGER NOT NULL DEFAULT 0,
    lead INTEGER REFERENCES lead(pk), account INTEGER REFERENCES account(pk),
    contact INTEGER REFERENCES contact(pk), owner INTEGER REFERENCES rep(pk),
    product INTEGER REFERENCES product(pk), campaign INTEGER REFERENCES campaign(pk),
    name TEXT, stage TEXT, source TEXT, amount_minor INTEGER, currency TEXT,
    created_at INTEGER, expected_close_on INTEGER, closed_at INTEGER,
    outcome TEXT NOT NULL DEFAULT 'open' CHECK (outcome = 'open' OR outcome = 'won' OR outcome = 'lost'),
    lost_reason TEXT, attributes TEXT
) STRICT;
CREATE INDEX deal_contact ON deal(contact) WHERE contact IS NOT NULL;

CREATE TABLE deal_change (
    deal INTEGER NOT NULL REFERENCES deal(pk), at INTEGER NOT NULL, field TEXT NOT NULL,
    old TEXT, new TEXT,
    PRIMARY KEY (deal, at, field)
) STRICT, WITHOUT ROWID;             -- field: stage amount expected_close_at owner_id outcome, or an attribute

-- kind and direction are the numbers of fore_activity_kind and fore_direction (store.h).
-- A planned activity has due_at and no at. contact_link = 1: lead or deal was found through the contact.
CREATE TABLE activity (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL,
    at INTEGER, due_at INTEGER, kind INTEGER NOT NULL, direction INTEGER NOT NULL DEFAULT 0,
    rep INTEGER REFERENCES rep(pk), lead INTEGER REFERENCES lead(pk), deal INTEGER REFERENCES deal(pk),
    account INTEGER REFERENCES account(pk), contact INTEGER REFERENCES contact(pk),
    campaign INTEGER REFERENCES campaign(pk), minutes REAL, outcome TEXT,
    contact_link INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX activity_id ON activity(id);  -- dropped and rebuilt by the first big import

CREATE TABLE sale (                  -- orders.csv ("order" is a word of SQL)
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    account INTEGER REFERENCES account(pk), at INTEGER, product INTEGER REFERENCES product(pk),
    quantity REAL, amount_minor INTEGER, currency TEXT, deal INTEGER REFERENCES deal(pk)
) STRICT;

CREATE TABLE ticket (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    account INTEGER REFERENCES account(pk), lead INTEGER REFERENCES lead(pk),
    opened_at INTEGER, closed_at INTEGER, priority TEXT, satisfaction REAL
) STRICT;

CREATE TABLE target (
    scope TEXT NOT NULL, scope_id TEXT NOT NULL DEFAULT '', period_start_on INTEGER NOT NULL,
    period_end_on INTEGER NOT NULL, amount_minor INTEGER NOT NULL,
    PRIMARY KEY (scope, scope_id, period_start_on, period_end_on)
) STRICT, WITHOUT ROWID;

-- imports ------------------------------------------------------------------------------------------

CREATE TABLE import_run (
    pk INTEGER PRIMARY KEY, started_at INTEGER NOT NULL, format TEXT NOT NULL, paths TEXT NOT NULL,
    rows_read INTEGER NOT NULL, rows_new INTEGER NOT NULL, rows_changed INTEGER NOT NULL,
    rows_same INTEGER NOT NULL, rows_rejected INTEGER NOT NULL
) STRICT;

CREATE TABLE reject (
    run INTEGER NOT NULL REFERENCES import_run(pk), file TEXT NOT NULL, line INTEGER NOT NULL,
    column_name TEXT, value TEXT, reason TEXT NOT NULL
) STRICT;

-- models and results -------------------------------------------------------------------------------

CREATE TABLE model (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, -- "lead-20240331-3f2a"
    purpose TEXT NOT NULL,           -- lead, deal, hazard, respond, ...
    created_at INTEGER NOT NULL, as_of INTEGER NOT NULL, seed INTEGER NOT NULL,
    learner TEXT NOT NULL,           -- logistic, additive, elastic-net, trees, ...
    fingerprint TEXT NOT NULL,       -- of the history it saw
    metrics TEXT NOT NULL,           -- JSON: measured quality on the newest window
    state TEXT NOT NULL CHECK (state = 'candidate' OR state = 'published' OR state = 'refused'),
    note TEXT,                       -- why it was refused, in words
    body BLOB NOT NULL               -- packed JSON; fore_unpack
) STRICT;

CREATE TABLE publication (           -- the newest row of a purpose answers; older rows allow rollback
    pk INTEGER PRIMARY KEY, purpose TEXT NOT NULL, model INTEGER NOT NULL REFERENCES model(pk),
    at INTEGER NOT NULL, reason TEXT NOT NULL
) STRICT;

CREATE TABLE score (
    subject_kind INTEGER NOT NULL,   -- fore_subject_kind: 0 lead, 1 deal
    subject INTEGER NOT NULL,        -- pk of the lead or deal
    as_of INTEGER NOT NULL, model INTEGER NOT NULL REFERENCES model(pk),
    probability REAL NOT NULL, lo REAL NOT NULL, hi REAL NOT NULL,
    parts TEXT NOT NULL,             -- JSON: contributions in log-odds by feature, and their values
    PRIMARY KEY (subject_kind, subject, as_of, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE answer (                -- forecasts, effort answers, check reports, backtests: as JSON
    pk INTEGER PRIMARY KEY, kind TEXT NOT NULL, as_of INTEGER NOT NULL, made_at INTEGER NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX answer_kind ON answer(kind, made_at);

CREATE TABLE job_run (               -- nightly: which step of which night is done
    pk INTEGER PRIMARY KEY, job TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
    step TEXT NOT NULL, state TEXT NOT NULL, report TEXT
) STRICT;

-- the list: what people said of it, what was drawn ---------------------------------------------------

CREATE TABLE feedback (              -- "not this one, because"
    pk INTEGER PRIMARY KEY, subject_kind INTEGER NOT NULL, subject INTEGER NOT NULL,
    at INTEGER NOT NULL,             -- the moment of the list that it was said of
    until_at INTEGER,                -- comes back then; NULL: when something happens
    because TEXT NOT NULL, taken_back_at INTEGER
) STRICT;
CREATE INDEX feedback_subject ON feedback(subject_kind, subject, at);

CREATE TABLE listed (                -- the day's list, where a share of it was drawn by lot
    day_on INTEGER NOT NULL, subject_kind INTEGER NOT NULL, subject INTEGER NOT NULL,
    as_of INTEGER NOT NULL, seed INTEGER NOT NULL, place INTEGER NOT NULL,
    drawn INTEGER NOT NULL,          -- 1: by lot; 0: by its worth
    draw_chance REAL NOT NULL,       -- of being drawn that day, whether it was or not
    PRIMARY KEY (day_on, subject_kind, subject)
) STRICT, WITHOUT ROWID;

-- the forecast: what it said day by day, what people said instead ------------------------------------

CREATE TABLE forecast_snapshot (     -- one a night and kind of period; older ones are thinned to one a week
    kind TEXT NOT NULL,              -- "month", "quarter"
    day_on INTEGER NOT NULL, as_of INTEGER NOT NULL,
    body BLOB NOT NULL,              -- packed JSON: periods, and every open or won deal of them
    PRIMARY KEY (kind, day_on)
) STRICT, WITHOUT ROWID;

CREATE TABLE adjustment (            -- a person's figure beside the model's
    pk INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    period_start_on INTEGER NOT NULL, period_end_on INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL, unit TEXT NOT NULL, rates TEXT NOT NULL, -- currency, hash of the rates
    who TEXT NOT NULL, because TEXT NOT NULL,
    model_mean REAL NOT NULL, model_lo80 REAL NOT NULL, model_hi80 REAL NOT NULL, -- what it said then
    taken_back_at INTEGER
) STRICT;
