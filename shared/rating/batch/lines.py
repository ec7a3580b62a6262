"""The lines of a batch that go in: each says what to rate, or asks it."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from shared.inputs.media_type import MediaType
from shared.model import canonical_json, parse
from shared.rating.gemini.question import GeminiCondition
from shared.rating.rater import MediaToRate
from shared.storage.lake import Lake, RatingKey

MOST_LINE_BYTES = 16 * 2**20
"""A question and its answer have at most some 300 kB: what is longer is no line of ours."""

_READ_BYTES = 4 * 2**20


def request_id(video_id: str, generation: str, replicate: int) -> str:
    """What tells one rating from every other of its batch."""
    return f"{video_id}/{generation}/{replicate}"


class RatingRequest(BaseModel):
    """A rating that is wanted of one generation of a video, and all that its question needs."""

    model_config = ConfigDict(frozen=True)

    video_id: str
    name: str
    generation: Annotated[str, Field(pattern=r"^[0-9]{1,20}$")]
    replicate: Annotated[int, Field(ge=0, lt=1_000)]
    size: int
    mime: str
    duration_s: float | None = None
    has_audio: bool = True
    caption: str | None = None

    @property
    def word(self) -> str:
        """Tells it from every other of its batch, in which object names are of one bucket."""
        return request_id(self.video_id, self.generation, self.replicate)

    def key(self, under: GeminiCondition) -> RatingKey:
        return RatingKey(self.generation, under.name, under.config_hash, self.replicate)

    def to_line(self) -> bytes:
        return canonical_json(self.model_dump(mode="json", exclude_none=True)).encode() + b"\n"


def requests_in(lines: Iterable[bytes]) -> Iterator[RatingRequest]:
    """What a plan says is wanted. Raises Malformed."""
    for line in lines:
        yield parse(RatingRequest, line, "plan of a batch")


def request_line(
    wanted: RatingRequest, under: GeminiCondition, lake: Lake, in_words: bool = False
) -> bytes:
    """The question that would be asked live, as a line of a job's input.

    Results come in no order, and whether a key beside the request is echoed is not documented. So
    our key travels as the request's labels, which are part of it and are echoed with it; they
    reach no model and are not in `config_hash`, so the rating is the same one. Values of labels
    are lowercase letters, digits, - and _ (https://cloud.google.com/vertex-ai/generative-ai/docs/
    multimodal/add-labels-to-api-calls, 2026-11). With `in_words` the response schema is told in
    words: Vertex AI did not serve it in an earlier job.
    """
    generation = int(wanted.generation)
    media = MediaToRate(
        video_id=wanted.video_id,
        bucket=lake.bucket_name,
        name=wanted.name,
        key=wanted.key(under),
        size=wanted.size,
        type=MediaType(wanted.mime, ""),
        open=_not_opened,
        peek=lambda: lake.open(wanted.name, generation),
        caption=wanted.caption,
    )
    labels = {
        "video": wanted.video_id,
        "generation": wanted.generation,
        "replicate": str(wanted.replicate),
    }
    question = under.question(media, wanted.duration_s, inline=None)
    request = (question.in_words() if in_words else question).wire() | {"labels": labels}
    return json.dumps({"request": request}, ensure_ascii=False).encode() + b"\n"


def _not_opened() -> Any:
    raise NotImplementedError("a question of a batch carries no bytes of its file")


def lines_of(lake: Lake, name: str, generation: int) -> Iterator[bytes | None]:
    """The lines of an object, piece by piece; None for one beyond MOST_LINE_BYTES. Raises Gone."""
    with lake.open(name, generation) as file:
        yield from _lines(file)


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    buffered = io.BufferedReader(file, _READ_BYTES)  # type: ignore[type-var]
    while line := buffered.readline(MOST_LINE_BYTES):
        if len(line) < MOST_LINE_BYTES or line.endswith(b"\n"):
            if line.strip():
                yield line
            continue
        while (rest := buffered.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
            pass
        yield None
