"""What psychology knows of surprise: list, search and add cited cards."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json

knowledge = typer.Typer(
    help="What psychology knows of surprise, as short cited cards.", no_args_is_help=True
)


@knowledge.command("list")
def listed(
    construct: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only cards about this construct.")
    ] = None,
    json: Json = False,
) -> None:
    """Every card: what it found, how firm that is, and whether its DOI was checked.

    Example: tta knowledge list --construct arousal
    """
    from cli.console import Screen
    from cli.verbs.knowledge.cards import cards_about, show_list

    show_list(cards_about(construct), Screen(machine=json))


@knowledge.command()
def search(
    query: Annotated[str, typer.Argument(metavar="QUESTION", help="In everyday words.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="Cards at most.")] = 5,
    json: Json = False,
) -> None:
    """The cards that bear on a question, originals with their failed replications.

    Works without a network.

    Example: tta knowledge search "does arousal make people share?"
    """
    from cli.console import Screen
    from cli.verbs.knowledge.cards import search_cards, show_found

    screen = Screen(machine=json)
    show_found(search_cards(query, k, screen), screen)


@knowledge.command()
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.md", help="A card, as docs/knowledge.md.")],
    json: Json = False,
) -> None:
    """Check a card of your own and put it beside the others, in this project's folder.

    From then on it is retrieved, and a rater that is shown cards is another rater.

    Example: tta knowledge add my-card.md
    """
    from cli.console import Screen
    from cli.verbs.knowledge.cards import add_card, show_added

    show_added(add_card(file), Screen(machine=json))
