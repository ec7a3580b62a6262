"""A search where the tables point leaves the same bytes as one that reads every object."""

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.erasure.app import ErasureApp, ErasureRequest
from shared.erasure.erase import erase, survey
from shared.model import content_id
from shared.privacy.pseudonym import pseudonym
from shared.privacy.tombstones import CHANGED, MENTIONS
from shared.rating.budget import OverBudget
from shared.rating.rater import RaterAnswer
from shared.rubric_values import Values
from shared.storage.layout import metadata_name
from shared.tiktok.sources.source import SourceVideo
from tests.fakes import LakeInMemory, Stored, tombstones_in
from tests.interleavings.operations import Run
from tests.interleavings.posts import NAME, OTHERS, STAGES, Post
from tests.interleavings.substitutes import single_threaded, waiting_on
from tests.interleavings.warehouse import RowsInMemory, Tables, TablesInMemory
from tests.interleavings.world import DATASET, SimulatedRater, World
from tests.records import DAY_0, record, video

HERS = "7300000000000000011"
MENTIONS_OF_HER = (
    *(f"with @{NAME}!", f"@{NAME.upper()}さん", f"{NAME} was here", f"see video {HERS}"),
    *(f"https://www.tiktok.com/@{NAME}/video/{HERS}", json.dumps({"desc": f"@{NAME}"})),
    *(f"&#64;{NAME}", f"@{NAME[0]}\u200b{NAME[1:]}", f'{{"any": "\\u0040{NAME}"}}'),
)
NO_MENTIONS = ("a cat and a dog", "@ada.love and ada", "7300000000000000099", "")
TEXTS = st.sampled_from((*MENTIONS_OF_HER, *NO_MENTIONS))


@dataclass(frozen=True, slots=True)
class PlantedPost(Post):
    """A post with a text in each field that may hold one."""

    bio: str = ""
    display_name: str = ""
    hashtag: str = "cat"
    rated: str = ""

    def listed(self, at: datetime) -> SourceVideo:
        listing = super(PlantedPost, self).listed(at)
        section = listing.video.model_copy(update={"hashtags": (self.hashtag, "x")})
        texts = {"bio": self.bio or None, "display_name": self.display_name or None}
        return replace(listing, video=section, creator=listing.creator.model_copy(update=texts))


@st.composite
def planted_posts(draw):
    """Two posts of hers and five of others, each anywhere on its way into the tables."""
    owners = (NAME, NAME, *OTHERS, *OTHERS, "dan")
    return [
        PlantedPost(
            video_id=f"73000000000000000{number}",
            creator=owner,
            caption=draw(TEXTS),
            stage=draw(st.sampled_from(STAGES)),
            bio=draw(TEXTS),
            display_name=draw(TEXTS),
            hashtag=draw(st.sampled_from(("cat", NAME))),
            rated=draw(TEXTS),
        )
        for number, owner in enumerate(owners, 11)
    ]


class PlantedRater(SimulatedRater):
    """Reads the text of each post off its pictures. Every third video waits for money."""

    def rate(self, media):
        if int(media.video_id[-2:]) % 3 == 0:
            raise OverBudget(self.world.scheduler.now() + timedelta(hours=5), "spent")
        text = self.world.by_id[media.video_id].rated or None
        return RaterAnswer(status="rated", values=Values(unexpectedness=50, violation=text))


@dataclass(frozen=True, slots=True)
class Copies:
    """Objects and tables that real stages made. Each erasure gets a copy."""

    objects: dict[str, Stored]
    datasets: dict[str, Tables]

    def erased(self, most_objects: int, **asked: object):
        """What an erasure leaves: objects and rows; and its survey and report."""
        lake, tables = LakeInMemory(), TablesInMemory()
        lake.objects = dict(self.objects)
        tables.datasets = deepcopy(self.datasets)
        app = ErasureApp(
            lake=lake,
            rows=RowsInMemory(tables, DATASET),
            tombstones=tombstones_in(lake),
            pseudonym=lambda name: pseudonym("key", name),
            clock=lambda: DAY_0,
            sleep=lambda seconds: None,
            most_objects=most_objects,
        )
        with single_threaded():
            seen = survey(ErasureRequest(**(asked or {"creators": (NAME,)})), app)
            report = erase(seen.target, app)
        objects = {
            name: (stored.content, stored.custom_time, stored.video_ids)
            for name, stored in lake.objects.items()
            if name != CHANGED
        }
        return objects, tables.datasets, seen, report


def lake_of(posts: list[Post], seed: int) -> Copies:
    """What fetch, analyze, load and sweep make of these posts."""
    with (
        single_threaded(),
        patch("tests.interleavings.world.posts", lambda dice: posts),
        patch("tests.interleavings.world.SimulatedRater", PlantedRater),
    ):
        world = World(seed)
        with waiting_on(world.scheduler):
            run = Run(world, ())
            run.play_calmly("fetch", "sweep", "fetch")
    return Copies(dict(world.lake.objects), world.tables.datasets)


def plant_by_hand(copies: Copies, text: str) -> None:
    """What people and other programs put into a lake, with a text that may mention her."""
    lake = LakeInMemory()
    lake.objects = copies.objects
    lake.put("manifests/a.csv", f'id,author,notes\n5,bob,"{text}"\n{HERS},x,y\n'.encode())
    lake.put("reports/2026-11-01/report.csv", f"video_id,creator,caption\n5,bob,{text}\n".encode())
    lake.put("failed/fetch/cats%2F5.json", json.dumps({"key": "5", "item": text}).encode())
    lake.put("exports/notes.jsonl", json.dumps({"video_id": "5", "caption": text}).encode())
    lake.put("README", text.encode())
    lake.put(f"tokens/{NAME}", b"secret")
    lake.put(f"raw/research/creators/{NAME}.json", json.dumps({"username": NAME}).encode())
    lake.put(f"deaths/{HERS}/1/signals/1.0/abcd/0/1.json", b"{}")
    late = record("7300000000000000077", video=video(creator_id="eve", caption=text))
    lake.put(metadata_name(late.video_id), late.to_json())  # its message is still on its way


@given(planted_posts(), st.integers(0, 10_000), TEXTS, st.booleans())
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_both_searches_leave_the_same_bytes_of_a_lake_that_the_stages_made(
    posts, seed, text, notes_ids
):
    """Pages of earlier versions note no ids of their videos."""
    copies = lake_of(posts, seed)
    if not notes_ids:
        for name, stored in copies.objects.items():
            copies.objects[name] = replace(stored, video_ids=())
    plant_by_hand(copies, text)

    objects, tables, seen, report = copies.erased(most_objects=0)
    all_objects, all_tables, all_seen, all_report = copies.erased(most_objects=10_000)

    assert objects.keys() == all_objects.keys()
    assert objects == all_objects
    assert tables == all_tables
    assert seen.changes == all_seen.changes
    assert (seen.target, seen.unknown) == (all_seen.target, all_seen.unknown)
    assert (report.remaining, report.by_hand) == (all_report.remaining, all_report.by_hand)
    assert report.remaining == []


# What the tables cannot say


def small(most_objects: int = 0, **objects: bytes) -> tuple[LakeInMemory, ErasureApp]:
    lake = LakeInMemory()
    for name, content in objects.items():
        lake.put(name, content)
    tables = TablesInMemory()
    tables.create(DATASET)
    app = ErasureApp(
        lake=lake,
        rows=RowsInMemory(tables, DATASET),
        tombstones=tombstones_in(lake),
        pseudonym=lambda name: pseudonym("key", name),
        clock=lambda: DAY_0,
        sleep=lambda seconds: None,
        most_objects=most_objects,
    )
    return lake, app


def test_a_record_whose_mention_was_taken_out_on_its_way_points_at_its_objects():
    lake, app = small()
    rated = f"ratings/{HERS}/1/gemini/x/abcd/0.json"
    lake.put(rated, json.dumps({"status": "rated", "values": {"violation": f"@{NAME}"}}).encode())
    app.tombstones.put((), (NAME,), DAY_0)
    on_its_way = record(HERS, video=video(caption=f"with @{NAME}"))

    assert app.tombstones.redact(on_its_way) != on_its_way
    assert list(lake.names(MENTIONS)) == [f"{MENTIONS}{HERS}"]
    report = erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)

    assert (report.remaining, list(lake.names(MENTIONS))) == ([], [])
    assert NAME.encode() not in lake.read(rated)


def test_a_message_that_is_sent_on_without_a_mention_points_at_its_video():
    lake, app = small()
    app.tombstones.put((), (NAME,), DAY_0)
    data = record(HERS, video=video(caption=f"with @{NAME}")).to_json()

    assert NAME.encode() not in app.tombstones.redact_message(data, {})

    assert list(lake.names(MENTIONS)) == [f"{MENTIONS}{HERS}"]


def test_a_file_that_arrives_when_all_else_is_gone_is_found_by_its_tombstone():
    lake, app = small()
    target = survey(ErasureRequest(videos=(HERS,)), app).target
    erase(target, app)
    lake.put(f"videos/{HERS}.mp4", b"late")
    lake.put(f"frames/{HERS}/1.jpg", b"late")

    report = erase(survey(ErasureRequest(creators=(NAME,)), app).target, app)

    assert report.objects["deleted"] == 2
    assert not [name for name in lake.objects if HERS in name]


def test_an_own_file_is_found_by_the_generation_that_was_rated():
    content = b"holiday"
    own = content_id(hashlib.sha256(content).hexdigest())
    lake, app = small()
    lake.put("videos/holiday.mp4", content)
    lake.put("videos/birthday.mp4", b"another")
    generation = lake.stat("videos/holiday.mp4").generation
    lake.put(f"ratings/{own}/{generation}/signals/1/abcd/0.json", b"{}")
    other = lake.stat("videos/birthday.mp4").generation
    lake.put(f"ratings/u{0:016}/{other}/signals/1/abcd/0.json", b"{}")
    reads = []
    sha256 = lake.sha256
    lake.sha256 = lambda name, generation: reads.append(name) or sha256(name, generation)

    erase(survey(ErasureRequest(videos=(own,)), app).target, app)

    assert list(lake.names("videos/")) == ["videos/birthday.mp4"]
    assert set(reads) == {"videos/holiday.mp4"}


def test_an_unrated_copy_of_an_own_file_is_erased_too():
    content = b"holiday"
    own = content_id(hashlib.sha256(content).hexdigest())
    lake, app = small()
    lake.put("videos/copy.mp4", content)
    lake.put("videos/holiday.mp4", content)
    generation = lake.stat("videos/holiday.mp4").generation
    lake.put(f"ratings/{own}/{generation}/signals/1/abcd/0.json", b"{}")
    lake.put("ratings/unknown.json", b"{}")

    erase(survey(ErasureRequest(videos=(own,)), app).target, app)

    assert list(lake.names("videos/")) == []


def test_a_page_that_loses_a_video_no_longer_notes_its_id():
    lake, app = small()
    items = [{"id": HERS, "username": NAME}, {"id": "7300000000000000099", "username": "bob"}]
    page = "raw/research/2026-11-01/cats/20261101-00000000-ab.json"
    lake.write_page_once(page, json.dumps(items).encode(), [HERS, "7300000000000000099"])

    erase(survey(ErasureRequest(videos=(HERS,)), app).target, app)

    (entry,) = lake.entries("raw/")
    assert entry.video_ids == ("7300000000000000099",)
    assert HERS.encode() not in lake.read(page)


def test_a_page_about_others_is_not_read():
    lake, app = small()
    page = "raw/research/2026-11-01/cats/20261101-00000000-ab.json"
    lake.write_page_once(page, b"{}", ["7300000000000000099"])

    seen = survey(ErasureRequest(videos=(HERS,)), app)

    assert seen.objects_unread == 1


def test_a_folder_that_nobody_foresaw_is_read_whole():
    lake, app = small()
    lake.put("exports/2027/a.jsonl", json.dumps({"video_id": HERS}).encode())
    lake.put("zebra", f"see {HERS}\n".encode())

    seen = survey(ErasureRequest(videos=(HERS,)), app)

    assert seen.changes == [("exports/2027/a.jsonl", "rewrite"), ("zebra", "rewrite")]


def test_short_ids_of_a_list_do_not_list_the_folders_of_longer_ones():
    lake, app = small()
    for name in (
        "videos/5.mp4",
        "videos/57.mp4",
        "ratings/5/1/a/b/c/0.json",
        "ratings/57/1/a.json",
    ):
        lake.put(name, b"{}")

    seen = survey(ErasureRequest(videos=("5",)), app)

    assert [name for name, _ in seen.changes] == ["ratings/5/1/a/b/c/0.json", "videos/5.mp4"]
