-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per video listed or uploaded.
-- Grain: video_id. A second run with the same rows changes nothing: a row replaces
-- another only if it is newer, or equally new with the greater section.
MERGE dim_video AS target
USING (
  SELECT
    JSON_VALUE(item, '$.video_id') AS video_id,
    JSON_VALUE(item, '$.user_key') AS user_key,
    JSON_VALUE(item, '$.source') AS source,
    JSON_VALUE(item, '$.collection') AS collection,
    JSON_VALUE(item, '$.url') AS url,
    JSON_VALUE(item, '$.caption') AS caption,
    JSON_VALUE_ARRAY(item, '$.hashtags') AS hashtags,
    JSON_VALUE(item, '$.region_code') AS region_code,
    JSON_VALUE(item, '$.language') AS language,
    JSON_VALUE(item, '$.caption_language') AS caption_language,
    CAST(JSON_VALUE(item, '$.created_at') AS TIMESTAMP) AS created_at,
    CAST(JSON_VALUE(item, '$.duration_s') AS FLOAT64) AS duration_s,
    JSON_VALUE(item, '$.music_id') AS music_id,
    CAST(JSON_VALUE(item, '$.synthetic') AS BOOL) AS synthetic,
    CAST(JSON_VALUE(item, '$.observed_at') AS TIMESTAMP) AS observed_at,
    JSON_VALUE(item, '$.section') AS section
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
  WHERE TRUE
  -- MERGE refuses two source rows for one target row, and a redelivery may repeat a row.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY video_id
    ORDER BY observed_at DESC, section DESC
  ) = 1
) AS source
ON
  target.video_id = source.video_id
WHEN MATCHED AND (
  source.observed_at > target.observed_at
  OR (source.observed_at = target.observed_at AND source.section > target.section)
) THEN UPDATE SET
  user_key = source.user_key,
  source = source.source,
  collection = source.collection,
  url = source.url,
  caption = source.caption,
  hashtags = source.hashtags,
  region_code = source.region_code,
  language = source.language,
  caption_language = source.caption_language,
  created_at = source.created_at,
  duration_s = source.duration_s,
  music_id = source.music_id,
  synthetic = source.synthetic,
  observed_at = source.observed_at,
  section = source.section
WHEN NOT MATCHED THEN INSERT (
  video_id,
  user_key,
  source,
  collection,
  url,
  caption,
  hashtags,
  region_code,
  language,
  caption_language,
  created_at,
  duration_s,
  music_id,
  synthetic,
  observed_at,
  section
) VALUES (
  source.video_id,
  source.user_key,
  source.source,
  source.collection,
  source.url,
  source.caption,
  source.hashtags,
  source.region_code,
  source.language,
  source.caption_language,
  source.created_at,
  source.duration_s,
  source.music_id,
  source.synthetic,
  source.observed_at,
  source.section
)
