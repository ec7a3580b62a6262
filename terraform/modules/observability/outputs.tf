output "channels" {
  description = "Notification channels."
  value       = google_monitoring_notification_channel.email[*].id
}

output "dashboard" {
  description = "Where the dashboard is."
  value       = "https://console.cloud.google.com/monitoring/dashboards/builder/${reverse(split("/", google_monitoring_dashboard.this.id))[0]}?project=${var.project_id}"
}
