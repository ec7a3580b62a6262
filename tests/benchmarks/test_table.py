"""What a benchmark says, on the screen and as a file."""

import json

import numpy as np
import pytest

from benchmarks.table import Measurement, save


@pytest.mark.parametrize(
    ("measured", "is_most", "ok"),
    [(1.0, True, True), (np.float64(1.2), True, False), (np.float64(1.2), False, True)],
)
def test_a_figure_is_kept_with_whether_it_met_its_bar(tmp_path, measured, is_most, ok):
    path = tmp_path / "results.json"

    save([Measurement("a ratio", measured, 1.1, "make bench", is_most=is_most)], path)

    (row,) = json.loads(path.read_text())
    assert (row["measured"], row["bar"], row["ok"]) == (measured, 1.1, ok)
