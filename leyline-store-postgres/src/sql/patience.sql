-- How long this statement waits for a lock, and the server for a client that takes no more of the answer: neither a row that
-- somebody holds for long nor a process that was stopped amid its answer keeps sessions and locks without end.
patience AS MATERIALIZED (
    SELECT
        set_config('lock_timeout', '10s', TRUE),
        set_config('tcp_user_timeout', '10s', TRUE)
)
