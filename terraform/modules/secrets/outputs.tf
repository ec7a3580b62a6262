output "names" {
  description = "Names of the secrets, each under itself."
  value       = { for name, secret in google_secret_manager_secret.this : name => secret.secret_id }
}
