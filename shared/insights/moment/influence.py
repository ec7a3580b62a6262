"""Which videos carry the estimate, and what would overturn it."""

from collections.abc import Sequence

import numpy as np

from shared.insights.moment.design import MomentDesign
from shared.insights.moment.estimate import WindowFit, ratios_of
from shared.insights.moment.result import CarryingVideo, LeadTest, MomentOverturn
from shared.insights.number_words import ALPHA, p_value, ratio_text
from shared.insights.statistics.cluster_covariance import corrected_moves
from shared.insights.statistics.distributions import t_quantile
from shared.insights.statistics.resampling import FloatArray

CARRYING = 5


def carrying_videos(design: MomentDesign, window: WindowFit) -> tuple[CarryingVideo, ...]:
    """The five videos without which the estimate would lie nearest to no effect, or beyond it."""
    influence = window.fit.influence[:, 0]
    toward = influence * np.sign(window.effect.log_ratio)
    strongest = np.argsort(-toward, kind="stable")[:CARRYING]
    return tuple(_carrying(design, row, float(influence[row])) for row in strongest)


def overturn(
    design: MomentDesign, window: WindowFit, leads: LeadTest | None, placebo_p: float | None
) -> MomentOverturn:
    """What would change the answer, to first order: nothing is fitted again."""
    effect = window.effect
    without = effect.log_ratio - _cluster_moves(design, window)
    least, most = int(without.argmin()), int(without.argmax())
    toward = np.sort(window.fit.influence[:, 0] * np.sign(effect.log_ratio))[::-1]
    distance = abs(effect.log_ratio)
    reach = float(t_quantile(0.975, effect.df)) * effect.se
    to_sign = _fewest(toward, distance)
    to_doubt = 0 if distance <= reach else _fewest(toward, distance - reach)
    names = [_without(design, at) for at in (least, most)]
    ratios = ratios_of(without[[least, most]]).tolist()
    sentences = _sentences(design, effect.ratio, ratios, names, to_doubt, to_sign)
    return MomentOverturn(
        least=ratios[0],
        most=ratios[1],
        without_least=names[0],
        without_most=names[1],
        videos_to_sign=to_sign,
        videos_to_doubt=to_doubt,
        sentences=(*sentences, *_checks(leads, placebo_p)),
    )


def _carrying(design: MomentDesign, row: int, influence: float) -> CarryingVideo:
    curve = design.curves[row]
    shares = tuple(float(share) if np.isfinite(share) else None for share in curve.shares)
    onset_s = float(design.onsets_s[row])
    return CarryingVideo(curve.video_id, curve.creator, influence, onset_s, curve.viewers, shares)


def _cluster_moves(design: MomentDesign, window: WindowFit) -> FloatArray:
    """The estimate less that without each cluster."""
    groups, fit = design.clusters, window.fit
    width = len(fit.coefficients)
    parts = groups.sums(fit.information.reshape(groups.n, -1)).reshape(-1, width, width)
    return corrected_moves(parts, groups.sums(fit.scores))[:, 0]


def _fewest(toward: FloatArray, distance: float) -> int | None:
    """How few videos, the most influential first, move the estimate so far."""
    reached = np.flatnonzero(np.cumsum(np.maximum(toward, 0.0)) >= distance)
    return int(reached[0]) + 1 if len(reached) else None


def _without(design: MomentDesign, cluster: int) -> str:
    name = design.clusters.names[cluster]
    return name if design.cluster == "creator" else f"video {name}"


def _sentences(
    design: MomentDesign,
    ratio: float,
    ratios: Sequence[float],
    names: Sequence[str],
    to_doubt: int | None,
    to_sign: int | None,
) -> tuple[str, ...]:
    count = design.clusters.n
    extremes = (
        f"Without {names[0]} the ratio would be {ratio_text(ratios[0])}, "
        f"without {names[1]} {ratio_text(ratios[1])}, instead of {ratio_text(ratio)}."
    )
    if to_doubt == 0:
        doubt = "The interval holds 1 already."
    elif to_doubt is None:
        doubt = "To first order, no videos that one leaves out make the interval hold 1."
    else:
        doubt = f"Without the strongest {_videos(to_doubt)} of {count} the interval would hold 1."
    sign = (
        f"Without the strongest {_videos(to_sign)} of {count} the ratio would cross 1."
        if to_sign is not None
        else "To first order, no videos that one leaves out move the ratio across 1."
    )
    return extremes, doubt, sign


def _videos(count: int) -> str:
    return "video" if count == 1 else f"{count} videos"


def _checks(leads: LeadTest | None, placebo_p: float | None) -> tuple[str, ...]:
    sentences = []
    if leads is not None and leads.p < ALPHA:
        sentences.append(
            f"Viewers left differently before the onset already ({p_value(leads.p)}), so the "
            "comparison may not hold."
        )
    if placebo_p is not None and placebo_p >= ALPHA:
        sentences.append(
            f"Onsets of other videos give as strong a result too often ({p_value(placebo_p)})."
        )
    return tuple(sentences)
