"""What people bring to `tta ingest`: files, tables, archives, joined before anything is stored."""

import json
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.errors import UserError
from cli.uploads import TAKEN
from cli.verbs.ingest.batch import IngestBatch
from shared.tiktok.sources.manifest_file import ManifestOptions
from tests.cli.verbs.test_uploads import MP4

ID, OTHER = "7300000000000000001", "7300000000000000002"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
INFO = {
    "id": ID,
    "extractor_key": "TikTok",
    "webpage_url": f"https://www.tiktok.com/@ada/video/{ID}",
    "uploader": "ada",
    "view_count": 5,
    "epoch": 1_767_225_600,
}
STUDIO = "Video title,Video link,Post time,Total likes,Total comments,Total shares,Total views\n"


@pytest.fixture
def brought(tmp_path_factory):
    """A batch of paths, whose archives are unpacked somewhere else."""

    def batch_of(paths, metadata=None, **stated) -> IngestBatch:
        options = ManifestOptions(**stated)
        return IngestBatch.of(paths, metadata, options, NOW, tmp_path_factory.mktemp("scratch"))

    return batch_of


def zipped(path: Path, **members: bytes | str | dict | list) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            is_json = isinstance(content, dict | list)
            archive.writestr(name, json.dumps(content) if is_json else content)
    return path


def written(path: Path, content: str | bytes | dict) -> Path:
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def views(batch: IngestBatch) -> list[tuple[str, int | None]]:
    return [(video_id, line.views) for video_id, line in batch.lines]


# Files and a table


def test_a_batch_takes_the_good_and_tells_of_the_bad(tmp_path, brought):
    written(tmp_path / "good.mp4", MP4)
    written(tmp_path / "bad.mp4", "text")
    metadata = written(
        tmp_path / "m.jsonl", '{"file": "good.mp4", "views": 1}\n{"file": "absent.mp4"}\n{\n'
    )

    batch = brought([tmp_path], metadata, collected_at="file")

    assert [upload.path.name for upload in batch.uploads] == ["good.mp4"]
    assert [line.views for _, line in batch.lines] == [1]
    assert batch.problems == [
        f"{tmp_path}/bad.mp4: is not a video, by its first bytes; {TAKEN}",
        "m.jsonl: 2 of 3 rows were left out.",
    ]
    assert (
        "its file is not among the files (give the files beside their list), "
        "e.g. 'absent.mp4' in line 2." in batch.sentences[1]
    )


def test_a_batch_of_nothing_but_bad_files_is_refused_before_anything_starts(tmp_path, brought):
    written(tmp_path / "bad.mp4", "text")

    with pytest.raises(UserError, match="is not a video"):
        brought([tmp_path])


def test_metadata_may_come_without_files(tmp_path, brought):
    metadata = written(tmp_path / "m.jsonl", f'{{"video_id": "{ID}", "views": 1}}\n')

    assert views(brought([], metadata, collected_at="file")) == [(ID, 1)]


def test_counts_are_as_old_as_their_file_only_where_that_is_stated(tmp_path, brought):
    metadata = written(tmp_path / "m.csv", f"video_id,views\n{ID},1\n")
    os.utime(metadata, (0, 86_400))

    with pytest.raises(UserError, match=r"1970-01-02 00:00 UTC: --collected-at file"):
        brought([], metadata)
    ((_, line),) = brought([], metadata, collected_at="file").lines
    assert line.collected_at == datetime(1970, 1, 2, tzinfo=UTC)


def test_a_file_is_found_in_its_folder_and_however_its_name_writes_an_accent(tmp_path, brought):
    (tmp_path / "clips").mkdir()
    written(tmp_path / "clips/cafe\u0301.mp4", MP4)
    metadata = written(tmp_path / "m.csv", "file,username\nC:\\x\\clips\\caf\u00e9.mp4,ada\n")

    assert [line.username for _, line in brought([tmp_path / "clips"], metadata).lines] == ["ada"]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path, brought):
    for folder in ("ada", "bob"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "1.mp4", MP4 + folder.encode())
    table = f"file,video_id\nada/1.mp4,{ID}\nbob/1.mp4,{OTHER}\n"
    metadata = written(tmp_path / "m.csv", table)

    both = brought([tmp_path / "ada", tmp_path / "bob"], metadata)
    assert [upload.video_id for upload in both.uploads] == [ID, OTHER]
    alone = brought(
        [tmp_path / "ada"], written(tmp_path / "bob.csv", table.replace("ada/", "eve/"))
    )
    assert alone.uploads[0].video_id not in (ID, OTHER)


def test_a_name_that_fits_several_files_is_told(tmp_path, brought):
    for folder in ("ada", "bob"):
        (tmp_path / folder).mkdir()
        written(tmp_path / folder / "1.mp4", MP4 + folder.encode())
    metadata = written(tmp_path / "m.csv", f"file,video_id\n1.mp4,{ID}\n")

    batch = brought([tmp_path / "ada", tmp_path / "bob"], metadata)

    assert ID not in {upload.video_id for upload in batch.uploads}
    assert any("several files have the name of its file" in text for text in batch.sentences)


def test_a_table_in_an_archive_names_files_by_their_paths_there(tmp_path, brought):
    table = f"file,video_id\nx/v.mp4,{ID}\ny/v.mp4,{OTHER}\n"
    path = zipped(tmp_path / "z.zip", **{"l.csv": table, "x/v.mp4": MP4, "y/v.mp4": MP4 + b"2"})

    assert [upload.video_id for upload in brought([path]).uploads] == [ID, OTHER]


def test_a_row_with_file_and_id_gives_the_file_that_id(tmp_path, brought):
    written(tmp_path / "cat.mp4", MP4)
    metadata = written(tmp_path / "m.csv", f"file,video_id\ncat.mp4,{ID}\n")

    batch = brought([tmp_path], metadata)

    assert ([upload.video_id for upload in batch.uploads], views(batch)) == ([ID], [(ID, None)])


def test_an_id_in_the_name_of_a_file_stays(tmp_path, brought):
    written(tmp_path / f"{OTHER}.mp4", MP4)
    metadata = written(tmp_path / "m.csv", f"file,video_id\n{OTHER}.mp4,{ID}\n")

    batch = brought([tmp_path], metadata)

    assert [upload.video_id for upload in batch.uploads] == [OTHER]
    assert f"its metadata is about {ID}" in batch.problems[0]


def test_files_without_a_row_are_told(tmp_path, brought):
    written(tmp_path / "cat.mp4", MP4)
    metadata = written(tmp_path / "m.csv", f"video_id,username\n{ID},ada\n")

    sentences = brought([tmp_path], metadata).sentences

    assert (
        f"1 of 1 files have no row in m.csv, e.g. {tmp_path}/cat.mp4. A row finds its file by the "
        "post's id in the file's name, or by a column `file`."
    ) in sentences
    assert "1 of 1 videos of m.csv have no file among these." in sentences


@pytest.mark.parametrize(
    "table",
    [
        f"{STUDIO.strip()},file\nHi,https://www.tiktok.com/@ada/video/{ID},May 3,1,2,3,4,c.mp4\n",
        f"id,thread_id,author,body,plays,unix_timestamp,file\n{ID},{ID},ada,hi,4,1,c.mp4\n",
    ],
)
def test_an_export_joins_own_files_by_a_column_that_a_person_adds(tmp_path, brought, table):
    written(tmp_path / "c.mp4", MP4)

    batch = brought([tmp_path / "c.mp4"], written(tmp_path / "x.csv", table), collected_at="file")

    assert [upload.video_id for upload in batch.uploads] == [ID]
    assert views(batch) == [(ID, 4)]


def test_rows_whose_files_are_elsewhere_are_told(tmp_path, brought):
    metadata = written(tmp_path / "m.csv", f"file,video_id,username\ncat.mp4,{ID},ada\n")

    assert (
        "1 rows of m.csv name files that are not among these, e.g. 'cat.mp4'. Give the files "
        "beside their list, and they get the ids of their rows."
    ) in brought([], metadata).sentences


def test_folders_inside_and_empty_archives_are_told(tmp_path, brought):
    (tmp_path / "more").mkdir()
    empty = zipped(tmp_path / "empty.zip")

    with pytest.raises(UserError) as refusal:
        brought([tmp_path])
    assert f"1 folders inside are not read, e.g. {tmp_path}/more." in str(refusal.value)
    with pytest.raises(UserError, match=f"There is no video in {empty}"):
        brought([empty])


def test_two_files_of_one_video_are_told(tmp_path, brought):
    for name in ("a.mp4", "b.mp4"):
        written(tmp_path / name, MP4)

    assert brought([tmp_path]).sentences == [
        f"2 files are copies, e.g. {tmp_path}/a.mp4 and {tmp_path}/b.mp4. "
        "The first of each video is stored."
    ]


def test_a_link_to_nothing_in_a_folder_is_told(tmp_path, brought):
    written(tmp_path / "a.mp4", MP4)
    (tmp_path / "b.mp4").symlink_to(tmp_path / "gone.mp4")

    assert brought([tmp_path]).problems == [
        f"{tmp_path}/b.mp4: is a link to a file that does not exist; give the file itself"
    ]


def test_the_studio_export_of_own_clips_is_told_and_joined(tmp_path, brought):
    written(tmp_path / f"{ID}.mp4", MP4)
    link = f"https://www.tiktok.com/@ada/video/{ID}"
    metadata = written(tmp_path / "Content.csv", f"{STUDIO}Hi,{link},November 3,1,2,3,1234\n")

    batch = brought(
        [tmp_path / f"{ID}.mp4"], metadata, collected_at=datetime(2026, 11, 20, tzinfo=UTC)
    )

    ((video_id, line),) = batch.lines
    assert (video_id, line.username, line.views) == (ID, "ada", 1234)
    assert line.created_at == datetime(2026, 11, 3, tzinfo=UTC)
    assert batch.sentences[0] == (
        "Content.csv was read as TikTok Studio's export: 1 of 1 rows taken."
    )
    assert batch.problems == []


# Information of yt-dlp


def test_information_beside_a_video_is_found_by_itself_and_gives_it_its_id(tmp_path, brought):
    video = written(tmp_path / "Cat jumps.mp4", MP4)
    written(tmp_path / "Cat jumps.info.json", INFO)

    for paths in ([video], [tmp_path]):
        batch = brought(paths)
        assert [upload.video_id for upload in batch.uploads] == [ID]
        ((video_id, line),) = batch.lines
        assert (video_id, line.username, line.views) == (ID, "ada", 5)
        assert line.collected_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_information_about_a_video_of_another_site_is_the_own_files(tmp_path, brought):
    video = written(tmp_path / "Cat.mp4", MP4)
    of_youtube = {"extractor_key": "Youtube", "id": "dQw4w9WgXcQ", "webpage_url": "https://y/x"}
    written(tmp_path / "Cat.info.json", INFO | of_youtube)

    batch = brought([video])

    assert batch.uploads[0].video_id.startswith("u")
    assert views(batch) == [(batch.uploads[0].video_id, 5)]


def test_information_of_an_account_is_no_video(tmp_path, brought):
    written(tmp_path / "Cat.mp4", MP4)
    written(tmp_path / "Ada.info.json", {"_type": "playlist", "id": "ada", "extractor_key": "x"})

    batch = brought([tmp_path])

    assert (len(batch.uploads), batch.lines, batch.problems) == (1, [], [])


def test_old_information_without_a_time_is_dated_by_its_file_where_that_is_stated(
    tmp_path, brought
):
    video = written(tmp_path / "Cat.mp4", MP4)
    info = written(tmp_path / "Cat.info.json", {k: v for k, v in INFO.items() if k != "epoch"})
    os.utime(info, (0, 1_700_000_000))

    with pytest.raises(UserError, match="--collected-at"):
        brought([video])
    ((_, line),) = brought([video], collected_at="file").lines
    assert line.collected_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_information_that_is_not_json_is_told(tmp_path, brought):
    video = written(tmp_path / "Cat.mp4", MP4)
    written(tmp_path / "Cat.info.json", "{")

    assert (
        "Cat.info.json: it cannot be read as information of yt-dlp" in brought([video]).problems[0]
    )


# Archives


def test_an_archive_of_4cat_joins_its_videos_with_the_rows_of_a_table(tmp_path, brought):
    index = {
        OTHER: {"success": True, "post_ids": [OTHER], "files": [{"filename": "clip.mp4"}]},
        ID: {"success": True, "post_ids": [ID], "files": [{"filename": f"{ID}.mp4"}]},
        "1": {"success": False, "post_ids": ["7300000000000000009"], "error": "gone"},
    }
    path = zipped(
        tmp_path / "videos.zip",
        **{".metadata.json": index, f"{ID}.mp4": MP4, "clip.mp4": MP4 + b"2", "x.log": "log"},
    )
    table = "id,thread_id,author,body,plays,unix_timestamp\n"
    metadata = written(
        tmp_path / "posts.csv", f"{table}{ID},{ID},ada,hi,5,1\n{OTHER},{OTHER},bob,=1,6,1\n"
    )

    batch = brought([path], metadata, collected_at="file")

    assert sorted(upload.video_id for upload in batch.uploads) == [ID, OTHER]
    assert views(batch) == [(ID, 5), (OTHER, 6)]
    assert batch.label(batch.uploads[0]).startswith(f"{path}/")
    assert "1 other files in the archive are not used, e.g. x.log." in batch.sentences


@pytest.mark.parametrize(
    "index",
    [
        {"files": [{"file": "media/a.mp4", "post_id": ID}, {"file": "media/b.mp4", "id": OTHER}]},
        [
            {"filename": "a.mp4", "source_url": f"https://www.tiktok.com/@ada/video/{ID}"},
            {"filename": "b.mp4", "item_id": OTHER},
        ],
        {"a.mp4": ID, "b.mp4": OTHER},
        {"a.mp4": {"item_id": ID}, "b.mp4": {"post": {"id": OTHER}}},
        [{"path": "media/a.mp4", "post": {"id": ID}}, {"path": "b.mp4", "post": {"id": OTHER}}],
    ],
)
def test_an_archive_of_zeeschuimer_names_the_post_of_each_file(tmp_path, brought, index):
    path = zipped(
        tmp_path / "media.zip",
        **{"manifest.json": index, "media/a.mp4": MP4, "media/b.mp4": MP4 + b"2"},
    )

    batch = brought([path])

    ids = {upload.path.name: upload.video_id for upload in batch.uploads}
    assert ids == {"a.mp4": ID, "b.mp4": OTHER}


@pytest.mark.parametrize("index", ["manifest.json", "media/manifest.json"])
def test_files_of_one_name_in_an_archive_are_told_apart_by_their_paths(tmp_path, brought, index):
    ids = {f"{folder}/video.mp4": f"{int(ID) + n}" for n, folder in enumerate("abc")}
    root = index.removesuffix("manifest.json")
    clips = {f"{root}{name}": MP4 + name.encode() for name in ids}
    path = zipped(tmp_path / "media.zip", **{index: ids, **clips})

    batch = brought([path])

    assert {batch.label(upload): upload.video_id for upload in batch.uploads} == {
        f"{path}/{root}{name}": video_id for name, video_id in ids.items()
    }


def test_a_name_alone_is_no_sign_where_several_files_have_it(tmp_path, brought):
    path = zipped(
        tmp_path / "media.zip",
        **{"manifest.json": {"video.mp4": ID}, "a/video.mp4": MP4, "b/video.mp4": MP4 + b"2"},
    )

    assert ID not in {upload.video_id for upload in brought([path]).uploads}


def test_a_table_in_the_archive_is_its_metadata_as_old_as_the_archive(tmp_path, brought):
    path = zipped(tmp_path / "export.zip", **{"rows.csv": f"id,views\n{ID},5\n", f"{ID}.mp4": MP4})
    os.utime(path, (0, 86_400))

    for paths, metadata in (([path], None), ([], path)):
        batch = brought(paths, metadata, collected_at="file")
        ((video_id, line),) = batch.lines
        assert (video_id, line.views) == (ID, 5)
        assert line.collected_at == datetime(1970, 1, 2, tzinfo=UTC)
        assert [upload.video_id for upload in batch.uploads] == [ID]


def test_of_two_tables_in_an_archive_a_person_chooses(tmp_path, brought):
    path = zipped(tmp_path / "export.zip", **{"a.csv": "id\n1\n", "b.csv": "id\n1\n"})

    with pytest.raises(UserError, match=r"holds 2 tables \(a\.csv, b\.csv\).*--metadata"):
        brought([path])


def test_information_in_an_archive_stays_beside_its_video(tmp_path, brought):
    path = zipped(tmp_path / "a.zip", **{"x/Cat.mp4": MP4, "x/Cat.info.json": INFO})

    assert views(brought([path])) == [(ID, 5)]


def test_names_in_an_archive_never_leave_its_folder(tmp_path, brought):
    path = zipped(
        tmp_path / "evil.zip",
        **{"../../evil.mp4": MP4, "/etc/evil.mp4": MP4 + b"2", "..\\evil.mp4": MP4 + b"3"},
    )

    batch = brought([path])

    assert len(batch.uploads) == 3
    assert all("scratch" in str(upload.path.resolve()) for upload in batch.uploads)


def test_two_files_of_one_name_are_both_unpacked(tmp_path, brought):
    path = tmp_path / "twins.zip"
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.mp4", MP4)
        archive.writestr("a.mp4", MP4 + b"2")

    assert len({upload.video_id for upload in brought([path]).uploads}) == 2


def test_an_archive_that_is_cut_off_or_encrypted_is_told(tmp_path, brought):
    content = zipped(tmp_path / "a.zip", **{"a.mp4": MP4 * 500}).read_bytes()
    cut = written(tmp_path / "cut.zip", content[:-200])
    locked = bytearray(content)
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    locked = written(tmp_path / "locked.zip", bytes(locked))
    damaged = bytearray(content)
    damaged[100:200] = b"\0" * 100
    damaged = written(tmp_path / "damaged.zip", bytes(damaged))
    clip = bytes(range(256)) * 40
    with zipfile.ZipFile(tmp_path / "deflated.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mp4", MP4 + clip)
    deflated = bytearray((tmp_path / "deflated.zip").read_bytes())
    deflated[35] = 0xFF  # no such kind of block
    written(tmp_path / "deflated.zip", bytes(deflated))

    with pytest.raises(UserError, match=r"cut\.zip: it cannot be unpacked: .* half downloaded"):
        brought([cut])
    with pytest.raises(UserError, match="it cannot be unpacked: Error -3"):
        brought([tmp_path / "deflated.zip"])
    with pytest.raises(UserError, match="is encrypted; unpack it with its password"):
        brought([locked])
    with pytest.raises(UserError, match="it cannot be unpacked"):
        brought([damaged])


def test_a_video_over_the_limit_is_told_and_never_unpacked(tmp_path, brought, monkeypatch):
    path = zipped(tmp_path / "a.zip", **{"large.mp4": MP4 + b"2", f"{ID}.mp4": MP4})
    monkeypatch.setattr("cli.verbs.ingest.archive.MOST_BYTES", len(MP4))

    batch = brought([path])

    assert [upload.video_id for upload in batch.uploads] == [ID]
    assert batch.problems == [
        f"{path}/large.mp4: has {len(MP4) + 1:,} bytes; the most is 524,288,000"
    ]


def test_an_archive_larger_than_the_disk_is_refused_before_it_is_unpacked(
    tmp_path, brought, monkeypatch
):
    path = zipped(tmp_path / "bomb.zip", **{"a.mp4": MP4})
    monkeypatch.setattr("cli.verbs.ingest.archive.shutil.disk_usage", lambda _: _Disk(free=10))

    with pytest.raises(UserError, match=r"bytes unpacked, and .* has 10 free"):
        brought([path])


class _Disk:
    def __init__(self, free: int):
        self.free = free
