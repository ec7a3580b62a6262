"""Damaged tables whose truth is known: a short run of what `make fuzz-tables` does at length."""

import pytest

from shared.inputs.tables import number_cells
from tests.fuzz.tables import run


@pytest.mark.parametrize("tables", [50, pytest.param(150, marks=pytest.mark.campaign)])
def test_no_number_differs_and_no_row_is_lost_in_silence(tables):
    outcomes = run(range(tables))

    # A reader that refuses everything would never be wrong.
    assert outcomes["read"] > 0.4 * tables, outcomes


def test_a_reader_that_guesses_is_caught(monkeypatch):
    def guessing(written, notation):
        digits = "".join(sign for sign in written if sign.isdigit() or sign == ".")
        return float(digits) if digits.count(".") < 2 else 0.0

    monkeypatch.setattr(number_cells, "_under", guessing)

    with pytest.raises(AssertionError, match="and was read as"):
        run(range(150))
