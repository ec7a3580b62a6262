-- What does the quality gate drop, and why? Grain: rule.
-- Counts of analysis_sample, by the rules of the shipped plan.
--
-- rule: The rule that drops a video; kept if no rule does; synthetic for videos that are set aside.
-- videos: Number of videos.
-- share: Share of all videos but those that are set aside; NULL for these.
-- synthetic: Number of generated videos among them.
WITH counted AS (
  SELECT
    IFNULL(rule, 'kept') AS rule,
    COUNT(*) AS videos,
    COUNTIF(synthetic) AS synthetic
  FROM `${dataset}.analysis_sample`
  GROUP BY 1
)

SELECT
  rule,
  videos,
  IF(
    rule = 'synthetic',
    NULL,
    videos / SUM(IF(rule = 'synthetic', 0, videos)) OVER ()
  ) AS share,
  synthetic
FROM counted
