-- An older tick never replaces a newer one.
UPDATE task
SET tick = ?4,
    fraction = ?5,
    done = ?6,
    total = ?7,
    unit = ?8,
    phase = ?9,
    message = ?10
WHERE id = ?1 AND revision = ?2 AND worker = ?3
    AND tick < ?4
