"""The warehouse made anew from the lake alone says what the events had said."""

from typing import Any

from google.cloud import bigquery

from local.cloud import pointing_at
from local.endpoints import Endpoints
from local.traffic import wait_until_over
from shared.warehouse.tables import definitions


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
    wait_until_over(cloud)
    made_by_events = tables(cloud)

    done = tta("rebuild", "--json")

    assert done.returncode == 0, done.stderr
    assert len(made_by_events["fact_video_analytics"]) >= demonstrated["fetched"]["listed"]
    assert tables(cloud) == made_by_events
