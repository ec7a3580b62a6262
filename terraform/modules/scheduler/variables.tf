variable "region" {
  type = string
}

variable "jobs" {
  description = "Job => what it calls, when (cron, UTC), and how long it waits for the answer (at most 1800 s)."
  type = map(object({
    about      = string
    schedule   = string
    uri        = string
    body       = string # JSON
    deadline_s = number
    retries    = number
    paused     = bool
  }))
}

variable "account" {
  description = "Address of the service account that the scheduler calls as."
  type        = string
}
