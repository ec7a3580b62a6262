"""Files that are broken, lying or not videos end in a reason, in bounded time and memory."""

import random
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.signals.mutations import make_originals, mutant
from shared.rating.signals import Unratable, decode, measure, picture_at
from tests.shared.rating.signals.test_signals import (
    HEIGHT,
    WIDTH,
    beating,
    panned,
    still,
    tone,
    write,
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    options = {"movflags": "+faststart"}
    return write(path, beating(panned()), 4.0, sound=tone(4.0), options=options)


@pytest.fixture
def file(tmp_path):
    def file(content: bytes, name: str = "video.mp4") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return file


def reason(path: Path) -> str:
    with pytest.raises(Unratable) as caught:
        measure(path)
    assert len(str(caught.value)) > 10, "a sentence for the person"
    return caught.value.reason


def test_a_file_without_bytes_is_empty(file):
    assert reason(file(b"")) == "empty"


@pytest.mark.parametrize("content", [b"hello, world\n" * 100, b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_what_is_no_video_is_called_that(file, content):
    assert reason(file(content)) == "not_a_video"


def test_a_playlist_is_not_followed(file, clip):
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nfile://{clip}\n#EXT-X-ENDLIST\n"

    assert reason(file(playlist.encode())) == "not_a_video"


def test_a_list_of_other_files_is_not_followed(file, clip):
    assert reason(file(f"ffconcat version 1.0\nfile '{clip}'\n".encode())) == "not_a_video"


def test_a_name_that_reads_like_an_address_is_a_file(file, clip):
    assert measure(file(clip.read_bytes(), "pipe:0?a=b#c%41.mp4")).frames == 100


def test_sound_alone_has_no_picture(tmp_path):
    path = tmp_path / "sound.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(1.0)[:, :960], format="fltp", layout="mono")
        frame.rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    assert reason(path) == "no_video_stream"


def test_a_file_cut_off_before_its_index_is_truncated(tmp_path):
    whole = write(tmp_path / "whole.mp4", still(), 2.0).read_bytes()
    part = tmp_path / "part.mp4"
    part.write_bytes(whole[: len(whole) // 2])

    assert reason(part) == "truncated"


def test_what_is_left_of_a_truncated_file_is_measured_and_flagged(file, clip):
    content = clip.read_bytes()

    signals = measure(file(content[: len(content) * 4 // 5]))

    assert "truncated" in signals.flags
    assert 2.0 < signals.duration_s < 3.9


def test_less_than_half_of_a_file_is_not_rated(file, clip):
    content = clip.read_bytes()

    assert reason(file(content[: len(content) * 3 // 10])) == "truncated"


def test_pictures_of_garbage_are_undecodable(file, clip):
    content = bytearray(clip.read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = random.Random(1).randbytes(len(content) - start)

    assert reason(file(bytes(content))) in {"undecodable", "truncated", "one_frame"}


def test_one_frame_cannot_surprise(tmp_path):
    assert reason(write(tmp_path / "clip.mp4", still(), 1 / 25)) == "one_frame"


def test_a_missing_duration_is_found_by_decoding(tmp_path):
    path = tmp_path / "live.webm"  # written as a stream, a WebM cannot say how long it will be
    write(path, still(), 2.0, codec="libvpx-vp9", options={"live": "1"})

    assert measure(path).duration_s == pytest.approx(2.0, abs=0.1)


def test_an_absurd_duration_is_refused_unseen(tmp_path, monkeypatch):
    path = write(tmp_path / "clip.mp4", still(), 1.0, pts=lambda index: index * 2500)
    monkeypatch.setattr(decode._Pass, "_see", lambda *_: pytest.fail("a frame was looked at"))

    assert reason(path) == "too_long"


def test_a_leap_in_time_beyond_the_limit_is_refused(clip, monkeypatch):
    monkeypatch.setattr(decode._Pass, "_check_claims", lambda _: None)
    monkeypatch.setattr(decode, "MAX_DURATION_S", 2.0)

    assert reason(clip) == "too_long"


def test_absurd_frames_are_refused(tmp_path, monkeypatch):
    path = write(tmp_path / "clip.mp4", still(), 1.0)
    monkeypatch.setattr(decode, "MAX_FRAME_PIXELS", WIDTH * HEIGHT - 1)

    assert reason(path) in {"too_large", "truncated", "undecodable"}


def test_more_pixels_in_all_than_a_short_video_has_are_refused(clip, monkeypatch):
    monkeypatch.setattr(decode, "MAX_PIXELS", WIDTH * HEIGHT * 10)

    assert reason(clip) == "too_large"


def test_too_many_frames_are_refused(clip, monkeypatch):
    monkeypatch.setattr(decode, "MAX_FRAMES", 20)

    assert reason(clip) == "too_long"


def test_a_file_that_is_not_there_is_no_rating_matter(tmp_path):
    with pytest.raises(FileNotFoundError):
        measure(tmp_path / "gone.mp4")


def test_a_bomb_of_a_picture_is_refused(tmp_path):
    path = write(tmp_path / "bomb.mp4", still(), 0.08, size=(4112, 2320), preset="ultrafast")

    assert reason(path) == "too_large"


def test_a_header_that_claims_a_gigantic_picture_is_refused(file):
    header = b"GIF89a" + struct.pack("<HHBBB", 65_000, 65_000, 0xF0, 0, 0) + bytes(6)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65_000, 65_000, 0) + b"\x02\x02\x4c\x01\x00;"

    assert reason(file(header + frame, "bomb.gif")) in {"too_large", "undecodable", "truncated"}


def test_mutated_files_of_every_make_end_in_a_measurement_or_a_reason(tmp_path):
    make_originals(tmp_path)
    path = tmp_path / "mutated"

    for number in range(54):
        path.write_bytes(mutant(tmp_path, number))
        try:
            picture_at(path, measure(path).duration_s / 2)
        except Unratable as error:
            assert error.reason.isidentifier()


def damaged(path: Path, first: int, last: int) -> bytes:
    """The file with noise in the picture's packets from `first` to `last`, index untouched."""
    content = bytearray(path.read_bytes())
    dice = random.Random(3)
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        for packet in packets[first:last]:
            for at in range(packet.pos + packet.size // 4, packet.pos + packet.size):
                content[at] = dice.randrange(256)
    return bytes(content)


def test_a_decoding_error_is_never_the_onset(file, tmp_path):
    whole = write(tmp_path / "whole.mp4", beating(panned()), 6.0, gop=25)

    signals = measure(file(damaged(whole, 70, 80)))

    assert "damaged" in signals.flags
    assert signals.onset_s is None or not 2.7 <= signals.onset_s <= 4.2
    assert max(signals.surprise_curve[2:4]) <= max(measure(whole).surprise_curve) + 25


def test_sound_that_goes_on_alone_does_not_lengthen_the_video(tmp_path):
    path = write(tmp_path / "clip.mp4", beating(still()), 2.04, sound=tone(4.0))

    assert measure(path).duration_s == 2.04


def test_of_several_pictures_the_one_that_a_player_shows_is_measured(tmp_path):
    path = tmp_path / "two.ts"  # marks no stream as the default
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25) for _ in range(2)]
        for stream, side in zip(streams, (64, 256), strict=True):
            stream.width = stream.height = side
            stream.pix_fmt = "yuv420p"
        for index in range(50):
            for stream in streams:
                frame = av.VideoFrame(stream.width, stream.height, "yuv420p")
                for plane in frame.planes:
                    content = (index * 3 + np.arange(plane.buffer_size)) % 250
                    plane.update(content.astype(np.uint8).tobytes())
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))

    assert measure(path).width == 256
