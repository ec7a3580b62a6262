"""Many seeds, what they violated, and how many orders of each pair of operations they saw."""

import hashlib
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise, permutations

from shared.messaging.sweep import LEASE
from tests.interleavings.invariants import erased_remains, others_missing, paid_too_often
from tests.interleavings.operations import KINDS, LATER, Run
from tests.interleavings.scheduler import STOPS
from tests.interleavings.substitutes import single_threaded, waiting_on
from tests.interleavings.world import SWEEP_S, World

Step = tuple[float, str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seed did: every step of it, and what it violated."""

    seed: int
    violations: list[str]
    steps: list[Step]
    concurrent: int
    """How many of the steps were made before all had ended; the others were made calmly."""
    kills: int

    @property
    def trace(self) -> Iterator[str]:
        for number, (at_s, kind, what) in enumerate(self.steps, 1):
            if number == self.concurrent + 1:
                yield "All have ended; what follows is done one after the other."
            yield f"{number:5} {at_s:9.3f} s  {kind:8} {what}"


def play(seed: int, kinds: tuple[str, ...] | None = None) -> Outcome:
    """One run, with these operations besides the deliveries, or with those that the dice name."""
    world = World(seed)
    violations: list[str] = []
    steps = world.scheduler.steps
    concurrent = 0
    with waiting_on(world.scheduler):
        run = Run(world, kinds)
        try:
            run.play()
            concurrent = len(steps)
            violations = list(_violations(world, run))
        except Exception as error:  # the scheduler's Stuck, or a defect of the product
            violations.append("".join(traceback.format_exception(error)))
            concurrent = concurrent or len(steps)
    return Outcome(seed, violations, steps, concurrent, run.killed)


def _violations(world: World, run: Run) -> Iterator[str]:
    """What is wrong when all have ended, and what becomes wrong by every later step."""
    yield from world.swapped_in
    if run.erases and world.is_pointed:
        # A rating that was on its way to the tables is noted when it arrives, and the erasure must
        # run again, as docs/guides/erase.md says.
        run.play_calmly("erase")
    if run.erases:
        yield from (f"when all had ended: {each}" for each in erased_remains(world))
    for _ in range(2):
        world.scheduler.now_s += LEASE * SWEEP_S  # what is parked is due, and no lease is left
        run.play_calmly("sweep", "replay")
    yield from others_missing(world, is_redacted=run.erases)
    yield from paid_too_often(world)
    run.deliver_again()
    run.play_calmly(*LATER)
    yield from (f"later: {each}" for each in others_missing(world, is_redacted=run.erases))
    yield from (f"later: {each}" for each in paid_too_often(world))
    if run.erases:
        yield from (f"later: {each}" for each in erased_remains(world))


@dataclass
class Coverage:
    """How the operations met.

    `orders`: of two operations, the different sequences in which their steps followed each other in
    a run, every other step left out. `neighbours`: of A and B, the different steps of A, by what
    they do to which kind of thing, directly after which B did which step.
    """

    runs: int = 0
    steps: int = 0
    kills: int = 0
    orders: dict[tuple[str, str], set[bytes]] = field(default_factory=dict)
    neighbours: dict[tuple[str, str], set[tuple[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.orders = self.orders or {pair: set() for pair in combinations(KINDS, 2)}
        self.neighbours = self.neighbours or {pair: set() for pair in permutations(KINDS, 2)}

    def count(self, outcome: Outcome) -> None:
        self.runs += 1
        self.steps += outcome.concurrent
        self.kills += outcome.kills
        concurrent = outcome.steps[: outcome.concurrent]
        steps = [(kind, _what(it)) for _, kind, it in concurrent if not it.startswith(STOPS)]
        for (kind, what), (following, then) in pairwise(steps):
            if kind != following:
                self.neighbours[kind, following].add((what, then))
        kinds = Counter(kind for kind, _ in steps)
        for pair in self.orders:
            if kinds[pair[0]] and kinds[pair[1]]:
                order = repr([step for step in steps if step[0] in pair])
                self.orders[pair].add(hashlib.blake2b(order.encode(), digest_size=8).digest())

    def add(self, other: "Coverage") -> None:
        self.runs += other.runs
        self.steps += other.steps
        self.kills += other.kills
        for pair, orders in other.orders.items():
            self.orders[pair] |= orders
        for pair, steps in other.neighbours.items():
            self.neighbours[pair] |= steps

    def lines(self) -> Iterator[str]:
        yield "Different orders of the steps of two operations, all other steps left out:"
        for (first, second), orders in self.orders.items():
            yield f"  {first:8} {second:8} {len(orders):7,}"
        yield "Different steps of one (row), each directly followed by a step of another (column):"
        yield f"  {'':8}" + "".join(f"{kind:>9}" for kind in KINDS)
        for first in KINDS:
            counts = (len(self.neighbours.get((first, second), ())) for second in KINDS)
            yield f"  {first:8}" + "".join(f"{count or '-':>9}" for count in counts)


def _what(label: str) -> str:
    """What a step does to which kind of thing: `read metadata`, not which object."""
    action, _, name = label.partition(" ")
    return f"{action} {name.partition('/')[0]}"


def play_all(seeds: range) -> tuple[list[Outcome], Coverage]:
    """The runs that violated something, and what all of them covered."""
    coverage, failed = Coverage(), []
    with single_threaded():
        for seed in seeds:
            outcome = play(seed)
            coverage.count(outcome)
            if outcome.violations:
                failed.append(outcome)
    return failed, coverage


def first_violation(seeds: Iterable[int], kinds: tuple[str, ...] | None = None) -> Outcome | None:
    """The first run that violates something."""
    with single_threaded():
        outcomes = (play(seed, kinds) for seed in seeds)
        return next((outcome for outcome in outcomes if outcome.violations), None)
