"""The frames of a clip: a subject that hops to a beat, and the moment at which it does not."""

from functools import cached_property
from math import pi, sin

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from scripts.demo_clips.canvas import Canvas
from scripts.demo_clips.clips import DemoClip
from scripts.demo_clips.scenes import LIGHTS, SCENES
from scripts.demo_clips.subjects import SUBJECTS

SUBJECT = 0.34
"""Width of the subject, as a share of the picture's."""
GROUND, HOP, LEAP = 0.84, 0.09, 0.5
"""Where the subject stands, and how high it hops and leaps, as shares of the height."""
CROWD = ((0.2, 0.3), (0.8, 0.3), (0.15, 0.55), (0.85, 0.55), (0.3, 0.1), (0.7, 0.1))


class Film:
    """Frames of one clip, as `local.sandbox.clips.encode` takes them."""

    def __init__(self, clip: DemoClip):
        self.design = clip.design
        self._clip = clip

    def frame(self, index: int) -> NDArray[np.uint8]:
        """Frame `index` as PyAV's yuv420p array."""
        t = index / self.design.fps
        image = self._picture(t).convert("RGB")
        video = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
        planes: NDArray[np.uint8] = video.reformat(format="yuv420p").to_ndarray()
        return planes

    def _picture(self, t: float) -> Image.Image:
        onset_s, event = self.design.onset_s, self._clip.event
        is_after = onset_s is not None and t >= onset_s - 1e-6
        is_during = onset_s is not None and is_after and t < onset_s + self.design.pulse_s - 1e-6
        image = (self._other_scene if is_after and event == "cut" else self._scene).copy()
        sprite = self._other_sprite if is_during and self._other_sprite else self._sprite
        hop = abs(sin(pi * (t % self.design.pulse_s) / self.design.pulse_s))
        height = LEAP if is_during and event == "leaps" else HOP
        if is_during and event == "tips_over":
            sprite = sprite.rotate(90)
        self._put(image, sprite, 0.5, GROUND - height * hop)
        if is_during and event == "multiplies":
            for x, y in CROWD:
                self._put(image, sprite, x, GROUND - y - HOP * hop)
        if is_during and event == "show":
            image = ImageOps.invert(image.convert("RGB"))
        return image

    def _put(self, image: Image.Image, sprite: Image.Image, x: float, foot: float) -> None:
        """Put the sprite's foot at `x` and `foot`, in shares of width and height."""
        edge = round(x * image.width - sprite.width / 2)
        image.paste(sprite, (edge, round(foot * image.height - sprite.height)), sprite)

    @cached_property
    def _scene(self) -> Image.Image:
        return self._drawn(self._clip.scene)

    @cached_property
    def _other_scene(self) -> Image.Image:
        return self._drawn(self._clip.other)

    def _drawn(self, scene: str) -> Image.Image:
        canvas = Canvas(*self.design.size)
        SCENES[scene][0](canvas, canvas.height)
        canvas.tint(*LIGHTS[self._clip.light])
        return canvas.finished()

    @cached_property
    def _sprite(self) -> Image.Image:
        return self._cast(self._clip.subject)

    @cached_property
    def _other_sprite(self) -> Image.Image | None:
        return self._cast(self._clip.other) if self._clip.other in SUBJECTS else None

    def _cast(self, subject: str) -> Image.Image:
        width = round(self.design.size[0] * SUBJECT)
        canvas = Canvas(width, width, is_clear=True)
        SUBJECTS[subject](canvas)
        return canvas.finished()
