variable "topics" {
  description = "Names of the topics; each has a `{topic}-dead` beside it."
  type        = set(string)
}

variable "push" {
  description = "Subscription => its topic, whether it pushes or waits to be pulled, the address that it pushes to, and its filter (empty: all messages)."
  type        = map(object({ topic = string, pushed = bool, endpoint = string, filter = string }))
}

variable "pullers" {
  description = "Subscription => IAM member that may pull it."
  type        = map(string)
}

variable "push_account" {
  description = "Address of the service account that Pub/Sub calls functions as."
  type        = string
}

variable "ack_deadline_s" {
  description = "Seconds that a function has for a message before it comes again."
  type        = number
}

variable "pubsub_agent" {
  description = "IAM member that Pub/Sub moves dead letters as."
  type        = string
}
