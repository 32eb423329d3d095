-- How often a step was tried in vain under the same circumstances: one row for each code it ended with.
-- `run` and `sends` name the request that was counted last, so that telling of it twice counts once.
ALTER TABLE step ADD COLUMN wish TEXT;
ALTER TABLE step ADD COLUMN facts TEXT;

CREATE TABLE failure (
    step_id    TEXT NOT NULL,
    code       TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    wish       TEXT NOT NULL,
    facts      TEXT NOT NULL,
    times      INTEGER NOT NULL,
    failed_at  TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    detail     TEXT NOT NULL,
    run        TEXT NOT NULL,
    sends      INTEGER NOT NULL,
    PRIMARY KEY (step_id, code)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 2;
