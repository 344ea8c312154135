-- Sends payloads to a channel. Nobody waits for the disk: they are hints, and what they tell of is committed already.
WITH relaxed AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', TRUE)
)
SELECT pg_notify($1, given.payload)
FROM relaxed
CROSS JOIN unnest($2::text[]) AS given (payload)
