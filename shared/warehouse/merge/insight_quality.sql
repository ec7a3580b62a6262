-- Written by `make generate` from tables.yaml and templates/insight.sql.j2; edit those.
-- One row per count or sentence on the data behind a report, such as rows read, dropped, flagged or missing, and cautions.
-- Grain: report_date, plan_hash, finding. The given rows become the only rows of their day and plan.
-- Other rows of an earlier run of that day are deleted. A second run with the same rows changes nothing.
MERGE insight_quality AS target
USING (
  SELECT
    CAST(JSON_VALUE(item, '$.report_date') AS DATE) AS report_date,
    JSON_VALUE(item, '$.plan_hash') AS plan_hash,
    JSON_VALUE(item, '$.finding') AS finding,
    JSON_VALUE(item, '$.part') AS part,
    CAST(JSON_VALUE(item, '$.place') AS INT64) AS place,
    JSON_VALUE(item, '$.subject') AS subject,
    CAST(JSON_VALUE(item, '$.count') AS INT64) AS count,
    CAST(JSON_VALUE(item, '$.total') AS INT64) AS total,
    CAST(JSON_VALUE(item, '$.value') AS FLOAT64) AS value,
    JSON_VALUE(item, '$.sentence') AS sentence,
    CAST(JSON_VALUE(item, '$.synthetic') AS BOOL) AS synthetic
  FROM UNNEST(JSON_QUERY_ARRAY(@rows)) AS item
) AS source
ON
  target.report_date = source.report_date
  AND target.plan_hash = source.plan_hash
  AND target.finding = source.finding
  -- A constant on the partition column keeps the scan to one day.
  AND target.report_date = @report_date
WHEN MATCHED THEN UPDATE SET
  part = source.part,
  place = source.place,
  subject = source.subject,
  count = source.count,
  total = source.total,
  value = source.value,
  sentence = source.sentence,
  synthetic = source.synthetic
WHEN NOT MATCHED THEN INSERT (
  report_date,
  plan_hash,
  finding,
  part,
  place,
  subject,
  count,
  total,
  value,
  sentence,
  synthetic
) VALUES (
  source.report_date,
  source.plan_hash,
  source.finding,
  source.part,
  source.place,
  source.subject,
  source.count,
  source.total,
  source.value,
  source.sentence,
  source.synthetic
)
WHEN NOT MATCHED BY SOURCE
  AND target.report_date = @report_date
  AND target.plan_hash = @plan_hash
  -- Rows that another statement of the same report writes stay.
  AND target.finding NOT IN UNNEST(@others)
  THEN DELETE
