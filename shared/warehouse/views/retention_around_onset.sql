-- Who leaves at each second, beside the second of the surprise? Grain: video_id, second.
-- The newest reading of each retention curve, with the moments of the video's primary rating. A
-- second without a point has no row. Leaving falls along every video, so seconds after an onset
-- differ from those before it without any effect: compare at the same second of other videos, as
-- `tta moment` does.
--
-- video_id: Joins dim_video.
-- user_key: Creator; joins dim_user.
-- synthetic: TRUE for generated sandbox videos.
-- collected_at: When the curve was read.
-- duration_s: Duration in seconds; a curve may be longer, which is an error in it.
-- second: Second of the video, from 0 on.
-- share: Part of the viewers at the start who watch at that second.
-- viewers: Viewers at the start; NULL when not given.
-- hazard: Part of those who watch that leaves before the next second; negative where the share rises, NULL where the next second has no point.
-- onset_s: When the surprise begins, in seconds; NULL where it was not rated.
-- suspense_from_s: When the suspense begins; NULL where there is none.
-- suspense_to_s: When the suspense ends; NULL where there is none.
-- second_from_onset: Seconds since the second in which the surprise begins; negative before it.
WITH curve AS (
  SELECT
    video_id,
    collected_at,
    second,
    share,
    MAX(viewers) OVER (PARTITION BY video_id, collected_at) AS viewers,
    LEAD(share) OVER (PARTITION BY video_id, collected_at ORDER BY second) AS next_share,
    LEAD(second) OVER (PARTITION BY video_id, collected_at ORDER BY second) AS next_second
  FROM `${dataset}.fact_retention`
  WHERE TRUE
  QUALIFY collected_at = MAX(collected_at) OVER (PARTITION BY video_id)
)

SELECT
  curve.video_id,
  fact.user_key,
  fact.synthetic,
  curve.collected_at,
  fact.duration_s,
  curve.second,
  curve.share,
  curve.viewers,
  IF(
    curve.next_second = curve.second + 1,
    1 - SAFE_DIVIDE(curve.next_share, curve.share),
    NULL
  ) AS hazard,
  fact.surprise_onset_s AS onset_s,
  fact.suspense_from_s,
  fact.suspense_to_s,
  curve.second - CAST(FLOOR(fact.surprise_onset_s) AS INT64) AS second_from_onset
FROM curve
LEFT JOIN `${dataset}.fact_video_analytics` AS fact ON fact.video_id = curve.video_id
