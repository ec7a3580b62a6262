# A migration (`tta tables --migrate`) creates tables before Terraform knows them. This takes them
# into the state, once; afterwards the variable may be empty again.
import {
  for_each = var.adopted_tables
  to       = module.warehouse.module.tables_on_those.google_bigquery_table.this[each.key]
  id       = "projects/${var.project_id}/datasets/${local.dataset}/tables/${each.key}"
}
