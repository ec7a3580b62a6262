"""Each batch names its own partitions, and no id makes too many."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.erasure.rows import WarehouseRows
from shared.model import VIDEO_ID
from shared.warehouse.failures import BytesLimitExceeded
from shared.warehouse.loader import MEMBERS_FRESH_S, MOST_LOAD_BYTES, Loader
from shared.warehouse.partitions import FIRST_DAY, OTHER_IDS, USER_BUCKETS, id_day, user_bucket
from tests.records import creator, metrics, rating, record, video

LAST_DAY = date(2038, 1, 19)
MOST_PARTITIONS = 10_000
MOST_CHANGED_PARTITIONS = 4_000  # https://cloud.google.com/bigquery/quotas#partitioned_tables
OWN_FILE = "u0123456789abcdef"


def video_id(day: date, number: int = 0) -> str:
    second = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    return str((second << 32) + number)


@pytest.mark.parametrize(
    ("id_of_video", "day"),
    [
        ("7300000000000000001", date(2023, 11, 11)),
        (video_id(FIRST_DAY), FIRST_DAY),
        (video_id(FIRST_DAY - timedelta(days=1), 7), date(1970, 1, 1) + timedelta(days=7)),
        (str(2**63 - 1), LAST_DAY),
        (str(2**63), date(1970, 1, 1) + timedelta(days=808)),
        ("99999999999999999999", date(1970, 1, 1) + timedelta(days=999)),
        ("007", date(1970, 1, 8)),
        (OWN_FILE, date(1970, 1, 1) + timedelta(days=0x0123)),
    ],
)
def test_the_partition_is_the_day_in_the_id_or_one_of_a_thousand(id_of_video, day):
    assert id_day(id_of_video) == day


@given(st.from_regex(VIDEO_ID, fullmatch=True))
def test_no_id_makes_more_partitions_than_a_table_may_have(id_of_video):
    day = id_day(id_of_video)

    others = range((day - date(1970, 1, 1)).days, OTHER_IDS)
    assert others or FIRST_DAY <= day <= LAST_DAY
    assert (LAST_DAY - FIRST_DAY).days + 1 + OTHER_IDS < MOST_PARTITIONS


def test_an_erasure_changes_no_more_partitions_at_once_than_a_job_may():
    assert WarehouseRows.KEYS_AT_ONCE <= MOST_CHANGED_PARTITIONS


def test_creators_are_spread_evenly():
    counts = Counter(user_bucket(f"creator{number}") for number in range(40_000))

    assert set(counts) <= set(range(USER_BUCKETS))
    assert len(counts) > 3_950
    assert max(counts.values()) < 35


class Recording:
    """Notes the statements that a loader sends, and may refuse dear ones."""

    project = "p"

    def __init__(self, most_days: int = 100):
        self.sent: list[tuple[str, dict]] = []
        self._most_days = most_days

    def run(self, client, dataset, sql, what, parameters, deadline, maximum_bytes_billed):
        values = {it.name: getattr(it, "values", None) for it in parameters}
        if len(values.get("id_days") or ()) > self._most_days:
            raise BytesLimitExceeded(f"{what}: Query exceeded limit for bytes billed")
        assert maximum_bytes_billed == MOST_LOAD_BYTES
        self.sent.append((what, values))

    def loader(self, **options) -> Loader:
        return Loader(self, "d", ["gemini/"], **options)  # type: ignore[arg-type]

    def load(self, loader: Loader, *records) -> list[tuple[str, dict]]:
        self.sent.clear()
        with patch("shared.warehouse.loader.run_statement", self.run):
            loader.load(records)
        return self.sent


def of_days(*days: date):
    return [record(video_id(day, 5), metrics=metrics()) for day in days]


def test_each_statement_names_the_partitions_of_its_rows():
    recording = Recording()
    days = [date(2026, 11, 1), date(2026, 3, 2)]
    listed = record(video_id(days[0]), video=video(), creator=creator())

    sent = recording.load(recording.loader(), listed, *of_days(days[1]))

    bounds = dict(sent)
    assert bounds["dim_video"]["id_days"] == bounds["fact_video_analytics"]["id_days"] == days[::-1]
    assert bounds["fact_metrics_snapshot"]["id_days"] == [days[1]]
    assert bounds["dim_user"]["user_buckets"] == sorted(
        {user_bucket("ada"), user_bucket("unknown")}
    )


def test_what_never_changes_is_sent_once():
    recording = Recording()
    loader = recording.loader()

    first, second = (
        [table for table, _ in recording.load(loader, record(rating=rating()))] for _ in range(2)
    )

    assert {*first} - {*second} == {"dim_user", "dim_lang"}
    assert "fact_rating" in second


def test_members_are_sent_again_when_their_batch_failed():
    recording = Recording(most_days=0)
    loader = recording.loader()
    with pytest.raises(BytesLimitExceeded):
        recording.load(loader, record(rating=rating()))
    recording._most_days = 1

    assert "dim_user" in [table for table, _ in recording.load(loader, record(rating=rating()))]


def test_members_are_sent_again_in_time_for_tables_that_were_emptied():
    recording, now = Recording(), [0.0]
    loader = recording.loader(timer=lambda: now[0])
    recording.load(loader, record(rating=rating()))
    now[0] = MEMBERS_FRESH_S

    assert "dim_user" in [table for table, _ in recording.load(loader, record(rating=rating()))]


def test_members_are_sent_again_after_any_failure():
    recording = Recording()
    loader = recording.loader()
    recording.load(loader, record(rating=rating()))
    recording._most_days = 0
    with pytest.raises(BytesLimitExceeded):
        recording.load(loader, record(rating=rating()))
    recording._most_days = 1

    assert "dim_user" in [table for table, _ in recording.load(loader, record(rating=rating()))]


def test_a_batch_that_is_too_dear_is_split_by_day():
    recording = Recording(most_days=2)
    days = [date(2026, 11, 1) + timedelta(days=number % 4) for number in range(8)]

    sent = recording.load(recording.loader(), *of_days(*days))

    facts = [values["id_days"] for table, values in sent if table == "fact_video_analytics"]
    assert facts == [sorted({*days})[:2], sorted({*days})[2:]]


def test_a_single_record_that_is_too_dear_is_a_setting_to_change():
    recording = Recording(most_days=0)

    with pytest.raises(BytesLimitExceeded, match="limit for bytes billed"):
        recording.load(recording.loader(), *of_days(date(2026, 11, 1)))
