"""The key of a rating kit: which video each clip is."""

import json
from pathlib import Path

from cli.errors import UserError


def videos_of(keys: tuple[Path, ...]) -> dict[str, str]:
    """Which video each clip of a rating kit is."""
    videos: dict[str, str] = {}
    for path in keys:
        try:
            videos |= {
                str(clip): str(id_) for clip, id_ in json.loads(path.read_bytes())["clips"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"--key {path}: this is not what tta rate-kit writes.") from error
    return videos
