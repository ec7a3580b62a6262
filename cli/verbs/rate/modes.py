"""What `tta rate` does: rate, or by an option estimate, rate in a batch, or run the canary."""

from collections.abc import Mapping

from cli.errors import WRONG_USE, UserError
from shared.named_raters import ConditionWord, Literature

ESTIMATE, BATCH, CANARY = "--estimate", "--batch", "--canary"
OPTIONS_OF = {
    ESTIMATE: ("--fps", "--model"),
    BATCH: ("--poll", "--no-wait", "--max-requests"),
}
"""Options that only this mode has."""

_NOT_SIGNALS = {
    ESTIMATE: "signals costs nothing. Use --rater gemini, or leave --rater out.",
    BATCH: "signals has no batches. Leave --batch out.",
}


def mode_of(chosen: Mapping[str, bool]) -> str | None:
    """The option that is chosen, or None. Raises UserError where two are."""
    modes = [option for option, is_chosen in chosen.items() if is_chosen]
    if len(modes) > 1:
        raise UserError(f"Give only one of {' and '.join(modes)}.", WRONG_USE)
    return modes[0] if modes else None


def refuse_strays(mode: str | None, given_options: Mapping[str, object]) -> None:
    """Raises UserError for an option of another mode. None and False mean not given."""
    for owner, names in OPTIONS_OF.items():
        for name in names:
            if mode != owner and given_options[name] not in (None, False):
                raise UserError(f"{name} belongs to {owner}: add {owner}.", WRONG_USE)


def condition_for(
    mode: str | None, rater: str | None, caption: bool, cards: bool, rag: bool
) -> str:
    """The condition, as gemini+rag. Estimates and batches are Gemini's, so `--rater` may be absent.

    Raises UserError for a rater that is missing, does not exist, or does not fit the mode.
    """
    if mode is None and rater is None:
        raise UserError(
            "Name the rater: --rater gemini, or --rater signals, which needs no key.", WRONG_USE
        )
    condition = condition_of(rater or "gemini", caption, cards, rag)
    if mode is not None and condition == "signals":
        raise UserError(f"{mode}: {_NOT_SIGNALS[mode]}", WRONG_USE)
    if mode == BATCH and "+rag" in condition:
        raise UserError(
            "--batch: a batch asks once about a video, and gemini+rag asks twice. Leave --batch "
            "out, or show the same cards for every video: --cards.",
            WRONG_USE,
        )
    return condition


def condition_of(rater: str, caption: bool, cards: bool = False, rag: bool = False) -> str:
    """The condition that `--rater` and the other options name together, e.g. gemini:flash+rag.

    Raises UserError for a rater or a combination that does not exist.
    """
    if rater == "signals":
        return _signals({"--caption": caption, "--cards": cards, "--rag": rag})
    try:
        word = ConditionWord.parse(rater)
    except ValueError as error:
        raise UserError(f"--rater: {error}. Without Gemini: signals.", WRONG_USE) from error
    kinds: set[Literature] = {word.literature} if word.literature else set()
    kinds |= {"cards"} if cards else set()
    kinds |= {"rag"} if rag else set()
    if len(kinds) > 1:
        raise UserError("A rater sees one kind of cards: give --cards or --rag.", WRONG_USE)
    literature = kinds.pop() if kinds else word.literature
    return str(ConditionWord(word.name, literature, word.sees_caption or caption))


def _signals(shown: Mapping[str, bool]) -> str:
    for option, is_chosen in shown.items():
        if is_chosen:
            what = "a caption" if option == "--caption" else "cards"
            raise UserError(f"{option}: signals reads pixels and sound, never {what}.", WRONG_USE)
    return "signals"
