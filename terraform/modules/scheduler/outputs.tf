output "jobs" {
  description = "The jobs as planned, for tests."
  value       = google_cloud_scheduler_job.this
}
