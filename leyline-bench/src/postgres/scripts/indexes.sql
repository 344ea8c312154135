CREATE INDEX job_owner ON bench_raw.job (owner, id);
CREATE INDEX job_kind ON bench_raw.job (kind, id);
CREATE INDEX job_held ON bench_raw.job (worker, id) WHERE status = 1;
CREATE INDEX job_ended ON bench_raw.job (finished_at, id) WHERE status >= 2;
