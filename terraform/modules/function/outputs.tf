output "uri" {
  description = "Address on run.app, which internal callers use."
  value       = google_cloudfunctions2_function.this.service_config[0].uri
}

output "function" {
  description = "The function as planned, for tests."
  value       = google_cloudfunctions2_function.this
}

output "invoker" {
  description = "The account that may call it, for tests."
  value       = google_cloud_run_v2_service_iam_member.invoker
}
