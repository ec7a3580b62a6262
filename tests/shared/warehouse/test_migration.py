"""Tables of before, filled by the statements of before, become those that a rebuild makes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from google.api_core.exceptions import BadRequest

from local import provision
from local.provision import make_tables
from shared.errors import Misconfigured
from shared.warehouse import views
from shared.warehouse.client import bigquery
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.migration import migrate as migration
from shared.warehouse.migration.columns import COMPUTED
from shared.warehouse.migration.migrate import (
    KEPT,
    Migrated,
    MigrationApp,
    estimate,
    migrate,
)
from shared.warehouse.migration.old_tables import HELD_NAME, SOURCES, MigrationRefused
from shared.warehouse.rebuild import rebuild
from shared.warehouse.rows import table_rows
from shared.warehouse.tables import constraints, definitions, schema
from tests.records import DAY_0, at, metrics, record
from tests.shared.warehouse.before_migration import (
    PRIMARY_RATERS,
    create_old_tables,
    fill_old_tables,
    late_batch,
    late_records,
    load_old_batches,
    merge_old_batch,
    old_definitions,
    old_records,
    old_rows,
    old_schema,
    stored_rows,
)
from tests.shared.warehouse.conftest import Db
from tests.shared.warehouse.test_rebuild import World

DATASET = "older"
NEWER = "fact_retention"
"""A table that no dataset of before has, and that no migration creates."""

PRESENT = [name for name in (*SECTION_TABLES, FACT_TABLE) if name != NEWER]
CHANGED = [name for name in PRESENT if name != "dim_lang"]
SEVERAL = ("dim_video", "fact_metrics_snapshot", "fact_rating", FACT_TABLE)
CHANGES = (
    *("query", "copy_table", "delete_table", "update_table", "create_table"),
    *("create_dataset", "delete_dataset", "update_dataset"),
)


def contents(db: Db) -> dict[str, list[dict[str, Any]]]:
    """All tables. Of the details those that a rating has: a rebuild also writes replaced ones."""
    tables = db.tables(PRESENT)
    ratings = {(row["video_id"], row["rater"], row["digest"]) for row in tables["fact_rating"]}
    for row in tables["dim_user"] + tables["dim_video"]:
        row["field_times"] = row["field_times"] or "{}"  # the same: no column has another time
    tables["fact_rating_detail"] = [
        row
        for row in tables["fact_rating_detail"]
        if (row["video_id"], row["rater"], row["digest"]) in ratings
    ]
    return tables


@pytest.fixture(scope="module")
def template(client: bigquery.Client) -> str:
    """Tables of before with rows. Tests work on copies."""
    create_old_tables(client, "older_template")
    fill_old_tables(client, "older_template")
    return "older_template"


@pytest.fixture(scope="module")
def rebuilt(made_with_views: Db) -> dict[str, list[dict[str, Any]]]:
    """What the loader of today makes of the same records."""
    Loader(made_with_views.client, made_with_views.dataset, PRIMARY_RATERS).load(old_records())
    loaded = contents(made_with_views)
    made_with_views.clear()
    return loaded


@dataclass
class SentMigration:
    """A migration, the tables after it, and what it sent that bqemulator forgets."""

    db: Db
    answer: Migrated
    tables: dict[str, list[dict[str, Any]]]
    pieces: list[str]
    keys: dict[str, Any]
    ranges: dict[str, Any]
    expiries: dict[str, Any]


@pytest.fixture(scope="module")
def migrated(client: bigquery.Client, template: str) -> SentMigration:
    """In pieces of three partitions. A rating had a reason that no lake knows, which is undone."""
    copy_old_tables(client, template, "migrated")
    pieces, keys, ranges, expiries = [], {}, {}, {}

    def run_dml(*arguments: Any, **more: Any) -> Any:
        pieces.append(arguments[2])
        return real_run_dml(*arguments, **more)

    def update(table: Any, fields: list[str], **more: Any) -> Any:
        if "table_constraints" in fields:
            keys[table.table_id] = table.table_constraints
        if "expires" in fields:
            expiries[table.table_id] = table.expires
        return real_update(table, fields, **more)

    def create(table: Any, **more: Any) -> Any:
        ranges[table.table_id] = table.range_partitioning
        return real_create(table, **more)

    real_update, real_create = client.update_table, client.create_table
    real_run_dml = migration.run_dml
    db = Db(client, "migrated")
    db.rows("UPDATE fact_rating SET reason = 'by hand' WHERE rater = 'human/eve'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "MOST_PARTITIONS", 3)
        patch.setattr(migration, "run_dml", run_dml)
        patch.setattr(client, "update_table", update)
        patch.setattr(client, "create_table", create)
        answer = migrate(app(db))
    tables = contents(db)
    for name in ("fact_rating", "fact_rating__before"):
        db.rows(f"UPDATE {name} SET reason = NULL WHERE rater = 'human/eve'")
    return SentMigration(db, answer, tables, pieces, keys, ranges, expiries)


def copy_old_tables(client: bigquery.Client, template: str, dataset: str) -> None:
    create_old_tables(client, dataset)
    config = bigquery.CopyJobConfig(write_disposition="WRITE_TRUNCATE")
    for name in old_definitions():
        path = f"test.{dataset}.{name}"
        client.copy_table(f"test.{template}.{name}", path, job_config=config).result()


@pytest.fixture
def old(client: bigquery.Client, template: str) -> Iterator[Db]:
    """The same name for each test: the local BigQuery translates a text once."""
    copy_old_tables(client, template, DATASET)
    yield Db(client, DATASET)
    for name in (DATASET, f"{DATASET}__migration", f"{DATASET}__rebuild"):
        client.delete_dataset(name, delete_contents=True, not_found_ok=True)


def app(db: Db, **changes: Any) -> MigrationApp:
    return MigrationApp(db.client, db.dataset, lambda: DAY_0, **changes)


def names_in(db: Db) -> set[str]:
    return {table.table_id for table in db.client.list_tables(db.dataset)}


@pytest.mark.campaign
def test_the_statements_of_before_make_the_tables_of_before(client, template):
    create_old_tables(client, "older_by_statements")
    load_old_batches(client, "older_by_statements")

    assert old_rows(client, "older_by_statements") == stored_rows()
    assert old_rows(client, template) == stored_rows()


def test_old_tables_become_those_that_a_rebuild_makes(migrated, rebuilt):
    assert [*without_reason(migrated.tables)] == [*without_reason(rebuilt)]
    assert migrated.answer.rows == {name: len(rebuilt[name]) for name in CHANGED}
    datasets = {each.dataset_id for each in migrated.db.client.list_datasets()}
    assert "migrated__migration" not in datasets


def test_a_second_run_changes_nothing(migrated, monkeypatch):
    for method in CHANGES:
        monkeypatch.setattr(migrated.db.client, method, None)

    assert migrate(app(migrated.db)).rows == {}


def test_a_run_that_ended_before_it_labelled_its_tables_is_completed(migrated):
    db = migrated.db
    table = db.client.get_table(f"{db.dataset}.fact_rating")
    table.labels = {"app": "fact_rating"}
    db.client.update_table(table, ["labels"])
    db.client.create_dataset(f"{db.dataset}__migration")

    migrate(app(db))

    assert db.client.get_table(f"{db.dataset}.fact_rating").labels["partition"] == "id_day"
    assert f"{db.dataset}__migration" not in {each.dataset_id for each in db.client.list_datasets()}


@pytest.mark.campaign
def test_new_records_complete_migrated_rows(migrated, rebuilt):
    """Records that waited in the queue, older listings, and ratings that come once more."""
    Loader(migrated.db.client, "migrated", PRIMARY_RATERS).load(old_records()[::-1])

    assert contents(migrated.db) == rebuilt


@pytest.mark.campaign
def test_a_rebuild_from_an_old_lake_makes_the_same_tables(migrated, rebuilt):
    """The lake never holds two ratings of a kind, so those that were replaced are not there."""
    world = World(migrated.db)
    digests = {row["digest"] for row in rebuilt["fact_rating"]}
    for each in old_records():
        if not each.rating or table_rows([each])["fact_rating"][0]["digest"] in digests:
            world._keep(each)

    rebuild(world.app(primary_raters=PRIMARY_RATERS))

    assert contents(migrated.db) == rebuilt


def test_load_of_this_version_says_what_old_tables_need(client, template):
    with pytest.raises(Misconfigured, match="tta tables --migrate"):
        Loader(client, template, PRIMARY_RATERS).load([record(metrics=metrics())])


def test_a_row_that_is_in_no_lake_stays_as_it_was(migrated):
    (row,) = (row for row in migrated.tables["fact_rating"] if row["rater"] == "human/eve")

    assert row["reason"] == "by hand"


def test_a_statement_fills_no_more_partitions_than_bigquery_allows(migrated):
    pieces = [sql for sql in migrated.pieces if ".dim_video`" in sql.partition("(")[0]]

    assert len(pieces) == 4  # ten videos of ten days


def without_reason(tables: dict[str, list[dict[str, Any]]]) -> Iterator[list[dict[str, Any]]]:
    for name, rows in tables.items():
        yield [row | {"reason": None} for row in rows] if name == "fact_rating" else rows


# Interruptions


def kill_after(db: Db, patch: pytest.MonkeyPatch, is_last: Callable[[int, str], bool]) -> None:
    """End the run after the first change for which `is_last` (its number, what it says) holds."""
    count = iter(range(10_000))
    for method in CHANGES:
        real = getattr(db.client, method)

        def call(*arguments: Any, _real: Any = real, _method: str = method, **more: Any) -> Any:
            answer = _real(*arguments, **more)
            if _method == "copy_table":
                answer.result()
            if is_last(next(count), f"{_method} {' '.join(map(str, arguments))}"):
                raise KeyboardInterrupt
            return answer

        patch.setattr(db.client, method, call)


@pytest.mark.campaign
def test_a_migration_that_was_killed_twice_is_ended_by_the_next(old, rebuilt):
    for last_change in (
        "query ALTER TABLE `test.older.fact_video_analytics`",
        "delete_table test.older.fact_rating ",
    ):
        with pytest.MonkeyPatch.context() as patch:
            kill_after(
                old, patch, lambda _, change, last=last_change: f"{change} ".startswith(last)
            )
            with pytest.raises(KeyboardInterrupt):
                migrate(app(old))

    migrate(app(old))

    assert contents(old) == rebuilt


def test_a_copy_is_finished_when_all_tables_that_come_from_it_are_replaced():
    """Or a run that was killed between the two would never fill the other one."""
    order = list(COMPUTED)
    assert all(order.index(name) < order.index(source) for name, source in SOURCES.items())


@pytest.mark.parametrize(
    "name", ["dim_user", *(pytest.param(name, marks=pytest.mark.campaign) for name in SEVERAL)]
)
def test_a_table_that_was_created_anew_after_a_kill_is_filled_from_its_copy(old, rebuilt, name):
    """A deployment of the version before creates what is missing, without rows."""
    with pytest.MonkeyPatch.context() as patch:
        last = f"delete_table test.older.{name} "
        kill_after(old, patch, lambda _, change: f"{change} ".startswith(last))
        with pytest.raises(KeyboardInterrupt):
            migrate(app(old))
    fields = [bigquery.SchemaField.from_api_repr(column) for column in old_schema(name)]
    old.client.create_table(bigquery.Table(f"test.older.{name}", schema=fields))

    migrate(app(old))

    assert contents(old) == rebuilt


def test_a_table_that_lost_rows_after_a_kill_does_not_replace_its_copy(old):
    with pytest.MonkeyPatch.context() as patch:
        kill_after(old, patch, lambda _, change: change.startswith("create_dataset"))
        with pytest.raises(KeyboardInterrupt):
            migrate(app(old))
    old.rows("DELETE FROM dim_user WHERE user_key != 'unknown'")

    with pytest.raises(MigrationRefused, match="dim_user has 1 of the 7 rows of its copy"):
        migrate(app(old))

    assert len(old.rows("SELECT * FROM dim_user__before")) == 7


@pytest.mark.campaign
def test_a_migration_that_was_killed_after_any_change_is_ended_by_the_next(
    client, template, rebuilt
):
    """`pytest -m campaign tests/shared/warehouse/test_migration.py` takes five minutes."""
    number, is_over = 0, False
    while not is_over:
        for db in old.__wrapped__(client, template):
            with pytest.MonkeyPatch.context() as patch:
                kill_after(db, patch, lambda count, _, last=number: count == last)
                try:
                    migrate(app(db))
                    is_over = True
                except KeyboardInterrupt:
                    pass
            migrate(app(db))
            assert contents(db) == rebuilt, f"killed after change {number}"
        number += 1
    assert number > 50


def test_facts_that_load_wrote_after_the_last_swap_stay(old, rebuilt):
    with pytest.MonkeyPatch.context() as patch:
        last = "copy_table test.older__migration.fact_video_analytics"
        kill_after(old, patch, lambda _, change: change.startswith(last))
        with pytest.raises(KeyboardInterrupt):
            migrate(app(old))
    late = record("7300000000000000001", metrics=metrics(99, views=12_345))
    Loader(old.client, DATASET, PRIMARY_RATERS).load([late])

    migrate(app(old))

    assert old.fact("7300000000000000001")["views"] == 12_345
    assert len(contents(old)[FACT_TABLE]) == len(rebuilt[FACT_TABLE])


# Records that come meanwhile


@pytest.mark.campaign
@pytest.mark.parametrize("step", ["Filling dim_user …", "Replacing fact_rating …"])
def test_a_batch_of_the_old_load_is_not_acknowledged_and_comes_again(old, step):
    """Its last statement fails. So Pub/Sub keeps the records, and the new `load` gets them."""
    outcomes: list[str] = []

    def load_meanwhile(sentence: str) -> None:
        if sentence == step:
            try:
                merge_old_batch(old.client, DATASET, late_batch())
                outcomes.append("acknowledged")
            except BadRequest:
                outcomes.append("kept")

    migrate(app(old, on_progress=load_meanwhile))
    Loader(old.client, DATASET, PRIMARY_RATERS).load(late_records())

    assert outcomes == ["kept"]
    fact = old.fact("7300000000000000001")
    assert (fact["collected_at"], fact["views"]) == (at(50), 100)
    assert len(old.rows("SELECT video_id FROM dim_video WHERE caption = 'late'")) == 1
    assert old.fact("7499999999999999999")["rating_status"] == "rated"


def test_rows_erased_meanwhile_do_not_come_back(old):
    """What was read before the erasure is filled again; what is swapped in is erased again."""
    erasures = [0]

    def erase_meanwhile(sentence: str) -> None:
        if sentence == "Filling fact_rating …" and not erasures[0]:
            erasures[0] += 1
            for table in ("dim_video", "dim_video__before"):  # an erasure reads every table
                old.rows(f"DELETE FROM {table} WHERE video_id = '7300000000000000001'")
        erasures[0] += sentence == "Replacing fact_rating …"

    answer = migrate(app(old, erasures=lambda: erasures[0], on_progress=erase_meanwhile))

    assert old.rows("SELECT * FROM dim_video WHERE video_id = '7300000000000000001'") == []
    assert answer.is_overtaken


# What is refused


def test_rows_that_differ_are_not_swapped_in(old):
    before = names_in(old)

    def damaged_insert(*arguments: Any, **more: Any) -> Any:
        answer = real(*arguments, **more)
        if ".dim_video`" in arguments[2]:
            old.rows(
                "UPDATE `test.older__migration.dim_video` SET music_id = 'x' "
                "WHERE video_id = '7300000000000000001'"
            )
        return answer

    real = migration.run_dml
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "run_dml", damaged_insert)
        with pytest.raises(MigrationRefused, match=r"dim_video: 10 new rows do not equal 10 old"):
            migrate(app(old))

    assert before < names_in(old)
    assert "section" in columns(old, "dim_user")


@pytest.mark.campaign
def test_a_doubled_row_is_seen(old):
    real = migration.run_dml

    def twice(*arguments: Any, **more: Any) -> Any:
        real(*arguments, **more)
        return real(*arguments, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "run_dml", twice)
        with pytest.raises(MigrationRefused, match=r"dim_user: 14 new rows do not equal 7 old"):
            migrate(app(old))


def test_a_rebuild_that_is_not_finished_is_not_overtaken(old):
    old.client.create_dataset(f"{DATASET}__rebuild")

    with pytest.raises(MigrationRefused, match="older__rebuild"):
        migrate(app(old))

    assert HELD_NAME not in columns(old, FACT_TABLE)


def test_of_two_migrations_the_later_one_goes_on(old, rebuilt):
    def start_another(sentence: str) -> None:
        if sentence == "Replacing dim_user …":
            migrate(app(old))

    with pytest.raises(MigrationRefused, match="Another migration"):
        migrate(app(old, on_progress=start_another))

    assert contents(old) == rebuilt


# What stays


def columns(db: Db, table: str) -> list[str]:
    return [field.name for field in db.client.get_table(f"test.{db.dataset}.{table}").schema]


def test_the_old_tables_stay_for_a_week_so_that_a_person_can_go_back(migrated):
    copies = sorted(name for name in names_in(migrated.db) if name.endswith("__before"))

    assert copies == sorted(f"{name}__before" for name in old_definitions() if name != "dim_lang")
    assert migrated.expiries == dict.fromkeys(copies, DAY_0 + KEPT)
    assert timedelta(days=7) == KEPT
    rows = old_rows(migrated.db.client, "migrated", "__before")
    assert rows == {name: rows for name, rows in stored_rows().items() if name != "dim_lang"}


@pytest.mark.parametrize("name", CHANGED)
def test_a_migrated_table_is_described_as_terraform_describes_it(migrated, name):
    """Then the next `terraform apply` changes nothing."""
    table = migrated.db.client.get_table(f"test.migrated.{name}")
    definition = definitions()[name]

    assert [field.to_api_repr() | {"mode": field.mode} for field in table.schema] == [
        bigquery.SchemaField.from_api_repr(column).to_api_repr() | {"mode": column["mode"]}
        for column in schema(name)
    ]
    assert table.description == definition["description"]
    assert table.clustering_fields == definition["cluster"]
    assert migrated.keys[name] == constraints(f"test.migrated.{name}")
    partition = {"partition": definition["partition"]}  # as terraform/modules/warehouse/table does
    scores = {"scores": definition["scores"]} if "scores" in definition else {}
    assert table.labels == {"app": name.removesuffix("_detail")} | partition | scores
    if "buckets" in definition:
        assert migrated.ranges[name].field == definition["partition"]
        assert migrated.ranges[name].range_.end == definition["buckets"]
    else:
        assert table.time_partitioning.field == definition["partition"]


def test_an_estimate_changes_nothing_and_bills_nothing(client, template, rebuilt, monkeypatch):
    """It counts rows, which reads no column, and has BigQuery plan the rest."""
    statements: list[tuple[str, bool]] = []
    real = client.query

    def query(sql: str, job_config: bigquery.QueryJobConfig, **more: Any) -> Any:
        statements.append((sql, bool(job_config.dry_run)))
        return real(sql, job_config=job_config, **more)

    for method in CHANGES:
        monkeypatch.setattr(client, method, query if method == "query" else None)

    answer = estimate(app(Db(client, template)))

    assert answer.rows == {name: len(rebuilt[name]) for name in CHANGED}
    assert answer.bytes_billed > 0
    counts = {sql for sql, is_dry in statements if not is_dry}
    assert len(counts) == 5
    assert answer.averaged == len(rebuilt[FACT_TABLE])
    assert all(sql.startswith("SELECT COUNT(*) AS n FROM `") for sql in counts)


def test_a_project_without_tables_has_nothing_to_migrate(client):
    assert migrate(MigrationApp(client, "nowhere", lambda: DAY_0)).rows == {}


# On this machine


@pytest.fixture
def home(old: Db, monkeypatch: pytest.MonkeyPatch) -> Db:
    """The dataset of a local home that the version before has made."""
    label(old.client, {provision.DEFINITIONS: "before"})
    monkeypatch.setattr(provision.bigquery, "Client", lambda project: old.client)
    monkeypatch.setattr(old.client, "close", lambda: None)
    return old


def label(client: bigquery.Client, labels: dict[str, str]) -> None:
    dataset = client.get_dataset(DATASET)
    dataset.labels = dataset.labels | labels
    client.update_dataset(dataset, ["labels"])


def test_a_local_home_is_migrated_when_it_starts_and_keeps_the_old_tables_a_week(
    home, rebuilt, monkeypatch
):
    sentences: list[str] = []
    health = {"rating_health": views.templates()["rating_health"]}
    monkeypatch.setattr(views, "templates", lambda: health)  # all of them take a second

    make_tables("test", DATASET, sentences.append)
    make_tables("test", DATASET, sentences.append)

    assert contents(home) == rebuilt
    averaged, sentence = sentences
    rated = sum(row["rater"] is not None for row in rebuilt[FACT_TABLE])
    assert averaged.startswith(f"Averaged the answers about {rated} videos")
    rows = sum(len(rebuilt[name]) for name in CHANGED)
    assert sentence.startswith(f"Migrated 6 tables of an earlier version ({rows} rows). ")
    assert {"dim_user__before", "fact_rating__before"} < names_in(home)
    assert home.rows("SELECT COUNT(*) AS n FROM rating_health") != []  # a view of this version
    assert home.rows(f"SELECT * FROM {NEWER}") == []

    label(home.client, {provision.KEPT_UNTIL: "2026-01-01"})
    home.rows("CREATE TABLE mine__before AS SELECT 1 AS x")
    make_tables("test", DATASET)

    assert {name for name in names_in(home) if name.endswith("__before")} == {"mine__before"}
    assert contents(home) == rebuilt
    assert home.client.get_dataset(DATASET).labels[provision.KEPT_UNTIL] == ""


def test_a_start_after_a_kill_still_says_how_long_the_old_tables_stay(home):
    """The kill came after the migration, and before its label."""
    home.client.create_table(f"test.{DATASET}.dim_user__before")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migration, "migrate", lambda app: Migrated({}))
        patch.setattr(provision, "create_tables", lambda *_: None)
        patch.setattr(provision, "create_views", lambda *_: None)
        make_tables("test", DATASET)

    assert home.client.get_dataset(DATASET).labels[provision.KEPT_UNTIL] > "2026"
