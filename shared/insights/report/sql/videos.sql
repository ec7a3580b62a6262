-- One row per video: its fact row, who posted it, and what its rating says of itself.
SELECT
  fact.*,
  creator.username,
  video.caption,
  video.hashtags,
  video.url,
  video.file_name,
  video.music_id,
  video.source,
  video.observed_at AS listed_at,
  rating.model_version,
  rating.evidence,
  sound.loudness_lufs
FROM fact_video_analytics AS fact
LEFT JOIN dim_user AS creator ON creator.user_key = fact.user_key
LEFT JOIN dim_video AS video ON video.video_id = fact.video_id
LEFT JOIN fact_rating AS rating
  ON
    rating.video_id = fact.video_id
    AND rating.generation = fact.generation
    AND rating.rater = fact.rater
    AND rating.config_hash = fact.config_hash
    AND rating.replicate = fact.shown_replicate
-- The signals rater measures loudness, whoever gave the rating of the fact row.
LEFT JOIN
  (
    SELECT
      video_id,
      generation,
      MAX(loudness_lufs) AS loudness_lufs
    FROM fact_rating
    WHERE STARTS_WITH(rater, 'signals/')
    GROUP BY video_id, generation
  ) AS sound
  ON sound.video_id = fact.video_id AND sound.generation = fact.generation
ORDER BY fact.video_id
