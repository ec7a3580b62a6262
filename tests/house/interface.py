"""What strangers rely on: commands, options, columns, JSON keys and file formats.

`python -m tests.house.interface` prints it as JSON. The same file, run in an earlier tree, prints
what it was there: that is how interface.json beside it was made.
"""

import csv
import json
import random
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
DIMENSIONS = ("unexpectedness", "emotional_intensity", "expectation_gap")


def interface() -> dict[str, list[str]]:
    """Each part of the interface as sorted lines, so that two of them are easily compared."""
    with tempfile.TemporaryDirectory() as folder:
        documents = {name: sorted(set(keys)) for name, keys in _documents(Path(folder)).items()}
    return {
        "commands": sorted(_commands()),
        "columns": sorted(_columns()),
        "schemas": sorted(_schemas()),
        "settings": sorted(set(_settings())),
        **documents,
    }


def _commands() -> Iterator[str]:
    """Verb, option or argument, type and default."""
    import typer

    from cli.main import app

    def walk(command: Any, path: str) -> Iterator[str]:
        for parameter in command.params:
            names = "/".join([*parameter.opts, *parameter.secondary_opts])
            default = parameter.default if isinstance(parameter.default, str | int | float) else ""
            required = "required" if parameter.required else ""
            yield f"{path} {names} {_type(parameter)} {default} {required}"
        for name, inner in getattr(command, "commands", {}).items():
            yield f"{path} {name}"
            yield from walk(inner, f"{path} {name}")

    yield from walk(typer.main.get_command(app()), "tta")


def _type(parameter: Any) -> str:
    annotation = parameter.type_descriptor.annotation
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return "|".join(str(choice.value) for choice in annotation)
    name = getattr(annotation, "__name__", str(annotation))
    return f"{name} {parameter.metavar or ''} {parameter.nargs}"


def _columns() -> Iterator[str]:
    """Table, column, type and mode; view and column."""
    for path in sorted((ROOT / "shared/warehouse/schema").glob("*.json")):
        yield from _fields(path.stem, json.loads(path.read_text()))
    for path in sorted((ROOT / "shared/warehouse/views").glob("*.sql")):
        head = path.read_text().partition("\n--\n")[2]
        for line in head.splitlines():
            if not line.startswith("--"):
                break
            yield f"{path.stem}.{line.removeprefix('--').strip().partition(':')[0]}"


def _fields(path: str, fields: list[dict[str, Any]]) -> Iterator[str]:
    for field in fields:
        yield f"{path}.{field['name']} {field['type']} {field.get('mode', '')}"
        yield from _fields(f"{path}.{field['name']}", field.get("fields", []))


def _schemas() -> Iterator[str]:
    """The published JSON schemas without their descriptions."""
    for path in sorted((ROOT / "docs/schema").glob("*.json")):
        for line in paths_of(json.loads(path.read_text()), with_values=True):
            if ".description" not in line and ".title" not in line:
                yield f"{path.name} {line}"


def _settings() -> Iterator[str]:
    """Environment variables of the functions, as Terraform sets them."""
    text = (ROOT / "terraform/functions.tf").read_text()
    yield from re.findall(r"\b[A-Z][A-Z0-9_]{4,}\b", text)


def paths_of(document: Any, path: str = "", *, with_values: bool = False) -> Iterator[str]:
    """The key paths of a JSON document; entries of a list count as one."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield from paths_of(value, f"{path}.{_key(key)}", with_values=with_values)
    elif isinstance(document, list):
        for value in document:
            yield from paths_of(value, f"{path}[]", with_values=with_values)
    else:
        yield f"{path} {document}" if with_values else f"{path} {_kind(document)}"


def _key(key: str) -> str:
    """Keys that are data rather than names: raters, ids, bare numbers."""
    return "*" if re.search(r"[/ ]|^\d", key) else key


def _kind(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _documents(folder: Path) -> dict[str, Iterable[str]]:
    """What commands that need no cloud print with `--json` or write with `--out`."""
    videos = _write(folder / "videos.csv", _videos())
    ratings = _write(folder / "ratings.csv", _ratings())
    plan = folder / "plan.yaml"
    plan.write_text(
        "columns: [video_id, creator, views, likes, unexpectedness]\n"
        "predictors: [unexpectedness]\noutcomes: [views, likes]\n"
        "primary: {predictor: unexpectedness, outcome: views, scale: count}\n"
        "exposure: {likes: views}\ncluster: creator\nresamples: 100\nseed: 1\n"
    )
    inputs = ("--input", videos, "--plan", plan, "--out", folder / "insights.json")
    home = ("--home", folder / "home")
    commands = {
        "insights": ("insights", *inputs, *home, "--json"),
        "validate": ("validate", "--input", ratings, "--out", folder / "v.json", "--json"),
        "doctor": ("doctor", "--json"),
    }
    return {name: list(_answer(*words)) for name, words in commands.items()}


def _answer(*words: object) -> Iterator[str]:
    status, out = _run(*words)
    yield f"status {status}"
    yield from paths_of(json.loads(out))


def _run(*words: object) -> tuple[int, str]:
    from cli.main import status_of

    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()):
        status = status_of([*map(str, words)])
    return status, out.getvalue()


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _videos() -> list[dict[str, Any]]:
    chance = random.Random(1)
    rows = []
    for number in range(240):
        score = chance.randrange(101)
        views = 1 + int(1_000 * chance.lognormvariate(score / 100, 1))
        rows.append(
            {
                "video_id": str(7_300_000_000_000_000_001 + number),
                "creator": f"creator {number % 24}",
                "views": views,
                "likes": int(views * chance.uniform(0, 0.1)),
                "unexpectedness": score,
            }
        )
    return rows


def _ratings() -> list[dict[str, Any]]:
    chance = random.Random(2)
    raters = ("human/a", "human/b", "gemini/gemini-3.5-flash-lite/1.0")
    return [
        {
            "video_id": f"u{number:016x}",
            "rater": rater,
            "dimension": dimension,
            "value": max(0, min(100, number * 2 + chance.randrange(-20, 21))),
            "replicate": replicate,
        }
        for number in range(40)
        for rater in raters
        for dimension in DIMENSIONS
        for replicate in ((0, 1) if rater.startswith("gemini") else (0,))
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(interface(), indent=1) + "\n")
