"""`python -m benchmarks.warehouse_cost` writes the tables of docs/reference/cost.md."""

from benchmarks.warehouse_cost.page import PAGE, written

PAGE.write_text(written(PAGE.read_text()))
