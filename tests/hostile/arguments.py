"""What a person types: arguments of `tta`, each refused with a sentence and without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from cli.main import status_of
from tests.hostile.files import PAGE, SQL
from tests.hostile.media import clip
from tests.hostile.table import Cell, Feed, Handler, Seen


@contextmanager
def _typing(folder: Path) -> Iterator[Feed]:
    (folder / "good.mp4").write_bytes(clip())
    (folder / "page.mp4").write_bytes(PAGE)
    (folder / "cut.toml").write_text('[targets.prod]\nproject = "x')
    (folder / "bomb.yaml").write_text("a: &a [x]\nload: *a\n")

    def feed(words: list[str]) -> Seen:
        words = [word.replace("{folder}", str(folder)) for word in words]
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            status = status_of([*words, "--home", str(folder / "home")])
        output = out.getvalue() + err.getvalue()
        outcome = "refused" if status in (1, 2) and "This should not happen" not in output else "?"
        assert "Traceback" not in output
        started = (folder / "home/logs").is_dir() and any((folder / "home/logs").iterdir())
        return Seen(outcome, f"{status}: {output}", neighbours=not started)

    yield feed


def _refused(what: str, *words: str, says: str = "") -> Cell:
    return Cell(what, list(words), "refused", says)


arguments = Handler(
    "CLI arguments",
    "Words of a `tta` command. The exit status is 2 for wrong use and 1 for a bad file. The person"
    " gets a sentence and no traceback (TTA_DEBUG=1 shows one), and nothing is started.",
    {
        "empty": _refused("an empty statement", "query", "", says="statement is empty"),
        "cut off": _refused("half a span of time", "failed", "--since", "2", says="--since"),
        "garbage": _refused("an unknown verb", "qwertz\x07", says="no command"),
        "another format": _refused(
            "a web page as a video", "ingest", "{folder}/page.mp4", says="is not a video"
        ),
        "not UTF-8": _refused(
            "a path with a byte that is not a character",
            "ingest",
            "{folder}/\udcff.mp4",
            says="there is no such file",
        ),
        "NUL": _refused("a path with a NUL", "ingest", "{folder}/a\0.mp4", says="null byte"),
        "wrong type": _refused("a word as a number", "up", "--posts", "many", says="--posts"),
        "missing": _refused("no file at all", "ingest", says="Nothing to ingest"),
        "unknown": _refused("an unknown option", "up", "--fault", "x", says="--fault"),
        "out of range": _refused("3 posts", "up", "--posts", "3", says="--posts"),
        "deep": _refused(
            "10,000 folders deep", "ingest", "{folder}/" + "a/" * 10_000, says="a/a/a"
        ),
        "oversized": _refused(
            "a target named with 100,000 letters", "query", "SELECT 1", "--target", "x" * 100_000
        ),
        "bomb": _refused(
            "a plan of aliases", "up", "--faults", "{folder}/bomb.yaml", says="aliases"
        ),
        "twice": _refused(
            "two statements at once", "query", "SELECT 1", "SELECT 2", says="into quotes"
        ),
        "traversal": _refused(
            "a stage that leads out of failed/", "failed", "--stage", "../../x", says="--stage"
        ),
        "address": _refused(
            "an address as a file", "ingest", "http://169.254.169.254/", says="is an address"
        ),
        "injection": _refused("SQL as a time", "failed", "--since", SQL, says="--since"),
    },
    _typing,
)
