# What a plan must say. Nothing here asks Google anything: it runs with a real `terraform test`, too.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }

  # The service of a function: the image that its build made.
  mock_data "google_cloud_run_v2_service" {
    defaults = {
      template = [{ containers = [{ image = "europe-west1-docker.pkg.dev/demo-project/functions/report@sha256:0123" }] }]
    }
  }

  mock_resource "google_service_account" {
    defaults = {
      id     = "projects/demo-project/serviceAccounts/mock@demo-project.iam.gserviceaccount.com"
      email  = "mock@demo-project.iam.gserviceaccount.com"
      member = "serviceAccount:mock@demo-project.iam.gserviceaccount.com"
    }
  }
}

mock_provider "google" {
  alias = "billing"
}

mock_provider "google-beta" {}

mock_provider "time" {}

mock_provider "archive" {} # what the zips hold is no matter here

variables {
  project_id = "demo-project"
}

run "as_deployed_by_default" {
  command = plan

  # who may do what

  assert {
    condition = toset([for account in google_service_account.function : account.account_id]) == toset([
      "tta-fetch", "tta-analyze-gemini", "tta-analyze-signals", "tta-load", "tta-sweep", "tta-report",
    ])
    error_message = "Every function has an account of its own."
  }

  assert {
    condition     = toset([for account in google_service_account.caller : account.account_id]) == toset(["tta-push", "tta-scheduler"])
    error_message = "Pub/Sub and the scheduler call as accounts of their own."
  }

  assert {
    condition     = keys(google_bigquery_dataset_iam_member.dataset) == ["load", "report"]
    error_message = "Only load and report write to the warehouse."
  }

  assert {
    condition     = toset([for binding in google_project_iam_member.function : binding.role]) == toset(["roles/bigquery.jobUser", "roles/aiplatform.user"])
    error_message = "Only running queries and asking models may be rights over the project."
  }

  assert {
    condition     = alltrue([for binding in google_storage_bucket_iam_member.lake : binding.role == "roles/storage.objectUser"])
    error_message = "No function may change the bucket itself or who uses it."
  }

  assert {
    condition     = length(google_project_iam_member.build_copies.condition) == 1
    error_message = "The builder reads the copies of sources, not every bucket."
  }

  assert {
    condition     = alltrue([for binding in google_secret_manager_secret_iam_member.reads : binding.role == "roles/secretmanager.secretAccessor"])
    error_message = "A function reads secrets and does not manage them."
  }

  # what runs, and when

  assert {
    condition     = toset(keys(module.scheduler.jobs)) == toset(["fetch", "load", "sweep", "report", "canary", "canary-gemini"])
    error_message = "What no message starts has a schedule, each canary one of its own, and nothing else."
  }

  assert {
    condition     = alltrue([for name, job in module.scheduler.jobs : job.paused if !contains(["sweep", "load"], name)])
    error_message = "Nothing is fetched until somebody decides so."
  }

  assert {
    condition     = !module.scheduler.jobs["sweep"].paused && !module.scheduler.jobs["load"].paused
    error_message = "sweep and load run from the first apply, or parked messages, dead letters and records wait for ever."
  }

  assert {
    condition     = jsondecode(base64decode(module.scheduler.jobs["fetch"].http_target[0].body)) == { mode = "due" }
    error_message = "The schedule asks for whatever is due of all collections."
  }

  assert {
    condition = alltrue([for function in module.function : (
      function.function.build_config[0].runtime == "python313"
      && function.function.service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
      && function.function.service_config[0].min_instance_count == 0
      && function.function.service_config[0].environment_variables.WORKERS == "1"
      && function.function.service_config[0].environment_variables.THREADS == tostring(function.function.service_config[0].max_instance_request_concurrency)
      && tonumber(function.function.service_config[0].available_cpu) >= 1
    )])
    error_message = "Every function is internal, costs nothing while idle, and has a thread for each request."
  }

  assert {
    condition     = module.function["load"].function.service_config[0].max_instance_count == 1 && module.function["load"].function.service_config[0].max_instance_request_concurrency >= 256
    error_message = "load is one instance that takes many requests: they share a batch."
  }

  assert {
    condition     = module.function["analyze-gemini"].function.service_config[0].max_instance_count * module.function["analyze-gemini"].function.service_config[0].max_instance_request_concurrency == var.gemini_instances * local.gemini_concurrency
    error_message = "Instances times concurrency bound the questions asked of Gemini at once."
  }

  assert {
    condition = alltrue([for name in ["analyze-gemini", "analyze-signals"] : (
      module.function[name].function.service_config[0].max_instance_request_concurrency * tonumber(module.function[name].function.service_config[0].environment_variables.MAX_MEDIA_BYTES)
      <= tonumber(trimsuffix(module.function[name].function.service_config[0].available_memory, "Gi")) * 1024 * 1024 * 1024 / 2
    )])
    error_message = "Files being rated take at most half of the memory."
  }

  assert {
    condition = alltrue([for name in keys(module.bus.push) : (
      module.function[name].function.service_config[0].timeout_seconds <= module.bus.push[name].ack_deadline_seconds
    )])
    error_message = "A function ends before its message comes again."
  }

  assert {
    condition = alltrue([for name in ["analyze-gemini", "analyze-signals"] : (
      tonumber(module.function[name].function.service_config[0].environment_variables.CLAIM_LEASE_S) > module.bus.push[name].ack_deadline_seconds
    )])
    error_message = "A claim outlives the delivery that holds it."
  }

  assert {
    condition = alltrue([for name in ["fetch", "load", "sweep"] : (
      tonumber(module.function[name].function.service_config[0].environment_variables.DEADLINE_S) < module.function[name].function.service_config[0].timeout_seconds
    )])
    error_message = "A function that minds the time itself ends before it is ended."
  }

  assert {
    condition = alltrue([for job, function in { fetch = "fetch", load = "load", sweep = "sweep", report = "report" } : (
      module.function[function].function.service_config[0].timeout_seconds <= tonumber(trimsuffix(module.scheduler.jobs[job].attempt_deadline, "s"))
    )])
    error_message = "The scheduler waits for the answer."
  }

  assert {
    condition     = tonumber(module.function["analyze-gemini"].function.service_config[0].environment_variables.GEMINI_DEADLINE_S) <= module.function["analyze-gemini"].function.service_config[0].timeout_seconds
    error_message = "Gemini is not asked for longer than the function may run."
  }

  assert {
    condition = (
      google_cloud_run_v2_job.lake_work.template[0].template[0].timeout == "86400s"
      && google_cloud_run_v2_job.lake_work.template[0].template[0].max_retries == 3
      && one([for env in google_cloud_run_v2_job.lake_work.template[0].template[0].containers[0].env : env.value if env.name == "LAST_ATTEMPT"]) == "3"
    )
    error_message = "A run has a day for each of four attempts, and its program knows which is the last."
  }

  assert {
    condition     = google_service_account.job.account_id == "tta-lake-work" && google_storage_bucket_iam_member.job.role == "roles/storage.objectUser"
    error_message = "The job has an account of its own, which may not change the bucket itself."
  }

  assert {
    condition     = [for name, function in module.function : name if length(function.function.build_config[0].on_deploy_update_policy) == 1] == ["report"]
    error_message = "The image that the job runs has a system of its own. All others get the newest."
  }

  # what travels

  assert {
    condition     = toset([for subscription in module.bus.dead : subscription.name]) == toset(["video-finalized-dead", "video-records-dead"])
    error_message = "Each topic has dead letters with a subscription, or they would be lost."
  }

  assert {
    condition     = alltrue([for subscription in module.bus.dead : subscription.message_retention_duration == "2678400s" && subscription.expiration_policy[0].ttl == ""])
    error_message = "Dead letters are kept as long as can be, and their subscription for ever."
  }

  assert {
    condition     = alltrue([for subscription in module.bus.push : subscription.dead_letter_policy[0].max_delivery_attempts == 100])
    error_message = "A message is given up after 100 attempts."
  }

  assert {
    condition     = toset(keys(module.bus.push)) == toset(["analyze-gemini", "analyze-signals", "load"])
    error_message = "One subscription per rater, and load's."
  }

  assert {
    condition     = length(module.bus.push["load"].push_config) == 0 && length(module.bus.push["analyze-signals"].push_config) == 1
    error_message = "Raters are pushed to. Records wait until the scheduler has load pull them."
  }

  assert {
    condition     = module.scheduler.jobs["load"].schedule == "*/5 * * * *"
    error_message = "Records are loaded every five minutes."
  }

  assert {
    condition     = module.function["load"].function.service_config[0].environment_variables.DAILY_BUDGET_BYTES == "1000000000000"
    error_message = "BigQuery bills at most 1,000 GB a day for loading."
  }

  assert {
    condition = alltrue([for subscription in module.bus.push : (
      subscription.ack_deadline_seconds == 600
      && subscription.retry_policy[0].minimum_backoff == "10s"
      && subscription.retry_policy[0].maximum_backoff == "600s"
      && subscription.expiration_policy[0].ttl == ""
      && subscription.message_retention_duration == "604800s"
    )])
    error_message = "A push has 600 s, comes again after 10 to 600 s, and its subscription never expires."
  }

  assert {
    condition = alltrue([for name, subscription in module.bus.push : (
      subscription.filter == (name == "load" ? "" : "attributes.eventType = \"OBJECT_FINALIZE\"")
    )])
    error_message = "A rater hears of finished files only."
  }

  # what stays

  assert {
    condition     = module.lake.lake.soft_delete_policy[0].retention_duration_seconds == 604800 && !module.lake.lake.versioning[0].enabled
    error_message = "A mistaken erasure can be undone for 7 days, and then it is final."
  }

  assert {
    condition     = module.warehouse.time_travel_hours == 168
    error_message = "Rows can be brought back as long as objects."
  }

  assert {
    condition     = module.lake.lake.uniform_bucket_level_access && module.lake.lake.public_access_prevention == "enforced"
    error_message = "The lake is never public."
  }

  assert {
    condition = toset(flatten([
      for rule in module.lake.lake.lifecycle_rule : [for condition in rule.condition : condition.matches_prefix]
      if one(rule.action[*].type) == "Delete"
    ])) == toset(["raw/research/", "reports/", "state/jobs/"])
    error_message = "metadata/, ratings/ and raw/upload/ are what a rebuild reads: they have no age."
  }

  assert {
    condition     = !module.lake.lake.force_destroy
    error_message = "A lake with videos in it is not destroyed by default."
  }

  assert {
    condition     = module.lake.notification.object_name_prefix == "videos/" && module.lake.notification.payload_format == "JSON_API_V1"
    error_message = "The topic hears of files under videos/, with data."
  }

  assert {
    condition     = alltrue([for table in module.warehouse.tables : table.deletion_protection && length(table.table_constraints[0].primary_key[0].columns) > 0])
    error_message = "Tables are protected, and declare their keys."
  }

  assert {
    condition     = module.warehouse.tables["fact_metrics_snapshot"].time_partitioning[0].field == "id_day"
    error_message = "Snapshots are partitioned by the day inside the video's id."
  }

  assert {
    condition     = module.warehouse.tables["dim_user"].range_partitioning[0].range[0].end == 4000
    error_message = "Creators have as many partitions as one job may change."
  }
}

run "schedules_run_when_told_and_as_often" {
  command = plan

  variables {
    schedules_paused = false
    freshness_s      = 2700
  }

  assert {
    condition     = module.scheduler.jobs["load"].schedule == "*/30 * * * *"
    error_message = "45 minutes do not divide an hour into equal parts: the next shorter period does."
  }

  assert {
    condition     = !anytrue([for job in module.scheduler.jobs : job.paused])
    error_message = "schedules_paused = false switches them on."
  }
}

run "one_rater_alone_and_records_pushed" {
  command = plan

  variables {
    raters      = ["signals"]
    freshness_s = 60
  }

  assert {
    condition     = length(module.bus.push["load"].push_config) == 1 && !contains(keys(module.scheduler.jobs), "load")
    error_message = "Up to a minute, records are pushed, and no schedule calls load."
  }

  assert {
    condition     = module.function["load"].function.service_config[0].environment_variables.LINGER_MS == "60000"
    error_message = "load waits that long for more records."
  }

  assert {
    condition = (
      module.bus.push["load"].ack_deadline_seconds == 600
      && toset(keys(module.function["load"].invoker)) == toset(["push", "scheduler"])
    )
    error_message = "Between the two ways only the push and the schedule differ, so that a change loses nothing."
  }

  assert {
    condition     = toset(keys(module.bus.push)) == toset(["analyze-signals", "load"])
    error_message = "A rater that is not asked for has no function."
  }
}

run "named_raters_have_only_what_they_set" {
  command = plan

  variables {
    gemini_raters = [{ name = "flash", model = "gemini-3.5-flash" }, { name = "slow", fps = 1, daily_budget_usd = 2 }]
  }

  assert {
    condition = jsondecode(module.function["analyze-gemini"].function.service_config[0].environment_variables.RATERS) == [
      { name = "flash", model = "gemini-3.5-flash" },
      { name = "slow", fps = 1, daily_budget_usd = 2 },
    ]
    error_message = "What an entry does not set comes from the settings of Gemini."
  }

  assert {
    condition     = module.function["load"].function.service_config[0].environment_variables.RATERS == module.function["analyze-gemini"].function.service_config[0].environment_variables.RATERS
    error_message = "load knows the same raters, so that a row keeps its model."
  }

  assert {
    condition     = strcontains(output.tta_toml, "[[targets.dev.raters]]\ndaily_budget_usd = 2\nfps = 1\nname = \"slow\"\n")
    error_message = "tta knows the same raters."
  }
}

run "an_entry_that_is_no_rater_is_refused" {
  command = plan

  variables {
    gemini_raters = [
      { name = "Flash" },
      { name = "a", model = "A model", wording = "e", fps = 25, daily_budget_videos = 1.5 },
    ]
  }

  expect_failures = [var.gemini_raters]
}

run "a_teardown_is_possible" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = module.lake.lake.force_destroy && !anytrue([for table in module.warehouse.tables : table.deletion_protection])
    error_message = "deletion_protection = false lets destroy remove what holds data."
  }
}

run "a_budget_when_there_is_a_billing_account" {
  command = plan

  variables {
    billing_account = "012345-6789AB-CDEF01"
    alert_email     = "me@example.org"
  }

  assert {
    condition     = length(module.budget) == 1 && length(module.observability.channels) == 1
    error_message = "A billing account gets a budget, an address gets the alerts."
  }
}

run "what_cannot_be_meant_is_refused" {
  command = plan

  variables {
    project_id          = "My Project"
    environment         = "local"
    region              = "eu"
    raters              = ["human"]
    tiktok_api_url      = "http://example.org"
    gemini_instances    = 0
    gemini_concurrency  = 80
    daily_budget_usd    = 0
    daily_budget_videos = 1.5
    daily_budget_gb     = 0
    freshness_s         = 86400
    billing_account     = "mine"
    monthly_budget      = 0
    alert_email         = "me"
    raw_retention_days  = 0
    undo_days           = 3
  }

  expect_failures = [
    var.project_id,
    var.environment,
    var.region,
    var.raters,
    var.tiktok_api_url,
    var.gemini_instances,
    var.gemini_concurrency,
    var.daily_budget_usd,
    var.daily_budget_videos,
    var.daily_budget_gb,
    var.freshness_s,
    var.billing_account,
    var.monthly_budget,
    var.alert_email,
    var.raw_retention_days,
    var.undo_days,
  ]
}

run "deleted_objects_are_kept_only_if_wanted" {
  command = plan

  variables {
    undo_days = 0
  }

  assert {
    condition     = module.lake.lake.soft_delete_policy[0].retention_duration_seconds == 0 && module.warehouse.time_travel_hours == 48
    error_message = "undo_days = 0 keeps no deleted object, and rows as briefly as BigQuery can."
  }
}

# A table of an earlier version is not replaced by an empty one.

run "tables_of_an_earlier_version" {
  command = plan

  module {
    source = "./modules/warehouse/table"
  }

  variables {
    dataset             = "tiktok"
    definitions         = "../shared/warehouse"
    deletion_protection = false
    tables = {
      dim_user = { description = "Creators.", key = ["user_key"], partition = "user_bucket", buckets = 4000, cluster = ["user_key"] }
    }
    live = { dim_user = { environment = "dev" } }
  }

  expect_failures = [google_bigquery_table.this]
}

run "facts_of_one_answer_each" {
  command = plan

  module {
    source = "./modules/warehouse/table"
  }

  variables {
    dataset             = "tiktok"
    definitions         = "../shared/warehouse"
    deletion_protection = false
    tables = {
      fact_video_analytics = { description = "Videos.", key = ["video_id"], partition = "id_day", cluster = ["video_id"], scores = "mean" }
    }
    live = { fact_video_analytics = { partition = "id_day" } }
  }

  expect_failures = [google_bigquery_table.this]
}

run "tables_that_were_migrated" {
  command = plan

  module {
    source = "./modules/warehouse/table"
  }

  variables {
    dataset             = "tiktok"
    definitions         = "../shared/warehouse"
    deletion_protection = false
    tables = {
      dim_user       = { description = "Creators.", key = ["user_key"], partition = "user_bucket", buckets = 4000, cluster = ["user_key"] }
      insight_effect = { description = "Numbers.", key = ["report_date"], partition = "report_date", cluster = ["part"] }

      fact_video_analytics = { description = "Videos.", key = ["video_id"], partition = "id_day", cluster = ["video_id"], scores = "mean" }
    }
    live = { dim_user = { partition = "user_bucket" }, insight_effect = {}, fact_video_analytics = { partition = "id_day", scores = "mean" } }
  }

  assert {
    condition     = google_bigquery_table.this["dim_user"].labels == tomap({ partition = "user_bucket" })
    error_message = "The label of a table says how it is partitioned."
  }
}
