"""Look after the collections that `fetch` downloads."""

from typing import Annotated, Literal

import typer

from cli.options import Demo, Home, Json, Target, chosen_home
from cli.verbs.collections.own_source import OwnSource

Action = Literal["check", "show", "put", "add-manifest", "login"]


def collections(
    action: Annotated[
        Action,
        typer.Argument(help="What to do; see above."),
    ],
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[FILE|ACCOUNT]", help="The file or account for the action."),
    ] = None,
    source: Annotated[
        OwnSource,
        typer.Option("--source", help="login: the API that reads the account."),
    ] = "display",
    redirect_uri: Annotated[
        str | None,
        typer.Option(
            "--redirect-uri",
            metavar="URL",
            help="login: an https address that the app of the Business API registered.",
        ),
    ] = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Manage config/collections.yaml, the list of what to fetch.

    A change needs no deploy. The exit status is 1 when something in the file is wrong.

    \b
    check         check FILE, or the file in the bucket and its daily quota
    show          print the file in the bucket
    put           check FILE, and store it in the bucket if all of it is good
    add-manifest  store a list of videos in the bucket: CSV, JSONL, Zeeschuimer
    login         let the owner of ACCOUNT agree, for `display` or `business`
    """
    from cli.console import Screen
    from cli.errors import WRONG_USE, UserError
    from cli.verbs.collections.run import CollectionStore, check_file

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    if action in ("put", "add-manifest", "login") and subject is None:
        what = "ACCOUNT" if action == "login" else "FILE"
        raise UserError(
            f"A name is missing: tta collections {action} {what} (see tta collections --help).",
            WRONG_USE,
        )
    if action == "check" and subject is not None:
        check_file(subject, screen)
        return
    login = None
    if action == "login":
        from cli.verbs.collections.login import LoginOptions

        login = LoginOptions(source, redirect_uri)
    with CollectionStore.connect(action, home, target, screen) as collected:
        collected.do(action, subject or "", login)
