-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per rating, with all that it holds beside the columns of fact_rating. Only written once and read on demand.
-- Grain: video_id, generation, rater, config_hash, replicate, digest. A second run with the same rows changes nothing.
MERGE fact_rating_detail AS target
USING (
  SELECT
    JSON_VALUE(item, '$.video_id') AS video_id,
    CAST(JSON_VALUE(item, '$.id_day') AS DATE) AS id_day,
    JSON_VALUE(item, '$.generation') AS generation,
    JSON_VALUE(item, '$.rater') AS rater,
    JSON_VALUE(item, '$.config_hash') AS config_hash,
    CAST(JSON_VALUE(item, '$.replicate') AS INT64) AS replicate,
    JSON_VALUE(item, '$.digest') AS digest,
    JSON_VALUE(item, '$.detail') AS detail
  FROM staged_rows
  WHERE place = 6
    AND id_day IN UNNEST(@id_days)
  -- MERGE refuses two source rows for one target row. A row may be staged more than once.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY video_id, generation, rater, config_hash, replicate, digest
    ORDER BY video_id
  ) = 1
) AS source
ON
  target.video_id = source.video_id
  AND target.generation = source.generation
  AND target.rater = source.rater
  AND target.config_hash = source.config_hash
  AND target.replicate = source.replicate
  AND target.digest = source.digest
  -- Constants, so that BigQuery reads and bills the partitions of the batch alone.
  AND target.id_day IN UNNEST(@id_days)
WHEN NOT MATCHED THEN INSERT (
  video_id,
  id_day,
  generation,
  rater,
  config_hash,
  replicate,
  digest,
  detail
) VALUES (
  source.video_id,
  source.id_day,
  source.generation,
  source.rater,
  source.config_hash,
  source.replicate,
  source.digest,
  source.detail
)
