-- The fence (invariant 3) stands in the inner statement.
UPDATE detail
SET checkpoint = ?4
WHERE seq = (
        SELECT seq
        FROM task
        WHERE id = ?1 AND revision = ?2 AND worker = ?3
    )
