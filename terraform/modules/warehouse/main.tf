# The star schema, from the files that the loader and the local cloud use too.

locals {
  tables  = yamldecode(file("${var.definitions}/tables.yaml"))
  dataset = "${var.project_id}.${var.dataset}"

  refers_to = { for name, it in local.tables : name => distinct(values(try(it.references, {}))) }
  depth_0   = [for name, others in local.refers_to : name if length(others) == 0]
  depth_1   = [for name, others in local.refers_to : name if length(others) > 0 && length(setsubtract(others, local.depth_0)) == 0]
  depths    = [local.depth_0, local.depth_1, setsubtract(keys(local.tables), concat(local.depth_0, local.depth_1))]

  live = { for it in data.google_bigquery_tables.live.tables : it.table_id => it.labels }

  # A file names a table as `${dataset}.fact_rating`, and begins with a comment that states its grain.
  views = {
    for file in fileset("${var.definitions}/views", "*.sql") :
    trimsuffix(file, ".sql") => templatefile("${var.definitions}/views/${file}", { dataset = local.dataset })
  }
  read_by = {
    for name, query in local.views :
    name => [for other in keys(local.views) : other if other != name && can(regex("${local.dataset}[.]${other}\\b", query))]
  }
  first  = [for name, read in local.read_by : name if length(read) == 0]
  second = [for name, read in local.read_by : name if length(read) > 0 && length(setsubtract(read, local.first)) == 0]
  steps  = [local.first, local.second, setsubtract(keys(local.views), concat(local.first, local.second))]
}

resource "google_bigquery_dataset" "this" {
  #checkov:skip=CKV_GCP_81:Google's own keys encrypt the tables; a key of ours would be one more thing that can lose them.
  dataset_id                 = var.dataset
  location                   = var.location
  max_time_travel_hours      = max(48, min(168, var.undo_days * 24)) # BigQuery takes 2 to 7 days
  description                = "Does surprise in a short video go with more engagement? Read the views."
  delete_contents_on_destroy = !var.deletion_protection
}

# The tables that exist: a table of an earlier version must be migrated, and not be replaced. The first
# apply reads this after it has created the dataset.
data "google_bigquery_tables" "live" {
  project    = var.project_id
  dataset_id = google_bigquery_dataset.this.dataset_id

  depends_on = [google_bigquery_dataset.this]
}

# A table is created after the tables that it refers to, a step for each depth, like the views below.
module "tables" {
  source = "./table"

  project_id          = var.project_id
  dataset             = google_bigquery_dataset.this.dataset_id
  tables              = { for name in local.depths[0] : name => local.tables[name] }
  definitions         = var.definitions
  live                = local.live
  deletion_protection = var.deletion_protection
}

module "tables_on_tables" {
  source = "./table"

  project_id          = var.project_id
  dataset             = google_bigquery_dataset.this.dataset_id
  tables              = { for name in local.depths[1] : name => local.tables[name] }
  definitions         = var.definitions
  live                = local.live
  deletion_protection = var.deletion_protection

  depends_on = [module.tables]
}

module "tables_on_those" {
  source = "./table"

  project_id          = var.project_id
  dataset             = google_bigquery_dataset.this.dataset_id
  tables              = { for name in local.depths[2] : name => local.tables[name] }
  definitions         = var.definitions
  live                = local.live
  deletion_protection = var.deletion_protection

  depends_on = [module.tables_on_tables]
}

# A view that reads other views is created after them. A resource cannot wait for another of its own
# kind, so there is a step for each depth.
module "views" {
  source = "./view"

  dataset = google_bigquery_dataset.this.dataset_id
  views   = { for name in local.steps[0] : name => local.views[name] }

  depends_on = [module.tables_on_those]
}

module "views_of_views" {
  source = "./view"

  dataset = google_bigquery_dataset.this.dataset_id
  views   = { for name in local.steps[1] : name => local.views[name] }

  depends_on = [module.views]
}

module "views_of_those" {
  source = "./view"

  dataset = google_bigquery_dataset.this.dataset_id
  views   = { for name in local.steps[2] : name => local.views[name] }

  depends_on = [module.views_of_views]
}
