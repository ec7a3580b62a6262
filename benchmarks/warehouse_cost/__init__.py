"""What loading costs in BigQuery: Google's rule, and what the product sends and stores."""
