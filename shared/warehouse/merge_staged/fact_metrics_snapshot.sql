-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per video and time at which its counts were read.
-- Grain: video_id, collected_at. A second run with the same rows changes nothing: two rows
-- with one key complete each other.
MERGE fact_metrics_snapshot AS target
USING (
  SELECT
    together.* EXCEPT (flags),
    ARRAY(SELECT DISTINCT word FROM UNNEST(together.flags) AS word ORDER BY word) AS flags
  FROM (
    SELECT
      reading.video_id,
      reading.id_day,
      reading.collected_at,
      MAX(reading.views) AS views,
      MAX(reading.likes) AS likes,
      MAX(reading.comments) AS comments,
      MAX(reading.shares) AS shares,
      MAX(reading.saves) AS saves,
      MAX(reading.followers) AS followers,
      MAX(reading.reach) AS reach,
      MAX(reading.total_watch_s) AS total_watch_s,
      MAX(reading.average_watch_s) AS average_watch_s,
      MAX(reading.completion_rate) AS completion_rate,
      MAX(reading.hook_rate_3s) AS hook_rate_3s,
      ARRAY_CONCAT_AGG(reading.flags) AS flags
    FROM (
      SELECT
        JSON_VALUE(item, '$.video_id') AS video_id,
        CAST(JSON_VALUE(item, '$.id_day') AS DATE) AS id_day,
        CAST(JSON_VALUE(item, '$.collected_at') AS TIMESTAMP) AS collected_at,
        CAST(JSON_VALUE(item, '$.views') AS INT64) AS views,
        CAST(JSON_VALUE(item, '$.likes') AS INT64) AS likes,
        CAST(JSON_VALUE(item, '$.comments') AS INT64) AS comments,
        CAST(JSON_VALUE(item, '$.shares') AS INT64) AS shares,
        CAST(JSON_VALUE(item, '$.saves') AS INT64) AS saves,
        CAST(JSON_VALUE(item, '$.followers') AS INT64) AS followers,
        CAST(JSON_VALUE(item, '$.reach') AS INT64) AS reach,
        CAST(JSON_VALUE(item, '$.total_watch_s') AS FLOAT64) AS total_watch_s,
        CAST(JSON_VALUE(item, '$.average_watch_s') AS FLOAT64) AS average_watch_s,
        CAST(JSON_VALUE(item, '$.completion_rate') AS FLOAT64) AS completion_rate,
        CAST(JSON_VALUE(item, '$.hook_rate_3s') AS FLOAT64) AS hook_rate_3s,
        JSON_VALUE_ARRAY(item, '$.flags') AS flags
      FROM staged_rows
      WHERE place = 3
        AND id_day IN UNNEST(@id_days)
    ) AS reading
    GROUP BY video_id, collected_at, id_day
  ) AS together
) AS source
ON
  target.video_id = source.video_id
  AND target.collected_at = source.collected_at
  -- Constants, so that BigQuery reads and bills the partitions of the batch alone.
  AND target.id_day IN UNNEST(@id_days)
WHEN MATCHED THEN UPDATE SET
  views = GREATEST(IFNULL(target.views, source.views), IFNULL(source.views, target.views)),
  likes = GREATEST(IFNULL(target.likes, source.likes), IFNULL(source.likes, target.likes)),
  comments = GREATEST(IFNULL(target.comments, source.comments), IFNULL(source.comments, target.comments)),
  shares = GREATEST(IFNULL(target.shares, source.shares), IFNULL(source.shares, target.shares)),
  saves = GREATEST(IFNULL(target.saves, source.saves), IFNULL(source.saves, target.saves)),
  followers = GREATEST(IFNULL(target.followers, source.followers), IFNULL(source.followers, target.followers)),
  reach = GREATEST(IFNULL(target.reach, source.reach), IFNULL(source.reach, target.reach)),
  total_watch_s = GREATEST(IFNULL(target.total_watch_s, source.total_watch_s), IFNULL(source.total_watch_s, target.total_watch_s)),
  average_watch_s = GREATEST(IFNULL(target.average_watch_s, source.average_watch_s), IFNULL(source.average_watch_s, target.average_watch_s)),
  completion_rate = GREATEST(IFNULL(target.completion_rate, source.completion_rate), IFNULL(source.completion_rate, target.completion_rate)),
  hook_rate_3s = GREATEST(IFNULL(target.hook_rate_3s, source.hook_rate_3s), IFNULL(source.hook_rate_3s, target.hook_rate_3s)),
  flags = ARRAY(SELECT DISTINCT word FROM UNNEST(ARRAY_CONCAT(target.flags, source.flags)) AS word ORDER BY word)
WHEN NOT MATCHED THEN INSERT (
  video_id,
  id_day,
  collected_at,
  views,
  likes,
  comments,
  shares,
  saves,
  followers,
  reach,
  total_watch_s,
  average_watch_s,
  completion_rate,
  hook_rate_3s,
  flags
) VALUES (
  source.video_id,
  source.id_day,
  source.collected_at,
  source.views,
  source.likes,
  source.comments,
  source.shares,
  source.saves,
  source.followers,
  source.reach,
  source.total_watch_s,
  source.average_watch_s,
  source.completion_rate,
  source.hook_rate_3s,
  source.flags
)
