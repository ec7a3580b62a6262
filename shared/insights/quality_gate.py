"""The quality gate: the rows an analysis may use, and how many each rule dropped.

A row counts under the first rule that drops it, in the order of the rules. The gate repairs
nothing: more likes than views show a broken counter, whichever of the two is wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from shared.errors import Permanent
from shared.insights.missing_codes import MissingCode, OtherScale, missing_codes, without_codes
from shared.insights.plan import Plan
from shared.insights.plan_fields import Filter
from shared.insights.table.schema import AGE
from shared.insights.table.table import VideoTable, collected_at
from shared.insights.table.video_kinds import ALL_OBSERVED, VideoKind
from shared.model import UNKNOWN_CREATOR

MADE_UP = "made_up"
"""Status of a rating by a stand-in for tests (report/source.py)."""

OF_RATINGS = ("not_rated", "missing_predictor")
IMPOSSIBLE = (
    *("negative_count", "likes_exceed_views", "comments_exceed_views", "reach_exceeds_views"),
    *("negative_watch_time", "rate_outside_0_1"),
)
EXCEED = {
    "likes": "likes_exceed_views",
    "comments": "comments_exceed_views",
    "reach": "reach_exceeds_views",
}
"""Columns that cannot be above views, each with its rule."""

FEWEST_ROWS = 20
FEWEST_CLUSTERS = 5

Rule = tuple[str, pd.Series]


class TooLittle(Permanent):
    """Too few rows, creators or values for an analysis; the sentence says which."""

    def __init__(self, sentence: str):
        super().__init__("too_little", sentence)


@dataclass(frozen=True)
class Gate:
    """The rows that passed, and counts of the others.

    `frame` has the rows that passed, with the index of the table. `left_out` are predictors,
    outcomes and controls without any value. `months` has, by month of posting, the number of rows
    and of those with impossible counts. `codes` are values that look like codes for missing ones,
    and `scales` the columns whose values do not fit their names.
    `unrated` has id, creator, counts, controls and status of rows that lack the rating alone; they
    take no part in an estimate. Nor do the rows that `kind` counts as set aside: nothing else
    counts them, `rows` included.
    """

    frame: pd.DataFrame
    rows: int
    dropped: dict[str, int]
    left_out: tuple[str, ...]
    rounded: int
    synthetic: int
    missing: dict[str, int]
    months: dict[str, tuple[int, int]] = field(default_factory=dict)
    codes: tuple[MissingCode, ...] = ()
    scales: tuple[OtherScale, ...] = ()
    unrated: pd.DataFrame = field(default_factory=pd.DataFrame)
    kind: VideoKind = ALL_OBSERVED

    def document(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "kept": len(self.frame),
            "set_aside": self.kind.document(),
            "flagged": {"rounded_count": self.rounded, "synthetic": self.synthetic},
            "left_out": list(self.left_out),
            "missing_among_kept": self.missing,
            "missing_codes": [code.document() for code in self.codes],
            "other_scales": [scale.document() for scale in self.scales],
            "months": {
                month: {"rows": rows, "impossible": impossible}
                for month, (rows, impossible) in self.months.items()
            },
        }


def gate(table: VideoTable, plan: Plan, only_synthetic: bool = False) -> Gate:
    """Apply every rule whose columns the plan names, to rows of one kind (table/video_kinds.py).

    Raises TooLittle, and BadTable when synthetic rows are asked for and there are none.
    """
    table = table.of_one_kind(only_synthetic)
    kind = table.kind or ALL_OBSERVED
    codes, scales = missing_codes(table.frame, plan)
    frame = without_codes(table.frame, plan, codes)
    passing = pd.Series(True, index=frame.index)
    dropped: dict[str, int] = {}
    for name, condition in plan.filters.items():
        _drop(f"filter:{name}", ~_matches(frame[name], condition), passing, dropped)
    if "video_id" in frame:
        _drop("duplicate_video", _older_duplicates(frame, passing), passing, dropped)
    candidates = passing.copy()
    rules = list(_rules(frame, plan))
    for name, fails in rules:
        _drop(name, fails, passing, dropped)
    empty = _empty_columns(frame[passing], plan)
    completeness = list(_completeness(frame, plan, empty))
    for name, fails in completeness:
        _drop(name, fails, passing, dropped)
    passed = frame[passing]
    _refuse_too_little(passed, len(frame), dropped, kind)
    return Gate(
        frame=passed,
        rows=len(frame),
        dropped=dropped,
        left_out=empty,
        rounded=int(table.rounded[passing].sum()),
        synthetic=len(passed) if kind.is_synthetic else 0,
        missing={
            name: int(passed[name].isna().sum())
            for name in sorted({*plan.outcomes, *plan.exposure.values()})
            if passed[name].isna().any()
        },
        months=_months(frame, rules),
        codes=codes,
        scales=scales,
        unrated=_unrated(frame, plan, candidates, (*rules, *completeness)),
        kind=kind,
    )


def _unrated(
    frame: pd.DataFrame, plan: Plan, candidates: pd.Series, rules: Sequence[Rule]
) -> pd.DataFrame:
    """What is known of the rows that would have passed with a rating. Made-up ratings exist."""
    rating = plan.primary.predictor if plan.primary else plan.predictors[0]
    unrated = candidates & frame[rating].isna()
    if "rating_status" in frame:
        status = frame["rating_status"]
        unrated = (unrated | candidates & (status != "rated")) & (status != MADE_UP)
    for name, fails in rules:
        if name not in OF_RATINGS:
            unrated &= ~fails.fillna(False).astype(bool)
    names = {*plan.outcomes, *plan.exposure.values(), *plan.controls, "rating_status", "created_at"}
    names |= {"video_id"} | ({plan.cluster} if plan.cluster else set())
    return frame.loc[unrated, sorted(names & set(frame.columns))]


def _drop(name: str, fails: pd.Series, passing: pd.Series, dropped: dict[str, int]) -> None:
    failing = passing & fails.fillna(False).astype(bool)
    if count := int(failing.sum()):
        dropped[name] = count
        passing &= ~failing


def _rules(frame: pd.DataFrame, plan: Plan) -> Iterator[Rule]:
    if "rating_status" in frame:
        yield "not_rated", frame["rating_status"] != "rated"
    if plan.cluster:
        creator = frame[plan.cluster]
        yield "unknown_creator", creator.isna() | (creator == UNKNOWN_CREATOR)
    yield from _impossible(frame, plan)
    yield from _dates(frame, plan)


def _impossible(frame: pd.DataFrame, plan: Plan) -> Iterator[Rule]:
    """Counts, watch times and rates that no video can have."""
    counts = [name for name in frame if plan.kind(name) == "count"]
    if counts:
        yield "negative_count", (frame[counts] < 0).any(axis=1)
    if seconds := [name for name in frame if plan.kind(name) == "seconds"]:
        yield "negative_watch_time", (frame[seconds] < 0).any(axis=1)
    if parts := [name for name in frame if plan.kind(name) == "part"]:
        yield "rate_outside_0_1", ((frame[parts] < 0) | (frame[parts] > 1)).any(axis=1)
    for name, rule in EXCEED.items():
        if name in frame and "views" in frame:
            yield rule, frame[name] > frame["views"]


def _dates(frame: pd.DataFrame, plan: Plan) -> Iterator[Rule]:
    if "created_at" not in frame:
        return
    created, collected = frame["created_at"], collected_at(frame, plan.as_of)
    if collected.notna().any():
        # The clock is not read: the same table must give the same answer tomorrow.
        yield "future_created_at", created > collected.max()
        yield "created_after_collected", created > collected
    if plan.min_age_days is not None:
        yield "unknown_age", frame[AGE].isna()
        yield "too_young", frame[AGE] < plan.min_age_days


def _completeness(frame: pd.DataFrame, plan: Plan, empty: tuple[str, ...]) -> Iterator[Rule]:
    needed = [name for name in plan.predictors if name not in empty]
    yield "missing_predictor", frame[needed].isna().any(axis=1)
    if plan.primary:
        yield "missing_outcome", frame[plan.primary.outcome].isna()
    else:
        yield "missing_outcome", frame[list(plan.outcomes)].isna().all(axis=1)
    if plan.primary and plan.primary.scale == "rate":
        yield "no_exposure", ~(frame[plan.exposure[plan.primary.outcome]] > 0)
    for name, transform in plan.controls.items():
        if name in empty:
            continue
        yield "missing_control", frame[name].isna()
        if transform in ("log", "log1p"):
            yield "control_without_log", ~(frame[name] > (0 if transform == "log" else -1))


def _empty_columns(frame: pd.DataFrame, plan: Plan) -> tuple[str, ...]:
    names = [*plan.predictors, *plan.outcomes, *plan.controls]
    if not len(frame):
        return ()
    empty = tuple(name for name in names if frame[name].isna().all())
    primary = plan.primary
    for name in (primary.predictor, primary.outcome) if primary else ():
        if name in empty:
            raise TooLittle(
                f"{name}, which the primary question is about, has no value in any of the "
                f"{len(frame):,} rows left; give another column, or another primary."
            )
    for role, names_of in (("predictor", plan.predictors), ("outcome", plan.outcomes)):
        if set(names_of) <= set(empty):
            raise TooLittle(f"No {role} has a value in any of the {len(frame):,} rows left.")
    return empty


def _matches(values: pd.Series, condition: Filter) -> pd.Series:
    if condition.one_of is not None:
        return values.isin(list(condition.one_of))
    matching = values.notna()
    if condition.min is not None:
        matching &= values >= condition.min
    if condition.max is not None:
        matching &= values <= condition.max
    return matching


def _older_duplicates(frame: pd.DataFrame, passing: pd.Series) -> pd.Series:
    """Rows of a video that has a later row; of rows collected at the same time the first stays.

    Only rows that passed so far count: a row that a filter dropped must not drop another.
    """
    order = frame[passing]
    if "collected_at" in frame:
        order = order.sort_values("collected_at", ascending=False, kind="stable")
    duplicates = order["video_id"].notna() & order["video_id"].duplicated(keep="first")
    return duplicates.reindex(frame.index, fill_value=False)


def _months(frame: pd.DataFrame, rules: Sequence[Rule]) -> dict[str, tuple[int, int]]:
    if "created_at" not in frame or "views" not in frame:
        return {}
    broken = np.zeros(len(frame), dtype=bool)
    for name, fails in rules:
        if name in IMPOSSIBLE:
            broken |= fails.to_numpy(dtype=bool)
    dated = frame["created_at"].notna().to_numpy(dtype=bool)
    created = frame["created_at"][dated].dt.tz_localize(None).to_numpy(dtype="datetime64[M]")
    months, codes = np.unique(created, return_inverse=True)
    sizes, impossible = np.bincount(codes), np.bincount(codes, broken[dated])
    return {
        str(month): (int(size), int(count))
        for month, size, count in zip(months, sizes, impossible, strict=True)
    }


def _refuse_too_little(
    passed: pd.DataFrame, rows: int, dropped: dict[str, int], kind: VideoKind
) -> None:
    counts = ", ".join(f"{name} {count:,}" for name, count in dropped.items())
    because = f" The quality gate dropped: {counts}." if counts else ""
    if len(passed) < FEWEST_ROWS:
        apart = f" {kind.sentence}" if kind.sentence else ""
        raise TooLittle(
            f"{len(passed):,} of {rows:,} rows are left; at least {FEWEST_ROWS} are needed."
            f"{because} Give a larger table, or loosen the plan where that is right.{apart}"
        )
