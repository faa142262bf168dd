"""Journals for tests, from lines as in a script: written by the real writer, without a session."""

import re
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

from fairlead.journal import format as layout
from fairlead.journal.log import Durability, Log
from fairlead.journal.sequencer import Sequencer, VirtualClock
from fairlead.machine.machine import Machine
from fairlead.model.names import Names
from fairlead.model.text import read_input
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, Nanos, Sequence
from fairlead.node.path import Path
from fairlead.node.reading import written_schema
from tests.cli.sessions import fairlead

START = Nanos(1_723_075_200 * NANOS_PER_SECOND)  # 2024-08-08T00:00:00Z

SETUP: tuple[dict[str, Any], ...] = (
    {"type": "NodeStarted", "epoch": 1},
    {"type": "AccountDefinition", "name": "main", "cash": "100000"},
    {
        "type": "InstrumentDefinition",
        "instrument": {"symbol": "ABC", "price_decimals": 2, "quantity_decimals": 0},
    },
    {"type": "StrategyDefinition", "name": "mm", "account": "main", "trader": "ann"},
    {
        "type": "LimitChange",
        "limits": {
            "instrument": "ABC",
            "order_quantity_max": 10,
            "order_notional_max": 5000,
            "position_quantity_max": 20,
            "collar": 500,
            "reference_age_max": 60_000_000_000,
        },
        "person": "ann",
    },
    {"type": "MessageRateChange", "rate": {"count_max": 10}, "person": "ann"},
    {"type": "StartCommand", "person": "ann", "reason": "open"},
    {
        "type": "BookSnapshot",
        "instrument": "ABC",
        "bids": [["99.95", 10]],
        "asks": [["100.05", 10]],
    },
)


def request(order: int, **more: Any) -> dict[str, Any]:
    """Return a request to buy eight at 100.00, or whatever else is said."""
    common = {"strategy": "mm", "order": order, "instrument": "ABC", "side": "buy"}
    terms = {"quantity": 8, "price": "100.00"}
    return {"type": "SubmitRequest", **common, **terms, **more}


def report(kind: str, order: int, **more: Any) -> dict[str, Any]:
    """Return a report of the venue about an order."""
    return {"type": kind, "order": order, "instrument": "ABC", **more}


# What the reference shows: an order that is filled in part while its cancel is on its way, one that
# is refused, one that works, and a fill of nobody's.
EXAMPLE: tuple[dict[str, Any], ...] = (
    *SETUP,
    request(1, reason="the spread is wide", tag="quote"),
    report("VenueAccepted", 1, venue_order="V1", venue_time=START + 9_800_000),
    report(
        "VenueFilled",
        1,
        execution="e1",
        price="100.00",
        quantity=3,
        fee="0.15",
        venue_time=START + 10_700_000,
    ),
    request(2, quantity=30),
    {"type": "CancelRequest", "strategy": "mm", "order": 1, "time": 2_000_000_000},
    report(
        "VenueFilled",
        1,
        execution="e2",
        price="99.99",
        quantity=2,
        fee="0.10",
        venue_time=START + 1_999_900_000,
    ),
    report("VenueCanceled", 1, reason="asked for", venue_time=START + 2_001_500_000),
    request(3, side="sell", quantity=5, price="100.20"),
    report("VenueAccepted", 3, venue_order="V2", venue_time=START + 2_003_600_000),
    report(
        "VenueFilled",
        3,
        execution="e3",
        price="100.20",
        quantity=1,
        fee="0.05",
        venue_time=START + 2_004_900_000,
    ),
)


def journal(directory: FilePath, lines: Iterable[dict[str, Any]]) -> FilePath:
    """Write a journal of these inputs, each a millisecond after the last or when it says.

    A line says its time in nanoseconds after the first one.
    """
    directory.mkdir(parents=True)
    clock = VirtualClock(START)
    log = Log(
        directory, Durability.PROCESS, 1, Sequence(0), layout.GENESIS, schema=written_schema()
    )
    path = Path(Machine(), Sequencer(clock, Sequence(0), Nanos(0)), log)
    names = Names()
    time = START
    for line in lines:
        fields = dict(line)
        time = Nanos(START + fields.pop("time", time - START + NANOS_PER_MILLISECOND))
        clock.set(time)
        path.take(read_input(fields, names, time))
    path.close()
    return directory


def shown(reference: str, directory: FilePath) -> list[tuple[str, str, str]]:
    """Return the commands of a page, what it says that they print, and what they print.

    A command is indented by four, what it prints stands in the next block of text. `directory` has
    the session, and takes the files that the page names: a block of JSON after `name.json`.
    """
    for name, content in re.findall(r"`(\w+\.json)`[^`]*?```json\n(.*?)```", reference, re.DOTALL):
        (directory / name).write_text(content)
    examples = re.findall(
        r"^    fairlead (\S[^\n]*)\n\n```text\n(.*?)```", reference, re.DOTALL | re.MULTILINE
    )
    found = []
    for command, printed in examples:
        done = fairlead(*command.split(), directory=directory, environment={"COLUMNS": "100"})
        lines = [line.rstrip() for line in done.stdout.splitlines()]
        found.append((command, printed, "".join(f"{line}\n" for line in lines)))
    return found
