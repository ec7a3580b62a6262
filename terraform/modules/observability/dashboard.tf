# One page that says whether the pipeline works, what it costs, and what waits for a person.

locals {
  run    = "monitored_resource=\"cloud_run_revision\""
  queues = "subscription_id=~\"${join("|", concat([for name in var.functions : name], [for topic in var.topics : "${topic}-dead"]))}\""

  # Title => the question (PromQL), and its unit.
  charts = {
    "01 Throughput: requests by function and answer" = {
      query = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count{${local.run}}[5m]))"
      unit  = "1/s"
    }
    "02 Age of the oldest event, by subscription" = {
      query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource=\"pubsub_subscription\",${local.queues}})"
      unit  = "s"
    }
    "03 Ratings by rater and status, an hour" = {
      query = "sum by (rater, status) (increase(logging_googleapis_com:user_videos_rated{${local.run}}[1h]))"
      unit  = "1"
    }
    "04 Spend by rater, a day (US dollars)" = {
      query = "sum by (rater) (increase(logging_googleapis_com:user_spend_usd_sum{${local.run}}[1d]))"
      unit  = "1"
    }
    "05 Kept as failed by reason, an hour" = {
      query = "sum by (service_name, reason) (increase(logging_googleapis_com:user_kept_as_failed{${local.run}}[1h]))"
      unit  = "1"
    }
    "06 Parked: newly, an hour" = {
      query = "sum(increase(logging_googleapis_com:user_parked{${local.run}}[1h]))"
      unit  = "1"
    }
    "07 Parked: waiting, as the last sweep said (500: at least)" = {
      query = "sum(increase(logging_googleapis_com:user_parked_waiting_sum{${local.run}}[15m])) / sum(increase(logging_googleapis_com:user_parked_waiting_count{${local.run}}[15m]))"
      unit  = "1"
    }
    "08 Dead letters waiting" = {
      query = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{monitored_resource=\"pubsub_subscription\",subscription_id=~\".*-dead\"})"
      unit  = "1"
    }
    "09 KPI freshness: videos whose counts were read, a day, by collection" = {
      query = "sum by (collection) (increase(logging_googleapis_com:user_collections_listed_sum{${local.run}}[1d]))"
      unit  = "1"
    }
    "10 Quality flags on ratings, a day" = {
      query = "sum by (flags) (increase(logging_googleapis_com:user_quality_flags{${local.run}}[1d]))"
      unit  = "1"
    }
    "11 Files that could not be fetched, an hour" = {
      query = "sum(increase(logging_googleapis_com:user_files_not_fetched{${local.run}}[1h]))"
      unit  = "1"
    }
    "12 Time to answer, 95th percentile" = {
      query = "histogram_quantile(0.95, sum by (service_name, le) (rate(run_googleapis_com:request_latencies_bucket{${local.run}}[15m])))"
      unit  = "ms"
    }
    "13 BigQuery: bytes billed by load, a day" = {
      query = "sum(increase(logging_googleapis_com:user_bytes_billed_sum{${local.run}}[1d]))"
      unit  = "By"
    }
  }
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "TikTok analytics"
    gridLayout = {
      columns = "2"
      widgets = [for title, chart in local.charts : {
        title = substr(title, 3, -1) # the number is only there for the order
        xyChart = {
          dataSets = [{
            plotType           = "LINE"
            timeSeriesQuery    = { prometheusQuery = chart.query, unitOverride = chart.unit }
            minAlignmentPeriod = "60s"
          }]
        }
      }]
    }
  })

  depends_on = [google_logging_metric.this]
}
