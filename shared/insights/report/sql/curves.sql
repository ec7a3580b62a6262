-- One row per chosen video: the curves of a rating of its current media; the shown one's first.
SELECT fact.video_id, JSON_QUERY(rating.section, '$.curves') AS curves
FROM fact_video_analytics AS fact
JOIN fact_rating AS rating
  ON rating.video_id = fact.video_id AND rating.generation = fact.generation
WHERE
  fact.video_id IN UNNEST(@video_ids)
  AND JSON_QUERY(rating.section, '$.curves') IS NOT NULL
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY fact.video_id
  ORDER BY IF(rating.rater = fact.rater, 0, 1), rating.rated_at DESC, rating.rater
) = 1
ORDER BY fact.video_id
