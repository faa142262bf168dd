"""The state of a machine as one JSON object: what a person asks after a script or a replay.

Reads and never changes. An amount is decimal text; what cannot be known (the value of a position
whose book is stale) is null: no number is invented.
"""

from collections.abc import Iterator
from typing import Any

from fairlead.cli.break_objects import break_objects, quarantine_objects
from fairlead.cli.money_objects import account_object, position_object
from fairlead.cli.order_objects import order_object
from fairlead.cli.risk_objects import risk_object
from fairlead.machine.books import Book
from fairlead.machine.machine import Machine
from fairlead.machine.marks import VenueMark
from fairlead.model.decimals import decimal_text
from fairlead.model.forms import RATE_DECIMALS
from fairlead.model.inputs import AuctionIndication, StrategyDefinition
from fairlead.model.names import Names
from fairlead.model.text import write
from fairlead.model.units import InstrumentId


def state_object(machine: Machine, names: Names) -> dict[str, Any]:
    """Return everything that stands, and the digest of it."""
    positions = machine.positions
    return {
        "sequence": machine.state.sequence,
        "time": machine.state.time,
        **_permission(machine, names),
        **_days(machine),
        "strategies": [_strategy(each, names) for each in machine.state.strategies.values()],
        "books": [_book(book, machine, names) for book in machine.books.all()],
        "marks": _marks(machine, names),
        "orders": [order_object(order, machine, names) for order in machine.orders.all()],
        "positions": [position_object(each, machine, names) for each in positions.all()],
        "accounts": [account_object(account, machine) for account in positions.accounts()],
        "breaks": break_objects(machine, names),
        "quarantine": quarantine_objects(machine, names),
        **risk_object(machine, names),
        **_data_quality(machine, names),
        "state_digest": machine.digest(),
    }


def _data_quality(machine: Machine, names: Names) -> dict[str, Any]:
    """Describe what rules of market data found that is not over; nothing without rules."""
    quality = machine.state.quality
    if not quality.active:
        return {}
    found = [quality.findings, *(each.findings for each in quality.all())]
    return {
        "data_quality": [
            {**write(each.begun[number], names), "found": each.counts[number]}
            for each in found
            for number in each.begun
        ]
    }


def _permission(machine: Machine, names: Names) -> dict[str, Any]:
    """Describe who may trade, and what may not be traded now."""
    gate, state = machine.gate, machine.state
    return {
        "epoch": state.epoch,
        "stage": state.stage,
        "killed": gate.killed,
        "stopped": gate.stopped,
        "disabled": [
            {"strategy": names.strategies.name(strategy), "reason": reason}
            for strategy, reason in gate.disabled()
        ],
        "closed": [
            {"instrument": names.instruments.name(instrument), "reason": reason}
            for instrument, reason in _closed(machine)
        ],
        "disconnected": [
            {"venue": venue, "reason": reason} for venue, reason in state.disconnected.items()
        ],
    }


def _closed(machine: Machine) -> Iterator[tuple[InstrumentId, str]]:
    """Yield the instruments that take no new orders now, whoever asks, and why."""
    reconciliation = machine.state.reconciliation
    for book in machine.books.all():
        numbers = [
            str(each.number)
            for each in reconciliation.open_breaks()
            if each.instrument == book.instrument
        ]
        if numbers:
            yield book.instrument, f"open breaks: {', '.join(numbers)}"
        if reconciliation.gate_problem(book.instrument) == "instrument_confirmed":
            yield book.instrument, "no statement has confirmed it since its venue connected"
        if book.halted:
            yield book.instrument, f"the venue does not trade it: {book.halted}"


def _days(machine: Machine) -> dict[str, Any]:
    """Describe the trading day of the firm (0: none has begun) and of each venue that has one."""
    state = machine.state
    venues = state.session_dates.items()
    return {
        "session_date": state.performance.session_date,
        "venue_session_dates": [{"venue": venue, "session_date": date} for venue, date in venues],
    }


def _strategy(strategy: StrategyDefinition, names: Names) -> dict[str, Any]:
    """Describe a strategy; its parameters are the text that they were recorded as."""
    return {
        "strategy": strategy.name,
        "account": names.accounts.name(strategy.account),
        "trader": strategy.trader,
        "parameters": strategy.parameters,
    }


def _book(book: Book, machine: Machine, names: Names) -> dict[str, Any]:
    terms = machine.instruments[book.instrument]
    return {
        "instrument": names.instruments.name(book.instrument),
        "bid_price": decimal_text(book.bid_price, terms.price_decimals),
        "bid_quantity": decimal_text(book.bid_quantity, terms.quantity_decimals),
        "ask_price": decimal_text(book.ask_price, terms.price_decimals),
        "ask_quantity": decimal_text(book.ask_quantity, terms.quantity_decimals),
        "last_price": decimal_text(book.last_price, terms.price_decimals),
        "update": book.update,
        "stale": book.stale,
        "reason": book.reason,
        "halted": book.halted,
        "order_count": None if book.orders is None else len(book.orders),
        "source": book.source,
        "indication": None if book.indication is None else _indication(book.indication, names),
    }


def _indication(indication: AuctionIndication, names: Names) -> dict[str, Any]:
    """Describe what an auction would do, as the venue last said."""
    written = write(indication, names)
    return {name: value for name, value in written.items() if name not in ("type", "instrument")}


def _marks(machine: Machine, names: Names) -> dict[str, Any]:
    """Describe how positions are valued: the policy, the marks of venues, the exchange rates."""
    marks = machine.state.marks
    found = [(number, marks.venue_mark(number)) for number in machine.instruments]
    return {
        "policy": marks.policy.name.lower(),
        "age_max": marks.age_max,
        "prices": [_mark(number, mark, machine, names) for number, mark in found if mark],
        "rates": [
            {
                "currency": currency,
                "quote_currency": quote_currency,
                "rate": decimal_text(rate, RATE_DECIMALS),
            }
            for currency, quote_currency, rate in marks.rates()
        ],
    }


def _mark(number: InstrumentId, mark: VenueMark, machine: Machine, names: Names) -> dict[str, Any]:
    """Describe what a venue said; a corporate action since is not in the price."""
    decimals = machine.instruments[number].price_decimals
    return {
        "instrument": names.instruments.name(number),
        "price": decimal_text(mark.price, decimals),
        "time": mark.time,
        "adjusted": mark.carry is not None,
    }
