# Views that may be created at the same time.

locals {
  # The comment at its head, up to an empty line of it; the rest says what each column is.
  about = {
    for name, statement in var.views : name => join(" ", [
      for line in split("\n", split("\n--\n", statement)[0]) : trimspace(trimprefix(line, "--")) if startswith(line, "--")
    ])
  }
}

resource "google_bigquery_table" "this" {
  #checkov:skip=CKV_GCP_80:A view holds no data.
  #checkov:skip=CKV_GCP_121:A view holds no data; it is made again from its file.
  for_each = var.views

  dataset_id          = var.dataset
  table_id            = each.key
  description         = local.about[each.key]
  deletion_protection = false

  view {
    query          = each.value
    use_legacy_sql = false
  }
}
