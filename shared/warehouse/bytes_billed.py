"""What BigQuery bills for bytes on demand.

https://cloud.google.com/bigquery/pricing#on_demand_pricing, checked 2026-11
"""

LEAST_BYTES_PER_TABLE = 10 * 2**20
"""The least for each table that a statement reads: 10 MB."""

USD_PER_TIB = 6.25
"""In the multi-regions US and EU; the first TiB of a month is free."""
