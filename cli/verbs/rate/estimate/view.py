"""What `tta rate --estimate` prints: counts, cost, prices, budget, and what has no price."""

from collections import Counter

from cli.console import Screen
from cli.verbs.rate.estimate.cost import CostEstimate, token_ranges

LISTED = 20


def show(estimate: CostEstimate, screen: Screen) -> None:
    """Print the estimate. The error says it all where nothing but one file was selected."""
    if not estimate.videos:
        if len(estimate.not_priced) > 1:
            _show_not_priced(estimate, screen)
        return
    _show_counts(estimate, screen)
    _show_prices(estimate, screen)
    _show_proposal(estimate, screen)
    _show_budget(estimate, screen)
    _show_not_priced(estimate, screen)


def _show_counts(estimate: CostEstimate, screen: Screen) -> None:
    settings, gemini, total = estimate.settings, estimate.settings.gemini, estimate.total
    rows = []
    rows.append(("videos", f"{estimate.videos:,}", ""))
    rows.append(("  with sound", f"{estimate.with_sound:,}", ""))
    rows.append(("seconds", f"{estimate.duration_s:,.1f}", ""))
    rows.append(("ratings", f"{estimate.ratings:,}", ""))
    if total.calls != estimate.ratings:
        rows.append(("  calls", f"{total.calls:,}", ""))
    rows.append(("frames", f"{total.frames:,}", ""))
    rows += [
        (f"{name} tokens", f"{low:,}", f"{high:,}" if high != low else "")
        for name, low, high in token_ranges(total)
    ]
    for name, batch in (("USD live", False), ("USD as a batch", True)):
        if cost := estimate.cost_usd(batch):
            rows.append((name, _usd(cost.low), _usd(cost.high)))
    context = " with the caption" if settings.condition.sees_caption else ""
    context += " after cards of psychology" if settings.condition.literature else ""
    rate = f"{gemini.fps:g} frames/s"
    if gemini.fps != gemini.fps_long:
        rate += f" up to {gemini.short_clip_s:g} s, {gemini.fps_long:g} beyond"
    title = f"{gemini.model}{context}, {rate}, {settings.replicates} rating(s) of each"
    screen.table(("", "low", "high"), rows, title)


def _show_prices(estimate: CostEstimate, screen: Screen) -> None:
    settings, prices = estimate.settings, estimate.settings.prices
    if estimate.cost_usd(batch=False) is None:
        models = ", ".join(prices.models)
        screen.show(
            f"{settings.gemini.model} has no price on {settings.on} in the price table, so there "
            f"is no cost. The table has: {models}."
        )
    screen.show(
        f"Prices as of {prices.as_of}, for {settings.on} in {prices.location}: {prices.source}"
    )
    for sentence in estimate.assumed:
        screen.show(f"- {sentence}")


def _show_proposal(estimate: CostEstimate, screen: Screen) -> None:
    if estimate.proposal is None:
        return
    cost = estimate.proposed_usd(batch=False)
    present, replicates = estimate.proposal.present, estimate.proposal.replicates
    is_more = cost is not None and replicates is not None and replicates > present
    price = f" All {replicates} cost {_usd(cost.low)} to {_usd(cost.high)} USD." if cost else ""
    screen.show(f"{estimate.proposal.sentence}{price if is_more else ''}")


def _show_budget(estimate: CostEstimate, screen: Screen) -> None:
    limits = estimate.settings.limits
    parts = []
    if limits.daily_budget_videos is not None:
        parts.append(f"{limits.daily_budget_videos:,} videos")
    if limits.daily_budget_usd is not None:
        parts.append(f"{limits.daily_budget_usd:g} USD")
    if parts:
        days = f"; this takes up to {estimate.days} day(s)" if estimate.days else ""
        screen.show(f"Daily budget: {' and '.join(parts)}{days}.")
    else:
        screen.show("There is no daily budget: DAILY_BUDGET_USD and DAILY_BUDGET_VIDEOS set one.")


def _show_not_priced(estimate: CostEstimate, screen: Screen) -> None:
    if estimate.not_priced:
        counts = Counter(entry.reason for entry in estimate.not_priced)
        listing = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
        rows = [
            (entry.what, entry.reason, entry.sentence) for entry in estimate.not_priced[:LISTED]
        ]
        screen.table(("not priced", "reason", ""), rows)
        more = len(estimate.not_priced) - LISTED
        suffix = f" … and {more} more; --json lists all." if more > 0 else ""
        screen.show(f"Not priced: {listing}.{suffix}")
    for problem in estimate.problems[:LISTED]:
        screen.say(problem)


def _usd(usd: float) -> str:
    return f"{usd:,.4f}" if usd < 1 else f"{usd:,.2f}"
