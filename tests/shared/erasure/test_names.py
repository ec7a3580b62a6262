"""Whatever valid name is erased: what does not mention it stays, byte for byte, and what does is
cleaned and stays valid.

The names are those that hurt most: every word of the lake itself (times, numbers, hashes, keys,
names of collections and raters), and generated ones. ERASE_NAMES=1000 tries more of those.
"""

import base64
import json
import os
import random
import re

import pytest

from shared.erasure.affected_rows import AffectedRows
from shared.erasure.app import ErasureApp, ErasureRequest
from shared.erasure.erase import erase, target_of
from shared.inputs.handles import handle
from shared.model import parse_record
from shared.privacy.pseudonym import pseudonym
from shared.rating_section import Moment
from shared.storage.layout import RatingKey, metadata_name, rating_name, snapshot_name
from tests.fakes import LakeInMemory, tombstones_in
from tests.interleavings.substitutes import single_threaded
from tests.records import DAY_0, at, creator, metrics, rating, record, video

GENERATED = int(os.environ.get("ERASE_NAMES", "200"))
OTHER, MENTIONING, GONE = "7300000000000000002", "7300000000000000003", "7300000000000000004"
ACCOUNTS = {"bob", "carol"}
ALPHABETS = (
    *("abcdefghijklmnopqrstuvwxyz", "abc._", "0123456789", "0123456789.", "0123456789z_", "ab01._"),
    *("абвгд", "あいう花子", "אבגד", "कखग", "ÀÉßŁ", "ǅİſK"),
)
NAMED = ["00z", "31z", "2026", "11", "3.5", "cats_2026", "@марина", "花子", "schema_version"]


class NoRows:
    """Tables in which nobody is named."""

    def names_of(self, names):
        return {name: set() for name in names}

    def videos_of(self, names):
        return set()

    def affected(self, names, videos, redaction, everything):
        return AffectedRows()

    def delete(self, rows):
        return {}

    redact = delete


def others() -> dict[str, bytes]:
    """Objects of every kind about people whom nobody erases and who mention nobody."""
    listed = record(
        OTHER,
        video=video(11, creator_id="bob", collection="cats_2026", caption="best of 2026, 11 of 3.5",
                    url=f"https://www.tiktok.com/@bob/video/{OTHER}", region_code="DE",
                    music_id="7211", hashtags=("fyp", "top10")),
        creator=creator(11, creator_id="bob", username="bob", bio="mornings only"),
        metrics=metrics(11, views=2026, likes=11),
    )  # fmt: skip
    rated = rating(3.5, evidence=(Moment(at_s=3.5, what="a cat falls at 3.5"),))
    page = {"data": {"videos": [{"id": int(OTHER), "username": "bob", "create_time": 1793577600}]}}
    message = base64.b64encode(listed.to_json()).decode()
    outbox = json.loads(listed.to_json())
    values = {
        "batches/2026/job-00011.json": {"batch_id": "2026", "number": 11, "step": "planned"},
        "failed/load/11.json": {"key": "11", "reason": "malformed", "data": message},
        "failed/fetch/cats_2026%2F11.json": {"key": "cats_2026/11", "item": '{"id": "x11"}'},
        "parked/analyze/11.json": {"due_at": "2026-11-02T00:00:00Z", "attributes": {"n": "11"}},
        "raw/research/2026-11-01/cats_2026/20261101-00000000-ab12.json": {"answer": page},
        "raw/research/2026-11-01/creators/bob.json": {"username": "bob", "answer": {}},
        "state/cats_2026.json": {"recent": [f"{OTHER} 1"], "outbox": [outbox]},
        "state/_ages/cats_2026.json": {"videos": {OTHER: [11, 2026]}},
        f"answers/{OTHER}/1/gemini/x/abcd/0/1.json": {"response": {"text": '{"at_s":3.5}'}},
    }  # fmt: skip
    return {
        metadata_name(OTHER): listed.to_json(),
        snapshot_name(OTHER, at(11)): record(OTHER, metrics=metrics(11)).to_json(),
        rating_name(OTHER, RatingKey.of(rated)): rated.model_dump_json(exclude_none=True).encode(),
        **{name: json.dumps(value).encode() for name, value in values.items()},
        f"videos/{OTHER}.mp4": b"media",
        "manifests/cats_2026.csv": b"id,author,created_at,views\n5,bob,2026-11-02T00:00:00Z,11\n",
        "manifests/11.jsonl": b'{"id": "5", "author": "bob", "views": 2026}\n',
        "reports/2026-11-11/report.html": b"<td>2026</td><td>11</td><td>3.5</td>",
        "config/collections.yaml": b"collections: {cats_2026: {hashtags: [fyp, cats_2026]}}\n",
    }


def words() -> list[str]:
    """Every word that the lake has, whole and in the parts between its signs."""
    text = " ".join(name + " " + content.decode() for name, content in others().items())
    parts = {*re.findall(r"[\w.]+", text), *re.findall(r"[A-Za-z0-9]+", text)}
    return sorted(word for word in parts if re.search(r"\w", word) and len(word) < 60)


def generated() -> list[str]:
    dice = random.Random(15)
    names = []
    while len(names) < GENERATED:
        alphabet = dice.choice(ALPHABETS)
        name = "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 24)))
        if re.search(r"\w", name) and not name.endswith("."):
            names.append(name)
    return names


def erased(name: str) -> tuple[LakeInMemory, object]:
    """A lake from which a creator was erased whom one other person mentions."""
    lake = LakeInMemory()
    for object_name, content in others().items():
        lake.put(object_name, content)
    lake.put(metadata_name(GONE), record(GONE, video=video(creator_id=name.lstrip("@"))).to_json())
    mentioning = record(
        MENTIONING, video=video(creator_id="carol", caption=f"hi @{name.lstrip('@')}!")
    )
    lake.put(metadata_name(MENTIONING), mentioning.to_json())
    app = ErasureApp(
        lake=lake,
        rows=NoRows(),
        tombstones=tombstones_in(lake),
        pseudonym=lambda plain: pseudonym("key", plain),
        clock=lambda: DAY_0,
        sleep=lambda seconds: None,
    )
    with single_threaded():
        return lake, erase(target_of(ErasureRequest(creators=(name,)), app), app)


CAMPAIGN = pytest.mark.campaign


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("kind", "step"),
    [
        ("named", 1),
        ("words", 4),
        ("generated", 4),
        pytest.param("words", 1, marks=CAMPAIGN),
        pytest.param("generated", 1, marks=CAMPAIGN),
    ],
)
def test_whatever_name_is_erased_the_others_stay_and_the_mention_goes(kind, step):
    """The suite takes every fourth of many names."""
    names = {"named": NAMED, "words": words(), "generated": generated()}[kind][::step]
    before = others()

    for name in names:
        if handle(name) in ACCOUNTS | {"unknown"}:
            continue
        lake, report = erased(name)

        changed = {
            object_name
            for object_name, content in before.items()
            if lake.read(object_name) != content
        }
        assert changed == set(), (name, changed)
        assert (report.remaining, report.by_hand, lake.read(metadata_name(GONE))) == ([], [], None)
        redacted = parse_record(lake.read(metadata_name(MENTIONING)))
        assert redacted.video.caption == "hi @[erased]!", name
        assert redacted.video.creator_id == "carol"
