# Views that may be made at the same time.

resource "google_bigquery_table" "this" {
  #checkov:skip=CKV_GCP_80:A view holds no data.
  #checkov:skip=CKV_GCP_121:A view holds no data; it is made again from its file.
  for_each = var.views

  dataset_id          = var.dataset
  table_id            = each.key
  description         = trimspace(trimprefix(split("\n", each.value)[0], "--"))
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }
}
