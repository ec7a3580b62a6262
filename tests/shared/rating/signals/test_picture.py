"""The picture of a moment: the right frame, upright, small; its failure ends no rating."""

import io

import av
import numpy as np
import pytest

from shared.rating.signals import picture_at
from tests.shared.rating.signals.test_signals import HEIGHT, WIDTH, still, write


def opened(jpeg: bytes) -> np.ndarray:
    with av.open(io.BytesIO(jpeg)) as container:
        return next(container.decode(video=0)).to_ndarray(format="gray")


def brightening(t: float) -> np.ndarray:
    return np.full((HEIGHT, WIDTH), 40.0 + 40 * int(t + 1e-6))


@pytest.mark.parametrize("at_s", [0.0, 0.5, 1.5, 2.96, 99.0])
def test_it_is_what_is_shown_at_that_time(tmp_path, at_s):
    path = write(tmp_path / "clip.mp4", brightening, 4.0, pts=lambda index: index + 50)

    shown = opened(picture_at(path, at_s)).mean()

    video_level = 40 + 40 * min(3, int(at_s))
    assert shown == pytest.approx((video_level - 16) * 255 / 219, abs=3)


def test_the_same_moment_gives_the_same_bytes(tmp_path):
    path = write(tmp_path / "clip.mp4", still(), 1.0)

    assert picture_at(path, 0.5) == picture_at(path, 0.5)


def test_it_is_small_and_no_larger_than_the_video(tmp_path):
    large = write(tmp_path / "large.mp4", still(), 0.2, size=(720, 1280))
    small = write(tmp_path / "small.mp4", still(), 0.2)

    assert opened(picture_at(large, 0)).shape == (480, 270)
    assert opened(picture_at(small, 0)).shape == (HEIGHT, WIDTH)
    assert len(picture_at(large, 0)) < 60_000


@pytest.mark.parametrize(
    ("degrees", "corner"),
    [(0, "top left"), (90, "top right"), (180, "bottom right"), (270, "bottom left")],
)
def test_it_stands_upright(tmp_path, degrees, corner):
    def lit_corner(t):
        image = np.full((HEIGHT, WIDTH), 30.0)
        image[: HEIGHT // 2, : WIDTH // 2] = 220
        return image

    path = write(tmp_path / "clip.mp4", lit_corner, 0.4, turned=degrees)
    picture = opened(picture_at(path, 0))
    rows, columns = picture.shape

    corners = {
        "top left": picture[: rows // 2, : columns // 2],
        "top right": picture[: rows // 2, columns // 2 :],
        "bottom left": picture[rows // 2 :, : columns // 2],
        "bottom right": picture[rows // 2 :, columns // 2 :],
    }
    assert max(corners, key=lambda name: corners[name].mean()) == corner
    assert (rows, columns) == ((HEIGHT, WIDTH) if degrees % 180 == 0 else (WIDTH, HEIGHT))
