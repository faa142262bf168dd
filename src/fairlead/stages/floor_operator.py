"""What the operator of a floor asks for: JSON in, a deed out, or why there is none."""

from typing import Final

import msgspec

from fairlead.gateways.errors import MalformedNumber
from fairlead.gateways.increments import increments
from fairlead.model.instruments import Instrument
from fairlead.model.risk_terms import Phase
from fairlead.model.units import InstrumentId, Price, Quantity
from fairlead.stages.floor import TradingFloor
from fairlead.stages.floor_record import Deed, Operated

REASON_MAX: Final = 300


class _Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The text of a command. `price` and `quantity` are decimal text."""

    command: Deed
    instrument: str = ""
    phase: str = ""
    execution: str = ""
    price: str = ""
    quantity: str = ""
    reason: str = ""


_ASKED: Final = msgspec.json.Decoder(_Asked)


def deed_of(text: bytes, floor: TradingFloor) -> Operated | str:
    """Return the deed that a text asks for, or what is wrong with it."""
    try:
        asked = _ASKED.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return f"no command: {error}"
    instruments = {one.symbol: one for one in floor.world.exchange.instruments.values()}
    instrument = instruments.get(asked.instrument)
    if asked.instrument and instrument is None:
        return f"instrument: found {asked.instrument!r}, expected one of {', '.join(instruments)}"
    problem = _problem(asked)
    if problem:
        return problem
    price = quantity = 0
    if asked.command is Deed.CORRECT:
        executed = floor.world.exchange.executions.find(asked.execution)
        if executed is None:
            return f"execution: {asked.execution!r} is not known, or was taken back"
        amounts = _amounts(asked, executed.order.instrument)
        if isinstance(amounts, str):
            return amounts
        price, quantity = amounts
    return Operated(
        floor.now,
        asked.command,
        instrument.instrument if instrument is not None else InstrumentId(0),
        asked.phase.upper(),
        asked.execution,
        Price(price),
        Quantity(quantity),
        asked.reason[:REASON_MAX],
    )


def _problem(asked: _Asked) -> str:
    phases = [phase.name.lower() for phase in Phase]
    if asked.command is Deed.PHASE and asked.phase.lower() not in phases:
        return f"phase: found {asked.phase!r}, expected one of {', '.join(phases)}"
    if asked.command in (Deed.BUST, Deed.CORRECT) and not asked.execution:
        return "execution: found none, expected its id"
    return "" if asked.reason else "reason: found none, expected why"


def _amounts(asked: _Asked, instrument: Instrument) -> tuple[int, int] | str:
    try:
        price = increments(asked.price, instrument.price_decimals)
        return price, increments(asked.quantity, instrument.quantity_decimals)
    except MalformedNumber as error:
        return f"price and quantity: {error}"
