"""The frozen clips of the canary, made once by scripts/canary_clips.py and never changed."""

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from shared.inputs.media_type import MP4
from shared.model import content_id
from shared.rating.clip import ClipHeader, read_clip_header
from shared.rating.rater import MediaToRate
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey

CLIPS = Path(__file__).with_name("canary_clips.json")
CLIP_FOLDER = "canary/gemini/clips/"
"""Outside videos/, whose files are rated and become rows."""


@dataclass(frozen=True, slots=True)
class FrozenClip:
    """One clip; `video_id` follows from its bytes."""

    name: str
    content: bytes

    @property
    def video_id(self) -> str:
        return content_id(hashlib.sha256(self.content).hexdigest())

    @property
    def object(self) -> str:
        return f"{CLIP_FOLDER}{self.video_id}.{MP4.extension}"

    def clip(self) -> ClipHeader:
        return read_clip_header(io.BytesIO(self.content))

    def media(self, lake: Lake, rater: str, config_hash: str, replicate: int) -> MediaToRate:
        """The clip as a rater takes it, written once to the place where Vertex AI reads it."""
        lake.write_once(self.object, self.content, MP4.mime)
        stored = lake.stat(self.object)
        generation = str(stored.generation) if stored else "0"
        return MediaToRate(
            video_id=self.video_id,
            bucket=lake.bucket_name,
            name=self.object,
            key=RatingKey(generation, rater, config_hash, replicate),
            size=len(self.content),
            type=MP4,
            open=self._as_file,
            peek=lambda: io.BytesIO(self.content),
        )

    @contextmanager
    def _as_file(self) -> Iterator[Path]:
        with TemporaryDirectory(prefix="canary-") as folder:
            path = Path(folder) / f"clip.{MP4.extension}"
            path.write_bytes(self.content)
            yield path


@cache
def frozen_clips() -> tuple[FrozenClip, ...]:
    """All clips, in the order of the file."""
    entries = json.loads(CLIPS.read_text(encoding="utf-8"))["clips"]
    return tuple(
        FrozenClip(entry["name"], base64.b64decode(entry["mp4_base64"])) for entry in entries
    )
