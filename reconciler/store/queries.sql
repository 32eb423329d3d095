-- begin_run --
INSERT INTO run (id, began_at, plan_digest, config_digest, revision, complete)
VALUES (:id, :began_at, :plan_digest, :config_digest, :revision, :complete)

-- add_step --
-- The steps of a plan, and one that is intended though no plan was begun
INSERT INTO step (run, id, action, vault, subject_kind, subject_name, subject_id, reason)
VALUES (:run, :id, :action, :vault, :subject_kind, :subject_name, :subject_id, :reason)
ON CONFLICT (run, id) DO NOTHING

-- intend --
UPDATE step
SET correlation_id = :correlation_id, intended_at = :intended_at, wish = :wish, facts = :facts, sends = sends + 1,
    outcome = NULL, code = NULL,
    detail = NULL, ended_at = NULL, operation_url = NULL, operation_kind = NULL, operation_after = NULL,
    operation_vanishing = 0
WHERE run = :run AND id = :id

-- record_pending --
UPDATE step
SET outcome = 'pending', operation_url = :url, operation_kind = :kind, operation_after = :after,
    operation_vanishing = :vanishing, ended_at = NULL
WHERE run = :run AND id = :id

-- record_end --
UPDATE step
SET outcome = :outcome, code = :code, detail = :detail, ended_at = :ended_at
WHERE run = :run AND id = :id

-- drop_stale_failures --
-- What was counted under other circumstances counts no more
DELETE FROM failure
WHERE step_id = :id AND EXISTS (
    SELECT 1 FROM step
    WHERE step.run = :run AND step.id = :id AND step.wish IS NOT NULL
        AND (step.wish <> failure.wish OR step.facts <> failure.facts)
)

-- add_failure --
INSERT INTO failure (step_id, code, subject_id, action, wish, facts, times, failed_at, due_at, detail, run, sends)
SELECT id, :code, subject_id, :action, wish, facts, 1, :ended_at, :due_at, :detail, run, sends
FROM step
WHERE run = :run AND id = :id AND wish IS NOT NULL
ON CONFLICT (step_id, code) DO UPDATE SET
    times = failure.times + 1, failed_at = excluded.failed_at, due_at = excluded.due_at, detail = excluded.detail,
    action = excluded.action, run = excluded.run, sends = excluded.sends
WHERE failure.run <> excluded.run OR failure.sends <> excluded.sends

-- action_of --
SELECT action FROM step WHERE run = :run AND id = :id

-- failures --
-- Of each step the newest last, so that it is the one that counts
SELECT step_id, subject_id, action, code, times, wish, facts, failed_at, due_at, detail
FROM failure
ORDER BY failed_at, step_id, code

-- forget --
DELETE FROM failure WHERE step_id = :step_id

-- open_operations --
-- What was sent, or was about to be, and has not been seen to end, oldest first
SELECT run, id, action, vault, subject_id, intended_at, operation_url, operation_kind, operation_after,
    operation_vanishing
FROM step
WHERE intended_at IS NOT NULL AND ended_at IS NULL
ORDER BY intended_at, run, id

-- taken --
-- Another run's request on the same subject, of which no end is known
SELECT run FROM step
WHERE intended_at IS NOT NULL AND ended_at IS NULL AND run <> :run AND vault = :vault
    AND lower(subject_id) = :subject
LIMIT 1

-- subject_of --
SELECT vault, subject_name, subject_id FROM step WHERE run = :run AND id = :id

-- next_turn --
UPDATE turn SET number = number + 1 RETURNING number

-- lead --
INSERT INTO front (vault, config_digest, since) VALUES (:vault, :config_digest, :turn)
ON CONFLICT (vault) DO UPDATE SET config_digest = excluded.config_digest, since = excluded.since
WHERE front.config_digest <> excluded.config_digest

-- in_force --
-- The lease's epoch, and the first turn under the configuration in force on the vault
SELECT epoch, COALESCE((SELECT since FROM front WHERE vault = :vault), 0) FROM lease

-- owe --
INSERT INTO debt (run, step_id, method, path, api, body, query, owed_at)
VALUES (:run, :step_id, :method, :path, :api, :body, :query, :owed_at)
ON CONFLICT (run, step_id) DO UPDATE SET paid_at = NULL

-- paid --
UPDATE debt SET paid_at = :paid_at WHERE run = :run AND step_id = :step_id

-- debts --
SELECT debt.run, debt.step_id, COALESCE(step.vault, ''), debt.method, debt.path, debt.api, debt.body, debt.query
FROM debt LEFT JOIN step ON step.run = debt.run AND step.id = debt.step_id
WHERE debt.paid_at IS NULL
ORDER BY debt.owed_at, debt.run, debt.step_id

-- last_sizes --
SELECT vms, items FROM sizes WHERE scope = :scope

-- remember_sizes --
INSERT INTO sizes (scope, vms, items, remembered_at)
VALUES (:scope, :vms, :items, :remembered_at)
ON CONFLICT (scope) DO UPDATE SET vms = excluded.vms, items = excluded.items, remembered_at = excluded.remembered_at

-- note --
INSERT INTO note (name, text, noted_at) VALUES (:name, :text, :noted_at)
ON CONFLICT (name) DO UPDATE SET text = excluded.text, noted_at = excluded.noted_at

-- forget_note --
DELETE FROM note WHERE name = :name

-- notes --
SELECT name, text FROM note WHERE substr(name, 1, length(:prefix)) = :prefix ORDER BY name
