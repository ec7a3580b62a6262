"""List a collection and fetch its files."""

from typing import Annotated

import typer

from cli.options import Home, Json


def fetch(
    collection: Annotated[
        str, typer.Option(help="A collection of config/collections.yaml in the bucket.")
    ] = "sandbox",
    home: Home = None,
    json: Json = False,
) -> None:
    """Call the function fetch as Cloud Scheduler does, and wait until all is rated and loaded.

    Calling again goes on where it was left, or changes nothing.
    """
    from cli.cloud import opened
    from cli.fetching import fetch_and_settle, in_words, on_its_way
    from cli.screen import Screen

    screen = Screen(machine=json)
    with opened(home, screen) as endpoints:
        with screen.working(f"Fetching {collection} …"):
            answer, _ = fetch_and_settle(
                endpoints, collection, lambda traffic: screen.now(on_its_way(traffic))
            )
        if json:
            screen.show_json(answer)
        for line in in_words(answer):
            screen.show(line)
