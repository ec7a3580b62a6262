-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per video, time at which its retention curve was read, and second that has a point. A second without a point has no row.
-- Grain: video_id, collected_at, second. A second run with the same rows changes nothing: two rows
-- with one key complete each other.
MERGE fact_retention AS target
USING (
  SELECT
    together.* EXCEPT (flags),
    ARRAY(SELECT DISTINCT word FROM UNNEST(together.flags) AS word ORDER BY word) AS flags
  FROM (
    SELECT
      reading.video_id,
      reading.id_day,
      reading.collected_at,
      reading.second,
      MAX(reading.share) AS share,
      MAX(reading.viewers) AS viewers,
      ARRAY_CONCAT_AGG(reading.flags) AS flags
    FROM (
      SELECT
        JSON_VALUE(item, '$.video_id') AS video_id,
        CAST(JSON_VALUE(item, '$.id_day') AS DATE) AS id_day,
        CAST(JSON_VALUE(item, '$.collected_at') AS TIMESTAMP) AS collected_at,
        CAST(JSON_VALUE(item, '$.second') AS INT64) AS second,
        CAST(JSON_VALUE(item, '$.share') AS FLOAT64) AS share,
        CAST(JSON_VALUE(item, '$.viewers') AS INT64) AS viewers,
        JSON_VALUE_ARRAY(item, '$.flags') AS flags
      FROM staged_rows
      WHERE place = 4
        AND id_day IN UNNEST(@id_days)
    ) AS reading
    GROUP BY video_id, collected_at, second, id_day
  ) AS together
) AS source
ON
  target.video_id = source.video_id
  AND target.collected_at = source.collected_at
  AND target.second = source.second
  -- Constants, so that BigQuery reads and bills the partitions of the batch alone.
  AND target.id_day IN UNNEST(@id_days)
WHEN MATCHED THEN UPDATE SET
  share = GREATEST(IFNULL(target.share, source.share), IFNULL(source.share, target.share)),
  viewers = GREATEST(IFNULL(target.viewers, source.viewers), IFNULL(source.viewers, target.viewers)),
  flags = ARRAY(SELECT DISTINCT word FROM UNNEST(ARRAY_CONCAT(target.flags, source.flags)) AS word ORDER BY word)
WHEN NOT MATCHED THEN INSERT (
  video_id,
  id_day,
  collected_at,
  second,
  share,
  viewers,
  flags
) VALUES (
  source.video_id,
  source.id_day,
  source.collected_at,
  source.second,
  source.share,
  source.viewers,
  source.flags
)
