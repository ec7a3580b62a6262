"""Cautions about ratings that are not missing at random."""

from collections.abc import Iterator

from shared.insights.figure_names import column_name
from shared.insights.missing_ratings import MissingRatings

CHANCE = 0.05
SMALL_SHARE = 0.05
"""Fewer unrated videos matter only where some ratings of theirs would change the finding."""


def selective_ratings(missing: MissingRatings | None) -> Iterator[str]:
    """Unrated videos whose counts differ from those of rated ones by more than chance."""
    if missing is None or missing.gap is None or missing.gap.p >= CHANCE:
        return
    matters = missing.tipping is not None and missing.tipping.changes
    if missing.unrated < SMALL_SHARE * missing.videos and not matters:
        return
    share = missing.unrated / missing.videos
    yield (
        f"{missing.unrated:,} of {missing.videos:,} videos ({share:.0%}) have no rating "
        f"({_statuses(missing)}), and {missing.gap.ratio:.2g} times the "
        f"{column_name(missing.outcome)} of the rated videos of their creators "
        f"({_p(missing.gap.p)}): ratings are not missing at random. "
        f"{_tipping(missing)} Have people rate some of them (tta rate-kit)."
    )


def _tipping(missing: MissingRatings) -> str:
    tipping = missing.tipping
    if tipping is None:
        return "How much that matters could not be computed."
    if not tipping.changes:
        return "No rating that they could all share would change the finding."
    changes = "; ".join(
        f"with {_points(abs(change.shift))} {'more' if change.shift > 0 else 'less'}, "
        f"{_result(change.becomes, column_name(missing.outcome))}"
        for change in tipping.changes
    )
    return (
        f"Rated like their creators' other videos, they leave "
        f"{_result(tipping.finding, column_name(missing.outcome))}; {changes}."
    )


def _result(finding: int, outcome: str) -> str:
    return {0: "no finding", 1: f"more {outcome}", -1: f"fewer {outcome}"}[finding]


def _points(shift: float) -> str:
    return f"{shift:.0f} points" if shift >= 1.5 else f"{max(shift, 0.1):.1f} points"


def _p(p: float) -> str:
    return "p < .001" if p < 0.001 else f"p = {p:.3f}".replace("0.", ".", 1)


def _statuses(missing: MissingRatings) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in missing.statuses.items())
