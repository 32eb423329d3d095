-- write_ahead --
PRAGMA journal_mode = WAL

-- durable --
-- A committed intent survives the loss of power
PRAGMA synchronous = FULL

-- foreign_text --
-- The file is data: functions and views in it must not run anything
PRAGMA trusted_schema = OFF

-- health --
PRAGMA quick_check(1)

-- version --
PRAGMA user_version

-- begin --
BEGIN IMMEDIATE

-- begin_looking --
BEGIN

-- commit --
COMMIT

-- rollback --
ROLLBACK
