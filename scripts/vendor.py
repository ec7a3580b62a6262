"""The chart library that a report carries, taken from npm as published and checked by its hash.

`python scripts/vendor.py` fetches what vendor.json names, refuses a file whose hash differs, and
writes file and licence; `--renew` takes the versions that vendor.json names and writes their hashes
anew. npm checks each package against the registry's own integrity value.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "shared/insights/report/vendor"
LIST = VENDOR / "vendor.json"


def main(arguments: list[str]) -> int:
    renew = arguments == ["--renew"]
    packages: list[dict[str, Any]] = json.loads(LIST.read_text())
    for package in packages:
        for source, target, key in (
            (package["file"], package["name"], "sha256"),
            ("LICENSE", package["licence_name"], "licence_sha256"),
        ):
            content = _content(package, source)
            found = hashlib.sha256(content).hexdigest()
            if renew:
                package[key] = found
            elif package[key] != found:
                sys.stderr.write(f"{target}: its hash is {found}, not {package[key]}\n")
                return 1
            (VENDOR / target).write_bytes(content)
    LIST.write_text(json.dumps(packages, indent=2) + "\n")
    return 0


def _content(package: dict[str, Any], name: str) -> bytes:
    """One file of the package, as npm gives it."""
    with tempfile.TemporaryDirectory() as folder:
        asked = f"{package['package']}@{package['version']}"
        packed = subprocess.run(  # nosec B607 # npm is where the person has it
            ["npm", "pack", "--silent", asked], cwd=folder, check=True, capture_output=True
        )
        archive = Path(folder) / packed.stdout.decode().split()[-1]
        with tarfile.open(archive) as files:
            member = files.extractfile(f"package/{name}")
            assert member is not None
            return member.read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
