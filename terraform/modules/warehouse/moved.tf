# Tables and views of an earlier version have another address. A moved one is not created again.
moved {
  from = google_bigquery_table.table["dim_user"]
  to   = module.tables.google_bigquery_table.this["dim_user"]
}

moved {
  from = google_bigquery_table.table["dim_video"]
  to   = module.tables_on_tables.google_bigquery_table.this["dim_video"]
}

moved {
  from = google_bigquery_table.table["dim_lang"]
  to   = module.tables.google_bigquery_table.this["dim_lang"]
}

moved {
  from = google_bigquery_table.table["fact_metrics_snapshot"]
  to   = module.tables_on_those.google_bigquery_table.this["fact_metrics_snapshot"]
}

moved {
  from = google_bigquery_table.table["fact_rating"]
  to   = module.tables_on_those.google_bigquery_table.this["fact_rating"]
}

moved {
  from = google_bigquery_table.table["fact_video_analytics"]
  to   = module.tables_on_those.google_bigquery_table.this["fact_video_analytics"]
}

moved {
  from = google_bigquery_table.table["insight_effect"]
  to   = module.tables.google_bigquery_table.this["insight_effect"]
}

moved {
  from = google_bigquery_table.table["insight_agreement"]
  to   = module.tables.google_bigquery_table.this["insight_agreement"]
}

moved {
  from = google_bigquery_table.table["insight_quality"]
  to   = module.tables.google_bigquery_table.this["insight_quality"]
}

moved {
  from = module.views.google_bigquery_table.this["kpis_at_age"]
  to   = module.views_of_views.google_bigquery_table.this["kpis_at_age"]
}
