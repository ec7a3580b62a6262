"""Options that several verbs share."""

import os
import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.errors import WRONG_USE, UserError
from local.endpoints import LOCAL
from local.home import Home as LocalHome

Home = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="TTA_HOME",
        show_default=".local in a clone of the project, else your data folder",
        help="Folder for all local data.",
        file_okay=False,
    ),
]
Demo = Annotated[
    bool,
    typer.Option(
        "--demo",
        help="Work on the data of `tta demo`, which has a home of its own, demo in the default "
        "home. A home that is given is used as it is.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout, and nothing else there.")
]
ResultFile = Annotated[
    Path | None,
    typer.Option("--out", metavar="OUT.json", help="Write the result to this file."),
]
Synthetic = Annotated[
    bool,
    typer.Option(
        "--synthetic",
        help="Take the synthetic videos alone, where there are observed ones too.",
    ),
]
Target = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="local|NAME",
        help="The cloud on this machine, or one named in tta.toml.",
    ),
]
Here = Annotated[
    bool,
    typer.Option(
        "--here",
        help="Work on this machine for a target in the cloud, too. Else a job in its region works.",
    ),
]
Watch = Annotated[
    str | None,
    typer.Option(
        "--watch", metavar="RUN", help="Watch a run of that job again, and print its result."
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


def chosen_home(home: Path | None, demo: bool, target: str = LOCAL) -> Path | None:
    """The home that a verb works on. Raises UserError for --demo with a cloud target.

    A home that is given, by --home or TTA_HOME, is also the demo's.
    """
    if not demo:
        return home
    if target != LOCAL:
        raise UserError("--demo and --target: give only one of them.", WRONG_USE)
    return LocalHome.of_demo(home).root


def runs_in_region(target: str, here: bool, watch: str | None) -> bool:
    """Whether the job of a target works. Raises UserError for options that do not fit."""
    if watch is None:
        return target != LOCAL and not here
    if target == LOCAL:
        raise UserError("--watch: give the --target in whose cloud it runs, too.", WRONG_USE)
    if here:
        raise UserError("--watch and --here: give only one of them.", WRONG_USE)
    return True


def location_option(home: Path | None, target: str = LOCAL) -> str:
    """The option, with a blank before it, with which another verb works at the same place."""
    if target != LOCAL:
        return f" --target {shlex.quote(target)}"
    if home is None or str(home) == os.environ.get("TTA_HOME"):
        return ""
    return f" --home {shlex.quote(str(home))}"


Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns",
        metavar="ours=theirs|FILE",
        help="What the table calls one of our fields, as views=Plays; once for each field, or a "
        "YAML file of them.",
    ),
]
Decimal = Annotated[
    Literal[".", ","] | None,
    typer.Option(
        "--decimal", help="The mark before decimals in the table, where its cells leave it open."
    ),
]
Dates = Annotated[
    Literal["ymd", "dmy", "mdy", "excel"] | None,
    typer.Option(
        "--dates",
        help="The order of day, month and year in the table, where its cells leave it open; "
        "excel reads numbers of days.",
    ),
]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="The zone of times that name none, as Europe/Berlin.",
        show_default="UTC",
    ),
]
CollectedAt = Annotated[
    str | None,
    typer.Option(
        "--collected-at",
        metavar="file|TIME",
        help="When the counts were read, where the table does not say it: a time such as "
        "2026-01-31, or file for the time at which the file was written.",
    ),
]
ProcessCount = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        max=64,
        metavar="N",
        help="Processes that share the draws of a large analysis. The default is one for each "
        "processor. Their number changes no digit.",
        show_default=False,
    ),
]
