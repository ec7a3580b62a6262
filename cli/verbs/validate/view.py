"""What `tta validate` prints: the ladder first, then agreement by dimension, then the cautions."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.console import Screen
from shared.insights.agreement.ladder import Judged
from shared.insights.agreement.validation import Validation

VERDICTS = {
    "pass": "passes",  # nosec B105 # a verdict
    "fail": "FAILS",
    "undecided": "undecided",
    "missing": "no data",
    "stand_in": "stand-in, no result",
}
COEFFICIENTS = {
    "icc_a1": "ICC(A,1)",
    "icc_ak": "ICC(A,k)",
    "alpha_ordinal": "α ordinal",
    "alpha_interval": "α interval",
    "kappa_quadratic": "κ quadratic",
    "kappa_linear": "κ linear",
}


def show(validation: Validation, screen: Screen) -> None:
    """Print a result for people."""
    if validation.stand_in:
        screen.show("STAND-IN: made-up answers of the stand-in for tests, no result.\n")
    if validation.ratings.synthetic:
        screen.show("SYNTHETIC VIDEOS: made up for trying things out, not posts.\n")
    _show_ladder(validation.ladder, screen)
    _show_agreement(validation, screen)
    _show_peers(validation, screen)
    _show_drift(validation, screen)
    _show_ablation(validation, screen)
    _show_grounding(validation, screen)
    if validation.warnings:
        screen.show("Keep in mind:")
        for warning in validation.warnings:
            screen.show(f"- {warning}")


def _show_ladder(ladder: Sequence[Judged], screen: Screen) -> None:
    screen.table(
        ("rung", "what must hold", "rater", "figure", "95 % interval", "mark", "verdict", "n"),
        (
            (
                one.rung.rung,
                one.rung.title,
                one.rater,
                _number(one.figure.estimate),
                _interval(one.figure.document()),
                str(one.rung.mark),
                VERDICTS[one.verdict],
                str(one.figure.n) if one.figure.n else "",
            )
            for one in ladder
        ),
        title="Ladder of benchmarks",
    )
    missing = dict.fromkeys(f"{one.rung.rung}: {one.missing}" for one in ladder if one.missing)
    if missing:
        screen.show("To climb on:")
        for line in missing:
            screen.show(f"- {line}")
        screen.show()


def _show_agreement(validation: Validation, screen: Screen) -> None:
    agreed = [
        (
            name,
            str(found["n_videos"]),
            str(found["n_raters"]),
            *(_with_interval(found[key]) for key in COEFFICIENTS),
        )
        for name, found in validation.dimensions.items()
        if found["n_raters"] > 1
    ]
    if agreed:
        columns = ("dimension", "videos", "raters", *COEFFICIENTS.values())
        screen.table(columns, agreed, title="Agreement of all raters (95 % interval over videos)")
    repeated = [
        (name, rater, _with_interval(figure), str(figure["n"]))
        for name, found in validation.dimensions.items()
        for rater, figure in found["retest"].items()
    ]
    if repeated:
        columns = ("dimension", "rater", "ICC(A,1)", "videos")
        screen.table(columns, repeated, title="Test–retest over replicates")


def _show_peers(validation: Validation, screen: Screen) -> None:
    rows = list(_peers(validation))
    if rows:
        screen.table(
            ("dimension", "rater", "with people", "people among themselves", "difference"),
            rows,
            title="Machines beside people (mean pairwise ICC(A,1))",
        )


def _peers(validation: Validation) -> Iterator[Sequence[str]]:
    for name, found in validation.dimensions.items():
        peers = found["peers"] or {"human_machine": {}}
        for machine, beside in peers["human_machine"].items():
            if beside["icc_a1"]["estimate"] is not None:
                yield (
                    name,
                    machine,
                    _with_interval(beside["icc_a1"]),
                    _with_interval(peers["human_human"] or {}),
                    _with_interval(beside.get("beyond_human_human") or {}),
                )


def _show_drift(validation: Validation, screen: Screen) -> None:
    if validation.drift:
        screen.table(
            ("dimension", "ICC(A,1)", "shift", "90 % interval", "verdict", "n"),
            (
                (
                    one.dimension,
                    _with_interval(one.icc_a1.document()),
                    _number(one.shift.estimate),
                    ""
                    if one.shift_90 is None
                    else f"{one.shift_90[0]:.1f} to {one.shift_90[1]:.1f}",
                    VERDICTS[one.verdict],
                    str(one.shift.n),
                )
                for one in validation.drift
            ),
            title="Drift from the old rater to the new one",
        )


def _show_ablation(validation: Validation, screen: Screen) -> None:
    if validation.ablation:
        screen.table(
            ("dimension", "benchmark", "metric", "without", "with", "difference", "n", "verdict"),
            (
                (
                    one.dimension,
                    one.benchmark,
                    one.metric,
                    _with_interval(one.off.document()),
                    _with_interval(one.on.document()),
                    _with_interval(one.difference.document()),
                    str(one.difference.n),
                    one.verdict.replace("_", "-"),
                )
                for one in validation.ablation
            ),
            title=f"Ablation: {validation.ablation[0].off_rater} and "
            f"{validation.ablation[0].on_rater}",
        )


def _show_grounding(validation: Validation, screen: Screen) -> None:
    found = validation.grounding
    if found is None:
        return
    columns = ("rater", "dimension", "consistent", "points above", "silent", "cards quoted")
    screen.table(
        columns,
        (
            (
                one["rater"],
                one["dimension"],
                _with_interval(one["consistent"]),
                _with_interval(one["bias"]),
                str(one["silent"]),
                ", ".join(f"{card} {count}" for card, count in list(one["cards"].items())[:4]),
            )
            for one in found.dimensions
        ),
        title=f"Grounding: do the numbers follow from the words? {found.ratings} ratings by "
        f"{found.judge}{' (STAND-IN, no result)' if found.stand_in else ''}",
    )
    if found.judge_with_people:
        screen.table(
            ("rater", "dimension", "judge with people", "ratings with people", "n"),
            (
                (
                    one["rater"],
                    one["dimension"],
                    _with_interval(one["judge_icc_a1"]),
                    _with_interval(one["rating_icc_a1"]),
                    str(one["n"]),
                )
                for one in found.judge_with_people
            ),
            title="The judge's own scores beside people's (ICC(A,1) with their mean)",
        )
    else:
        screen.show("Nobody rated these videos by hand, so what the judge is worth is unknown.")


def _with_interval(figure: dict[str, Any]) -> str:
    if figure.get("estimate") is None:
        return "–"
    interval = _interval(figure)
    return _number(figure["estimate"]) + (f" [{interval}]" if interval else "")


def _interval(figure: dict[str, Any]) -> str:
    if figure.get("ci_low") is None or figure.get("ci_high") is None:
        return ""
    return f"{_number(figure['ci_low'])} to {_number(figure['ci_high'])}"


def _number(value: float | None) -> str:
    # Adding 0 makes one zero of two.
    return "" if value is None else f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
