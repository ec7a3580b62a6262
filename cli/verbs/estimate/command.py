"""Price ratings before anything runs."""

from typing import Annotated, Any

import typer

from cli.options import Home, Json, Target


def estimate(
    selection: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SELECTION…",
            help="Files, folders, video ids, collection:NAME, or all.",
        ),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames per second for every clip; else as set.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model; else as set.")] = None,
    caption: Annotated[
        bool, typer.Option("--caption", help="The rater is shown the caption.")
    ] = False,
    rag: Annotated[bool, typer.Option("--rag", help="The rater is shown cards first.")] = False,
    replicates: Annotated[int, typer.Option(min=1, max=1_000, help="Ratings of each video.")] = 1,
    target: Target = "local",
    home: Home = None,
    json: Json = False,
) -> None:
    """What rating these videos with Gemini would cost.

    Only headers are read: nothing is sent, stored or paid. Files on this machine need no running
    cloud. Prices come from a dated table; counts are ranges where they are not known.

    Example: tta estimate clips/ --fps 1 --replicates 2
    """
    from datetime import UTC, datetime

    from cli.console import Screen
    from cli.selection import Selection
    from cli.verbs.estimate.run import CostEstimate
    from cli.verbs.estimate.settings import EstimateSettings
    from cli.verbs.estimate.view import show

    screen = Screen(machine=json)
    selected = Selection.of(selection or [])
    today = datetime.now(UTC).date()
    settings = EstimateSettings.of(today, fps, model, caption, replicates, _gemini(target), rag)
    if selected.in_lake:
        from cli.cloud import open_cloud
        from local.cloud import LAKE
        from shared.storage.lake import Lake

        with (
            open_cloud(home, screen, LAKE, target=target) as endpoints,
            screen.working("Reading headers …"),
        ):
            lake = Lake.connect(endpoints.project, endpoints.bucket)
            result = CostEstimate.of(settings, selected, lake)
    else:
        with screen.working("Reading headers …"):
            result = CostEstimate.of(settings, selected, None)
    if json:
        screen.show_json(result.document())
    else:
        show(result, screen)
    result.refuse_nothing()


def _gemini(target: str) -> dict[str, Any] | None:
    """Gemini's settings in a cloud of that name; on this machine the environment has them."""
    if target == "local":
        return None
    from cli.target import target as target_named

    return target_named(target).gemini
