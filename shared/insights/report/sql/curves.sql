-- One row per chosen video: the curves of a rating of its current media; the shown one's first.
SELECT fact.video_id, JSON_QUERY(detail.detail, '$.curves') AS curves
FROM fact_video_analytics AS fact
JOIN fact_rating AS rating
  ON rating.video_id = fact.video_id AND rating.generation = fact.generation
JOIN fact_rating_detail AS detail
  ON detail.video_id = rating.video_id
  AND detail.generation = rating.generation
  AND detail.rater = rating.rater
  AND detail.config_hash = rating.config_hash
  AND detail.replicate = rating.replicate
  AND detail.digest = rating.digest
WHERE
  fact.id_day IN UNNEST(@id_days)
  AND rating.id_day IN UNNEST(@id_days)
  AND detail.id_day IN UNNEST(@id_days)
  AND fact.video_id IN UNNEST(@video_ids)
  AND JSON_QUERY(detail.detail, '$.curves') IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY fact.video_id
  ORDER BY IF(rating.rater = fact.rater, 0, 1), rating.rated_at DESC, rating.rater
) = 1
ORDER BY fact.video_id
