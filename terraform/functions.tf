# The functions, one entry each. An entry says what the function reads from its environment, what it
# may touch, who calls it and when. The rest follows: account, roles, build, invoker, subscription,
# schedule. A new function needs an entry here, its rows in ROLES.md, its settings in
# tests/terraform/test_environment.py, and its first answer in tests/contract/test_zips.py.
#
# functions/deployed.json says how each is served (CPU, memory, requests at once, deadlines). The local
# cloud reads it too. Each deadline is shorter than the next, so that no work is done twice at a time:
#   analyze, load: function < acknowledgement < lease of a claim
#   fetch, sweep:  its own < function <= scheduler
#   load, called:  its own + a batch < function <= scheduler
#   report:        function < scheduler

locals {
  uploads = "video-finalized"
  records = "video-records"
  dead    = "-dead" # a topic's dead letters: `{topic}-dead`, topic and subscription

  # The key for tombstones and pseudonyms. It is read once something was erased.
  hash_key = "tta-hash-key"

  deployed       = jsondecode(file("${local.root}/functions/deployed.json"))
  served         = { for name, it in local.deployed.functions : name => merge(local.deployed.ordinary, it) }
  ack_deadline_s = local.deployed.messages.ack_deadline_s
  claim_lease_s  = local.deployed.messages.claim_lease_s

  # A number in terraform.tfvars replaces the file's.
  gemini_concurrency = coalesce(var.gemini_concurrency, local.served["analyze-gemini"].concurrency)

  # Cloud Scheduler counts in minutes. These are the periods that divide an hour into equal parts.
  drain_periods  = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60]
  drain_minutes  = max(1, [for minutes in local.drain_periods : minutes if minutes * 60 <= var.freshness_s]...)
  pushes_records = var.freshness_s <= 60

  # An entry has only the keys that it sets: what is missing comes from the GEMINI_ settings.
  named_raters  = [for rater in var.gemini_raters : { for key, value in rater : key => value if value != null }]
  gemini_raters = jsonencode(local.named_raters)
  raters_toml = join("", [for rater in local.named_raters : join("\n", concat(
    ["", "[[targets.${var.environment}.raters]]"], [for key, value in rater : "${key} = ${jsonencode(value)}"], [""]
  ))])

  # Defaults of a function.
  ordinary = {
    hears         = null # topic whose messages it handles; without one the scheduler calls it
    pushed        = true # whether they are pushed to it; else it pulls them when the scheduler calls
    called_by     = ["scheduler"]
    schedule      = null # cron, UTC
    body          = {}   # what the scheduler sends
    instances     = 1
    lake          = "roles/storage.objectUser"
    dataset       = null # role on the dataset; running queries is one of project_roles
    publishes     = []   # topics
    pulls         = []   # subscriptions
    secrets       = []
    project_roles = []
  }

  # Settings that every function reads.
  everywhere = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    LAKE_BUCKET          = local.lake
  }

  functions = {
    for name, it in merge(local.callable, { for name, it in local.analyzers : name => it if contains(var.raters, it.environment.RATER) }) :
    name => merge(local.ordinary, local.served[name], it, { environment = merge(local.everywhere, it.environment) })
  }

  callable = {
    fetch = {
      about     = "Lists collections of TikTok videos, fetches files, reads counts again when they are due."
      source    = "fetch"
      schedule  = "*/15 * * * *" # config/collections.yaml says what is due; else it returns at once
      body      = { mode = "due" }
      instances = 5 # runs at a time, each on other collections
      publishes = [local.records]
      secrets = [
        "tiktok-client-key", "tiktok-client-secret", "tiktok-business-client-id", "tiktok-business-client-secret",
        local.hash_key
      ]
      environment = {
        HASH_KEY_SECRET                      = "projects/${var.project_id}/secrets/${local.hash_key}"
        RECORDS_TOPIC                        = local.records
        TIKTOK_API_URL                       = var.tiktok_api_url
        TIKTOK_CLIENT_KEY_SECRET             = "projects/${var.project_id}/secrets/tiktok-client-key"
        TIKTOK_CLIENT_SECRET_SECRET          = "projects/${var.project_id}/secrets/tiktok-client-secret"
        TIKTOK_BUSINESS_CLIENT_ID_SECRET     = "projects/${var.project_id}/secrets/tiktok-business-client-id"
        TIKTOK_BUSINESS_CLIENT_SECRET_SECRET = "projects/${var.project_id}/secrets/tiktok-business-client-secret"
        MEDIA_ALLOWED_ORIGINS                = join(",", var.media_allowed_origins)
        DEADLINE_S                           = tostring(local.served["fetch"].deadline_s)
      }
    }

    # One instance and one process: a batch is as large as the requests that wait in it. Both callers may
    # always call, and it may always pull: a change of freshness_s refuses no message on its way.
    load = {
      about     = "Merges records into the star schema."
      source    = "load"
      hears     = local.records
      pushed    = local.pushes_records
      called_by = ["push", "scheduler"]
      schedule  = local.pushes_records ? null : local.drain_minutes == 60 ? "0 * * * *" : "*/${local.drain_minutes} * * * *"
      # It has the form of a push (shared/messaging/events.py, drain_body): the function accepts no other.
      body = {
        subscription = "drain"
        message      = { data = "e30=", messageId = "drain", attributes = { eventType = "DRAIN_RECORDS" } }
      }
      dataset       = "roles/bigquery.dataEditor"
      project_roles = ["roles/bigquery.jobUser"]
      secrets       = [local.hash_key]
      environment = {
        HASH_KEY_SECRET      = "projects/${var.project_id}/secrets/${local.hash_key}"
        DATASET              = local.dataset
        PRIMARY_RATERS       = join(",", var.primary_raters)
        GEMINI_MODEL         = var.gemini_model
        RATERS               = local.gemini_raters
        LINGER_MS            = tostring(local.pushes_records ? max(50, var.freshness_s * 1000) : 50)
        RECORDS_SUBSCRIPTION = "load"
        DEADLINE_S           = tostring(local.served["load"].deadline_s)
        DAILY_BUDGET_BYTES   = format("%d", var.daily_budget_gb * 1000000000)
      }
    }

    sweep = {
      about     = "Sends round again what is due, and keeps dead letters."
      source    = "sweep"
      schedule  = "*/10 * * * *"
      publishes = [local.uploads, local.records]
      pulls     = ["${local.uploads}${local.dead}", "${local.records}${local.dead}"]
      secrets   = [local.hash_key]
      environment = {
        HASH_KEY_SECRET           = "projects/${var.project_id}/secrets/${local.hash_key}"
        UPLOADS_TOPIC             = local.uploads
        RECORDS_TOPIC             = local.records
        DEAD_LETTER_SUBSCRIPTIONS = "${local.uploads}${local.dead},${local.records}${local.dead}"
        DEADLINE_S                = tostring(local.served["sweep"].deadline_s)
      }
    }

    report = {
      about         = "Makes the day's report: insight tables, and one page that opens offline."
      source        = "report"
      schedule      = "0 6 * * *"
      dataset       = "roles/bigquery.dataEditor"
      project_roles = ["roles/bigquery.jobUser"]
      environment = {
        DATASET = local.dataset
      }
    }
  }

  # The same code, one function per rater. Temporary files are in memory: concurrency x MAX_MEDIA_BYTES
  # is at most half of it, so more requests at once need more memory.
  analyzers = {
    analyze-gemini = {
      about         = "Has each new video rated by Gemini."
      source        = "analyze"
      hears         = local.uploads
      called_by     = ["push", "scheduler"] # the scheduler runs the canary
      memory        = "${max(tonumber(trimsuffix(local.served["analyze-gemini"].memory, "Gi")), local.gemini_concurrency)}Gi"
      concurrency   = local.gemini_concurrency
      instances     = var.gemini_instances
      publishes     = [local.records]
      project_roles = ["roles/aiplatform.user"]
      secrets       = [local.hash_key]
      environment = {
        HASH_KEY_SECRET     = "projects/${var.project_id}/secrets/${local.hash_key}"
        RATER               = "gemini"
        RATERS              = local.gemini_raters
        RECORDS_TOPIC       = local.records
        CLAIM_LEASE_S       = tostring(local.claim_lease_s)
        MAX_MEDIA_BYTES     = tostring(500 * 1024 * 1024)
        DAILY_BUDGET_USD    = tostring(var.daily_budget_usd)
        DAILY_BUDGET_VIDEOS = tostring(var.daily_budget_videos)
        GEMINI_LOCATION     = var.gemini_location
        GEMINI_MODEL        = var.gemini_model
        GEMINI_DEADLINE_S   = tostring(local.served["analyze-gemini"].timeout_s)
      }
    }

    analyze-signals = {
      about     = "Measures surprise in the picture and sound of each new video."
      source    = "analyze"
      hears     = local.uploads
      called_by = ["push"]
      instances = var.signals_instances
      publishes = [local.records]
      secrets   = [local.hash_key]
      environment = {
        HASH_KEY_SECRET = "projects/${var.project_id}/secrets/${local.hash_key}"
        RATER           = "signals"
        RECORDS_TOPIC   = local.records
        CLAIM_LEASE_S   = tostring(local.claim_lease_s)
        MAX_MEDIA_BYTES = tostring(500 * 1024 * 1024)
      }
    }
  }
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name            = each.key
  region          = var.region
  about           = each.value.about
  entry_point     = each.value.source
  archive         = { bucket = google_storage_bucket.sources.name, name = google_storage_bucket_object.source[each.value.source].name }
  whole_image     = each.key == "report" # job.tf
  builder         = google_service_account.build.id
  repository      = google_artifact_registry_repository.images.id
  service_account = google_service_account.function[each.key].email
  invokers        = { for caller in each.value.called_by : caller => google_service_account.caller[caller].member }
  timeout_s       = each.value.timeout_s
  cpu             = each.value.cpu
  memory          = each.value.memory
  workers         = each.value.workers
  concurrency     = each.value.concurrency
  instances       = each.value.instances
  environment     = each.value.environment

  # A new column exists before the code that writes it.
  depends_on = [time_sleep.roles, module.warehouse]
}
