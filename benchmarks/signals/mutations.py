"""A thousand randomly damaged files of every format: each must be measured or refused, soon.

A process of its own takes them one by one, so a crash of a decoder is counted and harms nothing
else.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np

from benchmarks.memory import peak_mb
from benchmarks.table import Measurement
from shared.rating.signals import Unratable, measure, picture_at

COMMAND = "python -m benchmarks signals"
FILES, SEED = 1_000, 11
MOST_S, MOST_MB = 10.0, 500.0
_HANGS_S = 60
_CHILD = """
import sys
from pathlib import Path
from benchmarks.signals.mutations import run
run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
"""
_SIDE, _FRAMES, _FPS, _RATE = 160, 40, 25, 48_000
_MAKES = (
    ("h264.mp4", "libx264", "aac", {"movflags": "+faststart"}),
    ("fragmented.mp4", "libx264", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    ("hevc.mp4", "libx265", "aac", {}),
    ("vp9.webm", "libvpx-vp9", "libopus", {}),
    ("av1.mp4", "libsvtav1", "aac", {}),
    ("mpeg4.avi", "mpeg4", "pcm_s16le", {}),
    ("h264.mkv", "libx264", "flac", {}),
    ("h264.ts", "libx264", "aac", {}),
    ("picture.gif", "gif", "", {}),
)


def measurements() -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="mutated-") as folder:
        make_originals(Path(folder))
        outcomes = list(_outcomes(Path(folder)))
    crashed = sum("crash" in outcome for outcome in outcomes)
    whole = [outcome for outcome in outcomes if "crash" not in outcome]
    reasons = sum(outcome["outcome"] != "measured" for outcome in whole)
    slowest = max(outcome["seconds"] for outcome in whole)
    grown = max(outcome["grown_mb"] for outcome in whole)
    name = f"signals, {len(outcomes)} mutated files"
    note = f"{len(whole) - reasons} measured, {reasons} refused with a reason"
    yield Measurement(f"{name}: crashes and hangs", crashed, 0, COMMAND, note, is_most=True)
    yield Measurement(f"{name}: slowest, s", slowest, MOST_S, COMMAND, is_most=True)
    yield Measurement(f"{name}: growth of the process, MB", grown, MOST_MB, COMMAND, is_most=True)


def make_originals(folder: Path) -> None:
    """Write a short file of each format that this FFmpeg can encode."""
    os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder fills stderr otherwise
    for name, video, audio, options in _MAKES:
        if video in av.codecs_available and (not audio or audio in av.codecs_available):
            _write(folder / name, video, audio, options)


def mutant(folder: Path, number: int) -> bytes:
    """File `number`: bytes changed, cut out, doubled or cut off, more often near the head."""
    originals = sorted(folder.glob("*.*"))
    dice = random.Random(f"{SEED} {number}")
    content = bytearray(originals[number % len(originals)].read_bytes())
    for _ in range(dice.choice([1, 3, 30, 300])):
        at = dice.randrange(dice.choice([200, 4_000, len(content)])) % len(content)
        content[at] = dice.randrange(256)
    if dice.random() < 0.3:
        start, size = dice.randrange(len(content)), dice.choice([1, 8, 1_000])
        content[start : start + size] = dice.choice([b"", bytes(size), content[start:][:size] * 2])
    return bytes(content[: dice.randrange(500, len(content))] if dice.random() < 0.2 else content)


def _outcomes(folder: Path) -> Iterator[dict[str, Any]]:
    """The outcome of each file. After a crash or a hang, a new process continues with the next."""
    number = 0
    while number < FILES:
        command = [sys.executable, "-c", _CHILD, folder, number, FILES]
        with subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                yield json.loads(line)
                number += 1
        if number < FILES:
            yield {"crash": child.returncode, "number": number}
            number += 1


def run(folder: Path, first: int, last: int) -> None:
    """Print the outcome of each file. SIGALRM ends the process when a file hangs."""
    for original in folder.glob("*.*"):
        _outcome(original)
    path, usual_mb = folder / "mutated", peak_mb()
    for number in range(first, last):
        path.write_bytes(mutant(folder, number))
        began = time.monotonic()
        signal.alarm(_HANGS_S)
        outcome, seconds = _outcome(path), round(time.monotonic() - began, 3)
        grown = round(peak_mb() - usual_mb, 1)
        print(json.dumps({"outcome": outcome, "seconds": seconds, "grown_mb": grown}), flush=True)


def _outcome(path: Path) -> str:
    try:
        picture_at(path, measure(path).duration_s / 2)
    except Unratable as error:
        return error.reason
    return "measured"


def _write(path: Path, video: str, audio: str, options: dict[str, str]) -> None:
    rng = np.random.default_rng(SEED)
    texture = rng.integers(40, 200, (_SIDE // 8, _SIDE // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(video, rate=_FPS)
        stream.width = stream.height = _SIDE
        stream.pix_fmt = "rgb8" if video == "gif" else "yuv420p"
        sound = container.add_stream(audio, rate=_RATE, layout="mono") if audio else None
        for index in range(_FRAMES):
            image = np.roll(texture, 2 * index, axis=1)
            frame = av.VideoFrame.from_ndarray(image, "gray").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = index, Fraction(1, _FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            samples = np.sin(np.arange(_RATE * _FRAMES // _FPS) / 20).astype(np.float32)
            for start in range(0, len(samples), 960):
                heard = av.AudioFrame.from_ndarray(
                    samples[None, start : start + 960], "fltp", "mono"
                )
                heard.rate, heard.time_base, heard.pts = _RATE, Fraction(1, _RATE), start
                container.mux(sound.encode(heard))
            container.mux(sound.encode(None))
