-- Which KPIs do the most surprising videos have? Grain: predictor, outcome, scale, tenth.
-- The kept videos in tenths by rating, the same as in the report: a video with average rank r of n is in
-- tenth ⌊10 (r - ½) / n⌋ + 1, so equal ratings stay together and a tenth may be empty.
--
-- predictor: Rated dimension.
-- outcome: KPI.
-- scale: count, or rate for the count per view.
-- tenth: 1 for the lowest ratings, 10 for the highest.
-- videos: Number of videos in the tenth.
-- creators: Number of their creators.
-- lowest_score: Lowest rating of the tenth.
-- highest_score: Highest rating of the tenth.
-- quartile_low: A quarter of the videos has a smaller KPI.
-- median: Median of the KPI.
-- quartile_high: A quarter of the videos has a larger KPI.
WITH ranked AS (
  SELECT
    pair.*,
    RANK() OVER scores + (COUNT(*) OVER same_score - 1) / 2 AS score_rank,
    COUNT(*) OVER everyone AS n
  FROM `${dataset}.engagement_pairs` AS pair
  -- BigQuery cannot partition by FLOAT64. Rows with an equal score are peers in its order instead.
  WINDOW
    scores AS (PARTITION BY predictor, outcome, scale ORDER BY score),
    same_score AS (scores RANGE BETWEEN CURRENT ROW AND CURRENT ROW),
    everyone AS (PARTITION BY predictor, outcome, scale)
),

placed AS (
  SELECT
    ranked.*,
    CAST(FLOOR(10 * (score_rank - 0.5) / n) AS INT64) + 1 AS tenth
  FROM ranked
),

quartered AS (
  SELECT
    placed.*,
    PERCENTILE_CONT(value, 0.25) OVER tenths AS quartile_low,
    PERCENTILE_CONT(value, 0.5) OVER tenths AS median,
    PERCENTILE_CONT(value, 0.75) OVER tenths AS quartile_high
  FROM placed
  WINDOW tenths AS (PARTITION BY predictor, outcome, scale, tenth)
)

SELECT
  predictor,
  outcome,
  scale,
  tenth,
  COUNT(*) AS videos,
  COUNT(DISTINCT user_key) AS creators,
  MIN(score) AS lowest_score,
  MAX(score) AS highest_score,
  ANY_VALUE(quartile_low) AS quartile_low,
  ANY_VALUE(median) AS median,
  ANY_VALUE(quartile_high) AS quartile_high
FROM quartered
GROUP BY predictor, outcome, scale, tenth
