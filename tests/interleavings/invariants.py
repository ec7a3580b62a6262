"""What must be true when all operations have ended and all redeliveries were delivered."""

import json
from collections.abc import Iterator
from typing import Any

from shared.model import Creator, Record, Video, parse_record
from shared.privacy.mentions import ERASED
from shared.privacy.tombstones import TOMBSTONES
from shared.storage.layout import RatingKey, metadata_name, rating_name, retention_name, video_name
from tests.interleavings.posts import DAY, NAME, Post
from tests.interleavings.world import DATASET, SimulatedRater, World, decoded
from tests.records import DAY_0


def erased_remains(world: World) -> Iterator[str]:
    """Whatever of the lake and of the tables still names what was erased, in any byte."""
    for name, stored in world.lake.objects.items():
        is_told = not name.startswith(TOMBSTONES)
        if is_told and world.names_erased(f"{name} {decoded(stored.content)}"):
            yield f"{name} names what was erased"
    for table, rows in world.tables.datasets[DATASET].items():
        for key, row in rows.items():
            if world.names_erased(repr(row)):
                yield f"the row {key} of {table} names what was erased"


def others_missing(world: World, is_redacted: bool) -> Iterator[str]:
    """Records of others that are gone, or are not what they were."""
    for post in world.posts:
        is_unlisted = post.stage == "new" and metadata_name(post.video_id) not in world.lake.objects
        if not (post.is_erased or is_unlisted):
            yield from _listing_missing(world, post, is_redacted)
            yield from _rows_missing(world, post)
            yield from _curve_missing(world, post)
            yield from _rating_missing(world, post)


def _timeless(record: Record) -> Record:
    """A record without the times of its values.

    A fetch with older tombstones lists a name once more, until the erasure finds it again. Then
    the value is the redacted one, and its time is the later one.
    """
    times = {"observed_at": DAY_0, "field_times": None}
    sections = {"video": record.video, "creator": record.creator, "metrics": record.metrics}
    counted = {"collected_at": DAY_0}
    return record.model_copy(
        update={
            name: section and section.model_copy(update=counted if name == "metrics" else times)
            for name, section in sections.items()
        }
    )


def _listing_missing(world: World, post: Post, is_redacted: bool) -> Iterator[str]:
    stored = world.lake.objects.get(metadata_name(post.video_id))
    if stored is None:
        yield f"the listing of {post.video_id} is gone from the lake"
        return
    record = parse_record(stored.content)
    assert record.video is not None
    expected = post.record(record.video.observed_at)
    if not (is_redacted and post.mentions):
        if stored.content != expected.to_json():
            yield f"the listing of {post.video_id} is not byte for byte what it was"
    elif _timeless(record) != _timeless(
        parse_record(expected.to_json().replace(NAME.encode(), ERASED.encode()))
    ):
        yield f"the listing of {post.video_id} is not what it was but for the mentions"


def _columns_of(section: Video | Creator) -> Iterator[tuple[str, Any]]:
    """The values of a listing under the names of their columns."""
    names = {"creator_id": "user_key", "following": "following_count"}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if value is not None and name != "field_times":
            yield names.get(name, name), list(value) if isinstance(value, tuple) else value


def _rows_missing(world: World, post: Post) -> Iterator[str]:
    stored = world.lake.objects.get(metadata_name(post.video_id))
    tables = world.tables.datasets[DATASET]
    video = tables["dim_video"].get((post.video_id,), {})
    creator = tables["dim_user"].get((post.creator,), {})
    if stored is None:
        return
    record = parse_record(stored.content)
    for row, section in ((video, record.video), (creator, record.creator)):
        assert section is not None
        is_newer = row is creator and bool(row.get("username"))  # another video's, perhaps
        different = [name for name, value in _columns_of(section) if row.get(name) != value]
        if different and not is_newer:
            yield f"a row of {post.video_id} does not say what the lake says of {different}"
    if record.video and video.get("caption") != record.video.caption:
        yield f"the caption of {post.video_id} in dim_video is not that of the lake"
    if not any(it["video_id"] == post.video_id for it in tables["fact_metrics_snapshot"].values()):
        yield f"the counts of {post.video_id} are not in the tables"


def _curve_missing(world: World, post: Post) -> Iterator[str]:
    name = retention_name(post.video_id, DAY)
    if post.stage == "new":
        return
    if world.lake.read(name) != post.curve().to_json():
        yield f"the curve of {post.video_id} is not in the lake as it was"
    rows = world.tables.datasets[DATASET]["fact_retention"].values()
    shares = {it["second"]: it["share"] for it in rows if it["video_id"] == post.video_id}
    if shares != dict(enumerate(post.curve().retention.shares)):
        yield f"the tables have the curve {shares} of {post.video_id}"


def _rating_missing(world: World, post: Post) -> Iterator[str]:
    stored = world.lake.objects.get(video_name(post.video_id, "mp4"))
    if stored is None or stored.content != post.media:
        yield f"the file of {post.video_id} is gone from the lake, or is another"
        return
    key = RatingKey(str(stored.generation), SimulatedRater.name, SimulatedRater.config_hash)
    rating = world.lake.objects.get(rating_name(post.video_id, key))
    if rating is None:
        yield f"the rating of {post.video_id} is gone from the lake"
        return
    violation = json.loads(rating.content)["values"]["violation"]
    fact = world.tables.datasets[DATASET]["fact_video_analytics"].get((post.video_id,), {})
    if violation not in (f"@{ERASED} falls", f"@{NAME} falls", "a cat falls"):
        yield f"the rating of {post.video_id} says {violation!r}"
    if fact.get("rating_status") != "rated" or fact["violation"] != violation:
        yield f"the fact of {post.video_id} does not have the rating of the lake"


def paid_too_often(world: World) -> Iterator[str]:
    """Each rating is paid once, unless a kill lost the answer that was paid for."""
    for (video_id, key), count in world.payments.items():
        lost = world.lost_payments[video_id, key]
        if count > 1 + lost:
            yield f"{video_id} was paid {count} times ({key}), and {lost} answers were lost"
