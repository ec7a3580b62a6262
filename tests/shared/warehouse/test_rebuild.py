"""The tables rebuilt from the lake alone equal the tables that the events made."""

import hashlib
import json
from datetime import timedelta

import pytest
from google.api_core.exceptions import BadRequest

from shared.errors import Misconfigured, Transient
from shared.storage.layout import (
    RatingKey,
    metadata_name,
    rating_name,
    retention_name,
    snapshot_name,
)
from shared.warehouse import rebuild as rebuilding
from shared.warehouse.client import bigquery
from shared.warehouse.lake_records import NameRange, joined
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader, RowsRefused
from shared.warehouse.rebuild import RebuildApp, rebuild
from shared.warehouse.rebuild_state import STATE, RebuildInProgress, RebuildState
from shared.warehouse.shadow import Shadow
from shared.warehouse.tables import constraints, definitions
from tests.fakes import LakeInMemory, tombstones_in
from tests.records import DAY_0, creator, curve, metrics, no_media, rating, record, video
from tests.shared.warehouse.in_memory import IN_BIGQUERY, PLACES, db_at

FULL = record(video=video(), metrics=metrics(), rating=rating())
POISON = "7300000000000000050"
IDS = [f"73000000000000000{n:02}" for n in range(4)]


class WatchedLake(LakeInMemory):
    """Calls `on_save` with each state that a rebuild has written."""

    def __init__(self):
        super().__init__()
        self.on_save = lambda state: None

    def replace(self, name, content, generation, content_type="application/json"):
        new = super().replace(name, content, generation, content_type)
        if name == STATE and content.startswith(b'{"method"'):
            self.on_save(RebuildState.model_validate_json(content))
        return new


class World:
    """A lake and tables that the same events filled."""

    def __init__(self, db):
        self.db = db
        self.lake = WatchedLake()

    def publish(self, *records):
        """What the functions do: keep it in the lake, then load it."""
        for each in records:
            self._keep(each)
        self.db.load(*records)

    def _keep(self, record):
        name = metadata_name(record.video_id)
        if record.rating:
            key = RatingKey.of(record.rating)
            rated = record.rating.model_dump_json(exclude_none=True).encode()
            self.lake.write_once(rating_name(record.video_id, key), rated)
        if record.retention:
            reading = record.model_copy(update={"video": None, "metrics": None, "rating": None})
            at = retention_name(record.video_id, record.retention.collected_at)
            self.lake.write_once(at, reading.to_json())
        listing = record.model_copy(update={"rating": None, "retention": None})
        if record.metrics and not record.video:
            at = snapshot_name(record.video_id, record.metrics.collected_at)
            self.lake.write_once(at, listing.to_json())
        elif record.video:
            content = listing.to_json()
            self.lake.put(name, content)
            digest = hashlib.sha256(content).hexdigest()[:16]
            self.lake.write_once(f"raw/upload/2026-11-01/{record.video_id}-{digest}.json", content)

    def app(self, **changes):
        settings = {"primary_raters": self.db.primary_raters} | changes
        return RebuildApp(
            lake=self.lake,
            tombstones=tombstones_in(self.lake),
            client=self.db.client,
            dataset=self.db.dataset,
            clock=lambda: DAY_0,
            sleep=lambda seconds: None,
            **settings,
        )

    def failed(self):
        return [json.loads(self.lake.read(name)) for name in self.lake.names("failed/")]

    def shadow_exists(self):
        return any(
            dataset.dataset_id == f"{self.db.dataset}__rebuild"
            for dataset in self.db.client.list_datasets()
        )


@pytest.fixture(params=PLACES)
def empty(request):
    with db_at(request.param, request) as db:
        yield World(db)


on_bigquery = pytest.mark.parametrize("empty", [IN_BIGQUERY], indirect=True)


@pytest.fixture
def world(empty):
    world = empty
    listings = [
        record(
            video_id,
            video=video(n, caption=f"Ein kurzes deutsches Video mit der Nummer {n}"),
            creator=creator(n),
            metrics=metrics(n, views=n),
        )
        for n, video_id in enumerate(IDS)
    ]
    world.publish(
        *listings,
        *(record(video_id, rating=rating(1, 40)) for video_id in IDS[:3]),
        record(IDS[3], rating=no_media(1)),
        record(IDS[0], video=video(30, caption="new"), metrics=metrics(30, views=999)),
        record(IDS[1], creator=creator(60, followers=9), metrics=metrics(60, views=1_999)),
        record(IDS[1], rating=rating(2, 90, rater="gemini/flash/1.0")),
        record(IDS[2], retention=curve(0, 1.0, None, 0.5, viewers=900)),
        record(IDS[2], retention=curve(24, 1.0, 0.9, 0.8, 0.7)),
    )
    world.lake.now += timedelta(hours=1)
    return world


@on_bigquery
def test_the_tables_equal_those_the_events_made(world):
    made_by_events = world.db.tables()
    world.db.rows("DELETE FROM fact_rating WHERE TRUE")
    world.db.rows("UPDATE dim_video SET caption = 'wrong' WHERE TRUE")
    world.db.load(record("7399999999999999999", metrics=metrics()))  # the lake knows nothing of it

    answer = rebuild(world.app())

    assert world.db.tables() == made_by_events
    assert answer == {"loaded": 17, "caught_up": 0, "malformed": 0, "resumed": False}
    assert not world.shadow_exists()
    assert world.lake.read(STATE) is None


@on_bigquery
def test_swapped_tables_keep_partition_clustering_and_descriptions(empty):
    def shape(name):
        table = empty.db.client.get_table(f"test.{empty.db.dataset}.{name}")
        return table.time_partitioning, table.clustering_fields, table.schema, table.description

    before = [shape("fact_metrics_snapshot"), shape("dim_video")]

    rebuild(empty.app())

    assert [shape("fact_metrics_snapshot"), shape("dim_video")] == before


@on_bigquery
def test_swapped_tables_declare_their_keys_again_and_keep_their_labels(empty, monkeypatch):
    """A copy takes the source's constraints; the shadow has no foreign keys. bqemulator forgets
    keys, so what is sent is looked at."""
    client, dataset, sent = empty.db.client, empty.db.dataset, {}
    for name in definitions():
        table = bigquery.Table(f"test.{dataset}.{name}")
        table.labels = {"app": name}
        client.update_table(table, ["labels"])
    real = client.update_table
    monkeypatch.setattr(
        client,
        "update_table",
        lambda table, *arguments, **more: note(table) or real(table, *arguments, **more),
    )

    def note(table):
        sent[table.table_id] = table.table_constraints

    rebuild(empty.app())

    of_events = (*SECTION_TABLES, FACT_TABLE)
    assert sent == {name: constraints(f"test.{dataset}.{name}") for name in of_events}
    labels = {name: client.get_table(f"test.{dataset}.{name}").labels for name in of_events}
    assert labels == {name: {"app": name} for name in of_events}


@pytest.mark.parametrize("phase", ["filling", "merging", "swapping", "catching_up"])
def test_a_rebuild_that_was_killed_goes_on(world, phase):
    made_by_events = world.db.tables()
    seen = []

    def die(state):
        if state.phase == phase and (phase != "filling" or state.loaded >= 8):
            raise KeyboardInterrupt

    world.lake.on_save = die
    with pytest.raises(KeyboardInterrupt):
        rebuild(world.app(range_objects=8))

    world.lake.on_save = lambda state: seen.append(state)
    answer = rebuild(world.app(range_objects=8))

    assert answer["resumed"] is True
    assert answer["loaded"] == 17
    assert all(state.loaded >= 8 for state in seen)
    assert world.db.tables() == made_by_events


def test_a_range_that_was_staged_but_not_saved_is_staged_again(world, monkeypatch):
    made_by_events = world.db.tables()
    append, killed = rebuilding.StagedRows.append, []

    def append_and_die(staged, lines):
        append(staged, lines)
        if not killed:
            killed.append(True)
            raise KeyboardInterrupt

    monkeypatch.setattr(rebuilding.StagedRows, "append", append_and_die)
    with pytest.raises(KeyboardInterrupt):
        rebuild(world.app(range_objects=8))

    answer = rebuild(world.app(range_objects=8))

    assert (answer["loaded"], answer["resumed"]) == (17, True)
    assert world.db.tables() == made_by_events


def test_an_unfinished_rebuild_of_another_version_starts_over(world):
    made_by_events = world.db.tables()
    state = {"run": "r", "dataset": world.db.dataset, "primary_raters": ["gemini/", "signals/"]}
    world.lake.put(STATE, json.dumps(state | {"started_at": "2026-11-01T00:00:00Z"}).encode())

    answer = rebuild(world.app())

    assert (answer["loaded"], answer["resumed"]) == (17, False)
    assert world.db.tables() == made_by_events


def test_progress_counts_up_to_a_total_in_each_step(world):
    seen = []

    rebuild(world.app(range_objects=8, on_progress=seen.append))

    assert [it.sentence() for it in seen if it.step.startswith(("Listing", "Reading"))] == [
        "Listing the lake",
        "Listing the lake: 8 objects",
        "Listing the lake: 16 objects",
        "Reading the lake: 0 of 17 objects",
        "Reading the lake: 8 of 17 objects",
        "Reading the lake: 16 of 17 objects",
        "Reading the lake: 17 of 17 objects",
    ]
    assert [it.step for it in seen if it.unit == "tables"] == [
        *["Making the tables"] * 8,
        *["Replacing the tables"] * 8,
    ]


@on_bigquery
def test_a_table_is_swapped_once_in_a_run_however_often_it_is_interrupted(world, monkeypatch):
    real, swapped = Shadow.replace_live, []

    def interrupted(shadow, table, run):
        if table == "fact_rating" and not swapped:
            swapped.append(table)
            raise KeyboardInterrupt
        real(shadow, table, run)

    monkeypatch.setattr(Shadow, "replace_live", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rebuild(world.app())
    # Loaded into a table that was swapped already: swapping it again would lose it.
    late = record(IDS[3], video=video(50, caption="late"), metrics=metrics(50))
    world.db.load(late)

    rebuild(world.app())

    assert world.db.rows("SELECT caption FROM dim_video WHERE caption = 'late'") != []


def test_a_record_loaded_during_the_rebuild_survives(world):
    late = record("7300000000000000099", video=video(40, caption="late"), metrics=metrics(40))
    newer = record(IDS[0], video=video(50, caption="newest"), metrics=metrics(50, views=5_000))

    def load_meanwhile(state):
        if state.phase == "swapping":
            world.lake.on_save = lambda state: None
            world.publish(late, newer)

    world.lake.on_save = load_meanwhile
    rebuild(world.app())

    assert world.db.fact("7300000000000000099")["views"] == 100
    assert world.db.fact(IDS[0])["views"] == 5_000


def test_other_primary_raters_change_only_the_rating_of_the_fact(world):
    before = world.db.tables()
    world.db.primary_raters = ("signals/", "gemini/")

    rebuild(world.app())

    after = world.db.tables()
    fact, fact_before = after.pop("fact_video_analytics"), before.pop("fact_video_analytics")
    assert after == before
    changed = {
        name
        for row, old in zip(fact, fact_before, strict=True)
        for name in row
        if row[name] != old[name]
    }
    assert changed == {"rater", "rated_at", "unexpectedness"}
    assert world.db.fact(IDS[1])["rater"] == "signals/1.0"


def test_a_rebuild_with_other_raters_than_the_unfinished_one_begins_anew(world):
    def die(state):
        if state.loaded:
            raise KeyboardInterrupt

    world.lake.on_save = die
    with pytest.raises(KeyboardInterrupt):
        rebuild(world.app())
    world.lake.on_save = lambda state: None

    answer = rebuild(world.app(primary_raters=("signals/",)))

    assert answer["resumed"] is False
    assert world.db.fact(IDS[1])["rater"] == "signals/1.0"


def test_malformed_objects_are_reported_and_the_rest_is_rebuilt(world):
    made_by_events = world.db.tables()
    misplaced = rating(1, 40).model_dump_json(exclude_none=True).encode()
    malformed = {
        "metadata/7300000000000000050.json": b"{",
        "metadata/7300000000000000051.json": b" " * (4 * 2**20 + 1),
        f"ratings/{IDS[0]}/1/signals/1.0/abcd/7.json": misplaced,
        "ratings/no-id/1/signals/1.0/abcd/0.json": misplaced,
        "raw/upload/2026-11-01/x.json": b'{"schema_version": 9}',
    }
    for name, content in malformed.items():
        world.lake.put(name, content)
    world.lake.put(f"ratings/{IDS[0]}/1/signals/1.0/abcd/0.json.claim", b"no rating")

    assert rebuild(world.app())["malformed"] == len(malformed)

    assert {entry["object"] for entry in world.failed()} == set(malformed)
    assert {entry["stage"] for entry in world.failed()} == {"rebuild"}
    assert world.db.tables() == made_by_events


def test_a_record_that_the_warehouse_refuses_fails_alone(empty, monkeypatch):
    other_day = record("7400000000000000001", metrics=metrics())
    empty.publish(FULL, other_day)
    made_by_events = empty.db.tables()
    load, merge = Loader.load, rebuilding.StagedRows.merge

    def choosy_load(loader, records):
        if any(record.video_id.endswith("50") for record in records):
            raise RowsRefused("no such day")
        load(loader, records)

    def choosy_merge(staged, table, partitions, raters):
        is_partition = table == "fact_metrics_snapshot" and partitions
        if is_partition and POISON in "".join(staged.objects(table, partitions[0])):
            raise BadRequest("no such day")
        merge(staged, table, partitions, raters)

    monkeypatch.setattr(Loader, "load", choosy_load)
    monkeypatch.setattr(rebuilding.StagedRows, "merge", choosy_merge)
    poison = record(POISON, metrics=metrics())
    empty.lake.put(metadata_name(poison.video_id), poison.to_json())

    outcome = rebuild(empty.app())

    assert (outcome["loaded"], outcome["malformed"]) == (4, 1)
    assert [entry["reason"] for entry in empty.failed()] == ["refused_by_warehouse"]
    tables = empty.db.tables()
    for name in ("fact_metrics_snapshot", "fact_rating", "dim_user"):
        assert tables[name] == made_by_events[name]


def test_statements_that_do_not_fit_the_tables_are_no_fault_of_a_record(empty, monkeypatch):
    empty.publish(FULL)

    def refuse(staged, table, partitions, raters):
        raise BadRequest("no such column")

    monkeypatch.setattr(rebuilding.StagedRows, "merge", refuse)

    with pytest.raises(Misconfigured, match="no such column"):
        rebuild(empty.app())
    assert empty.failed() == []


def test_what_an_earlier_rebuild_found_malformed_is_forgotten_when_it_is_mended(empty):
    empty.lake.put("metadata/7300000000000000050.json", b"{")
    rebuild(empty.app())
    empty.lake.delete("metadata/7300000000000000050.json")

    rebuild(empty.app())

    assert empty.failed() == []


def test_of_two_rebuilds_at_once_the_later_saver_stops(empty):
    def another_saves(state):
        if state.started_at:
            empty.lake.on_save = lambda state: None
            empty.lake.put(STATE, empty.lake.read(STATE) + b" ")

    empty.lake.on_save = another_saves

    with pytest.raises(RebuildInProgress):
        rebuild(empty.app())


def killed_when(world, condition, **changes):
    """A rebuild whose process is killed after the first state of that kind is saved."""

    def die(state):
        if condition(state):
            raise KeyboardInterrupt

    world.lake.on_save = die
    with pytest.raises(KeyboardInterrupt):
        rebuild(world.app(**changes))
    world.lake.on_save = lambda state: None


def test_of_two_processes_that_resume_one_rebuild_the_later_saver_stops(world):
    made_by_events = world.db.tables()
    killed_when(world, lambda state: state.phase == "swapping")
    slower = rebuilding._Rebuild(world.app())
    rebuilding._Rebuild(world.app())._save(phase="catching_up")

    with pytest.raises(RebuildInProgress):
        slower.finish()

    rebuild(world.app())
    assert world.db.tables() == made_by_events


def test_a_process_that_ends_late_leaves_the_shadow_of_the_next_rebuild(world):
    made_by_events = world.db.tables()
    killed_when(world, lambda state: state.phase == "catching_up")
    slower = rebuilding._Rebuild(world.app())
    rebuild(world.app())

    def slower_ends(state):
        if state.cursor:
            world.lake.on_save = lambda state: None
            with pytest.raises(RebuildInProgress):
                slower.finish()
            shadow = f"{world.db.dataset}__rebuild"
            assert rebuilding.StagedRows(world.db.client, shadow).exists()

    world.lake.on_save = slower_ends
    rebuild(world.app(range_objects=8))

    assert world.db.tables() == made_by_events


def test_other_raters_while_tables_are_replaced_empty_no_live_table(empty):
    empty.publish(FULL)
    before = empty.db.tables()
    seen = []

    def another_begins(state):
        if state.phase == "swapping":
            killed_when(empty, lambda state: state.phase == "filling", primary_raters=("signals/",))
            seen.append(empty.db.tables())

    empty.lake.on_save = another_begins
    with pytest.raises(RebuildInProgress):
        rebuild(empty.app())

    assert seen == [before]
    assert empty.db.tables() == before


@pytest.mark.parametrize("phase", ["filling", "merging", "swapping"])
def test_a_rebuild_whose_shadow_is_gone_starts_over(world, phase):
    made_by_events = world.db.tables()
    killed_when(world, lambda state: state.phase == phase and state.loaded >= 8, range_objects=8)
    rebuilding.Shadow(world.db.client, world.db.dataset, f"{world.db.dataset}__rebuild").drop()

    answer = rebuild(world.app())

    assert (answer["loaded"], answer["resumed"]) == (17, False)
    assert world.db.tables() == made_by_events


def test_an_outage_of_a_moment_is_sat_out(empty, monkeypatch):
    empty.publish(FULL)
    made_by_events = empty.db.tables()
    failures = []
    for name in ("append", "partitions", "merge"):
        real = getattr(rebuilding.StagedRows, name)

        def after_two_failures(staged, *arguments, name=name, real=real):
            if failures.count(name) < 2:
                failures.append(name)
                raise Transient("down")
            return real(staged, *arguments)

        monkeypatch.setattr(rebuilding.StagedRows, name, after_two_failures)

    rebuild(empty.app())

    assert empty.db.tables() == made_by_events


def test_what_is_erased_while_a_rebuild_reads_does_not_come_back_with_it(empty):
    gone, other = IDS[:2]
    empty.publish(
        record(gone, video=video(creator_id="eve"), metrics=metrics()),
        record(other, video=video(creator_id="bob"), metrics=metrics()),
    )
    tombstones = tombstones_in(empty.lake)

    def erase_once(state):
        if state.cursor and not tombstones.has_video(gone):
            tombstones.put([gone], ["eve"], DAY_0)

    empty.lake.on_save = erase_once

    rebuild(empty.app())

    tables = empty.db.tables()
    rows = [(row["video_id"], row["user_key"]) for row in tables["dim_video"]]
    assert rows == [(other, "bob")]
    assert "eve" not in {row["user_key"] for row in tables["dim_user"]}


def test_a_rebuild_killed_as_it_begins_again_after_an_erasure_can_be_resumed(empty, monkeypatch):
    gone, other = IDS[:2]
    empty.publish(
        record(gone, video=video(creator_id="eve"), metrics=metrics()),
        record(other, video=video(creator_id="bob"), metrics=metrics()),
    )
    tombstones = tombstones_in(empty.lake)

    def erase_once(state):
        if state.cursor and not tombstones.has_video(gone):
            tombstones.put([gone], ["eve"], DAY_0)
            monkeypatch.setattr(rebuilding.Shadow, "create", killed)

    def killed(shadow):
        raise KeyboardInterrupt

    empty.lake.on_save = erase_once
    with monkeypatch.context(), pytest.raises(KeyboardInterrupt):
        rebuild(empty.app())
    monkeypatch.undo()
    later = record(IDS[3], video=video(creator_id="bob"), metrics=metrics())
    empty.publish(later)  # its name comes after those already read

    rebuild(empty.app())

    rows = [row["video_id"] for row in empty.db.tables()["dim_video"]]
    assert rows == [other, later.video_id]


def test_a_large_lake_is_staged_by_at_most_so_many_load_jobs():
    ranges = [NameRange(str(n), str(n + 1), 5) for n in range(7)]

    assert joined(ranges, 7) == ranges
    assert joined(ranges, 3) == [
        NameRange("0", "3", 15),
        NameRange("3", "6", 15),
        NameRange("6", "7", 5),
    ]
    assert joined([], 3) == []
