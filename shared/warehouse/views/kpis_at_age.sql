-- KPIs at equal age, and their growth. Grain: video_id, age_days.
-- The counts of every video at the same ages, interpolated between its readings
-- (kpis_at_age_of_every_video says how). Observed and synthetic videos never meet: where there is an
-- observed video, the synthetic ones are set aside, and analysis_quality counts them.
--
-- video_id: Joins dim_video.
-- user_key: Joins dim_user.
-- synthetic: TRUE for generated sandbox videos: in all rows, or in none.
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
SELECT
  at_age.video_id,
  at_age.user_key,
  at_age.synthetic,
  at_age.age_days,
  at_age.views,
  at_age.likes,
  at_age.comments,
  at_age.shares,
  at_age.saves,
  at_age.followers,
  at_age.reach,
  at_age.total_watch_s,
  at_age.average_watch_s,
  at_age.completion_rate,
  at_age.hook_rate_3s,
  at_age.likes_per_view,
  at_age.comments_per_view,
  at_age.shares_per_view,
  at_age.saves_per_view,
  at_age.views_gained,
  at_age.likes_gained,
  at_age.comments_gained,
  at_age.shares_gained,
  at_age.saves_gained,
  at_age.age_before_days,
  at_age.age_after_days,
  at_age.interpolation_error
FROM `${dataset}.kpis_at_age_of_every_video` AS at_age
CROSS JOIN (
  SELECT COUNTIF(NOT IFNULL(synthetic, FALSE)) > 0 AS has_observed
  FROM `${dataset}.fact_video_analytics`
) AS lake
WHERE NOT (IFNULL(at_age.synthetic, FALSE) AND lake.has_observed)
