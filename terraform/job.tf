# The job of Cloud Run that does long work beside the lake: an erasure, a rebuild, a report. A person
# starts it with `tta`, and no schedule does. It has the image of the function `report`, whose zip has
# the job's program, too (functions/report/job.py).

locals {
  job = "lake-work"

  # Cloud Run starts a run again that failed, so often. The last attempt deletes the run's request.
  job_retries = 3
}

resource "google_service_account" "job" {
  account_id   = "tta-${local.job}"
  display_name = "Runs the job ${local.job}"

  depends_on = [time_sleep.services]
}

resource "google_storage_bucket_iam_member" "job" {
  bucket = module.lake.bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.job.member
}

resource "google_bigquery_dataset_iam_member" "job" {
  dataset_id = module.warehouse.dataset
  role       = "roles/bigquery.dataEditor"
  member     = google_service_account.job.member
}

# Runs queries, and creates the shadow of a rebuild, whose owner it then is. It reads no other dataset.
resource "google_project_iam_member" "job" {
  project = var.project_id
  role    = "roles/bigquery.user"
  member  = google_service_account.job.member
}

resource "google_secret_manager_secret_iam_member" "job" {
  secret_id = module.secrets.names[local.hash_key]
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.job.member
}

# A function is a service of Cloud Run. It says which image its build made, once that is deployed.
data "google_cloud_run_v2_service" "report" {
  name     = "report"
  location = var.region

  depends_on = [module.function]
}

locals {
  # A rehearsal without Google finds no service. Google refuses a job whose image does not exist.
  report_image = try(
    data.google_cloud_run_v2_service.report.template[0].containers[0].image,
    "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.images.repository_id}/report",
  )
  report_system = try(data.google_cloud_run_v2_service.report.template[0].containers[0].base_image_uri, "")
}

resource "google_cloud_run_v2_job" "lake_work" {
  name                = local.job
  location            = var.region
  deletion_protection = false # it holds nothing

  template {
    task_count  = 1
    parallelism = 1

    template {
      service_account = google_service_account.job.email
      timeout         = "86400s"
      max_retries     = local.job_retries

      containers {
        image = local.report_image

        # The launcher of the image sets the environment that the function's process has, too. `tta`
        # gives each execution the name of its run, and no other argument.
        command = ["launcher"]
        args    = ["python", "job.py"]

        resources {
          limits = { cpu = "4", memory = "16Gi" }
        }

        dynamic "env" {
          for_each = merge(local.everywhere, {
            DATASET         = local.dataset
            HASH_KEY_SECRET = "projects/${var.project_id}/secrets/${local.hash_key}"
            LAST_ATTEMPT    = tostring(local.job_retries)
          })

          content {
            name  = env.key
            value = env.value
          }
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = coalesce(local.report_system, "-") == "-"
      error_message = "The image of report has no system of its own, so a job cannot run it. Its function needs on_deploy_update_policy."
    }
  }

  depends_on = [time_sleep.roles]
}
