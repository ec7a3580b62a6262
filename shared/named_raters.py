"""The named raters of a deployment, and the words for what a rater is shown.

The setting RATERS is a JSON list. An entry names a rater and says what it sets for itself; the rest
comes from the deployment's own settings of Gemini.

    [{"name": "flash", "model": "gemini-3.6-flash"}, {"name": "slow", "fps": 1}]
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

Wording = Literal["a", "b", "c", "d"]
"""The wordings of the prompt: the standard one, `a`, and its paraphrases."""

STANDARD_WORDING: Wording = "a"
WORDINGS: tuple[Wording, ...] = get_args(Wording)
MODEL_NAME = r"^[a-z0-9][a-z0-9.-]*$"
DEFAULT_MODEL = "gemini-3.5-flash-lite"
GEMINI = "gemini"
MOST_RATERS = 30
"""A model, a wording and a frame rate each make few; more is a mistake."""

_NAME = "[a-z][a-z0-9-]{0,19}"
_TAKEN = "any"
"""The folder of uploads that wait for the common budget alone (shared/storage/layout.py)."""

Literature = Literal["", "cards", "rag"]
"""The findings of psychology before the rubric, by their word in a rater's name.

None; `cards`, the same for every video; or `rag`, retrieved by a description of the video that is
asked for first (shared/rating/gemini/description.py).
"""

LITERATURE: tuple[Literature, ...] = get_args(Literature)
_WORD = re.compile(
    rf"{GEMINI}(?::({_NAME}))?(?:\+({'|'.join(filter(None, LITERATURE))}))?(\+caption)?"
)


class NamedRater(BaseModel):
    """One entry of RATERS. `fps` holds for clips of every length; budgets are for a UTC day."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)

    name: Annotated[str, Field(pattern=f"^{_NAME}$")]
    model: Annotated[str, Field(pattern=MODEL_NAME)] | None = None
    wording: Wording | None = None
    fps: Annotated[float, Field(ge=0.1, le=24, allow_inf_nan=False)] | None = None
    daily_budget_usd: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    daily_budget_videos: Annotated[int, Field(gt=0)] | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether the entry has a budget of its own."""
        return self.daily_budget_usd is not None or self.daily_budget_videos is not None

    def document(self) -> dict[str, Any]:
        """The keys that the entry sets."""
        return self.model_dump(exclude_none=True)


@dataclass(frozen=True, slots=True)
class ConditionWord:
    """A condition of Gemini: `gemini[:NAME][+cards|+rag][+caption]`.

    `name` is an entry of RATERS, or empty for the deployment's own settings.
    """

    name: str = ""
    literature: Literature = ""
    sees_caption: bool = False

    @classmethod
    def parse(cls, word: str) -> Self:
        """Raises ValueError for a word of another form."""
        match = _WORD.fullmatch(word)
        if match is None:
            raise ValueError(
                f"{word[:60]!r} is not gemini[:NAME][+cards|+rag][+caption], NAME from RATERS"
            )
        name, literature, caption = match.groups("")
        return cls(name, next(kind for kind in LITERATURE if kind == literature), bool(caption))

    @property
    def shown(self) -> str:
        """What is shown beside the video, as the suffix of a rater's name."""
        literature = f"+{self.literature}" if self.literature else ""
        return f"{literature}{'+caption' if self.sees_caption else ''}"

    def __str__(self) -> str:
        return f"{GEMINI}{f':{self.name}' if self.name else ''}{self.shown}"


def read_named_raters(value: object) -> tuple[NamedRater, ...]:
    """The entries in the text of RATERS, or in a list. Raises ValueError with entry and key."""
    entries = _entries(value)
    if len(entries) > MOST_RATERS:
        raise ValueError(f"{len(entries)} entries; the most is {MOST_RATERS}")
    raters = tuple(_rater(number, entry) for number, entry in enumerate(entries, 1))
    names = [rater.name for rater in raters]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two entries have the name {twice[0]}")
    if _TAKEN in names:
        raise ValueError(f"no entry can have the name {_TAKEN}; give it another name")
    return raters


NamedRaters = Annotated[tuple[NamedRater, ...], BeforeValidator(read_named_raters)]


def primary_prefixes(
    primary_raters: Sequence[str], default_model: str, raters: Sequence[NamedRater]
) -> tuple[str, ...]:
    """PRIMARY_RATERS with `gemini/` split by model: the default's, then those of RATERS in order.

    Without it a row would go from one model to another whenever the other one rated last.
    """

    def split(prefix: str) -> Iterator[str]:
        if prefix == f"{GEMINI}/":
            yield f"{prefix}{default_model}/"
            yield from (f"{prefix}{rater.model}/" for rater in raters if rater.model)
        yield prefix

    return tuple(dict.fromkeys(part for prefix in primary_raters for part in split(prefix)))


_EXAMPLE = 'write it like [{"name": "flash", "model": "gemini-3.6-flash"}]'


def _entries(value: object) -> list[Any] | tuple[Any, ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError) as error:
            raise ValueError(f"not JSON: {error}; {_EXAMPLE}") from error
    if not isinstance(value, list | tuple):
        raise ValueError(f"not a list; {_EXAMPLE}")
    return value


def _rater(number: int, entry: object) -> NamedRater:
    if isinstance(entry, NamedRater):
        return entry
    if not isinstance(entry, dict):
        raise ValueError(f"entry {number} is not an object with a name; {_EXAMPLE}")
    try:
        return NamedRater.model_validate(entry)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        name = entry.get("name")
        which = f"entry {number}" + (f" ({name[:40]})" if isinstance(name, str) else "")
        raise ValueError(
            f"{which}, {_problem(first['type'], first['loc'], first['msg'])}"
        ) from None


def _problem(kind: str, loc: tuple[int | str, ...], message: str) -> str:
    key = str(loc[0]) if loc else ""
    if kind == "missing":
        return f"key {key}: not set"
    if kind == "extra_forbidden":
        return f"key {key[:40]}: there is none; there are {', '.join(NamedRater.model_fields)}"
    return f"key {key}: {message}"
