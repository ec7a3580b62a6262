-- How does each rating go with each KPI? Grain: predictor, outcome, scale.
-- Spearman's correlation of the kept videos, the same number as the report's: Pearson's correlation of
-- average ranks. Without an interval it is no finding; the report and insight_effect have intervals.
--
-- predictor: Rated dimension.
-- outcome: KPI.
-- scale: count, or rate for the count per view.
-- videos: Videos with both.
-- creators: Their creators.
-- rho: Spearman's ρ, from -1 to 1; NULL when one of the two is the same everywhere.
WITH ranked AS (
  SELECT
    pair.*,
    RANK() OVER scores + (COUNT(*) OVER same_score - 1) / 2 AS score_rank,
    RANK() OVER kpis + (COUNT(*) OVER same_value - 1) / 2 AS value_rank
  FROM `${dataset}.engagement_pairs` AS pair
  WINDOW
    scores AS (PARTITION BY predictor, outcome, scale ORDER BY score),
    same_score AS (PARTITION BY predictor, outcome, scale, score),
    kpis AS (PARTITION BY predictor, outcome, scale ORDER BY value),
    same_value AS (PARTITION BY predictor, outcome, scale, value)
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
