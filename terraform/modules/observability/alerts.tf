# What a person should hear of. Conditions rest on Google's own metrics and on log lines, never on
# our log-based metrics: those are not found for minutes after they are made, and a first apply
# would fail.

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
    content   = "`tta failed --reason dead_lettered` lists them once `sweep` has kept them; the function's log at that time says why. Mend the cause, then `tta replay`."
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
    content   = "`tta failed` lists what was kept and why; `tta replay` sends it round again."
  }
}

resource "google_monitoring_alert_policy" "canary" {
  display_name          = "Canary: a source is not as it was"
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
    content   = "The line's `why` names the field or what was refused. Compare with TikTok's changelog, mend the reading of that source, deploy `fetch`; `gcloud scheduler jobs run canary` tries again. docs/operations.md, \"canary\", has the steps."
  }
}

resource "google_monitoring_alert_policy" "budget" {
  display_name          = "Budget: the day's is used up"
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
    content   = "Nothing is lost: `sweep` sends what is parked again after midnight (UTC), if its schedule is not paused (`gcloud scheduler jobs resume sweep`). To rate more in a day, raise `daily_budget_usd` or `daily_budget_videos` and apply."
  }
}

resource "google_monitoring_alert_policy" "backlog" {
  display_name          = "Backlog: events wait longer than an hour"
  combiner              = "OR"
  notification_channels = google_monitoring_notification_channel.email[*].id

  conditions {
    display_name = "Oldest event older than an hour"

    condition_threshold {
      filter          = "resource.type = \"pubsub_subscription\" AND metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.label.subscription_id = one_of(${join(", ", [for name in var.functions : "\"${name}\""])})"
      comparison      = "COMPARISON_GT"
      threshold_value = 3600
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
    content   = "The subscription is named after its function. Either it cannot keep up (`gemini_instances`, `gemini_concurrency`, `signals_instances`) or it answers with errors: see its log."
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
    content   = "A transient failure answers 5xx on purpose and comes again; many of them for a quarter of an hour mean an outage, a quota, or a broken deploy. The log of the function says which."
  }
}