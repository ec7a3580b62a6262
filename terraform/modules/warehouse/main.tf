# The star schema, from the files that the loader and the local cloud use too.

locals {
  tables = yamldecode(file("${var.definitions}/tables.yaml"))
  views  = { for file in fileset("${var.definitions}/views", "*.sql") : trimsuffix(file, ".sql") => file("${var.definitions}/views/${file}") }
}

resource "google_bigquery_dataset" "this" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt the tables; a key of ours would be one more thing that can lose them.
  dataset_id                 = var.dataset
  location                   = var.location
  description                = "Does surprise in a short video go with more engagement? Read the views."
  delete_contents_on_destroy = !var.deletion_protection
}

# Columns may be added to a table in place; REQUIRED ones only to a new table.
resource "google_bigquery_table" "table" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt the tables; a key of ours would be one more thing that can lose them.
  for_each = local.tables

  dataset_id          = google_bigquery_dataset.this.dataset_id
  table_id            = each.key
  description         = each.value.description
  schema              = file("${var.definitions}/schema/${each.key}.json")
  clustering          = each.value.cluster
  deletion_protection = var.deletion_protection

  dynamic "time_partitioning" {
    for_each = can(each.value.partition) ? [each.value.partition] : []

    content {
      type  = "DAY"
      field = time_partitioning.value
    }
  }

  table_constraints {
    primary_key {
      columns = each.value.key
    }
  }
}

# A view names a table as `${dataset}.fact_rating`, and begins with a comment that describes it.
resource "google_bigquery_table" "view" {
  #checkov:skip=CKV_GCP_80:A view holds no data.
  #checkov:skip=CKV_GCP_121:A view holds no data; it is made again from its file.
  for_each = local.views

  dataset_id          = google_bigquery_dataset.this.dataset_id
  table_id            = each.key
  description         = trimspace(trimprefix(split("\n", each.value)[0], "--"))
  deletion_protection = false

  view {
    query          = replace(each.value, "$${dataset}", "${var.project_id}.${var.dataset}")
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}
