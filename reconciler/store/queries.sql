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
SET correlation_id = :correlation_id, intended_at = :intended_at, sends = sends + 1, outcome = NULL, code = NULL,
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

-- open_operations --
-- What was sent, or was about to be, and has not been seen to end, oldest first
SELECT run, id, action, vault, subject_id, operation_url, operation_kind, operation_after, operation_vanishing
FROM step
WHERE intended_at IS NOT NULL AND ended_at IS NULL
ORDER BY intended_at, run, id

-- owe --
INSERT INTO debt (run, step_id, method, path, api, body, query, owed_at)
VALUES (:run, :step_id, :method, :path, :api, :body, :query, :owed_at)
ON CONFLICT (run, step_id) DO UPDATE SET paid_at = NULL

-- paid --
UPDATE debt SET paid_at = :paid_at WHERE run = :run AND step_id = :step_id

-- debts --
SELECT run, step_id, method, path, api, body, query
FROM debt
WHERE paid_at IS NULL
ORDER BY owed_at, run, step_id

-- last_sizes --
SELECT vms, items FROM sizes WHERE scope = :scope

-- remember_sizes --
INSERT INTO sizes (scope, vms, items, remembered_at)
VALUES (:scope, :vms, :items, :remembered_at)
ON CONFLICT (scope) DO UPDATE SET vms = excluded.vms, items = excluded.items, remembered_at = excluded.remembered_at
