UPDATE bench_raw.job
SET status = 2,
    revision = job.revision + 1,
    worker = NULL,
    output = given.output,
    finished_at = now()
FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS given (id, revision, output)
WHERE job.id = given.id
    AND job.revision = given.revision
    AND job.worker = $4
RETURNING job.id
