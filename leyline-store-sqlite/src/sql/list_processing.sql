    -- Few are processing among many: they are found by what workers hold.
    AND seq IN (
        SELECT seq
        FROM task INDEXED BY task_held
        WHERE status = 1
    )
