"""Turns the tables of an earlier version into those of this one, inside BigQuery."""
