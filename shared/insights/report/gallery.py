"""The videos behind the numbers: which are shown, their key frames and what was said of them."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.insights.report.usual_counts import KPIS, UsualCount

SHOWN = 96
OF_EACH = 2
"""Each language and creator has its most surprising ones in it, or a filter would find none."""

MOST_SHOWN = 240
FRAME_BYTES = 6_500_000
"""All key frames together, so that the file stays under 15 MB."""

MOST_FRAME_BYTES = 300_000
MOST_POINTS = 600
MOST_EVIDENCE = 6
MOST_CHARS = 600
JPEG = b"\xff\xd8\xff"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GalleryVideo:
    """One video as the gallery shows it. Text is as strangers wrote it: never markup."""

    video_id: str
    creator: str
    language: str
    rater: str
    caption: str
    url: str | None
    created: str | None
    duration_s: float | None
    scores: dict[str, float]
    onset_s: float | None
    expectation: str | None
    violation: str | None
    evidence: tuple[tuple[float, str], ...]
    curve: tuple[float | None, ...]
    frame: str | None
    kpis: dict[str, dict[str, float | None]]


def gallery_rows(rows: Sequence[Row], predictor: str) -> list[Row]:
    """The rated videos that are shown, the highest score first; a second run chooses the same."""
    rated = [
        row for row in rows if row["rating_status"] == "rated" and row.get(predictor) is not None
    ]
    ranked = sorted(rated, key=lambda row: (-row[predictor], -(row["views"] or 0), row["video_id"]))
    taken = {row["video_id"] for row in ranked[:SHOWN]}
    for key in ("lang_key", "user_key"):
        seen: dict[str, int] = {}
        for row in ranked:
            if seen.get(row[key], 0) < OF_EACH and len(taken) < MOST_SHOWN:
                taken.add(row["video_id"])
            seen[row[key]] = seen.get(row[key], 0) + 1
    return [row for row in ranked if row["video_id"] in taken]


def gallery_videos(
    rows: Sequence[Row],
    predictors: Mapping[str, str],
    normal: Mapping[tuple[str, str], UsualCount],
    curves: Mapping[str, str],
    frames: Sequence[bytes | None],
) -> tuple[GalleryVideo, ...]:
    """The chosen rows with all that is shown of them.

    `predictors` maps the plan's names to columns; `frames` has a JPEG or None for each row.
    """
    left = FRAME_BYTES
    made = []
    for row, content in zip(rows, frames, strict=True):
        frame = _frame(content) if left > 0 else None
        left -= len(frame or "") * 3 // 4
        made.append(_moment(row, predictors, normal, curves.get(row["video_id"]), frame))
    return tuple(made)


def _moment(
    row: Row,
    predictors: Mapping[str, str],
    normal: Mapping[tuple[str, str], UsualCount],
    curve: str | None,
    frame: str | None,
) -> GalleryVideo:
    return GalleryVideo(
        video_id=row["video_id"],
        creator=row["username"] or row["user_key"],
        language=row["lang_key"],
        rater=row["rater"],
        caption=_short(row["caption"]) or "",
        url=_web(row["url"]),
        created=row["created_at"].date().isoformat() if row["created_at"] else None,
        duration_s=row["duration_s"],
        scores={
            name: row[column] for name, column in predictors.items() if row.get(column) is not None
        },
        onset_s=row.get("surprise_onset_s"),
        expectation=_short(row.get("expectation")),
        violation=_short(row.get("violation")),
        evidence=_evidence(row.get("evidence")),
        curve=_curve(curve),
        frame=frame,
        kpis={
            kpi: _kpi(row[kpi], normal.get((row["video_id"], kpi)))
            for kpi in KPIS
            if row[kpi] is not None
        },
    )


def _kpi(count: int, normal: UsualCount | None) -> dict[str, float | None]:
    if normal is None:
        return {"count": count}
    return {
        "count": count,
        "usual": normal.count,
        "times": normal.times,
        "others": normal.others,
    }


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_CHARS else text[: MOST_CHARS - 1] + "…"


def _web(url: str | None) -> str | None:
    """Only what a browser opens as a page."""
    return url if url and url.startswith(("https://", "http://")) else None


def _evidence(said: str | None) -> tuple[tuple[float, str], ...]:
    try:
        found = json.loads(said or "[]")
        return tuple(
            (float(one["at_s"]), _short(str(one["what"])) or "") for one in found[:MOST_EVIDENCE]
        )
    except (ValueError, TypeError, KeyError):
        return ()


def _curve(said: str | None) -> tuple[float | None, ...]:
    """Surprise by the second; what is no number is a gap."""
    try:
        points = json.loads(said or "{}")["surprise"][:MOST_POINTS]
        return tuple(
            round(float(point), 3)
            if isinstance(point, int | float) and math.isfinite(point)
            else None
            for point in points
        )
    except (ValueError, TypeError, KeyError):
        return ()


def _frame(content: bytes | None) -> str | None:
    """A JPEG of bearable size, as base64."""
    if not content or not content.startswith(JPEG) or len(content) > MOST_FRAME_BYTES:
        return None
    return base64.b64encode(content).decode()
