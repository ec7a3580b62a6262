"""List, search and add cards of findings, with citations."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json

knowledge = typer.Typer(
    help="List, search and add cards of findings, with citations.", no_args_is_help=True
)


@knowledge.command("list")
def listed(
    construct: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only cards about this construct.")
    ] = None,
    json: Json = False,
) -> None:
    """List the cards: finding, firmness, and whether the DOI was checked.

    Example: tta knowledge list --construct arousal
    """
    from cli.console import Screen
    from cli.verbs.knowledge.cards import cards_about, show_list

    show_list(cards_about(construct), Screen(machine=json))


@knowledge.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUESTION", help="A question in everyday words.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="Show at most this many cards.")] = 5,
    json: Json = False,
) -> None:
    """Search for cards on a question.

    A study comes with its failed replications.

    Works without a network.

    Example: tta knowledge search "does arousal make people share?"
    """
    from cli.console import Screen
    from cli.verbs.knowledge.cards import search_cards, show_found

    screen = Screen(machine=json)
    show_found(search_cards(query, k, screen), screen)


@knowledge.command()
def add(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.md", help="A card, as docs/reference/knowledge.md.")
    ],
    json: Json = False,
) -> None:
    """Check a card of your own, and add it to this project.

    From then on searches find it. It also makes a new rater of each rater that sees cards.

    Example: tta knowledge add my-card.md
    """
    from cli.console import Screen
    from cli.errors import UserError
    from cli.verbs.knowledge.cards import add_card, show_added
    from local.home import is_installed

    if is_installed():  # the next upgrade would remove the card
        raise UserError("Cards are added to a clone of the project: clone it, and run this there.")
    show_added(add_card(file), Screen(machine=json))
