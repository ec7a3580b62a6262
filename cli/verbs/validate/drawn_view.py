"""What `tta validate` prints of a drawn sample: agreement over the videos that it stands for."""

from collections.abc import Iterator, Sequence

from cli.console import Screen
from cli.verbs.validate.figures import with_interval
from shared.insights.agreement.validation import Validation


def show_drawn(validation: Validation, screen: Screen) -> None:
    """Agreement over the videos that a drawn sample stands for."""
    drawn, rows = validation.ratings.drawn, list(_rows(validation))
    if drawn is not None and rows:
        screen.table(
            ("dimension", "rater", "rated", "ICC(A,1)", "points above people", "ρ"),
            rows,
            title=f"Weighed to the {drawn.frame_videos:,} videos that the drawn sample stands for",
            whole=1,
        )
        people = validation.ratings.of(drawn.predictor, "human")
        rated = validation.ratings.table(drawn.predictor, people).videos
        screen.show(f"{drawn.response(rated).sentence()}\n")


def _rows(validation: Validation) -> Iterator[Sequence[str]]:
    for name, agreement in validation.dimensions.items():
        if (drawn := agreement["drawn"]) is None:
            continue
        count = f"{drawn['rated']:,} of {drawn['drawn']:,}"
        if drawn["human"]["estimate"] is not None:
            yield name, "people among themselves", count, with_interval(drawn["human"]), "", ""
        for machine, figures in drawn["machines"].items():
            shown = (with_interval(figures[key]) for key in ("icc_a1", "bias", "spearman"))
            yield name, f"{machine} with people", count, *shown
