"""Designs of plain clips: what each shows, and the planted surprise with its size and time.

Benchmarks of the signals rater, the smoke test and some tests render them. The sandbox shows others
(footage.py).

Sizes are graded from 0 (none) to 1. Times are multiples of 0.2 s, which are whole frames at
25 and 30 frames per second. Half of the designs have camera motion and sensor noise, so that a
rater that mistakes motion or noise for surprise is caught.
"""

from dataclasses import dataclass

SMALL, LARGE = (270, 480), (480, 854)
CLIP_SEED = 7
"""The seed of the benchmarks: what a rater sees in a design is known beforehand."""


@dataclass(frozen=True, slots=True)
class Design:
    """One clip. `pulse_s` is the period of the pattern a viewer gets used to.

    kind: none, oddball (the pattern breaks once), jump_cut (another scene), sound_burst (a
    sudden loud noise) or oddball_burst (both at once). surprise: size 0..1. noise: standard
    deviation of sensor noise in luma steps. montage_s: period of ordinary, expected cuts.
    """

    name: str
    kind: str
    surprise: float
    onset_s: float | None
    seconds: float
    texture: str
    moving: bool = False
    noise: float = 0.0
    pulse_s: float = 0.6
    fps: int = 25
    size: tuple[int, int] = SMALL
    silent: bool = False
    montage_s: float | None = None

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """Times of hard cuts in the picture, planted or ordinary."""
        if self.kind == "jump_cut" and self.onset_s is not None:
            return (self.onset_s,)
        if self.montage_s is None:
            return ()
        count = round(self.seconds / self.montage_s)
        return tuple(round(n * self.montage_s, 3) for n in range(1, count))


def _moving(
    name: str,
    kind: str,
    surprise: float,
    onset_s: float | None,
    seconds: float,
    texture: str,
    fps: int = 25,
    size: tuple[int, int] = SMALL,
) -> Design:
    return Design(
        name, kind, surprise, onset_s, seconds, texture, moving=True, noise=4.0, fps=fps, size=size
    )


# The first six are short and cover the unusual cases.
DESIGNS: tuple[Design, ...] = (
    Design("silent", "oddball", 0.75, 2.4, 4.0, "hills", silent=True),
    Design("one_second", "none", 0.0, None, 1.0, "weave"),
    _moving("sound_burst_050_moving", "sound_burst", 0.5, 1.8, 3.0, "bricks"),
    Design("jump_cut_075", "jump_cut", 0.75, 2.2, 4.0, "cloud"),
    Design("sound_burst_025", "sound_burst", 0.25, 2.4, 4.0, "bricks"),
    _moving("oddball_025_moving", "oddball", 0.25, 3.6, 5.0, "hills"),
    _moving("oddball_100_moving", "oddball", 1.0, 4.2, 6.0, "cloud"),
    Design("steady", "none", 0.0, None, 6.0, "cloud"),
    Design("jump_cut_100", "jump_cut", 1.0, 3.0, 5.0, "bricks"),
    _moving("sound_burst_100_moving", "sound_burst", 1.0, 3.6, 5.0, "weave"),
    Design("oddball_025", "oddball", 0.25, 4.2, 6.0, "weave"),
    Design("oddball_050", "oddball", 0.5, 3.6, 5.0, "bricks", fps=30),
    Design("oddball_075", "oddball", 0.75, 6.0, 8.0, "cloud"),
    Design("oddball_100", "oddball", 1.0, 4.8, 6.6, "hills", size=LARGE),
    _moving("oddball_050_moving", "oddball", 0.5, 9.0, 12.0, "weave"),
    _moving("oddball_075_moving", "oddball", 0.75, 3.6, 5.0, "bricks", fps=30),
    Design("jump_cut_025", "jump_cut", 0.25, 2.6, 4.0, "hills"),
    Design("jump_cut_050", "jump_cut", 0.5, 4.0, 6.0, "weave", fps=30),
    _moving("jump_cut_025_moving", "jump_cut", 0.25, 3.2, 5.0, "cloud"),
    _moving("jump_cut_050_moving", "jump_cut", 0.5, 5.2, 7.0, "bricks"),
    _moving("jump_cut_075_moving", "jump_cut", 0.75, 3.0, 5.0, "hills", size=LARGE),
    _moving("jump_cut_100_moving", "jump_cut", 1.0, 6.2, 9.0, "weave"),
    Design("sound_burst_050", "sound_burst", 0.5, 3.0, 5.0, "hills"),
    Design("sound_burst_075", "sound_burst", 0.75, 4.8, 7.0, "cloud", fps=30),
    _moving("sound_burst_075_moving", "sound_burst", 0.75, 6.0, 8.0, "hills"),
    Design("oddball_burst_050", "oddball_burst", 0.5, 3.0, 5.0, "weave"),
    _moving("oddball_burst_100_moving", "oddball_burst", 1.0, 4.2, 6.0, "bricks", size=LARGE),
    _moving("steady_moving", "none", 0.0, None, 5.0, "hills"),
    _moving("long_moving", "none", 0.0, None, 12.0, "cloud"),
    Design("montage", "none", 0.0, None, 7.2, "bricks", moving=True, noise=4.0, montage_s=1.2),
)
BY_NAME = {design.name: design for design in DESIGNS}
