-- An older counter never replaces a newer one. The settings hold for this transaction: a beat may be lost in a crash, and the
-- server gives one up when its worker does, after a period: one that waits for a lock, and one that holds locks while its worker
-- has fallen silent.
WITH patience (ms) AS (
    SELECT greatest(extract(epoch FROM least($3, INTERVAL '10 s')) * 1000, 1)::integer::text
),
setting AS MATERIALIZED (
    SELECT
        set_config('synchronous_commit', 'off', TRUE),
        set_config('lock_timeout', ms, TRUE),
        set_config('idle_in_transaction_session_timeout', ms, TRUE)
    FROM patience
)
INSERT INTO leyline.worker (id, counter, period, started_at, beat_at)
SELECT $1, $2, $3, leyline.now(), leyline.now()
FROM setting
ON CONFLICT (id) DO UPDATE
SET counter = excluded.counter,
    period = excluded.period,
    beat_at = excluded.beat_at
WHERE excluded.counter > worker.counter
