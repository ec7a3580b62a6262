-- Does rating work, and how much does it cost? Grain: day, synthetic, rater, status, reason.
-- A jump of refused or unratable ratings, of cost or of latency is the first sign of a changed model.
--
-- day: Day on which the ratings were made (UTC).
-- synthetic: TRUE for generated sandbox videos.
-- rater: Who rated; none for videos without media.
-- status: rated, refused, unratable or no_media.
-- reason: Why there are no values; NULL when rated.
-- ratings: Number of ratings.
-- videos: Number of rated videos.
-- configurations: Number of different prompts, schemas or parameters.
-- model_versions: Number of different model versions.
-- mean_confidence: Mean confidence that the rater gave, 0–100.
-- input_tokens: Tokens read by the model.
-- output_tokens: Tokens written by the model.
-- cost_usd: Price of the calls in US dollars.
-- mean_latency_s: Mean seconds from request to answer.
SELECT
  DATE(rating.rated_at) AS day,
  IFNULL(video.synthetic, FALSE) AS synthetic,
  rating.rater,
  rating.status,
  rating.reason,
  COUNT(*) AS ratings,
  COUNT(DISTINCT rating.video_id) AS videos,
  COUNT(DISTINCT rating.config_hash) AS configurations,
  COUNT(DISTINCT rating.model_version) AS model_versions,
  AVG(rating.confidence) AS mean_confidence,
  SUM(rating.input_tokens) AS input_tokens,
  SUM(rating.output_tokens) AS output_tokens,
  SUM(rating.cost_usd) AS cost_usd,
  AVG(rating.latency_s) AS mean_latency_s
FROM `${dataset}.fact_rating` AS rating
LEFT JOIN `${dataset}.dim_video` AS video ON video.video_id = rating.video_id
GROUP BY 1, 2, 3, 4, 5
