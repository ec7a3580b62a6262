-- Each rating with each KPI. Grain: video_id, predictor, outcome, scale.
-- The videos that analysis_sample keeps, in long form, for deciles, correlations and charts.
--
-- video_id: Joins dim_video.
-- user_key: Creator; joins dim_user.
-- lang_key: Language; joins dim_lang.
-- rater: Who gave the rating.
-- synthetic: TRUE for generated sandbox videos: in all rows, or in none.
-- predictor: Rated dimension.
-- outcome: KPI.
-- scale: count, or rate for the count per view.
-- score: The rating, 0–100.
-- value: The KPI on its scale.
SELECT
  sample.video_id,
  sample.user_key,
  sample.lang_key,
  sample.rater,
  sample.synthetic,
  rating.predictor,
  kpi.outcome,
  kpi.scale,
  rating.score,
  kpi.value
FROM `${dataset}.analysis_sample` AS sample
CROSS JOIN UNNEST([
  STRUCT('unexpectedness' AS predictor, sample.unexpectedness AS score),
  STRUCT('expectation_gap' AS predictor, sample.expectation_gap AS score),
  STRUCT('emotional_intensity' AS predictor, sample.emotional_intensity AS score)
]) AS rating
CROSS JOIN UNNEST([
  STRUCT('views' AS outcome, 'count' AS scale, CAST(sample.views AS FLOAT64) AS value),
  STRUCT('likes' AS outcome, 'count' AS scale, CAST(sample.likes AS FLOAT64) AS value),
  STRUCT('comments' AS outcome, 'count' AS scale, CAST(sample.comments AS FLOAT64) AS value),
  STRUCT('shares' AS outcome, 'count' AS scale, CAST(sample.shares AS FLOAT64) AS value),
  STRUCT('saves' AS outcome, 'count' AS scale, CAST(sample.saves AS FLOAT64) AS value),
  STRUCT('likes' AS outcome, 'rate' AS scale, sample.likes_per_view AS value),
  STRUCT('comments' AS outcome, 'rate' AS scale, sample.comments_per_view AS value),
  STRUCT('shares' AS outcome, 'rate' AS scale, sample.shares_per_view AS value),
  STRUCT('saves' AS outcome, 'rate' AS scale, sample.saves_per_view AS value)
]) AS kpi
WHERE
  sample.rule IS NULL
  AND rating.score IS NOT NULL
  AND kpi.value IS NOT NULL
