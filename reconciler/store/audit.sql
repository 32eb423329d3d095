-- audit_head --
SELECT entries, hash FROM audit_head

-- add_entry --
INSERT INTO audit (
    number, at, run, step_id, event, action, vault, subject_name, subject_id, revision, actor, epoch, method, path, api,
    body, before_state, after_state, correlation_id, request_id, outcome, code, previous, hash)
VALUES (
    :number, :at, :run, :step_id, :event, :action, :vault, :subject_name, :subject_id, :revision, :actor, :epoch,
    :method, :path, :api, :body, :before_state, :after_state, :correlation_id, :request_id, :outcome, :code, :previous,
    :hash)

-- move_head --
UPDATE audit_head SET entries = :number, hash = :hash

-- last_entry --
-- What was told last of a step, by a run
SELECT number, at, run, step_id, event, action, vault, subject_name, subject_id, revision, actor, epoch, method, path,
    api, body, before_state, after_state, correlation_id, request_id, outcome, code, previous, hash
FROM audit
WHERE run = :run AND step_id = :step_id AND action = :action
ORDER BY number DESC
LIMIT 1

-- sent_since --
-- What another run has sent to a subject, or learned that it was accepted, after so many entries
SELECT number FROM audit
WHERE lower(subject_id) = :subject AND number > :seen AND run <> :run AND event <> 'ended'
LIMIT 1

-- page --
-- Newest first; an empty text asks for all
SELECT number, at, run, step_id, event, action, vault, subject_name, subject_id, revision, actor, epoch, method, path,
    api, body, before_state, after_state, correlation_id, request_id, outcome, code, previous, hash
FROM audit
WHERE number < :before AND (:vault = '' OR vault = :vault) AND (:run = '' OR run = :run)
    AND (:subject = '' OR lower(subject_id) = :subject)
ORDER BY number DESC
LIMIT :limit

-- stretch --
-- As the chain was made, oldest first
SELECT number, at, run, step_id, event, action, vault, subject_name, subject_id, revision, actor, epoch, method, path,
    api, body, before_state, after_state, correlation_id, request_id, outcome, code, previous, hash
FROM audit
WHERE number > :after
ORDER BY number
LIMIT :limit
