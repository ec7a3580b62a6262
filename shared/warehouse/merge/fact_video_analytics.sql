-- Written by `make generate` from tables.yaml and templates/fact_video_analytics.sql.j2; edit those.
-- One row per video, with its keys, latest metrics and primary rating. It follows from dim_video, the readings, the ratings and PRIMARY_RATERS alone.
-- Grain: video_id. Recomputed for the videos of a batch from the other tables, so the order of records
-- does not matter and a second run changes nothing. Each table is bound by the batch's days, which are
-- constants, so that BigQuery reads and bills the partitions of the batch alone.
MERGE fact_video_analytics AS target
USING (
  WITH latest_metrics AS (
    SELECT *
    FROM fact_metrics_snapshot
    WHERE id_day IN UNNEST(@id_days) AND video_id IN UNNEST(@video_ids) AND 'vanished' NOT IN UNNEST(flags)
    QUALIFY ROW_NUMBER() OVER (PARTITION BY video_id ORDER BY collected_at DESC) = 1
  ),

  -- The first time that a video was missing since it was last seen.
  vanished AS (
    SELECT
      missed.video_id,
      MIN(missed.collected_at) AS vanished_at
    FROM fact_metrics_snapshot AS missed
    LEFT JOIN latest_metrics AS seen ON seen.video_id = missed.video_id
    WHERE missed.id_day IN UNNEST(@id_days)
      AND missed.video_id IN UNNEST(@video_ids)
      AND 'vanished' IN UNNEST(missed.flags)
      AND (seen.collected_at IS NULL OR missed.collected_at > seen.collected_at)
    GROUP BY missed.video_id
  ),

  -- One row per prefix of PRIMARY_RATERS; 'none' (no media) comes last.
  preference AS (
    SELECT
      prefix,
      position AS precedence
    FROM UNNEST(@primary_raters) AS prefix WITH OFFSET AS position
    UNION ALL
    SELECT
      'none' AS prefix,
      1000 AS precedence
  ),

  primary_rating AS (
    SELECT rating.*
    FROM fact_rating AS rating
    -- A rater with another wording, or that saw more than the video, counts only where it is named whole.
    INNER JOIN preference
      ON IF(STRPOS(rating.rater, '+') > 0, rating.rater = preference.prefix, STARTS_WITH(rating.rater, preference.prefix))
    WHERE rating.id_day IN UNNEST(@id_days) AND rating.video_id IN UNNEST(@video_ids)
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY rating.video_id
      ORDER BY
        preference.precedence,
        CASE rating.status WHEN 'rated' THEN 0 WHEN 'refused' THEN 1 WHEN 'unratable' THEN 2 ELSE 3 END,
        rating.rated_at DESC,
        rating.digest DESC
    ) = 1
  )

  SELECT
    video.video_id,
    video.id_day,
    video.user_key,
    COALESCE(video.language, rating.language, video.caption_language, 'und') AS lang_key,
    CASE
      WHEN video.language IS NOT NULL THEN 'source'
      WHEN rating.language IS NOT NULL THEN 'rating'
      WHEN video.caption_language IS NOT NULL THEN 'caption'
      ELSE 'none'
    END AS lang_source,
    video.created_at,
    COALESCE(video.duration_s, rating.duration_s) AS duration_s,
    video.synthetic,
    metrics.collected_at,
    metrics.views,
    metrics.likes,
    metrics.comments,
    metrics.shares,
    metrics.saves,
    metrics.followers,
    IFNULL(metrics.flags, []) AS metrics_flags,
    vanished.vanished_at,
    rating.status AS rating_status,
    rating.reason AS rating_reason,
    IFNULL(rating.flags, []) AS rating_flags,
    rating.rater,
    rating.rubric_version,
    rating.generation,
    rating.config_hash,
    rating.replicate,
    rating.rated_at,
    rating.setup,
    rating.expectation,
    rating.event,
    rating.violation,
    rating.surprise_onset_s,
    rating.suspense_from_s,
    rating.suspense_to_s,
    rating.suspense_pays_off,
    rating.recognised,
    rating.unexpectedness,
    rating.expectation_gap,
    rating.probability_expected,
    rating.probability_actual,
    rating.suspense,
    rating.hook,
    rating.explanation_difficulty,
    rating.emotional_intensity,
    rating.positivity,
    rating.negativity,
    rating.desirability_expected,
    rating.desirability_unexpected,
    rating.closeness,
    rating.cognitive_interruption,
    rating.perceived_realism,
    rating.sexual_content,
    rating.language,
    rating.confidence,
    rating.surprisal_bits,
    rating.desirability_shift
  FROM dim_video AS video
  LEFT JOIN latest_metrics AS metrics ON metrics.video_id = video.video_id
  LEFT JOIN vanished ON vanished.video_id = video.video_id
  LEFT JOIN primary_rating AS rating ON rating.video_id = video.video_id
  WHERE video.id_day IN UNNEST(@id_days) AND video.video_id IN UNNEST(@video_ids)
  -- Two loaders that insert a video at once do not conflict, so it may have two rows. MERGE refuses those.
  QUALIFY ROW_NUMBER() OVER (PARTITION BY video.video_id ORDER BY video.observed_at DESC) = 1
) AS source
ON target.video_id = source.video_id AND target.id_day IN UNNEST(@id_days)
WHEN MATCHED THEN UPDATE SET
  user_key = source.user_key,
  lang_key = source.lang_key,
  lang_source = source.lang_source,
  created_at = source.created_at,
  duration_s = source.duration_s,
  synthetic = source.synthetic,
  collected_at = source.collected_at,
  views = source.views,
  likes = source.likes,
  comments = source.comments,
  shares = source.shares,
  saves = source.saves,
  followers = source.followers,
  metrics_flags = source.metrics_flags,
  vanished_at = source.vanished_at,
  rating_status = source.rating_status,
  rating_reason = source.rating_reason,
  rating_flags = source.rating_flags,
  rater = source.rater,
  rubric_version = source.rubric_version,
  generation = source.generation,
  config_hash = source.config_hash,
  replicate = source.replicate,
  rated_at = source.rated_at,
  setup = source.setup,
  expectation = source.expectation,
  event = source.event,
  violation = source.violation,
  surprise_onset_s = source.surprise_onset_s,
  suspense_from_s = source.suspense_from_s,
  suspense_to_s = source.suspense_to_s,
  suspense_pays_off = source.suspense_pays_off,
  recognised = source.recognised,
  unexpectedness = source.unexpectedness,
  expectation_gap = source.expectation_gap,
  probability_expected = source.probability_expected,
  probability_actual = source.probability_actual,
  suspense = source.suspense,
  hook = source.hook,
  explanation_difficulty = source.explanation_difficulty,
  emotional_intensity = source.emotional_intensity,
  positivity = source.positivity,
  negativity = source.negativity,
  desirability_expected = source.desirability_expected,
  desirability_unexpected = source.desirability_unexpected,
  closeness = source.closeness,
  cognitive_interruption = source.cognitive_interruption,
  perceived_realism = source.perceived_realism,
  sexual_content = source.sexual_content,
  language = source.language,
  confidence = source.confidence,
  surprisal_bits = source.surprisal_bits,
  desirability_shift = source.desirability_shift
WHEN NOT MATCHED THEN INSERT (
  video_id,
  id_day,
  user_key,
  lang_key,
  lang_source,
  created_at,
  duration_s,
  synthetic,
  collected_at,
  views,
  likes,
  comments,
  shares,
  saves,
  followers,
  metrics_flags,
  vanished_at,
  rating_status,
  rating_reason,
  rating_flags,
  rater,
  rubric_version,
  generation,
  config_hash,
  replicate,
  rated_at,
  setup,
  expectation,
  event,
  violation,
  surprise_onset_s,
  suspense_from_s,
  suspense_to_s,
  suspense_pays_off,
  recognised,
  unexpectedness,
  expectation_gap,
  probability_expected,
  probability_actual,
  suspense,
  hook,
  explanation_difficulty,
  emotional_intensity,
  positivity,
  negativity,
  desirability_expected,
  desirability_unexpected,
  closeness,
  cognitive_interruption,
  perceived_realism,
  sexual_content,
  language,
  confidence,
  surprisal_bits,
  desirability_shift
) VALUES (
  source.video_id,
  source.id_day,
  source.user_key,
  source.lang_key,
  source.lang_source,
  source.created_at,
  source.duration_s,
  source.synthetic,
  source.collected_at,
  source.views,
  source.likes,
  source.comments,
  source.shares,
  source.saves,
  source.followers,
  source.metrics_flags,
  source.vanished_at,
  source.rating_status,
  source.rating_reason,
  source.rating_flags,
  source.rater,
  source.rubric_version,
  source.generation,
  source.config_hash,
  source.replicate,
  source.rated_at,
  source.setup,
  source.expectation,
  source.event,
  source.violation,
  source.surprise_onset_s,
  source.suspense_from_s,
  source.suspense_to_s,
  source.suspense_pays_off,
  source.recognised,
  source.unexpectedness,
  source.expectation_gap,
  source.probability_expected,
  source.probability_actual,
  source.suspense,
  source.hook,
  source.explanation_difficulty,
  source.emotional_intensity,
  source.positivity,
  source.negativity,
  source.desirability_expected,
  source.desirability_unexpected,
  source.closeness,
  source.cognitive_interruption,
  source.perceived_realism,
  source.sexual_content,
  source.language,
  source.confidence,
  source.surprisal_bits,
  source.desirability_shift
)
