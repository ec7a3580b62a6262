"""A header tells how long a clip is; broken, lying and foreign files end in a reason."""

import io
import random
from pathlib import Path

import av
import pytest
from google.api_core.exceptions import ServiceUnavailable

from shared.rating import clip as clips
from shared.rating.clip import ClipHeader, Unreadable, read_clip_header
from tests.shared.rating.signals.test_signals import still, tone, write


@pytest.fixture(scope="module")
def spoken(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("clips") / "clip.mp4", still(), 2.0, sound=tone(2.0))


@pytest.fixture
def file(tmp_path):
    def file(content: bytes, name: str = "video.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


def spread(content: bytes) -> bytes:
    """The same film with its index at the end, and in front of it 50 MB that no one needs."""
    index = content.index(b"moov") - 4
    room = (50 * 2**20).to_bytes(4, "big") + b"free" + bytes(50 * 2**20 - 8)
    return content[:index] + room + content[index:]


class Reads(io.BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size=-1):
        content = super().read(size)
        self.taken += len(content)
        return content


def reason(file) -> str:
    with pytest.raises(Unreadable) as caught:
        read_clip_header(file)
    assert len(caught.value.sentence) > 10, "a sentence for the person"
    return caught.value.reason


def test_duration_and_sound_are_told(spoken):
    assert read_clip_header(spoken) == ClipHeader(
        duration_s=pytest.approx(2.0, abs=0.05), has_audio=True
    )


def test_a_silent_film_has_no_sound(tmp_path):
    assert read_clip_header(write(tmp_path / "clip.mp4", still(), 1.0)).has_audio is False


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mov", "libx264"), ("a.webm", "libvpx-vp9"), ("a.ts", "libx264")]
)
def test_every_container_tells_it(tmp_path, name, codec):
    path = write(tmp_path / name, still(), 1.0, codec=codec)

    assert read_clip_header(path).duration_s == pytest.approx(1.0, abs=0.05)


def test_a_file_object_tells_the_same_as_its_path(spoken):
    assert read_clip_header(io.BytesIO(spoken.read_bytes())) == read_clip_header(spoken)


def test_of_a_large_file_only_the_header_is_read(spoken):
    large = Reads(spread(spoken.read_bytes()))

    header = read_clip_header(large)

    assert header == read_clip_header(spoken)
    assert large.taken < 2 * 2**20


def test_a_container_that_declares_no_duration_has_none(tmp_path):
    path = tmp_path / "live.webm"
    write(path, still(), 1.0, codec="libvpx-vp9", options={"live": "1"})

    assert read_clip_header(path).duration_s is None


def test_the_longest_claim_counts(tmp_path):
    path = write(tmp_path / "clip.mp4", still(), 1.0, sound=tone(3.0))

    assert read_clip_header(path).duration_s == pytest.approx(3.0, abs=0.1)


def test_a_huge_declared_duration_is_told_as_it_is(tmp_path):
    path = write(tmp_path / "clip.mp4", still(), 1.0, pts=lambda index: index * 90_000)

    assert read_clip_header(path).duration_s > 3_600


def test_a_file_without_bytes_is_empty(file):
    assert reason(file(b"")) == "empty"


@pytest.mark.parametrize("content", [b"hello, world\n" * 100, b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_what_is_no_video_is_called_that(file, content):
    assert reason(file(content)) == "not_a_video"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{}'\n",
    ],
)
def test_a_list_of_other_files_is_not_followed(file, spoken, text):
    assert reason(file(text.format(spoken).encode())) == "not_a_video"


def test_a_name_that_reads_like_an_address_is_a_file(file, spoken):
    assert read_clip_header(file(spoken.read_bytes(), "pipe:0?a=b#c%41.mp4")).has_audio


def test_sound_alone_has_no_picture(tmp_path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1.0)[:, :960], format="fltp", layout="mono")
        frame.rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    assert reason(path) == "no_video_stream"


def test_a_file_cut_off_before_its_index_is_truncated(file, spoken):
    content = spoken.read_bytes()

    assert reason(file(content[: len(content) // 2])) == "truncated"


def test_a_file_that_makes_us_read_on_and_on_is_too_large(spoken, monkeypatch):
    monkeypatch.setattr(clips, "MAX_READ_BYTES", 1_000)

    assert reason(io.BytesIO(spread(spoken.read_bytes()))) == "too_large"


def test_a_file_that_is_not_there_is_no_matter_of_video(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_clip_header(tmp_path / "gone.mp4")


def test_what_the_file_object_raises_escapes(spoken):
    class Broken(Reads):
        def read(self, size=-1):
            if self.taken > 1_000:
                raise ServiceUnavailable("storage is down")
            return super().read(size)

    with pytest.raises(ServiceUnavailable):
        read_clip_header(Broken(spread(spoken.read_bytes())))


def test_mutated_files_end_in_a_clip_or_a_reason(spoken):
    rng = random.Random(7)
    original = spoken.read_bytes()
    index = original.index(b"moov")

    for _ in range(300):
        content = bytearray(original)
        for _ in range(rng.choice([1, 10, 200])):
            start, end = rng.choice([(0, 100), (index, len(content)), (0, len(content))])
            content[rng.randrange(start, end)] = rng.randrange(256)
        cut = rng.choice([len(content), rng.randrange(1, len(content))])
        try:
            header = read_clip_header(io.BytesIO(bytes(content[:cut])))
        except Unreadable as error:
            assert error.reason.isidentifier()
        else:
            assert header.duration_s is None or header.duration_s > 0


@pytest.mark.parametrize(
    "head", [b"", b"\x00\x00\x00\x18ftypisom", b"\x1a\x45\xdf\xa3", b"FLV\x01"]
)
def test_random_bytes_end_in_a_clip_or_a_reason(head):
    rng = random.Random(11)

    for _ in range(40):
        with pytest.raises(Unreadable):
            read_clip_header(io.BytesIO(head + rng.randbytes(rng.randrange(100_000))))
