"""`python -m benchmarks.warehouse_cost` writes the tables of the model into docs/operations.md."""

from benchmarks.warehouse_cost.page import PAGE, written

PAGE.write_text(written(PAGE.read_text()))
