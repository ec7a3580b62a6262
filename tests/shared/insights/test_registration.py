"""A plan that names raters, and models released after it, is confirmatory for these alone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.insights.analysis import analyse
from shared.insights.ledger.entries import LedgerEntry
from shared.insights.ledger.ledger import Ledger
from shared.insights.ledger.registration import is_eligible, registration
from shared.insights.ledger.runs import model_release, remember
from shared.insights.plan import BadPlan
from shared.rating.gemini.models import served_models
from tests.fakes import LakeInMemory
from tests.insights_tables import ONE_OUTCOME, plan, rows, table

NEW = "gemini/gemini-3.8-flash/2.0"  # released on 2026-09-02
OLD = "gemini/gemini-3.5-flash/2.0"  # released on 2026-05-19
LOCKED = datetime(2026, 8, 20, 12, tzinfo=UTC)
TABLE = "videos@tiktok"
COLUMNS = "[video_id, creator, views, likes, unexpectedness, created_at, rater]"
KEYS = {"raters": "[gemini/]", "first_released_after": "2026-08-01"}


def registered(**keys: str):
    return plan(columns=COLUMNS, **(ONE_OUTCOME | (keys or KEYS)))


def insights_of(raters, of):
    """An analysis of videos that these raters rated in turn."""
    few = rows(60, 12)
    videos = [row | {"rater": raters[number % len(raters)]} for number, row in enumerate(few)]
    return analyse(table(videos, of), of)


def history_of(*raters, of=None, locked=LOCKED, store=None, days=60):
    of = of or registered()
    store = store if store is not None else LakeInMemory()
    if locked is not None:
        lock = LedgerEntry("lock", TABLE, of.hash, of.hash, "", locked)
        Ledger(store).add(lock)
    return remember(store, insights_of(raters, of), TABLE, LOCKED + timedelta(days=days))


def test_a_plan_locked_before_its_model_was_released_is_confirmatory():
    history = history_of(NEW)

    assert history.sentences[0] == (
        "Confirmatory: the plan was locked on 2026-08-20, before the model of "
        "gemini/gemini-3.8-flash/2.0 was released on 2026-09-02."
    )
    assert history.document()["verdict"] == "confirmatory"
    assert history.method.startswith("The analysis is confirmatory: the plan was locked on")


@pytest.mark.parametrize(
    ("raters", "locked", "reason"),
    [
        ((NEW,), None, "the plan was not locked before the data were analysed (`tta plan lock`)."),
        ((NEW, "human/eve"), LOCKED, "but human/eve is not among the raters that the plan names."),
        ((f"{NEW}+caption",), LOCKED, f"but {NEW}+caption is not among the raters that"),
        (
            ("gemini/gemini-9-ultra/2.0",),
            LOCKED,
            "but no release date of the model of gemini/gemini-9-ultra/2.0 is in "
            "shared/rating/gemini/models.toml.",
        ),
        ((NEW, OLD), LOCKED, f"but the model of {OLD} was released on 2026-05-19, not after 2026-"),
        (
            (NEW,),
            datetime(2026, 9, 2, tzinfo=UTC),
            f"locked on 2026-09-02, after the model of {NEW} was released on 2026-09-02.",
        ),
    ],
)
def test_otherwise_it_is_exploratory_for_the_reason_that_fails(raters, locked, reason):
    history = history_of(*raters, locked=locked)

    assert history.sentences[0].startswith("Exploratory: the plan was ")
    assert reason in history.sentences[0]
    assert history.document()["verdict"] == "exploratory"


def test_ratings_that_do_not_say_who_rated_are_exploratory():
    of = registered()
    videos = [row | {"rater": None} for row in rows(60, 12)]
    store = LakeInMemory()
    Ledger(store).add(LedgerEntry("lock", TABLE, of.hash, of.hash, "", LOCKED))

    history = remember(store, analyse(table(videos, of), of), TABLE, LOCKED + timedelta(days=60))

    assert "but the ratings do not say who rated" in history.sentences[0]


def test_one_rating_that_does_not_say_who_rated_makes_a_run_exploratory():
    """Ratings by an old model could hide in rows without a name."""
    history = history_of(NEW, None)

    assert "but some ratings do not say who rated" in history.sentences[0]


def test_scores_from_elsewhere_are_not_by_the_raters_of_the_table():
    """`--ratings` can give the scores of people to a table that names a new model."""
    store, of = LakeInMemory(), registered()
    Ledger(store).add(LedgerEntry("lock", TABLE, of.hash, of.hash, "", LOCKED))
    at = LOCKED + timedelta(days=60)

    history = remember(store, insights_of([NEW], of), TABLE, at, joined=["unexpectedness"])

    assert "but the ratings do not say who rated" in history.sentences[0]


def locked_after_data(of):
    """A lake in which these videos were analysed before the plan was locked."""
    store = LakeInMemory()
    Ledger(store).add(LedgerEntry("run", TABLE, "b", "b", "", LOCKED - timedelta(days=9)))
    return history_of(NEW, of=of, store=store)


def test_a_new_model_makes_nothing_new_of_a_predictor_that_it_does_not_rate():
    """The likes were there before the model, so the plan could be chosen by them."""
    primary = "{predictor: likes, outcome: views, scale: count}"
    of = registered(predictors="[likes]", primary=primary, **KEYS)

    late = locked_after_data(of).sentences[0]
    assert "after these data had been analysed, and likes is no rating by the model" in late
    assert locked_after_data(registered()).confirmatory
    assert history_of(NEW, of=of).sentences[0].endswith("before these data were analysed.")


def test_a_difference_of_ratings_is_a_rating():
    two = "[video_id, creator, views, likes, unexpectedness, expectation_gap, created_at, rater]"
    mixed = {
        "differences": "{gap: [unexpectedness, likes]}",
        "predictors": "[gap]",
        "outcomes": "[views]",
        "exposure": "",
        "primary": "{predictor: gap, outcome: views, scale: count}",
    }
    rated = mixed | {"differences": "{gap: [unexpectedness, expectation_gap]}"}

    plans = [plan(columns=two, **keys, **KEYS) for keys in (mixed, rated)]

    compared = [registration(each, [NEW], model_release) for each in plans]
    assert [each.known_before for each in compared] == ["gap", ""]


def test_a_run_with_an_earlier_model_does_not_spoil_the_next_one():
    """The daily report runs every day, long before the model that the plan waits for."""
    store = LakeInMemory()

    before = history_of(OLD, store=store)
    after = history_of(NEW, store=store, locked=None, days=61)

    assert (before.confirmatory, after.confirmatory) == (False, True)


def test_of_several_eligible_models_the_first_that_was_run_counts():
    store = LakeInMemory()
    first = history_of(NEW, store=store)

    both = history_of(NEW, "gemini/gemini-3.8-flash/2.1", store=store, locked=None, days=61)

    assert (first.confirmatory, both.confirmatory) == (True, False)
    assert "another measurement under it came first" in both.sentences[0]


def test_a_plan_that_names_raters_alone_must_still_be_locked_before_its_data():
    of = registered(raters="[signals/]")

    assert history_of("signals/1.0", of=of).confirmatory
    other = LedgerEntry("run", TABLE, "b", "b", "", LOCKED - timedelta(days=900))
    store = LakeInMemory()
    Ledger(store).add(other)
    late = history_of("signals/1.0", of=of, store=store)
    assert "after these data had been analysed" in late.sentences[0]


def test_an_entry_of_a_run_says_whether_its_raters_fit_and_not_who_they_are():
    store = LakeInMemory()
    history_of("human/eve", store=store)

    (run,) = (entry for entry in Ledger(store).entries(TABLE) if entry.kind == "run")
    assert not run.is_eligible
    assert b"eve" not in run.content()


def test_a_plan_without_these_keys_has_the_hash_that_it_had():
    assert "raters" not in plan().model_dump(exclude_defaults=True)
    assert registered().hash != plan(columns=COLUMNS).hash


@pytest.mark.parametrize("key", KEYS)
def test_the_keys_need_the_column_that_names_the_rater(key):
    with pytest.raises(BadPlan, match=rf"{key} needs columns\.rater, the column that names who"):
        plan(**{key: KEYS[key]})


@pytest.mark.parametrize("value", ["next summer", "7", "2026-08-01 10:00"])
def test_a_day_is_a_day(value):
    with pytest.raises(BadPlan, match="first_released_after"):
        registered(first_released_after=value)


def test_a_rater_that_saw_more_is_eligible_only_where_it_is_named():
    assert is_eligible("gemini/m/2.0", ["gemini/"])
    assert not is_eligible("gemini/m/2.0+rag", ["gemini/"])
    assert is_eligible("gemini/m/2.0+rag", ["gemini/m/2.0+rag"])


def test_releases_are_read_from_the_dated_table():
    assert model_release(NEW) == date(2026, 9, 2)
    assert model_release("gemini/gemini-3.8-flash/2.0+wording-b") == date(2026, 9, 2)
    assert model_release("signals/1.0") is None
    priced = {name for term in served_models().model for name in term.names}
    assert not [name for name in priced if served_models().released(name) is None]
    assert all(entry.source for entry in served_models().release)
