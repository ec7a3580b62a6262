"""Requests that the API refuses, found before anything is answered.

Every check is one of the documentation's (parameters of 3.x models, video understanding, structured
output; 2026-11), or of its protocol buffers, which know no unknown fields.
"""

import math
import re
from collections.abc import Container, Iterable
from typing import Any

from tests.stand_ins.gemini import fields
from tests.stand_ins.gemini.errors import Refused
from tests.stand_ins.gemini.models import Model
from tests.stand_ins.gemini.question import inline_bytes
from tests.stand_ins.gemini.serving import refuse_unservable

_OFFSET = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?s")
_MOST_OUTPUT_TOKENS = 65_536
_DEEPEST_SCHEMA = 32
_EMPTY_TEXT = (
    "Unable to submit request because it has an empty text parameter. Add a value to the parameter "
    "and try again."
)
"""On Vertex AI and the Developer API; often reported, not documented (2026-11)."""
_SAMPLING = ("temperature", "topP", "topK")


def check(body: Any, model: Model, *, vertex: bool) -> None:
    """Raise Refused (400) unless the API would accept this body, spelt in camelCase."""
    _object(body, "the request")
    _refuse_unknown(
        body, fields.REQUEST | (fields.ONLY_VERTEX if vertex else fields.ONLY_DEVELOPER), ""
    )
    _contents(body.get("contents"), vertex=vertex)
    if "systemInstruction" in body:
        _parts(_object(body["systemInstruction"], "system_instruction").get("parts"))
    for setting in _list(body.get("safetySettings", []), "safety_settings"):
        _safety(_object(setting, "safety_settings"))
    _config(_object(body.get("generationConfig", {}), "generation_config"), model)


def ignored(body: dict[str, Any], model: Model) -> list[str]:
    """Parameters that this model accepts and ignores."""
    config = body.get("generationConfig", {})
    return [] if model.sampled else [name for name in _SAMPLING if name in config]


def _contents(contents: Any, *, vertex: bool) -> None:
    if not _list(contents, "contents"):
        raise _invalid("at least one contents field is required")
    for content in contents:
        _refuse_unknown(_object(content, "contents"), {"role", "parts"}, "contents")
        if not _is_one(content.get("role", "" if vertex else "user"), ("user", "model")):
            raise _invalid("Please use a valid role: user, model.")
        _parts(content.get("parts"))
    if contents[-1].get("role") == "model":
        raise _invalid("Requests ending with a model turn are not supported.")


def _parts(parts: Any) -> None:
    if not _list(parts, "parts"):
        raise _invalid("must include at least one parts field")
    for part in parts:
        _refuse_unknown(_object(part, "parts"), fields.PART, "parts")
        if not isinstance(part.get("text", ""), str):
            raise _invalid("text must be a string")
        if part.get("text") == "":
            raise _invalid(_EMPTY_TEXT)
        _file(part)


def _file(part: dict[str, Any]) -> None:
    sources = [name for name in ("fileData", "inlineData") if name in part]
    if not sources:
        if "videoMetadata" in part:
            raise _invalid("video_metadata needs file_data or inline_data")
        return
    if len(sources) + ("text" in part) > 1:
        raise _invalid("oneof field 'data' is already set")
    file = _object(part[sources[0]], sources[0])
    source = "fileUri" if sources == ["fileData"] else "data"
    _refuse_unknown(file, {source, "mimeType", "displayName"}, sources[0])
    if not (isinstance(file.get(source), str) and file[source]):
        raise _invalid(f"{sources[0]} has no {source}")
    _mime_type(file.get("mimeType"))
    if source == "data":
        inline_bytes(file[source])
    _video(_object(part.get("videoMetadata", {}), "video_metadata"))
    level = _object(part.get("mediaResolution", {}), "media_resolution").get("level")
    if level is not None and not _is_one(level, fields.PART_RESOLUTIONS):
        raise _invalid(f"Invalid value at 'media_resolution.level': {level!r}")


def _mime_type(kind: Any) -> None:
    if not kind:
        raise _invalid("The mimeType parameter is required.")
    if not isinstance(kind, str) or (kind.startswith("video/") and kind not in fields.VIDEO_TYPES):
        raise _invalid(f"Unsupported MIME type: {kind}")


def _video(metadata: dict[str, Any]) -> None:
    _refuse_unknown(metadata, {"fps", "startOffset", "endOffset"}, "video_metadata")
    fps = metadata.get("fps", 1.0)
    if not (_is_number(fps) and 0 < fps <= 24):
        raise _invalid("The fps must be in the range (0.0, 24.0].")
    for name in ("startOffset", "endOffset"):
        offset = metadata.get(name, "0s")
        if not (isinstance(offset, str) and _OFFSET.fullmatch(offset)):
            raise _invalid(f"Invalid value at 'video_metadata.{name}': {offset!r}")


def _safety(setting: dict[str, Any]) -> None:
    _refuse_unknown(setting, {"category", "threshold", "method"}, "safety_settings")
    if not str(setting.get("category")).startswith("HARM_CATEGORY_"):
        raise _invalid("Invalid value at 'safety_settings.category'")
    if not _is_one(setting.get("threshold"), fields.THRESHOLDS):
        raise _invalid("Invalid value at 'safety_settings.threshold'")


def _config(config: dict[str, Any], model: Model) -> None:
    _refuse_unknown(config, fields.CONFIG, "generation_config")
    if "candidateCount" in config:
        raise _invalid("candidate_count is not supported by this model.")
    for name in ("presencePenalty", "frequencyPenalty"):
        if config.get(name):
            raise _invalid(f"{name} is not supported by this model.")
    most = config.get("maxOutputTokens", 1)
    if not (isinstance(most, int) and 0 < most <= _MOST_OUTPUT_TOKENS):
        raise _invalid(f"max_output_tokens must be in 1..{_MOST_OUTPUT_TOKENS}")
    if not _is_one(config.get("mediaResolution", "MEDIA_RESOLUTION_LOW"), fields.RESOLUTIONS):
        raise _invalid("Invalid value at 'generation_config.media_resolution'")
    _thinking(_object(config.get("thinkingConfig", {}), "thinking_config"), model)
    _structure(config, model)


def _thinking(thinking: dict[str, Any], model: Model) -> None:
    _refuse_unknown(
        thinking, {"thinkingLevel", "thinkingBudget", "includeThoughts"}, "thinking_config"
    )
    if {"thinkingLevel", "thinkingBudget"} <= thinking.keys():
        raise _invalid("You can only set one of thinking budget and thinking level.")
    level = thinking.get("thinkingLevel", "LOW")
    if not _is_one(level, fields.LEVELS) or (level == "MINIMAL" and not model.minimal):
        raise _invalid(f"Thinking level {level} is not supported for this model.")


def _structure(config: dict[str, Any], model: Model) -> None:
    schemas = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(schemas) == 2:
        raise _invalid("Only one of response_schema and response_json_schema can be set.")
    if not schemas:
        return
    if config.get("responseMimeType") != "application/json":
        raise _invalid(f"{schemas[0]} needs response_mime_type application/json.")
    _object(config[schemas[0]], schemas[0])
    if schemas == ["responseSchema"]:
        _schema(config["responseSchema"], "response_schema")
        refuse_unservable(config["responseSchema"], model)


def _schema(schema: Any, where: str, depth: int = 0) -> None:
    _refuse_unknown(_object(schema, where), fields.SCHEMA, where)
    if depth > _DEEPEST_SCHEMA:
        raise _invalid(f"{where}: the schema is nested too deeply")
    kind = schema.get("type")
    if not _is_one(kind, fields.TYPES) and "anyOf" not in schema and "ref" not in schema:
        raise _invalid(f"Invalid value at '{where}.type': {kind!r}")
    if kind == "ARRAY" and "items" not in schema:
        raise _invalid(f"{where}.items: missing field.")
    properties = _object(schema.get("properties", {}), f"{where}.properties")
    for name in _list(schema.get("required", []), f"{where}.required"):
        if not _is_one(name, properties):
            raise _invalid(f"{where}.required: property {name!r} is not defined")
    for name, property_schema in properties.items():
        _schema(property_schema, f"{where}.properties[{name}]", depth + 1)
    for property_schema in _list(schema.get("anyOf", []), f"{where}.any_of"):
        _schema(property_schema, f"{where}.any_of", depth + 1)
    if "items" in schema:
        _schema(schema["items"], f"{where}.items", depth + 1)


def _refuse_unknown(fields_given: dict[str, Any], names: Iterable[str], where: str) -> None:
    for name in sorted(fields_given.keys() - set(names)):
        at = f" at '{where}'" if where else ""
        raise _invalid(
            f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
        )


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _invalid(f"Invalid value at '{where}': an object was expected")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise _invalid(f"Invalid value at '{where}': a list was expected")
    return value or []


def _is_one(value: Any, names: Container[str]) -> bool:
    return isinstance(value, str) and value in names


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _invalid(message: str) -> Refused:
    return Refused(400, message)
