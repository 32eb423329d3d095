-- What we remember between runs. Memory, not authority: every row may be lost.
-- Times are ISO 8601 in UTC. A step of which `intended_at` is set and `ended_at` is not may still run in Azure.
CREATE TABLE run (
    id            TEXT PRIMARY KEY,
    began_at      TEXT NOT NULL,
    plan_digest   TEXT NOT NULL,
    config_digest TEXT NOT NULL,
    revision      TEXT,
    complete      INTEGER NOT NULL
) STRICT;

CREATE TABLE step (
    run             TEXT NOT NULL,
    id              TEXT NOT NULL,
    action          TEXT NOT NULL,
    vault           TEXT NOT NULL,
    subject_kind    TEXT NOT NULL,
    subject_name    TEXT NOT NULL,
    subject_id      TEXT NOT NULL,
    reason          TEXT NOT NULL,
    correlation_id  TEXT,
    intended_at     TEXT,
    sends           INTEGER NOT NULL DEFAULT 0,
    outcome         TEXT,
    code            TEXT,
    detail          TEXT,
    ended_at        TEXT,
    operation_url   TEXT,
    operation_kind  TEXT,
    operation_after REAL,
    operation_vanishing INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX step_open ON step (intended_at) WHERE intended_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX step_subject ON step (subject_id, intended_at);

-- A request that undoes what was done only for a while, until it is paid.
CREATE TABLE debt (
    run     TEXT NOT NULL,
    step_id TEXT NOT NULL,
    method  TEXT NOT NULL,
    path    TEXT NOT NULL,
    api     TEXT NOT NULL,
    body    TEXT,
    query   TEXT NOT NULL,
    owed_at TEXT NOT NULL,
    paid_at TEXT,
    PRIMARY KEY (run, step_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX debt_open ON debt (owed_at) WHERE paid_at IS NULL;

-- How much the last complete observation of a scope saw.
CREATE TABLE sizes (
    scope         TEXT PRIMARY KEY,
    vms           INTEGER NOT NULL,
    items         INTEGER NOT NULL,
    remembered_at TEXT NOT NULL
) STRICT;

PRAGMA user_version = 1;
