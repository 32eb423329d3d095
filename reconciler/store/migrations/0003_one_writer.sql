-- Who is the one writer; in which order runs began; and the record of every write.
-- `mark` changes with each renewal: whoever waits for the lease watches it, by a clock of its own.
CREATE TABLE lease (
    single  INTEGER PRIMARY KEY CHECK (single = 1),
    holder  TEXT NOT NULL,
    epoch   INTEGER NOT NULL,
    mark    INTEGER NOT NULL,
    seconds REAL NOT NULL
) STRICT;

INSERT INTO lease (single, holder, epoch, mark, seconds) VALUES (1, '', 0, 0, 0.0);

CREATE TABLE turn (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    number INTEGER NOT NULL
) STRICT;

INSERT INTO turn (single, number) VALUES (1, 0);

-- The configuration in force on a vault, and the first turn under it: whoever has an earlier one is superseded.
CREATE TABLE front (
    vault         TEXT PRIMARY KEY,
    config_digest TEXT NOT NULL,
    since         INTEGER NOT NULL
) STRICT;

-- Only ever added to. `hash` covers all other columns, among them the hash of the entry before.
CREATE TABLE audit (
    number         INTEGER PRIMARY KEY,
    at             TEXT NOT NULL,
    run            TEXT NOT NULL,
    step_id        TEXT NOT NULL,
    event          TEXT NOT NULL,
    action         TEXT NOT NULL,
    vault          TEXT NOT NULL,
    subject_name   TEXT NOT NULL,
    subject_id     TEXT NOT NULL,
    revision       TEXT,
    actor          TEXT NOT NULL,
    epoch          INTEGER NOT NULL,
    method         TEXT NOT NULL,
    path           TEXT NOT NULL,
    api            TEXT NOT NULL,
    body           TEXT,
    before_state   TEXT NOT NULL,
    after_state    TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    request_id     TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    code           TEXT NOT NULL,
    previous       TEXT NOT NULL,
    hash           TEXT NOT NULL
) STRICT;

CREATE INDEX audit_step ON audit (run, step_id, action, number);
CREATE INDEX audit_subject ON audit (lower(subject_id), number);

CREATE TABLE audit_head (
    single  INTEGER PRIMARY KEY CHECK (single = 1),
    entries INTEGER NOT NULL,
    hash    TEXT NOT NULL
) STRICT;

INSERT INTO audit_head (single, entries, hash) VALUES (1, 0, '');

PRAGMA user_version = 3;
