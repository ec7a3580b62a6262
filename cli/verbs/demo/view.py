"""What `tta demo` prints: at most 25 lines of 80 characters, and what to do next at the end."""

import os
import shutil
import sys
from pathlib import Path

from cli.console import Screen
from cli.options import location_option
from cli.verbs.demo.planted import PlantedComparison
from cli.verbs.demo.run import DemoOutcome

WIDTH = 80
SHOWN = 3
EXAMPLE_QUERY = "SELECT COUNT(*) AS videos FROM dim_video"
PEOPLE = "synthetic/human/"


def show(outcome: DemoOutcome, screen: Screen, home: Path | None = None) -> None:
    """Print what happened, what was found, and what to type next.

    `home` is the one that was given to the demo, if one was.
    """
    screen.show("Everything here is made up: videos, accounts, counts and the people who rate.")
    screen.show()
    for step, sentence in _steps(outcome):
        screen.show(f"  {step:<9}{sentence}")
    if outcome.planted is not None:
        screen.show()
        show_planted(outcome.planted, screen)
    if outcome.most_surprising:
        screen.show()
        _show_most_surprising(outcome, screen)
    screen.show()
    _show_next(outcome, screen, home)


def _steps(outcome: DemoOutcome) -> list[tuple[str, str]]:
    fetched, counts = outcome.fetched, outcome.counts
    rows = sum(table["rows"] for table in outcome.tables.values())
    files = fetched["stored"] + fetched["already_there"]
    changed = f"{outcome.rows_changed:,} new or changed" if outcome.rows_changed else "none changed"
    return [
        (
            "listed",
            f"{fetched['listed']:,} videos of {counts['creators']} accounts "
            f"in {counts['languages']} languages",
        ),
        ("stored", f"{files:,} video files; {fetched['no_media']} posts have none"),
        ("rated", _rated(outcome)),
        ("loaded", f"{rows:,} rows, {changed}"),
    ]


def _rated(outcome: DemoOutcome) -> str:
    rated = [row for row in outcome.ratings if row["status"] == "rated"]
    videos = max((row["videos"] for row in rated), default=0)
    failed = sum(row["n"] for row in outcome.ratings if row["status"] in ("refused", "unratable"))
    people = [row["videos"] for row in rated if row["rater"].startswith(PEOPLE)]
    by_people = f"; {max(people)} of them also by {len(people)} people" if people else ""
    return f"{videos:,} videos{by_people}{f'; {failed} could not be' if failed else ''}"


def show_planted(comparison: PlantedComparison, screen: Screen) -> None:
    """Print the ratio that was planted, the one that was found, and whether they agree."""
    screen.show("Does a more surprising video get more views?")
    screen.show(f"  planted  {comparison.planted_ratio:.2f} times the views for 10 points more")
    screen.show(f"  found    {_in_words(comparison)}")
    screen.show(f"  {comparison.sentence}")


def _in_words(comparison: PlantedComparison) -> str:
    if comparison.ratio is None:
        return "no answer"
    low = "0" if comparison.ratio_low is None else f"{comparison.ratio_low:.2f}"
    high = "∞" if comparison.ratio_high is None else f"{comparison.ratio_high:.2f}"
    return (
        f"{comparison.ratio:.2f} times, 95 % interval {low} to {high} "
        f"({comparison.videos} videos, {comparison.creators} accounts)"
    )


def _show_most_surprising(outcome: DemoOutcome, screen: Screen) -> None:
    screen.show("The most surprising, of 100 points:")
    for row in outcome.most_surprising[:SHOWN]:
        happens = row["what_happens"] or "Nothing breaks the pattern."
        screen.show(f"  {row['surprise']:>3.0f}  {happens}"[:WIDTH])


def _show_next(outcome: DemoOutcome, screen: Screen, home: Path | None) -> None:
    at_demo = _at_demo(home)
    screen.show(f"Next: open {os.path.relpath(outcome.report['path'])} in a browser, or type")
    if shutil.which("tta") is None:
        activate = Path(sys.executable).parent / "activate"
        screen.show(f"  source {os.path.relpath(activate)}   # then you can type tta")
    screen.show(f'  tta query{at_demo} "{EXAMPLE_QUERY}"')
    screen.show("  tta ingest my-video.mp4 --wait   # a video of your own, apart from the demo")
    screen.show("  tta   # what else there is")


def _at_demo(home: Path | None) -> str:
    """The option with which another verb finds the data of this demo."""
    return location_option(home) or " --demo"
