"""The warehouse rebuilt from the lake alone says what the events had said."""

from typing import Any

from local.cloud import pointing_at
from local.endpoints import Endpoints
from shared.warehouse.client import bigquery
from shared.warehouse.tables import definitions
from tests.pipeline.conftest import POSTS


def tables(endpoints: Endpoints) -> dict[str, list[Any]]:
    with pointing_at(endpoints):
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


def test_a_rebuild_after_the_demo_changes_no_row(cloud, demonstrated, tta):
    made_by_events = tables(cloud)

    result = tta("rebuild", "--json")

    assert result.returncode == 0, result.stderr
    assert len(made_by_events["fact_video_analytics"]) == POSTS
    assert tables(cloud) == made_by_events
