"""yt-dlp's `.info.json` files beside videos, as one table."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.inputs.json_input import parse_json
from shared.inputs.tables.table import RawRow, Table

INFO = ".info.json"
MOST_BYTES = 32 * 2**20


def info_beside(video: Path) -> Path | None:
    """The file of information that yt-dlp writes beside a video."""
    info = video.with_name(f"{video.stem}{INFO}")
    return info if info.is_file() else None


def info_table(
    infos: Mapping[Path, Path | None], is_dated_by_file: bool = False
) -> tuple[Table | None, list[str]]:
    """A row per readable file, whose `file` is the video beside it, and the problems of others.

    `is_dated_by_file` gives the time of the file to information without a time of its own, which
    versions of yt-dlp before 2021-09 wrote.
    """
    rows: list[RawRow] = []
    problems: list[str] = []
    for info, video in infos.items():
        try:
            record = _record(info)
            if is_dated_by_file and record.get("epoch") is None:
                record["epoch"] = int(info.stat().st_mtime)
        except (OSError, ValueError) as error:
            problems.append(f"{info}: it cannot be read as information of yt-dlp: {error}.")
            continue
        if record.get("_type") in ("playlist", "multi_video"):  # of a whole account or search
            continue
        rows.append(RawRow(len(rows) + 1, record | {"file": str(video) if video else ""}))
    if not rows:
        return None, problems
    return Table(_name(infos), "JSON objects", None, lambda: _all(rows)), problems


def _record(info: Path) -> dict[str, object]:
    if info.stat().st_size > MOST_BYTES:
        raise ValueError(f"larger than {MOST_BYTES:,} bytes")
    record = parse_json(info.read_bytes())
    if not isinstance(record, dict):
        raise ValueError("not an object")
    return record


def _name(infos: Mapping[Path, Path | None]) -> str:
    first = next(iter(infos)).name
    return first if len(infos) == 1 else f"{len(infos):,} files of information ({INFO})"


def _all(rows: list[RawRow]) -> Iterator[RawRow]:
    return iter(rows)
