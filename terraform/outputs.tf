output "next" {
  description = "What to type next."
  value       = <<-EOT
    # 1. Let the tta command know of this deployment, and see whether it works
    terraform output -raw tta_toml >> ../tta.toml
    tta smoke --target ${var.environment}
    # 2. Rate a file of your own
    tta ingest my-video.mp4 --target ${var.environment} --wait
    # 3. Make the key under which erased and pseudonymised names are kept; never change it
    openssl rand -hex 32 | gcloud secrets versions add tta-hash-key --project ${var.project_id} --data-file=-
    # 4. Switch on the other schedules: set schedules_paused = false beside the variables you applied with,
    #    and apply as you did. The schedule of sweep runs already.
    # 5. Fetch from TikTok: keys and standing queries
    printf %s "$CLIENT_KEY" | gcloud secrets versions add tiktok-client-key --project ${var.project_id} --data-file=-
    printf %s "$CLIENT_SECRET" | gcloud secrets versions add tiktok-client-secret --project ${var.project_id} --data-file=-
    tta collections put collections.yaml --target ${var.environment}
  EOT
}

output "tta_toml" {
  description = "The part of tta.toml that `tta --target` reads."
  value       = <<-EOT
    [targets.${var.environment}]
    project = "${var.project_id}"
    lake_bucket = "${module.lake.bucket}"
    dataset = "${module.warehouse.dataset}"
    uploads_topic = "${local.uploads}"
    records_topic = "${local.records}"

    [targets.${var.environment}.gemini]
    model = "${var.gemini_model}"
    location = "${var.gemini_location}"
  EOT
}

output "looker_studio" {
  description = "What people read => a link that makes a report of it."
  value = { for table in module.warehouse.readable : table => join("&", [
    "https://lookerstudio.google.com/reporting/create?c.mode=edit",
    "ds.connector=bigQuery",
    "ds.type=TABLE",
    "ds.projectId=${var.project_id}",
    "ds.datasetId=${module.warehouse.dataset}",
    "ds.tableId=${table}",
    "ds.billingProjectId=${var.project_id}",
  ]) }
}

output "dashboard" {
  description = "Where to see how the pipeline does."
  value       = module.observability.dashboard
}

output "lake" {
  description = "The bucket. A file under videos/ is rated by itself."
  value       = "gs://${module.lake.bucket}"
}
