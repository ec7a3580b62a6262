output "dataset" {
  description = "Name of the dataset."
  value       = google_bigquery_dataset.this.dataset_id
}

output "readable" {
  description = "What people read: the views, or the fact table if there are no views."
  value       = length(local.views) > 0 ? sort(keys(local.views)) : ["fact_video_analytics"]

  precondition {
    condition     = alltrue([for name in local.steps[2] : length(setsubtract(local.read_by[name], concat(local.first, local.second))) == 0])
    error_message = "views/: a view may rest on views that rest on views, but no deeper, and never on itself."
  }

  precondition {
    condition     = alltrue([for name in local.depths[2] : length(setsubtract(local.refers_to[name], concat(local.depth_0, local.depth_1))) == 0])
    error_message = "tables.yaml: a table may refer to tables that refer to tables, but no deeper, and never to itself."
  }
}

output "tables" {
  description = "The tables as planned, for tests."
  value       = merge(module.tables.tables, module.tables_on_tables.tables, module.tables_on_those.tables)
}

output "time_travel_hours" {
  description = "How long deleted rows can be restored."
  value       = tonumber(google_bigquery_dataset.this.max_time_travel_hours)
}
