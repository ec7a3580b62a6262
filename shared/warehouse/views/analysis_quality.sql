-- What does the quality gate drop, and why? Grain: rule.
-- Counts of analysis_sample, by the rules of the shipped plan.
--
-- rule: The rule that drops a video; kept if no rule does.
-- videos: Number of videos.
-- share: Share of all videos.
-- synthetic: Number of generated videos among them.
SELECT
  IFNULL(rule, 'kept') AS rule,
  COUNT(*) AS videos,
  COUNT(*) / SUM(COUNT(*)) OVER () AS share,
  COUNTIF(synthetic) AS synthetic
FROM `${dataset}.analysis_sample`
GROUP BY 1
