"""The clips of the demo: what each shows, when it breaks, and how surprising that is."""

import random
from dataclasses import dataclass
from typing import Any

from local.sandbox.designs import Design
from scripts.demo_clips.scenes import LIGHTS, SCENES
from scripts.demo_clips.subjects import SUBJECTS

CLIPS = 60
FPS = 20
SIZE = (216, 384)
PULSE_S = 0.6
SHORTEST_S = 1.0
SHUFFLE = 4
FIRST = 4
"""Unexpectedness of the one clip of a second: nothing happens in it."""

# event: (number of clips, least and most unexpectedness of 100, kind of design)
EVENTS: dict[str, tuple[int, int, int, str]] = {
    "nothing": (11, 3, 16, "none"),
    "tips_over": (8, 17, 32, "oddball"),
    "bang": (6, 26, 44, "sound_burst"),
    "leaps": (8, 36, 56, "oddball"),
    "multiplies": (7, 48, 68, "oddball"),
    "cut": (7, 56, 76, "jump_cut"),
    "turns_into": (7, 64, 84, "oddball"),
    "show": (6, 82, 97, "oddball_burst"),
}

HAPPENS = {
    "tips_over": "{subject} tips over for one beat",
    "bang": "a loud bang comes out of nowhere",
    "leaps": "{subject} leaps almost out of the picture",
    "multiplies": "all at once seven of them hop",
    "cut": "the scene changes without warning: now {subject} hops {other}",
    "turns_into": "{subject} turns into {other}",
    "show": "with a bang {subject} turns into {other}, and the colours flip",
}


@dataclass(frozen=True, slots=True)
class DemoClip:
    """One clip. `other` is the subject or the scene that takes over, where one does."""

    name: str
    scene: str
    light: int
    subject: str
    event: str
    other: str
    unexpectedness: int
    design: Design

    def words(self) -> dict[str, Any]:
        """What a viewer expects, how it comes otherwise, and the moments that show it."""
        subject, where = f"the {self.subject}", SCENES[self.scene][1]
        pace = "at its pace" if self.design.silent else "to the beat"
        expectation = _sentence(f"{subject} keeps hopping {pace} {where}")
        onset_s = self.design.onset_s
        if onset_s is None:
            return {"expectation": expectation, "violation": None, "evidence": []}
        other = SCENES[self.other][1] if self.event == "cut" else f"a {self.other}"
        happens = _sentence(HAPPENS[self.event].format(subject=subject, other=other))
        before_s = round(onset_s - PULSE_S, 1)
        evidence = [
            {"at_s": before_s, "what": _sentence(f"{subject} hops {where}")},
            {"at_s": onset_s, "what": happens},
        ]
        return {"expectation": expectation, "violation": happens, "evidence": evidence}


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def demo_clips() -> list[DemoClip]:
    """All clips. Those at the front are short, and cover the unusual cases."""
    dice = random.Random(SHUFFLE)
    events, subjects = _events(), list(SUBJECTS) * (CLIPS // len(SUBJECTS))
    dice.shuffle(events)
    dice.shuffle(subjects)
    clips = [
        _clip(number, subject, *event)
        for number, (subject, event) in enumerate(zip(subjects, events, strict=True))
    ]
    return sorted(clips, key=lambda clip: (clip.design.seconds - 3 * clip.design.silent, clip.name))


def _events() -> list[tuple[str, int]]:
    """An event and its unexpectedness for each clip, with equal steps within a kind of event."""
    return [
        (event, round(least + (most - least) * (number + 0.5) / count))
        for event, (count, least, most, _) in EVENTS.items()
        for number in range(count)
    ]


def _clip(number: int, subject: str, event: str, unexpectedness: int) -> DemoClip:
    scenes, subjects = list(SCENES), list(SUBJECTS)
    scene = number % len(scenes)
    other = scenes[(scene + 5) % len(scenes)] if event == "cut" else ""
    if event in ("turns_into", "show"):
        other = subjects[(subjects.index(subject) + 3) % len(subjects)]
    name = f"{subject}_{scenes[scene]}_{event}"
    light = (number // len(scenes) + scene) % len(LIGHTS)
    design = _design(name, scenes[scene], event, unexpectedness, number)
    return DemoClip(name, scenes[scene], light, subject, event, other, unexpectedness, design)


def _design(name: str, scene: str, event: str, unexpectedness: int, number: int) -> Design:
    kind = EVENTS[event][3]
    onset_s = round(PULSE_S * (2 + number % 3), 1)
    return Design(
        name,
        kind,
        unexpectedness / 100,
        None if kind == "none" else onset_s,
        SHORTEST_S if unexpectedness == FIRST else round(onset_s + 2 * PULSE_S, 1),
        scene,
        pulse_s=PULSE_S,
        fps=FPS,
        size=SIZE,
        silent=number % 15 == 7 and "burst" not in kind,
    )
