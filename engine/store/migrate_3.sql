-- Format 3: what the forecast said day by day, and what people said instead.

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
