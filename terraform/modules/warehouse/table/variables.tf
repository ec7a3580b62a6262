variable "project_id" {
  type = string
}

variable "dataset" {
  type = string
}

variable "tables" {
  description = "Table => its entry in tables.yaml."
  type        = any
}

variable "definitions" {
  description = "Folder with schema/*.json."
  type        = string
}

variable "live" {
  description = "Table => its labels, of the tables that exist."
  type        = map(map(string))
  default     = {}
}

variable "deletion_protection" {
  type = bool
}
