INSERT INTO bench_raw.job (id, kind, owner, priority, max_attempts, params, idempotency_key, request_digest)
SELECT *
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::smallint[], $5::integer[], $6::text[], $7::text[], $8::bytea[])
ON CONFLICT DO NOTHING
RETURNING id, created_at
