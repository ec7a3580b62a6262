# The clock: calls that do not wait for an upload.

resource "google_cloud_scheduler_job" "this" {
  for_each = var.jobs

  name             = each.key
  description      = each.value.about
  region           = var.region
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  paused           = each.value.paused
  attempt_deadline = "${each.value.deadline_s}s"

  retry_config {
    retry_count          = each.value.retries
    min_backoff_duration = "60s"
    max_backoff_duration = "600s"
  }

  http_target {
    http_method = "POST"
    uri         = each.value.uri
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(each.value.body)

    oidc_token {
      service_account_email = var.account
      audience              = each.value.uri
    }
  }
}
