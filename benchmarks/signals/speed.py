"""Cost of measuring, beside decoding alone and beside PySceneDetect, and its memory."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av

from benchmarks.table import Measurement
from local.sandbox.clips import render
from local.sandbox.designs import Design
from shared.rating.signals import measure, picture_at

Turns = list[list[float]]  # CPU seconds of one clip: turns x programs

COMMAND = "python -m benchmarks signals"
SIZES = ((480, 854), (720, 1280))
BARS = {(360, 640): None, (480, 854): 1.5, (720, 1280): 1.3, (1080, 1920): 1.3}
MS_BARS = {640: 25.0}  # small pictures decode fast: a ratio would say little
TIMES = 9
SHORT_S, LONG_S = 10, 600
_LATE_S = 6.1
_PAUSE_S = Fraction(1, 2)  # the last frame of sound ends a little after the picture
_PEAK = """
import sys
from benchmarks.memory import peak_mb
from shared.rating.signals import measure
measure(sys.argv[1])
print(peak_mb())
"""


def measurements() -> Iterator[Measurement]:
    with TemporaryDirectory(prefix="speed-") as folder:
        for size, bar in BARS.items():
            yield from _beside_decoding(_clips(Path(folder), size), size[1], bar)
        paths = [path for size in SIZES for path in _clips(Path(folder), size)]
        yield _picture(paths)
        yield _beside_detector(
            [path for size in SIZES for path in _clips(Path(folder), size, silent=True)]
        )
        for size, oddball in zip(SIZES, paths[::2], strict=True):
            yield _memory(oddball, size[1])


def _clips(folder: Path, size: tuple[int, int], silent: bool = False) -> list[Path]:
    return [_clip(folder, size, kind, silent) for kind in ("oddball", "montage")]


def _clip(folder: Path, size: tuple[int, int], kind: str, silent: bool = False) -> Path:
    """Ten textured seconds with a pan and noise at 30 frames/s."""
    is_odd = kind == "oddball"
    design = Design(
        f"{kind}_{size[1]}{'_silent' * silent}",
        kind,
        0.5 if is_odd else 0.0,
        6.0 if is_odd else None,
        float(SHORT_S),
        "bricks" if is_odd else "weave",
        moving=True,
        noise=4.0,
        fps=30,
        size=size,
        silent=silent,
        montage_s=None if is_odd else 1.2,
    )
    path = folder / f"{design.name}.mp4"
    render(design, 77, path)
    return path


def _beside_decoding(paths: list[Path], lines: int, bar: float | None) -> Iterator[Measurement]:
    turns = _cpu_of_turns(paths, measure, decode)
    each = ", ".join(f"{_ratio(turns_of_clip, 0, 1):.2f}" for turns_of_clip in turns)
    note = f"CPU, geometric mean of {each}; picture and sound, threads as FFmpeg chooses"
    name = f"signals: cost beside decoding alone, {lines} lines"
    yield Measurement(name, _mean_ratio(turns, 0, 1), bar, COMMAND, note, is_most=True)
    costs = [
        statistics.median(ours_s for ours_s, _ in of_clip) * 1000 / SHORT_S for of_clip in turns
    ]
    note = f"mean of {', '.join(f'{cost:.1f}' for cost in costs)}"
    name = f"signals: CPU for a second of video, {lines} lines, ms"
    yield Measurement(name, statistics.mean(costs), MS_BARS.get(lines), COMMAND, note, is_most=True)


def _picture(paths: list[Path]) -> Measurement:
    turns = _cpu_of_turns(paths, lambda path: picture_at(path, _LATE_S), decode)
    note = f"CPU; {_LATE_S:g} s after the only refresh of a clip of {SHORT_S} s, or after a cut"
    name = "signals: cost of the picture of a moment beside decoding alone"
    return Measurement(name, _mean_ratio(turns, 0, 1), None, COMMAND, note)


def _beside_detector(paths: list[Path]) -> Measurement:
    """Silent clips, because PySceneDetect reads no sound."""
    turns = _cpu_of_turns(paths, measure, _detector("opencv"), _detector("pyav"))
    ratios = {
        name: _mean_ratio(turns, number, 0) for number, name in enumerate(("opencv", "pyav"), 1)
    }
    name = min(ratios, key=lambda backend: ratios[backend])
    each = ", ".join(f"{backend} {ratio:.2f}" for backend, ratio in ratios.items())
    note = f"CPU, ContentDetector as it ships; by backend: {each}; the picture alone"
    return Measurement("signals: speed beside PySceneDetect", ratios[name], 1.4, COMMAND, note)


def _cpu_of_turns(paths: list[Path], *programs: Callable[[Path], object]) -> list[Turns]:
    """The turns of each clip. The programs take turns, so all meet the same load."""
    for path in paths:
        for program in programs:
            program(path)
    return [
        [[_cpu_s(program, path) for program in programs] for _ in range(TIMES)] for path in paths
    ]


def _ratio(turns: Turns, upper: int, lower: int) -> float:
    return statistics.median(turn[upper] / turn[lower] for turn in turns)


def _mean_ratio(turns: list[Turns], upper: int, lower: int) -> float:
    return statistics.geometric_mean(_ratio(of_clip, upper, lower) for of_clip in turns)


def decode(path: Path) -> None:
    """All frames of the streams that `measure` reads, with its threads and its skipping."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        video.codec_context.options = {"skip_loop_filter": "noref"}
        for packet in container.demux([video, *container.streams.audio[:1]]):
            packet.decode()


def _detector(backend: str) -> Callable[[Path], object]:
    from scenedetect import ContentDetector, SceneManager, open_video

    def detect(path: Path) -> None:
        manager = SceneManager()
        manager.add_detector(ContentDetector())
        manager.detect_scenes(open_video(str(path), backend=backend))

    return detect


def _cpu_s(program: Callable[[Path], object], path: Path) -> float:
    began = time.process_time()
    program(path)
    return time.process_time() - began


def _memory(path: Path, lines: int) -> Measurement:
    long = path.with_name("long.mp4")
    _repeated(path, long, LONG_S // SHORT_S)
    short_mb, long_mb = _peak_mb(path), _peak_mb(long)
    note = f"{long_mb:.0f} MB resident for {LONG_S} s, {short_mb:.0f} MB for {SHORT_S} s"
    name = f"signals: memory for ten minutes beside ten seconds, {lines} lines"
    return Measurement(name, long_mb / short_mb, 1.25, COMMAND, note, is_most=True)


def _repeated(source: Path, target: Path, times: int) -> None:
    """Repeat the clip without encoding it again."""
    with av.open(str(target), "w") as out:
        streams = {}
        for turn in range(times):
            with av.open(str(source)) as container:
                for stream in container.streams if turn == 0 else ():
                    streams[stream.index] = out.add_stream_from_template(stream)
                for packet in container.demux():
                    if packet.dts is None:
                        continue
                    later = round(turn * (SHORT_S + _PAUSE_S) / packet.time_base)
                    packet.pts, packet.dts = packet.pts + later, packet.dts + later
                    packet.stream = streams[packet.stream.index]
                    out.mux(packet)


def _peak_mb(path: Path) -> float:
    process = subprocess.run(
        [sys.executable, "-c", _PEAK, str(path)], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(process.stdout)
