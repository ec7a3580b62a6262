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
THEN UPDATE SET
  user_key = IF(
    JSON_VALUE(source.field_times, '$.user_key') > IFNULL(JSON_VALUE(target.field_times, '$.user_key'), '')
    OR (
      JSON_VALUE(source.field_times, '$.user_key') = JSON_VALUE(target.field_times, '$.user_key')
      AND source.user_key > target.user_key
    ),
    source.user_key,
    target.user_key
  ),
  source = IF(
    JSON_VALUE(source.field_times, '$.source') > IFNULL(JSON_VALUE(target.field_times, '$.source'), '')
    OR (
      JSON_VALUE(source.field_times, '$.source') = JSON_VALUE(target.field_times, '$.source')
      AND source.source > target.source
    ),
    source.source,
    target.source
  ),
  collection = IF(
    JSON_VALUE(source.field_times, '$.collection') > IFNULL(JSON_VALUE(target.field_times, '$.collection'), '')
    OR (
      JSON_VALUE(source.field_times, '$.collection') = JSON_VALUE(target.field_times, '$.collection')
      AND source.collection > target.collection
    ),
    source.collection,
    target.collection
  ),
  url = IF(
    JSON_VALUE(source.field_times, '$.url') > IFNULL(JSON_VALUE(target.field_times, '$.url'), '')
    OR (
      JSON_VALUE(source.field_times, '$.url') = JSON_VALUE(target.field_times, '$.url')
      AND source.url > target.url
    ),
    source.url,
    target.url
  ),
  file_name = IF(
    JSON_VALUE(source.field_times, '$.file_name') > IFNULL(JSON_VALUE(target.field_times, '$.file_name'), '')
    OR (
      JSON_VALUE(source.field_times, '$.file_name') = JSON_VALUE(target.field_times, '$.file_name')
      AND source.file_name > target.file_name
    ),
    source.file_name,
    target.file_name
  ),
  caption = IF(
    JSON_VALUE(source.field_times, '$.caption') > IFNULL(JSON_VALUE(target.field_times, '$.caption'), '')
    OR (
      JSON_VALUE(source.field_times, '$.caption') = JSON_VALUE(target.field_times, '$.caption')
      AND source.caption > target.caption
    ),
    source.caption,
    target.caption
  ),
  hashtags = IF(
    JSON_VALUE(source.field_times, '$.hashtags') > IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), '')
    OR (
      JSON_VALUE(source.field_times, '$.hashtags') = JSON_VALUE(target.field_times, '$.hashtags')
      AND ARRAY_TO_STRING(source.hashtags, ' ') > ARRAY_TO_STRING(target.hashtags, ' ')
    ),
    source.hashtags,
    target.hashtags
  ),
  region_code = IF(
    JSON_VALUE(source.field_times, '$.region_code') > IFNULL(JSON_VALUE(target.field_times, '$.region_code'), '')
    OR (
      JSON_VALUE(source.field_times, '$.region_code') = JSON_VALUE(target.field_times, '$.region_code')
      AND source.region_code > target.region_code
    ),
    source.region_code,
    target.region_code
  ),
  language = IF(
    JSON_VALUE(source.field_times, '$.language') > IFNULL(JSON_VALUE(target.field_times, '$.language'), '')
    OR (
      JSON_VALUE(source.field_times, '$.language') = JSON_VALUE(target.field_times, '$.language')
      AND source.language > target.language
    ),
    source.language,
    target.language
  ),
  caption_language = IF(
    JSON_VALUE(source.field_times, '$.caption') > IFNULL(JSON_VALUE(target.field_times, '$.caption'), '')
    OR (
      JSON_VALUE(source.field_times, '$.caption') = JSON_VALUE(target.field_times, '$.caption')
      AND source.caption > target.caption
    ),
    source.caption_language,
    target.caption_language
  ),
  created_at = IF(
    JSON_VALUE(source.field_times, '$.created_at') > IFNULL(JSON_VALUE(target.field_times, '$.created_at'), '')
    OR (
      JSON_VALUE(source.field_times, '$.created_at') = JSON_VALUE(target.field_times, '$.created_at')
      AND source.created_at > target.created_at
    ),
    source.created_at,
    target.created_at
  ),
  duration_s = IF(
    JSON_VALUE(source.field_times, '$.duration_s') > IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), '')
    OR (
      JSON_VALUE(source.field_times, '$.duration_s') = JSON_VALUE(target.field_times, '$.duration_s')
      AND source.duration_s > target.duration_s
    ),
    source.duration_s,
    target.duration_s
  ),
  music_id = IF(
    JSON_VALUE(source.field_times, '$.music_id') > IFNULL(JSON_VALUE(target.field_times, '$.music_id'), '')
    OR (
      JSON_VALUE(source.field_times, '$.music_id') = JSON_VALUE(target.field_times, '$.music_id')
      AND source.music_id > target.music_id
    ),
    source.music_id,
    target.music_id
  ),
  synthetic = IF(
    JSON_VALUE(source.field_times, '$.synthetic') > IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), '')
    OR (
      JSON_VALUE(source.field_times, '$.synthetic') = JSON_VALUE(target.field_times, '$.synthetic')
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
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.caption'), JSON_VALUE(target.field_times, '$.caption')),
            IFNULL(JSON_VALUE(target.field_times, '$.caption'), JSON_VALUE(source.field_times, '$.caption'))
          ),
          '"'
        ),
        CONCAT(
          '"collection":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.collection'), JSON_VALUE(target.field_times, '$.collection')),
            IFNULL(JSON_VALUE(target.field_times, '$.collection'), JSON_VALUE(source.field_times, '$.collection'))
          ),
          '"'
        ),
        CONCAT(
          '"created_at":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.created_at'), JSON_VALUE(target.field_times, '$.created_at')),
            IFNULL(JSON_VALUE(target.field_times, '$.created_at'), JSON_VALUE(source.field_times, '$.created_at'))
          ),
          '"'
        ),
        CONCAT(
          '"duration_s":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.duration_s'), JSON_VALUE(target.field_times, '$.duration_s')),
            IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), JSON_VALUE(source.field_times, '$.duration_s'))
          ),
          '"'
        ),
        CONCAT(
          '"file_name":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.file_name'), JSON_VALUE(target.field_times, '$.file_name')),
            IFNULL(JSON_VALUE(target.field_times, '$.file_name'), JSON_VALUE(source.field_times, '$.file_name'))
          ),
          '"'
        ),
        CONCAT(
          '"hashtags":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.hashtags'), JSON_VALUE(target.field_times, '$.hashtags')),
            IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), JSON_VALUE(source.field_times, '$.hashtags'))
          ),
          '"'
        ),
        CONCAT(
          '"language":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.language'), JSON_VALUE(target.field_times, '$.language')),
            IFNULL(JSON_VALUE(target.field_times, '$.language'), JSON_VALUE(source.field_times, '$.language'))
          ),
          '"'
        ),
        CONCAT(
          '"music_id":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.music_id'), JSON_VALUE(target.field_times, '$.music_id')),
            IFNULL(JSON_VALUE(target.field_times, '$.music_id'), JSON_VALUE(source.field_times, '$.music_id'))
          ),
          '"'
        ),
        CONCAT(
          '"region_code":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.region_code'), JSON_VALUE(target.field_times, '$.region_code')),
            IFNULL(JSON_VALUE(target.field_times, '$.region_code'), JSON_VALUE(source.field_times, '$.region_code'))
          ),
          '"'
        ),
        CONCAT(
          '"source":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.source'), JSON_VALUE(target.field_times, '$.source')),
            IFNULL(JSON_VALUE(target.field_times, '$.source'), JSON_VALUE(source.field_times, '$.source'))
          ),
          '"'
        ),
        CONCAT(
          '"synthetic":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.synthetic'), JSON_VALUE(target.field_times, '$.synthetic')),
            IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), JSON_VALUE(source.field_times, '$.synthetic'))
          ),
          '"'
        ),
        CONCAT(
          '"url":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.url'), JSON_VALUE(target.field_times, '$.url')),
            IFNULL(JSON_VALUE(target.field_times, '$.url'), JSON_VALUE(source.field_times, '$.url'))
          ),
          '"'
        ),
        CONCAT(
          '"user_key":"',
          GREATEST(
            IFNULL(JSON_VALUE(source.field_times, '$.user_key'), JSON_VALUE(target.field_times, '$.user_key')),
            IFNULL(JSON_VALUE(target.field_times, '$.user_key'), JSON_VALUE(source.field_times, '$.user_key'))
          ),
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
