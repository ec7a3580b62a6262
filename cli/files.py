"""Files that a verb reads and writes: checked before any work, and written completely or not."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.errors import WRONG_USE, UserError
from shared.inputs.suggestions import nearest


def refuse_absent(option: str, path: Path | None) -> None:
    """Raises UserError for anything but an ordinary file."""
    if path is None or path.is_file():
        return
    if path.is_dir():
        why = "is a folder; give a file in it"
    else:
        why = "is not an ordinary file" if path.exists() else f"does not exist{similar_name(path)}"
    raise UserError(f"{option} {path}: it {why}.", WRONG_USE)


def similar_name(path: Path) -> str:
    """` (did you mean FILE?)` for a file or folder beside it that has nearly its name, or ''."""
    try:
        return nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    except OSError:
        return ""


def refuse_target(out: Path | None, read: Iterable[Path | None]) -> None:
    """Raises UserError when `--out` cannot be written, or is one of the input files."""
    if out is None:
        return
    if out.is_dir() or not out.parent.is_dir():
        raise UserError(f"--out {out}: give a file in a folder that exists.", WRONG_USE)
    if out.exists() and not out.is_file():  # renaming a file over a device would replace the device
        raise UserError(f"--out {out}: it is not an ordinary file.", WRONG_USE)
    if out.exists() and any(path is not None and path.samefile(out) for path in read):
        raise UserError(f"--out {out}: it is an input file.", WRONG_USE)


def write(path: Path, text: str) -> None:
    """Write a file completely, or leave the old one: an interrupt loses nothing."""
    with written_whole(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A new file, which replaces `path` when the block succeeds. Raises UserError."""
    unfinished = path.with_name(path.name + ".part")
    try:
        yield unfinished
        unfinished.replace(path)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
