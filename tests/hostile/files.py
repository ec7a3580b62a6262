"""Files that a person writes: collections, analysis plans, the rubric, plans of faults."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random

from local.faults import BadFaultPlan, read_plan
from scripts.rubric_file import BadRubric, parse_rubric
from shared.errors import Permanent
from shared.insights.plan_file import parse_plan
from shared.tiktok.collection_file import parse_collection
from tests.hostile.table import Cell, Feed, Handler, Seen

ROOT = Path(__file__).parents[2]
GARBAGE = Random(1).randbytes(2_000)
PAGE = b"<!doctype html><html><body><h1>404</h1></body></html>"
BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b]\n"
SQL = "'; DROP TABLE fact_rating; --"


def changed(good: bytes, old: str, new: str | bytes) -> bytes:
    """The good file with one thing in it replaced."""
    before, after = old.encode(), new if isinstance(new, bytes) else new.encode()
    if before not in good:
        raise ValueError(f"{old!r} is not in the good file")
    return good.replace(before, after, 1)


def yaml_cells(good: bytes, own: Mapping[str, Cell]) -> dict[str, Cell]:
    """What is the same for every YAML file, and a file's own cases."""
    refused = {
        "empty": Cell("no bytes", b"", "refused"),
        "garbage": Cell("2,000 random bytes", GARBAGE, "refused", "not readable YAML"),
        "another format": Cell("a web page", PAGE, "refused"),
        "not UTF-8": Cell("a key with the byte FF", b"\xff" + good, "refused", "not readable YAML"),
        "NUL": Cell("a NUL at the end", good + b"# \0\n", "refused", "not readable YAML"),
        "deep": Cell("100,000 lists in lists", b"x: " + b"[" * 100_000, "refused", "nested deeper"),
        "oversized": Cell(
            "a good file and 2 MB of comment",
            lambda: good + b"#" * 2 * 2**20,
            "refused",
            "larger than",
        ),
        "bomb": Cell("aliases of aliases of aliases", BOMB + good, "refused", "aliases"),
    }
    return {**refused, **own}


def handler(
    name: str,
    about: str,
    cells: Mapping[str, Cell],
    read: Callable[[Path, bytes], object],
    refusal: type[Exception],
) -> Handler:
    """A reader of whole files: what it does not raise, it has taken."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Feed]:
        def feed(content: bytes) -> Seen:
            try:
                read(folder, content)
            except refusal as error:
                return Seen("refused", str(error))
            return Seen("taken")

        yield feed

    return Handler(name, about, cells, opened)


# Collections

COLLECTIONS = b"""
collections:
  cats:
    hashtags: [cat]
    start_date: 2026-01-01
    sampling_frame: Public posts.
    max_videos: 100
    media: {resolver: url, url_template: "https://media.example.org/{video_id}.mp4"}
  dogs:
    hashtags: [dog]
    start_date: 2026-01-01
"""
_in_collections = partial(changed, COLLECTIONS)


@contextmanager
def _collections(folder: Path) -> Iterator[Feed]:
    """Asked for `cats`; `dogs` is the neighbour where the file can be read at all."""

    def feed(content: bytes) -> Seen:
        try:
            parse_collection(content, "cats")
            seen = Seen("taken")
        except Permanent as error:
            seen = Seen("refused", error.sentence)
        whole = "not readable" in seen.says or "larger" in seen.says or "needs one" in seen.says
        if not whole:
            parse_collection(content, "dogs")
        return seen

    yield feed


collections = Handler(
    "collections",
    "`config/collections.yaml` in the bucket, when `fetch` is asked for a collection in it (400)."
    " A fault in one collection does not affect another.",
    yaml_cells(
        COLLECTIONS,
        {
            "cut off": Cell(
                "ends inside the media policy",
                COLLECTIONS[: COLLECTIONS.index(b"url_template")],
                "refused",
                "not readable YAML",
            ),
            "wrong type": Cell(
                "a country that YAML reads as false",
                _in_collections("hashtags: [cat]", "regions: [NO]"),
                "refused",
                "put it in quotes",
            ),
            "missing": Cell(
                "no start_date",
                _in_collections("    start_date: 2026-01-01\n    samp", "    samp"),
                "refused",
                "line 3, cats.start_date: is missing",
            ),
            "unknown": Cell(
                "a field `hashtag`",
                _in_collections("hashtags: [cat]", "hashtags: [cat]\n    hashtag: x"),
                "refused",
                "line 5, cats.hashtag: there is no such field",
            ),
            "out of range": Cell(
                "-1 videos", _in_collections("100", "-1"), "refused", "max_videos"
            ),
            "twice": Cell(
                "max_videos given twice",
                _in_collections("max_videos: 100", "max_videos: 100\n    max_videos: 200"),
                "refused",
                "given twice",
            ),
            "traversal": Cell(
                "another collection, named `../../x`: nobody can ask for it",
                _in_collections("  cats:", "  ../../x: {}\n  cats:"),
                "taken",
            ),
            "address": Cell(
                "media from file:///etc/passwd",
                _in_collections("https://media.example.org/", "file:///etc/passwd?"),
                "refused",
                "not an https address",
            ),
            "injection": Cell(
                "SQL as sampling frame",
                _in_collections("Public posts.", f'"{SQL}"'),
                "taken",
            ),
        },
    ),
    _collections,
)

# Analysis plans

PLAN = b"""
columns: [video_id, creator, views, likes, unexpectedness]
predictors: [unexpectedness]
outcomes: [views, likes]
primary: {predictor: unexpectedness, outcome: views, scale: count}
exposure: {likes: views}
"""
_in_plan = partial(changed, PLAN)

plans = handler(
    "analysis plans",
    "a file given to `tta insights --plan`.",
    yaml_cells(
        PLAN,
        {
            "cut off": Cell(
                "ends inside `primary`",
                PLAN[: PLAN.index(b"outcome: views, scale")],
                "refused",
                "not readable YAML",
            ),
            "wrong type": Cell(
                "a number as outcome", _in_plan("[views, likes]", "[views, 5]"), "refused", "quotes"
            ),
            "missing": Cell(
                "no outcomes", _in_plan("outcomes: [views, likes]\n", ""), "refused", "outcome"
            ),
            "unknown": Cell(
                "a key `predictor`",
                _in_plan("predictors:", "predictor:"),
                "refused",
                "predictor",
            ),
            "out of range": Cell(
                "a seed to base 60 that is beyond any number",
                PLAN + b"seed: " + b"1:" * 200 + b"1.5\n",
                "refused",
                "not readable YAML",
            ),
            "twice": Cell(
                "outcomes given twice", PLAN + b"outcomes: [views]\n", "refused", "given twice"
            ),
            "traversal": Cell(
                "a column named ../../etc/passwd",
                _in_plan("[views, likes]", "[../../etc/passwd]"),
                "refused",
                "../../etc/passwd",
            ),
            "address": Cell(
                "a column named like an address of our network",
                _in_plan("predictors: [unexpectedness]", 'predictors: ["http://169.254.169.254/"]'),
                "refused",
                "169.254.169.254",
            ),
            "injection": Cell(
                "SQL as the name of a column",
                _in_plan("predictors: [unexpectedness]", f'predictors: ["{SQL}"]'),
                "refused",
                "DROP TABLE",
            ),
        },
    ),
    lambda _, content: parse_plan(content, "plan.yaml"),
    Permanent,
)

# The rubric

RUBRIC = (ROOT / "shared/rating/rubric.yaml").read_bytes()
_in_rubric = partial(changed, RUBRIC)
_DIMENSION = "  - name: unexpectedness"

rubric = handler(
    "rubric",
    "`shared/rating/rubric.yaml`, from which `make generate` writes Python, SQL and a prompt.",
    yaml_cells(
        RUBRIC,
        {
            "cut off": Cell(
                "ends in the last measure", RUBRIC[:-40], "refused", "not readable YAML"
            ),
            "wrong type": Cell(
                "a version that YAML reads as a number",
                _in_rubric('"2.0"', "2.0"),
                "refused",
                "line 15, version",
            ),
            "missing": Cell(
                "no measures", RUBRIC[: RUBRIC.index(b"measures:")], "refused", "measures"
            ),
            "unknown": Cell(
                "a field `kind`",
                _in_rubric(_DIMENSION, f"{_DIMENSION}\n    kind: x"),
                "refused",
                "line 88, dimensions.9.kind",
            ),
            "out of range": Cell(
                "an anchor at 101", _in_rubric("      100: ", "      101: "), "refused", "anchors"
            ),
            "twice": Cell(
                "a dimension named like another",
                _in_rubric("  - name: language\n", "  - name: confidence\n"),
                "refused",
                "confidence is named twice",
            ),
            "traversal": Cell(
                "a dimension named ../../x",
                _in_rubric("name: unexpectedness", "name: ../../x"),
                "refused",
                "line 87, dimensions.9.name",
            ),
            "address": Cell(
                "a name like an address",
                _in_rubric("name: unexpectedness", "name: file:///etc/passwd"),
                "refused",
                "line 87, dimensions.9.name",
            ),
            "injection": Cell(
                "a title that ends a Python text",
                _in_rubric(
                    "title: How far the most",
                    'title: \'x"""; import os; os.abort(); """\'\n    ask: the most',
                ),
                "refused",
                "",
            ),
        },
    ),
    lambda _, content: parse_rubric(content),
    BadRubric,
)

# Plans of faults

FAULTS = b"""
seed: 7
storage: {503: 0.03, lost: 0.02}
load:
  duplicate: 0.1
  kill: {chance: 0.01, within_s: 1}
"""
_in_faults = partial(changed, FAULTS)


def _read_faults(folder: Path, content: bytes) -> None:
    (folder / "faults.yaml").write_bytes(content)
    read_plan(folder / "faults.yaml")


faults = handler(
    "plans of faults",
    "a file given to `tta up --faults`.",
    yaml_cells(
        FAULTS,
        {
            "cut off": Cell(
                "ends inside `kill`", FAULTS[: FAULTS.index(b", within")], "refused", "not readable"
            ),
            "wrong type": Cell(
                "a word as a chance",
                _in_faults("duplicate: 0.1", "duplicate: often"),
                "refused",
                "line 5, load: duplicate must have a chance",
            ),
            "missing": Cell(
                "no chance",
                _in_faults("chance: 0.01, ", ""),
                "refused",
                "line 6, load: kill has no chance",
            ),
            "unknown": Cell(
                "a point `loads`", _in_faults("load:", "loads:"), "refused", "line 4, loads is no"
            ),
            "out of range": Cell(
                "not a number as a chance",
                _in_faults("duplicate: 0.1", "duplicate: .nan"),
                "refused",
                "line 5, load: duplicate must have a chance",
            ),
            "bomb": Cell(
                "200 kB of 100,000 short values",
                b"[" + b"1," * 100_000 + b"1]",
                "refused",
                "more than",
            ),
            "twice": Cell(
                "a point given twice", FAULTS + b"load: [503]\n", "refused", "given twice"
            ),
            "traversal": Cell(
                "a point `../../x`", _in_faults("load:", "../../x:"), "refused", "is not a point"
            ),
            "address": Cell(
                "an address as a point",
                _in_faults("load:", '"http://169.254.169.254":'),
                "refused",
                "is not a point",
            ),
            "injection": Cell(
                "SQL as the message of an error, which nobody runs",
                _in_faults("503: 0.03", f'503: {{chance: 0.03, message: "{SQL}"}}'),
                "taken",
            ),
        },
    ),
    _read_faults,
    BadFaultPlan,
)
