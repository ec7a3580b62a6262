"""Counts by the words of their columns' names, in the languages of TikTok's interface.

A name is a count only if nothing else stands in it: `Total views` and `Aufrufe insgesamt` are,
`Profile views` and `Average views per day` are not.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_COUNTS: Mapping[str, str] = {
    "views": (
        "views|view counts?|plays|aufrufen?|wiedergaben|visualizaciones|reproducciones"
        "|visualizações|reproduções|visualizzazioni|riproduzioni|vues|weergaven|wyświetle(?:nia|ń)"
        "|просмотр(?:ы|ов|а)?|penayangan|tayangan|lượt xem|görüntüle(?:me|nme)(?:ler)?"
        "|観看|观看|觀看|播放|再生|視聴|조회"
    ),
    "likes": (
        "likes|like counts?|gefällt mir(?: angaben)?|me gusta|j aime|curtidas|gostos"
        "|mi piace|vind ik leuks?|polubie(?:nia|ń)|лайк(?:и|ов|а)?|suka|lượt thích|beğeni(?:ler)?"
        "|点赞|點讚|按讚|讚|いいね|좋아요"
    ),
    "comments": (
        "comments|comment counts?|kommentaren?|comentarios|comentários|commentaires|commenti"
        "|opmerkingen|reacties|komentarz(?:e|y)|комментари(?:и|ев|я|й)|komentar"
        "|(?:lượt )?bình luận|yorum(?:lar)?"
        "|评论|評論|留言|コメント|댓글"
    ),
    "shares": (
        "shares|share counts?|geteilt|compartid[ao]s?|veces compartido|compartilhamentos|partilhas"
        "|partages|condivisioni|gedeeld|udostępnie(?:nia|ń)|репост(?:ы|ов|а)?|поделились|dibagikan"
        "|(?:lượt )?chia sẻ|paylaşım(?:lar)?|分享|シェア|공유"
    ),
    "saves": (
        "saves|save counts?|bookmarks|favou?rites|add to favou?rites|favoriten|gespeichert"
        "|guardados|salvamentos|enregistrements|favoris|salvataggi|收藏|セーブ|저장"
    ),
}
"""Words for the counts, casefolded, with a blank for each other sign."""

_WORDS_BESIDE = (
    "total|totals|totales|totais|totaux|totale|totali|totaal|overall|number|num|nr|nb|n|count|counts"
    "|lifetime|all time|to date|so far"
    "|of|the|video|videos|post|gesamt|gesamte|gesamtzahl|insgesamt|anzahl|zahl|der|an"
    "|nombre|de|des|d|du|la|vidéo|publication|número|numero|cantidad|quantidade|del|do|vídeo"
    "|publicación|di|aantal|van|łączna|łącznie|liczba|suma|razem|filmu|wideo"
    "|всего|общее|количество|число|итого|видео|toplam|sayısı|jumlah|tổng|số"
)
"""What may stand beside the word of a count: it says that all are counted, and of what."""

_SIGNS_BESIDE = (
    "总|總|合計|総|次数|次數|数|數|量|視頻|视频|影片|的|回数|件数|動画|の|총|전체|수|횟수|동영상|의"
)
"""The same in scripts that put no blanks between words."""

_GLUED = "(?:video|gesamt|total)?"
"""What compounds and camel case put before a count: `Videoaufrufe`, `totalViews`."""

_NAMES = {
    ours: re.compile(
        f"(?:(?:{_WORDS_BESIDE}) |(?:{_SIGNS_BESIDE}) ?)*{_GLUED}(?:{words})"
        f"(?: (?:{_WORDS_BESIDE})| ?(?:{_SIGNS_BESIDE}))*"
    )
    for ours, words in _COUNTS.items()
}
_MENTIONS = {ours: re.compile(rf"(?:\b|_){_GLUED}(?:{words})") for ours, words in _COUNTS.items()}
_OTHER_SIGNS = re.compile(r"[^\w\s\-–—„“”\"'’`´.:()#«»]")
"""A name with %, / or + is a share or a rate."""

_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class CountColumns:
    """Columns by the words of their names.

    `counts` are those that are surely a count. `doubtful` are pairs of our field and a column that
    mentions it, or that shares the name with another.
    """

    counts: Mapping[str, str] = field(default_factory=dict)
    doubtful: tuple[tuple[str, str], ...] = ()


def count_columns(columns: Sequence[str]) -> CountColumns:
    """The counts among some columns. Two columns of the same count are both doubtful."""
    counts: dict[str, str] = {}
    doubtful: list[tuple[str, str]] = []
    for ours in _COUNTS:
        exact = [column for column in columns if is_count(column, ours)]
        if len(exact) == 1:
            counts[ours] = exact[0]
        else:
            doubtful += [(ours, column) for column in columns if _mentions(column, ours)]
    return CountColumns(counts, tuple(doubtful))


def is_count(column: str, ours: str) -> bool:
    """Whether a column's name is this count of a video and nothing more."""
    if _OTHER_SIGNS.search(unicodedata.normalize("NFKC", column)):
        return False
    return _NAMES[ours].fullmatch(_plain(column)) is not None


def _mentions(column: str, ours: str) -> bool:
    return _MENTIONS[ours].search(_plain(column)) is not None


def _plain(column: str) -> str:
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", column).casefold()).strip()
