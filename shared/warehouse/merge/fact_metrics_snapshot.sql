-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per video and time at which its counts were read.
-- Grain: video_id, collected_at. A second run with the same rows changes nothing: of two rows
-- with one key the greater section stays.
MERGE fact_metrics_snapshot AS target
USING (
  SELECT
    JSON_VALUE(item, '$.video_id') AS video_id,
    CAST(JSON_VALUE(item, '$.collected_at') AS TIMESTAMP) AS collected_at,
    CAST(JSON_VALUE(item, '$.views') AS INT64) AS views,
    CAST(JSON_VALUE(item, '$.likes') AS INT64) AS likes,
    CAST(JSON_VALUE(item, '$.comments') AS INT64) AS comments,
    CAST(JSON_VALUE(item, '$.shares') AS INT64) AS shares,
    CAST(JSON_VALUE(item, '$.saves') AS INT64) AS saves,
    CAST(JSON_VALUE(item, '$.followers') AS INT64) AS followers,
    JSON_VALUE_ARRAY(item, '$.flags') AS flags,
    JSON_VALUE(item, '$.section') AS section
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
  WHERE TRUE
  -- MERGE refuses two source rows for one target row, and a redelivery may repeat a row.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY video_id, collected_at
    ORDER BY section DESC
  ) = 1
) AS source
ON
  target.video_id = source.video_id
  AND target.collected_at = source.collected_at
  -- Constant bounds on the partition column keep the scan to the days of the batch.
  AND target.collected_at BETWEEN @first_collected_at AND @last_collected_at
WHEN MATCHED AND (
  source.section > target.section
) THEN UPDATE SET
  views = source.views,
  likes = source.likes,
  comments = source.comments,
  shares = source.shares,
  saves = source.saves,
  followers = source.followers,
  flags = source.flags,
  section = source.section
WHEN NOT MATCHED THEN INSERT (
  video_id,
  collected_at,
  views,
  likes,
  comments,
  shares,
  saves,
  followers,
  flags,
  section
) VALUES (
  source.video_id,
  source.collected_at,
  source.views,
  source.likes,
  source.comments,
  source.shares,
  source.saves,
  source.followers,
  source.flags,
  source.section
)
