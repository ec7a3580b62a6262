"""What `tta validate` prints: agreement by dimension, what options ask for, and cautions."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.console import Screen
from cli.verbs.validate.drawn_view import show_drawn
from cli.verbs.validate.figures import VERDICTS, interval, number, with_interval
from cli.verbs.validate.people import show_events, show_peers, show_replacements
from shared.insights.agreement.generalizability import SHIFTS
from shared.insights.agreement.grounding import Grounding
from shared.insights.agreement.ladder import RungResult
from shared.insights.agreement.validation import Validation

COEFFICIENTS = {
    "icc_a1": "ICC(A,1)",
    "icc_ak": "ICC(A,k)",
    "alpha_ordinal": "α ordinal",
    "alpha_interval": "α interval",
}
"""What is printed. The JSON has κ too."""

LADDER_HINT = "`--ladder` shows the benchmarks too. `--json` has every figure."


def show(validation: Validation, screen: Screen, with_ladder: bool = False) -> None:
    """Print a result for people; with the ladder of benchmarks only if that is asked for."""
    if validation.stand_in:
        screen.show("STAND-IN: made-up answers of the stand-in for tests, no result.\n")
    if validation.ratings.synthetic:
        screen.show("SYNTHETIC VIDEOS: made up for trying things out, not posts.\n")
    _show_agreement(validation, screen)
    _show_retests(validation, screen)
    show_peers(validation, screen)
    show_replacements(validation, screen)
    show_events(validation, screen)
    _show_variances(validation, screen)
    show_drawn(validation, screen)
    if with_ladder:
        _show_ladder(validation.ladder, screen)
    _show_drift(validation, screen)
    _show_ablation(validation, screen)
    _show_grounding(validation, screen)
    if validation.warnings:
        screen.show("Keep in mind:")
        for warning in validation.warnings:
            screen.show(f"- {warning}")
    if not with_ladder:
        screen.show(f"\n{LADDER_HINT}")


def _show_ladder(ladder: Sequence[RungResult], screen: Screen) -> None:
    screen.table(
        ("rung", "what must hold", "rater", "figure", "95 % interval", "mark", "verdict", "n"),
        (
            (
                judged.rung.rung,
                judged.rung.title,
                judged.rater,
                number(judged.estimate.estimate),
                interval(judged.estimate.document()),
                str(judged.rung.mark),
                VERDICTS[judged.verdict],
                str(judged.estimate.n) if judged.estimate.n else "",
            )
            for judged in ladder
        ),
        title="Ladder of benchmarks",
    )
    missing = dict.fromkeys(
        f"{judged.rung.rung}: {judged.missing}" for judged in ladder if judged.missing
    )
    if missing:
        screen.show("To climb higher:")
        for line in missing:
            screen.show(f"- {line}")
        screen.show()


def _show_agreement(validation: Validation, screen: Screen) -> None:
    """The coefficients of each dimension: of people alone, and of all raters."""
    columns = ("dimension", "who", "raters", "videos", *COEFFICIENTS.values())
    rows = list(_agreements(validation))
    if rows:
        screen.table(
            columns, rows, title="Agreement of raters (95 % interval over videos)", whole=1
        )
    else:
        screen.show(
            "No dimension has two raters, so no agreement between raters can be computed.\n"
        )


def _agreements(validation: Validation) -> Iterator[Sequence[str]]:
    for name, agreement in validation.dimensions.items():
        people = agreement["human"]
        count = 0 if people is None else people["n_raters"]
        if people is not None and count > 1:
            yield name, "people", *_coefficients(people)
        if agreement["n_raters"] > max(count, 1):
            yield name, "people and machines" if count else "machines", *_coefficients(agreement)


def _coefficients(agreement: dict[str, Any]) -> Iterator[str]:
    videos, complete = agreement["n_videos"], agreement["n_complete"]
    yield f"{agreement['n_raters']:,}"
    yield f"{videos:,}" if complete == videos else f"{videos:,} ({complete:,} by all)"
    for key in COEFFICIENTS:
        yield with_interval(agreement[key])


def _show_retests(validation: Validation, screen: Screen) -> None:
    repeated = [
        (name, rater, str(figure["n"]), with_interval(figure))
        for name, agreement in validation.dimensions.items()
        for rater, figure in agreement["retest"].items()
    ]
    if repeated:
        columns = ("dimension", "rater", "videos", "ICC(A,1)")
        title = "Agreement of a rater with itself (test–retest)"
        screen.table(columns, repeated, title=title, whole=1)


def _show_variances(validation: Validation, screen: Screen) -> None:
    """What moves a score of several programs, and how many of them it takes."""
    rows = []
    for name, studies in validation.generalizability.items():
        shares = studies.g.shares
        with_video = [effect for effect in shares if effect.startswith("video_")]
        without = sum(shares.get(effect, 0.0) for effect in SHIFTS)
        rows.append(
            (
                name,
                *(f"{share:.0%}" for share in (shares["video"], without)),
                f"{sum(shares[effect] for effect in with_video):.0%}",
                f"{shares['residual']:.0%}",
                number(studies.d.single.relative),
                studies.d.relative.words if studies.d.relative else "no number does",
            )
        )
    if rows:
        columns = ("dimension", "video", "rater", "rater × video", "rest", "one answer", "for .8")
        title = "What moves a score (shares of variance), and the reliability of one answer"
        screen.table(columns, rows, title=title, whole=1)


def _show_drift(validation: Validation, screen: Screen) -> None:
    if validation.drift:
        screen.table(
            ("dimension", "ICC(A,1)", "shift", "90 % interval", "verdict", "n"),
            (
                (
                    gated.dimension,
                    with_interval(gated.icc_a1.document()),
                    number(gated.shift.estimate),
                    ""
                    if gated.shift_90 is None
                    else f"{gated.shift_90[0]:.1f} to {gated.shift_90[1]:.1f}",
                    VERDICTS[gated.verdict],
                    str(gated.shift.n),
                )
                for gated in validation.drift
            ),
            title="Drift from the old rater to the new one",
        )


def _show_ablation(validation: Validation, screen: Screen) -> None:
    """A table for each two raters that are compared."""
    raters = dict.fromkeys((each.off_rater, each.on_rater) for each in validation.ablation)
    for off, on in raters:
        screen.table(
            ("dimension", "benchmark", "metric", "without", "with", "difference", "n", "verdict"),
            (
                (
                    comparison.dimension,
                    comparison.benchmark,
                    comparison.metric,
                    with_interval(comparison.off.document()),
                    with_interval(comparison.on.document()),
                    with_interval(comparison.difference.document()),
                    str(comparison.difference.n),
                    comparison.verdict.replace("_", "-"),
                )
                for comparison in validation.ablation
                if (comparison.off_rater, comparison.on_rater) == (off, on)
            ),
            title=f"Ablation: {off} and {on}",
        )


def _show_grounding(validation: Validation, screen: Screen) -> None:
    grounding = validation.grounding
    if grounding is None:
        return
    columns = ("rater", "dimension", "consistent", "points above", "silent", "cards quoted")
    screen.table(
        columns,
        (
            (
                row["rater"],
                row["dimension"],
                with_interval(row["consistent"]),
                with_interval(row["bias"]),
                str(row["silent"]),
                ", ".join(f"{card} {count}" for card, count in list(row["cards"].items())[:4]),
            )
            for row in grounding.dimensions
        ),
        title=f"Grounding: do the numbers follow from the words? {grounding.ratings} ratings by "
        f"{grounding.judge}{' (STAND-IN, no result)' if grounding.stand_in else ''}",
    )
    _show_judge(grounding, screen)


def _show_judge(grounding: Grounding, screen: Screen) -> None:
    if grounding.judge_with_people:
        screen.table(
            ("rater", "dimension", "judge with people", "ratings with people", "n"),
            (
                (
                    row["rater"],
                    row["dimension"],
                    with_interval(row["judge_icc_a1"]),
                    with_interval(row["rating_icc_a1"]),
                    str(row["n"]),
                )
                for row in grounding.judge_with_people
            ),
            title="The judge's own scores beside people's (ICC(A,1) with their mean)",
        )
    else:
        screen.show("Nobody rated these videos by hand, so nobody knows how good the judge is.")
