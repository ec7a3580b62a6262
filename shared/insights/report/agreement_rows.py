"""What the ratings are worth, as rows of insight_agreement."""

from collections.abc import Iterator
from typing import Any

from shared.insights.report.analysis import Analysis

Row = dict[str, Any]


def agreement_rows(found: Analysis | None) -> list[Row]:
    """All that is known, in the order of the report; `figure` names each."""
    rows = list(_halo(found)) if found else []
    for place, row in enumerate(rows):
        words = (row["part"], row["metric"], row.get("dimension"), row.get("other_dimension"))
        row["place"] = place
        row["figure"] = "/".join(word for word in words if word)
    return rows


def _halo(found: Analysis) -> Iterator[Row]:
    for effect in found.halo:
        yield {
            "part": "halo",
            "metric": "spearman",
            "title": f"{effect.predictor} and {effect.outcome}",
            "dimension": effect.predictor,
            "other_dimension": effect.outcome,
            "estimate": effect.estimate,
            "ci_low": effect.ci_low,
            "ci_high": effect.ci_high,
            "n": effect.n,
            "note": effect.note,
        }
