-- Tasks and workers. Ids are 16 bytes, times are microseconds since 1970 by the store's clock, and a status is its code:
-- 0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled.

-- What changes while a task lives. Its row stays small, so that a change of status or of progress writes little.
CREATE TABLE task (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (octet_length(kind) BETWEEN 1 AND 64),
    owner TEXT NOT NULL CHECK (octet_length(owner) <= 255),
    status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 4),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    max_attempts INTEGER NOT NULL CHECK (max_attempts >= 1),
    rescues INTEGER NOT NULL CHECK (rescues >= 0),
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
    run_at INTEGER NOT NULL,
    worker BLOB CHECK (length(worker) = 16),
    tick INTEGER NOT NULL CHECK (tick >= 0),
    fraction REAL,
    done INTEGER,
    total INTEGER,
    unit TEXT,
    phase TEXT,
    message TEXT,
    output TEXT,
    failure TEXT,
    idempotency_key TEXT CHECK (octet_length(idempotency_key) BETWEEN 1 AND 255),
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER,
    updated_at INTEGER NOT NULL,
    CONSTRAINT held_while_processing CHECK ((worker IS NOT NULL) = (status = 1)),
    CONSTRAINT started_when_claimed CHECK (started_at IS NOT NULL OR status IN (0, 4)),
    CONSTRAINT finished_when_terminal CHECK ((finished_at IS NOT NULL) = (status >= 2)),
    CONSTRAINT output_when_completed CHECK ((output IS NOT NULL) = (status = 2)),
    CONSTRAINT failure_when_failed CHECK ((failure IS NOT NULL) = (status = 3))
) STRICT;

-- What is large and seldom written.
CREATE TABLE detail (
    seq INTEGER PRIMARY KEY REFERENCES task (seq) ON DELETE CASCADE,
    params TEXT NOT NULL,
    input TEXT,
    checkpoint TEXT,
    history TEXT,
    request_digest BLOB NOT NULL CHECK (length(request_digest) = 32),
    trace_context TEXT CHECK (octet_length(trace_context) <= 255)
) STRICT;

-- A whole task, in the order in which `row.rs` reads it.
CREATE VIEW task_row AS
SELECT
    task.id,
    task.kind,
    task.owner,
    task.status,
    task.revision,
    task.attempt,
    task.max_attempts,
    detail.params,
    detail.input,
    task.tick,
    task.fraction,
    task.done,
    task.total,
    task.unit,
    task.phase,
    task.message,
    detail.checkpoint,
    task.output,
    task.failure,
    detail.history,
    task.priority,
    task.run_at,
    task.worker,
    task.rescues,
    task.idempotency_key,
    detail.request_digest,
    detail.trace_context,
    task.created_at,
    task.started_at,
    task.finished_at,
    task.updated_at,
    task.seq
FROM task
JOIN detail ON detail.seq = task.seq;

CREATE TABLE worker (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    counter INTEGER NOT NULL CHECK (counter >= 0),
    period INTEGER NOT NULL CHECK (period >= 0),
    started_at INTEGER NOT NULL,
    beat_at INTEGER NOT NULL
) STRICT;

-- One owner's key is used once. The owner is never NULL, so nobody's keys are unique too.
CREATE UNIQUE INDEX task_key ON task (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- What can be claimed. `rescues` lets a claim pass over suspects without a look at the row.
CREATE INDEX task_ready ON task (kind, priority, run_at, id, rescues) WHERE status = 0;

-- What a worker holds: beats, rescues and running counts.
CREATE INDEX task_held ON task (worker, id, revision, kind) WHERE status = 1;

-- What ended, by time: prune and stats.
CREATE INDEX task_ended ON task (finished_at, id, status, kind) WHERE finished_at IS NOT NULL;

-- Lists: one owner's tasks, one kind's, and one status's. A partial index for each status, because a change of status then
-- writes one entry where one index on (status, id) would have to move it; `task_held` serves those that are processing.
CREATE INDEX task_owner ON task (owner, id);
CREATE INDEX task_kind ON task (kind, id);
CREATE INDEX task_pending ON task (id) WHERE status = 0;
CREATE INDEX task_completed ON task (id) WHERE status = 2;
CREATE INDEX task_failed ON task (id) WHERE status = 3;
CREATE INDEX task_cancelled ON task (id) WHERE status = 4;
