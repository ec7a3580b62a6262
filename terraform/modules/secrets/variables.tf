variable "names" {
  type = set(string)
}

variable "region" {
  description = "Where the values are kept."
  type        = string
}
