variable "functions" {
  description = "Names of the functions, which are the names of their Cloud Run services and subscriptions."
  type        = list(string)
}

variable "job" {
  description = "Name of the job of Cloud Run."
  type        = string
}

variable "topics" {
  description = "Names of the topics that have dead letters."
  type        = list(string)
}

variable "project_id" {
  type = string
}

variable "freshness_s" {
  description = "Seconds that a record may wait in its subscription as planned."
  type        = number
}

variable "alert_email" {
  type = string
}
