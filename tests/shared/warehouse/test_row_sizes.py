"""The sizes that the cost model reckons with are those of the rows that are really stored."""

import pytest

from benchmarks.warehouse_cost.world import row_shape, sample
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES
from shared.warehouse.tables import schema

FEW_READINGS = 2
STORED = sorted([*SECTION_TABLES, FACT_TABLE])


@pytest.fixture(scope="module")
def stored_sizes(made_with_views):
    """Rows and mean bytes of each column, counted by SQL after the real MERGEs."""
    made_with_views.load(*sample(FEW_READINGS, 1, curves=2))
    yield {table: _sizes(made_with_views, table) for table in STORED}
    made_with_views.clear()


def _sizes(db, table):
    counts = ", ".join(_bytes(column) for column in schema(table))
    return db.rows(f"SELECT COUNT(*) AS rows_of_it, {counts} FROM {table}")[0]


def _bytes(column):
    """BigQuery's sizes, as SQL counts them."""
    name, kind = column["name"], column["type"]
    if column["mode"] == "REPEATED":
        joined = f"ARRAY_TO_STRING({name}, '')"
        return f"SUM(BYTE_LENGTH({joined}) + 2 * ARRAY_LENGTH({name})) AS {name}"
    if kind == "STRING":
        return f"SUM(BYTE_LENGTH({name}) + 2) AS {name}"
    return f"{1 if kind == 'BOOL' else 8} * COUNT({name}) AS {name}"


@pytest.mark.parametrize("table", STORED)
def test_the_model_has_the_sizes_of_the_stored_rows(stored_sizes, table):
    shape, stored = row_shape(FEW_READINGS, curves=2), stored_sizes[table]
    rows = stored.pop("rows_of_it")

    assert rows == shape.counts[table]
    differing = {
        name: (size / rows, shape.sizes[table][name])
        for name, size in ((name, size or 0) for name, size in stored.items())
        # The model reckons with several answers per video; the stored videos have one, and no SD.
        if not name.endswith("_sd")
        if size / rows != pytest.approx(shape.sizes[table][name], rel=0.02, abs=1.0)
    }
    assert differing == {}
