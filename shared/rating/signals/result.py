"""The result of a measurement, and the reasons for refusing one."""

from dataclasses import dataclass

from shared.rating.signals.transitions import Transition

# Part of the rater's name: any change that can move a number needs a new version.
VERSION = "2.6"


class Unratable(Exception):
    """The file has no measurement, and trying again cannot change that.

    `reason` is one of: `empty`, `not_a_video`, `no_video_stream`, `truncated`,
    `undecodable`, `one_frame`, `no_duration`, `too_large`, `too_long`.
    """

    def __init__(self, reason: str, sentence: str):
        super().__init__(sentence)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Signals:
    """The measured signals of one clip. None means that the file does not tell.

    Times are seconds from the first presented instant of the file. Curves have one
    value per started second. Surprise is in nats (sum over image cells, colour cells
    and sound bands of KL(posterior‖prior) beyond the clip's ordinary level).
    """

    duration_s: float
    width: int  # pixels as shown: after rotation and pixel aspect
    height: int
    rotation: int  # degrees clockwise a player turns the frames: 0, 90, 180, 270
    fps: float | None  # mean frames per second
    frames: int  # decoded video frames
    has_audio: bool

    cuts_s: tuple[float, ...]  # time of the first frame of each new shot
    transitions: tuple[Transition, ...]  # gradual edits: dissolves, wipes, fades, flashes
    onset_s: float | None  # where the strongest surprise starts, None if none stands out
    peak_s: float | None  # where surprise is highest, None if it is nowhere above ordinary
    onset_channel: str | None  # "picture", "colour" or "sound"

    surprise_nats: float  # peak, corrected for motion and for cuts
    surprise_raw_nats: float  # peak before both corrections
    motion: float  # mean luma change, % of full scale per 0.1 s
    arousal: float  # proxy, 0-100
    loudness_lufs: float | None  # BS.1770 integrated, None if silent or no sound

    unexpectedness: int  # 0-100, see scores.py

    surprise_curve: tuple[float, ...]  # nats, highest value within each second
    surprise_raw_curve: tuple[float, ...]
    motion_curve: tuple[float, ...]  # % of full scale per 0.1 s, mean within each second
    arousal_curve: tuple[float, ...]  # 0-100
    loudness_curve: tuple[float | None, ...]  # LUFS of each second, None where silent
    flags: tuple[str, ...]  # "no_audio", "silent", "truncated", "damaged", "late_start"
