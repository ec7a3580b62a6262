-- Written by `make generate` from tables.yaml and templates/insight.sql.j2; edit those.
-- One row per number on the quality of the ratings, such as halo, agreement, retest and the rungs of the ladder.
-- Grain: report_date, plan_hash, figure. The given rows become the only rows of their day and plan.
-- Other rows of an earlier run of that day are deleted. A second run with the same rows changes nothing.
MERGE insight_agreement AS target
USING (
  SELECT
    CAST(JSON_VALUE(item, '$.report_date') AS DATE) AS report_date,
    JSON_VALUE(item, '$.plan_hash') AS plan_hash,
    JSON_VALUE(item, '$.figure') AS figure,
    JSON_VALUE(item, '$.part') AS part,
    CAST(JSON_VALUE(item, '$.place') AS INT64) AS place,
    JSON_VALUE(item, '$.metric') AS metric,
    JSON_VALUE(item, '$.title') AS title,
    JSON_VALUE(item, '$.dimension') AS dimension,
    JSON_VALUE(item, '$.other_dimension') AS other_dimension,
    JSON_VALUE_ARRAY(item, '$.raters') AS raters,
    CAST(JSON_VALUE(item, '$.estimate') AS FLOAT64) AS estimate,
    CAST(JSON_VALUE(item, '$.ci_low') AS FLOAT64) AS ci_low,
    CAST(JSON_VALUE(item, '$.ci_high') AS FLOAT64) AS ci_high,
    CAST(JSON_VALUE(item, '$.pass_mark') AS FLOAT64) AS pass_mark,
    JSON_VALUE(item, '$.pass_when') AS pass_when,
    JSON_VALUE(item, '$.verdict') AS verdict,
    CAST(JSON_VALUE(item, '$.n') AS INT64) AS n,
    CAST(JSON_VALUE(item, '$.n_raters') AS INT64) AS n_raters,
    JSON_VALUE(item, '$.note') AS note,
    CAST(JSON_VALUE(item, '$.synthetic') AS BOOL) AS synthetic
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
) AS source
ON
  target.report_date = source.report_date
  AND target.plan_hash = source.plan_hash
  AND target.figure = source.figure
  -- A constant on the partition column keeps the scan to one day.
  AND target.report_date = @report_date
WHEN MATCHED THEN UPDATE SET
  part = source.part,
  place = source.place,
  metric = source.metric,
  title = source.title,
  dimension = source.dimension,
  other_dimension = source.other_dimension,
  raters = source.raters,
  estimate = source.estimate,
  ci_low = source.ci_low,
  ci_high = source.ci_high,
  pass_mark = source.pass_mark,
  pass_when = source.pass_when,
  verdict = source.verdict,
  n = source.n,
  n_raters = source.n_raters,
  note = source.note,
  synthetic = source.synthetic
WHEN NOT MATCHED THEN INSERT (
  report_date,
  plan_hash,
  figure,
  part,
  place,
  metric,
  title,
  dimension,
  other_dimension,
  raters,
  estimate,
  ci_low,
  ci_high,
  pass_mark,
  pass_when,
  verdict,
  n,
  n_raters,
  note,
  synthetic
) VALUES (
  source.report_date,
  source.plan_hash,
  source.figure,
  source.part,
  source.place,
  source.metric,
  source.title,
  source.dimension,
  source.other_dimension,
  source.raters,
  source.estimate,
  source.ci_low,
  source.ci_high,
  source.pass_mark,
  source.pass_when,
  source.verdict,
  source.n,
  source.n_raters,
  source.note,
  source.synthetic
)
WHEN NOT MATCHED BY SOURCE
  AND target.report_date = @report_date
  AND target.plan_hash = @plan_hash
  -- Rows that another statement of the same report writes stay.
  AND target.figure NOT IN UNNEST(@others)
  THEN DELETE
