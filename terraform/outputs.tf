output "next" {
  description = "The next commands to type."
  value       = <<-EOT
    # 1. Add this deployment to the tta command, and test whether it works
    terraform output -raw tta_toml >> ../tta.toml
    tta doctor --target ${var.environment} --clip
    # 2. Rate a file of your own
    tta ingest my-video.mp4 --target ${var.environment} --wait
    # 3. Create the key for erased and pseudonymised names. Never change it
    openssl rand -hex 32 | gcloud secrets versions add tta-hash-key --project ${var.project_id} --data-file=-
    # 4. Start the other schedules: add schedules_paused = false to your variables, and apply again.
    #    The sweep schedule runs already: it resends what had to wait.
    # 5. Fetch from TikTok: add the keys and the standing queries
    printf %s "$CLIENT_KEY" | gcloud secrets versions add tiktok-client-key --project ${var.project_id} --data-file=-
    printf %s "$CLIENT_SECRET" | gcloud secrets versions add tiktok-client-secret --project ${var.project_id} --data-file=-
    tta collections put collections.yaml --target ${var.environment}
    # 6. For the source business: add the id and the secret of your app of the Business API
    printf %s "$BUSINESS_ID" | gcloud secrets versions add tiktok-business-client-id --project ${var.project_id} --data-file=-
    printf %s "$BUSINESS_SECRET" | gcloud secrets versions add tiktok-business-client-secret --project ${var.project_id} --data-file=-
  EOT
}

output "tta_toml" {
  description = "The part of tta.toml that `tta --target` reads."
  value       = <<-EOT
    [targets.${var.environment}]
    project = "${var.project_id}"
    lake_bucket = "${module.lake.bucket}"
    region = "${var.region}"
    dataset = "${module.warehouse.dataset}"
    uploads_topic = "${local.uploads}"
    records_topic = "${local.records}"
    freshness_s = ${var.freshness_s}

    [targets.${var.environment}.gemini]
    model = "${var.gemini_model}"
    location = "${var.gemini_location}"
    ${local.raters_toml}
  EOT
}

output "looker_studio" {
  description = "View or table => a link that creates a report from it."
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
  description = "Address of the page that shows how the pipeline does."
  value       = module.observability.dashboard
}

output "lake" {
  description = "The bucket. A file under videos/ is rated automatically."
  value       = "gs://${module.lake.bucket}"
}
