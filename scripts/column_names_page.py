"""Write docs/reference/column-names.md: what tables call our fields."""

from pathlib import Path

from shared.inputs.formats.names import NAMES

PAGE = Path(__file__).parents[1] / "docs/reference/column-names.md"
HEAD = """# Names of columns

Written by `make generate`. The columns of [a table that you bring](collections.md#lists-of-videos)
are known by these names. Case, blanks and hyphens do not matter, and the first name that the table
has counts. `--columns views=Plays` states another name.

| our field | known names |
|---|---|
"""
NOTES = {
    "file": "your own file that the row describes; only `tta ingest`",
    "hashtags": "a list, or words between commas",
    "language": "BCP-47",
    "media_url": "where the file is: https, a public address",
}


def page() -> str:
    """The page, from the names that the program knows."""
    return HEAD + "".join(_row(field, names) for field, names in NAMES.items())


def _row(field: str, names: tuple[str, ...]) -> str:
    note = f" ({NOTES[field]})" if field in NOTES else ""
    return f"| `{field}` | {', '.join(f'`{name}`' for name in names)}{note} |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
