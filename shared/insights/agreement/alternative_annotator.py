"""The alternative annotator test: could a machine stand in for any of the people?

Each person in turn is compared with the machine: which of the two is nearer to the other people?
Nearness to the others is minus the root of the mean squared difference from them. Calderon,
Reichart & Dror 2025 (ACL, 16051–16081, https://aclanthology.org/2025.acl-long.782).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from shared.insights.statistics.distributions import false_discovery_control
from shared.insights.statistics.estimate import SHARE, Estimate, jackknife_estimate
from shared.insights.statistics.location_tests import signed_rank_below, t_test_below
from shared.insights.statistics.resampling import FloatArray

EPSILON = 0.15
"""How much worse than a person a machine may be: the authors' value for skilled people.

They advise .2 for experts, .1 for crowd workers, and less where people hardly agree."""
FALSE_DISCOVERIES = 0.05
PASSES_FROM = 0.5
FEWEST_FOR_T = 30
"""With fewer videos of every person, Wilcoxon's signed-rank test takes the place of the t test.

The authors advise it, but comparisons are not symmetric about ε. Where 85 % are ties and a machine
is worse by just ε = .15, it wins .64 of the time with 20 videos, and the t test .16 with 30.
"""

Method = Literal["t", "wilcoxon"]
Verdict = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class ReplacedPerson:
    """The machine in the place of one person, over the `n` videos that both and others rated.

    `machine` is the share of videos where the machine is at least as near to the others (ρᶠ), and
    `person` that where the person is (ρʰ). A tie counts for both. The null hypothesis is
    ρᶠ ≤ ρʰ - ε, and `p` is adjusted for the number of people.
    """

    name: str
    n: int
    machine: float
    person: float
    p: float
    wins: bool
    loses: bool
    """Whether the opposite test shows that the machine is worse by more than ε."""


@dataclass(frozen=True, slots=True)
class AlternativeAnnotatorTest:
    """The result for one machine. `advantage` is the mean of ρᶠ over people, with its interval."""

    epsilon: float
    method: Method
    advantage: Estimate
    people: tuple[ReplacedPerson, ...]
    note: str | None = None

    @property
    def winning_rate(self) -> float:
        """ω, the share of people to whom the machine is shown not to be inferior."""
        return sum(person.wins for person in self.people) / len(self.people)

    @property
    def possible_rate(self) -> float:
        """The share of people to whom the machine is not shown to be inferior: ω can reach it."""
        return 1 - sum(person.loses for person in self.people) / len(self.people)

    @property
    def passes(self) -> bool:
        return self.winning_rate >= PASSES_FROM

    @property
    def verdict(self) -> Verdict:
        """`undecided` where it does not pass but more videos could let it."""
        if self.passes:
            return "pass"
        return "undecided" if self.possible_rate >= PASSES_FROM else "fail"

    @property
    def rate(self) -> Estimate:
        """ω, from itself to where more videos could bring it."""
        ends = (self.winning_rate, self.possible_rate)
        return Estimate(self.winning_rate, *ends, self.advantage.n, self.note)

    @property
    def sentence(self) -> str:
        """The result for people."""
        wins, count = sum(person.wins for person in self.people), len(self.people)
        outcome = "passes" if self.passes else "does not pass"
        figures = f"ω = {self.winning_rate:.2f}, ρ = {self.advantage.estimate:.2f}"
        return (
            f"It {outcome} the alternative annotator test: it is shown to be as good as {wins:,} "
            f"of {count:,} people, or less than ε worse ({figures}, ε = {self.epsilon:g})."
        )

    def document(self) -> dict[str, Any]:
        return {
            "passes": self.passes,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "winning_rate": self.rate.document(),
            "advantage": self.advantage.document(),
            "epsilon": self.epsilon,
            "method": self.method,
            "people": [asdict(person) for person in self.people],
            "note": self.note,
        }


def alternative_annotator(
    table: FloatArray, names: Sequence[str], machine: FloatArray, epsilon: float = EPSILON
) -> AlternativeAnnotatorTest | None:
    """Test a machine (videos,) against people (videos, people); NaN where one did not rate.

    Videos with fewer than two people do not count. Where some person has 30 videos, people with
    fewer are left out, as the authors do. None if nobody is left. Raises ValueError unless
    0 ≤ ε < 1.
    """
    if not 0 <= epsilon < 1:
        raise ValueError(f"ε {epsilon:g}: from 0 to below 1")
    nearer = _comparisons(table, machine)
    counts = (~np.isnan(nearer)).sum(axis=0)
    fewest = FEWEST_FOR_T if (counts >= FEWEST_FOR_T).any() else 1
    tested = np.flatnonzero(counts >= fewest)
    if not len(tested):
        return None
    method: Method = "t" if fewest > 1 else "wilcoxon"
    nearer = nearer[:, tested]
    people = _people([names[column] for column in tested.tolist()], nearer, epsilon, method)
    return AlternativeAnnotatorTest(
        epsilon, method, _advantage(nearer), people, _note(method, table.shape[1], nearer)
    )


def _comparisons(table: FloatArray, machine: FloatArray) -> FloatArray:
    """1 where the machine is nearer to the others than the person, -1 farther, 0 a tie, else NaN.

    The others are the same for both, so sums of squares are compared: equal distances of whole
    points are ties without rounding.
    """
    is_rated = ~np.isnan(table)
    values = np.where(is_rated, table, 0.0)
    # Σ (x - other)² over the others = n x² - 2 x Σ other + Σ other².
    others = is_rated.sum(axis=1)[:, None] - is_rated
    sums = values.sum(axis=1)[:, None] - values
    squares = (values**2).sum(axis=1)[:, None] - values**2
    of_machine = others * machine[:, None] ** 2 - 2 * machine[:, None] * sums + squares
    of_person = others * values**2 - 2 * values * sums + squares
    scale = np.maximum(1.0, np.maximum(np.abs(of_machine), np.abs(of_person)))
    gain = np.where(np.abs(of_person - of_machine) <= 1e-9 * scale, 0.0, of_person - of_machine)
    return np.where(is_rated & (others > 0), np.sign(gain), np.nan)


def _people(
    names: Sequence[str], nearer: FloatArray, epsilon: float, method: Method
) -> tuple[ReplacedPerson, ...]:
    below = t_test_below if method == "t" else signed_rank_below
    columns = [column[~np.isnan(column)] for column in nearer.T]
    # ρʰ - ρᶠ < ε says that the machine is not worse by ε; its opposite, that it is.
    ps = _adjusted([below(-column, epsilon) for column in columns])
    opposite = _adjusted([below(column, -epsilon) for column in columns])
    return tuple(
        ReplacedPerson(
            name,
            len(column),
            machine=float((column >= 0).mean()),
            person=float((column <= 0).mean()),
            p=float(p),
            wins=bool(p <= FALSE_DISCOVERIES),
            loses=bool(worse <= FALSE_DISCOVERIES),
        )
        for name, column, p, worse in zip(names, columns, ps, opposite, strict=True)
    )


def _adjusted(ps: Sequence[float]) -> FloatArray:
    return false_discovery_control(ps, any_dependence=True)


def _advantage(nearer: FloatArray) -> Estimate:
    """The mean over people of the share of videos where the machine is at least as near."""
    counted = ~np.isnan(nearer)
    as_near = np.where(counted, nearer >= 0, False).astype(np.float64)
    rows = counted.any(axis=1)
    as_near, trials = as_near[rows], counted[rows].astype(np.float64)

    def statistic(weights: FloatArray) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = (weights @ as_near) / (weights @ trials)
        mean: FloatArray = shares.mean(axis=1)
        return mean

    return jackknife_estimate(statistic, len(trials), SHARE)


def _note(method: Method, people: int, nearer: FloatArray) -> str | None:
    tested = nearer.shape[1]
    notes = []
    if not np.nan_to_num(nearer).any():
        notes.append("every comparison is a tie")
    if people == 2:
        notes.append("of two people, each is compared with the other alone")
    if tested < people:
        left_out = people - tested
        notes.append(f"{left_out:,} with fewer than {FEWEST_FOR_T} videos left out")
    if method == "wilcoxon":
        notes.append(
            f"fewer than {FEWEST_FOR_T} videos, so by Wilcoxon's test, which passes a machine too "
            "easily where many comparisons are ties"
        )
    return "; ".join(notes) or None
