# Who does what. Each function runs under its own account. Pub/Sub and the scheduler call with
# accounts that may do nothing else, and one account builds. No account has a key. ROLES.md lists all
# roles, and a test compares it with the plan.

resource "google_service_account" "function" {
  for_each = local.functions

  account_id   = "tta-${each.key}"
  display_name = "Runs the function ${each.key}"

  depends_on = [time_sleep.services]
}

resource "google_service_account" "caller" {
  for_each = {
    push      = "Pub/Sub, handing messages to functions"
    scheduler = "Cloud Scheduler, calling functions"
  }

  account_id   = "tta-${each.key}"
  display_name = each.value

  depends_on = [time_sleep.services]
}

resource "google_service_account" "build" {
  account_id   = "tta-build"
  display_name = "Builds the functions"

  depends_on = [time_sleep.services]
}

# --- what the functions may do ---------------------------------------------------------------

locals {
  # "function/thing" => both, from the function's entry in functions.tf.
  publishes = merge([for name, it in local.functions : {
    for topic in it.publishes : "${name}/${topic}" => { function = name, topic = topic }
  }]...)
  pulls = merge([for name, it in local.functions : {
    for subscription in it.pulls : "${name}/${subscription}" => { function = name, subscription = subscription }
  }]...)
  secrets = merge([for name, it in local.functions : {
    for secret in it.secrets : "${name}/${secret}" => { function = name, secret = secret }
  }]...)
  project_roles = merge([for name, it in local.functions : {
    for role in it.project_roles : "${name}/${role}" => { function = name, role = role }
  }]...)
}

# Read, write and delete objects, but neither the bucket nor who may use it. Writing over an object
# (state/, claims, failed/) counts as deleting it, so objectCreator is too little.
resource "google_storage_bucket_iam_member" "lake" {
  for_each = { for name, it in local.functions : name => it.lake if it.lake != null }

  bucket = module.lake.bucket
  role   = each.value
  member = google_service_account.function[each.key].member
}

# Vertex AI reads the file that a question names, as itself or as the caller: Google does not say which.
resource "google_storage_bucket_iam_member" "vertexai" {
  bucket = module.lake.bucket
  role   = "roles/storage.objectViewer"
  member = local.agents.vertexai

  depends_on = [time_sleep.agents]
}

resource "google_pubsub_topic_iam_member" "publishes" {
  for_each = local.publishes

  topic  = module.bus.topics[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function[each.value.function].member
}

resource "google_pubsub_subscription_iam_member" "pulls" {
  for_each = local.pulls

  subscription = module.bus.dead_letters[each.value.subscription]
  role         = "roles/pubsub.subscriber"
  member       = google_service_account.function[each.value.function].member
}

resource "google_bigquery_dataset_iam_member" "dataset" {
  for_each = { for name, it in local.functions : name => it.dataset if it.dataset != null }

  dataset_id = module.warehouse.dataset
  role       = each.value
  member     = google_service_account.function[each.key].member
}

resource "google_secret_manager_secret_iam_member" "reads" {
  for_each = local.secrets

  secret_id = module.secrets.names[each.value.secret]
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.function[each.value.function].member
}

# Only a project can give the rights to run a query and to ask a model.
resource "google_project_iam_member" "function" {
  for_each = local.project_roles

  project = var.project_id
  role    = each.value.role
  member  = google_service_account.function[each.value.function].member
}

# --- what the builder may do -----------------------------------------------------------------

resource "google_project_iam_member" "build_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.build.member
}

resource "google_artifact_registry_repository_iam_member" "build" {
  repository = google_artifact_registry_repository.images.repository_id
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.build.member
}

resource "google_storage_bucket_iam_member" "build" {
  bucket = google_storage_bucket.sources.name
  role   = "roles/storage.objectViewer"
  member = google_service_account.build.member
}

# Cloud Functions creates a bucket at the first deploy, copies sources there and builds from it. That
# bucket has no policy before, so a condition in the project's policy stands in for it.
resource "google_project_iam_member" "build_copies" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.build.member

  condition {
    title      = "copies-of-sources"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${local.number}-${var.region}\")"
  }
}

resource "time_sleep" "roles" {
  create_duration = "60s"
  triggers        = { accounts = join(",", concat(keys(local.functions), [local.job])) } # a new one waits, too

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_bigquery_dataset_iam_member.dataset,
    google_bigquery_dataset_iam_member.job,
    google_project_iam_member.build_copies,
    google_project_iam_member.build_logs,
    google_project_iam_member.function,
    google_project_iam_member.job,
    google_pubsub_subscription_iam_member.pulls,
    google_pubsub_topic_iam_member.publishes,
    google_secret_manager_secret_iam_member.job,
    google_secret_manager_secret_iam_member.reads,
    google_storage_bucket_iam_member.build,
    google_storage_bucket_iam_member.job,
    google_storage_bucket_iam_member.lake,
  ]
}
