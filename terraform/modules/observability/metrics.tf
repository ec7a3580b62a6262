# Metrics from log lines. A test checks that the code writes each line that is counted here.

locals {
  service = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=(${join(" OR ", [for name in var.functions : "\"${name}\""])})"

  # Metric => the message of the line and which of those lines (null: all), their labels, and the
  # field that is measured (null: lines are counted).
  metrics = {
    videos_rated       = { message = "video rated", only = null, labels = ["rater", "status"], value = null }
    spend_usd          = { message = "video rated", only = "jsonPayload.cost_usd>0", labels = ["rater"], value = "cost_usd" }
    quality_flags      = { message = "video rated", only = "jsonPayload.flags:* AND jsonPayload.flags!=\"\"", labels = ["flags"], value = null }
    kept_as_failed     = { message = "kept as failed", only = null, labels = ["reason"], value = null }
    bytes_billed       = { message = "batch sent", only = null, labels = [], value = "bytes_billed" }
    parked             = { message = "parked", only = null, labels = [], value = null }
    parked_waiting     = { message = "swept", only = null, labels = [], value = "counts.parked.waiting" }
    collections_listed = { message = "collection fetched", only = null, labels = ["collection"], value = "listed" }
    files_not_fetched  = { message = "file not fetched", only = null, labels = [], value = null }
  }
}

resource "google_logging_metric" "this" {
  for_each = local.metrics

  name        = each.key
  description = "Lines \"${each.value.message}\"${each.value.value == null ? "" : ", field ${each.value.value}"}."
  filter = join(" AND ", compact([
    local.service, "jsonPayload.message=\"${each.value.message}\"", each.value.only
  ]))
  value_extractor  = each.value.value == null ? null : "EXTRACT(jsonPayload.${each.value.value})"
  label_extractors = { for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})" }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit        = "1"

    dynamic "labels" {
      for_each = each.value.labels

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.value == null ? [] : ["exponential"]

    content {
      exponential_buckets {
        num_finite_buckets = 40
        growth_factor      = 2
        scale              = 0.0001
      }
    }
  }
}
