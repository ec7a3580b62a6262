"""JSON: one object a line, one array of objects, or an object around such an array.

The standard library's decoder takes one object after the other from a window of the text, so the
size of a file does not matter. It reads what scrapers write: NaN, ids beyond 2^53, halves of emoji.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any

from shared.inputs.json_input import MOST_DEPTH, parse_json, refuse_depth
from shared.inputs.tables.encodings import Encoding
from shared.inputs.tables.errors import BadTable
from shared.inputs.tables.pandas_json import rows_of_pandas
from shared.inputs.tables.table import Opener, RawRow, Table

WINDOW_CHARS = 2**20
MOST_OBJECT_CHARS = 64 * 2**20
SINGLE_CHARS = 16 * 2**20
"""An object around an array is read whole up to this size, and searched for the array of posts."""

_BETWEEN = re.compile(r"[\s,]*")
_IDS = frozenset({"id", "video_id", "aweme_id", "item_id", "webpage_url", "createTime"})
"""Keys of a single post, whose own lists (hashtags, formats) are not posts."""


def json_table(opener: Opener, name: str, encoding: Encoding, sample: str) -> Table:
    """A table in JSON. `sample` is the beginning of its text. Raises BadTable."""
    if sample.lstrip("\ufeff \t\r\n").startswith("["):
        return _array_table(opener, name, encoding, ())
    first, second = _two_lines(opener, encoding)
    if not first.startswith("{") or (second and _is_object(first)):
        return _lines_table(opener, name, encoding)
    try:
        path = _path_of_array(opener, name, encoding)
    except BadTable:
        if _is_object(second):  # lines of objects, of which the first is damaged
            return _lines_table(opener, name, encoding)
        raise
    if path is None:
        return _single_table(opener, name, encoding)
    return _array_table(opener, name, encoding, path)


def _two_lines(opener: Opener, encoding: Encoding) -> tuple[str, str]:
    """The first two lines that hold anything; a long one is cut."""
    with encoding.text_of(opener()) as text:
        lines = iter(lambda: text.readline(SINGLE_CHARS + 1), "")
        first, second = islice(chain(filter(str.strip, lines), ("", "")), 2)
    return first.strip("\ufeff \t\r\n"), second


def _is_object(line: str) -> bool:
    try:
        return len(line) <= SINGLE_CHARS and isinstance(parse_json(line), dict)
    except ValueError:
        return False


# One object a line


def _lines_table(opener: Opener, name: str, encoding: Encoding) -> Table:
    def rows() -> Iterator[RawRow]:
        with encoding.text_of(opener()) as text:
            for number, line in enumerate(_whole_lines(text), 1):
                if line.strip():
                    yield _row_of(number, line)

    return Table(name, "JSON, one object a line", None, rows, unit="line")


def _whole_lines(text: IO[str]) -> Iterator[str]:
    while line := text.readline(MOST_OBJECT_CHARS + 1):
        piece = line
        while len(piece) > MOST_OBJECT_CHARS and not piece.endswith("\n"):
            piece = text.readline(MOST_OBJECT_CHARS + 1)
        yield line


def _row_of(number: int, line: str) -> RawRow:
    if len(line) > MOST_OBJECT_CHARS:
        return RawRow(number, {}, f"more than {MOST_OBJECT_CHARS:,} characters")
    try:
        value = _decoded(line)
    except ValueError as error:
        return RawRow(number, {}, f"not JSON: {_first_line(error)}")
    return _record(number, value)


def _decoded(text: str) -> Any:
    """The value of a text. Raises ValueError, also where it is nested too deep."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    _refuse_depth(value, text)
    return value


def _refuse_depth(value: Any, text: str) -> None:
    # Counting marks is faster than walking through the values of every line.
    if text.count("[") + text.count("{") > MOST_DEPTH:
        refuse_depth(value)


def _record(number: int, value: Any) -> RawRow:
    if isinstance(value, dict):
        return RawRow(number, value)
    return RawRow(number, {}, "not an object of columns and values")


# Arrays


def _array_table(opener: Opener, name: str, encoding: Encoding, path: tuple[str, ...]) -> Table:
    def rows() -> Iterator[RawRow]:
        with encoding.text_of(opener()) as text:
            window = _Window(text, name)
            window.enter(path)
            for number, value in enumerate(window.items(), 1):
                yield _record(number, value)
            if not path:
                window.refuse_more()

    inside = f", under {'.'.join(path)}" if path else ""
    return Table(name, f"a JSON array{inside}", None, rows)


class _Window:
    """A stretch of a long JSON text, which moves on as values are taken."""

    def __init__(self, text: IO[str], name: str):
        self._text, self._name = text, name
        self._buffer, self._at = "", 0
        self._is_whole = False
        self._items = 0

    def enter(self, path: tuple[str, ...]) -> None:
        """Go to the first item of the array under these keys. Raises BadTable without one."""
        for key in path:
            self._expect("{")
            while (name := self._value()) != key:
                self._expect(":")
                self._value()
                if self._peek() == "}" or not isinstance(name, str):
                    raise BadTable(f"{self._name} is not readable JSON: {key} comes too late.")
            self._expect(":")
        self._expect("[")

    def items(self) -> Iterator[Any]:
        """The items of the array. Raises BadTable where it breaks."""
        while (sign := self._peek()) != "]":
            if not sign:
                raise self._broken("the file ends in the middle")
            yield self._value()
            self._items += 1

    def refuse_more(self) -> None:
        """Raises BadTable if anything follows the array."""
        self._expect("]")
        if self._peek():
            raise self._broken("something follows the array")

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._broken(f"expected {sign}")
        self._at += 1

    def _peek(self) -> str:
        """The next character that is neither blank nor comma; empty at the end."""
        while True:
            self._at = _BETWEEN.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._buffer) or not self._more():
                return self._buffer[self._at : self._at + 1].removeprefix("\ufeff")

    def _value(self) -> Any:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._buffer, self._at)
                # A number may go on after the window; every other value has its own end.
                if end < len(self._buffer) or self._is_whole:
                    _refuse_depth(value, self._buffer[self._at : end])
                    self._at = end
                    return value
            except RecursionError:
                raise self._broken("nested too deep") from None
            except ValueError as error:
                if self._is_whole or len(self._buffer) - self._at > MOST_OBJECT_CHARS:
                    raise self._broken(_first_line(error)) from error
            if not self._more():
                self._is_whole = True

    def _more(self) -> bool:
        """Read on, at least as much as the window still holds. False at the end of the file."""
        ahead = len(self._buffer) - self._at
        piece = self._text.read(max(WINDOW_CHARS, ahead))
        self._buffer, self._at = self._buffer[self._at :] + piece, 0
        return bool(piece)

    def _broken(self, why: str) -> BadTable:
        after = f" after row {self._items:,}" if self._items else ""
        return BadTable(f"{self._name} is not readable JSON{after}: {why}.")


_DECODER = json.JSONDecoder()


# An object around an array, or a single post


def _path_of_array(opener: Opener, name: str, encoding: Encoding) -> tuple[str, ...] | None:
    """The keys that lead to the array of posts; None where the object is a post itself."""
    with encoding.text_of(opener()) as text:
        content = text.read(SINGLE_CHARS + 1)
    if len(content) <= SINGLE_CHARS:
        return _search(_whole(content, name))
    if first := re.match(r'\ufeff?\s*\{\s*"([^"\\]{1,100})"\s*:\s*\[\s*\{', content):
        return (first[1],)
    raise BadTable(
        f"{name} is one large JSON object; give the array of its posts, or one object a line."
    )


def _search(document: dict[str, Any]) -> tuple[str, ...] | None:
    """The shortest path to a list of objects, if the object has no id of its own."""
    if document.keys() & _IDS:
        return None
    level: list[tuple[tuple[str, ...], Any]] = [((), document)]
    for _ in range(3):
        level = [
            ((*path, key), inner)
            for path, value in level
            if isinstance(value, dict)
            for key, inner in value.items()
        ]
        lists = [(path, value) for path, value in level if _is_records(value)]
        if lists:
            return _only_posts(lists)
    return None


def _only_posts(lists: list[tuple[tuple[str, ...], Any]]) -> tuple[str, ...]:
    """The one list whose objects have an id, else the longest. Raises BadTable for two."""
    posts = [path for path, value in lists if value[0].keys() & _IDS]
    if len(posts) > 1:
        raise BadTable(
            f"The object has two arrays of posts, {'.'.join(posts[0])} and {'.'.join(posts[1])}; "
            "give each as a file."
        )
    return posts[0] if posts else max(lists, key=lambda entry: len(entry[1]))[0]


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _single_table(opener: Opener, name: str, encoding: Encoding) -> Table:
    with encoding.text_of(opener()) as text:
        document = _whole(text.read(SINGLE_CHARS), name)
    records = rows_of_pandas(document, name)
    title = "one JSON object" if records is None else "JSON of pandas"

    def rows() -> Iterator[RawRow]:
        for number, record in enumerate([document] if records is None else records, 1):
            yield RawRow(number, record)

    return Table(name, title, None, rows)


def _whole(content: str, name: str) -> dict[str, Any]:
    try:
        value = parse_json(content.removeprefix("\ufeff"))
    except ValueError as error:
        raise BadTable(f"{name} is not readable JSON: {_first_line(error)}.") from error
    if not isinstance(value, dict):
        raise BadTable(f"{name} must be an array of objects, or one object a line.")
    return value


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
