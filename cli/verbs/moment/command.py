"""Say whether viewers leave or stay after a moment in the video."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from cli.options import Decimal, Demo, Home, Json, ResultFile, Synthetic, Target, chosen_home


def moment(
    curves: Annotated[
        Path | None,
        typer.Option(
            "--curves",
            metavar="FILE",
            help="Retention curves: video_id, second, share, and perhaps viewers. The default is "
            "the star schema.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            "--table",
            metavar="FILE",
            help="With --curves, a table of the videos: video_id, surprise_onset_s, and perhaps "
            "creator and duration_s. The default is the file of curves itself.",
        ),
    ] = None,
    event: Annotated[
        Literal["surprise", "suspense", "payoff"],
        typer.Option(
            "--event", help="The moment: the surprise begins, the suspense begins, or it ends."
        ),
    ] = "surprise",
    window: Annotated[
        int,
        typer.Option(min=1, max=10, metavar="N", help="Seconds after the moment that count."),
    ] = 5,
    onset_sd: Annotated[
        float | None,
        typer.Option(
            "--onset-sd",
            min=0.0,
            max=10.0,
            metavar="S",
            help="By how many seconds the moments are misplaced (standard deviation).",
            show_default="from raters who marked the same videos, else 0",
        ),
    ] = None,
    placebos: Annotated[
        int,
        typer.Option(
            min=0, max=100_000, metavar="N", help="Exchange the moments of the videos so often."
        ),
    ] = 199,
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed draws the same placebos.")
    ] = 20_261_128,
    account: Annotated[
        str | None,
        typer.Option("--account", metavar="NAME", help="The videos of one creator alone."),
    ] = None,
    decimal: Decimal = None,
    synthetic: Synthetic = False,
    out: ResultFile = None,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Say whether viewers leave or stay after a moment in the video.

    It compares the seconds after the moment with the same seconds of videos whose moment lies
    elsewhere, and each video with itself. docs/reference/moment.md explains every number.

    Example: tta moment --curves curves.csv --table videos.csv
    """
    from cli.console import Screen
    from cli.table_options import stated_notation
    from cli.verbs.moment.run import MomentRun, run_moment
    from shared.insights.moment.options import MomentOptions

    home = chosen_home(home, demo, target)
    screen = Screen(machine=json)
    options = MomentRun(
        estimate=MomentOptions(
            event=event,
            window_s=(0.0, float(window)),
            onset_sd_s=onset_sd,
            placebos=placebos,
            seed=seed,
        ),
        curves=curves,
        table=table,
        account=account,
        stated=stated_notation(decimal, None, None),
        synthetic=synthetic,
        out=out,
        target=target,
        home=home,
    )
    outcome = run_moment(options, screen)
    if json:
        print(outcome.text, end="")
    else:
        from cli.verbs.moment.view import show

        show(outcome, screen)
