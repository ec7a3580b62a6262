"""Cautions about codes for missing values, and about columns on an unexpected scale."""

from collections.abc import Iterator

from shared.insights.figure_names import column_name
from shared.insights.quality_gate import Gate


def code_cautions(passed: Gate) -> Iterator[str]:
    for code in passed.codes:
        cells = f"{code.cells:,} {'cell' if code.cells == 1 else 'cells'}"
        cells = f"{cells} of {column_name(code.column)}"
        hold = "holds" if code.cells == 1 else "hold"
        if code.impossible:
            yield (
                f"{cells} {hold} {code.value:g}, which the column cannot have: it "
                "counts as missing, and its row is left out where the value is needed. Leave such "
                "cells empty."
            )
        else:
            yield (
                f"{cells} {hold} {code.value:g}, far from its other values "
                f"({code.low:g} to {code.high:g}), and was used as it is. If it is a code for a "
                "missing value, leave these cells empty."
            )
    for scale in passed.scales:
        yield (
            f"{scale.cells:,} values of {column_name(scale.column)} lie outside {scale.low:g} to "
            f"{scale.high:g}, the scale that its name promises, and were used as they are. Give "
            "the column another name, or mend its values."
        )
