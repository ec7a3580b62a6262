-- Written by `make generate` from tables.yaml and templates/listing.sql.j2; edit those.
-- One row per creator. The member 'unknown' stands for unknown creators. A creator whose profile has not come yet has observed_at 1970.
-- Grain: user_key. Of each field the newest value counts that is known, so a poorer listing takes
-- nothing away. The order of listings does not matter, and a second run changes nothing.
MERGE dim_user AS target
USING (
  SELECT
    listing.user_key,
    listing.user_bucket,
    MAX(IF(listing.username_time = listing.username_newest, listing.username, NULL)) AS username,
    MAX(IF(listing.display_name_time = listing.display_name_newest, listing.display_name, NULL)) AS display_name,
    MAX(IF(listing.bio_time = listing.bio_newest, listing.bio, NULL)) AS bio,
    MAX(IF(listing.verified_time = listing.verified_newest, listing.verified, NULL)) AS verified,
    MAX(IF(listing.followers_time = listing.followers_newest, listing.followers, NULL)) AS followers,
    MAX(IF(listing.following_count_time = listing.following_count_newest, listing.following_count, NULL)) AS following_count,
    MAX(IF(listing.likes_time = listing.likes_newest, listing.likes, NULL)) AS likes,
    MAX(IF(listing.videos_time = listing.videos_newest, listing.videos, NULL)) AS videos,
    MAX(listing.observed_at) AS observed_at,
    IF(
      LOGICAL_OR(listing.is_listed),
      CONCAT(
        '{',
        RTRIM(
          REGEXP_REPLACE(
            CONCAT(
              IFNULL(CONCAT(
                '"bio":"',
                MAX(listing.bio_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"display_name":"',
                MAX(listing.display_name_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"followers":"',
                MAX(listing.followers_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"following_count":"',
                MAX(listing.following_count_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"likes":"',
                MAX(listing.likes_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"username":"',
                MAX(listing.username_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"verified":"',
                MAX(listing.verified_time),
                '",'
              ), ''),
              IFNULL(CONCAT(
                '"videos":"',
                MAX(listing.videos_time),
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
    MAX(listing.bio_time) AS bio_time,
    MAX(listing.display_name_time) AS display_name_time,
    MAX(listing.followers_time) AS followers_time,
    MAX(listing.following_count_time) AS following_count_time,
    MAX(listing.likes_time) AS likes_time,
    MAX(listing.username_time) AS username_time,
    MAX(listing.verified_time) AS verified_time,
    MAX(listing.videos_time) AS videos_time,
    LOGICAL_OR(listing.is_listed) AS is_listed
  FROM (
    SELECT
      item.*,
      MAX(item.bio_time) OVER same_user_key AS bio_newest,
      MAX(item.display_name_time) OVER same_user_key AS display_name_newest,
      MAX(item.followers_time) OVER same_user_key AS followers_newest,
      MAX(item.following_count_time) OVER same_user_key AS following_count_newest,
      MAX(item.likes_time) OVER same_user_key AS likes_newest,
      MAX(item.username_time) OVER same_user_key AS username_newest,
      MAX(item.verified_time) OVER same_user_key AS verified_newest,
      MAX(item.videos_time) OVER same_user_key AS videos_newest
    FROM (
      SELECT
        JSON_VALUE(item, '$.user_key') AS user_key,
        CAST(JSON_VALUE(item, '$.user_bucket') AS INT64) AS user_bucket,
        JSON_VALUE(item, '$.username') AS username,
        JSON_VALUE(item, '$.display_name') AS display_name,
        JSON_VALUE(item, '$.bio') AS bio,
        CAST(JSON_VALUE(item, '$.verified') AS BOOL) AS verified,
        CAST(JSON_VALUE(item, '$.followers') AS INT64) AS followers,
        CAST(JSON_VALUE(item, '$.following_count') AS INT64) AS following_count,
        CAST(JSON_VALUE(item, '$.likes') AS INT64) AS likes,
        CAST(JSON_VALUE(item, '$.videos') AS INT64) AS videos,
        CAST(JSON_VALUE(item, '$.observed_at') AS TIMESTAMP) AS observed_at,
        JSON_VALUE(item, '$.field_times') AS field_times,
        JSON_VALUE(item, '$.times.bio') AS bio_time,
        JSON_VALUE(item, '$.times.display_name') AS display_name_time,
        JSON_VALUE(item, '$.times.followers') AS followers_time,
        JSON_VALUE(item, '$.times.following_count') AS following_count_time,
        JSON_VALUE(item, '$.times.likes') AS likes_time,
        JSON_VALUE(item, '$.times.username') AS username_time,
        JSON_VALUE(item, '$.times.verified') AS verified_time,
        JSON_VALUE(item, '$.times.videos') AS videos_time,
        CAST(JSON_VALUE(item, '$.is_listed') AS BOOL) AS is_listed
      FROM staged_rows
      WHERE place = 0
        AND user_bucket IN UNNEST(@user_buckets)
    ) AS item
    WINDOW same_user_key AS (PARTITION BY user_key)
  ) AS listing
  GROUP BY user_key, user_bucket
) AS source
ON
  target.user_key = source.user_key
  -- Constants, so that BigQuery reads and bills the partitions of the batch alone.
  AND target.user_bucket IN UNNEST(@user_buckets)
-- Other rows know their key alone.
WHEN MATCHED
  AND source.is_listed
-- Times have one length, so a time with its text after it sorts by the time, and then by the text. The
-- blank sorts before digits: a value that says nothing has the time '0', which is shorter.
THEN UPDATE SET
  username = IF(
    CONCAT(source.username_time, ' ', source.username)
    > IFNULL(CONCAT(IF(target.username IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.username'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.username), ''),
    source.username,
    target.username
  ),
  display_name = IF(
    CONCAT(source.display_name_time, ' ', source.display_name)
    > IFNULL(CONCAT(IF(target.display_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.display_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.display_name), ''),
    source.display_name,
    target.display_name
  ),
  bio = IF(
    CONCAT(source.bio_time, ' ', source.bio)
    > IFNULL(CONCAT(IF(target.bio IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.bio'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ' ', target.bio), ''),
    source.bio,
    target.bio
  ),
  verified = IF(
    source.verified_time > IFNULL(IF(target.verified IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.verified'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.verified_time = IF(target.verified IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.verified'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.verified > target.verified
    ),
    source.verified,
    target.verified
  ),
  followers = IF(
    source.followers_time > IFNULL(IF(target.followers IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.followers'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.followers_time = IF(target.followers IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.followers'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.followers > target.followers
    ),
    source.followers,
    target.followers
  ),
  following_count = IF(
    source.following_count_time > IFNULL(IF(target.following_count IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.following_count'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.following_count_time = IF(target.following_count IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.following_count'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.following_count > target.following_count
    ),
    source.following_count,
    target.following_count
  ),
  likes = IF(
    source.likes_time > IFNULL(IF(target.likes IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.likes'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.likes_time = IF(target.likes IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.likes'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.likes > target.likes
    ),
    source.likes,
    target.likes
  ),
  videos = IF(
    source.videos_time > IFNULL(IF(target.videos IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.videos'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), '')
    OR (
      source.videos_time = IF(target.videos IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.videos'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
      AND source.videos > target.videos
    ),
    source.videos,
    target.videos
  ),
  field_times = CONCAT(
    '{',
    RTRIM(
      REGEXP_REPLACE(
        CONCAT(
          IFNULL(CONCAT(
            '"bio":"',
            IF(
              source.bio_time > IFNULL(IF(target.bio IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.bio'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.bio_time,
              IF(target.bio IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.bio'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"display_name":"',
            IF(
              source.display_name_time > IFNULL(IF(target.display_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.display_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.display_name_time,
              IF(target.display_name IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.display_name'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"followers":"',
            IF(
              source.followers_time > IFNULL(IF(target.followers IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.followers'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.followers_time,
              IF(target.followers IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.followers'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"following_count":"',
            IF(
              source.following_count_time > IFNULL(IF(target.following_count IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.following_count'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.following_count_time,
              IF(target.following_count IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.following_count'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"likes":"',
            IF(
              source.likes_time > IFNULL(IF(target.likes IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.likes'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.likes_time,
              IF(target.likes IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.likes'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"username":"',
            IF(
              source.username_time > IFNULL(IF(target.username IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.username'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.username_time,
              IF(target.username IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.username'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"verified":"',
            IF(
              source.verified_time > IFNULL(IF(target.verified IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.verified'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.verified_time,
              IF(target.verified IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.verified'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
            ),
            '",'
          ), ''),
          IFNULL(CONCAT(
            '"videos":"',
            IF(
              source.videos_time > IFNULL(IF(target.videos IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.videos'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0'))), ''),
              source.videos_time,
              IF(target.videos IS NULL, NULL, IFNULL(JSON_VALUE(target.field_times, '$.videos'), LPAD(CAST(UNIX_MICROS(target.observed_at) AS STRING), 16, '0')))
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
  user_key,
  user_bucket,
  username,
  display_name,
  bio,
  verified,
  followers,
  following_count,
  likes,
  videos,
  observed_at,
  field_times
) VALUES (
  source.user_key,
  source.user_bucket,
  source.username,
  source.display_name,
  source.bio,
  source.verified,
  source.followers,
  source.following_count,
  source.likes,
  source.videos,
  source.observed_at,
  source.field_times
)
