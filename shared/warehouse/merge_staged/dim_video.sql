-- Written by `make generate` from tables.yaml and templates/listing.sql.j2; edit those.
-- One row per video listed or uploaded.
-- Grain: video_id. Of each field the newest value counts that is known, so a poorer listing takes
-- nothing away. The order of listings does not matter, and a second run changes nothing.
MERGE dim_video AS target
USING (
  SELECT
    listing.video_id,
    listing.id_day,
    IFNULL(MAX(IF(listing.user_key_time = listing.user_key_newest, listing.user_key, NULL)), 'unknown') AS user_key,
    MAX(IF(listing.source_time = listing.source_newest, listing.source, NULL)) AS source,
    MAX(IF(listing.collection_time = listing.collection_newest, listing.collection, NULL)) AS collection,
    MAX(IF(listing.url_time = listing.url_newest, listing.url, NULL)) AS url,
    MAX(IF(listing.file_name_time = listing.file_name_newest, listing.file_name, NULL)) AS file_name,
    MAX(IF(listing.caption_time = listing.caption_newest, listing.caption, NULL)) AS caption,
    ANY_VALUE(listing.hashtags HAVING MAX IF(listing.hashtags_time = listing.hashtags_newest, CONCAT(ARRAY_TO_STRING(listing.hashtags, ' '), ARRAY_TO_STRING(listing.hashtags, ',')), NULL)) AS hashtags,
    MAX(IF(listing.region_code_time = listing.region_code_newest, listing.region_code, NULL)) AS region_code,
    MAX(IF(listing.language_time = listing.language_newest, listing.language, NULL)) AS language,
    NULLIF(ANY_VALUE(IFNULL(listing.caption_language, '') HAVING MAX IF(listing.caption_time = listing.caption_newest, listing.caption, NULL)), '') AS caption_language,
    MAX(IF(listing.created_at_time = listing.created_at_newest, listing.created_at, NULL)) AS created_at,
    MAX(IF(listing.duration_s_time = listing.duration_s_newest, listing.duration_s, NULL)) AS duration_s,
    MAX(IF(listing.music_id_time = listing.music_id_newest, listing.music_id, NULL)) AS music_id,
    MAX(IF(listing.synthetic_time = listing.synthetic_newest, listing.synthetic, NULL)) AS synthetic,
    MAX(listing.observed_at) AS observed_at,
    IF(
      LOGICAL_OR(listing.is_listed),
      CONCAT(
        '{',
        RTRIM(
          REGEXP_REPLACE(
            CONCAT(
              IFNULL(CONCAT(
                '"caption":"',
                MAX(listing.caption_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"collection":"',
                MAX(listing.collection_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"created_at":"',
                MAX(listing.created_at_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"duration_s":"',
                MAX(listing.duration_s_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"file_name":"',
                MAX(listing.file_name_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"hashtags":"',
                MAX(listing.hashtags_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"language":"',
                MAX(listing.language_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"music_id":"',
                MAX(listing.music_id_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"region_code":"',
                MAX(listing.region_code_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"source":"',
                MAX(listing.source_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"synthetic":"',
                MAX(listing.synthetic_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"url":"',
                MAX(listing.url_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"user_key":"',
                MAX(listing.user_key_time),
                '",'
              ), '')
            ),
            -- Most fields were observed at observed_at. Their times are not stored.
            CONCAT('"[a-z_]+":"', LPAD(CAST(UNIX_MICROS(MAX(listing.observed_at)) AS STRING), 16, '0'), '",'),
            ''
          ),
          ','
        ),
        '}'
      ),
      NULL
    ) AS field_times,
    MAX(listing.caption_time) AS caption_time,
    MAX(listing.collection_time) AS collection_time,
    MAX(listing.created_at_time) AS created_at_time,
    MAX(listing.duration_s_time) AS duration_s_time,
    MAX(listing.file_name_time) AS file_name_time,
    MAX(listing.hashtags_time) AS hashtags_time,
    MAX(listing.language_time) AS language_time,
    MAX(listing.music_id_time) AS music_id_time,
    MAX(listing.region_code_time) AS region_code_time,
    MAX(listing.source_time) AS source_time,
    MAX(listing.synthetic_time) AS synthetic_time,
    MAX(listing.url_time) AS url_time,
    MAX(listing.user_key_time) AS user_key_time,
    LOGICAL_OR(listing.is_listed) AS is_listed
  FROM (
    SELECT
      item.*,
      MAX(item.caption_time) OVER same_video_id AS caption_newest,
      MAX(item.collection_time) OVER same_video_id AS collection_newest,
      MAX(item.created_at_time) OVER same_video_id AS created_at_newest,
      MAX(item.duration_s_time) OVER same_video_id AS duration_s_newest,
      MAX(item.file_name_time) OVER same_video_id AS file_name_newest,
      MAX(item.hashtags_time) OVER same_video_id AS hashtags_newest,
      MAX(item.language_time) OVER same_video_id AS language_newest,
      MAX(item.music_id_time) OVER same_video_id AS music_id_newest,
      MAX(item.region_code_time) OVER same_video_id AS region_code_newest,
      MAX(item.source_time) OVER same_video_id AS source_newest,
      MAX(item.synthetic_time) OVER same_video_id AS synthetic_newest,
      MAX(item.url_time) OVER same_video_id AS url_newest,
      MAX(item.user_key_time) OVER same_video_id AS user_key_newest
    FROM (
      SELECT
        JSON_VALUE(item, '$.video_id') AS video_id,
        CAST(JSON_VALUE(item, '$.id_day') AS DATE) AS id_day,
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
        JSON_VALUE(item, '$.field_times') AS field_times,
        JSON_VALUE(item, '$.times.caption') AS caption_time,
        JSON_VALUE(item, '$.times.collection') AS collection_time,
        JSON_VALUE(item, '$.times.created_at') AS created_at_time,
        JSON_VALUE(item, '$.times.duration_s') AS duration_s_time,
        JSON_VALUE(item, '$.times.file_name') AS file_name_time,
        JSON_VALUE(item, '$.times.hashtags') AS hashtags_time,
        JSON_VALUE(item, '$.times.language') AS language_time,
        JSON_VALUE(item, '$.times.music_id') AS music_id_time,
        JSON_VALUE(item, '$.times.region_code') AS region_code_time,
        JSON_VALUE(item, '$.times.source') AS source_time,
        JSON_VALUE(item, '$.times.synthetic') AS synthetic_time,
        JSON_VALUE(item, '$.times.url') AS url_time,
        JSON_VALUE(item, '$.times.user_key') AS user_key_time,
        CAST(JSON_VALUE(item, '$.is_listed') AS BOOL) AS is_listed
      FROM staged_rows
      WHERE place = 1
        AND id_day IN UNNEST(@id_days)
      -- A row under a pseudonym takes nothing from one with names, and replaces it.
      QUALIFY REGEXP_CONTAINS(user_key, r'^p_[0-9a-f]{20}$')
        OR NOT LOGICAL_OR(REGEXP_CONTAINS(user_key, r'^p_[0-9a-f]{20}$')) OVER (PARTITION BY video_id)
    ) AS item
    WINDOW same_video_id AS (PARTITION BY video_id)
  ) AS listing
  GROUP BY video_id, id_day
) AS source
ON
  target.video_id = source.video_id
  -- Constants, so that BigQuery reads and bills the partitions of the batch alone.
  AND target.id_day IN UNNEST(@id_days)
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
  field_times = source.field_times
-- Other rows know their key alone.
WHEN MATCHED
  AND source.is_listed
  AND (
    REGEXP_CONTAINS(source.user_key, r'^p_[0-9a-f]{20}$')
    OR NOT REGEXP_CONTAINS(target.user_key, r'^p_[0-9a-f]{20}$')
  )
-- Times have one length, so a time with its text after it sorts by the time, and then by the text. The
-- blank sorts before digits: a value that says nothing has the time '0', which is shorter.
THEN UPDATE SET
  user_key = IF(
    CONCAT(source.user_key_time, ' ', source.user_key)
    > IFNULL(CONCAT(IF(target.user_key = 'unknown', NULL, IFNULL(JSON_VALUE(target.field_times, '$.user_key'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.user_key), ''),
    source.user_key,
    target.user_key
  ),
  source = IF(
    CONCAT(source.source_time, ' ', source.source)
    > IFNULL(CONCAT(IF(target.source IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.source'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.source), ''),
    source.source,
    target.source
  ),
  collection = IF(
    CONCAT(source.collection_time, ' ', source.collection)
    > IFNULL(CONCAT(IF(target.collection IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.collection'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.collection), ''),
    source.collection,
    target.collection
  ),
  url = IF(
    CONCAT(source.url_time, ' ', source.url)
    > IFNULL(CONCAT(IF(target.url IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.url'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.url), ''),
    source.url,
    target.url
  ),
  file_name = IF(
    CONCAT(source.file_name_time, ' ', source.file_name)
    > IFNULL(CONCAT(IF(target.file_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.file_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.file_name), ''),
    source.file_name,
    target.file_name
  ),
  caption = IF(
    CONCAT(source.caption_time, ' ', source.caption)
    > IFNULL(CONCAT(IF(target.caption IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.caption'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.caption), ''),
    source.caption,
    target.caption
  ),
  hashtags = IF(
    CONCAT(source.hashtags_time, ' ', CONCAT(ARRAY_TO_STRING(source.hashtags, ' '), ARRAY_TO_STRING(source.hashtags, ',')))
    > IFNULL(CONCAT(IF(IFNULL(ARRAY_LENGTH(target.hashtags), 0) = 0, NULL, IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', CONCAT(ARRAY_TO_STRING(target.hashtags, ' '), ARRAY_TO_STRING(target.hashtags, ','))), ''),
    source.hashtags,
    target.hashtags
  ),
  region_code = IF(
    CONCAT(source.region_code_time, ' ', source.region_code)
    > IFNULL(CONCAT(IF(target.region_code IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.region_code'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.region_code), ''),
    source.region_code,
    target.region_code
  ),
  language = IF(
    CONCAT(source.language_time, ' ', source.language)
    > IFNULL(CONCAT(IF(target.language IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.language'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.language), ''),
    source.language,
    target.language
  ),
  caption_language = IF(
    CONCAT(source.caption_time, ' ', source.caption)
    > IFNULL(CONCAT(IF(target.caption IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.caption'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.caption), ''),
    source.caption_language,
    target.caption_language
  ),
  created_at = IF(
    source.created_at_time > IFNULL(IF(target.created_at IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.created_at'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.created_at_time = IF(target.created_at IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.created_at'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.created_at > target.created_at
    ),
    source.created_at,
    target.created_at
  ),
  duration_s = IF(
    source.duration_s_time > IFNULL(IF(target.duration_s IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.duration_s_time = IF(target.duration_s IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.duration_s > target.duration_s
    ),
    source.duration_s,
    target.duration_s
  ),
  music_id = IF(
    CONCAT(source.music_id_time, ' ', source.music_id)
    > IFNULL(CONCAT(IF(target.music_id IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.music_id'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.music_id), ''),
    source.music_id,
    target.music_id
  ),
  synthetic = IF(
    source.synthetic_time > IFNULL(IF(target.synthetic IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.synthetic_time = IF(target.synthetic IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.synthetic > target.synthetic
    ),
    source.synthetic,
    target.synthetic
  ),
  field_times = CONCAT(
    '{',
    RTRIM(
      REGEXP_REPLACE(
        CONCAT(
          IFNULL(CONCAT(
            '"caption":"',
            IF(
              source.caption_time > IFNULL(IF(target.caption IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.caption'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.caption_time,
              IF(target.caption IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.caption'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"collection":"',
            IF(
              source.collection_time > IFNULL(IF(target.collection IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.collection'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.collection_time,
              IF(target.collection IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.collection'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"created_at":"',
            IF(
              source.created_at_time > IFNULL(IF(target.created_at IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.created_at'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.created_at_time,
              IF(target.created_at IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.created_at'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"duration_s":"',
            IF(
              source.duration_s_time > IFNULL(IF(target.duration_s IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.duration_s_time,
              IF(target.duration_s IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.duration_s'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"file_name":"',
            IF(
              source.file_name_time > IFNULL(IF(target.file_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.file_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.file_name_time,
              IF(target.file_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.file_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"hashtags":"',
            IF(
              source.hashtags_time > IFNULL(IF(IFNULL(ARRAY_LENGTH(target.hashtags), 0) = 0, NULL, IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.hashtags_time,
              IF(IFNULL(ARRAY_LENGTH(target.hashtags), 0) = 0, NULL, IFNULL(JSON_VALUE(target.field_times, '$.hashtags'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"language":"',
            IF(
              source.language_time > IFNULL(IF(target.language IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.language'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.language_time,
              IF(target.language IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.language'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"music_id":"',
            IF(
              source.music_id_time > IFNULL(IF(target.music_id IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.music_id'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.music_id_time,
              IF(target.music_id IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.music_id'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"region_code":"',
            IF(
              source.region_code_time > IFNULL(IF(target.region_code IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.region_code'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.region_code_time,
              IF(target.region_code IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.region_code'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"source":"',
            IF(
              source.source_time > IFNULL(IF(target.source IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.source'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.source_time,
              IF(target.source IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.source'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"synthetic":"',
            IF(
              source.synthetic_time > IFNULL(IF(target.synthetic IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.synthetic_time,
              IF(target.synthetic IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.synthetic'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"url":"',
            IF(
              source.url_time > IFNULL(IF(target.url IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.url'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.url_time,
              IF(target.url IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.url'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"user_key":"',
            IF(
              source.user_key_time > IFNULL(IF(target.user_key = 'unknown', NULL, IFNULL(JSON_VALUE(target.field_times, '$.user_key'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.user_key_time,
              IF(target.user_key = 'unknown', NULL, IFNULL(JSON_VALUE(target.field_times, '$.user_key'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), '')
        ),
        -- Most fields were observed at observed_at. Their times are not stored.
        CONCAT('"[a-z_]+":"', LPAD(CAST(UNIX_MICROS(IF(source.observed_at > target.observed_at, source.observed_at, target.observed_at)) AS STRING), 16, '0'), '",'),
        ''
      ),
      ','
    ),
    '}'
  ),
  observed_at = GREATEST(source.observed_at, target.observed_at)
WHEN NOT MATCHED THEN INSERT (
  video_id,
  id_day,
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
  field_times
) VALUES (
  source.video_id,
  source.id_day,
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
  source.field_times
)
