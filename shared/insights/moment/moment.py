"""`moment` joins retention curves with onsets: who leaves after the moment, and who stays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shared.insights.moment.curve_rules import SortedCurves, sort_curves
from shared.insights.moment.design import MomentDesign, moment_design
from shared.insights.moment.estimate import lag_ratios, lead_ratios, window_fit
from shared.insights.moment.influence import carrying_videos, overturn
from shared.insights.moment.neighbours import neighbour_comparison
from shared.insights.moment.onset_error import onset_error
from shared.insights.moment.options import MomentOptions
from shared.insights.moment.placebo import placebo_p
from shared.insights.moment.placebo_band import placebo_band
from shared.insights.moment.result import HazardRatio, LeadTest, MomentResult, SecondRatio
from shared.insights.moment.seconds import Curve
from shared.insights.statistics.hazard import NoHazard

NO_ERROR = (
    "The error of the onsets is not known, so it counts as 0. If onsets are off, the effect looks "
    "smaller than it is."
)
UNUSABLE = "The signals by second say the same as the videos or seconds do, so they are not used."
NO_SOLUTION = (NoHazard, np.linalg.LinAlgError)
OF_OTHERS = "Only some videos have signals by second, so none of them is taken into account."


def moment(curves: Sequence[Curve], options: MomentOptions | None = None) -> MomentResult:
    """Estimate how leaving changes after the onset. Equal arguments give an equal result.

    Raises ValueError where observed and synthetic curves are mixed.
    """
    options = options or MomentOptions()
    if len({curve.synthetic for curve in curves}) > 1:
        raise ValueError("Observed and synthetic curves do not go into one estimate.")
    sorted_curves = sort_curves(curves, options)
    empty = _without_estimate(curves, sorted_curves, options)
    if not sorted_curves.usable:
        return replace(empty, note="no video has a curve and an onset that can be compared")
    design = moment_design(sorted_curves.usable, options.uses_covariates)
    result = _attempt(_described(empty, design, options), design, options)
    if result.effect is None and design.signal_names:
        plain = replace(options, uses_covariates=False)
        design = moment_design(sorted_curves.usable, uses_covariates=False)
        result = _attempt(_described(empty, design, plain), design, plain)
        result = replace(result, notes=(*result.notes, UNUSABLE))
    return result


def _attempt(described: MomentResult, design: MomentDesign, options: MomentOptions) -> MomentResult:
    try:
        return _estimated(described, design, options)
    except NO_SOLUTION as error:
        return replace(described, note=str(error))


def _without_estimate(
    curves: Sequence[Curve], sorted_curves: SortedCurves, options: MomentOptions
) -> MomentResult:
    return MomentResult(
        event=options.event,
        window_s=options.window_s,
        effect=None,
        placebo_p=None,
        placebos=0,
        by_second=(),
        leads=None,
        videos=0,
        creators=0,
        viewers=0,
        cells=0,
        cluster="video",
        clusters=0,
        onset_error=onset_error(options),
        covariates=(),
        carrying=(),
        overturn=None,
        neighbours=None,
        left_out=sorted_curves.left_out,
        flags=sorted_curves.flags,
        synthetic=any(curve.synthetic for curve in curves),
    )


def _described(empty: MomentResult, design: MomentDesign, options: MomentOptions) -> MomentResult:
    """The result with what the data are, before anything is estimated."""
    curves = design.curves
    notes = [NO_ERROR] if empty.onset_error.source == "unknown" else []
    signals = [curve.cuts is not None or curve.motion is not None for curve in curves]
    if options.uses_covariates and any(signals) and not all(signals):
        notes.append(OF_OTHERS)
    return replace(
        empty,
        videos=len(curves),
        creators=len({curve.creator for curve in curves if curve.creator}),
        viewers=sum(curve.viewers or 0 for curve in curves),
        cells=int((design.steps.at_risk > 0).sum()),
        cluster=design.cluster,
        clusters=design.clusters.count,
        covariates=design.signal_names,
        neighbours=neighbour_comparison(design, options.window_s),
        notes=tuple(notes),
    )


def _estimated(
    described: MomentResult, design: MomentDesign, options: MomentOptions
) -> MomentResult:
    sd_s = described.onset_error.sd_s
    window = window_fit(design, options.window_s, sd_s)
    by_second, leads, notes = _by_second(design, options)
    p = None
    if options.placebos:
        try:
            p = placebo_p(design, options.window_s, sd_s, options.placebos, options.seed)
        except NO_SOLUTION as error:
            notes.append(f"No placebos: {error}.")
    return replace(
        described,
        effect=window.effect,
        placebo_p=p,
        placebos=options.placebos,
        by_second=by_second,
        leads=leads,
        cells=window.fit.cells,
        carrying=carrying_videos(design, window),
        overturn=overturn(design, window, leads, p),
        notes=(*described.notes, *notes),
    )


def _by_second(
    design: MomentDesign, options: MomentOptions
) -> tuple[tuple[SecondRatio, ...], LeadTest | None, list[str]]:
    """The ratios by second, the test of the leads, and why either is missing."""
    notes: list[str] = []
    lags: dict[int, HazardRatio] = {}
    leads: dict[int, HazardRatio] = {}
    test: LeadTest | None = None
    try:
        lags = lag_ratios(design)
    except NO_SOLUTION as error:
        notes.append(f"No ratios by second: {error}.")
    try:
        leads, test = lead_ratios(design)
    except NO_SOLUTION as error:
        notes.append(f"The seconds before the onset could not be tested: {error}.")
    ratios, band = leads | lags, {}
    try:
        band = dict(placebo_band(design, options.placebos, options.seed))
    except NO_SOLUTION as error:
        notes.append(f"No band of placebos: {error}.")
    return tuple(_second(at, ratios[at], band.get(at)) for at in sorted(ratios)), test, notes


def _second(second: int, ratio: HazardRatio, band: tuple[float, float] | None) -> SecondRatio:
    low, high = band or (None, None)
    return SecondRatio(second, ratio.ratio, ratio.low, ratio.high, low, high)
