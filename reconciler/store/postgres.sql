-- session --
-- A committed intent survives a crash of the server, whatever is configured there; nobody waits for ever
SELECT set_config('synchronous_commit', 'on', false), set_config('lock_timeout', %(patience)s, false),
    set_config('statement_timeout', '60s', false), set_config('idle_in_transaction_session_timeout', '60s', false)

-- only_looking --
-- Never the other way round: a server may have been set so because its storage is full
SET default_transaction_read_only = on

-- begin --
BEGIN ISOLATION LEVEL READ COMMITTED

-- begin_looking --
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- commit --
COMMIT

-- rollback --
ROLLBACK

-- alone --
-- Until the end of the transaction: those that change something come one after the other, as on SQLite
SELECT pg_advisory_xact_lock(7236270391045)

-- is_there --
-- Not to_regclass: it may answer from before the lock was waited for
SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = 'journal_schema' AND pg_table_is_visible(oid))

-- version --
SELECT version FROM journal_schema

-- first_version --
CREATE TABLE journal_schema (version BIGINT NOT NULL);
INSERT INTO journal_schema (version) VALUES (0);
