-- Written by `make generate` from tables.yaml and templates/fact_video_analytics.sql.j2; edit those.
-- One row per video, with its keys, latest metrics and primary rating. It follows from dim_video, the readings, the ratings and PRIMARY_RATERS alone. Scores, probabilities and derived numbers are means over the rated replicates of that rater's configuration; texts, times and language are those of its newest answer.
-- Grain: video_id. Recomputed for the videos of a batch from the other tables, so the order of records
-- does not matter and a second run changes nothing. Each table is bound by the batch's days, which are
-- constants, so that BigQuery reads and bills the partitions of the batch alone.
MERGE fact_video_analytics AS target
USING (
  -- The newest reading, or the newest one with counts: a retention curve has a hook rate alone. Owners
  -- read rates of watching less often than others read counts, so each rate is the newest one known.
  WITH latest_metrics AS (
    SELECT
      reading.* EXCEPT (average_watch_s, completion_rate, hook_rate_3s),
      LAST_VALUE(average_watch_s IGNORE NULLS) OVER all_readings AS average_watch_s,
      LAST_VALUE(completion_rate IGNORE NULLS) OVER all_readings AS completion_rate,
      LAST_VALUE(hook_rate_3s IGNORE NULLS) OVER all_readings AS hook_rate_3s
    FROM fact_metrics_snapshot AS reading
    WHERE id_day IN UNNEST(@id_days) AND 'vanished' NOT IN UNNEST(flags)
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY video_id
      ORDER BY
        COALESCE(views, likes, comments, shares, saves, followers, reach) IS NULL,
        collected_at DESC
    ) = 1
    WINDOW all_readings AS (
      PARTITION BY video_id
      ORDER BY collected_at
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
  ),

  -- The first time that a video was missing since it was last seen.
  vanished AS (
    SELECT
      missed.video_id,
      MIN(missed.collected_at) AS vanished_at
    FROM fact_metrics_snapshot AS missed
    LEFT JOIN latest_metrics AS seen ON seen.video_id = missed.video_id
    WHERE missed.id_day IN UNNEST(@id_days)
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

  -- Two loaders that insert an answer at once do not conflict, so it may have two rows.
  answer AS (
    SELECT *
    FROM fact_rating
    WHERE id_day IN UNNEST(@id_days)
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY video_id, generation, rater, config_hash, replicate
      ORDER BY rated_at DESC, digest DESC
    ) = 1
  ),

  -- The answer to show, with means over all rated answers of its rater's configuration to the same
  -- file. Sums of INT64 are exact, so the order of answers changes no digit.
  primary_rating AS (
    SELECT
      answer.* EXCEPT (unexpectedness, expectation_gap, probability_expected, probability_actual, suspense, hook, explanation_difficulty, emotional_intensity, positivity, negativity, desirability_expected, desirability_unexpected, closeness, cognitive_interruption, perceived_realism, sexual_content, confidence, surprisal_bits, desirability_shift),
      AVG(answer.unexpectedness) OVER answers AS unexpectedness,
      AVG(answer.expectation_gap) OVER answers AS expectation_gap,
      IF(
        MIN(answer.probability_expected) OVER answers = MAX(answer.probability_expected) OVER answers,
        MIN(answer.probability_expected) OVER answers,
        SAFE_DIVIDE(
          SUM(CAST(ROUND(1e9 * answer.probability_expected) AS INT64)) OVER answers,
          1e9 * COUNT(answer.probability_expected) OVER answers
        )
      ) AS probability_expected,
      IF(
        MIN(answer.probability_actual) OVER answers = MAX(answer.probability_actual) OVER answers,
        MIN(answer.probability_actual) OVER answers,
        SAFE_DIVIDE(
          SUM(CAST(ROUND(1e9 * answer.probability_actual) AS INT64)) OVER answers,
          1e9 * COUNT(answer.probability_actual) OVER answers
        )
      ) AS probability_actual,
      AVG(answer.suspense) OVER answers AS suspense,
      AVG(answer.hook) OVER answers AS hook,
      AVG(answer.explanation_difficulty) OVER answers AS explanation_difficulty,
      AVG(answer.emotional_intensity) OVER answers AS emotional_intensity,
      AVG(answer.positivity) OVER answers AS positivity,
      AVG(answer.negativity) OVER answers AS negativity,
      AVG(answer.desirability_expected) OVER answers AS desirability_expected,
      AVG(answer.desirability_unexpected) OVER answers AS desirability_unexpected,
      AVG(answer.closeness) OVER answers AS closeness,
      AVG(answer.cognitive_interruption) OVER answers AS cognitive_interruption,
      AVG(answer.perceived_realism) OVER answers AS perceived_realism,
      AVG(answer.sexual_content) OVER answers AS sexual_content,
      AVG(answer.confidence) OVER answers AS confidence,
      IF(
        MIN(answer.surprisal_bits) OVER answers = MAX(answer.surprisal_bits) OVER answers,
        MIN(answer.surprisal_bits) OVER answers,
        SAFE_DIVIDE(
          SUM(CAST(ROUND(1e9 * answer.surprisal_bits) AS INT64)) OVER answers,
          1e9 * COUNT(answer.surprisal_bits) OVER answers
        )
      ) AS surprisal_bits,
      AVG(answer.desirability_shift) OVER answers AS desirability_shift,
      SQRT(SAFE_DIVIDE(
        COUNT(answer.unexpectedness) OVER answers * SUM(answer.unexpectedness * answer.unexpectedness) OVER answers
          - SUM(answer.unexpectedness) OVER answers * SUM(answer.unexpectedness) OVER answers,
        COUNT(answer.unexpectedness) OVER answers * (COUNT(answer.unexpectedness) OVER answers - 1)
      )) AS unexpectedness_sd,
      SQRT(SAFE_DIVIDE(
        COUNT(answer.expectation_gap) OVER answers * SUM(answer.expectation_gap * answer.expectation_gap) OVER answers
          - SUM(answer.expectation_gap) OVER answers * SUM(answer.expectation_gap) OVER answers,
        COUNT(answer.expectation_gap) OVER answers * (COUNT(answer.expectation_gap) OVER answers - 1)
      )) AS expectation_gap_sd,
      SQRT(SAFE_DIVIDE(
        COUNT(answer.emotional_intensity) OVER answers * SUM(answer.emotional_intensity * answer.emotional_intensity) OVER answers
          - SUM(answer.emotional_intensity) OVER answers * SUM(answer.emotional_intensity) OVER answers,
        COUNT(answer.emotional_intensity) OVER answers * (COUNT(answer.emotional_intensity) OVER answers - 1)
      )) AS emotional_intensity_sd,
      COUNT(IF(answer.status = 'rated', 1, NULL)) OVER answers AS replicates
    FROM answer
    -- A rater with another wording, or that saw more than the video, counts only where it is named whole.
    INNER JOIN preference
      ON IF(STRPOS(answer.rater, '+') > 0, answer.rater = preference.prefix, STARTS_WITH(answer.rater, preference.prefix))
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (
      PARTITION BY answer.video_id
      ORDER BY
        preference.precedence,
        CASE answer.status WHEN 'rated' THEN 0 WHEN 'refused' THEN 1 WHEN 'unratable' THEN 2 ELSE 3 END,
        answer.rated_at DESC,
        answer.digest DESC
    ) = 1
    -- A rater that two prefixes name is here twice, so the prefix keeps its answers apart.
    WINDOW answers AS (
      PARTITION BY
        answer.video_id,
        answer.generation,
        answer.rater,
        answer.config_hash,
        preference.precedence
    )
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
    metrics.reach,
    metrics.total_watch_s,
    metrics.average_watch_s,
    metrics.completion_rate,
    metrics.hook_rate_3s,
    IFNULL(metrics.flags, []) AS metrics_flags,
    vanished.vanished_at,
    rating.status AS rating_status,
    rating.reason AS rating_reason,
    IFNULL(rating.flags, []) AS rating_flags,
    rating.rater,
    rating.rubric_version,
    rating.generation,
    rating.config_hash,
    rating.replicate AS shown_replicate,
    rating.rated_at,
    rating.replicates,
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
    rating.desirability_shift,
    rating.unexpectedness_sd,
    rating.expectation_gap_sd,
    rating.emotional_intensity_sd
  FROM dim_video AS video
  LEFT JOIN latest_metrics AS metrics ON metrics.video_id = video.video_id
  LEFT JOIN vanished ON vanished.video_id = video.video_id
  LEFT JOIN primary_rating AS rating ON rating.video_id = video.video_id
  WHERE video.id_day IN UNNEST(@id_days)
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
  reach = source.reach,
  total_watch_s = source.total_watch_s,
  average_watch_s = source.average_watch_s,
  completion_rate = source.completion_rate,
  hook_rate_3s = source.hook_rate_3s,
  metrics_flags = source.metrics_flags,
  vanished_at = source.vanished_at,
  rating_status = source.rating_status,
  rating_reason = source.rating_reason,
  rating_flags = source.rating_flags,
  rater = source.rater,
  rubric_version = source.rubric_version,
  generation = source.generation,
  config_hash = source.config_hash,
  shown_replicate = source.shown_replicate,
  rated_at = source.rated_at,
  replicates = source.replicates,
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
  desirability_shift = source.desirability_shift,
  unexpectedness_sd = source.unexpectedness_sd,
  expectation_gap_sd = source.expectation_gap_sd,
  emotional_intensity_sd = source.emotional_intensity_sd
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
  reach,
  total_watch_s,
  average_watch_s,
  completion_rate,
  hook_rate_3s,
  metrics_flags,
  vanished_at,
  rating_status,
  rating_reason,
  rating_flags,
  rater,
  rubric_version,
  generation,
  config_hash,
  shown_replicate,
  rated_at,
  replicates,
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
  desirability_shift,
  unexpectedness_sd,
  expectation_gap_sd,
  emotional_intensity_sd
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
  source.reach,
  source.total_watch_s,
  source.average_watch_s,
  source.completion_rate,
  source.hook_rate_3s,
  source.metrics_flags,
  source.vanished_at,
  source.rating_status,
  source.rating_reason,
  source.rating_flags,
  source.rater,
  source.rubric_version,
  source.generation,
  source.config_hash,
  source.shown_replicate,
  source.rated_at,
  source.replicates,
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
  source.desirability_shift,
  source.unexpectedness_sd,
  source.expectation_gap_sd,
  source.emotional_intensity_sd
)
