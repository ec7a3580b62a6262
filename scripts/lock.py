"""Compile every requirements.in into a hashed requirements.txt, all with the same versions.

A pinned package keeps its version. To change it, name the new version in the .in file.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMPILE = [
    *(str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal"),
    *("--generate-hashes", "--python-version", "3.11", "--no-header", "--no-strip-extras"),
]
# A pin with extras, its hashes, and the comment that names the packages that need it.
_WITH_EXTRAS = re.compile(
    r"^(?P<name>[\w.-]+)\[(?P<extras>[^\]]+)\](?P<pin>==.*\n(?:    --hash=.*\n)+)", re.M
)


def main() -> None:
    everything = "requirements-dev.txt"
    _compile("requirements-dev.in", everything)
    _compile("requirements-uv.in", "requirements-uv.txt")
    _compile("requirements-browser.in", "requirements-browser.txt")
    _compile("requirements-docs.in", "requirements-docs.txt")
    for path in sorted(ROOT.glob("functions/*/requirements*.in")):
        name = str(path.relative_to(ROOT))
        _compile(name, name.replace(".in", ".txt"), "--constraint", everything)


def _compile(source: str, target: str, *options: str) -> None:
    subprocess.run([*COMPILE, source, "--output-file", target, *options], cwd=ROOT, check=True)
    path = ROOT / target
    path.write_text(with_every_form(path.read_text()))


def with_every_form(requirements: str) -> str:
    """Pin each package in every form in which a dependency may ask for it: `a`, `a[b]`, `a[c]`.

    pip 23 (Debian 12) resolves each form alone. With only `a[b]` pinned it takes the newest
    `a`, finds no hash for it, and refuses the whole file.
    """
    return _WITH_EXTRAS.sub(_forms, requirements)


def _forms(match: re.Match[str]) -> str:
    name, extras, pin = match.group("name", "extras", "pin")
    single = [extra.strip() for extra in extras.split(",")]
    forms = ["", *(f"[{extra}]" for extra in single)]
    if len(single) > 1:
        forms.append(f"[{extras}]")
    return "".join(f"{name}{form}{pin}" for form in forms)


if __name__ == "__main__":
    main()
