variable "dataset" {
  type = string
}

variable "views" {
  description = "View => its statement."
  type        = map(string)
}
