"""A real daemon, really killed, against a real exchange: what `fairlead drill crash` is made of.

`FAIRLEAD_KILLS` sets how often (the suite does a few; 200 take some minutes).
"""

import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest

from fairlead.journal.sequencer import WallClock
from fairlead.operations.crash_check import Evidence, Seen, checked
from fairlead.operations.crash_drill import Drilling
from fairlead.operations.drill_record import CrashDrill, Step

KILLS = int(os.environ.get("FAIRLEAD_KILLS", "6"))
SEED = int(os.environ.get("FAIRLEAD_SEED", "1"))
pytestmark = pytest.mark.timeout(120 + 30 * KILLS)  # of a machine that others use as well


class Held(NamedTuple):
    """A drill that was held once for all tests here."""

    drill: CrashDrill
    evidence: Evidence


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Held:
    drilling = Drilling(tmp_path_factory.mktemp("drill"), SEED)
    drill = drilling.hold(KILLS, WallClock(), "ann")
    assert drilling.evidence is not None
    return Held(drill, drilling.evidence)


def failed(evidence: Evidence) -> list[str]:
    return [step.name for step in checked(evidence) if not step.passed]


def test_a_node_that_is_killed_again_and_again_loses_nothing_and_sends_nothing_twice(
    held: Held,
) -> None:
    """S0-ARCH-04, B-OMS-13; faults.md 1 and 25: SIGKILL while it starts, recovers, trades."""
    drill = held.drill
    assert drill.passed, [step for step in drill.steps if not step.passed]
    assert sum(drill.kills.values()) == KILLS
    assert drill.messages > 10 * drill.kills["trading"], "it was busy"
    assert drill.duplicates == 0


def one_more(books: dict[str, int]) -> dict[str, int]:
    name = next(iter(books))
    return {**books, name: books[name] + 1}


@pytest.mark.parametrize(
    ("what", "rule"),
    [
        ("message twice", "nothing sent twice"),
        ("message of nobody", "recorded before sent"),
        ("message before", "recorded before sent"),
        ("input lost", "nothing acknowledged lost"),
        ("input changed", "nothing acknowledged lost"),
        ("fill lost", "fills once and all"),
        ("fill invented", "fills once and all"),
        ("fill of other terms", "fills once and all"),
        ("position", "positions equal"),
        ("cash", "cash equal"),
        ("order left", "stopped in order"),
    ],
)
def test_whatever_is_wrong_is_found(held: Held, what: str, rule: str) -> None:
    """The checker is checked: each lie about the exchange or the bystander breaks its rule."""
    evidence = held.evidence
    books, last = evidence.books, evidence.seen[-1]
    first, *others = books.executions
    changes: dict[str, dict[str, object]] = {
        "message twice": {"messages": one_more(books.messages)},
        "message of nobody": {"messages": {**books.messages, "new 9-9-9": 1}},
        "fill lost": {"executions": [*books.executions, first]},
        "fill invented": {"executions": others},
        "fill of other terms": {
            "executions": [msgspec.structs.replace(first, fee=first.fee + 1), *others]
        },
        "position": {"positions": {**books.positions, "1": books.positions.get("1", 0) + 1}},
        "cash": {"cash": [("USD", 1)]},
        "order left": {"working": 1},
    }
    lie = msgspec.structs.replace(books, **changes.get(what, {}))
    told = evidence._replace(books=lie)
    if what == "message before":
        told = told._replace(unrecorded=["new 1-1-1"])
    elif what == "input lost":
        told = told._replace(seen=[Seen(type(last.last)(10**9), last.chain)])
    elif what == "input changed":
        told = told._replace(seen=[Seen(last.last, b"another chain")])
    assert failed(told) == [rule]


def test_a_journal_that_was_changed_does_not_verify(held: Held, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    journal.mkdir()
    for path in held.evidence.journal.glob("*.journal"):
        (journal / path.name).write_bytes(path.read_bytes())
    first = min(journal.glob("*.journal"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 1
    first.write_bytes(content)
    [step] = checked(held.evidence._replace(journal=journal))
    assert (step.name, step.passed) == ("journal", False)
    assert isinstance(step, Step)
