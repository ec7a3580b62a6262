"""What `tta multiverse` prints: variances, the effect under each rater, and the joint verdict."""

from cli.console import Screen
from cli.verbs.multiverse.run import MultiverseResult
from cli.verbs.rate.outcome import RateOutcome
from cli.verbs.rate.price import usd

LABEL = "SYNTHETIC DATA: made up for trying things out, not observed."


def show(result: MultiverseResult, screen: Screen) -> None:
    """Print the result for people."""
    if result.compared is not None and result.compared.is_synthetic:
        screen.show(LABEL)
    screen.show(result.drawn.sentence)
    if result.conditions is not None and result.dry_run:
        _show_conditions(result, screen)
        screen.show(result.conditions.price_sentence)
        screen.show("Nobody was asked, and nothing was paid.")
    if result.compared is not None:
        _show_variances(result, screen)
        _show_raters(result, screen)
        for note in result.compared.notes:
            screen.show(note)


def _show_conditions(result: MultiverseResult, screen: Screen) -> None:
    assert result.conditions is not None
    rows = [
        (
            outcome.rater.name,
            sum(outcome.to_ask.values()),
            len(outcome.received),
            _price_cell(outcome),
        )
        for outcome in result.conditions.outcomes
    ]
    screen.table(("rater", "to ask", "there already", "at most"), rows, "The raters")


def _price_cell(outcome: RateOutcome) -> str:
    """The highest cost of what a condition has yet to ask; a dash where nothing is paid for."""
    if outcome.price is None:
        return "–"
    return "no price" if outcome.price.most_usd is None else usd(outcome.price.most_usd)


def _show_variances(result: MultiverseResult, screen: Screen) -> None:
    from shared.insights.multiverse.words import needed_sentence

    compared = result.compared
    assert compared is not None and compared.plan.primary is not None
    if compared.g_study is None:
        return
    shares = compared.g_study.shares
    rows = [
        (name.replace("_", " × "), f"{variance:.1f}", f"{shares[name]:.0%}")
        for name, variance in compared.g_study.variances.items()
    ]
    predictor = compared.plan.primary.predictor
    screen.table(("source", "variance", "share"), rows, f"What moves a score of {predictor}")
    if compared.d_study is not None:
        screen.show(needed_sentence(compared.d_study))


def _show_raters(result: MultiverseResult, screen: Screen) -> None:
    from shared.insights.multiverse.words import raters_sentences, ratio_cells
    from shared.insights.number_words import small_p

    compared = result.compared
    assert compared is not None and compared.plan.primary is not None
    if compared.raters is None:
        return
    rows = [
        (
            *(each.rater, each.effect.n, *ratio_cells(each)),
            "–" if each.effect.p is None else small_p(each.effect.p),
        )
        for each in compared.raters.raters
    ]
    outcome = compared.plan.primary.outcome
    title = f"Times as many {outcome} per standard deviation of the rater's own ratings"
    screen.table(("rater", "videos", "ratio", "95 % interval", "p"), rows, title)
    for sentence in raters_sentences(compared.raters).values():
        screen.show(sentence)
    for rater, why in compared.raters.absent.items():
        screen.show(f"{rater} has no effect: {why}.")
