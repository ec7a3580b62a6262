# One function: a build of its zip, served on Cloud Run. Only the named callers may call it.

resource "google_cloudfunctions2_function" "this" {
  name        = var.name
  location    = var.region
  description = var.about

  build_config {
    runtime           = "python313"
    entry_point       = var.entry_point
    service_account   = var.builder
    docker_repository = var.repository

    # Otherwise Google puts a newer system under the function whenever there is one, and the image has
    # none of its own.
    dynamic "on_deploy_update_policy" {
      for_each = var.whole_image ? [1] : []
      content {}
    }

    source {
      storage_source {
        bucket = var.archive.bucket
        object = var.archive.name
      }
    }
  }

  service_config {
    service_account_email            = var.service_account
    ingress_settings                 = "ALLOW_INTERNAL_ONLY" # Pub/Sub and Scheduler of this project are inside
    all_traffic_on_latest_revision   = true
    timeout_seconds                  = var.timeout_s
    available_cpu                    = var.cpu
    available_memory                 = var.memory
    min_instance_count               = 0
    max_instance_count               = var.instances
    max_instance_request_concurrency = var.concurrency

    # functions-framework reads these: its processes, and a thread for each request at once.
    # Cloud Run sets a third itself, CLOUD_RUN_TIMEOUT_SECONDS.
    environment_variables = merge(var.environment, {
      WORKERS = tostring(var.workers)
      THREADS = tostring(var.concurrency)
    })
  }
}

# A gen 2 function is a Cloud Run service: that is where invoking is allowed.
resource "google_cloud_run_v2_service_iam_member" "invoker" {
  for_each = var.invokers

  name     = google_cloudfunctions2_function.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = each.value

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.this.id] # a replaced service has no roles
  }
}
