"""Options that mean the same to every verb."""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="TTA_HOME",
        show_default="`.local` beside the project",
        help="Folder that holds everything local.",
        file_okay=False,
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print machine-readable output on stdout, and only that.")
]
Target = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="local|NAME",
        help="Which cloud: the one on this machine, or one of tta.toml.",
    ),
]
Posts = Annotated[
    int | None,
    typer.Option(
        "--posts",
        min=16,
        max=100_000,
        show_default="the library that is there, else 208",
        help="Size of the generated sandbox library; another size makes it anew.",
    ),
]
