"""The input lines of a batch: requests in its plan, questions in its job's input."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from shared.inputs.media_type import MediaType
from shared.model import canonical_json, parse
from shared.rating.gemini.question import GeminiCondition
from shared.rating.rater import MediaToRate
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey

MOST_LINE_BYTES = 16 * 2**20
"""A question with its answer takes at most about 300 kB, so a longer line is not ours."""

_READ_BYTES = 4 * 2**20


def request_id(video_id: str, generation: str, replicate: int) -> str:
    """Identifies one rating within its batch."""
    return f"{video_id}/{generation}/{replicate}"


class RatingRequest(BaseModel):
    """A request to rate one generation of a video, with all that its question needs."""

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
    def request_id(self) -> str:
        return request_id(self.video_id, self.generation, self.replicate)

    def key(self, condition: GeminiCondition) -> RatingKey:
        return RatingKey(self.generation, condition.name, condition.config_hash, self.replicate)

    def to_line(self) -> bytes:
        return canonical_json(self.model_dump(mode="json", exclude_none=True)).encode() + b"\n"


def requests_in(lines: Iterable[bytes]) -> Iterator[RatingRequest]:
    """The requests in the lines of a plan. Raises Malformed."""
    for line in lines:
        yield parse(RatingRequest, line, "plan of a batch")


def request_line(
    request: RatingRequest, condition: GeminiCondition, lake: Lake, in_words: bool = False
) -> bytes:
    """The live rater's question as a line of a job's input.

    Results come in any order, and the documentation does not say whether a key beside the request
    is echoed. So our key travels as the request's labels, which are echoed with it. Labels reach
    no model and are not in `config_hash`, so the rating is the same. Their values may hold
    lowercase letters, digits, - and _ (https://cloud.google.com/vertex-ai/generative-ai/docs/
    multimodal/add-labels-to-api-calls, 2026-11). With `in_words` the question describes the
    response schema in words, because Vertex AI refused it in an earlier job.
    """
    generation = int(request.generation)
    media = MediaToRate(
        video_id=request.video_id,
        bucket=lake.bucket_name,
        name=request.name,
        key=request.key(condition),
        size=request.size,
        type=MediaType(request.mime, ""),
        open=_not_opened,
        peek=lambda: lake.open(request.name, generation),
        caption=request.caption,
    )
    labels = {
        "video": request.video_id,
        "generation": request.generation,
        "replicate": str(request.replicate),
    }
    question = condition.question(media, request.duration_s, inline=None)
    body = (question.in_words() if in_words else question).wire() | {"labels": labels}
    return json.dumps({"request": body}, ensure_ascii=False).encode() + b"\n"


def _not_opened() -> Any:
    raise NotImplementedError("a batch question names its file by address and never opens it")


def lines_of(lake: Lake, name: str, generation: int) -> Iterator[bytes | None]:
    """The lines of an object, streamed; None for one over MOST_LINE_BYTES. Raises Gone."""
    with lake.open(name, generation) as file:
        yield from _lines(file)


def _lines(file: BinaryIO) -> Iterator[bytes | None]:
    buffered = io.BufferedReader(file, _READ_BYTES)  # type: ignore[type-var]
    while line := buffered.readline(MOST_LINE_BYTES):
        if len(line) < MOST_LINE_BYTES or line.endswith(b"\n"):
            if line.strip():
                yield line
            continue
        while (ignored := buffered.readline(MOST_LINE_BYTES)) and not ignored.endswith(b"\n"):
            pass
        yield None
