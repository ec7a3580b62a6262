"""Every name and video that a request means, by lake and tables."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from shared.erasure.app import CannotErase, ErasureApp, ErasureRequest
from shared.erasure.listings import ListedVideo, all_listings, listings_in, outboxes
from shared.erasure.outcome import ErasureTarget
from shared.erasure.unlisted import UnlistedMetadata
from shared.inputs.handles import handle
from shared.model import UNKNOWN_CREATOR, VIDEO_ID

_NAME_CHARACTER = re.compile(r"\w")
"""TikTok's names have A-Z, 0-9, . and _ (two or more). Manifests have names in any script."""


def check(request: ErasureRequest) -> None:
    """Raises CannotErase for a text that is neither a name nor an id, before anything is read."""
    plain_names(request.creators)
    for video_id in request.videos:
        if not VIDEO_ID.fullmatch(video_id):
            raise CannotErase(f"{video_id!r} is not a video id.")


def find_target(
    request: ErasureRequest, app: ErasureApp, everything: bool, unlisted: UnlistedMetadata
) -> ErasureTarget:
    """Every name and video that a request means, which `check` has let through.

    With `everything`, each listing of the lake is read. Otherwise the tables are asked, and only
    listings that they do not hold are read.
    """
    plain = plain_names(request.creators)
    listed = list(_listings(app, everything, unlisted)) if plain else []
    aliases = _aliases(plain, listed, app)
    names = list(dict.fromkeys([*plain, *(name for them in aliases.values() for name in them)]))
    videos = set(request.videos) | _videos_of(names, listed, app)
    if request.vanished:
        videos |= app.rows.vanished()
    return ErasureTarget(tuple(names), tuple(sorted(videos)), len(plain), aliases)


def videos_of(
    names: Sequence[str], app: ErasureApp, everything: bool, unlisted: UnlistedMetadata
) -> set[str]:
    """The videos of creators, by all their names, in lake and tables."""
    return _videos_of(names, _listings(app, everything, unlisted), app) if names else set()


def _is_erasable(name: str) -> bool:
    return bool(_NAME_CHARACTER.search(name)) and name != UNKNOWN_CREATOR


def plain_names(creators: Iterable[str]) -> list[str]:
    """Names as they are compared. Raises CannotErase for a text that is not a name.

    A tombstone is for ever, and one for the empty name would drop every record without a name.
    """
    plain = []
    for spelling in creators:
        name = handle(spelling)
        if not _NAME_CHARACTER.search(name):
            raise CannotErase(
                f"{spelling!r} is not a creator's name: give it as written after the @."
            )
        if name == UNKNOWN_CREATOR:
            raise CannotErase(f"{spelling!r} stands for all unknown creators.")
        plain.append(name)
    return list(dict.fromkeys(plain))


def _listings(
    app: ErasureApp, everything: bool, unlisted: UnlistedMetadata
) -> Iterator[ListedVideo]:
    if everything:
        yield from all_listings(app.lake)
        return
    yield from listings_in(app.lake, unlisted.names())
    yield from outboxes(app.lake)


def _videos_of(names: Collection[str], listed: Iterable[ListedVideo], app: ErasureApp) -> set[str]:
    if not names:
        return set()
    keys = set(map(handle, names))
    videos = {each.video_id for each in listed if keys & each.names}
    return videos | app.rows.videos_of(list(names))


def _aliases(
    plain: list[str], listed: list[ListedVideo], app: ErasureApp
) -> dict[str, tuple[str, ...]]:
    """The other names of each creator: id or username if they differ, and the pseudonyms.

    Names of names are not followed: a username that somebody gave up may now be somebody else's.
    A list may give `unknown` or `@` as the id of an account, which is everybody's.
    """
    others = app.rows.names_of(plain)
    for each in listed:
        for name in each.account & set(plain):
            others[name].update(each.account)
    aliases: dict[str, tuple[str, ...]] = {}
    for name in plain:
        names = [name, *sorted(filter(_is_erasable, map(handle, others[name])))]
        pseudonyms = [app.pseudonym(each) for each in names]
        aliases[name] = tuple(each for each in dict.fromkeys([*names, *pseudonyms]) if each != name)
    return aliases
