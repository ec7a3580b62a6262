"""The model's answers, stored unchanged before they are read, because they are paid for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from shared.model import parse
from shared.rating.gemini.question import Reply
from shared.storage.lake import Lake
from shared.storage.layout import RatingKey, answer_name


class StoredAnswer(BaseModel):
    """One response of generateContent as the API sent it, and how it was asked for.

    `latency_s` is None for an answer from a batch, which costs half. `schema_relaxed`: the API
    refused the response schema, so the question described it in words.
    """

    model_config = ConfigDict(frozen=True)

    asked_at: AwareDatetime
    response: dict[str, Any]
    latency_s: float | None = None
    is_batch: bool = False
    schema_relaxed: bool = False


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers in the lake, each written once."""

    lake: Lake

    def find(self, video_id: str, key: RatingKey, number: int) -> StoredAnswer | None:
        """The nth answer for this rating, or None. Raises Malformed for an unreadable one."""
        content = self.lake.read(answer_name(video_id, key, number))
        return None if content is None else parse(StoredAnswer, content, "kept answer")

    def keep(
        self, video_id: str, key: RatingKey, number: int, answer: StoredAnswer
    ) -> StoredAnswer:
        """Store an answer and return it; return the earlier one if there is one."""
        name = answer_name(video_id, key, number)
        if self.lake.write_once(name, answer.model_dump_json(exclude_none=True).encode()):
            return answer
        return self.find(video_id, key, number) or answer


def stored_answer(reply: Reply, asked_at: datetime, latency_s: float) -> StoredAnswer:
    return StoredAnswer(
        asked_at=asked_at,
        response=reply.response,
        latency_s=round(latency_s, 3),
        schema_relaxed=reply.schema_relaxed,
    )
