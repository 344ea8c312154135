jsonb_path_query_array(
        coalesce(detail.history, '[]') || jsonb_build_object(
            'attempt', held.failed_attempt,
            'code', held.code,
            'message', held.failure_message,
            'at', to_char(leyline.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        ),
        '$[last - 31 to last]'
    )
