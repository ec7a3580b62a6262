output "bucket" {
  description = "Name of the bucket."
  value       = google_storage_bucket.this.name
}

output "lake" {
  description = "The bucket as planned, for tests."
  value       = google_storage_bucket.this
}

output "notification" {
  description = "The notification as planned, for tests."
  value       = google_storage_notification.finalized
}
