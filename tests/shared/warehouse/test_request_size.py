"""Requests are weighed as they are sent: BigQuery takes 10 MB, and the client sends ASCII."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests
from google.auth.credentials import AnonymousCredentials
from hypothesis import example, given
from hypothesis import strategies as st

from shared.erasure.rows import WarehouseRows
from shared.insights.report import source
from shared.warehouse import gateway, insight_rows
from shared.warehouse.client import bigquery
from shared.warehouse.failures import RequestTooLarge
from shared.warehouse.gateway import MOST_REQUEST_BYTES
from shared.warehouse.insight_rows import replace_rows
from shared.warehouse.loader import Loader, weight
from shared.warehouse.rows import table_rows
from tests.loopback import Reply, Request, serving
from tests.records import creator, curve, metrics, rating, record, video
from tests.shared.warehouse.test_insight_rows import DAY, PLAN, quality, stored_rows

GOOGLES_LIMIT = 10_000_000
CAPTION = "驚きの展開にみんなが息をのんだ。" * 138  # 2,200 letters, TikTok's limit


@dataclass
class Door:
    """BigQuery behind a door that measures what comes in, and refuses what is too large."""

    client: bigquery.Client
    sizes: list[int]
    refused: list[int]


@contextmanager
def door(url: str, most_bytes: int, *, hang_up: bool = False) -> Iterator[Door]:
    sizes: list[int] = []
    refused: list[int] = []
    forward = requests.Session()

    def answer(request: Request) -> Reply:
        if len(request.body) > most_bytes:
            refused.append(len(request.body))
            return Reply(413, b"<html>Request Entity Too Large</html>")
        sizes.append(len(request.body))
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        passed = forward.request(
            request.method, url + request.path, data=request.body, headers=headers, timeout=300
        )
        headers = {"Content-Type": passed.headers.get("Content-Type", "application/json")}
        return Reply(passed.status_code, passed.content, headers)

    with serving(answer) as loopback:
        client = bigquery.Client(
            project="test",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": loopback.url},
        )
        if hang_up:
            hang_up_on_large_bodies(client, most_bytes, refused)
        yield Door(client, sizes, refused)


def hang_up_on_large_bodies(client, most_bytes, refused):
    """As Google's servers do at times: the connection breaks before an answer is read."""
    session = client._http
    real = session.request

    def request(method, url, data=None, **options):
        if data and len(data) > most_bytes:
            refused.append(len(data))
            client, server = socket.socketpair()
            server.close()
            try:
                client.sendall(data.encode() if isinstance(data, str) else data)
            except OSError as error:
                raise requests.ConnectionError("Connection aborted.", error) from error
            finally:
                client.close()
        return real(method, url, data=data, **options)

    session.request = request


def japanese(count):
    return [
        record(f"73000000000001{n:05}", video=video(caption=f"{n}{CAPTION}"), metrics=metrics())
        for n in range(count)
    ]


def captions(db):
    (row,) = db.rows("SELECT COUNT(*) AS n, MIN(LENGTH(caption)) AS shortest FROM dim_video")
    return row["n"], row["shortest"] >= len(CAPTION)


@pytest.mark.parametrize("share", [20, pytest.param(1, marks=pytest.mark.campaign)])
def test_a_thousand_japanese_captions_load_in_requests_of_8_mb(
    db, bigquery_url, monkeypatch, share
):
    """The suite takes a twentieth of everything: records, Google's limit, and our own two."""
    records, most_bytes = japanese(1_000 // share), MOST_REQUEST_BYTES // share
    monkeypatch.setattr(gateway, "MOST_REQUEST_BYTES", most_bytes)
    assert len(CAPTION) >= 2_200
    with door(bigquery_url, GOOGLES_LIMIT // share) as through:
        Loader(through.client, db.dataset, db.primary_raters).load(records)

    assert captions(db) == (len(records), True)
    assert through.refused == []
    assert most_bytes / 8 < max(through.sizes) <= most_bytes


@pytest.mark.parametrize("hang_up", [False, True], ids=["413", "broken pipe"])
def test_a_batch_that_is_refused_all_the_same_is_split(db, bigquery_url, hang_up):
    with door(bigquery_url, 1_200_000, hang_up=hang_up) as through:
        Loader(through.client, db.dataset, db.primary_raters).load(japanese(100))

    assert captions(db) == (100, True)
    assert through.refused
    assert max(through.sizes) <= 1_200_000


def test_a_record_that_is_too_large_by_itself_is_refused_with_its_reason(db, monkeypatch):
    monkeypatch.setattr(gateway, "MOST_REQUEST_BYTES", 100_000)
    giant = record(video=video(caption="驚" * 20_000))  # a model refuses a longer caption

    with pytest.raises(RequestTooLarge, match="at most 100,000") as refusal:
        Loader(db.client, db.dataset, db.primary_raters).load([*japanese(1), giant])

    assert refusal.value.reason == "too_large_for_warehouse"
    assert captions(db) == (1, True)


LETTERS = st.characters(exclude_categories=["Cs"])
TEXTS = st.text(LETTERS, max_size=300)
WORDS = st.text(LETTERS, min_size=1, max_size=50)


@example("驚" * 300, "", [])
@given(TEXTS, TEXTS, st.lists(WORDS, max_size=5))
def test_a_record_weighs_no_less_than_it_takes_in_a_request(caption, bio, hashtags):
    weighed = record(
        video=video(caption=caption, hashtags=tuple(hashtags)),
        creator=creator(bio=bio, username="a"),
        metrics=metrics(),
        rating=rating(evidence=({"at_s": 1.5, "what": bio or "x"},)),
    )

    sent = max(
        sum(len(json.dumps(json.dumps(row, ensure_ascii=False))) for row in rows)
        for rows in table_rows([weighed]).values()
    )
    assert sent <= weight(weighed) <= 2 * sent + 1_000


FLAGS = st.lists(st.text('aé驚"', min_size=1, max_size=50), max_size=20)
SHARES = st.one_of(st.none(), st.floats(0, 10))


@example([0.1] * 60, None, [])
@given(st.lists(SHARES, max_size=60), st.none() | st.integers(0, 2**63 - 1), FLAGS)
def test_a_curve_weighs_no_less_than_its_seconds_take_in_a_request(shares, viewers, flags):
    reading = curve(0, 1.0, *shares, viewers=viewers, flags=tuple(flags))
    weighed = record("9" * 20, retention=reading)

    rows = table_rows([weighed])["fact_retention"]

    sent = sum(len(json.dumps(json.dumps(row, ensure_ascii=False))) for row in rows)
    assert sent <= weight(weighed) <= 2 * sent


def test_a_report_larger_than_one_request_is_written_whole(db, monkeypatch):
    monkeypatch.setattr(insight_rows, "MOST_PART_BYTES", 500)
    statements = []
    real = insight_rows.run_statement
    monkeypatch.setattr(
        insight_rows,
        "run_statement",
        lambda *sent: statements.append(sent[3]) or real(*sent),
    )

    def write(*rows):
        tables = {"insight_effect": [], "insight_agreement": [], "insight_quality": rows}
        replace_rows(db.client, f"test.{db.dataset}", (DAY, PLAN), tables)

    write(*(quality(f"f{n:02}") for n in range(12)))
    for _ in range(2):
        write(*(quality(f"f{n:02}", 7) for n in range(9)))

    assert statements.count("insight_quality") > 9
    assert stored_rows(db) == [(DAY, PLAN, f"f{n:02}", 7) for n in range(9)]


def test_more_ids_than_one_request_carries_are_asked_for_in_parts(db, monkeypatch):
    monkeypatch.setattr(source, "IDS_AT_ONCE", 2)
    ids = [f"730000000000000{n:04}" for n in range(5)]
    curve = rating(curves={"surprise": (0.5, 1.5)})
    db.load(*(record(video_id, rating=curve) for video_id in ids))

    curves = source.StarSchema(db.client, db.dataset).curves(ids)

    assert sorted(curves) == ids


def test_more_keys_than_one_request_carries_are_deleted_in_parts(db, monkeypatch):
    monkeypatch.setattr(WarehouseRows, "KEYS_AT_ONCE", 2)
    ids = [f"730000000000000{n:04}" for n in range(5)]
    db.load(*(record(video_id, metrics=metrics()) for video_id in ids))

    deleted = WarehouseRows(db.client, db.dataset)._delete("fact_metrics_snapshot", "video_id", ids)

    assert deleted == 5
    assert db.rows("SELECT video_id FROM fact_metrics_snapshot") == []
