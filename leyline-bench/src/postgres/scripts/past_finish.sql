-- Each of them has been claimed and finished, and autovacuum has passed: the rows lie where that has put them.
UPDATE {schema}.task
SET status = 1, revision = 2, attempt = 1, worker = id, started_at = run_at
WHERE status = 0;
UPDATE {schema}.task
SET status = 2, revision = 3, worker = NULL, finished_at = run_at, fraction = 1,
    output = '{"value":{"bytes":58,"label":"lighthouse","score":0.93},"artifacts":[]}'
WHERE status = 1;
VACUUM {schema}.task;
