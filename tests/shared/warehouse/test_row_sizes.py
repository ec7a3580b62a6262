"""The sizes that the cost model reckons with are those of the rows that are really stored."""

import pytest

from benchmarks.warehouse_cost.world import row_shape, sample
from shared.warehouse.tables import schema

FEW_READINGS = 2
SHAPE = row_shape(FEW_READINGS, curves=2)
STORED = sorted(SHAPE.counts)


@pytest.fixture(scope="module")
def stored_sizes(client):
    """Rows and mean bytes of each column, counted by SQL after the real MERGEs."""
    from shared.warehouse.loader import Loader
    from shared.warehouse.tables import create_tables

    create_tables(client, "row_sizes")
    loader = Loader(client, "row_sizes", ["gemini/", "signals/"])
    loader.load(list(sample(FEW_READINGS, 1, curves=2)))
    return {table: _sizes(client, table) for table in STORED}


def _sizes(client, table):
    counts = ", ".join(_bytes(column) for column in schema(table))
    sql = f"SELECT COUNT(*) AS rows_of_it, {counts} FROM `test.row_sizes.{table}`"
    return dict(next(iter(client.query(sql).result())).items())


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
    shape, stored = SHAPE, stored_sizes[table]
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
