-- KPIs at equal age of observed and synthetic videos. Grain: video_id, age_days.
-- Use kpis_at_age, which never mixes the two. Counts read minutes after posting and counts read after a
-- month cannot be compared. This view gives the counts of every video at the same ages, interpolated
-- between the readings before and after. They are never extrapolated: outside of a video's readings they
-- are NULL. Impossible readings, and those that a known break of the source makes wrong, are left out.
-- Interpolation is linear in log(count + 1) over log(age), which is exact for growth by a power of age.
-- Averages and rates are interpolated themselves, over log(age). A reading without counts, such as a
-- retention curve, stands between no two others.
-- Readings at the declared ages (see collections, refresh_ages_days) need almost none of it.
--
-- video_id: Joins dim_video.
-- user_key: Joins dim_user.
-- synthetic: TRUE for generated sandbox videos.
-- age_days: Days since posting: 1, 3, 7, 14 or 30.
-- views: Views at that age, not rounded; NULL outside of the readings.
-- likes: Likes at that age, not rounded; NULL outside of the readings.
-- comments: Comments at that age, not rounded; NULL outside of the readings.
-- shares: Shares at that age, not rounded; NULL outside of the readings.
-- saves: Saves at that age, not rounded; NULL outside of the readings.
-- followers: Followers of the creator at that age; NULL outside of the readings.
-- reach: People who saw the video until that age, not rounded; NULL outside of the readings.
-- total_watch_s: Seconds watched until that age by all views together; NULL outside of the readings.
-- average_watch_s: Seconds watched per view until that age; NULL outside of the readings.
-- completion_rate: Part of views until that age that watched to the end, 0–1; NULL outside of the readings.
-- hook_rate_3s: Part of viewers who still watch at second 3, 0–1, until that age; NULL outside of the readings.
-- likes_per_view: likes / views.
-- comments_per_view: comments / views.
-- shares_per_view: shares / views.
-- saves_per_view: saves / views.
-- views_gained: Views gained since the declared age before; NULL if one of the two counts is NULL.
-- likes_gained: Likes gained since then.
-- comments_gained: Comments gained since then.
-- shares_gained: Shares gained since then.
-- saves_gained: Saves gained since then.
-- age_before_days: Age at the reading before.
-- age_after_days: Age at the reading after; equal to age_before_days if there is a reading at that very age.
-- interpolation_error: Possible error as a share of the count, if the slope of log count over log age changes by one per unit. Leave out rows above 0.05.
WITH reading AS (
  SELECT
    snapshot.*,
    -- The logarithm needs an age above zero: a reading at the second of posting counts as a minute old.
    GREATEST(
      TIMESTAMP_DIFF(snapshot.collected_at, video.created_at, MICROSECOND) / 86400000000,
      1 / 1440
    ) AS age
  FROM `${dataset}.fact_metrics_snapshot` AS snapshot
  INNER JOIN `${dataset}.dim_video` AS video ON video.video_id = snapshot.video_id
  WHERE snapshot.collected_at >= video.created_at
    AND COALESCE(
      snapshot.views,
      snapshot.likes,
      snapshot.comments,
      snapshot.shares,
      snapshot.saves,
      snapshot.followers,
      snapshot.reach
    ) IS NOT NULL
    AND NOT EXISTS (
      SELECT 1
      FROM UNNEST(snapshot.flags) AS flag
      WHERE flag IN (
        'negative_count',
        'likes_exceed_views',
        'comments_exceed_views',
        'reach_exceeds_views',
        'negative_watch_time',
        'rate_outside_0_1',
        'collected_in_future',
        'posted_after_collected',
        'vanished',
        'views_before_2024_07'
      )
    )
),

pair AS (
  SELECT
    video_id,
    age AS age_before,
    LEAD(age) OVER later AS age_after,
    views AS views_before,
    LEAD(views) OVER later AS views_after,
    likes AS likes_before,
    LEAD(likes) OVER later AS likes_after,
    comments AS comments_before,
    LEAD(comments) OVER later AS comments_after,
    shares AS shares_before,
    LEAD(shares) OVER later AS shares_after,
    saves AS saves_before,
    LEAD(saves) OVER later AS saves_after,
    followers AS followers_before,
    LEAD(followers) OVER later AS followers_after,
    reach AS reach_before,
    LEAD(reach) OVER later AS reach_after,
    total_watch_s AS total_watch_s_before,
    LEAD(total_watch_s) OVER later AS total_watch_s_after,
    average_watch_s AS average_watch_s_before,
    LEAD(average_watch_s) OVER later AS average_watch_s_after,
    completion_rate AS completion_rate_before,
    LEAD(completion_rate) OVER later AS completion_rate_after,
    hook_rate_3s AS hook_rate_3s_before,
    LEAD(hook_rate_3s) OVER later AS hook_rate_3s_after
  FROM reading
  -- Not by age, because all readings of the first minute have the same age.
  WINDOW later AS (PARTITION BY video_id ORDER BY collected_at)
),

declared AS (
  SELECT
    video.video_id,
    video.user_key,
    video.synthetic,
    CAST(age AS FLOAT64) AS age_days
  FROM `${dataset}.dim_video` AS video
  CROSS JOIN UNNEST([1, 3, 7, 14, 30]) AS age
  WHERE video.created_at IS NOT NULL
),

between_two AS (
  SELECT
    declared.*,
    pair.* EXCEPT (video_id),
    -- 0 at the reading before, 1 at the one after.
    IF(
      pair.age_before = declared.age_days,
      0,
      SAFE_DIVIDE(LN(declared.age_days / pair.age_before), LN(pair.age_after / pair.age_before))
    ) AS share
  FROM declared
  LEFT JOIN pair
    ON pair.video_id = declared.video_id
    AND pair.age_before <= declared.age_days
    AND (declared.age_days < pair.age_after OR pair.age_before = declared.age_days)
),

at_age AS (
  SELECT
    video_id,
    user_key,
    synthetic,
    age_days,
    IF(
      share = 0,
      views_before,
      EXP(LN(views_before + 1) + share * (LN(views_after + 1) - LN(views_before + 1))) - 1
    ) AS views,
    IF(
      share = 0,
      likes_before,
      EXP(LN(likes_before + 1) + share * (LN(likes_after + 1) - LN(likes_before + 1))) - 1
    ) AS likes,
    IF(
      share = 0,
      comments_before,
      EXP(LN(comments_before + 1) + share * (LN(comments_after + 1) - LN(comments_before + 1))) - 1
    ) AS comments,
    IF(
      share = 0,
      shares_before,
      EXP(LN(shares_before + 1) + share * (LN(shares_after + 1) - LN(shares_before + 1))) - 1
    ) AS shares,
    IF(
      share = 0,
      saves_before,
      EXP(LN(saves_before + 1) + share * (LN(saves_after + 1) - LN(saves_before + 1))) - 1
    ) AS saves,
    IF(
      share = 0,
      followers_before,
      EXP(LN(followers_before + 1) + share * (LN(followers_after + 1) - LN(followers_before + 1))) - 1
    ) AS followers,
    IF(
      share = 0,
      reach_before,
      EXP(LN(reach_before + 1) + share * (LN(reach_after + 1) - LN(reach_before + 1))) - 1
    ) AS reach,
    IF(
      share = 0,
      total_watch_s_before,
      EXP(LN(total_watch_s_before + 1) + share * (LN(total_watch_s_after + 1) - LN(total_watch_s_before + 1))) - 1
    ) AS total_watch_s,
    IF(share = 0, average_watch_s_before, average_watch_s_before + share * (average_watch_s_after - average_watch_s_before)) AS average_watch_s,
    IF(share = 0, completion_rate_before, completion_rate_before + share * (completion_rate_after - completion_rate_before)) AS completion_rate,
    IF(share = 0, hook_rate_3s_before, hook_rate_3s_before + share * (hook_rate_3s_after - hook_rate_3s_before)) AS hook_rate_3s,
    age_before AS age_before_days,
    IF(share = 0, age_before, age_after) AS age_after_days,
    IF(share = 0, 0, LN(age_days / age_before) * LN(age_after / age_days) / 2) AS interpolation_error
  FROM between_two
)

SELECT
  video_id,
  user_key,
  synthetic,
  age_days,
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
  SAFE_DIVIDE(likes, views) AS likes_per_view,
  SAFE_DIVIDE(comments, views) AS comments_per_view,
  SAFE_DIVIDE(shares, views) AS shares_per_view,
  SAFE_DIVIDE(saves, views) AS saves_per_view,
  views - LAG(views) OVER younger AS views_gained,
  likes - LAG(likes) OVER younger AS likes_gained,
  comments - LAG(comments) OVER younger AS comments_gained,
  shares - LAG(shares) OVER younger AS shares_gained,
  saves - LAG(saves) OVER younger AS saves_gained,
  age_before_days,
  age_after_days,
  interpolation_error
FROM at_age
WINDOW younger AS (PARTITION BY video_id ORDER BY age_days)
