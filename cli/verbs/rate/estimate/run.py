"""One run of `tta rate --estimate`."""

from datetime import UTC, datetime
from pathlib import Path

from cli.cloud import open_cloud
from cli.console import Screen
from cli.selection import Selection
from cli.target import target as target_named
from cli.verbs.rate.conditions import chosen_condition, conditions_here, conditions_of
from cli.verbs.rate.estimate.cost import CostEstimate
from cli.verbs.rate.estimate.settings import EstimateSettings
from cli.verbs.rate.estimate.view import show
from local.cloud import LAKE
from local.endpoints import LOCAL
from shared.storage.lake import Lake


def estimate_cost(
    screen: Screen,
    words: list[str],
    condition: str,
    replicates: int,
    fps: float | None,
    model: str | None,
    target: str,
    home: Path | None,
) -> None:
    """Estimate and print. It reads headers of files, and sends, stores and pays nothing."""
    selected = Selection.of(words)
    conditions = conditions_here() if target == LOCAL else conditions_of(target_named(target))
    under = chosen_condition(conditions, condition)
    settings = EstimateSettings.of(
        datetime.now(UTC).date(),
        fps,
        model,
        under,
        replicates,
        conditions.entry(under.entry),
    )
    if selected.in_lake:
        with (
            open_cloud(home, screen, LAKE, target=target) as endpoints,
            screen.working("Reading headers …"),
        ):
            lake = Lake.connect(endpoints.project, endpoints.bucket)
            result = CostEstimate.of(settings, selected, lake)
    else:
        with screen.working("Reading headers …"):
            result = CostEstimate.of(settings, selected, None)
    if screen.machine:
        screen.show_json(result.document())
    else:
        show(result, screen)
    result.refuse_nothing()
