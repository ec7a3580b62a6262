"""A question: the parts of a request's body on which the answer depends."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from tests.stand_ins.gemini.errors import Refused

_DEFAULT_MAX_OUTPUT_TOKENS = 65_536


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of the request. `identity` is its address, or `sha256:` and the hash of its bytes."""

    identity: str
    mime_type: str
    fps: float
    start_s: float
    end_s: float | None
    resolution: str


@dataclass(frozen=True, slots=True)
class Question:
    """One request to one model. `turns` counts the user's turns: 2 for a correction."""

    model: str
    media: tuple[Medium, ...]
    text: str
    turns: int
    schema: dict[str, Any] | None
    thinking: str
    seed: int | None
    max_output_tokens: int

    @property
    def identity(self) -> str:
        """The first file's, or the text's when there is no file."""
        if self.media:
            return self.media[0].identity
        return "sha256:" + hashlib.sha256(self.text.encode()).hexdigest()


def question_of(model: str, body: dict[str, Any]) -> Question:
    """Read a valid request in camelCase."""
    config = body.get("generationConfig", {})
    parts = [part for content in body["contents"] for part in content["parts"]]
    instructions = body.get("systemInstruction", {}).get("parts", [])
    return Question(
        model=model,
        media=tuple(_medium(part, config) for part in parts if _file(part)),
        text="\n".join(part["text"] for part in (*instructions, *parts) if "text" in part),
        turns=sum(content.get("role") != "model" for content in body["contents"]),
        schema=config.get("responseSchema") or config.get("responseJsonSchema"),
        thinking=config.get("thinkingConfig", {}).get("thinkingLevel", ""),
        seed=config.get("seed"),
        max_output_tokens=config.get("maxOutputTokens", _DEFAULT_MAX_OUTPUT_TOKENS),
    )


def inline_bytes(data: object) -> bytes:
    """Decode either alphabet of base64, padded or not. Raises Refused for anything else."""
    try:
        if not isinstance(data, str):
            raise ValueError("not a string")
        standard = data.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError as error:
        raise Refused(400, "Base64 decoding failed for inline_data.data.") from error


def _file(part: dict[str, Any]) -> dict[str, Any]:
    return part.get("fileData") or part.get("inlineData") or {}


def _medium(part: dict[str, Any], config: dict[str, Any]) -> Medium:
    file, video = _file(part), part.get("videoMetadata", {})
    end = video.get("endOffset")
    level = part.get("mediaResolution", {}).get("level") or config.get("mediaResolution", "")
    return Medium(
        identity=file["fileUri"] if "fileUri" in file else _hash(file["data"]),
        mime_type=file["mimeType"],
        fps=float(video.get("fps", 1.0)),
        start_s=_seconds(video.get("startOffset", "0s")),
        end_s=None if end is None else _seconds(end),
        resolution=level,
    )


def _hash(data: str) -> str:
    return "sha256:" + hashlib.sha256(inline_bytes(data)).hexdigest()


def _seconds(offset: str) -> float:
    return float(offset.removesuffix("s"))
