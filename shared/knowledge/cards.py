"""Cards: one finding each, in our own words, with its citation and how it was checked.

A card is a Markdown file: fields in YAML between two lines of ---, then a few sentences of text.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.errors import Permanent

FOLDER = Path(__file__).parent / "cards"
_CONSTRUCTS = Path(__file__).parent / "constructs.yaml"
_FRONT = re.compile(r"---\r?\n(.*?)\r?\n---\r?\n(.*)", re.DOTALL)
MAX_BYTES = 20_000

Firmness = Literal["firm", "supported", "single", "theory", "contested", "failed_replication"]
FIRMNESS: dict[str, str] = {
    "firm": "reviewed, or found many times",
    "supported": "several studies, or a large one",
    "single": "one study",
    "theory": "a theory or model",
    "contested": "findings disagree",
    "failed_replication": "replications failed",
}
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,60}$")]
Line = Annotated[str, Field(min_length=1, max_length=1_000)]


class BadCard(Permanent):
    """A file is not a valid card; the sentence says which file, where and why."""

    def __init__(self, sentence: str):
        super().__init__("bad_card", sentence)


class Construct(BaseModel):
    """A topic of cards. `words` are its everyday names."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    title: Line
    definition: Line
    words: Line


class Card(BaseModel):
    """One finding. `doi_checked` is true only where the DOI was seen in an independent source.

    `failed_replications` and `replicates` link an original to its failed replications; `disputes`
    names cards with other findings.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    id: Id
    citation: Line
    doi: Annotated[str, Field(pattern=r"^10\.[0-9]{4,9}/\S+$")] | None = None
    doi_checked: bool
    check_note: Line | None = None
    constructs: Annotated[tuple[str, ...], Field(min_length=1, max_length=9)]
    firmness: Firmness
    finding: Line
    failed_replications: tuple[Id, ...] = ()
    replicates: Id | None = None
    disputes: tuple[Id, ...] = ()
    text: Annotated[str, Field(min_length=1, max_length=3_000)]

    @model_validator(mode="after")
    def _fits_itself(self) -> Self:
        if unknown := [name for name in self.constructs if name not in constructs()]:
            names = ", ".join(constructs())
            raise ValueError(f"constructs: there is no {unknown[0]}; there are: {names}")
        if self.doi_checked and self.doi is None:
            raise ValueError("doi_checked: there is no doi to check")
        if (self.firmness == "failed_replication") != bool(self.failed_replications):
            raise ValueError("firmness failed_replication goes with failed_replications")
        return self

    @property
    def kin(self) -> tuple[str, ...]:
        """Ids of cards that must accompany this one: an original never stands alone."""
        return (*self.failed_replications, *([self.replicates] if self.replicates else []))


@cache
def constructs() -> dict[str, Construct]:
    """All constructs by name."""
    content = yaml.safe_load(_CONSTRUCTS.read_text(encoding="utf-8"))
    return {name: Construct.model_validate(fields) for name, fields in content.items()}


def parse_card(content: bytes, name: str) -> Card:
    """Read a card; messages call the file `name`. Raises BadCard."""
    if len(content) > MAX_BYTES:
        raise BadCard(f"{name} is larger than {MAX_BYTES:,} bytes; a card is a few sentences.")
    try:
        parts = _FRONT.fullmatch(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadCard(f"{name} is not UTF-8.") from error
    if parts is None:
        raise BadCard(f"{name}: fields between two lines of --- and a text below them are needed.")
    try:
        fields = yaml.safe_load(parts[1])
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadCard(f"{name}: {' '.join(str(error).split())[:200]}") from error
    if not isinstance(fields, dict):
        raise BadCard(f"{name}: between the lines of --- there are no fields.")
    try:
        return Card.model_validate(_stripped(fields) | {"text": parts[2].strip()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        why = first["msg"].removeprefix("Value error, ")
        raise BadCard(f"{name}{', ' + where if where else ''}: {why}.") from error


def library(folder: Path = FOLDER) -> tuple[Card, ...]:
    """Every card of a folder, by id. Raises BadCard for an invalid card or a missing link.

    A card's file is named after its id, so that ids are unique.
    """
    cards = tuple(
        _check_file_name(parse_card(path.read_bytes(), path.name), path)
        for path in sorted(folder.glob("*.md"))
    )
    refuse_loose_ends(cards)
    return cards


def refuse_loose_ends(cards: Iterable[Card]) -> None:
    """Raises BadCard where a card names a missing card, or one that does not name it back."""
    by_id = {card.id: card for card in cards}
    for card in by_id.values():
        for other in (*card.kin, *card.disputes):
            if other not in by_id:
                raise BadCard(f"{card.id}: it names {other}, and there is no such card.")
        for replication in card.failed_replications:
            if by_id[replication].replicates != card.id:
                raise BadCard(f"{replication}: it must say that it replicates {card.id}.")
        if card.replicates and card.id not in by_id[card.replicates].failed_replications:
            raise BadCard(f"{card.replicates}: it must name {card.id} in failed_replications.")


def _check_file_name(card: Card, path: Path) -> Card:
    if path.stem != card.id:
        raise BadCard(f"{path.name}: its id is {card.id}; name the file {card.id}.md.")
    return card


def _stripped(fields: dict[Any, Any]) -> dict[str, Any]:
    """The fields with lists as tuples, and folded texts without their last newline."""
    stripped: dict[str, Any] = {}
    for key, value in fields.items():
        if isinstance(value, list):
            stripped[str(key)] = tuple(value)
        else:
            stripped[str(key)] = value.strip() if isinstance(value, str) else value
    return stripped
