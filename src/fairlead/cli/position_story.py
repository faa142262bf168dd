"""`fairlead story position SYMBOL`: everything that moved a position, who, why, and where it stood.

From the journal alone. The last row is the position as `fairlead positions` has it.
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from rich.text import Text

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line, print_json
from fairlead.cli.lines import until_the_reader_leaves
from fairlead.cli.measured import short_money
from fairlead.cli.money_objects import PRICE_DECIMALS_MORE, position_object
from fairlead.cli.orders import heading
from fairlead.cli.past import JOURNALS, Past, past
from fairlead.cli.tables import Column, fitting_table
from fairlead.machine.machine import Machine
from fairlead.model import text
from fairlead.model.codec import decode_input
from fairlead.model.decimals import decimal_text
from fairlead.model.inputs import InstrumentDefinition, InstrumentRenamed
from fairlead.model.instruments import Instrument
from fairlead.model.names import did_you_mean
from fairlead.model.outputs import FillBusted, OrderFilled
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId
from fairlead.node.reading import recorded
from fairlead.readers.position_story import Holder, Move, PositionStory
from fairlead.readers.written import grouped, printable, time_text
from fairlead.stages.paper import newest_session

ROWS_MAX: Final = 200  # the last moves that a person is shown; JSON has all
_CLOCK: Final = slice(0, 23)  # of an ISO time: to the millisecond
_COLUMNS: Final = [
    Column("time", 3),
    Column("input", 4, number=True),
    Column("whose", 5),
    Column("what"),
    Column("by", number=True),
    Column("position", number=True),
    Column("average", 1, number=True),
    Column("realised", number=True),
    Column("fees", number=True),
    Column("why", 2),
]


class _Told(NamedTuple):
    past: Past
    story: PositionStory
    holders: list[Holder]  # those that are asked for

    @property
    def moves(self) -> list[Move]:
        """The moves of those that are asked for, and what concerns all."""
        return [
            each for each in self.story.moves if each.holder is None or each.holder in self.holders
        ]


def position(
    symbol: Annotated[str, typer.Argument(help="The instrument, by any name that it ever had.")],
    journal: Annotated[
        Path, typer.Argument(help="A journal, or a directory of sessions: the newest one.")
    ] = JOURNALS,
    account: Annotated[str, typer.Option(help="Of this account alone.")] = "",
    strategy: Annotated[str, typer.Option(help="Of this strategy alone.")] = "",
    json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
) -> None:
    """Tell what moved a position: fills, busts, corrections, splits, dividends; who and why."""
    with mistakes_in_one_line(), until_the_reader_leaves():
        machine = Machine()
        story = PositionStory(machine, _instrument(newest_session(journal), symbol))
        known = past(journal, readers=[story], machine=machine)
        told = _Told(known, story, _asked_for(known, story, account, strategy))
        if json:
            print_json(_content(told))
        else:
            _print(told)
        if not all(story.agrees(each) for each in told.holders):
            fail("the moves do not end where the machine has the position", FOUND_WRONG)


def _instrument(directory: Path, symbol: str) -> InstrumentId:
    """Return the instrument that had a name at any time; fail with the nearest one."""
    found: dict[str, InstrumentId] = {}
    with ERR.status("looking for the instrument ..."):
        for entry in recorded(directory):
            record = decode_input(entry.input)
            if isinstance(record, InstrumentDefinition):
                found.setdefault(record.instrument.symbol, record.instrument.instrument)
            elif isinstance(record, InstrumentRenamed):
                found.setdefault(record.symbol, record.instrument)
    if symbol not in found:
        near = did_you_mean(symbol, list(found)) or f": one of {', '.join(found) or 'none'}"
        fail(f"{directory}: no instrument is called {symbol!r}{near}")
    return found[symbol]


def _asked_for(known: Past, story: PositionStory, account: str, strategy: str) -> list[Holder]:
    """Return whose positions are asked for; fail where a name is none."""
    for option, name, names in (
        ("--account", account, known.names.accounts),
        ("--strategy", strategy, known.names.strategies),
    ):
        if name and names.number(name) is None:
            near = did_you_mean(name, names.all()) or f": one of {', '.join(names.all())}"
            fail(f"{option}: nothing in this journal is called {name!r}{near}")
    return [
        each
        for each in story.holders()
        if (not account or each.account == known.names.accounts.number(account))
        and (not strategy or each.strategy == known.names.strategies.number(strategy))
    ]


# --- for machines ---


def _content(told: _Told) -> dict[str, Any]:
    known, machine = told.past, told.past.machine
    return {
        "journal": str(known.directory),
        "sequence": known.replayed.last,
        "time": known.replayed.time,
        "instrument": known.names.instruments.name(told.story.instrument),
        "moves": [_move(each, told) for each in told.moves],
        "positions": [
            {
                **position_object(
                    machine.positions.get(each.strategy, told.story.instrument, each.account),
                    machine,
                    known.names,
                ),
                "agrees": told.story.agrees(each),
            }
            for each in told.holders
        ],
    }


def _move(move: Move, told: _Told) -> dict[str, Any]:
    names = told.past.names
    terms = told.past.machine.instruments[told.story.instrument]
    money = terms.money_decimals
    after = move.after
    return {
        "sequence": move.sequence,
        "time": move.time,
        "time_text": time_text(move.time),
        "account": names.accounts.name(move.holder.account) if move.holder else None,
        "strategy": _strategy(move, told) or None,
        "what": _what(move, told),
        "why": _why(move, told),
        "person": getattr(move.input, "person", ""),
        "by": decimal_text(move.quantity, terms.quantity_decimals),
        "realised_by": decimal_text(move.realised, money),
        "fees_by": decimal_text(move.fees, money),
        "quantity": None if after is None else decimal_text(after.quantity, _decimals(terms)),
        "open_cost": None if after is None else decimal_text(after.open_cost, money),
        "average_cost": _average(move, terms),
        "realised": None if after is None else decimal_text(after.realised, money),
        "fees": None if after is None else decimal_text(after.fees, money),
        "cause": None if move.cause is None else text.write(move.cause, names),
        "input": text.write(move.input, names),
    }


def _decimals(terms: Instrument) -> int:
    return terms.quantity_decimals


def _average(move: Move, terms: Instrument) -> str | None:
    """Return what a unit of the open position cost, rounded half to even; None if it is flat."""
    after = move.after
    if after is None or after.quantity == 0 or after.open_cost == 0:
        return None
    scale = 10**PRICE_DECIMALS_MORE
    price = Fraction(after.open_cost * scale, after.quantity * terms.money_unit)
    if terms.kind is InstrumentKind.INVERSE:
        price = Fraction(after.quantity * terms.money_unit * scale, after.open_cost)
    return decimal_text(round(price), terms.price_decimals + PRICE_DECIMALS_MORE)


def _strategy(move: Move, told: _Told) -> str:
    if move.holder is None or not move.holder.strategy:
        return ""
    return told.past.names.strategies.name(move.holder.strategy)


def _what(move: Move, told: _Told) -> str:
    """Return what happened, in the words of a trader."""
    cause = move.cause
    if cause is None:
        return type(move.input).__name__
    found = text.write(cause, told.past.names)
    if isinstance(cause, OrderFilled):
        return f"{found['side']} {found['quantity']} at {found['price']}, order {cause.order}"
    if isinstance(cause, FillBusted):
        said = f"{found['side']} {found['quantity']} at {found['price']}"
        return f"taken back: {said}, order {cause.order}"
    if "kind" in found:  # cash
        return f"{found['kind']} {short_money(found['amount'])} {found['currency']}"
    if "action" in found:
        return str(found["action"])
    return f"corrected by {found['quantity']} at {found['price']}"


def _why(move: Move, told: _Told) -> str:
    """Return the reason: the order's, the person's with their name, or the reference."""
    person, reason = (getattr(move.input, name, "") for name in ("person", "reason"))
    if person:
        return f"{person}: {reason}"
    cause = move.cause
    if isinstance(cause, OrderFilled):
        order = told.past.machine.orders.get(cause.order)
        return (order.reason or order.tag) if order is not None else ""
    return str(getattr(cause, "reason", "") or getattr(cause, "reference", "") or reason)


# --- for people ---


def _print(told: _Told) -> None:
    known = told.past
    OUT.print(Text(heading(known), style="bold"))
    moves = told.moves
    if not moves:
        OUT.print(Text("nothing moved it"))
        return
    shown = moves[-ROWS_MAX:]
    if len(shown) < len(moves):
        OUT.print(Text(f"{len(moves):,} moves; the last {len(shown):,}, --json has all"))
    OUT.print(fitting_table(_COLUMNS, [_row(each, told) for each in shown], OUT.width))
    OUT.print()
    for line in _ends(told):
        OUT.print(line)


def _row(move: Move, told: _Told) -> list[Text]:
    found = _move(move, told)
    whose = found["strategy"] or (f"{found['account']}, no strategy" if move.holder else "")
    cells = [found["time_text"][_CLOCK], str(move.sequence), whose, found["what"]]
    cells.append(_signed(found["by"]) if move.quantity else "")
    cells.append("" if move.after is None else grouped(found["quantity"]))
    cells.append("" if found["average_cost"] is None else _money(found["average_cost"]))
    cells += ["" if found[name] is None else _money(found[name]) for name in ("realised", "fees")]
    return [Text(printable(cell)) for cell in [*cells, found["why"]]]


def _ends(told: _Told) -> Iterator[Text]:
    """Yield how each position stands by the machine, and whether the moves end there."""
    for found, holder in zip(_content(told)["positions"], told.holders, strict=True):
        agrees = told.story.agrees(holder)
        whose = found["strategy"] or f"{found['account']}, no strategy"
        words = f"{whose} holds {grouped(found['quantity'])} {found['instrument']}"
        words += f", realised {_money(found['realised'])}, fees {_money(found['fees'])}"
        words += ": as the machine has it" if agrees else ": THE MOVES DO NOT END HERE"
        yield Text(printable(words), style="green" if agrees else "bold red")


def _money(amount: str) -> str:
    return grouped(short_money(amount))


def _signed(quantity: str) -> str:
    return grouped(quantity) if quantity.startswith("-") else f"+{grouped(quantity)}"
