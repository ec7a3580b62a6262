"""Creators under pseudonyms: a source that passes on another source's answers without names.

The steps of a run see, keep and publish only its output. Plain names stay in this object, for one
run, because profiles are requested by them.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from shared.errors import Permanent, Transient
from shared.model import Creator
from shared.tiktok.collections import Collection
from shared.tiktok.sources.source import Position, Reread, SourcePage, SourceVideo, VideoSource

_ACCOUNTS = frozenset({"username", "creator_id", "author", "author_name", "uniqueId", "unique_id"})
"""Fields that name the account of a video or a profile."""

_DROPPED = frozenset(
    {"display_name", "nickname", "bio", "bio_description", "signature", "text", "message"}
    | {"url", "share_url", "embed_link", "embed_html", "profile_web_link", "profile_deep_link"}
    | {"avatar_url", "bio_url", "open_id", "union_id", "secUid", "file", "file_name"}
)
"""Fields that identify a person in other ways. `text` is an unreadable line of a manifest;
`message` says why an account has no profile, and names it."""

_AS_IT_IS = frozenset({"media_url"})  # needed to fetch the file; the lake forgets it then
_TOKEN = re.compile(r"(@?)([A-Za-z0-9._]{2,})")
_TELLING = re.compile(r"[0-9._]")


class Pseudonymous:
    """Implements VideoSource on top of another one.

    `pseudonym` maps a name always to the same pseudonym, and a pseudonym to itself. Creators keep
    their counts and lose display name and biography; videos lose the address of their page and the
    name of their file. In
    captions, every name after an @ becomes a pseudonym. So do known names with a digit, a dot or
    an underscore: `ana` alone may be anybody.
    """

    def __init__(self, source: VideoSource, pseudonym: Callable[[str], str]):
        pseudonym("anybody")  # raises for a missing key before the first request
        self._source = source
        self._pseudonym = pseudonym
        self._plain: dict[str, str] = {}
        self.name = source.name
        self.has_profiles = source.has_profiles

    @property
    def requests(self) -> int:
        return self._source.requests

    def pages(
        self, collection: Collection, today: date, position: Position | None = None
    ) -> Iterator[SourcePage]:
        for page in self._source.pages(collection, today, position):
            self._meet([page.videos, page.request])
            yield replace(
                page,
                request=self._pseudonymize(page.request),
                videos=tuple(self._pseudonymize(video) for video in page.videos),
                body=None if page.body is None else self._pseudonymize_bytes(page.body),
            )

    def read(self, item: Any, collection: Collection, at: datetime) -> SourceVideo:
        listed = self._source.read(item, collection, at)
        name = listed.video.creator_id
        video = {
            "url": None,
            "file_name": None,
            "creator_id": None if name is None else self._met(name),
        }
        return replace(
            listed,
            video=listed.video.model_copy(update=video),
            creator=None if listed.creator is None else self._pseudonymize_creator(listed.creator),
        )

    def again(
        self, collection: Collection, posts: Iterable[tuple[str, datetime]]
    ) -> Iterator[Reread]:
        for answer in self._source.again(collection, posts):
            self._meet([answer.videos])
            yield replace(
                answer,
                videos=tuple(self._pseudonymize(video) for video in answer.videos),
                bodies=tuple(map(self._pseudonymize_bytes, answer.bodies)),
            )

    def user_info(self, username: str) -> bytes:
        """The profile of the account with this pseudonym, which this run has met."""
        name = self._plain.get(username, username)
        try:
            return self._pseudonymize_bytes(self._source.user_info(name))
        except Transient as error:  # the API may repeat what it was asked for
            raise Transient(str(error).replace(name, username)) from None
        except Permanent as error:
            raise Permanent(error.reason, error.sentence.replace(name, username)) from None

    def close(self) -> None:
        self._source.close()

    # Names

    def _met(self, name: str) -> str:
        """The pseudonym of an account, whose name is remembered for this run."""
        alias = self._pseudonym(name)
        if alias != name:
            self._plain[alias] = name
        return alias

    def _meet(self, value: Any) -> None:
        """Remember every account that an answer names, before its texts are replaced."""
        if isinstance(value, dict):
            for name, inside in value.items():
                if name in _ACCOUNTS and isinstance(inside, str) and inside:
                    self._met(inside)
                else:
                    self._meet(inside)
        elif isinstance(value, list | tuple):
            for inside in value:
                self._meet(inside)

    def _pseudonymize(self, value: Any) -> Any:
        """Any source's JSON with pseudonyms, and without fields that identify a person."""
        if isinstance(value, list):
            return [self._pseudonymize(inside) for inside in value]
        if isinstance(value, str):
            return self._pseudonymize_text(value)
        if not isinstance(value, dict):
            return value
        if value.get("field_name") == "username":  # what is asked of the Research API
            usernames = value.get("field_values") or []
            return {**value, "field_values": [self._met(str(inside)) for inside in usernames]}
        return {
            name: self._pseudonymize_field(name, inside)
            for name, inside in value.items()
            if name not in _DROPPED
        }

    def _pseudonymize_field(self, name: str, value: Any) -> Any:
        if name in _AS_IT_IS:
            return value
        if name in _ACCOUNTS and isinstance(value, str) and value:
            return self._met(value)
        return self._pseudonymize(value)

    def _pseudonymize_text(self, text: str) -> str:
        def replaced(match: re.Match[str]) -> str:
            at, word = match[1], match[2]
            name = word.rstrip(".")
            if not name or not (at or self._is_known(name)):
                return match[0]
            return f"{at}{self._pseudonym(name)}{word[len(name) :]}"

        return _TOKEN.sub(replaced, text)

    def _is_known(self, word: str) -> bool:
        if word.isdigit() or not _TELLING.search(word):
            return False
        return self._pseudonym(word) in self._plain

    def _pseudonymize_bytes(self, body: bytes) -> bytes:
        """`_pseudonymize` for an answer's bytes. They are JSON: the source has parsed them."""
        content = json.loads(body)
        self._meet(content)
        return json.dumps(self._pseudonymize(content)).encode()

    def _pseudonymize_creator(self, creator: Creator) -> Creator:
        alias = self._met(creator.creator_id)
        update = {"creator_id": alias, "username": alias, "display_name": None, "bio": None}
        return creator.model_copy(update=update)
