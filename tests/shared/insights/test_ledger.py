"""The ledger: which plans came before this one on a table, and which were locked in time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from cli.ledger import LedgerFolder
from shared.insights.analysis import analyse
from shared.insights.ledger.entries import LedgerEntry, file_table, question_of
from shared.insights.ledger.ledger import Ledger
from shared.insights.ledger.runs import remember
from tests.fakes import LakeInMemory
from tests.insights_tables import plan, rows, table

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = "videos@tiktok"


@pytest.fixture(params=["lake", "folder"])
def store(request, tmp_path):
    return LakeInMemory() if request.param == "lake" else LedgerFolder(tmp_path / "home")


@pytest.fixture
def ledger(store):
    return Ledger(store)


def entry(name: str, hour: int, kind="run", measured: str = "", **values) -> LedgerEntry:
    """A plan's run or lock, so many hours after noon."""
    at = NOON + timedelta(hours=hour)
    keys = {"table": TABLE, "question": "surprise × views (count)"} | values
    return LedgerEntry(kind=kind, plan=name, plan_hash=name + measured, at=at, **keys)


def test_the_first_plan_has_no_other_before_it(ledger):
    history = ledger.add_run(entry("a", 0))

    assert history.earlier == ()
    assert history.sentences[1].startswith("The ledger has no other plan")


def test_the_same_plan_again_does_not_count(ledger):
    first = ledger.add_run(entry("a", 0))

    again = ledger.add_run(entry("a", 1))

    assert again == first
    assert len(ledger.entries()) == 1


def test_other_plans_count_with_the_day_of_the_first(ledger):
    for number, name in enumerate("abc"):
        ledger.add_run(entry(name, 24 * number))

    history = ledger.add_run(entry("d", 99))

    assert history.sentences[1] == (
        "3 other plans were run on these data before this one, the first on 2026-03-01. "
        "A p value below .05 is then no longer 1 in 20."
    )


def test_a_plan_that_runs_later_does_not_change_what_a_run_says(ledger):
    """So the page of a day is the same when it is made again."""
    before = ledger.add_run(entry("a", 0))
    ledger.add_run(entry("b", 1))

    assert ledger.add_run(entry("a", 2)) == before
    assert [run.plan for run in ledger.add_run(entry("b", 3)).earlier] == ["a"]


def test_another_measurement_under_the_same_plan_counts(ledger):
    ledger.add_run(entry("a", 0, measured="-gemini"))

    assert len(ledger.add_run(entry("a", 1, measured="-signals")).earlier) == 1


def test_plans_on_another_table_do_not_count(ledger):
    ledger.add_run(entry("a", 0, table="other"))
    ledger.add_run(entry("b", 0, table=f"{TABLE}2"))

    assert ledger.add_run(entry("c", 1)).earlier == ()


def test_a_copy_under_another_name_is_the_same_table(ledger):
    ledger.add_run(entry("a", 0, table="other", sha256="5" * 64))

    copied = entry("b", 1, sha256="5" * 64)

    assert len(ledger.add_run(copied, copies=True).earlier) == 1


def test_two_runs_at_once_are_both_kept_and_each_once(ledger):
    barrier = Barrier(8)

    def run(number: int) -> None:
        barrier.wait()
        ledger.add(entry(f"plan {number % 4}", number))

    threads = [Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(run.plan for run in ledger.entries()) == [f"plan {number}" for number in range(4)]


def test_a_plan_locked_before_any_run_is_confirmatory(ledger):
    ledger.add(entry("a", 0, "lock"))

    history = ledger.add_run(entry("a", 1))

    assert history.confirmatory
    assert history.sentences[0] == (
        "Confirmatory: the plan was locked on 2026-03-01, before these data were analysed."
    )


def test_without_a_lock_a_plan_is_exploratory(ledger):
    ledger.add(entry("b", 0, "lock"))

    history = ledger.add_run(entry("a", 1))

    assert not history.confirmatory
    assert history.sentences[0].startswith("Exploratory: the plan was not locked")


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_lock_after_any_run_comes_too_late(ledger, first):
    ledger.add_run(entry(first, 0))
    ledger.add(entry("a", 1, "lock"))

    history = ledger.add_run(entry("a", 2))

    assert not history.confirmatory
    assert "after these data had been analysed" in history.sentences[0]


def test_a_late_lock_is_in_time_for_videos_that_were_posted_after_it(ledger):
    ledger.add_run(entry("b", 0))
    ledger.add(entry("a", 1, "lock"))

    assert ledger.add_run(entry("a", 9), NOON + timedelta(hours=2)).confirmatory
    assert not ledger.add_run(entry("a", 9), NOON + timedelta(hours=1)).confirmatory


def test_a_lock_does_not_cover_a_second_measurement(ledger):
    ledger.add(entry("a", 0, "lock"))
    first = ledger.add_run(entry("a", 1, measured="-gemini"))

    second = ledger.add_run(entry("a", 2, measured="-signals"), NOON + timedelta(hours=1))

    assert (first.confirmatory, second.confirmatory) == (True, False)
    assert ledger.add_run(entry("a", 3, measured="-gemini")).confirmatory


def test_two_plans_may_be_locked(ledger):
    for name in "ab":
        ledger.add(entry(name, 0, "lock"))
    ledger.add_run(entry("a", 1))

    history = ledger.add_run(entry("b", 2))

    assert history.confirmatory and len(history.earlier) == 1


def test_what_others_put_there_is_passed_over(ledger, store):
    for number, content in enumerate((b"{", b"[]", b"{}", b"\xff", b'{"at": "yesterday"}')):
        store.write_once(f"ledger/videos%40tiktok/{number}.json", content)

    assert ledger.add_run(entry("a", 0)).earlier == ()


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ("videos-2026-02-02.csv", True),
        ("videos_20260202T101500Z.parquet", True),
        ("Videos.csv", True),
        ("videos2.csv", False),
        ("elsewhere/videos.csv", False),
    ],
)
def test_tomorrows_export_is_the_same_table(tmp_path, other, is_same):
    table_today = file_table(tmp_path / "videos-2026-02-01.csv")

    assert (file_table(tmp_path / other) == table_today) is is_same


def test_an_entry_names_no_file_person_or_place(tmp_path):
    secret = tmp_path / "anna" / "annas videos.csv"

    run = entry("a", 0, table=file_table(secret))

    assert "anna" not in f"{run.object_name} {run.content().decode()}"
    assert str(Path.home()) not in run.content().decode()


def test_a_file_of_the_ledger_can_be_read_by_its_owner_only(tmp_path):
    folder = LedgerFolder(tmp_path / "home")

    Ledger(folder).add(entry("a", 0))

    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "home").rglob("*")}
    assert modes == {0}


def test_an_analysis_is_remembered_with_its_hashes_and_question(store):
    of = plan(columns="[video_id, creator, views, likes, unexpectedness, created_at]")
    insights = analyse(table(rows(), of), of)

    assert remember(store, insights, TABLE, NOON) == remember(store, insights, TABLE, NOON)

    (run,) = Ledger(store).entries(TABLE)
    assert (run.plan, run.plan_hash) == (of.hash, insights.plan_hash)
    assert (run.question, run.at) == ("unexpectedness × views (count)", NOON)
    assert question_of(plan(primary="")) == "unexpectedness × views, likes"


def test_videos_posted_after_a_lock_make_a_late_lock_good(store):
    of = plan(columns="[video_id, creator, views, likes, unexpectedness, created_at]")
    insights = analyse(table(rows(), of), of)
    earliest = insights.gate.frame["created_at"].min().to_pydatetime()
    early = {"table": TABLE, "question": ""}
    Ledger(store).add(LedgerEntry("run", plan="b", plan_hash="b", at=earliest, **early))
    lock = LedgerEntry("lock", plan=of.hash, plan_hash=of.hash, at=earliest, **early)

    assert not _confirmatory_with(store, lock, insights)

    shifted = LedgerEntry(
        "lock", plan=of.hash, plan_hash="x", at=earliest - timedelta(days=1), **early
    )
    Ledger(store).add(LedgerEntry("run", plan="c", plan_hash="c", at=shifted.at, **early))
    assert _confirmatory_with(store, shifted, insights)


def _confirmatory_with(store, lock: LedgerEntry, insights) -> bool:
    Ledger(store).add(lock)
    return remember(store, insights, TABLE, NOON + timedelta(days=400)).confirmatory
