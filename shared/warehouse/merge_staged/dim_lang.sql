-- Written by `make generate` from tables.yaml and templates/section.sql.j2; edit those.
-- One row per language, with 'und' for undetermined.
-- Grain: lang_key. A second run with the same rows changes nothing.
MERGE dim_lang AS target
USING (
  SELECT
    JSON_VALUE(item, '$.lang_key') AS lang_key,
    JSON_VALUE(item, '$.language') AS language,
    JSON_VALUE(item, '$.name') AS name
  FROM staged_rows
  WHERE place = 2
  -- MERGE refuses two source rows for one target row. A row may be staged more than once.
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY lang_key
    ORDER BY lang_key
  ) = 1
) AS source
ON
  target.lang_key = source.lang_key
WHEN NOT MATCHED THEN INSERT (
  lang_key,
  language,
  name
) VALUES (
  source.lang_key,
  source.language,
  source.name
)
