"""The standing queries: check them, put them into the bucket, bring manifests, log in."""

from typing import Annotated, Literal

import typer

from cli.options import Home, Json, Target

Action = Literal["check", "show", "put", "add-manifest", "login"]


def collections(
    action: Annotated[
        Action,
        typer.Argument(
            help="check: say what is wrong in FILE, or in the bucket's. show: print the bucket's. "
            "put: check FILE and put it into the bucket. add-manifest: read FILE (CSV, JSON lines, "
            "Zeeschuimer) and put it into the bucket. login: let ACCOUNT's owner agree, for the "
            "source display."
        ),
    ],
    subject: Annotated[
        str | None, typer.Argument(metavar="[FILE|ACCOUNT]", help="What the action is about.")
    ] = None,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """Look after config/collections.yaml, which says what is fetched; no deploy is needed.

    A file is only put when all of it is good. Exit status 1 when something is wrong in it.
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.collections.run import CollectionStore, check_file

    screen = Screen(machine=json)
    if action in ("put", "add-manifest", "login") and subject is None:
        what = "ACCOUNT" if action == "login" else "FILE"
        raise UserError(f"tta collections {action} needs a {what}.", WRONG_USE)
    if action == "check" and subject is not None:
        check_file(subject, screen)
        return
    with CollectionStore.connect(action, home, target, screen) as collected:
        collected.do(action, subject or "")
