"""What `tta` alone prints: what is stored, and what to do next. It starts nothing."""

import os
from pathlib import Path

from local.home import Home
from local.stored import has_videos

_FIRST = (
    ("tta demo", "run the whole pipeline on synthetic videos"),
    ("tta ingest FOLDER --wait", "store and rate videos of your own"),
    ("tta insights --input FILE", "analyse a table that you already have"),
)
_AFTER_DEMO = (
    ("tta report --demo", "write the report of the demo again"),
    ("tta ingest FOLDER --wait", "store and rate videos of your own; the demo stays apart"),
    ("tta insights --input FILE", "analyse a table that you already have"),
)
_WITH_VIDEOS = (
    ("tta report", "write their report"),
    ("tta ingest FOLDER --wait", "add videos"),
    ('tta query "SELECT COUNT(*) FROM dim_video"', "ask the tables; tta tables lists them"),
)
_HELP = ("tta --help", "all verbs")


def next_steps() -> list[str]:
    """One line about what is stored, three verbs that fit it, and the help. Raises NoDataFolder."""
    chosen = os.environ.get("TTA_HOME")
    home = Home.at(Path(chosen) if chosen else None)
    if has_videos(home):
        return [f"Videos are stored in {home.root}. Next:", *_table(_WITH_VIDEOS)]
    if not chosen and has_videos(Home.of_demo()):
        return [
            "The demo has run; no videos of your own are stored. Next:",
            *_table(_AFTER_DEMO),
        ]
    return [f"Nothing is stored in {home.root} yet. Next:", *_table(_FIRST)]


def _table(steps: tuple[tuple[str, str], ...]) -> list[str]:
    width = max(len(command) for command, _ in steps)
    return [f"  {command:<{width}}   {purpose}" for command, purpose in (*steps, _HELP)]
