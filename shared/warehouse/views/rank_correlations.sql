-- How does each rating correlate with each KPI? Grain: predictor, outcome, scale.
-- Spearman's correlation of the kept videos, which is Pearson's correlation of average ranks. The report
-- shows the same number. Without an interval it is not a finding; insight_effect has intervals.
--
-- predictor: Rated dimension.
-- outcome: KPI.
-- scale: count, or rate for the count per view.
-- videos: Number of videos with both.
-- creators: Number of their creators.
-- rho: Spearman's ρ, from -1 to 1; NULL when one of the two is constant.
WITH ranked AS (
  SELECT
    pair.*,
    RANK() OVER scores + (COUNT(*) OVER equal_scores - 1) / 2 AS score_rank,
    RANK() OVER kpis + (COUNT(*) OVER equal_kpis - 1) / 2 AS value_rank
  FROM `${dataset}.engagement_pairs` AS pair
  -- BigQuery cannot partition by FLOAT64. Rows with an equal value are peers in its order instead.
  WINDOW
    scores AS (PARTITION BY predictor, outcome, scale ORDER BY score),
    equal_scores AS (scores RANGE BETWEEN CURRENT ROW AND CURRENT ROW),
    kpis AS (PARTITION BY predictor, outcome, scale ORDER BY value),
    equal_kpis AS (kpis RANGE BETWEEN CURRENT ROW AND CURRENT ROW)
)

SELECT
  predictor,
  outcome,
  scale,
  COUNT(*) AS videos,
  COUNT(DISTINCT user_key) AS creators,
  IF(
    MIN(score) < MAX(score) AND MIN(value) < MAX(value),
    CORR(score_rank, value_rank),
    NULL
  ) AS rho
FROM ranked
GROUP BY predictor, outcome, scale
