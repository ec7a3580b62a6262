# TikTok analytics: a file in the lake becomes a rating, and a rating becomes rows.
#
#   scheduler -> fetch -> lake -> topic video-finalized -> analyze-* -> topic video-records -> load -> warehouse
#
# The same topology runs on a laptop (local/provision.py). functions.tf lists the functions, job.tf has
# the job for long work, identities.tf says who may do what, and project.tf and sources.tf what must
# exist first.
#
#   gcloud services enable cloudresourcemanager.googleapis.com --project MY-PROJECT
#   terraform init
#   terraform apply -var project_id=MY-PROJECT

locals {
  lake    = "${var.project_id}-lake" # bucket names are unique world-wide, and so are project ids
  dataset = "tiktok"
}

module "lake" {
  source = "./modules/lake"

  name                  = local.lake
  location              = var.region
  topic                 = module.bus.topics[local.uploads]
  storage_agent         = local.agents.storage
  deletion_protection   = var.deletion_protection
  undo_days             = var.undo_days
  raw_retention_days    = var.raw_retention_days
  report_retention_days = var.report_retention_days

  depends_on = [time_sleep.agents]
}

module "bus" {
  source = "./modules/bus"

  topics         = [local.uploads, local.records]
  push_account   = google_service_account.caller["push"].email
  pubsub_agent   = local.agents.pubsub
  ack_deadline_s = local.ack_deadline_s

  push = { for name, it in local.functions : name => {
    topic    = it.hears
    pushed   = it.pushed
    endpoint = module.function[name].uri
    filter   = it.hears == local.uploads ? "attributes.eventType = \"OBJECT_FINALIZE\"" : ""
  } if it.hears != null }
  pullers = { load = google_service_account.function["load"].member }

  depends_on = [time_sleep.agents]
}

module "warehouse" {
  source = "./modules/warehouse"

  project_id          = var.project_id
  dataset             = local.dataset
  location            = var.region
  definitions         = "${local.root}/shared/warehouse"
  undo_days           = var.undo_days
  deletion_protection = var.deletion_protection

  depends_on = [time_sleep.services]
}

module "secrets" {
  source = "./modules/secrets"

  names  = toset(flatten([for it in local.functions : it.secrets]))
  region = var.region

  depends_on = [time_sleep.services]
}

module "scheduler" {
  source = "./modules/scheduler"

  region  = var.region
  account = google_service_account.caller["scheduler"].email

  jobs = merge(
    { for name, it in local.functions : name => {
      about      = it.about
      schedule   = it.schedule
      uri        = module.function[name].uri
      body       = jsonencode(it.body)
      deadline_s = min(it.timeout_s + 10, 1800) # the maximum
      retries    = 0                            # the next run comes soon
      # These run from the first apply: without sweep parked and dead-lettered messages would wait forever,
      # without load all records would.
      paused = var.schedules_paused && !contains(["sweep", "load"], name)
    } if it.schedule != null },
    {
      canary = {
        about      = "Reads known videos of each source and says which field or step broke."
        schedule   = "30 5 * * *"
        uri        = module.function["fetch"].uri
        body       = jsonencode({ mode = "canary" })
        deadline_s = 600
        retries    = 0
        paused     = var.schedules_paused
      }
    },
    contains(var.raters, "gemini") ? {
      canary-gemini = {
        about    = "Asks Gemini about frozen clips and says whether it answers as it did."
        schedule = "45 5 * * *"
        uri      = module.function["analyze-gemini"].uri
        # It has the form of a push (shared/messaging/events.py, canary_body): the function accepts no other.
        body = jsonencode({
          subscription = "canary"
          message      = { data = "e30=", messageId = "canary", attributes = { eventType = "GEMINI_CANARY" } }
        })
        deadline_s = local.served["analyze-gemini"].timeout_s + 10
        retries    = 2 # it resumes, and pays nothing twice
        paused     = var.schedules_paused
      }
    } : {}
  )
}

module "observability" {
  source = "./modules/observability"

  project_id  = var.project_id
  functions   = keys(local.functions)
  job         = local.job
  topics      = [local.uploads, local.records]
  freshness_s = var.freshness_s
  alert_email = var.alert_email

  depends_on = [time_sleep.services]
}

module "budget" {
  source = "./modules/budget"
  count  = var.billing_account == "" ? 0 : 1

  billing_account = var.billing_account
  project_id      = var.project_id
  project_number  = local.number
  monthly_budget  = var.monthly_budget
  channels        = module.observability.channels

  providers = { google = google.billing }

  depends_on = [time_sleep.services]
}
