"""Run the commands of the documentation as written: `python -m tests.docs [--keep] [PAGE…]`.

Without a page, all pages that have commands are run: README, tutorials, guides. A page is run in an
empty folder with what a clone has, with a home of its own, without a key and without a project.

    ```sh                            is run; it must succeed
    ```sh title="it fails"           is run; it must fail
    ```sh title="another terminal"   keeps running until the page ends
    ```sql, ```python                are run: by `tta query --demo`, by Python
    ```yaml title="plan.yaml"        is written into the file (any language)
    ```text                          is what the block before it prints; … stands for any text
    ```console, ```, indented        are not run

`--keep` leaves the folder of a page for a look at it. A page that takes longer than five minutes
fails: its reader would stop.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.docs.check import PageFailed, check
from tests.docs.pages import ROOT, runnable

PAGE_S = 300
"""The longest that a reader should wait for the commands of a page."""


def main(arguments: list[str]) -> int:
    if "--help" in arguments or "-h" in arguments:
        print(__doc__)
        return 0
    keep = "--keep" in arguments
    named = [Path(argument).resolve() for argument in arguments if argument != "--keep"]
    failures = [page for page in named or runnable() if not _passes(page, keep)]
    return 1 if failures else 0


def _passes(page: Path, keep: bool) -> bool:
    folder = Path(tempfile.mkdtemp(prefix=f"{page.stem}-"))
    name = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    try:
        checked = check(page, folder)
    except PageFailed as error:
        print(f"FAILED {error}\n", flush=True)
        return False
    finally:
        if keep:
            print(f"{name}: its folder is {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    is_short = checked.seconds <= PAGE_S
    print(
        f"{'passed' if is_short else 'TOO SLOW'} {name}: {checked.count} blocks, "
        f"{checked.seconds:.0f} s ({checked.processor_s:.0f} s of a processor)",
        flush=True,
    )
    return is_short


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
