-- Written by `make generate` from tables.yaml and templates/listing.sql.j2; edit those.
-- One row per creator. The member 'unknown' stands for unknown creators. A creator whose profile has not come yet has observed_at 1970.
-- Grain: user_key. Of each field the newest value counts that is known, so a poorer listing takes
-- nothing away. The order of listings does not matter, and a second run changes nothing.
MERGE dim_user AS target
USING (
  SELECT
    JSON_VALUE(item, '$.user_key') AS user_key,
    JSON_VALUE(item, '$.username') AS username,
    JSON_VALUE(item, '$.display_name') AS display_name,
    JSON_VALUE(item, '$.bio') AS bio,
    CAST(JSON_VALUE(item, '$.verified') AS BOOL) AS verified,
    CAST(JSON_VALUE(item, '$.followers') AS INT64) AS followers,
    CAST(JSON_VALUE(item, '$.following_count') AS INT64) AS following_count,
    CAST(JSON_VALUE(item, '$.likes') AS INT64) AS likes,
    CAST(JSON_VALUE(item, '$.videos') AS INT64) AS videos,
    CAST(JSON_VALUE(item, '$.observed_at') AS TIMESTAMP) AS observed_at,
    JSON_VALUE(item, '$.section') AS section,
    JSON_VALUE(item, '$.field_times') AS field_times,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.bio') AS bio_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.display_name') AS display_name_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.followers') AS followers_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.following_count') AS following_count_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.likes') AS likes_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.username') AS username_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.verified') AS verified_time,
    JSON_VALUE(JSON_VALUE(item, '$.field_times'), '$.videos') AS videos_time,
    CAST(JSON_VALUE(item, '$.listings') AS INT64) AS listings
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
  WHERE TRUE
  -- MERGE refuses two source rows for one target row. A batch has one row per key already.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY user_key
    ORDER BY observed_at DESC, section DESC
  ) = 1
) AS source
ON
  target.user_key = source.user_key
-- A row without a section knows its key alone. A single listing with this section was merged before.
WHEN MATCHED
  AND source.section <> ''
  AND (source.listings > 1 OR source.section <> target.section)
-- Times have one length, so a time with its text after it sorts by the time, and then by the text.
THEN UPDATE SET
  username = IF(
    CONCAT(source.username_time, source.username)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.username'), target.username), ''),
    source.username,
    target.username
  ),
  display_name = IF(
    CONCAT(source.display_name_time, source.display_name)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.display_name'), target.display_name), ''),
    source.display_name,
    target.display_name
  ),
  bio = IF(
    CONCAT(source.bio_time, source.bio)
    > IFNULL(CONCAT(JSON_VALUE(target.field_times, '$.bio'), target.bio), ''),
    source.bio,
    target.bio
  ),
  verified = IF(
    source.verified_time > IFNULL(JSON_VALUE(target.field_times, '$.verified'), '')
    OR (
      source.verified_time = JSON_VALUE(target.field_times, '$.verified')
      AND source.verified > target.verified
    ),
    source.verified,
    target.verified
  ),
  followers = IF(
    source.followers_time > IFNULL(JSON_VALUE(target.field_times, '$.followers'), '')
    OR (
      source.followers_time = JSON_VALUE(target.field_times, '$.followers')
      AND source.followers > target.followers
    ),
    source.followers,
    target.followers
  ),
  following_count = IF(
    source.following_count_time > IFNULL(JSON_VALUE(target.field_times, '$.following_count'), '')
    OR (
      source.following_count_time = JSON_VALUE(target.field_times, '$.following_count')
      AND source.following_count > target.following_count
    ),
    source.following_count,
    target.following_count
  ),
  likes = IF(
    source.likes_time > IFNULL(JSON_VALUE(target.field_times, '$.likes'), '')
    OR (
      source.likes_time = JSON_VALUE(target.field_times, '$.likes')
      AND source.likes > target.likes
    ),
    source.likes,
    target.likes
  ),
  videos = IF(
    source.videos_time > IFNULL(JSON_VALUE(target.field_times, '$.videos'), '')
    OR (
      source.videos_time = JSON_VALUE(target.field_times, '$.videos')
      AND source.videos > target.videos
    ),
    source.videos,
    target.videos
  ),
  field_times = CONCAT(
    '{',
    ARRAY_TO_STRING(
      [
        CONCAT(
          '"bio":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.bio_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.bio'), '')), ''),
          '"'
        ),
        CONCAT(
          '"display_name":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.display_name_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.display_name'), '')), ''),
          '"'
        ),
        CONCAT(
          '"followers":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.followers_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.followers'), '')), ''),
          '"'
        ),
        CONCAT(
          '"following_count":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.following_count_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.following_count'), '')), ''),
          '"'
        ),
        CONCAT(
          '"likes":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.likes_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.likes'), '')), ''),
          '"'
        ),
        CONCAT(
          '"username":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.username_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.username'), '')), ''),
          '"'
        ),
        CONCAT(
          '"verified":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.verified_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.verified'), '')), ''),
          '"'
        ),
        CONCAT(
          '"videos":"',
          -- NULL where neither knows the field: then CONCAT is NULL, and the list is without it.
          NULLIF(GREATEST(IFNULL(source.videos_time, ''), IFNULL(JSON_VALUE(target.field_times, '$.videos'), '')), ''),
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
  user_key,
  username,
  display_name,
  bio,
  verified,
  followers,
  following_count,
  likes,
  videos,
  observed_at,
  section,
  field_times
) VALUES (
  source.user_key,
  source.username,
  source.display_name,
  source.bio,
  source.verified,
  source.followers,
  source.following_count,
  source.likes,
  source.videos,
  source.observed_at,
  source.section,
  source.field_times
)
