"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="TTA_HOME",
        show_default=".local beside the project",
        help="Folder for all local data.",
        file_okay=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")
]
Target = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="local|NAME",
        help="The cloud on this machine, or one named in tta.toml.",
    ),
]
Posts = Annotated[
    int | None,
    typer.Option(
        "--posts",
        min=16,
        max=100_000,
        show_default="the size of the library in --home, else 208",
        help="Videos in the generated library. A new size generates a new library.",
    ),
]
SelectionWords = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SELECTION…", help="Files, folders, video ids, collection:NAME, or all."
    ),
]
KeyFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        metavar="FILE.json",
        help="Key file that `tta rate-kit` wrote beside its folder.",
    ),
]
