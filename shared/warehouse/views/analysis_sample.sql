-- Which videos may an analysis use? Grain: video_id.
-- The quality gate of the shipped analysis plan in SQL: `rule` is the first rule that drops the
-- video, or NULL. docs/reference/insights.md explains the rules. A report with another plan may differ.
-- Observed and synthetic videos never meet: where there is an observed video, the rule `synthetic`
-- sets the synthetic ones aside.
--
-- video_id: Joins dim_video.
-- user_key: Creator; joins dim_user.
-- lang_key: Language; joins dim_lang.
-- synthetic: TRUE for generated sandbox videos.
-- created_at: When the video was posted.
-- collected_at: When the counts were read.
-- age_days: Days between the two.
-- duration_s: Duration in seconds.
-- followers: Followers of the creator at collected_at.
-- views: Views.
-- likes: Likes.
-- comments: Comments.
-- shares: Shares.
-- saves: Saves.
-- likes_per_view: Likes divided by views; NULL without views, like the next three.
-- comments_per_view: Comments divided by views.
-- shares_per_view: Shares divided by views.
-- saves_per_view: Saves divided by views.
-- rater: Who gave the rating.
-- rubric_version: Version of the rubric of that rating.
-- unexpectedness: How far the most surprising moment departs from what a viewer would predict.
-- expectation_gap: Distance between what the set-up leads a viewer to expect and what happens.
-- emotional_intensity: Arousal that the video evokes at its strongest.
-- rule: The first rule that drops the video; NULL when it is kept.
WITH video AS (
  SELECT
    fact.*,
    TIMESTAMP_DIFF(fact.collected_at, fact.created_at, MICROSECOND) / 86400000000 AS age_days,
    MAX(fact.collected_at) OVER (PARTITION BY IFNULL(fact.synthetic, FALSE)) AS last_collected_at,
    IFNULL(fact.synthetic, FALSE)
      AND MAX(IF(fact.synthetic, 0, 1)) OVER () = 1 AS is_set_aside
  FROM `${dataset}.fact_video_analytics` AS fact
),

-- Rules that every row must pass, whichever of its values are missing.
credible AS (
  SELECT
    video.*,
    CASE
      WHEN is_set_aside THEN 'synthetic'
      WHEN IFNULL(rating_status, '') != 'rated' THEN 'not_rated'
      WHEN user_key = 'unknown' THEN 'unknown_creator'
      WHEN LEAST(
        IFNULL(views, 0),
        IFNULL(likes, 0),
        IFNULL(comments, 0),
        IFNULL(shares, 0),
        IFNULL(saves, 0),
        IFNULL(followers, 0)
      ) < 0 THEN 'negative_count'
      WHEN likes > views THEN 'likes_exceed_views'
      WHEN comments > views THEN 'comments_exceed_views'
      WHEN created_at > last_collected_at THEN 'future_created_at'
      WHEN created_at > collected_at THEN 'created_after_collected'
      WHEN age_days IS NULL THEN 'unknown_age'
      WHEN age_days < 7 THEN 'too_young'
    END AS rule
  FROM video
),

-- A rating that no video has is not required: the rater does not give it.
given AS (
  SELECT
    COUNT(unexpectedness) > 0 AS has_unexpectedness,
    COUNT(expectation_gap) > 0 AS has_expectation_gap,
    COUNT(emotional_intensity) > 0 AS has_emotional_intensity,
    COUNT(followers) > 0 AS has_followers,
    COUNT(duration_s) > 0 AS has_duration
  FROM credible
  WHERE rule IS NULL
)

SELECT
  video_id,
  user_key,
  lang_key,
  synthetic,
  created_at,
  collected_at,
  age_days,
  duration_s,
  followers,
  views,
  likes,
  comments,
  shares,
  saves,
  SAFE_DIVIDE(likes, views) AS likes_per_view,
  SAFE_DIVIDE(comments, views) AS comments_per_view,
  SAFE_DIVIDE(shares, views) AS shares_per_view,
  SAFE_DIVIDE(saves, views) AS saves_per_view,
  rater,
  rubric_version,
  unexpectedness,
  expectation_gap,
  emotional_intensity,
  CASE
    WHEN rule IS NOT NULL THEN rule
    WHEN
      (has_unexpectedness AND unexpectedness IS NULL)
      OR (has_expectation_gap AND expectation_gap IS NULL)
      OR (has_emotional_intensity AND emotional_intensity IS NULL)
      THEN 'missing_predictor'
    WHEN views IS NULL THEN 'missing_outcome'
    WHEN (has_followers AND followers IS NULL) OR (has_duration AND duration_s IS NULL)
      THEN 'missing_control'
    WHEN duration_s <= 0 OR age_days <= 0 THEN 'control_without_log'
  END AS rule
FROM credible
CROSS JOIN given
