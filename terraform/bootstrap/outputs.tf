output "next" {
  description = "The next commands to type."
  value       = <<-EOT
    # 1. Keep this state in the bucket, too
    cp ../envs/backend.tf.example backend.tf
    terraform init -migrate-state -backend-config=bucket=${google_storage_bucket.state.name} -backend-config=prefix=bootstrap
    # 2. Store the settings of ${var.environment}. The builds read them from here, not from the repository
    gcloud storage cp ../envs/${var.environment}.tfvars gs://${google_storage_bucket.state.name}/${var.environment}.tfvars
    # 3. Push. Then read the plan of tta-plan-${var.environment}, and approve tta-apply-${var.environment}
  EOT
}

output "state_bucket" {
  description = "Bucket that holds the states."
  value       = google_storage_bucket.state.name
}
