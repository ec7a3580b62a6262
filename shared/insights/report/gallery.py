"""The gallery of a report: the videos it shows, with their key frames, scores and evidence."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.insights.report.usual_counts import KPIS, UsualCount, UsualCounts

SHOWN = 96
OF_EACH = 2
"""Top videos of each language and creator, so that no filter leaves the gallery empty."""

MOST_SHOWN = 240
FRAME_BYTES = 950_000
"""All key frames together, a third more as base64; the page must stay under 4 MB."""

MOST_FRAME_BYTES = 300_000
MOST_POINTS = 600
MOST_EVIDENCE = 6
MOST_CHARS = 600
JPEG = b"\xff\xd8\xff"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GalleryVideo:
    """One video of the gallery. Its text comes from strangers and must never become markup.

    A synthetic video has no `url`: its id is made up, so TikTok has another video there or none.
    """

    video_id: str
    creator: str
    language: str
    rater: str
    caption: str
    url: str | None
    file_name: str | None
    file: str | None
    """Where the file is, seen from the page; None for a video without one."""
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
    """The rated videos to show, highest score first. The same rows give the same choice."""
    rated = [
        row for row in rows if row["rating_status"] == "rated" and row.get(predictor) is not None
    ]
    ranked = sorted(rated, key=lambda row: (-row[predictor], -(row["views"] or 0), row["video_id"]))
    chosen = {row["video_id"] for row in ranked[:SHOWN]}
    for key in ("lang_key", "user_key"):
        ranks: dict[str, int] = {}
        for row in ranked:
            if ranks.get(row[key], 0) < OF_EACH and len(chosen) < MOST_SHOWN:
                chosen.add(row["video_id"])
            ranks[row[key]] = ranks.get(row[key], 0) + 1
    return [row for row in ranked if row["video_id"] in chosen]


def gallery_videos(
    rows: Sequence[Row],
    predictors: Mapping[str, str],
    usual: UsualCounts,
    curves: Mapping[str, str],
    frames: Sequence[bytes | None],
    files: Sequence[str | None],
) -> tuple[GalleryVideo, ...]:
    """The rows as gallery videos.

    `predictors` maps the plan's names to columns; `frames` has a JPEG or None for each row, `files`
    the name of its media file or None.
    """
    bytes_left = FRAME_BYTES
    videos = []
    for row, content, file in zip(rows, frames, files, strict=True):
        frame = _frame(content) if bytes_left > 0 else None
        bytes_left -= len(frame or "") * 3 // 4  # base64 has four characters for three bytes
        curve = curves.get(row["video_id"])
        videos.append(replace(_gallery_video(row, predictors, usual, curve, frame), file=file))
    return tuple(videos)


def _gallery_video(
    row: Row,
    predictors: Mapping[str, str],
    usual: UsualCounts,
    curve: str | None,
    frame: str | None,
) -> GalleryVideo:
    return GalleryVideo(
        video_id=row["video_id"],
        creator=row["username"] or row["user_key"],
        language=row["lang_key"],
        rater=row["rater"],
        caption=_short(row["caption"]) or "",
        url=None if row.get("synthetic") else web_address(row["url"]),
        file_name=_short(row.get("file_name")),
        file=None,
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
            kpi: _kpi(row[kpi], usual.get((row["video_id"], kpi)))
            for kpi in KPIS
            if row[kpi] is not None
        },
    )


def _kpi(count: int, usual: UsualCount | None) -> dict[str, float | None]:
    if usual is None:
        return {"count": count}
    return {
        "count": count,
        "usual": usual.count,
        "times": usual.times,
        "others": usual.others,
    }


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= MOST_CHARS else text[: MOST_CHARS - 1] + "…"


def web_address(url: str | None) -> str | None:
    """The address if a browser opens it as a page; other schemes could run scripts."""
    return url if url and url.startswith(("https://", "http://")) else None


def _evidence(text: str | None) -> tuple[tuple[float, str], ...]:
    try:
        moments = json.loads(text or "[]")[:MOST_EVIDENCE]
        return tuple((float(m["at_s"]), _short(str(m["what"])) or "") for m in moments)
    except (ValueError, TypeError, KeyError):
        return ()


def _curve(text: str | None) -> tuple[float | None, ...]:
    """Surprise by the second; anything but a finite number is a gap."""
    try:
        points = json.loads(text or "{}")["surprise"][:MOST_POINTS]
        return tuple(
            round(float(point), 3)
            if isinstance(point, int | float) and math.isfinite(point)
            else None
            for point in points
        )
    except (ValueError, TypeError, KeyError):
        return ()


def _frame(content: bytes | None) -> str | None:
    """A JPEG of at most MOST_FRAME_BYTES, as base64; None for anything else."""
    if not content or not content.startswith(JPEG) or len(content) > MOST_FRAME_BYTES:
        return None
    return base64.b64encode(content).decode()
