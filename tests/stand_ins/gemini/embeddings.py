"""Embeddings as the API gives them: here a text's words, hashed to places of a vector.

Texts that share words are near each other, which is all that a test needs; meaning is not in it.
"""

import hashlib
import math
import re
from typing import Any

from tests.stand_ins.gemini.errors import Refused

EMBEDDERS = frozenset({"gemini-embedding-001"})
DIMENSIONS = 3_072
_MOST_TEXTS = 100
_WORD = re.compile(r"\w+")


def embedded(model: str, body: Any) -> dict[str, Any]:
    """What batchEmbedContents of the Developer API answers. Raises Refused."""
    requests = body.get("requests")
    if not isinstance(requests, list) or not 0 < len(requests) <= _MOST_TEXTS:
        raise Refused(400, f"At most {_MOST_TEXTS} requests can be in one batch.")
    return {"embeddings": [{"values": _of_request(one)} for one in requests]}


def predicted(model: str, body: Any) -> dict[str, Any]:
    """What predict of Vertex AI answers: this model takes one text a request. Raises Refused."""
    instances = body.get("instances")
    if not isinstance(instances, list) or len(instances) != 1:
        raise Refused(400, f"{model} takes one instance a request.")
    size = body.get("parameters", {}).get("outputDimensionality", DIMENSIONS)
    text = str(instances[0].get("content", ""))
    values = _vector(text, size)
    statistics = {"token_count": math.ceil(len(text) / 4), "truncated": False}
    return {"predictions": [{"embeddings": {"values": values, "statistics": statistics}}]}


def _of_request(request: Any) -> list[float]:
    parts = request.get("content", {}).get("parts", [])
    text = " ".join(str(part.get("text", "")) for part in parts)
    return _vector(text, request.get("outputDimensionality", DIMENSIONS))


def _vector(text: str, size: Any) -> list[float]:
    if not isinstance(size, int) or not 0 < size <= DIMENSIONS:
        raise Refused(400, f"outputDimensionality must be in 1..{DIMENSIONS}")
    vector = [0.0] * size
    for word in _WORD.findall(text.lower()):
        place = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % size
        vector[place] += 1.0
    return vector
