"""Rows of insight_agreement: how far the ratings can be trusted."""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.insights.agreement.ladder import RungResult
from shared.insights.agreement.validation import Validation, refuse_stand_ins
from shared.insights.statistics.estimate import Estimate

Row = dict[str, Any]
COEFFICIENTS = {
    "icc_a1": "single ratings agree, ICC(A,1)",
    "alpha_interval": "Krippendorff's α, interval",
    "kappa_quadratic": "weighted κ, quadratic",
}


def agreement_rows(validation: Validation | None) -> list[Row]:
    """All rows, in the order of the report; `figure` names each row.

    Raises NotReportable when any rating was made up, as a second guard behind the source.
    """
    if validation is None:
        return []
    refuse_stand_ins(validation)
    rows = [
        *_halo(validation),
        *_agreement(validation),
        *_events(validation),
        *_generalizability(validation),
        *_ladder(validation),
    ]
    for position, row in enumerate(rows):
        words = (
            *(row["part"], row["metric"], row.get("dimension"), row.get("other_dimension")),
            *row["raters"],
        )
        name = "/".join(word for word in words if word)
        row["place"] = position
        row["figure"] = f"{name}/{row['title']}" if row["part"] == "ladder" else name
    return rows


def _halo(validation: Validation) -> Iterator[Row]:
    for pair in validation.halo:
        first, second = pair["dimensions"]
        for metric, title in (
            ("raw", f"{first} and {second}"),
            ("disattenuated", f"{first} and {second}, without errors of measurement"),
        ):
            if metric == "raw" or pair[metric]["estimate"] is not None:
                row = _row("halo", metric, title, [pair["rater"]], pair[metric])
                yield row | {"dimension": first, "other_dimension": second}


def _agreement(validation: Validation) -> Iterator[Row]:
    for dimension, document in validation.dimensions.items():
        of_dimension = {"dimension": dimension}
        if document["n_raters"] > 1:
            for metric, title in COEFFICIENTS.items():
                row = _row("agreement", metric, title, document["raters"], document[metric])
                yield row | of_dimension | {"n_raters": document["n_raters"]}
        for rater, estimate in document["retest"].items():
            row = _row("agreement", "retest", "asked again, ICC(A,1)", [rater], estimate)
            yield row | of_dimension
        yield from (row | of_dimension for row in _peers(document["peers"]))


def _peers(peers: Mapping[str, Any] | None) -> Iterator[Row]:
    """Agreement among people, and of each machine with them."""
    if peers is None:
        return
    if peers["human_human"]:
        title = "people with one another, ICC(A,1)"
        yield _row("agreement", "human_human", title, [], peers["human_human"])
    for machine, with_people in peers["human_machine"].items():
        title = "with people, ICC(A,1)"
        yield _row("agreement", "human_machine", title, [machine], with_people["icc_a1"])
        if test := with_people["alternative_annotator"]:
            title = f"could stand in for a person, ω at ε = {test['epsilon']:g}"
            row = _row("agreement", "winning_rate", title, [machine], test["winning_rate"])
            yield row | {"note": test["sentence"], "n_raters": len(test["people"])}


def _events(validation: Validation) -> Iterator[Row]:
    """Whether people, and each machine with them, mark the same stretches of time."""
    for event, document in validation.events.items():
        of_event = {"dimension": event}
        if document["human_human"]:
            title = "people with one another in time, α for unitizing"
            yield _row("agreement", "alpha_u_human", title, [], document["human_human"]) | of_event
        for machine, alpha in document["human_machine"].items():
            title = "with people in time, α for unitizing"
            yield _row("agreement", "alpha_u_machine", title, [machine], alpha) | of_event


def _generalizability(validation: Validation) -> Iterator[Row]:
    """How well one answer of one program tells videos apart, and how many answers give .8."""
    for dimension, studies in validation.generalizability.items():
        design = studies.d.relative
        needed = f"{design.words} give .8" if design else "no number of these raters gives .8"
        reliability = Estimate(studies.d.single.relative, n=studies.g.videos, note=needed)
        title = "one answer of one rater tells videos apart, Eρ²"
        row = _row("agreement", "generalizability", title, [], reliability.document())
        yield row | {"dimension": dimension}


def _ladder(validation: Validation) -> Iterator[Row]:
    for result in validation.ladder:
        yield _rung(result) | {
            "dimension": result.rung.dimension or None,
            "verdict": result.verdict,
            "note": result.missing or result.estimate.note,
        }


def _rung(result: RungResult) -> Row:
    rung, mark = result.rung, result.rung.mark
    raters = [result.rater] if result.rater and result.verdict != "missing" else []
    title = f"{rung.rung}: {rung.title}"
    row = _row("ladder", rung.check, title, raters, result.estimate.document())
    is_least = mark.at_least is not None
    return row | {
        "pass_mark": mark.at_least if is_least else mark.at_most,
        "pass_when": "at least" if is_least else "at most",
    }


def _row(part: str, metric: str, title: str, raters: list[str], estimate: Mapping[str, Any]) -> Row:
    return {
        "part": part,
        "metric": metric,
        "title": title,
        "raters": raters,
        "estimate": estimate["estimate"],
        "ci_low": estimate["ci_low"],
        "ci_high": estimate["ci_high"],
        "n": estimate["n"],
        "note": estimate["note"],
    }
