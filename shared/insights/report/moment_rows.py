"""The moment in a report: rows of insight_effect and insight_quality, and the videos behind them.

Videos have numbers in the tables, not ids: an erased one would stay in them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any, cast

from shared.insights.moment.events import COLUMNS
from shared.insights.moment.options import Event
from shared.insights.moment.result import CarryingVideo, MomentResult
from shared.insights.moment.words import moment_sentences
from shared.insights.number_words import ratio_text
from shared.insights.report.gallery import web_address

Row = dict[str, Any]
PART = "moment"
VIDEOS = "moment video"
PARAGRAPHS = {"answer": 0, "basis": 1, "sure": 1, "overturn": 2}
"""The paragraph of a page in which sentences of a subject stand; others stand in the last."""


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """The curve of a video that carries the answer, as the page draws it.

    By its id and creator an erasure finds the page that has it.
    """

    video_id: str
    creator: str
    url: str | None
    onset_s: float
    shares: tuple[float | None, ...]


def moment_rows(result: MomentResult | None) -> list[Row]:
    """The window, each second, the placebos of each second, and the videos that weigh most."""
    if result is None or result.effect is None:
        return []
    rows = [*_window(result), *_seconds(result), *_placebos(result), *_videos(result)]
    blank = {
        "part": PART,
        "is_primary": False,
        "predictor": COLUMNS[cast(Event, result.event)],
        "outcome": "leaving",
        "scale": "hazard",
        "n": result.videos,
        "clusters": result.creators or None,
    }
    return [blank | row for row in rows]


def moment_findings(result: MomentResult | None) -> Iterator[Row]:
    """The sentences about the moment, where there are curves."""
    if result is not None:
        for subject, sentence in moment_sentences(without_names(result)).items():
            yield {"part": PART, "subject": subject, "sentence": sentence}


def without_names(result: MomentResult) -> MomentResult:
    """The result whose sentences name no creator and no video: an erased one would stay."""
    overturn = result.overturn
    if overturn is None:
        return result
    names = overturn.without_least, overturn.without_most
    words = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)") for name in names if name]
    unnamed = [text for text in overturn.sentences if not any(word.search(text) for word in words)]
    low, high = sorted((overturn.least, overturn.most))
    first = (
        f"Without any one {result.cluster} the ratio stays between {ratio_text(low)} and "
        f"{ratio_text(high)}."
    )
    return replace(result, overturn=replace(overturn, sentences=(first, *unnamed)))


def moment_paragraphs(findings: Sequence[Row]) -> list[list[Row]]:
    """The sentences of a page in paragraphs: answer, how sure, what overturns it, and notes."""
    groups: dict[int, list[Row]] = {}
    for row in findings:
        word = row["subject"].split()[0]
        groups.setdefault(PARAGRAPHS.get(word, max(PARAGRAPHS.values()) + 1), []).append(row)
    return [groups[number] for number in sorted(groups)]


def drawn_curves(result: MomentResult | None, videos: Sequence[Row]) -> tuple[DrawnCurve, ...]:
    """The videos of the rows of moment_rows, in their order. A made-up one has no address."""
    by_id = {row["video_id"]: row for row in videos}
    carrying = result.carrying if result is not None and result.effect is not None else ()
    return tuple(_drawn(video, by_id.get(video.video_id, {})) for video in carrying)


def _drawn(video: CarryingVideo, row: Mapping[str, Any]) -> DrawnCurve:
    creator = row.get("username") or video.creator or "unknown creator"
    url = None if row.get("synthetic") else web_address(row.get("url"))
    return DrawnCurve(video.video_id, creator, url, video.onset_s, video.shares)


def _window(result: MomentResult) -> Iterator[Row]:
    effect, (start, end) = result.effect, result.window_s
    assert effect is not None
    yield {
        "method": "window",
        "subset": f"{start:g} to {end:g} s",
        "x_low": start,
        "x_high": end,
        "estimate": effect.log_ratio,
        "se": effect.se,
        "p": effect.p,
        **_ratios(effect.ratio, effect.low, effect.high),
    }


def _seconds(result: MomentResult) -> Iterator[Row]:
    for each in result.by_second:
        yield {
            "method": "second",
            **_at(each.second),
            "estimate": None if each.ratio is None else log(each.ratio),
            **_ratios(each.ratio, each.low, each.high),
        }


def _placebos(result: MomentResult) -> Iterator[Row]:
    """The band of exchanged moments; its middle is no effect."""
    for each in result.by_second:
        if each.placebo_low is not None and each.placebo_high is not None:
            band = _ratios(1.0, each.placebo_low, each.placebo_high)
            yield {"method": "placebo", **_at(each.second), "estimate": 0.0, **band}


def _videos(result: MomentResult) -> Iterator[Row]:
    for number, video in enumerate(result.carrying, 1):
        yield {
            "part": VIDEOS,
            "method": "influence",
            "subset": f"video {number}",
            "x_low": video.onset_s,
            "x_high": video.onset_s,
            "estimate": video.influence,
            "step_irr": exp(video.influence),
            "n": 1,
            "clusters": 1,
        }


def _at(second: int) -> Row:
    return {"subset": f"second {second}", "x_low": float(second), "x_high": float(second)}


def _ratios(ratio: float | None, low: float | None, high: float | None) -> Row:
    """Hazard ratios where those of a step stand, and the ends of the interval of the log."""
    return {
        "step": 1.0,
        "step_irr": ratio,
        "step_irr_low": low,
        "step_irr_high": high,
        "ci_low": None if low is None else log(low),
        "ci_high": None if high is None else log(high),
    }
