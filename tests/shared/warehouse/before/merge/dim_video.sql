-- Written by `make generate` from tables.yaml and templates/listing.sql.j2; edit those.
-- One row per video listed or uploaded.
-- Grain: video_id. Of each field the newest value counts that is known, so a poorer listing takes
-- nothing away. The order of listings does not matter, and a second run changes nothing.
MERGE dim_video AS target
USING (
  SELECT
    JSON_VALUE(item, '$.video_id') AS video_id,
    JSON_VALUE(item, '$.user_key') AS user_key,
    JSON_VALUE(item, '$.source') AS source,
    JSON_VALUE(item, '$.collection') AS collection,
    JSON_VALUE(item, '$.url') AS url,
    JSON_VALUE(item, '$.file_name') AS file_name,
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
    JSON_VALUE(item, '$.section') AS section,
    JSON_VALUE(item, '$.field_times') AS field_times,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.caption') AS caption_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.collection') AS collection_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.created_at') AS created_at_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.duration_s') AS duration_s_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.file_name') AS file_name_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.hashtags') AS hashtags_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.language') AS language_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.music_id') AS music_id_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.region_code') AS region_code_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.source') AS source_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.synthetic') AS synthetic_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.url') AS url_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.user_key') AS user_key_time,
    CAST(JSON_VALUE(item, '$.listings') AS INT64) AS listings
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
  WHERE TRUE
  -- MERGE refuses two source rows for one target row. A batch has one row per key already.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY video_id
    ORDER BY observed_at DESC, section DESC
  ) = 1
) AS source
ON
  target.video_id = source.video_id
-- A row under a pseudonym takes nothing from one with names, and replaces it.
WHEN MATCHED
  AND REGEXP_CONTAINS(source.user_key, r'^p_[0-9a-f]{20}$')
  AND NOT REGEXP_CONTAINS(target.user_key, r'^p_[0-9a-f]{20}$')
THEN UPDATE SET
  user_key = source.user_key,
  source = source.source,
  collection = source.collection,
  url = source.url,
  file_name = source.file_name,
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
  section = source.section,
  field_times = source.field_times
-- A row without a section knows its key alone. A single listing with this section was merged before.
WHEN MATCHED
  AND source.section <> ''
  AND (source.listings > 1 OR source.section <> target.section)
  AND (
    REGEXP_CONTAINS(source.user_key, r'^p_[0-9a-f]{20}$')
    OR NOT REGEXP_CONTAINS(target.user_key, r'^p_[0-9a-f]{20}$')
  )
-- Times have one length, so a time with its text after it sorts by the time, and then by the text.
THEN UPDATE SET
  user_key = IF(
    CONCAT(source.user_key_time, source.user_key)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.user_key'), target.user_key), ''),
    source.user_key,
    target.user_key
  ),
  source = IF(
    CONCAT(source.source_time, source.source)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.source'), target.source), ''),
    source.source,
    target.source
  ),
  collection = IF(
    CONCAT(source.collection_time, source.collection)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.collection'), target.collection), ''),
    source.collection,
    target.collection
  ),
  url = IF(
    CONCAT(source.url_time, source.url)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.url'), target.url), ''),
    source.url,
    target.url
  ),
  file_name = IF(
    CONCAT(source.file_name_time, source.file_name)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.file_name'), target.file_name), ''),
    source.file_name,
    target.file_name
  ),
  caption = IF(
    CONCAT(source.caption_time, source.caption)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.caption'), target.caption), ''),
    source.caption,
    target.caption
  ),
  hashtags = IF(
    CONCAT(source.hashtags_time, ARRAY_TO_STRING(source.hashtags, ' '))
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.hashtags'), ARRAY_TO_STRING(target.hashtags, ' ')), ''),
    source.hashtags,
    target.hashtags
  ),
  region_code = IF(
    CONCAT(source.region_code_time, source.region_code)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.region_code'), target.region_code), ''),
    source.region_code,
    target.region_code
  ),
  language = IF(
    CONCAT(source.language_time, source.language)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.language'), target.language), ''),
    source.language,
    target.language
  ),
  caption_language = IF(
    CONCAT(source.caption_time, source.caption)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.caption'), target.caption), ''),
    source.caption_language,
    target.caption_language
  ),
  created_at = IF(
    source.created_at_time > IFNULL(JSON_VALUE(target.field_times, '$.created_at'), '')
    OR (
      source.created_at_time = JSON_VALUE(target.field_times, '$.created_at')
      AND source.created_at > target.created_at
    ),
    source.created_at,
    target.created_at
  ),
  duration_s = IF(
    source.duration_s_time > IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), '')
    OR (
      source.duration_s_time = JSON_VALUE(target.field_times, '$.duration_s')
      AND source.duration_s > target.duration_s
    ),
    source.duration_s,
    target.duration_s
  ),
  music_id = IF(
    CONCAT(source.music_id_time, source.music_id)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.music_id'), target.music_id), ''),
    source.music_id,
    target.music_id
  ),
  synthetic = IF(
    source.synthetic_time > IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), '')
    OR (
      source.synthetic_time = JSON_VALUE(target.field_times, '$.synthetic')
      AND source.synthetic > target.synthetic
    ),
    source.synthetic,
    target.synthetic
  ),
  field_times = CONCAT(
    '{',
    ARRAY_TO_STRING(
      [
        CONCAT(
          '"caption":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.caption_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.caption'), '')), ''),
          '"'
        ),
        CONCAT(
          '"collection":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.collection_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.collection'), '')), ''),
          '"'
        ),
        CONCAT(
          '"created_at":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.created_at_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.created_at'), '')), ''),
          '"'
        ),
        CONCAT(
          '"duration_s":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.duration_s_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), '')), ''),
          '"'
        ),
        CONCAT(
          '"file_name":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.file_name_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.file_name'), '')), ''),
          '"'
        ),
        CONCAT(
          '"hashtags":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.hashtags_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), '')), ''),
          '"'
        ),
        CONCAT(
          '"language":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.language_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.language'), '')), ''),
          '"'
        ),
        CONCAT(
          '"music_id":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.music_id_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.music_id'), '')), ''),
          '"'
        ),
        CONCAT(
          '"region_code":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.region_code_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.region_code'), '')), ''),
          '"'
        ),
        CONCAT(
          '"source":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.source_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.source'), '')), ''),
          '"'
        ),
        CONCAT(
          '"synthetic":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.synthetic_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), '')), ''),
          '"'
        ),
        CONCAT(
          '"url":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.url_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.url'), '')), ''),
          '"'
        ),
        CONCAT(
          '"user_key":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.user_key_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.user_key'), '')), ''),
          '"'
        )
      ],
      ','
    ),
    '}'
  ),
  section = IF(
    source.observed_at > target.observed_at
    OR (source.observed_at = target.observed_at AND source.section > target.section),
    source.section,
    target.section
  ),
  observed_at = GREATEST(source.observed_at, target.observed_at)
WHEN NOT MATCHED THEN INSERT (
  video_id,
  user_key,
  source,
  collection,
  url,
  file_name,
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
  section,
  field_times
) VALUES (
  source.video_id,
  source.user_key,
  source.source,
  source.collection,
  source.url,
  source.file_name,
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
  source.section,
  source.field_times
)
