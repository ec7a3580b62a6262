# What deploying from Cloud Build needs before the first build: a bucket for the state, an account
# that deploys, and two triggers on a push. The first tests and plans (cloudbuild.yaml); the second
# waits until a person has read that plan and approves it (cloudbuild.apply.yaml).
#
#   terraform init
#   terraform apply -var project_id=MY-PROJECT -var repository=projects/…/repositories/…
#
# Deploying from a laptop needs none of this. People who share a deployment need the bucket.

locals {
  services = toset([
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "iam.googleapis.com",
    "serviceusage.googleapis.com",
    "storage.googleapis.com",
  ])

  # What a plan of ../ holds, and so what its account must be able to make. ../ROLES.md says why.
  makes = toset([
    "roles/artifactregistry.admin",
    "roles/bigquery.dataOwner",
    "roles/cloudfunctions.admin",
    "roles/cloudscheduler.admin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountUser",
    "roles/logging.configWriter",
    "roles/logging.logWriter",
    "roles/monitoring.editor",
    "roles/pubsub.admin",
    "roles/run.admin",
    "roles/secretmanager.admin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
  ])

  # The only roles over the project that it may give: ../identities.tf and ../job.tf give no other.
  gives = [
    "roles/aiplatform.user",
    "roles/bigquery.jobUser",
    "roles/bigquery.user",
    "roles/logging.logWriter",
    "roles/storage.objectViewer",
  ]
}

resource "google_project_service" "this" {
  for_each = local.services

  service            = each.value
  disable_on_destroy = false # others may use it too
}

resource "time_sleep" "services" {
  create_duration = "60s"
  triggers        = { services = join(",", local.services) }

  depends_on = [google_project_service.this]
}

# --- the state -------------------------------------------------------------------------------

resource "google_storage_bucket" "state" {
  #checkov:skip=CKV_GCP_62:Every version of the state is kept, with its author. Readers matter little, because it holds no secret.
  name                        = "${var.project_id}-tfstate"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = false

  versioning {
    enabled = true
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      num_newer_versions = 20
    }
  }

  # Plans that nobody approved.
  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 60
      matches_prefix = ["plans/"]
    }
  }

  depends_on = [time_sleep.services]
}

# --- who deploys -----------------------------------------------------------------------------

resource "google_service_account" "deploy" {
  account_id   = "tta-deploy"
  display_name = "Deploys from Cloud Build"

  depends_on = [time_sleep.services]
}

resource "google_project_iam_member" "makes" {
  #checkov:skip=CKV_GCP_41:It deploys functions that run as the accounts it makes, which it must be allowed to use.
  #checkov:skip=CKV_GCP_49:It makes the accounts that the functions run as.
  for_each = local.makes

  project = var.project_id
  role    = each.value
  member  = google_service_account.deploy.member
}

resource "google_project_iam_member" "gives" {
  project = var.project_id
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.deploy.member

  condition {
    title      = "roles-that-functions-have"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([${join(", ", [for role in local.gives : "'${role}'"])}])"
  }
}

# --- when ------------------------------------------------------------------------------------

locals {
  # Trigger => the file it runs, and whether somebody must approve first.
  triggers = {
    plan  = { file = "cloudbuild.yaml", about = "Tests, and plans what the commit would change.", approved = false }
    apply = { file = "cloudbuild.apply.yaml", about = "Applies the plan of the commit once approved.", approved = true }
  }
}

resource "google_cloudbuild_trigger" "this" {
  for_each = var.repository == "" ? {} : local.triggers

  name            = "tta-${each.key}-${var.environment}"
  description     = each.value.about
  location        = var.region
  filename        = each.value.file
  service_account = google_service_account.deploy.id

  repository_event_config {
    repository = var.repository

    push {
      branch = var.branch
    }
  }

  approval_config {
    approval_required = each.value.approved
  }

  substitutions = {
    _ENVIRONMENT  = var.environment
    _STATE_BUCKET = google_storage_bucket.state.name
  }

  depends_on = [google_project_iam_member.makes, google_project_iam_member.gives]
}
