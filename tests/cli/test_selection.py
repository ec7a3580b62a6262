"""What SELECTION… means, and that nothing asked for is silently dropped."""

import hashlib
import os

import pytest

from cli.errors import WRONG_USE, UserError
from cli.selection import LakeVideo, Selection, videos_in
from shared.model import Record, content_id
from tests.fakes import LakeInMemory
from tests.records import video

ID = "7300000000000000001"
OTHER = "7300000000000000002"
OWN = content_id(hashlib.sha256(b"holiday").hexdigest())


class Counted(LakeInMemory):
    """Counts whole files that were read and listings that were made."""

    def __init__(self):
        super().__init__()
        self.hashed = []
        self.prefixes = []

    def sha256(self, name, generation):
        self.hashed.append(name)
        return super().sha256(name, generation)

    def entries(self, prefix, *bounds):
        self.prefixes.append(prefix)
        return super().entries(prefix, *bounds)


@pytest.fixture
def lake() -> Counted:
    counting_lake = Counted()
    counting_lake.put(f"videos/{ID}.mp4", b"one")
    counting_lake.put(f"videos/{OTHER}.webm", b"other")
    counting_lake.put("videos/holiday.mp4", b"holiday")
    counting_lake.put("videos/", b"")
    counting_lake.put(f"ratings/{ID}/1/signals/1.0/abcd/0.json", b"{}")
    return counting_lake


def listing(lake, video_id: str, collection: str | None, **fields) -> None:
    record = Record(video_id=video_id, video=video(collection=collection, **fields))
    lake.put(f"metadata/{video_id}.json", record.to_json())


def ids(lake, *words: str) -> list[str]:
    return [video.video_id for video in videos_in(lake, Selection.of(words))]


def refusal(*words: str) -> str:
    with pytest.raises(UserError) as caught:
        Selection.of(words)
    assert caught.value.status == WRONG_USE
    return str(caught.value)


def test_each_kind_of_word_is_told_apart(tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"x")

    selection = Selection.of([str(file), ID, OWN, "collection:cats-2026", "all"])

    assert selection == Selection((file,), (ID, OWN), ("cats-2026",), everything=True)
    assert selection.in_lake


def test_files_alone_need_no_lake(tmp_path):
    (tmp_path / "clip.mp4").touch()

    assert not Selection.of([str(tmp_path)]).in_lake


def test_a_folder_is_its_files_but_hidden_ones(tmp_path):
    for name in ("b.mp4", "a.mp4", ".hidden"):
        (tmp_path / name).touch()

    assert Selection.of([str(tmp_path)]).local_files == (tmp_path / "a.mp4", tmp_path / "b.mp4")


def test_what_is_named_twice_is_selected_once(tmp_path):
    file = tmp_path / "clip.mp4"
    file.touch()

    selection = Selection.of([str(tmp_path), str(file), ID, ID, "collection:a", "collection:a"])

    assert selection == Selection((file,), (ID,), ("a",))


def test_a_file_that_is_called_like_an_id_is_meant_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ID).touch()
    (tmp_path / "all").touch()

    assert Selection.of([ID]).local_files == ()
    assert len(Selection.of([f"./{ID}", "./all"]).local_files) == 2


@pytest.mark.parametrize(
    "word", ["nothing.mp4", "12345", "u12", "ALL", "", "collections:a", "x" * 5_000, "a\0b"]
)
def test_a_word_that_names_nothing_is_refused_with_what_is_possible(word):
    message = refusal(word)

    assert word in message
    assert "collection:NAME" in message or "cannot be read" in message


@pytest.mark.parametrize("word", ["collection:", "collection:../x", "collection:A b"])
def test_a_name_that_is_no_collections_is_refused(word):
    assert "not a name of a collection" in refusal(word)


def test_an_empty_folder_is_refused(tmp_path):
    assert "no file in this folder" in refusal(str(tmp_path))


def test_nothing_at_all_is_refused():
    assert "Nothing is selected" in refusal()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_cannot_be_read_is_refused(tmp_path):
    tmp_path.chmod(0)

    assert "cannot be read" in refusal(str(tmp_path))


def test_all_is_every_object_under_videos(lake):
    assert ids(lake, "all") == [ID, OTHER, OWN]


def test_an_object_is_told_with_its_generation_and_size(lake):
    (video,) = videos_in(lake, Selection.of([ID]))

    generation = lake.objects[f"videos/{ID}.mp4"].generation
    assert video == LakeVideo(ID, f"videos/{ID}.mp4", generation, size=3)


def test_an_id_is_found_by_its_name_without_a_look_at_the_rest(lake):
    assert ids(lake, OTHER) == [OTHER]

    assert lake.hashed == []
    assert lake.prefixes == [f"videos/{OTHER}"]


def test_an_id_that_begins_another_is_not_the_other(lake):
    lake.put(f"videos/{ID}9.mp4", b"longer")

    assert ids(lake, ID) == [ID]


def test_an_id_in_a_folder_is_found(lake):
    lake.put("videos/2026/7300000000000000009.mp4", b"x")

    assert ids(lake, "7300000000000000009") == ["7300000000000000009"]


def test_an_own_file_without_an_id_in_its_name_is_found_by_its_content(lake):
    assert ids(lake, OWN) == [OWN]
    assert lake.hashed == ["videos/holiday.mp4"]


def test_files_are_not_read_for_an_id_that_is_no_contents(lake):
    objects = videos_in(lake, Selection.of(["7300000000000000099"]))

    assert list(objects) == []
    assert objects.missing == ["7300000000000000099"]
    assert lake.hashed == []


def test_an_id_without_a_file_is_told_beside_what_was_found(lake):
    objects = videos_in(lake, Selection.of([ID, "7300000000000000099"]))

    assert [video.video_id for video in objects] == [ID]
    assert objects.missing == ["7300000000000000099"]


def test_both_files_of_an_id_are_found(lake):
    lake.put(f"videos/{ID}.mov", b"again")

    assert ids(lake, ID) == [ID, ID]


def test_a_collection_is_the_videos_that_it_listed(lake):
    listing(lake, ID, "cats", duration_s=12.5)
    listing(lake, OTHER, "dogs")

    (video,) = videos_in(lake, Selection.of(["collection:cats"]))

    assert (video.video_id, video.duration_s) == (ID, 12.5)


def test_a_listed_video_without_a_file_is_told(lake):
    listing(lake, ID, "cats")
    listing(lake, "7300000000000000099", "cats")

    objects = videos_in(lake, Selection.of(["collection:cats"]))

    assert len(list(objects)) == 1
    assert objects.missing == ["7300000000000000099"]


def test_a_video_that_is_named_and_listed_is_found_once(lake):
    listing(lake, ID, "cats")

    assert ids(lake, "collection:cats", ID, OTHER) == [ID, OTHER]


def test_a_collection_that_listed_nothing_is_refused_with_those_that_did(lake):
    listing(lake, ID, "cats")
    listing(lake, OTHER, None)

    with pytest.raises(UserError, match=r"no video of collection dogs\. It has videos of: cats"):
        ids(lake, "collection:dogs")


def test_metadata_that_cannot_be_read_is_told(lake):
    listing(lake, ID, "cats")
    lake.put(f"metadata/{OTHER}.json", b"{broken")
    lake.put("metadata/7300000000000000003.json", lake.read(f"metadata/{ID}.json"))

    objects = videos_in(lake, Selection.of(["collection:cats"]))

    assert [video.video_id for video in objects] == [ID]
    assert [problem.split(":")[0] for problem in objects.problems] == [
        f"metadata/{OTHER}.json",
        "metadata/7300000000000000003.json",
    ]


def test_a_file_that_vanishes_while_it_is_read_is_passed_over(lake):
    class Vanishing(Counted):
        def sha256(self, name, generation):
            del self.objects[name]
            return super().sha256(name, generation)

    lake.__class__ = Vanishing

    assert ids(lake, "all") == [ID, OTHER]
