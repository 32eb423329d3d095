-- Small things a daemon remembers between its lives: what it has told people, what it has mended before.
CREATE TABLE note (
    name     TEXT PRIMARY KEY,
    text     TEXT NOT NULL,
    noted_at TEXT NOT NULL
) STRICT;

PRAGMA user_version = 4;
