"""The sandbox collection: created once, then only its address changes with the server."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import bigquery

from local import provision
from local.provision import collections_file, make_tables
from local.sandbox import Library, Post
from shared.tiktok.collection_file import parse_collection

HERE = "http://127.0.0.1:4711"


@pytest.fixture
def library() -> Library:
    def post(video_id: str, region: str, created: datetime) -> Post:
        wire = {"region_code": region, "create_time": int(created.timestamp())}
        return Post(video_id, "sandbox_a", None, "deleted", wire)

    posts = (
        post("1", "NO", datetime(2026, 9, 3, 23, tzinfo=UTC)),
        post("2", "US", datetime(2026, 10, 20, 1, tzinfo=UTC)),
    )
    return Library(Path("nowhere"), 7, "2026-11-01", {}, (), posts)


def test_the_first_file_holds_a_collection_of_every_sandbox_post(library):
    collection = parse_collection(collections_file(None, library, HERE), "sandbox")

    assert collection.regions == ("NO", "US")
    assert (str(collection.start_date), str(collection.end_date)) == ("2026-09-03", "2026-10-20")
    assert collection.synthetic
    assert collection.media.url_template == f"{HERE}/media/{{video_id}}.mp4"


def test_the_next_start_changes_the_address_and_nothing_else(library):
    first = collections_file(None, library, HERE)

    second = collections_file(first, library, "http://127.0.0.1:4712")

    assert second == first.replace(b":4711", b":4712")


def test_what_a_person_wrote_into_the_file_stays(library):
    own = b"# mine\ncollections:\n  cats:\n    source: research\n    hashtags: [cats]\n"

    assert collections_file(own, library, HERE) == own


class Warehouse:
    """A client of BigQuery that knows the labels of one dataset."""

    project = "p"

    def __init__(self):
        self.labels: dict[str, str] | None = None
        self.statements: list[str] = []

    def get_dataset(self, name, **bounds):
        if self.labels is None or name != "d":
            raise NotFound(name)
        dataset = bigquery.Dataset(f"p.{name}")
        dataset.labels = self.labels
        return dataset

    def update_dataset(self, dataset, fields, **bounds):
        assert fields == ["labels"]
        self.labels = dict(dataset.labels)

    def list_tables(self, name, **bounds):
        return []

    def get_table(self, path, **bounds):
        raise NotFound(path)

    def close(self):
        pass


@pytest.fixture
def warehouse(monkeypatch):
    client = Warehouse()
    monkeypatch.setattr(provision.bigquery, "Client", lambda project: client)

    def create(made, dataset):
        client.statements.append(dataset)
        client.labels = client.labels or {}

    monkeypatch.setattr(provision, "create_tables", create)
    monkeypatch.setattr(provision, "create_views", create)
    return client


def test_tables_and_views_are_made_once(warehouse):
    make_tables("p", "d")
    make_tables("p", "d")

    assert warehouse.statements == ["d", "d"]


def test_other_definitions_make_them_again(warehouse, monkeypatch, tmp_path):
    make_tables("p", "d")
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "one.sql").write_text("SELECT 1 AS one")
    monkeypatch.setattr(provision, "WAREHOUSE", tmp_path)

    make_tables("p", "d")

    assert len(warehouse.statements) == 4


def test_a_start_that_was_killed_before_the_label_makes_them_again(warehouse, monkeypatch):
    def killed(made, dataset):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(provision, "create_views", killed)
        make_tables("p", "d")

    make_tables("p", "d")

    assert warehouse.statements == ["d", "d", "d"]
