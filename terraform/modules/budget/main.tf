# A warning on what the whole project costs according to the bill. It is not a limit.

resource "google_billing_budget" "this" {
  billing_account = var.billing_account
  display_name    = "TikTok analytics: ${var.project_id}"

  budget_filter {
    projects        = ["projects/${var.project_number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget) # in the account's own currency
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1.0]

    content {
      threshold_percent = threshold_rules.value
    }
  }

  threshold_rules {
    threshold_percent = 1.0
    spend_basis       = "FORECASTED_SPEND"
  }

  all_updates_rule {
    monitoring_notification_channels = var.channels
    disable_default_iam_recipients   = false # without a channel the account's administrators are notified
    enable_project_level_recipients  = true
  }
}
