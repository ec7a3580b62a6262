"""Compile every requirements.in into a hashed requirements.txt, all with the same versions."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPILE = [
    *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal"),
    *("--generate-hashes", "--python-version", "3.11", "--no-header"),
]


def main() -> None:
    everything = "requirements-dev.txt"
    _compile("requirements-dev.in", everything)
    _compile("requirements-uv.in", "requirements-uv.txt")
    _compile("requirements-browser.in", "requirements-browser.txt")
    for path in sorted(ROOT.glob("functions/*/requirements*.in")):
        name = str(path.relative_to(ROOT))
        _compile(name, name.replace(".in", ".txt"), "--constraint", everything)


def _compile(source: str, target: str, *options: str) -> None:
    subprocess.run([*COMPILE, source, "--output-file", target, *options], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
