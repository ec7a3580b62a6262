"""Write the frozen clips of Gemini's canary: `python scripts/canary_clips.py`.

They were made once, and are committed as text (base64), because Terraform zips text alone. New
clips would end every baseline that was measured with the old ones. A test holds the bytes.
"""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from local.sandbox.clips import render
from local.sandbox.designs import Design

TARGET = Path(__file__).resolve().parent.parent / "shared/rating/gemini/canary_clips.json"
SEED = 20_261_127
SMALL = {"fps": 10, "size": (144, 256)}

# A rater of meaning can tell these apart: nothing happens, a pattern breaks weakly or strongly, the
# scene is cut, and a noise bursts into an unchanged picture.
CLIPS = (
    Design("ordinary", "none", 0.0, None, 4.0, "cloud", silent=True),
    Design("weak_break", "oddball", 0.25, 2.4, 4.0, "weave", silent=True),
    Design("strong_break", "oddball", 1.0, 2.4, 4.0, "hills", silent=True),
    Design("cut", "jump_cut", 1.0, 2.2, 4.0, "bricks", silent=True),
    Design("ordinary_with_sound", "none", 0.0, None, 2.0, "weave"),
    Design("burst_of_noise", "sound_burst", 1.0, 1.8, 3.0, "bricks"),
)


def entry(design: Design, folder: Path) -> dict[str, Any]:
    """One clip, rendered and encoded as text."""
    path = folder / f"{design.name}.mp4"
    render(replace(design, **SMALL), SEED, path)  # type: ignore[arg-type]
    content = path.read_bytes()
    return {
        "name": design.name,
        "shows": f"{design.kind}, size {design.surprise:g}, {design.seconds:g} s",
        "sha256": hashlib.sha256(content).hexdigest(),
        "mp4_base64": base64.b64encode(content).decode(),
    }


def main() -> None:
    with TemporaryDirectory() as folder:
        clips = [entry(design, Path(folder)) for design in CLIPS]
    TARGET.write_text(json.dumps({"clips": clips}, indent=1) + "\n")


if __name__ == "__main__":
    main()
