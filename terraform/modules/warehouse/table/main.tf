# Tables that may be created at the same time: none of them refers to another.

locals {
  # Column by which a table is partitioned, where it follows from the key. Before, no table had one.
  computed = { for name, it in var.tables : name => it.partition if can(it.partition) && !contains(it.key, try(it.partition, "")) }
}

# Columns may be added to a table in place; REQUIRED ones only to a new table.
resource "google_bigquery_table" "this" {
  #checkov:skip=CKV_GCP_80:Google's own keys encrypt the tables; a key of ours would be one more thing that can lose them.
  for_each = var.tables

  dataset_id          = var.dataset
  table_id            = each.key
  description         = each.value.description
  schema              = file("${var.definitions}/schema/${each.key}.json")
  clustering          = each.value.cluster
  deletion_protection = var.deletion_protection

  # `tta tables --migrate` sets these labels, too (shared/warehouse/migration).
  labels = merge(
    contains(keys(local.computed), each.key) ? { partition = local.computed[each.key] } : {},
    can(each.value.scores) ? { scores = each.value.scores } : {},
  )

  dynamic "time_partitioning" {
    for_each = can(each.value.partition) && !can(each.value.buckets) ? [each.value.partition] : []

    content {
      type  = "DAY"
      field = time_partitioning.value
    }
  }

  dynamic "range_partitioning" {
    for_each = can(each.value.buckets) ? [each.value.partition] : []

    content {
      field = range_partitioning.value

      range {
        start    = 0
        end      = each.value.buckets
        interval = 1
      }
    }
  }

  # Declared, not enforced: they tell readers and the optimizer how the tables join.
  table_constraints {
    primary_key {
      columns = each.value.key
    }

    dynamic "foreign_keys" {
      for_each = try(each.value.references, {})

      content {
        name = "${each.key}_${foreign_keys.key}"

        referenced_table {
          project_id = var.project_id
          dataset_id = var.dataset
          table_id   = foreign_keys.value
        }

        column_references {
          referencing_column = foreign_keys.key
          referenced_column  = foreign_keys.key
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = !contains(keys(local.computed), each.key) || !contains(keys(var.live), each.key) || try(var.live[each.key]["partition"], "") == try(local.computed[each.key], "")
      error_message = "${each.key} is of an earlier version, and an apply would replace it by an empty table. Run `tta tables --migrate` first; see docs/guides/migrate.md."
    }

    precondition {
      condition     = !can(each.value.scores) || !contains(keys(var.live), each.key) || try(var.live[each.key]["scores"], "") == try(each.value.scores, "")
      error_message = "${each.key} has the scores of one answer, and an apply would replace it by an empty table. Run `tta tables --migrate` first; see docs/guides/migrate.md."
    }
  }
}

output "tables" {
  value = google_bigquery_table.this
}
