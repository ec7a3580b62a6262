"""The tables of the interleavings do what the real statements do, on random batches."""

import random
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from shared.erasure.rows import WarehouseRows
from shared.erasure.targets import TargetNames
from shared.privacy.mentions import ERASED
from shared.privacy.redaction import Redaction
from shared.rating_section import Rating
from shared.rubric_values import Values
from shared.warehouse.loader import FACT_TABLE, SECTION_TABLES, Loader
from shared.warehouse.tables import definitions
from tests.fakes import LakeInMemory, tombstones_in
from tests.interleavings.warehouse import RowsInMemory, TablesInMemory, merge_in_memory
from tests.records import creator, curve, metrics, no_media, rating, record, video

NAME = "ada.lovely"
VIDEOS = [f"730000000000000000{number}" for number in range(1, 5)]
RATERS = ("gemini/", "signals/")
CAPTIONS = ("a cat and a dog", f"dancing with @{NAME} again", f"{NAME}", "Ein Hund läuft hier", "")


def random_record(dice):
    """Any sections, at few times, so that some are older, as new, or the same."""
    sections = {}
    if dice.random() < 0.7:
        language = dice.choice((None, "en", "pt-BR"))
        sections["video"] = video(
            dice.randrange(3),
            creator_id=dice.choice((NAME, "bob", "cyd")),
            caption=dice.choice(CAPTIONS),
            hashtags=tuple(dice.sample(("x", NAME, "cat"), 2)),
            language=language,
            duration_s=dice.choice((None, 9.5)),
            url=f"https://www.tiktok.com/@{NAME}/video/1",
        )
    if dice.random() < 0.5:
        who = dice.choice((NAME, "bob", "cyd"))
        bio = dice.choice((None, f"friend of @{NAME}"))
        sections["creator"] = creator(dice.randrange(3), who, username=who, bio=bio)
    if dice.random() < 0.5:
        flags = dice.choice(((), ("vanished",)))
        views, watched_s = dice.choice((None, 0, 1, 2)), dice.choice((None, 4.5, 9.0))
        sections["metrics"] = metrics(
            dice.randrange(4), views=views, average_watch_s=watched_s, flags=flags
        )
    if dice.random() < 0.3:
        sections["retention"] = random_curve(dice)
    if dice.random() < 0.6 or not sections:
        sections["rating"] = random_rating(dice)
    return record(dice.choice(VIDEOS), **sections)


def random_curve(dice):
    shares = tuple(dice.choice((None, 0.5, 0.6)) for _ in range(3))
    return curve(
        dice.randrange(4),
        *(*shares, dice.choice((None, 0.4)), 0.3),
        viewers=dice.choice((None, 10, 20)),
        flags=dice.choice(((), ("long",), ("rising",))),
    )


def random_rating(dice) -> Rating:
    hours, score = dice.randrange(3), dice.choice((None, 50, 70))
    if dice.random() < 0.2:
        return no_media(hours)
    text = dice.choice((None, f"@{NAME} falls"))
    values = score and Values(
        unexpectedness=score, violation=text, language=dice.choice((None, "de"))
    )
    rater = dice.choice(("gemini/a/1", "gemini/a/1+caption", "signals/1.0", "human/eve"))
    return rating(hours, score, rater=rater, values=values, replicate=dice.randrange(2))


@pytest.fixture
def tables():
    tables = TablesInMemory()
    tables.create("live")
    return tables


def both(db, tables):
    """All rows of both, as they compare."""
    real = db.tables()
    ours = {
        name: sorted(
            tables.rows("live", name),
            key=lambda row: [row[column] for column in definitions()[name]["key"]],
        )
        for name in (*SECTION_TABLES, FACT_TABLE)
    }
    return real, ours


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.campaign) for seed in (1, 2))]
)
def test_batches_and_erasures_give_the_same_rows(db, tables, seed):
    dice = random.Random(seed)
    for _ in range(4):
        batch = [random_record(dice) for _ in range(dice.randrange(1, 9))]
        Loader(db.client, db.dataset, RATERS).load(batch)
        with patch("shared.warehouse.loader.run_statement", merge_in_memory):
            Loader(tables, "live", RATERS).load(batch)
    real, ours = both(db, tables)
    assert ours == real

    lake = LakeInMemory()
    tombstones = tombstones_in(lake)
    real_rows, rows = WarehouseRows(db.client, db.dataset), RowsInMemory(tables, "live")
    assert rows.names_of([NAME]) == real_rows.names_of([NAME])
    videos = sorted(real_rows.videos_of([NAME]))
    assert sorted(rows.videos_of([NAME])) == videos
    redaction = Redaction(TargetNames([NAME], videos, tombstones))
    everything = seed % 2 == 0
    affected = rows.affected([NAME], videos, redaction, everything)
    real_affected = real_rows.affected([NAME], videos, redaction, everything)
    assert affected == real_affected
    assert affected == rows.affected([NAME], videos, redaction, not everything)
    assert rows.videos_of_keys(affected.creators) == real_rows.videos_of_keys(affected.creators)
    asked = [*VIDEOS, "5"]
    assert rows.unlisted(asked) == real_rows.unlisted(asked)
    assert rows.vanished() == real_rows.vanished()
    assert rows.delete(affected) == real_rows.delete(real_affected)
    assert rows.redact(affected) == real_rows.redact(real_affected)

    real, ours = both(db, tables)
    assert ours == real
    assert NAME not in repr(ours)
    assert ERASED in repr(ours)


def test_a_copy_job_runs_once(tables):
    tables.create("shadow")
    parameter = SimpleNamespace(name="rows", value='[{"lang_key": "en", "language": "en"}]')
    merge_in_memory(tables, "p.shadow", "", "dim_lang", [parameter])

    tables.copy("shadow", "live", "dim_lang", "job")
    tables.datasets["live"]["dim_lang"].clear()
    tables.copy("shadow", "live", "dim_lang", "job")

    assert tables.rows("live", "dim_lang") == []
