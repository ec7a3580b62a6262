"""The warehouse made anew from the lake alone says what the events had said."""

from pathlib import Path
from typing import Any

from google.cloud import bigquery

from local.cloud import QUERY, connected
from shared.warehouse.tables import definitions
from tests.pipeline.conftest import run_tta


def tables(home: Path) -> dict[str, list[Any]]:
    with connected(home, QUERY) as endpoints:
        client = bigquery.Client(project=endpoints.project)
        return {
            table: [
                dict(row)
                for row in client.query(
                    f"SELECT * FROM {endpoints.dataset}.{table}"
                    f" ORDER BY {', '.join(definition['key'])}"
                ).result()
            ]
            for table, definition in definitions().items()
        }


def test_a_rebuild_after_the_demo_changes_no_row(tmp_path):
    demo = run_tta(tmp_path, "demo", "--posts", "16")
    assert demo.returncode == 0, demo.stderr
    made_by_events = tables(tmp_path)

    done = run_tta(tmp_path, "rebuild", "--json")

    assert done.returncode == 0, done.stderr
    assert len(made_by_events["fact_video_analytics"]) == 16
    assert tables(tmp_path) == made_by_events
