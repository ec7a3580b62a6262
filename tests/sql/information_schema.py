"""Columns of the INFORMATION_SCHEMA views of a dataset that a reader may ask for.

https://cloud.google.com/bigquery/docs/information-schema-intro, read 2026-11.
"""

_OF_TABLE = "table_catalog table_schema table_name"

_COLUMNS = {
    "TABLES": f"{_OF_TABLE} table_type managed_table_type is_insertable_into is_typed "
    "is_change_history_enabled creation_time:TIMESTAMP base_table_catalog base_table_schema "
    "base_table_name snapshot_time_ms:TIMESTAMP ddl default_collation_name",
    "COLUMNS": f"{_OF_TABLE} column_name ordinal_position:INT64 is_nullable data_type "
    "is_generated generation_expression is_stored is_hidden is_updatable is_system_defined "
    "is_partitioning_column clustering_ordinal_position:INT64 collation_name column_default "
    "rounding_mode",
    "COLUMN_FIELD_PATHS": f"{_OF_TABLE} column_name field_path data_type description "
    "collation_name rounding_mode",
    "TABLE_OPTIONS": f"{_OF_TABLE} option_name option_type option_value",
    "VIEWS": f"{_OF_TABLE} view_definition check_option use_standard_sql",
}

COLUMNS: dict[str, list[tuple[str, str]]] = {
    f"INFORMATION_SCHEMA.{view}": [
        (name, kind or "STRING")
        for name, _, kind in (column.partition(":") for column in columns.split())
    ]
    for view, columns in _COLUMNS.items()
}
"""(name, type) of each column, by the name of the view."""
