-- Tasks and workers. What is in an index is compared byte by byte (collation C), so that no change of a system library's sorting
-- spoils it. A status is its code: 0 pending, 1 processing, 2 completed, 3 failed, 4 cancelled.

-- The store's clock, in one place. Nothing else is asked for the time.
CREATE FUNCTION leyline.now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS 'SELECT pg_catalog.now()';

-- What changes while a task lives. Its row stays small, and what beats change is in no index, so that a beat's update stays on
-- its page (HOT): the room for that is what the fill factor leaves.
CREATE TABLE leyline.task (
    id uuid PRIMARY KEY,
    kind text COLLATE "C" NOT NULL CHECK (octet_length(kind) BETWEEN 1 AND 64),
    status smallint NOT NULL CHECK (status BETWEEN 0 AND 4),
    priority smallint NOT NULL CHECK (priority BETWEEN 0 AND 9),
    attempt integer NOT NULL CHECK (attempt >= 0),
    max_attempts integer NOT NULL CHECK (max_attempts >= 1),
    rescues integer NOT NULL CHECK (rescues >= 0),
    revision bigint NOT NULL CHECK (revision >= 1),
    run_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    updated_at timestamptz NOT NULL,
    worker uuid,
    tick bigint NOT NULL CHECK (tick >= 0),
    fraction double precision,
    done bigint,
    total bigint,
    unit text,
    phase text,
    message text,
    output text,
    failure text,
    CONSTRAINT held_while_processing CHECK ((worker IS NOT NULL) = (status = 1)),
    CONSTRAINT started_when_claimed CHECK (started_at IS NOT NULL OR status IN (0, 4)),
    CONSTRAINT finished_when_terminal CHECK ((finished_at IS NOT NULL) = (status >= 2)),
    CONSTRAINT output_when_completed CHECK ((output IS NOT NULL) = (status = 2)),
    CONSTRAINT failure_when_failed CHECK ((failure IS NOT NULL) = (status = 3))
) WITH (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_insert_scale_factor = 0.1
);

-- What is large, and what never changes: a claim and its end leave it alone, and so the indexes of lists and keys cost them
-- nothing. Each task has exactly one such row, written and removed by the same statement; a foreign key would look at every row
-- once more to say so.
CREATE TABLE leyline.detail (
    id uuid PRIMARY KEY,
    kind text COLLATE "C" NOT NULL,
    owner text COLLATE "C" NOT NULL CHECK (octet_length(owner) <= 255),
    params text NOT NULL,
    input text,
    checkpoint text,
    history jsonb,
    idempotency_key text COLLATE "C" CHECK (octet_length(idempotency_key) BETWEEN 1 AND 255),
    request_digest bytea NOT NULL CHECK (octet_length(request_digest) = 32),
    trace_context text CHECK (octet_length(trace_context) <= 255),
    created_at timestamptz NOT NULL
);

CREATE TABLE leyline.worker (
    id uuid PRIMARY KEY,
    counter bigint NOT NULL CHECK (counter >= 0),
    period interval NOT NULL,
    started_at timestamptz NOT NULL,
    beat_at timestamptz NOT NULL
) WITH (
    fillfactor = 50
);

-- One owner's key is used once. The owner is never NULL, so nobody's keys are unique too.
CREATE UNIQUE INDEX detail_key ON leyline.detail (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Lists of one owner's and of one kind's tasks.
CREATE INDEX detail_owner ON leyline.detail (owner, id);
CREATE INDEX detail_kind ON leyline.detail (kind, id);

-- What can be claimed: each priority of each kind from its earliest task, so that what is delayed, and what this worker does
-- not serve, lies elsewhere.
CREATE INDEX task_ready ON leyline.task (kind, priority, run_at, id) WHERE status = 0;

-- The few among them that were freed from a dead worker: a claim takes suspects apart.
CREATE INDEX task_freed ON leyline.task (kind, rescues, priority DESC, run_at, id) WHERE status = 0 AND rescues > 0;

-- What a worker holds: beats, rescues and the running counts.
CREATE INDEX task_held ON leyline.task (worker, id) WHERE status = 1;

-- What ended, by time: prune and stats.
CREATE INDEX task_ended ON leyline.task (finished_at, id) INCLUDE (status, kind) WHERE status >= 2;

-- Lists of failed and cancelled tasks, which are rare among the completed ones.
CREATE INDEX task_failed ON leyline.task (id) WHERE status = 3;
CREATE INDEX task_cancelled ON leyline.task (id) WHERE status = 4;
