"""Draws the videos of `tta rate-kit --sample` from the stored ones."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import Screen
from cli.errors import WRONG_USE, UserError
from cli.selection import ALL, Selection, videos_in

if TYPE_CHECKING:
    from shared.insights.agreement.drawn_sample import DrawnSample


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """How many videos to draw, and for which question."""

    count: int
    plan: Path | None = None
    synthetic: bool = False


def draw_sample(
    options: SampleOptions,
    words: tuple[str, ...],
    seed: int,
    target: str,
    home: Path | None,
    screen: Screen,
) -> "DrawnSample":
    """Draw from the stored videos that the words select, or from all. Raises UserError."""
    selected = Selection.of(words or (ALL,))
    if selected.local_files:
        raise UserError(
            "--sample draws from stored videos, whose counts and ratings are known. Give video "
            "ids, collection:NAME or all, or leave the selection out.",
            WRONG_USE,
        )
    from shared.inputs.tables.errors import BadTable
    from shared.insights.plan import BadPlan
    from shared.insights.quality_gate import TooLittle
    from shared.insights.sampling.headline_draw import NotDrawable

    try:
        with ExitStack() as stack, screen.working("Reading the stored videos …"):
            return _drawn(options, selected, seed, target, home, screen, stack)
    except BadPlan as error:
        raise UserError(error.sentence, WRONG_USE) from error
    except (BadTable, TooLittle) as error:
        raise UserError(error.sentence) from error
    except NotDrawable as error:
        raise UserError(f"--sample: {error}") from error


def _drawn(
    options: SampleOptions,
    selected: Selection,
    seed: int,
    target: str,
    home: Path | None,
    screen: Screen,
    stack: ExitStack,
) -> "DrawnSample":
    from cli.verbs.insights.stored import StoredVideos
    from shared.insights.equal_age import EqualAge
    from shared.insights.plan_file import default_plan, read_plan
    from shared.insights.sampling.headline_draw import DrawRequest, draw_for_headline
    from shared.storage.lake import Lake

    plan = default_plan() if options.plan is None else read_plan(options.plan)
    inputs = StoredVideos(target, home, options.synthetic).inputs(plan, screen, stack)
    assert inputs.endpoints is not None
    lake = Lake.connect(inputs.endpoints.project, inputs.endpoints.bucket)
    stored = {video.video_id for video in videos_in(lake, selected)}
    screen.now("Drawing …")
    request = DrawRequest(options.count, stored, seed)
    ages = EqualAge.of(inputs.ages, plan)
    return draw_for_headline(inputs.table, plan, inputs.ratings, ages, request)


def show_sample(sample: "DrawnSample", screen: Screen) -> None:
    """Print what was drawn from what, and the width to expect."""
    screen.show(
        f"Drawn: {len(sample.videos)} videos of {_creators(sample.drawn_creators)}, from "
        f"{sample.frame_videos:,} videos of {_creators(sample.frame_creators)}, with known "
        "probabilities."
    )
    if len(sample.videos) == sample.frame_videos:
        screen.show("These are all videos that can be drawn.")
    reasons = [f"{number:,} {reason}" for reason, number in sample.left_out.items() if number]
    if reasons:
        screen.show(f"Could not be drawn: {', '.join(reasons)}.")
    if sample.expected:
        screen.table(
            ("videos", "with the rater's ratings", "people alone"),
            (
                (
                    f"{item.videos:,}",
                    f"ratio × or ÷ {item.factor:.2f}",
                    f"× or ÷ {item.people_alone:.2f}",
                )
                for item in sample.expected
            ),
            title="95 % interval to expect, for one standard deviation of people's ratings",
        )
        screen.show(
            "It expects that people's ratings go with the rater's within creators at r = .6. If "
            "they agree less, the interval comes nearer to that of people alone."
        )


def _creators(count: int) -> str:
    return "1 creator" if count == 1 else f"{count:,} creators"
