"""How numbers are written in sentences and tables."""

ALPHA = 0.05


def decimals(value: float) -> str:
    """Two decimals, three below .1, without a leading zero."""
    digits = 3 if abs(value) < 0.1 else 2
    return f"{value:.{digits}f}".replace("0.", ".", 1).replace("-", "−")


def p_value(p: float | None) -> str:
    if p is None:
        return "no p"
    return f"p {small_p(p)}" if p < 0.001 else f"p = {small_p(p)}"


def small_p(p: float) -> str:
    """Three decimals without the zero before the point; more where .05 would look undecided."""
    if p < 0.001:
        return "< .001"
    digits = next(digits for digits in (3, 4, 5, 6) if digits == 6 or f"{p:.{digits}f}" != "0.050")
    return f"{p:.{digits if p < ALPHA else 3}f}".replace("0.", ".", 1)


def ratio_text(ratio: float) -> str:
    """Two decimals; more where 1.00 would hide that an interval leaves out 1.

    Three digits beyond .1 and 100: `0.05` and `1,230`. page.js writes ratios in the same form.
    """
    if ratio < 0.1:
        return f"{float(f'{ratio:.3g}'):.12f}".rstrip("0").rstrip(".")
    if ratio >= 100:
        return f"{float(f'{ratio:.3g}'):,.0f}"
    texts = [f"{ratio:.{digits}f}" for digits in (2, 3, 4)]
    return next((text for text in texts if float(text) != 1.0), texts[0])


def share_text(share: float) -> str:
    """A percentage with one decimal below 10 %: `3.4 %`."""
    percent = 100 * share
    return f"{percent:.1f} %" if percent < 9.95 else f"{percent:.0f} %"
