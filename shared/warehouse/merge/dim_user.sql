-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per creator. The member 'unknown' stands for unknown creators. A creator whose profile has not come yet has observed_at 1970.
-- Grain: user_key. A second run with the same rows changes nothing: a row replaces
-- another only if it is newer, or equally new with the greater section.
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
    JSON_VALUE(item, '$.section') AS section
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
  WHERE TRUE
  -- MERGE refuses two source rows for one target row, and a redelivery may repeat a row.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY user_key
    ORDER BY observed_at DESC, section DESC
  ) = 1
) AS source
ON
  target.user_key = source.user_key
WHEN MATCHED AND (
  source.observed_at > target.observed_at
  OR (source.observed_at = target.observed_at AND source.section > target.section)
) THEN UPDATE SET
  username = source.username,
  display_name = source.display_name,
  bio = source.bio,
  verified = source.verified,
  followers = source.followers,
  following_count = source.following_count,
  likes = source.likes,
  videos = source.videos,
  observed_at = source.observed_at,
  section = source.section
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
  section
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
  source.section
)
