"""Large tables read by `tta insights` and `tta validate`: CSV and one array of JSON.

Each is read whole by the reader of its verb, in a process of its own, without the analysis after
it. The bars are 60 s and 1 GB for 1,000,000 rows of CSV, and 500 MB of memory for an array of 500
MB. On a busy machine the processor seconds (in the note) say more than the clock.
"""

import csv
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.memory import peak_mb
from benchmarks.table import Measurement

COMMAND = "python -m benchmarks tables"
ROWS = 1_000_000
ARRAY_BYTES = 500 * 10**6
SECONDS_BAR, CSV_MB_BAR, ARRAY_MB_BAR = 60.0, 1000.0, 500.0
FIRST_ID = 7_300_000_000_000_000_001
PLAN = """
columns: [video_id, creator, created_at, collected_at, views, likes, comments, shares, saves,
  followers, duration_s, caption, hashtags, language, unexpectedness]
predictors: [unexpectedness]
outcomes: [views, likes, comments, shares, saves]
primary: {predictor: unexpectedness, outcome: views, scale: count}
exposure: {likes: views}
controls: {followers: log1p, duration_s: log, language: categorical, topic: categorical}
cluster: creator
resamples: 200
min_age_days: 0
seed: 1
"""
COUNTS = ("views", "likes", "comments", "shares", "saves", "followers")


def measurements() -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="tables-") as folder:
        (Path(folder) / "plan.yaml").write_text(PLAN, encoding="utf-8")
        for kind, verb, write, most_mb in (
            (f"CSV, {ROWS:,} rows of videos", "insights", write_videos, CSV_MB_BAR),
            (f"CSV, {ROWS:,} ratings", "validate", write_ratings, CSV_MB_BAR),
            (f"JSON array, {ARRAY_BYTES // 10**6} MB", "insights", write_array, ARRAY_MB_BAR),
        ):
            table = Path(folder) / write.__name__
            write(table)
            read = json.loads(_read_apart(verb, table))
            table.unlink()
            name = f"{kind}, read by {verb}"
            note = f"{read['processor_s']:.0f} s of one processor; {read['rows']:,} rows"
            bar = SECONDS_BAR if kind.startswith("CSV") else None
            yield Measurement(f"{name}: seconds", read["seconds"], bar, COMMAND, note, is_most=True)
            yield Measurement(f"{name}: MB", read["mb"], most_mb, COMMAND, is_most=True)


def video(number: int, chance: random.Random) -> dict[str, object]:
    """A made-up video, as tables of videos have it."""
    views = int(chance.lognormvariate(8, 2))
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**7))
    return {
        "video_id": str(FIRST_ID + number * 7919),
        "creator": f"creator{chance.randrange(50_000)}",
        "created_at": created.isoformat(),
        "collected_at": "2026-06-01T00:00:00Z",
        **{name: views // (10 * order or 1) for order, name in enumerate(COUNTS)},
        "duration_s": round(chance.uniform(5, 90), 1),
        "caption": f"look at this, friends #{chance.randrange(1000)} #fyp #cat{number % 77}",
        "hashtags": "cat,dog",
        "language": "en",
        "unexpectedness": chance.randrange(101),
    }


def write_videos(path: Path) -> None:
    chance = random.Random(1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(video(0, chance)))
        writer.writeheader()
        writer.writerows(video(number, chance) for number in range(ROWS))


def write_ratings(path: Path) -> None:
    chance = random.Random(2)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["video_id", "rater", "dimension", "value"])
        for number in range(ROWS):
            rater, dimension = ("anna", "ben")[number % 2], ("unexpectedness", "positivity")
            rated = FIRST_ID + number // 4 * 7919
            writer.writerow([rated, rater, dimension[number // 2 % 2], chance.randrange(101)])


def write_array(path: Path) -> None:
    """Objects with long captions, all different, and with a nested object."""
    chance = random.Random(3)
    with path.open("w", encoding="utf-8") as file:
        file.write("[")
        number = written = 0
        while written < ARRAY_BYTES:
            fields = video(number, chance) | {"nested": {"a": [1, 2, 3]}}
            fields["caption"] = f"{number} {'and what happens then ' * 14}"
            text = ("," if number else "") + json.dumps(fields)
            file.write(text)
            written, number = written + len(text), number + 1
        file.write("]")


def read(verb: str, table: Path) -> dict[str, float]:
    """Read a table as a verb does, and measure seconds, and the peak memory of this process."""
    began, used = time.monotonic(), time.process_time()
    rows = _rows_of_insights(table) if verb == "insights" else _values_of_validate(table)
    return {
        "rows": rows,
        "seconds": time.monotonic() - began,
        "processor_s": time.process_time() - used,
        "mb": peak_mb(),
    }


def _rows_of_insights(table: Path) -> int:
    from shared.insights.plan_file import read_plan
    from shared.insights.table.table import read_table

    schema = read_plan(table.with_name("plan.yaml")).table_schema
    return len(read_table(table, schema).frame)


def _values_of_validate(table: Path) -> int:
    from shared.insights.agreement.rating_files import read_rating_files

    return sum(map(len, read_rating_files([table]).values.values()))


def _read_apart(verb: str, table: Path) -> str:
    code = "import json, pathlib, sys; from benchmarks import tables; "
    code += "print(json.dumps(tables.read(sys.argv[1], pathlib.Path(sys.argv[2]))))"
    command = [sys.executable, "-c", code, verb, str(table)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
