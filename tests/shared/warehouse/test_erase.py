"""What is erased leaves lake and warehouse, others stay, and nothing brings it back."""

import base64
import json
from contextlib import suppress

import pytest

from shared.erasure.app import CannotErase, ErasureApp, ErasureRequest
from shared.erasure.erase import erase, survey, take_back, target_of
from shared.erasure.text_changes import patterns
from shared.privacy.pseudonym import pseudonym
from shared.storage.layout import metadata_name, retention_name, snapshot_name
from shared.warehouse import rebuild
from shared.warehouse.client import bigquery
from tests.fakes import LakeInMemory, tombstones_in
from tests.mentioned import FOUND, NAMES
from tests.records import DAY_0, at, creator, curve, metrics, rating, record, video
from tests.shared.warehouse.in_memory import IN_BIGQUERY, PLACES, db_at

GONE, OTHER, LATE = (f"730000000000000000{n}" for n in (1, 2, 3))
NAME = "ada.l"
OTHERS = [
    pytest.param(name, marks=pytest.mark.campaign)
    for name in ("3.5", "signals", "00z", "11", "cats_2026")
]


class World:
    """A lake and tables with a creator to erase and one to keep, who mentions the first."""

    def __init__(self, db, most_objects):
        self.db = db
        self.most_objects = most_objects
        self.lake = LakeInMemory()
        self.tombstones = tombstones_in(self.lake)
        self.waited = 0.0
        self.gone = record(
            GONE, video=video(creator_id=NAME), creator=creator(creator_id=NAME, username=NAME),
            metrics=metrics(),
        )  # fmt: skip
        caption = "Danke @ada.l für dieses Video, es ist wirklich sehr lustig"
        self.other = record(
            OTHER,
            video=video(creator_id="bob", caption=caption, hashtags=("x", "ada.l")),
            creator=creator(creator_id="bob", bio="\nada.l's friend"),
            metrics=metrics(),
        )
        for each in (self.gone, self.other):
            self.lake.write_once(metadata_name(each.video_id), each.to_json())
        later = record(GONE, metrics=metrics(5, views=9))
        self.lake.write_once(snapshot_name(GONE, at(5)), later.to_json())
        rated = record(GONE, rating=rating())
        curves = [record(each, retention=curve(0, 1.0, 0.8, 0.5)) for each in (GONE, OTHER)]
        for each in curves:
            self.lake.write_once(retention_name(each.video_id, DAY_0), each.to_json())
        self.loaded = [self.gone, self.other, later, rated, *curves]
        db.load(*self.loaded)
        for name, content in self.objects().items():
            self.lake.put(
                name, content if isinstance(content, bytes) else json.dumps(content).encode()
            )

    def objects(self):
        """Every kind of object in which something can be named."""
        page = [{"id": int(GONE), "username": NAME}, {"id": int(OTHER), "username": "bob"}]
        return {
            f"videos/{GONE}.mp4": b"media",
            f"videos/{OTHER}.mp4": b"media",
            f"frames/{GONE}/1.jpg": b"picture",
            f"ratings/{GONE}/1/signals/1.0/abcd/0.json": {"status": "rated"},
            f"answers/{GONE}/1/gemini/x/abcd/0/1.json": {},
            f"raw/upload/2026-11-01/{GONE}-0123456789abcdef.json": {},
            f"raw/research/2026-11-01/creators/{NAME}.json": {"username": NAME},
            "raw/research/2026-11-01/creators/bob.json": {"username": "bob"},
            "raw/research/2026-11-01/cats/p.json": {"answer": {"data": {"videos": page}}},
            "state/cats.json": {
                "outbox": [],
                "media_due": [{"video_id": GONE, "username": NAME}],
                "no_media": {"deleted": [GONE, OTHER]},
                "recent": [f"{GONE} 1 2"],
            },
            "state/_ages/cats.json": {"videos": {GONE: [1, 2], OTHER: [1, 2]}, "missed": {}},
            "failed/load/m1.json": {"data": _base64(self.gone.to_json()), "reason": "x"},
            "failed/load/m3.json": {"data": _base64(curves_of(GONE)), "reason": "x"},
            "parked/load/e3.json": {"data": _base64(curves_of(GONE)), "attributes": {}},
            "failed/load/m2.json": {"data": _base64(self.other.to_json()), "reason": "x"},
            f"failed/fetch/media%2F{GONE}.json": {"reason": "unreachable"},
            "parked/analyze/e1.json": {"attributes": {"objectId": f"videos/{GONE}.mp4"}},
            "parked/analyze/e2.json": {"attributes": {"objectId": f"videos/{OTHER}.mp4"}},
            "batches/1/plan-00000.jsonl": b'{"video_id": "%s"}\n{"video_id": "%s"}\n'
            % (GONE.encode(), OTHER.encode()),
            "manifests/a.csv": (
                f'id,author,body\n{GONE},x,"a\nb"\n4,{NAME},c\n{OTHER},bob,d\n'
            ).encode(),
            "reports/2026-11-01/report.html": f'<td title="{NAME}">x</td>'.encode(),
            "reports/2026-11-02/report.html": b"<td>nobody</td>",
            f"tokens/{NAME}": b"secret",
            "config/collections.yaml": b"collections: {}\n",
        }

    def app(self):
        return ErasureApp(
            lake=self.lake,
            rows=self.db.erasable_rows(),
            tombstones=self.tombstones,
            pseudonym=lambda name: pseudonym("key", name),
            clock=lambda: DAY_0,
            sleep=self.sleep,
            most_objects=self.most_objects,
        )

    def sleep(self, seconds):
        self.waited += seconds

    def erase(self, **fields):
        return erase(target_of(self.request(**fields), self.app()), self.app())

    def survey(self, **fields):
        return survey(self.request(**fields), self.app())

    def request(self, **fields):
        return ErasureRequest(**{"creators": (NAME,)} | fields)

    def everything(self):
        """All that lake and tables say, in one text."""
        objects = (name + stored.content.decode() for name, stored in self.lake.objects.items())
        return "\n".join([*objects, json.dumps(self.db.tables(), default=str)])


def curves_of(video_id):
    return record(video_id, retention=curve(0, 1.0, 0.8, 0.5)).to_json()


def _base64(data):
    return base64.b64encode(data).decode()


@pytest.fixture(params=[1_000, 0], ids=["everything is read", "pointed"])
def most_objects(request):
    return request.param


@pytest.fixture(params=PLACES)
def world(request, most_objects):
    with db_at(request.param, request) as db:
        yield World(db, most_objects)


on_bigquery = pytest.mark.parametrize("world", [IN_BIGQUERY], indirect=True)


@on_bigquery
def test_nothing_names_an_erased_creator_or_the_videos_and_others_stay(world):
    report = world.erase()

    texts = world.everything()
    assert NAME not in texts.casefold()
    assert GONE not in texts
    assert (report.videos, report.remaining, report.by_hand) == (1, [], [])
    remaining = set(world.lake.objects)
    assert f"videos/{OTHER}.mp4" in remaining
    assert {"failed/load/m2.json", "parked/analyze/e2.json"} <= remaining
    assert "reports/2026-11-02/report.html" in remaining
    assert world.lake.read("manifests/a.csv").decode() == f"id,author,body\n{OTHER},bob,d\n"
    assert json.loads(world.lake.read("state/_ages/cats.json"))["videos"] == {OTHER: [1, 2]}
    (row,) = world.db.rows("SELECT caption, hashtags FROM dim_video")
    assert row["caption"].startswith("Danke @[erased] für")
    assert row["hashtags"] == ["x", "[erased]"]
    assert [row["video_id"] for row in world.db.rows("SELECT * FROM fact_retention")] == [OTHER] * 3
    assert remaining >= {retention_name(OTHER, DAY_0)}
    assert world.waited > 10


def test_a_message_of_another_that_mentions_the_name_is_kept_without_it(world):
    world.erase()

    entry = json.loads(world.lake.read("failed/load/m2.json"))
    caption = json.loads(base64.b64decode(entry["data"]))["video"]["caption"]
    assert caption.startswith("Danke @[erased] für")


def test_a_second_run_changes_nothing_and_proves_it(world):
    world.erase()
    before, tables = dict(world.lake.objects), world.db.tables()

    report = world.erase()

    assert (report.objects, report.rows, report.remaining, report.tombstones) == ({}, {}, [], 0)
    after = {**world.lake.objects, "tombstones/changed": before["tombstones/changed"]}
    assert after == before
    assert world.db.tables() == tables
    assert report.objects_scanned + report.objects_unread <= len(before)
    if world.most_objects:
        assert report.objects_scanned == len(before)


@on_bigquery
def test_whatever_arrives_later_is_dropped_and_a_rebuild_gives_the_same_rows(world):
    world.erase()
    tables = world.db.tables()

    late = record(LATE, video=video(creator_id=NAME), metrics=metrics())
    redacted = [world.tombstones.redact(each) for each in (*world.loaded, late)]
    world.db.load(*(each for each in redacted if each))
    assert world.db.tables() == tables

    world.db.rows("DELETE FROM dim_video WHERE TRUE")
    rebuild.rebuild(
        rebuild.RebuildApp(
            lake=world.lake,
            tombstones=world.tombstones,
            client=world.db.client,
            dataset=world.db.dataset,
            primary_raters=world.db.primary_raters,
            clock=lambda: DAY_0,
            sleep=lambda seconds: None,
        )
    )
    assert world.db.tables() == tables


def test_killed_after_some_of_it_the_same_command_ends_it(world):
    calls = 0
    delete = world.lake.delete

    def die(name, generation=None):
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return delete(name, generation)

    world.lake.delete = die
    with pytest.raises(KeyboardInterrupt):
        world.erase()
    world.lake.delete = delete
    world.lake.delete(metadata_name(GONE))  # whatever says whose the video is
    world.waited = 0.0

    world.erase()

    assert world.waited > 10  # nobody knows when the tombstones were written

    assert NAME not in world.everything().casefold()
    assert GONE not in world.everything()


@pytest.mark.parametrize("change", range(1, 8))
def test_killed_between_rows_the_same_command_still_finds_the_video(world, change):
    """Only the tables say whose the video is: its listing is gone."""
    world.lake.delete(metadata_name(GONE))
    app, calls = world.app(), 0
    really_change = app.rows._change

    def die(statement, **parameters):
        nonlocal calls
        calls += 1
        if calls == change:
            raise KeyboardInterrupt
        return really_change(statement, **parameters)

    app.rows._change = die
    with suppress(KeyboardInterrupt):
        erase(target_of(world.request(), app), app)
    app.rows._change = really_change

    erase(target_of(world.request(), app), app)

    assert NAME not in world.everything().casefold()
    assert GONE not in world.everything()


def test_a_video_alone_goes_without_its_creator(world):
    world.erase(creators=(), videos=(GONE,))

    assert GONE not in world.everything()
    assert NAME in {row["user_key"] for row in world.db.tables()["dim_user"]}


@on_bigquery
def test_vanished_videos_are_those_that_their_source_no_longer_has(world):
    world.db.load(record(GONE, metrics=metrics(9, views=None, flags=("vanished",))))

    world.erase(creators=(), vanished=True)

    assert [row["video_id"] for row in world.db.rows("SELECT video_id FROM dim_video")] == [OTHER]


@on_bigquery
def test_a_pseudonymised_creator_is_erased_by_the_plain_name(world):
    alias = pseudonym("key", NAME)
    world.db.load(record(LATE, video=video(creator_id=alias), creator=creator(creator_id=alias)))

    world.erase()

    assert alias not in world.everything()
    assert LATE not in world.everything()


def test_what_people_wrote_is_told_and_left_to_them(world):
    content = b"collections: {cats: {usernames: ['@ada.l'], start_date: 2026-01-01}}\n"
    world.lake.put("config/collections.yaml", content)

    report = world.erase()

    assert (report.by_hand, report.remaining) == (["config/collections.yaml"], [])
    assert world.lake.read("config/collections.yaml") == content


def test_an_object_that_somebody_writes_meanwhile_is_looked_at_again(world):
    delete, name = world.lake.delete, f"videos/{GONE}.mp4"
    written = []

    def overtaken(deleted, generation=None):
        if deleted == name and not written:
            written.append(name)
            world.lake.put(name, b"again")
        return delete(deleted, generation)

    world.lake.delete = overtaken

    report = world.erase()

    assert (report.objects["changed"], report.remaining) == (1, [])
    assert world.lake.read(name) is None


def test_a_rebuild_at_work_must_end_first(world):
    world.lake.put("state/_rebuild.json", b"{}")

    with pytest.raises(CannotErase, match="rebuild"):
        world.erase()

    assert list(world.lake.names("tombstones/")) == []


def test_a_rebuild_that_begins_before_the_tombstones_are_seen_must_end_first(world):
    def begin(seconds):
        world.lake.put("state/_rebuild.json", b"{}")

    world.sleep = begin
    before = set(world.lake.objects)

    with pytest.raises(CannotErase, match="tombstones are written"):
        world.erase()

    assert before <= set(world.lake.objects)
    world.lake.delete("state/_rebuild.json")
    world.sleep = lambda seconds: None
    assert world.erase().remaining == []


@on_bigquery
@pytest.mark.parametrize("name", [pytest.param("6801", marks=pytest.mark.campaign), "Ada_L"])
def test_a_creator_whose_id_is_not_the_username_is_erased_by_either(world, name):
    account = creator(creator_id="6801", username="ada_l")
    late = record(LATE, video=video(creator_id="6801"), creator=account, metrics=metrics())
    world.db.load(late)
    world.lake.write_once(metadata_name(LATE), late.to_json())

    report = world.erase(creators=(name,))

    assert (report.videos, report.remaining) == (1, [])
    assert not {"6801", "ada_l", LATE} & set(world.everything().replace('"', " ").split())
    assert NAME in world.everything()


def test_a_survey_shows_where_the_name_stands_and_changes_nothing(world):
    before, tables = dict(world.lake.objects), world.db.tables()

    seen = world.survey()

    fields = {(source, name): count for source, name, count, _ in seen.by_field()}
    assert fields["metadata", "name"] == 1
    assert fields["metadata", "caption"] == 1
    assert fields["dim_video", "caption"] == 1
    assert fields["dim_user", "user_key"] == 1
    assert ("manifests/a.csv", "rewrite") in seen.changes
    assert seen.unknown == ()
    assert (world.lake.objects, world.db.tables()) == (before, tables)


def test_a_name_that_nobody_has_is_unknown_unless_it_was_erased_before(world):
    seen = world.survey(creators=(NAME, "ada.m"), videos=(LATE,))

    assert seen.unknown == ("ada.m", LATE)
    world.erase()
    assert world.survey().unknown == ()


def test_an_erasure_that_is_taken_back_lets_what_is_restored_in_again(world):
    app, request = world.app(), world.request()
    before = dict(world.lake.objects)
    world.erase()
    world.lake.objects.update(before)

    assert take_back(target_of(request, app), app) > 0

    assert world.tombstones.redact(world.gone) is world.gone


@on_bigquery
@pytest.mark.parametrize("name", ["2026", *OTHERS])
def test_a_name_that_looks_like_something_else_changes_nothing_of_others(world, name):
    listing = video(hours=11, creator_id="carol", caption="11 in 2026", collection="cats_2026")
    world.db.load(record(LATE, video=listing, metrics=metrics(11, views=2026), rating=rating(3.5)))
    world.db.load(record(GONE, video=video(9, creator_id=name)))
    tables = {
        table: [row for row in rows if GONE not in row.values() and row.get("user_key") != name]
        for table, rows in world.db.tables().items()
    }

    assert world.erase(creators=(name,)).remaining == []

    assert world.db.tables() == tables


@on_bigquery
def test_what_bigquery_selects_holds_every_text_in_which_a_name_is_found(world):
    """RE2 of the local engine and Python, which decides."""
    pattern = patterns(NAMES, [GONE])[0]
    config = bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ArrayQueryParameter("texts", "STRING", [text for text, _ in FOUND]),
            bigquery.ScalarQueryParameter("pattern", "STRING", pattern),
        ]
    )
    statement = "SELECT text FROM UNNEST(@texts) AS text WHERE REGEXP_CONTAINS(text, @pattern)"

    rows = world.db.client.query(statement, job_config=config).result()

    assert {row["text"] for row in rows} == {text for text, _ in FOUND}


def test_what_is_no_id_is_refused_before_anything_is_written(world):
    with pytest.raises(CannotErase, match="not a video id"):
        world.erase(creators=(), videos=("../x",))

    assert list(world.lake.names("tombstones/")) == []


def test_what_is_no_name_is_refused_before_anything_is_written(world):
    for name in ("", "@", "@@", " ", ".", "-", "Unknown", " @UNKNOWN"):
        with pytest.raises(CannotErase, match="creator"):
            world.erase(creators=(NAME, name))

    assert list(world.lake.names("tombstones/")) == []


@on_bigquery
def test_creators_that_a_manifest_brought_are_erased_whatever_the_name(world):
    names = {f"{int(LATE) + at}": name for at, name in enumerate(("Ana María", "李雷", "__", "x"))}
    world.db.load(
        *(
            record(video_id, video=video(creator_id=name), creator=creator(creator_id=name))
            for video_id, name in names.items()
        )
    )

    assert world.erase(creators=tuple(names.values())).videos == len(names)

    rows = world.db.rows("SELECT video_id FROM dim_video")
    assert not names.keys() & {row["video_id"] for row in rows}


@pytest.mark.parametrize("key", ["unknown", "@"])
def test_a_creator_whose_id_a_list_does_not_know_takes_nobody_else_along(world, key):
    """A list gave `unknown` or `@` as the id of the account. A tombstone of that is everybody's."""
    hers, of_nobody = "7300000000000000061", "7300000000000000062"
    listing = record(
        hers, video=video(creator_id="quux.88"), creator=creator(0, key, username="quux.88")
    )
    nobodys = record(of_nobody, video=video(creator_id="unknown"))
    for each in (listing, nobodys):
        world.lake.put(metadata_name(each.video_id), each.to_json())
    world.db.load(listing, nobodys)

    target = target_of(world.request(creators=("quux.88",)), world.app())

    assert not {key, "unknown", ""} & set(target.names)
    assert target.videos == (hers,)


@pytest.mark.parametrize("folder", ["metadata", "state"])
def test_a_post_that_was_listed_while_a_person_was_asked_goes_too(world, folder):
    target = target_of(world.request(), world.app())
    late = record(LATE, video=video(creator_id=NAME), metrics=metrics())
    if folder == "metadata":
        world.lake.put(metadata_name(LATE), late.to_json())
    else:  # a fetch was killed between saving its state and keeping the listing
        outbox = {"outbox": [late.model_dump(mode="json", exclude_none=True)]}
        world.lake.put("state/dogs.json", json.dumps(outbox | {"recent": [f"{LATE} 1 2"]}).encode())
    world.lake.put(f"videos/{LATE}.mp4", b"media")
    world.db.load(record(LATE, rating=rating()))

    report = erase(target, world.app())

    assert report.remaining == []
    assert LATE not in world.everything()
    assert world.tombstones.has_video(LATE)
