-- Does a counter break? Grain: source, synthetic, dated_by, month.
-- A video counts once a month, with its last reading of that month. News does not change
-- the median of a whole source fivefold, and true readings are not impossible. Both are signs of a
-- broken counter, like TikTok's counter of views in 2023 and 2024.
--
-- source: Where the metadata come from; unknown while only counts are known.
-- synthetic: TRUE for generated sandbox videos.
-- dated_by: How month is defined: posting shows a counter that broke for newer videos, collection one that broke on some day.
-- month: First day of the month (UTC).
-- videos: Number of videos.
-- without_views: Videos without a count of views.
-- impossible: Videos with an impossible reading (see fact_metrics_snapshot.flags).
-- share_impossible: impossible / videos.
-- share_impossible_change: Difference of share_impossible from the month before; NULL in the first month.
-- median_views: Median of views.
-- median_views_ratio: median_views divided by that of the month before; NULL in the first month.
-- is_break: TRUE when share_impossible differs from the month before by 0.1 or median_views by a factor of five, and both months have at least 20 videos.
WITH reading AS (
  SELECT
    IFNULL(video.source, 'unknown') AS source,
    IFNULL(video.synthetic, FALSE) AS synthetic,
    video.video_id,
    video.created_at,
    snapshot.collected_at,
    snapshot.views,
    EXISTS (
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
        'posted_after_collected'
      )
    ) AS is_impossible
  FROM `${dataset}.fact_metrics_snapshot` AS snapshot
  INNER JOIN `${dataset}.dim_video` AS video ON video.video_id = snapshot.video_id
  WHERE 'vanished' NOT IN UNNEST(snapshot.flags)
    -- A retention curve has no counts that could break.
    AND COALESCE(
      snapshot.views,
      snapshot.likes,
      snapshot.comments,
      snapshot.shares,
      snapshot.saves,
      snapshot.followers,
      snapshot.reach
    ) IS NOT NULL
),

dated AS (
  SELECT
    'posting' AS dated_by,
    DATE_TRUNC(DATE(created_at), MONTH) AS month,
    reading.*
  FROM reading
  WHERE created_at IS NOT NULL
  UNION ALL
  SELECT
    'collection' AS dated_by,
    DATE_TRUNC(DATE(collected_at), MONTH) AS month,
    reading.*
  FROM reading
),

last_of_month AS (
  SELECT *
  FROM dated
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY source, synthetic, dated_by, month, video_id
    ORDER BY collected_at DESC
  ) = 1
),

by_month AS (
  SELECT
    source,
    synthetic,
    dated_by,
    month,
    COUNT(*) AS videos,
    COUNTIF(views IS NULL) AS without_views,
    COUNTIF(is_impossible) AS impossible,
    COUNTIF(is_impossible) / COUNT(*) AS share_impossible,
    APPROX_QUANTILES(views, 2)[OFFSET(1)] AS median_views
  FROM last_of_month
  GROUP BY source, synthetic, dated_by, month
),

beside_the_month_before AS (
  SELECT
    by_month.*,
    LAG(videos) OVER months AS videos_before,
    share_impossible - LAG(share_impossible) OVER months AS share_impossible_change,
    SAFE_DIVIDE(median_views, LAG(median_views) OVER months) AS median_views_ratio
  FROM by_month
  WINDOW months AS (PARTITION BY source, synthetic, dated_by ORDER BY month)
)

SELECT
  source,
  synthetic,
  dated_by,
  month,
  videos,
  without_views,
  impossible,
  share_impossible,
  share_impossible_change,
  median_views,
  median_views_ratio,
  IFNULL(
    videos >= 20
    AND videos_before >= 20
    AND (
      ABS(share_impossible_change) >= 0.1
      OR median_views_ratio >= 5
      OR median_views_ratio <= 0.2
    ),
    FALSE
  ) AS is_break
FROM beside_the_month_before
