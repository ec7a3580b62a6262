"""Cards for the command line: list, search, add."""

from collections.abc import Sequence
from pathlib import Path

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.files import write
from shared.knowledge.cards import (
    FIRMNESS,
    FOLDER,
    BadCard,
    Card,
    constructs,
    library,
    parse_card,
    refuse_loose_ends,
)


def cards_about(construct: str | None) -> list[Card]:
    """All cards, or those about one construct. Raises UserError for an unknown construct."""
    if construct is not None and construct not in constructs():
        raise UserError(
            f"--construct {construct}: there is none; there are: {', '.join(constructs())}.",
            WRONG_USE,
        )
    return [card for card in library() if construct is None or construct in card.constructs]


def search_cards(query: str, k: int, screen: Screen) -> list[tuple[Card, float | None]]:
    """Cards that fit the query, with scores; a card that only accompanies another has no score."""
    from shared.knowledge.retrieve import Bm25Retriever, with_kin

    cards = library()
    with screen.working("Searching …"):
        hits = Bm25Retriever(cards).search(query, k)
    scores = {hit.card.id: hit.score for hit in hits}
    return [(card, scores.get(card.id)) for card in with_kin([hit.card for hit in hits], cards)]


def add_card(file: Path, folder: Path = FOLDER) -> tuple[Card, Path]:
    """Check a card, and add it to the folder. The same card again changes nothing.

    Raises UserError.
    """
    try:
        content = file.read_bytes()
        card = parse_card(content, file.name)
        others = [other for other in library(folder) if other.id != card.id]
        refuse_loose_ends([*others, card])
    except OSError as error:
        raise UserError(f"{file}: {error.strerror or error}.", WRONG_USE) from error
    except BadCard as error:
        raise UserError(error.sentence, WRONG_USE) from error
    target = folder / f"{card.id}.md"
    if target.exists() and target.read_bytes() != content:
        raise UserError(f"There is another card {card.id} in {target}; give yours another id.")
    write(target, content.decode("utf-8-sig"))
    return card, target


def show_list(cards: Sequence[Card], screen: Screen) -> None:
    if screen.machine:
        screen.show_json([card.model_dump(mode="json") for card in cards])
        return
    screen.table(
        ("card", "about", "firmness", "DOI", "finding"),
        (
            (
                card.id,
                ", ".join(card.constructs),
                FIRMNESS[card.firmness],
                _doi(card),
                card.finding,
            )
            for card in cards
        ),
    )
    unchecked = sum(not card.doi_checked for card in cards)
    screen.show(f"{len(cards)} cards; the DOI of {unchecked} was not checked: see before citing.")


def show_found(hits: Sequence[tuple[Card, float | None]], screen: Screen) -> None:
    if screen.machine:
        screen.show_json([card.model_dump(mode="json") | {"score": score} for card, score in hits])
        return
    if not hits:
        screen.show("No card is about that. Try other words; the cards are in English.")
    for card, score in hits:
        note = "" if score is not None else " (accompanies the card above)"
        screen.show(f"{card.id}{note}: {card.finding}")
        screen.show(f"  {card.citation} {_doi(card)}")
        screen.show(f"  About {', '.join(card.constructs)}; {FIRMNESS[card.firmness]}.")
        screen.show(f"  {card.text}\n")


def show_added(addition: tuple[Card, Path], screen: Screen) -> None:
    card, path = addition
    if screen.machine:
        screen.show_json(card.model_dump(mode="json") | {"file": str(path)})
        return
    screen.show(f"Added {card.id} as {path}.")
    screen.show("`make generate` puts it into what the functions are zipped from.")


def _doi(card: Card) -> str:
    if card.doi is None:
        return ""
    return f"doi:{card.doi}" + ("" if card.doi_checked else " (not checked)")
