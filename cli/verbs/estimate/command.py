"""Estimate the cost of ratings."""

from typing import Annotated, Any

import typer

from cli.options import Demo, Home, Json, SelectionWords, Target, chosen_home


def estimate(
    selection: SelectionWords = None,
    fps: Annotated[
        float | None,
        typer.Option(help="Frames per second for every clip; the default is the setting."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Gemini model; the default is the setting.")
    ] = None,
    caption: Annotated[bool, typer.Option("--caption", help="The rater sees the caption.")] = False,
    rag: Annotated[
        bool, typer.Option("--rag", help="The rater sees cards of psychology first.")
    ] = False,
    replicates: Annotated[int, typer.Option(min=1, max=1_000, help="Ratings of each video.")] = 1,
    target: Target = "local",
    home: Home = None,
    demo: Demo = False,
    json: Json = False,
) -> None:
    """Estimate what rating these videos with Gemini would cost.

    It reads only the headers of the files, and sends, stores and pays nothing. Prices come from a
    dated table. A count that is not known exactly is a range.

    Example: tta estimate clips/ --fps 1 --replicates 2
    """
    from datetime import UTC, datetime

    from cli.console import Screen
    from cli.selection import Selection
    from cli.verbs.estimate.run import CostEstimate
    from cli.verbs.estimate.settings import EstimateSettings
    from cli.verbs.estimate.view import show

    home = chosen_home(home, demo, target)
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
