"""What `tta validate` prints of machines beside people: agreement, replacement and events."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.console import Screen
from cli.verbs.validate.figures import VERDICTS, number, with_interval
from shared.insights.agreement.validation import Validation


def show_peers(validation: Validation, screen: Screen) -> None:
    rows = list(_peers(validation))
    if rows:
        screen.table(
            ("dimension", "rater", "with people", "people among themselves", "difference"),
            rows,
            title="Machines beside people (mean pairwise ICC(A,1))",
        )


def _peers(validation: Validation) -> Iterator[Sequence[str]]:
    for name, agreement in validation.dimensions.items():
        peers = agreement["peers"] or {"human_machine": {}}
        for machine, with_people in peers["human_machine"].items():
            if with_people["icc_a1"]["estimate"] is not None:
                yield (
                    name,
                    machine,
                    with_interval(with_people["icc_a1"]),
                    with_interval(peers["human_human"] or {}),
                    with_interval(with_people.get("beyond_human_human") or {}),
                )


def show_replacements(validation: Validation, screen: Screen) -> None:
    """Whether each machine could stand in for a person, with a sentence for the first score."""
    tests = list(_replacements(validation))
    if not tests:
        return
    screen.table(
        ("dimension", "rater", "ω", "ρ", "verdict", "videos"),
        (
            (
                name,
                machine,
                number(test["winning_rate"]["estimate"]),
                with_interval(test["advantage"]),
                VERDICTS[test["verdict"]],
                f"{test['advantage']['n']:,}",
            )
            for name, machine, test in tests
        ),
        title=f"Could a machine stand in for a person? (ε = {tests[0][2]['epsilon']:g})",
        whole=1,
    )
    first = next((name for name, *_ in tests if name == "unexpectedness"), tests[0][0])
    for name, machine, test in tests:
        if name == first:
            note = f" Note: {test['note']}." if test["note"] else ""
            screen.show(f"{machine}, {name}: {test['sentence']}{note}\n")


def _replacements(validation: Validation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, agreement in validation.dimensions.items():
        peers = agreement["peers"] or {"human_machine": {}}
        for machine, with_people in peers["human_machine"].items():
            if test := with_people["alternative_annotator"]:
                yield name, machine, test


def show_events(validation: Validation, screen: Screen) -> None:
    rows = list(_events(validation))
    if rows:
        screen.table(
            ("event", "rater", "with people", "people among themselves", "hits"),
            rows,
            title="Do they mark the same moment? (α for unitizing: 1 the same, 0 chance)",
            whole=1,
        )


def _events(validation: Validation) -> Iterator[Sequence[str]]:
    """A row for each event and machine; the hits stand beside the moment of their tolerance."""
    hits = validation.onset.get("human", {})
    for name, event in validation.events.items():
        among = with_interval(event["human_human"] or {})
        within = name.removeprefix("moment_")
        for machine, alpha in (event["human_machine"] or {"": {}}).items():
            hit = hits.get(machine, {}).get(within, {})
            yield name.replace("_", " "), machine, with_interval(alpha), among, with_interval(hit)
