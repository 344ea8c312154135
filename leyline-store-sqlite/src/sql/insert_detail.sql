INSERT INTO detail (seq, params, input, request_digest, trace_context)
VALUES (last_insert_rowid(), ?1, ?2, ?3, ?4)
