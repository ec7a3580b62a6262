"""What `tta moment` prints: the answer, how sure it is, the seconds, and the videos behind it."""

from collections.abc import Sequence
from math import ceil

from cli.console import Screen
from cli.verbs.moment.run import MomentOutcome
from shared.insights.moment.result import CarryingVideo, MomentResult, SecondRatio
from shared.insights.moment.words import moment_sentences, unread_sentence
from shared.insights.number_words import ratio_text

LABEL = "SYNTHETIC DATA: made up for trying things out, not observed.\n"
BLOCKS = "▁▂▃▄▅▆▇█"
MOST_BLOCKS = 30
NONE = "–"


def show(outcome: MomentOutcome, screen: Screen) -> None:
    """Print a result for people."""
    result = outcome.result
    if result.synthetic:
        screen.show(LABEL)
    sentences = moment_sentences(result)
    for subject in ("answer", "basis", "sure"):
        if subject in sentences:
            screen.show(sentences.pop(subject))
    _show_seconds(result, screen)
    _show_videos(result, screen)
    overturn = [text for subject, text in sentences.items() if subject.startswith("overturn")]
    others = [text for text in sentences.values() if text not in overturn]
    _show_list("What could overturn it:", overturn, screen)
    _show_list("Keep in mind:", [*others, *_set_aside(outcome)], screen)


def _show_list(title: str, sentences: Sequence[str], screen: Screen) -> None:
    if sentences:
        screen.show(title)
        for sentence in sentences:
            screen.show(f"- {sentence}")


def _show_seconds(result: MomentResult, screen: Screen) -> None:
    if result.by_second:
        screen.table(
            ("second", "hazard ratio", "95 % interval", "exchanged moments"),
            [_second(each) for each in result.by_second],
            title="Leaving by second after the moment",
        )


def _second(each: SecondRatio) -> tuple[str, ...]:
    ratio = NONE if each.ratio is None else ratio_text(each.ratio)
    return (
        f"{each.second:+d}".replace("-", "−") if each.second else "0",
        ratio,
        _ends(each.low, each.high),
        _ends(each.placebo_low, each.placebo_high),
    )


def _ends(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{ratio_text(low)} to {ratio_text(high)}"


def _show_videos(result: MomentResult, screen: Screen) -> None:
    if result.carrying:
        screen.table(
            ("video", "moment", "viewers", "who still watches, by second"),
            [
                (each.video_id, f"{each.onset_s:.1f} s", _count(each.viewers), curve_line(each))
                for each in result.carrying
            ],
            title="The videos that move the answer most",
            whole=1,
        )


def _count(viewers: int | None) -> str:
    return NONE if viewers is None else f"{viewers:,}"


def curve_line(video: CarryingVideo) -> str:
    """The curve in one line of blocks, at most 30, with a bar before the second of the moment."""
    each = ceil(len(video.shares) / MOST_BLOCKS)
    blocks = [_block(video.shares[at : at + each]) for at in range(0, len(video.shares), each)]
    at_moment = min(int(video.onset_s) // each, len(blocks))
    return "".join([*blocks[:at_moment], "|", *blocks[at_moment:]])


def _block(shares: Sequence[float | None]) -> str:
    """The height of the last share that is known; a blank where none is."""
    present = [share for share in shares if share is not None]
    if not present:
        return " "
    height = round(min(max(present[-1], 0.0), 1.0) * (len(BLOCKS) - 1))
    return BLOCKS[height]


def _set_aside(outcome: MomentOutcome) -> list[str]:
    """Videos of the other kind, and curves beyond those that are read at once."""
    inputs = outcome.inputs
    sentences = (inputs.kind.sentence, unread_sentence(inputs.unread))
    return [sentence for sentence in sentences if sentence]
