"""Fields that refuse bad values: wrong types, NUL, NaN, counts beyond INT64."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,6}")


class Checked(BaseModel):
    """A strict, frozen model that refuses undeclared fields. A cold start builds no validator."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", allow_inf_nan=False, defer_build=True
    )


def canonical_language(tag: str) -> str:
    """Give a BCP-47 tag its usual case: `PT-br` → `pt-BR`, `zh-hant` → `zh-Hant` (RFC 5646, 2.1.1).

    Raises ValueError for a text that is not a tag.
    """
    if not _LANGUAGE_TAG.fullmatch(tag):
        raise ValueError("not a BCP-47 language tag")
    first, *subtags = tag.split("-")
    return "-".join([first.lower(), *map(_subtag_case, subtags)])


def _subtag_case(subtag: str) -> str:
    if len(subtag) == 2:
        return subtag.upper()
    return subtag.title() if len(subtag) == 4 and subtag.isalpha() else subtag.lower()


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("contains a NUL character")
    return text


def _in_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999 in UTC") from error


Text = Annotated[str, Field(max_length=20_000), AfterValidator(_without_nul)]
Sentence = Annotated[str, Field(max_length=2_000), AfterValidator(_without_nul)]
Word = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_without_nul)]
Language = Annotated[str, AfterValidator(canonical_language)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Integer = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[float, AfterValidator(lambda value: value + 0.0)]
"""A finite number. -0.0 becomes 0.0, because neither of the two is the greater one."""

Score = Annotated[int, Field(ge=0, le=100)]
Probability = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
