-- An older counter never replaces a newer one. The settings hold for this transaction: a beat may be lost in a crash, and a
-- session that falls silent amid one must not keep its locks.
WITH setting AS MATERIALIZED (
    SELECT
        set_config('synchronous_commit', 'off', TRUE),
        set_config('idle_in_transaction_session_timeout', '10s', TRUE)
)
INSERT INTO leyline.worker (id, counter, period, started_at, beat_at)
SELECT $1, $2, $3, leyline.now(), leyline.now()
FROM setting
ON CONFLICT (id) DO UPDATE
SET counter = excluded.counter,
    period = excluded.period,
    beat_at = excluded.beat_at
WHERE excluded.counter > worker.counter
