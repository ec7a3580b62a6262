"""Text that a spreadsheet would compute is shown instead."""

import pytest

from cli.verbs.query.export import _cell as cell_of_export
from shared.inputs.spreadsheet import guarded
from shared.insights.report.export import _cell as cell_of_report

FORMULAS = ["=1+1", "+1+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1+1"]
FULL_WIDTH = ["＝1+1", "＋1+1", "－1+1", "＠SUM(A1)"]


@pytest.mark.parametrize("text", [*FORMULAS, *FULL_WIDTH])
@pytest.mark.parametrize("cell", [guarded, cell_of_export, cell_of_report])
def test_a_formula_becomes_text_wherever_cells_are_written(cell, text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "5", "-5", "+0.5", "驚き＝surprise", "user@example"])
def test_other_text_and_numbers_stay_as_they_are(text):
    assert guarded(text) == text
