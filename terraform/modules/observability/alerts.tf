# Alerts for a person. Conditions use Google's own metrics and log lines, never our log-based metrics.
# Those are not found for minutes after they are created, so a first apply would fail.

locals {
  requests = "resource.type = \"cloud_run_revision\" AND metric.type = \"run.googleapis.com/request_count\""
}

resource "google_monitoring_notification_channel" "email" {
  count = var.alert_email == "" ? 0 : 1

  display_name = "TikTok analytics"
  type         = "email"
  labels       = { email_address = var.alert_email }
}

resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "Dead letters: a message failed 100 times"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A subscription gave a message up"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/dead_letter_message_count\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.subscription_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "`tta failed --reason dead_lettered` lists them once `sweep` has kept them. The function's log at that time says why. Remove the cause, then run `tta failed --replay`."
  }
}

resource "google_monitoring_alert_policy" "failed" {
  display_name          = "Kept as failed: something needs a person"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A message was kept under failed/"

    condition_matched_log {
      filter           = "${local.service} AND jsonPayload.message=\"kept as failed\""
      label_extractors = { reason = "EXTRACT(jsonPayload.reason)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "`tta failed` lists what was kept and why. `tta failed --replay` sends it again."
  }
}

resource "google_monitoring_alert_policy" "canary" {
  display_name          = "Canary: a source has changed"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A known video could not be read as before"

    condition_matched_log {
      filter           = "${local.service} AND jsonPayload.message=\"canary broke\""
      label_extractors = { source = "EXTRACT(jsonPayload.source)", step = "EXTRACT(jsonPayload.step)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "43200s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The line's `why` names the field or what was refused. Compare with TikTok's changelog, correct the code that reads that source, and deploy `fetch`. `gcloud scheduler jobs run canary` tries again. docs/runbook.md has the steps."
  }
}

resource "google_monitoring_alert_policy" "gemini_canary" {
  display_name          = "Gemini: its answers have changed"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "Answers to the frozen clips drifted"

    condition_matched_log {
      filter           = "${local.service} AND jsonPayload.message=\"gemini canary broke\""
      label_extractors = { rater = "EXTRACT(jsonPayload.rater)", model_versions = "EXTRACT(jsonPayload.model_versions)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "43200s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The line's `why` says what moved beyond which mark. Compare new ratings with old ones before you pool them: `tta validate`. docs/runbook.md has the steps. `gcloud scheduler jobs run canary-gemini` asks again on another day."
  }
}

resource "google_monitoring_alert_policy" "model_ends" {
  display_name          = "Model: the rater's model retires soon"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "Less than 60 days are left"

    condition_matched_log {
      filter           = "${local.service} AND jsonPayload.message=\"model ends\""
      label_extractors = { model = "EXTRACT(jsonPayload.model)", state = "EXTRACT(jsonPayload.state)" }
    }
  }

  alert_strategy {
    auto_close = "604800s"

    notification_rate_limit {
      period = "604800s" # the line comes every day
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The line's `why` has the date, and its `todo` the model to choose. Rate a sample with both while both are served: docs/reference/gemini.md, \"When a model ends\"."
  }
}

resource "google_monitoring_alert_policy" "silent_collection" {
  display_name          = "Collection: it lists nothing for three days"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A standing query brings nothing"

    condition_matched_log {
      filter           = "${local.service} AND jsonPayload.message=\"collection lists nothing\""
      label_extractors = { collection = "EXTRACT(jsonPayload.collection)" }
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "43200s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The line's `why` says since when. `tta collections check` shows the query. `tta fetch --canary` shows whether its source answers at all. docs/runbook.md has the steps."
  }
}

resource "google_monitoring_alert_policy" "budget" {
  display_name          = "Budget: the daily budget is used up"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A video was parked until tomorrow"

    condition_matched_log {
      filter = "${local.service} AND jsonPayload.message=\"parked\""
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "43200s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Nothing is lost: after midnight (UTC) `sweep` resends as many parked videos as the new day can pay. To rate more in a day, raise `daily_budget_usd` or `daily_budget_videos` and apply."
  }
}

resource "google_monitoring_alert_policy" "bytes" {
  display_name          = "Bytes: BigQuery's daily budget is used up"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "Records wait until tomorrow"

    condition_matched_log {
      filter = "${local.service} AND jsonPayload.message=\"loading waits\""
    }
  }

  alert_strategy {
    auto_close = "86400s"

    notification_rate_limit {
      period = "43200s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Nothing is lost: after midnight (UTC) loading resumes. To load the rest today, raise `daily_budget_gb` and apply; records that are parked already still wait until midnight. If a day's load should cost less, raise `freshness_s`: docs/guides/cost.md."
  }
}

resource "google_monitoring_alert_policy" "backlog" {
  display_name          = "Backlog: events wait for too long"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "Oldest event older than an hour, or than two waits of load"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.label.subscription_id = one_of(${join(", ", [for name in var.functions : "\"${name}\""])})"
      comparison      = "COMPARISON_GT"
      threshold_value = max(3600, 2 * var.freshness_s)
      duration        = "600s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_MAX"
        group_by_fields      = ["resource.label.subscription_id"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "The subscription is named after its function. Either it cannot keep up (`gemini_instances`, `gemini_concurrency`, `signals_instances`) or it answers with errors: see its log. `load` also waits when the day's bytes are spent: another alert says so."
  }
}

resource "google_monitoring_alert_policy" "job" {
  display_name          = "Job: an erasure, a rebuild or a report failed"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "A run failed in all its attempts"

    condition_threshold {
      filter          = "resource.type = \"cloud_run_job\" AND resource.label.job_name = \"${var.job}\" AND metric.type = \"run.googleapis.com/job/completed_execution_count\" AND metric.label.result = \"failed\""
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.job_name"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "An erasure that failed has not erased everything. The line `run failed` in the job's log says what went wrong, without names. Then run the same `tta` command again: it resumes. docs/runbook.md has the steps."
  }
}

resource "google_monitoring_alert_policy" "errors" {
  display_name          = "Errors: a function fails more than a fifth of its requests"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "More than 20 % of answers are 5xx"

    condition_threshold {
      filter             = "${local.requests} AND metric.label.response_code_class = \"5xx\""
      denominator_filter = local.requests
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.2
      duration           = "900s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }

      denominator_aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
        group_by_fields      = ["resource.label.service_name"]
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "A transient failure answers 5xx on purpose, and its message comes again. Many of them for a quarter of an hour mean an outage, a quota, or a broken deploy. The function's log says which."
  }
}