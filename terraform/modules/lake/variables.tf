variable "name" {
  type = string
}

variable "location" {
  type = string
}

variable "topic" {
  description = "Topic that is notified of finished files: its name and its full name."
  type        = object({ name = string, id = string })
}

variable "storage_agent" {
  description = "IAM member that Cloud Storage publishes as."
  type        = string
}

variable "deletion_protection" {
  type = bool
}

variable "undo_days" {
  description = "Days for which deleted objects can be brought back; 0 for none."
  type        = number
}

variable "raw_retention_days" {
  type = number
}

variable "report_retention_days" {
  type = number
}
