-- One row per video and age at which its KPIs are known well enough.
SELECT
  video_id,
  age_days,
  views,
  likes,
  comments,
  shares,
  saves
FROM kpis_at_age
WHERE views IS NOT NULL AND IFNULL(interpolation_error, 0) <= 0.05
ORDER BY video_id, age_days
