variable "billing_account" {
  type = string
}

variable "project_id" {
  type = string
}

variable "project_number" {
  type = string
}

variable "monthly_budget" {
  type = number
}

variable "channels" {
  description = "Notification channels that are notified."
  type        = list(string)
}
