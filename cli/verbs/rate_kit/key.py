"""The key file of a rating kit."""

import json
from pathlib import Path

from cli.errors import UserError


def videos_of(keys: tuple[Path, ...]) -> dict[str, str]:
    """The video id of each clip of these kits. Raises UserError."""
    videos: dict[str, str] = {}
    for path in keys:
        try:
            videos |= {
                str(clip): str(id_) for clip, id_ in json.loads(path.read_bytes())["clips"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"--key {path}: this is not a key file of `tta rate-kit`.") from error
    return videos
