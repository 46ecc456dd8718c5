-- Format 2: what people said about the list, and what of it was drawn by lot.

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
