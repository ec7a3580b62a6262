"""Write the clips of the demo, and what they show: `python -m scripts.demo_clips`.

They were made once, and are committed, so that no demo has to render them. New clips change what
the demo finds. A test holds the bytes.
"""

import json
import zlib
from dataclasses import asdict
from typing import Any

import numpy as np

from local.sandbox.clips import encode
from local.sandbox.footage import FOLDER, LISTING
from local.sandbox.sound import sound
from scripts.demo_clips.clips import DemoClip, demo_clips
from scripts.demo_clips.film import Film

SEED = 20_261_128


def entry(clip: DemoClip) -> dict[str, Any]:
    """Render one clip; returns its description."""
    rng = np.random.default_rng([SEED, zlib.crc32(clip.name.encode())])
    samples = sound(clip.design, rng)
    if samples is not None:
        # How loud a clip is has nothing to do with its surprise.
        samples = np.clip(samples * np.float32(rng.uniform(0.4, 1.6)), -1, 1)
    rendered = encode(Film(clip), samples, FOLDER / f"{clip.name}.mp4")
    return {
        **{key: value for key, value in asdict(rendered).items() if key != "file"},
        "scene": clip.scene,
        "subject": clip.subject,
        "event": clip.event,
        "onset_s": clip.design.onset_s,
        "unexpectedness": clip.unexpectedness,
        **clip.words(),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.mp4"):
        path.unlink()
    clips = [entry(clip) for clip in demo_clips()]
    text = json.dumps({"synthetic": True, "clips": clips}, indent=1, ensure_ascii=False)
    LISTING.write_text(text + "\n")


if __name__ == "__main__":
    main()
