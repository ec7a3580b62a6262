-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per video and time at which its counts were read.
-- Grain: video_id, collected_at. A second run with the same rows changes nothing: two rows
-- with one key complete each other.
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
    JSON_VALUE(item, '$.section') AS section,
    CAST(JSON_VALUE(item, '$.listings') AS INT64) AS listings
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
  source.listings > 1 OR source.section <> target.section
) THEN UPDATE SET
  views = GREATEST(IFNULL(target.views, source.views), IFNULL(source.views, target.views)),
  likes = GREATEST(IFNULL(target.likes, source.likes), IFNULL(source.likes, target.likes)),
  comments = GREATEST(IFNULL(target.comments, source.comments), IFNULL(source.comments, target.comments)),
  shares = GREATEST(IFNULL(target.shares, source.shares), IFNULL(source.shares, target.shares)),
  saves = GREATEST(IFNULL(target.saves, source.saves), IFNULL(source.saves, target.saves)),
  followers = GREATEST(IFNULL(target.followers, source.followers), IFNULL(source.followers, target.followers)),
  flags = ARRAY(SELECT DISTINCT word FROM UNNEST(ARRAY_CONCAT(target.flags, source.flags)) AS word ORDER BY word),
  section = GREATEST(IFNULL(target.section, source.section), IFNULL(source.section, target.section))
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
