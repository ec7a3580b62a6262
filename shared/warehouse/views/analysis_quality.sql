-- What does the quality gate drop, and why? Grain: rule.
-- Counts of analysis_sample; the rules are those of the shipped plan.
--
-- rule: The rule that drops a video; kept for those that none drops.
-- videos: Videos.
-- share: Of all videos.
-- synthetic: Of them, generated ones.
SELECT
  IFNULL(rule, 'kept') AS rule,
  COUNT(*) AS videos,
  COUNT(*) / SUM(COUNT(*)) OVER () AS share,
  COUNTIF(synthetic) AS synthetic
FROM `${dataset}.analysis_sample`
GROUP BY 1
