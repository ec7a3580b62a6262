"""The language of a caption, identified offline, and the names of language tags.

py3langid brings its model in its wheel (Lui & Baldwin 2012, "langid.py"; 97 languages).
"""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

NAMES = Path(__file__).parent / "language_names.json"

LEAST_PROBABILITY = 0.4
LEAST_LETTERS = 8
"""Below these the identifier guesses. A caption such as "omg 😂" stays undetermined."""

_NOT_PROSE = re.compile(r"https?://\S+|[#@][\w.]+", re.UNICODE)
_UNSPACED_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


@lru_cache(maxsize=10_000)
def caption_language(caption: str) -> str | None:
    """BCP-47 tag of the caption without hashtags, mentions and links. None when undetermined."""
    prose = _NOT_PROSE.sub(" ", caption)
    letters = sum(map(str.isalpha, prose)) + 3 * len(_UNSPACED_SCRIPT.findall(prose))
    if letters < LEAST_LETTERS:
        return None
    language, probability = _identifier().classify(prose)
    return str(language) if probability >= LEAST_PROBABILITY else None


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=10_000)
def language_name(tag: str) -> str:
    """English name of a tag, such as "Portuguese (Brazil)". The tag itself when it has no name.

    The names come from a table, because a library of names would add 280 MB to the function.
    """
    language, *subtags = tag.split("-")
    name = _names()["languages"].get(language)
    if name is None:
        return tag
    subtag_names = [
        _names()["scripts"].get(subtag) or _names()["regions"].get(subtag) for subtag in subtags
    ]
    details = ", ".join(detail for detail in subtag_names if detail)
    return f"{name} ({details})" if details else name


@lru_cache(maxsize=1)
def _names() -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = json.loads(NAMES.read_text())
    return names
