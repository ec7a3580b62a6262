-- One row per video and age at which its KPIs are known well enough. The report takes those of its
-- own videos, which are of one kind.
SELECT
  video_id,
  age_days,
  views,
  likes,
  comments,
  shares,
  saves,
  reach,
  total_watch_s,
  average_watch_s,
  completion_rate,
  hook_rate_3s
FROM kpis_at_age_of_every_video
WHERE views IS NOT NULL AND IFNULL(interpolation_error, 0) <= 0.05
ORDER BY video_id, age_days
