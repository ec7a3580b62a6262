variable "name" {
  description = "Name of the function and of its Cloud Run service."
  type        = string
}

variable "about" {
  description = "What it does, in a sentence."
  type        = string
}

variable "region" {
  type = string
}

variable "entry_point" {
  description = "Name of the function in main.py."
  type        = string
}

variable "archive" {
  description = "Object that holds the zipped source."
  type        = object({ bucket = string, name = string })
}

variable "whole_image" {
  description = "Whether the image has its own system, so that a job can run it. The system is then as old as the last deployment."
  type        = bool
}

variable "builder" {
  description = "Full name of the service account that builds."
  type        = string
}

variable "repository" {
  description = "Full name of the repository that images go to."
  type        = string
}

variable "service_account" {
  description = "Address of the service account that the function runs as."
  type        = string
}

variable "invokers" {
  description = "Word of a caller (push, scheduler) => its IAM member, which may call the function."
  type        = map(string)
}

variable "timeout_s" {
  type = number
}

variable "cpu" {
  type = string
}

variable "memory" {
  type = string
}

variable "workers" {
  description = "Processes in one instance."
  type        = number
}

variable "concurrency" {
  description = "Requests that one instance takes at once; it has as many threads."
  type        = number
}

variable "instances" {
  description = "Most instances at once; none while nothing comes."
  type        = number
}

variable "environment" {
  type = map(string)
}
