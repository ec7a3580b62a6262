# Containers for secrets. Their values are added by hand and read while a function runs, so they are
# in no state file and no revision, and a first apply needs none of them.

resource "google_secret_manager_secret" "this" {
  for_each = var.names

  secret_id = each.key

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}
