"""The encoding of a text file, by its first bytes."""

import codecs
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

_MARKS = (
    # The mark of UTF-32 begins like that of UTF-16, so it comes first.
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_FEWEST_ZEROS = 0.3
"""UTF-16 of a table is mostly ASCII: about every second byte is zero, and always the same one."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python's, and its name for people."""

    codec: str
    title: str

    @property
    def errors(self) -> str:
        """Bytes that are not text stay as lone surrogates, so that they cost one cell."""
        return "replace" if self.codec.startswith("utf-16") else "surrogateescape"

    def text_of(self, file: BinaryIO) -> io.TextIOWrapper:
        """The file as text, with its line ends as they are."""
        return io.TextIOWrapper(file, self.codec, self.errors, newline="")


UTF_8 = Encoding("utf-8-sig", "UTF-8")
WINDOWS_1252 = Encoding("cp1252", "Windows-1252")
_LETTERS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœ"
_SIGNS = "€‚„…‘’“”•–—™\u00a0¡¢£¥§¨©ª«®°±²³´µ·¹º»¼½¾¿×÷"
_NOT_WESTERN = re.compile(
    rf"[^\x00-\x7f{_LETTERS}{_SIGNS}]|[{_LETTERS}]{{3}}|[a-z][{_SIGNS.replace('’', '')}][a-z]"
)


def encoding_of(head: bytes) -> Encoding:
    """The encoding of a text that begins so.

    Without a byte order mark it is UTF-16, UTF-8, or Windows-1252: Excel writes that in Western
    Europe and America unless it is asked for UTF-8.
    """
    for mark, codec, title in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, title)
    even, odd = head[0::2], head[1::2]
    if even and odd:
        zeros_even, zeros_odd = even.count(0) / len(even), odd.count(0) / len(odd)
        if zeros_odd > _FEWEST_ZEROS and zeros_even < zeros_odd / 10:
            return Encoding("utf-16-le", "UTF-16")
        if zeros_even > _FEWEST_ZEROS and zeros_odd < zeros_even / 10:
            return Encoding("utf-16-be", "UTF-16")
    return WINDOWS_1252 if _is_windows_1252(head) else UTF_8


def _is_windows_1252(head: bytes) -> bool:
    """Whether a text is Windows-1252: it is not UTF-8, and reads like a Western language.

    Other encodings give signs inside of words, three odd letters in a row, or letters that no large
    Western language has.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    others = [sign for sign in decoder.decode(head) if sign > "\x7f"]
    invalid = sum("\udc80" <= sign <= "\udcff" for sign in others)
    if 2 * invalid <= len(others):
        return False
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return _NOT_WESTERN.search(text) is None


def is_binary(text: str) -> bool:
    """Whether a text is no text: more than a twentieth of it are control characters."""
    controls = sum(sign < " " and sign not in "\t\r\n\f" for sign in text)
    return controls * 20 > len(text)
