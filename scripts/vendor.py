"""The chart library of the report: fetched from npm as published, and checked by its hash.

`python scripts/vendor.py` fetches the packages in vendor.json, refuses a file with another hash,
and writes file and licence. `--renew` writes new hashes for the versions in vendor.json. npm checks
each package against the registry's own integrity value.
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
            sha256 = hashlib.sha256(content).hexdigest()
            if renew:
                package[key] = sha256
            elif package[key] != sha256:
                sys.stderr.write(f"{target}: its hash is {sha256}, not {package[key]}\n")
                return 1
            (VENDOR / target).write_bytes(content)
    LIST.write_text(json.dumps(packages, indent=2) + "\n")
    return 0


def _content(package: dict[str, Any], name: str) -> bytes:
    """One file of the published package."""
    with tempfile.TemporaryDirectory() as folder:
        version = f"{package['package']}@{package['version']}"
        packed = subprocess.run(  # nosec B607 # npm is wherever the person installed it
            ["npm", "pack", "--silent", version], cwd=folder, check=True, capture_output=True
        )
        archive = Path(folder) / packed.stdout.decode().split()[-1]
        with tarfile.open(archive) as files:
            member = files.extractfile(f"package/{name}")
            assert member is not None
            return member.read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
