variable "project_id" {
  description = "Project to deploy to. Each environment has its own project and its own bootstrap."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be the id of a project: 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "environment" {
  description = "Name of the deployment, as in ../variables.tf."
  type        = string
  default     = "dev"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment))
    error_message = "environment must be a short lower-case word."
  }
}

variable "region" {
  description = "Region of the bucket and the builds; the repository must be connected there."
  type        = string
  default     = "europe-west1"
}

variable "repository" {
  description = "The connected repository: projects/P/locations/R/connections/C/repositories/NAME. Empty for no triggers."
  type        = string
  default     = ""

  validation {
    condition     = var.repository == "" || can(regex("^projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+$", var.repository))
    error_message = "repository must be the full name of a repository that is connected to Cloud Build: projects/P/locations/R/connections/C/repositories/NAME."
  }
}

variable "branch" {
  description = "Branch whose pushes are deployed, as a regular expression."
  type        = string
  default     = "^main$"
}
