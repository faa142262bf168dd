"""The tables tell what the machine knows: orders, fills, positions, after any session at all."""

import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fairlead.machine.machine import Machine
from fairlead.model.codec import decode_input, decode_outputs
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import Statement
from fairlead.model.outputs import FillBusted, OrderFilled, OrderRefused
from fairlead.model.terms import Status
from tests.readers.sql.recordings import SOURCES, Recorded, bookings, hostile, risky
from tests.readers.sql.rows import Rows, differences, rows_of

SEEDS = range(8)
# A held order may be made smaller, and a stop may move, without a word: until it leaves, or never.
UNTOLD = (Status.HELD, Status.REFUSED)


def tables(recorded: Recorded, place: Path, seed: int) -> Rows:
    """Return the rows of a session, in batches of random sizes."""
    chance = random.Random(seed)
    return rows_of(recorded.entries, f"sqlite:///{place}", lambda: chance.randint(1, 40))


def amount(value: int, decimals: int) -> Decimal:
    """Return increments as the tables write them."""
    return Decimal(decimal_text(value, decimals))


def check_orders(machine: Machine, rows: Rows) -> None:
    """Every order that ever was has its row, and stands where the machine has it."""
    found = {row["order_id"]: row for row in rows["orders"]}
    assert len(found) == len(machine.orders.all())
    for order in machine.orders.all():
        row = found[order.order]
        terms = machine.instruments[order.instrument]
        price, size = terms.price_decimals, terms.quantity_decimals
        told: dict[str, Any] = {
            "status": order.status.name.lower(),
            "side": order.side.name.lower(),
            "strategy_id": order.strategy,
            "filled_quantity": amount(order.filled, size),
            "canceled_quantity": amount(order.canceled, size),
            "leaves_quantity": amount(order.leaves if order.live else 0, size),
            "replace_quantity": amount(order.new_quantity, size) if order.new_quantity else None,
            "limit_price": amount(order.price, price) if order.price else None,
            "filled_product": amount(order.filled_cost, price + size),
            "venue_order_id": order.venue_order or None,
            "client_order_id": order.client_order or None,
            "quantity": amount(order.quantity, size),
        }
        if order.status in UNTOLD:
            for name in ("quantity", "leaves_quantity"):
                told.pop(name)
        assert {name: row[name] for name in told} == told, f"order {order.order}"


def check_positions(machine: Machine, rows: Rows) -> None:
    """Every position is the machine's, and the sum of its events: invariant 6."""
    found = {
        (row["account_id"], row["strategy_id"] or 0, row["instrument_id"]): row
        for row in rows["positions"]
    }
    assert len(found) == len(machine.positions.all())
    for position in machine.positions.all():
        row = found[position.account, position.strategy, position.instrument]
        terms = machine.instruments[position.instrument]
        money = terms.money_decimals
        told = {
            "quantity": amount(position.quantity, terms.quantity_decimals),
            "open_cost": amount(position.open_cost, money),
            "realized_pnl": amount(position.realised, money),
            "fees": amount(position.fees, money),
            "symbol": terms.symbol,
        }
        assert {name: row[name] for name in told} == told
        events = [
            one for one in rows["position_events"] if one["position_id"] == row["position_id"]
        ]
        assert sum(one["quantity_delta"] for one in events) == row["quantity"]
        assert [events[-1][name] for name in ("quantity", "open_cost", "realized_pnl", "fees")] == [
            row[name] for name in ("quantity", "open_cost", "realized_pnl", "fees")
        ]


def check_balances(machine: Machine, rows: Rows) -> None:
    """Every currency of every account is the machine's."""
    found = {(row["account_id"], row["currency"]): row for row in rows["account_balances"]}
    count = 0
    for account in machine.positions.accounts():
        for (owner, currency), row in found.items():
            if owner == account.account:
                ledger = account.ledger(currency)
                assert ledger is not None
                assert row["cash"] == amount(ledger.cash.rounded, account.money_decimals)
                count += 1
    assert count == len(found)


def check_fills(recorded: Recorded, rows: Rows) -> None:
    """Every execution is there once, and what was taken back says so."""
    booked: list[tuple[int, str]] = []
    busted: list[tuple[int, str]] = []
    for entry in recorded.entries:
        for output in decode_outputs(entry.outputs) if entry.outputs else []:
            if isinstance(output, OrderFilled):
                booked.append((output.order, output.execution))
            elif isinstance(output, FillBusted):
                busted.append((output.order, output.execution))
    told = [(row["order_id"], row["exec_id"]) for row in rows["fills"]]
    assert told == booked
    gone = [(row["order_id"], row["exec_id"]) for row in rows["fills"] if row["busted_sequence"]]
    assert Counter(gone) == Counter(busted)
    for row in rows["orders"]:
        mine = [one for one in rows["fills"] if one["order_id"] == row["order_id"]]
        assert row["fills"] == sum(one["busted_sequence"] is None for one in mine)


def check_events(recorded: Recorded, rows: Rows) -> None:
    """Everything that names an order is an event of it: S1-EVT-07, complete and in order."""
    orders = {row["order_id"]: row["sequence"] for row in rows["orders"]}
    named: list[tuple[int, int, int, str]] = []
    for entry in recorded.entries:
        said: list[Any] = [decode_input(entry.input)]
        said += decode_outputs(entry.outputs) if entry.outputs else []
        for position, record in enumerate(said):
            about = getattr(getattr(record, "approved", record), "order", 0)
            about = 0 if isinstance(record, Statement) else about
            # Before its request a number was no order yet.
            if about in orders and entry.sequence >= orders[about]:
                named.append((entry.sequence, position, about, type(record).__name__))
    told = [
        (row["sequence"], row["position"], row["order_id"], row["event_type"])
        for row in rows["order_events"]
    ]
    assert told == named


def check_refusals(recorded: Recorded, rows: Rows) -> None:
    """Every failed check of every refusal is a row: invariant 12."""
    failed = [
        (output.order, check.check)
        for entry in recorded.entries
        for output in (decode_outputs(entry.outputs) if entry.outputs else [])
        if isinstance(output, OrderRefused)
        for check in output.failed
    ]
    assert [(row["order_id"], row["check_name"]) for row in rows["refusals"]] == failed


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_the_tables_tell_what_the_machine_knows(
    source: Callable[[int], Recorded], seed: int, tmp_path: Path
) -> None:
    """S1-EVT-06, S1-EVT-08: hostile venues, every booking, splits, busts, corrections, kills."""
    recorded = source(seed)
    rows = tables(recorded, tmp_path / "one.db", seed)
    check_orders(recorded.machine, rows)
    check_positions(recorded.machine, rows)
    check_balances(recorded.machine, rows)
    check_fills(recorded, rows)
    check_events(recorded, rows)
    check_refusals(recorded, rows)


def test_the_sessions_are_rich_enough_to_mean_something(tmp_path: Path) -> None:
    kinds: Counter[str] = Counter()
    for source in SOURCES:
        for seed in SEEDS:
            for entry in source(seed).entries:
                kinds[type(decode_input(entry.input)).__name__] += 1
                if entry.outputs:
                    kinds.update(type(one).__name__ for one in decode_outputs(entry.outputs))
    for kind in (
        *("OrderFilled", "FillBusted", "FillQuarantined", "OrderUnknown", "OrderResolved"),
        *("OrderReplaced", "PositionCorrected", "InstrumentSplit", "CashDividend"),
        *("InstrumentRenamed", "AdoptFillCommand", "KillCommand", "CashExchanged", "OrderHeld"),
    ):
        assert kinds[kind], f"{kind} never happened"


@pytest.mark.parametrize("source", [hostile, risky, bookings])
def test_the_size_of_the_batches_changes_nothing(
    source: Callable[[int], Recorded], tmp_path: Path
) -> None:
    recorded = source(99)
    one = tables(recorded, tmp_path / "one.db", 1)
    other = tables(recorded, tmp_path / "other.db", 2)
    whole = rows_of(recorded.entries, f"sqlite:///{tmp_path}/whole.db", lambda: 10**9)
    assert not [*differences(one, whole)]
    assert not [*differences(other, whole)]


def test_both_databases_tell_the_same(tmp_path: Path, new_database: Callable[[], str]) -> None:
    for source in SOURCES:
        recorded = source(7)
        one = tables(recorded, tmp_path / f"{source.__name__}.db", 1)
        other = rows_of(recorded.entries, new_database(), lambda: 17)
        assert not [*differences(one, other)]
