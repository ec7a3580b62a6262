terraform {
  required_version = ">= 1.9"

  required_providers {
    archive = {
      source  = "hashicorp/archive"
      version = "~> 2.7"
    }
    google = {
      source  = "hashicorp/google"
      version = ">= 7.41, < 9.0"
    }
    google-beta = { # only for the identities of Google's own agents
      source  = "hashicorp/google-beta"
      version = ">= 7.41, < 9.0"
    }
    time = {
      source  = "hashicorp/time"
      version = "~> 0.13"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  default_labels = {
    app         = "tta"
    environment = var.environment
  }
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}

# The budgets API belongs to a billing account, so it must be told which project asks.
provider "google" {
  alias                 = "billing"
  project               = var.project_id
  billing_project       = var.project_id
  user_project_override = true
}
