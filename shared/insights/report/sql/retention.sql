-- One row per video: its newest retention curve as two lists of equal length, and the number of
-- videos that have one. A digest of the ids draws the videos, up to 600,000 seconds in all.
SELECT
  video_id,
  MAX(viewers) AS viewers,
  ARRAY_AGG(second ORDER BY second) AS seconds,
  ARRAY_AGG(share ORDER BY second) AS shares,
  COUNT(*) OVER () AS videos
FROM retention_around_onset
WHERE share IS NOT NULL
GROUP BY video_id
QUALIFY SUM(COUNT(*)) OVER (ORDER BY TO_HEX(MD5(video_id))) <= 600000
ORDER BY video_id
