# The bus: topics, the subscriptions of the functions, and the dead letters, which no function could
# answer. A subscription never expires, even if nothing is uploaded for a long time.

locals {
  dead_topics = { for topic in var.topics : topic => "${topic}-dead" }
  keep_for    = "604800s"  # a week, far longer than 100 attempts take
  keep_dead   = "2678400s" # 31 days, the maximum, so that somebody can look
}

resource "google_pubsub_topic" "this" {
  #checkov:skip=CKV_GCP_83:Google's own keys encrypt the messages; a key of ours would be one more thing that can stop the pipeline.
  for_each = var.topics

  name = each.key
}

resource "google_pubsub_topic" "dead" {
  #checkov:skip=CKV_GCP_83:Google's own keys encrypt the messages; a key of ours would be one more thing that can stop the pipeline.
  for_each = local.dead_topics

  name = each.value
}

# Without a subscription dead letters would be lost. `sweep` keeps them under failed/.
resource "google_pubsub_subscription" "dead" {
  for_each = local.dead_topics

  name                       = each.value
  topic                      = google_pubsub_topic.dead[each.key].id
  ack_deadline_seconds       = 60
  message_retention_duration = local.keep_dead

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription" "push" {
  for_each = var.push

  name                       = each.key
  topic                      = google_pubsub_topic.this[each.value.topic].id
  filter                     = each.value.filter
  ack_deadline_seconds       = var.ack_deadline_s
  message_retention_duration = local.keep_for

  # With this block it pushes, without it waits to be pulled. Both are one subscription, changed in
  # place: messages on their way stay in it.
  dynamic "push_config" {
    for_each = each.value.pushed ? ["push"] : []

    content {
      push_endpoint = each.value.endpoint

      oidc_token {
        service_account_email = var.push_account
        audience              = each.value.endpoint
      }
    }
  }

  expiration_policy {
    ttl = ""
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.value.topic].id
    max_delivery_attempts = 100
  }
}

# Pub/Sub's agent moves a dead letter: it publishes there and acknowledges here.
resource "google_pubsub_topic_iam_member" "dead_publisher" {
  for_each = local.dead_topics

  topic  = google_pubsub_topic.dead[each.key].name
  role   = "roles/pubsub.publisher"
  member = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "push_subscriber" {
  for_each = var.push

  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "puller" {
  for_each = var.pullers

  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = each.value
}
