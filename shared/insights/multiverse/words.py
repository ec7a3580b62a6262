"""What the raters say together, in sentences."""

from shared.insights.agreement.generalizability import DStudy
from shared.insights.figure_names import amount_text
from shared.insights.multiverse.raters import RaterEffect, RatersTogether
from shared.insights.number_words import ALPHA, decimals, ratio_text, small_p
from shared.insights.statistics.effect import Effect
from shared.insights.statistics.joint_verdict import JointVerdict
from shared.insights.wording import own_name

SHARED_BIAS = (
    "Raters that err alike on the same videos err together: the joint p does not see a bias that "
    "all of them share."
)


def raters_sentences(raters: RatersTogether) -> dict[str, str]:
    """What all raters say, what choosing one would have claimed, and the limit, by subject."""
    return {
        "together": verdict_sentence(raters),
        "alone": alone_sentence(raters),
        "limit": SHARED_BIAS,
    }


def verdict_sentence(raters: RatersTogether) -> str:
    """“The sign holds under 11 of 12 raters; joint p = .003 by permuting …”, or why not."""
    joint = raters.joint
    if joint is None:
        return f"No joint verdict: {raters.note}."
    count = len(raters.raters)
    holds = f"{raters.agreeing} of {count} rater{'' if count == 1 else 's'}"
    p = small_p(joint.p)
    p = p if p.startswith("<") else f"= {p}"
    claim = f"All raters together show {_shown(raters.raters[0].effect, joint)}."
    sentences = [
        f"The sign holds under {holds}; joint p {p} by permuting the predictor within creators.",
        claim,
        *([raters.note] if raters.note else []),
    ]
    return " ".join(sentences)


def _shown(effect: Effect, joint: JointVerdict) -> str:
    if joint.p < ALPHA:
        return amount_text(own_name(effect), effect.scale, is_more=joint.sign > 0)
    both = "neither a higher nor a lower" if effect.scale == "mean" else "neither more nor fewer"
    return f"{both} {own_name(effect)}"


def alone_sentence(raters: RatersTogether) -> str:
    """What choosing one of the raters could have claimed."""
    claiming = sum(each.effect.p is not None and each.effect.p < ALPHA for each in raters.raters)
    count = len(raters.raters)
    return (
        f"Alone, {claiming} of {count} raters claim{'s' if claiming == 1 else ''} an effect at "
        ".05. Choosing one of them after the fact proves nothing."
    )


def ratio_cells(rater: RaterEffect) -> tuple[str, str]:
    """The ratio per standard deviation, and its interval."""
    if rater.ratio is None:
        return "–", "–"
    ratio, low, high = rater.ratio
    ends = [None if end is None else ratio_text(end) for end in (low, high)]
    return ratio_text(ratio), f"{ends[0] or '0'} to {ends[1] or '∞'}"


def needed_sentence(study: DStudy) -> str:
    """“2 models × 3 wordings × 2 replicates give at least .8”, or that no such number does."""
    single = (
        f"One answer tells videos apart with a reliability of {decimals(study.single.relative)}."
    )
    reliability = f"{study.reliability:.2g}".removeprefix("0")
    if study.relative is None:
        return f"{single} No design with these models and wordings gives {reliability}."
    return f"{single} {study.relative.words} give at least {reliability}."
