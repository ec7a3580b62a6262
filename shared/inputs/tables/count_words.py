"""Words that pages write behind a count, and words of buttons where a count is zero."""

THOUSAND, MILLION, BILLION = 10**3, 10**6, 10**9

MULTIPLIERS: dict[str, int] = {
    **dict.fromkeys(
        (
            *("k", "thousand", "tsd", "tsd.", "tys", "tys.", "тыс", "тыс.", "тис", "тис.", "mille"),
            *("tis", "tis.", "rb", "ribu", "mila", "χιλ.", "천", "千", "พัน", "ألف", "duizend"),
        ),
        THOUSAND,
    ),
    **dict.fromkeys(
        (
            *("m", "million", "millionen", "mio", "mio.", "mln", "mln.", "mill.", "млн", "млн."),
            *("mn", "jt", "juta", "εκ.", "ล้าน", "مليون", "millones", "milhões"),
        ),
        MILLION,
    ),
    **dict.fromkeys(("bn", "billion", "mrd", "mrd.", "mld", "mld.", "млрд", "млрд."), BILLION),
    **dict.fromkeys(("lakh", "lakhs", "lac"), 10**5),
    **dict.fromkeys(("cr", "crore", "crores"), 10**7),
    **dict.fromkeys(("万", "萬", "만"), 10**4),
    **dict.fromkeys(("億", "亿", "억"), 10**8),
}
"""As TikTok's pages and CLDR's short forms have them (cldr.unicode.org, checked 2026-11)."""

BY_MARK: dict[tuple[str, str | None], int] = {
    ("b", "."): BILLION,
    ("mil", ","): THOUSAND,
    ("mi", ","): MILLION,
    ("md", ","): BILLION,
}
"""Words that depend on the decimal mark. `1,2 B` is 1,200 in Turkish, where B is bin, or 1.2
billion; `1.2 mil` is 1,200 in Mexico or 1.2 million. Such a cell is unclear."""

NOUNS: dict[str, tuple[str, ...]] = {
    "views": (
        *("view", "views", "play", "plays", "aufruf", "aufrufe", "vue", "vues", "weergaven"),
        *("reproducciones", "visualizaciones", "visualizações", "visualizzazioni"),
    ),
    "likes": (
        *("like", "likes", "gefällt mir", "j'aime", "j’aime", "me gusta", "curtidas", "mi piace"),
        *("heart", "hearts", "polubienia"),
    ),
    "comments": (
        *("comment", "comments", "kommentar", "kommentare", "commentaire", "commentaires"),
        *("comentario", "comentarios", "comentário", "comentários", "commenti", "reacties"),
    ),
    "shares": (
        *("share", "shares", "partage", "partages", "compartidos", "compartilhamentos"),
        *("condivisioni", "mal geteilt"),
    ),
    "saves": ("save", "saves", "saved", "favorite", "favorites", "favourites", "bookmarks"),
    "followers": ("follower", "followers", "abonnés", "seguidores", "seguaci", "volgers"),
}
"""What a count is of, casefolded, by our field: pages write `1,234 views`."""

_NOUNS = frozenset(noun for nouns in NOUNS.values() for noun in nouns)
_BY_MARK_WORDS = frozenset(word for word, _ in BY_MARK)
_MOST_NOUN_WORDS = 2

SAYS_ZERO = frozenset(
    {
        *("like", "likes", "comment", "comments", "share", "save", "favorite", "favorites"),
        *("gefällt mir", "kommentar", "kommentare", "kommentieren", "teilen", "speichern"),
        *("me gusta", "comentar", "comentario", "comentarios", "compartir", "guardar"),
        *("j'aime", "j’aime", "commenter", "commentaire", "partager", "enregistrer"),
        *("curtir", "comentário", "comentários", "compartilhar", "partilhar", "salvar"),
        *("mi piace", "commenta", "commento", "condividi", "salva"),
        *("vind ik leuk", "reageren", "reactie", "delen", "opslaan"),
        *("lubię to", "komentarz", "udostępnij", "zapisz"),
        *("beğen", "yorum", "paylaş", "kaydet"),
        *("нравится", "комментарий", "комментировать", "поделиться", "сохранить"),
        *("suka", "komentar", "bagikan", "simpan"),
        *("thích", "bình luận", "chia sẻ", "lưu"),
        *("いいね", "コメント", "シェア", "保存"),
        *("좋아요", "댓글", "공유", "저장"),
        *("赞", "点赞", "评论", "分享", "收藏", "讚", "留言"),
        *("إعجاب", "تعليق", "مشاركة", "حفظ"),
    }
)
"""Names of buttons, casefolded. A page shows them in place of a count of zero."""


def is_multiplier(word: str) -> bool:
    """Whether a word behind a number multiplies it, under either decimal mark."""
    return word.casefold() in MULTIPLIERS or word.casefold() in _BY_MARK_WORDS


def split_noun(text: str) -> tuple[str, str]:
    """A cell without the noun at its end, and the noun: `1,234 views` → `1,234` and `views`."""
    if not text[-1:].isalpha():
        return text, ""
    words = text.split()
    for length in range(1, min(_MOST_NOUN_WORDS, len(words) - 1) + 1):
        noun = " ".join(words[-length:])
        if noun.casefold() in _NOUNS:
            return " ".join(words[:-length]), noun
    return text, ""


def is_noun_of(noun: str, column: str) -> bool:
    """Whether a noun says what a column counts, by the name of the column: `likes_24h`."""
    fields = (field for field, nouns in NOUNS.items() if noun.casefold() in nouns)
    return any(field in column.casefold() for field in fields)
