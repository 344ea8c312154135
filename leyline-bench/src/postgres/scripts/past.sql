-- Pending tasks of the last week, in the order of their ids.
WITH old AS MATERIALIZED (
    SELECT
        (
            lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(hash, 1, 3) || '8' || substr(hash, 4, 15)
        )::uuid AS id,
        at,
        nth
    FROM generate_series({first} + 1, {to}) AS nth
    CROSS JOIN LATERAL (
        SELECT md5(nth::text) AS hash, now() - INTERVAL '7 days' * (1 - nth / {rows}::float8) - INTERVAL '1 hour' AS at
    ) AS made
),
detail AS (
    INSERT INTO {schema}.detail (id, kind, owner, params, request_digest, created_at)
    SELECT
        id, '{kind}', 'owner-' || nth % 100, '{"nth":' || nth || ',"prompt":"a lighthouse at dusk, oil"}',
        sha256(nth::text::bytea), at
    FROM old
)
INSERT INTO {schema}.task (id, kind, status, priority, attempt, max_attempts, rescues, revision, run_at, updated_at, tick)
SELECT id, '{kind}', 0, 5, 0, 3, 0, 1, at + INTERVAL '{delay}', at, 0
FROM old;
