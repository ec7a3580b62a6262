# One zip per function: its own programs and all of shared/. A change in shared/ rebuilds all of them.

locals {
  root      = "${path.module}/.."
  entrances = toset([for path in fileset("${local.root}/functions", "*/main.py") : dirname(path)])

  # Compiled files differ from machine to machine, and with them a zip's hash.
  shared = [for path in fileset(local.root, "shared/**") : path if !strcontains(path, "__pycache__")]

  # Requirements that replace the function's own.
  requirements = var.ytdlp ? { fetch = "requirements-ytdlp.txt" } : {}
}

# Not in a module: a depends_on there would delay the reading until apply.
data "archive_file" "source" {
  for_each = local.entrances

  type             = "zip"
  output_path      = "${path.module}/.build/${each.key}.zip"
  output_file_mode = "0644" # the same hash on every machine

  dynamic "source" {
    for_each = merge(
      { for path in local.shared : path => path },
      {
        for path in fileset("${local.root}/functions/${each.key}", "*.py") : path => "functions/${each.key}/${path}"
      },
      {
        "requirements.txt" = "functions/${each.key}/${lookup(local.requirements, each.key, "requirements.txt")}"
      },
    )

    content {
      filename = source.key
      content  = file("${local.root}/${source.value}")
    }
  }
}

resource "google_storage_bucket" "sources" {
  #checkov:skip=CKV_GCP_62:It holds our own public source code, so its readers do not matter.
  #checkov:skip=CKV_GCP_78:An object's name contains its hash, so no object is ever overwritten.
  name                        = "${var.project_id}-sources"
  location                    = var.region
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true # everything here can be created again

  soft_delete_policy {
    retention_duration_seconds = 0 # a teardown leaves nothing
  }

  depends_on = [time_sleep.services]
}

# The name depends on the contents, so a change makes a new object and a new build.
resource "google_storage_bucket_object" "source" {
  for_each = data.archive_file.source

  name   = "${each.key}/${each.value.output_md5}.zip"
  bucket = google_storage_bucket.sources.name
  source = each.value.output_path
}

resource "google_artifact_registry_repository" "images" {
  #checkov:skip=CKV_GCP_84:Google's own keys encrypt the images, which hold public source code.
  repository_id = "functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images that Cloud Build makes of the functions."

  cleanup_policies {
    id     = "keep-the-latest"
    action = "KEEP"
    most_recent_versions {
      keep_count = 3
    }
  }

  cleanup_policies {
    id     = "delete-the-rest"
    action = "DELETE"
    condition {
      older_than = "604800s"
    }
  }

  depends_on = [time_sleep.services]
}
