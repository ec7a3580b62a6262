"""The large tables of the benchmark, made small: each is read whole."""

import pytest

from benchmarks import tables


@pytest.mark.parametrize(
    ("verb", "write"),
    [
        ("insights", tables.write_videos),
        ("insights", tables.write_array),
        ("validate", tables.write_ratings),
    ],
)
def test_every_row_is_read(verb, write, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROWS", 40)
    monkeypatch.setattr(tables, "ARRAY_BYTES", 25_000)
    (tmp_path / "plan.yaml").write_text(tables.PLAN)
    write(tmp_path / "table")

    rows = (tmp_path / "table").read_text().count("7300000000")

    assert tables.read(verb, tmp_path / "table")["rows"] == rows >= 30
