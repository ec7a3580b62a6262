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

variable "deletion_protection" {
  type = bool
}
