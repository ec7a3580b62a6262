# What the project needs before anything can be created in it. A new API, identity or role is not known
# everywhere at once, so there are waits.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  services = toset([
    "aiplatform.googleapis.com",
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "billingbudgets.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  # Known before the agents exist, so that a plan shows who gets which role.
  number = data.google_project.this.number
  agents = {
    pubsub   = "serviceAccount:service-${local.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    storage  = "serviceAccount:service-${local.number}@gs-project-accounts.iam.gserviceaccount.com"
    vertexai = "serviceAccount:service-${local.number}@gcp-sa-aiplatform.iam.gserviceaccount.com"
  }
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

# Google's own agents. Naming them here creates them; only an existing agent can get a role.
resource "google_project_service_identity" "agent" {
  for_each = {
    pubsub   = "pubsub.googleapis.com"
    vertexai = "aiplatform.googleapis.com"
  }
  provider = google-beta

  project = var.project_id
  service = each.value

  depends_on = [time_sleep.services]
}

data "google_storage_project_service_account" "agent" {
  depends_on = [time_sleep.services] # asking for it creates it
}

resource "time_sleep" "agents" {
  create_duration = "30s"

  depends_on = [
    data.google_storage_project_service_account.agent,
    google_project_service_identity.agent,
  ]
}
