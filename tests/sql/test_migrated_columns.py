"""What a migration computes in SQL is what Python computes, on both engines."""

import pytest

from shared.warehouse.client import bigquery
from tests.sql import judge, migrated_columns, values

COUNT = 120


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with judge.local_bigquery(tmp_path_factory.mktemp("bigquery")) as connected:
        yield connected


@pytest.fixture(params=[7, *(pytest.param(n, marks=pytest.mark.campaign) for n in range(20))])
def cases(request):
    return list(migrated_columns.cases(COUNT, request.param))


def test_googles_implementation_computes_them_as_python_does(analyser, cases):
    for name, sql, items, expected in cases:
        protocol = analyser.engine.protocol
        kind = analyser.type_of("ARRAY<STRING>")
        encoded = values.encoded(protocol, items, "STRING", repeated=True)
        _, rows = analyser.engine.evaluate(sql, {"items": (kind, encoded)}, analyser.catalog, {})

        assert_equal(name, items, [values.decoded(row.cell[0]) for row in rows], expected)


def test_the_local_bigquery_computes_them_as_python_does(client, cases):
    for name, sql, items, expected in cases:
        config = bigquery.QueryJobConfig(
            query_parameters=[bigquery.ArrayQueryParameter("items", "STRING", items)]
        )
        rows = client.query(sql, job_config=config).result()

        assert_equal(name, items, [row["value"] for row in rows], expected)


def assert_equal(name, items, computed, expected):
    different = [
        (item, ours, theirs)
        for item, ours, theirs in zip(items, computed, expected, strict=True)
        if ours != theirs
    ]
    assert different == [], name
