-- One owner's tasks that pass the other filters, among the next $6: behind those the next page goes on, from `edge`.
WITH walk AS MATERIALIZED (
    SELECT detail.id, detail.kind
    FROM leyline.detail
    WHERE detail.owner = $3
        AND detail.id <= $1
    ORDER BY detail.id DESC
    LIMIT $6
),
{list_passing}
