"""What `tta rebuild` prints: objects that were read, and the rows of each table."""

from typing import Any

from cli.console import Screen
from cli.verbs.rebuild.run import TableCounts


def show(screen: Screen, counts: dict[str, Any], tables: TableCounts) -> None:
    """Print the outcome for people."""
    resumed = " (continued from an earlier run)" if counts["resumed"] else ""
    screen.show(f"Rebuilt from {counts['loaded']} objects{resumed}.")
    if counts["caught_up"]:
        screen.show(
            f"{counts['caught_up']} objects were written while it ran, or shortly before. They "
            "were merged once more."
        )
    for table, count in tables.items():
        changed = f", {count['changed']} new or changed" if "changed" in count else ""
        gone = f", {count['gone']} gone" if count["gone"] else ""
        screen.show(f"  {table:<21} {count['rows']:>5} rows{changed}{gone}")
    if any(count["gone"] for count in tables.values()):
        screen.show("Rows that are gone came from records that never were in the lake.")
    if counts["malformed"]:
        screen.show(f"{counts['malformed']} could not be read: tta failed --stage rebuild")
