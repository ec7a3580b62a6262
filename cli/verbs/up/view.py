"""What `tta up` prints: addresses at the start, injected faults at the end."""

from pathlib import Path

from cli.console import Screen
from local.endpoints import Endpoints

QUERY = "SELECT rating_status, COUNT(*) AS n FROM fact_video_analytics GROUP BY 1"


def show(screen: Screen, endpoints: Endpoints, faults: Path | None, home_option: str) -> None:
    """Print the addresses, and what to type next. `home_option` names this home."""
    functions = [(f"function {name}", url) for name, url in endpoints.functions.items()]
    services = [
        (name, getattr(endpoints, name)) for name in ("storage", "pubsub", "bigquery", "tiktok")
    ]
    screen.table(["part", "address"], services + functions, title=f"Up on {endpoints.home}")
    if endpoints.gemini:
        screen.show(
            f"`tta rate` can ask Gemini ({endpoints.gemini['model']}). You pay for these ratings "
            "only."
        )
    if endpoints.pulls_records:
        screen.show(f"Records wait: they are loaded every {endpoints.freshness_s} s.")
    if faults:
        screen.show(
            f"Faults are injected as {faults} says. {endpoints.home}/logs/faults.jsonl lists them."
        )
    screen.show("Try, in another terminal:")
    commands = [f"tta fetch{home_option}"]
    if home_option != " --demo":  # the demo takes no videos of one's own
        commands.append(f"tta ingest my-video.mp4 --wait{home_option}")
    if endpoints.gemini:
        commands.append(f"tta rate my-video.mp4 --rater gemini{home_option}")
    for command in (*commands, f'tta query{home_option} "{QUERY}"'):
        screen.show(f"  {command}")
    screen.show("Ctrl-C stops it. The data stay.")


def show_faults(screen: Screen, logs: Path) -> None:
    """Print how often each fault was injected."""
    from local.faults.dice import counted

    counts = counted(logs)
    screen.say(f"{counts.total()} faults were injected{':' if counts else '.'}")
    for point, count in sorted(counts.items()):
        screen.say(f"  {count:6} {point}")
