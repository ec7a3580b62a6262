# The lake: one bucket, which notifies a topic of every finished file under videos/.

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:Organisations that want to know who read what use data access audit logs. Usage logs in a second bucket would outlive an erasure.
  #checkov:skip=CKV_GCP_78:Soft delete keeps deleted objects for a few days and then ends. Older versions would stay forever. Nothing is overwritten without a generation check.
  name                        = var.name
  location                    = var.location
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = false
  }

  # A mistake can be undone for that long. Then erased objects are gone (docs/decisions/0023).
  soft_delete_policy {
    retention_duration_seconds = var.undo_days * 86400
  }

  # Only raw/research/ may be deleted: a rebuild reads raw/upload/, and metadata/ holds what the pages said.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.raw_retention_days
      matches_prefix = ["raw/research/"]
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = var.report_retention_days
      matches_prefix = ["reports/"]
    }
  }

  # What a run of the job leaves. A request may name somebody; if a run was cancelled, it stays until then.
  # A run ends after four attempts of a day.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 7
      matches_prefix = ["state/jobs/"]
    }
  }

  # A file is read when it arrives and hardly ever again.
  lifecycle_rule {
    action {
      type          = "SetStorageClass"
      storage_class = "NEARLINE"
    }
    condition {
      age            = 30
      matches_prefix = ["videos/"]
    }
  }

  # Parts of uploads that were never finished.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }
}

resource "google_pubsub_topic_iam_member" "notifier" {
  topic  = var.topic.name
  role   = "roles/pubsub.publisher"
  member = var.storage_agent
}

# Cloud Storage refuses a notification to a topic on which it may not publish yet.
resource "time_sleep" "notifier" {
  create_duration = "60s"

  depends_on = [google_pubsub_topic_iam_member.notifier]
}

resource "google_storage_notification" "finalized" {
  bucket             = google_storage_bucket.this.name
  topic              = var.topic.id
  payload_format     = "JSON_API_V1" # a message without data is refused by functions-framework
  event_types        = ["OBJECT_FINALIZE"]
  object_name_prefix = "videos/"

  depends_on = [time_sleep.notifier]
}
