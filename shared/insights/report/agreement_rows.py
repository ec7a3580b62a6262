"""What the ratings are worth, as rows of insight_agreement."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.insights.agreement.ladder import RungVerdict
from shared.insights.agreement.reportable import reportable
from shared.insights.agreement.validation import Validation

Row = dict[str, Any]
COEFFICIENTS = {
    "icc_a1": "single ratings agree, ICC(A,1)",
    "alpha_interval": "Krippendorff's α, interval",
    "kappa_quadratic": "weighted κ, quadratic",
}


def agreement_rows(found: Validation | None) -> list[Row]:
    """All that is known, in the order of the report; `figure` names each.

    Raises NotReportable for a validation of made-up ratings, whoever let them come so far.
    """
    if found is None:
        return []
    rows = [*_halo(reportable(found)), *_agreement(found), *_ladder(found)]
    for place, row in enumerate(rows):
        words = (
            *(row["part"], row["metric"], row.get("dimension"), row.get("other_dimension")),
            *row["raters"],
        )
        name = "/".join(word for word in words if word)
        row["place"] = place
        row["figure"] = f"{name}/{row['title']}" if row["part"] == "ladder" else name
    return rows


def _halo(found: Validation) -> Iterator[Row]:
    for one in found.halo:
        first, second = one["dimensions"]
        for metric, title in (
            ("raw", f"{first} and {second}"),
            ("disattenuated", f"{first} and {second}, without errors of measurement"),
        ):
            if metric == "raw" or one[metric]["estimate"] is not None:
                row = _row("halo", metric, title, [one["rater"]], one[metric])
                yield row | {"dimension": first, "other_dimension": second}


def _agreement(found: Validation) -> Iterator[Row]:
    for dimension, document in found.dimensions.items():
        of_dimension = {"dimension": dimension}
        if document["n_raters"] > 1:
            for metric, title in COEFFICIENTS.items():
                row = _row("agreement", metric, title, document["raters"], document[metric])
                yield row | of_dimension | {"n_raters": document["n_raters"]}
        for rater, figure in document["retest"].items():
            row = _row("agreement", "retest", "asked again, ICC(A,1)", [rater], figure)
            yield row | of_dimension
        yield from (one | of_dimension for one in _peers(document["peers"]))


def _peers(peers: Mapping[str, Any] | None) -> Iterator[Row]:
    """People among themselves, and each machine with them."""
    if peers is None:
        return
    if peers["human_human"]:
        title = "people with one another, ICC(A,1)"
        yield _row("agreement", "human_human", title, [], peers["human_human"])
    for machine, beside in peers["human_machine"].items():
        title = "with people, ICC(A,1)"
        yield _row("agreement", "human_machine", title, [machine], beside["icc_a1"])


def _ladder(found: Validation) -> Iterator[Row]:
    for judged in found.ladder:
        yield _rung(judged) | {
            "dimension": judged.rung.dimension or None,
            "verdict": judged.verdict,
            "note": judged.missing or judged.figure.note,
        }


def _rung(judged: RungVerdict) -> Row:
    rung, mark = judged.rung, judged.rung.mark
    raters = [judged.rater] if judged.rater and judged.verdict != "missing" else []
    title = f"{rung.rung}: {rung.title}"
    row = _row("ladder", rung.check, title, raters, judged.figure.document())
    is_least = mark.at_least is not None
    return row | {
        "pass_mark": mark.at_least if is_least else mark.at_most,
        "pass_when": "at least" if is_least else "at most",
    }


def _row(part: str, metric: str, title: str, raters: list[str], figure: Mapping[str, Any]) -> Row:
    return {
        "part": part,
        "metric": metric,
        "title": title,
        "raters": raters,
        "estimate": figure["estimate"],
        "ci_low": figure["ci_low"],
        "ci_high": figure["ci_high"],
        "n": figure["n"],
        "note": figure["note"],
    }
