-- An older counter never replaces a newer one.
INSERT INTO worker (id, counter, period, started_at, beat_at)
VALUES (?1, ?2, ?3, ?4, ?4)
ON CONFLICT (id) DO UPDATE
SET counter = excluded.counter,
    period = excluded.period,
    beat_at = excluded.beat_at
WHERE excluded.counter > worker.counter
