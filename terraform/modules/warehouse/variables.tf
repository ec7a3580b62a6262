variable "project_id" {
  type = string
}

variable "dataset" {
  type = string
}

variable "location" {
  type = string
}

variable "definitions" {
  description = "Folder with tables.yaml, schema/*.json and views/*.sql."
  type        = string
}

variable "undo_days" {
  description = "Days for which deleted rows can be restored, 2 to 7 of them."
  type        = number
}

variable "deletion_protection" {
  type = bool
}
