"""What venues say about when and how they trade: phases, halts, bands, short sales, locates.

Nothing that works is canceled here: what the venue does with it, the venue says. New orders are
held against it by layer 1 of the gate, and cancels never.
"""

from typing import Final

from fairlead.machine.dates import is_date
from fairlead.machine.state import State
from fairlead.model.inputs import (
    LocateChange,
    MarketHalt,
    PriceBands,
    SessionPhase,
    ShortSaleRestriction,
)
from fairlead.model.outputs import InputRefused, Output
from fairlead.model.units import INCREMENTS_MAX, Nanos

LEVELS: Final = (1, 2, 3)  # of market-wide halts
_UNKNOWN_INSTRUMENT: Final = "unknown instrument"


def price_bands(state: State, bands: PriceBands, time: Nanos, outputs: list[Output]) -> None:
    """Take in between which prices an instrument trades, or that it has no bands."""
    problem = ""
    if bands.instrument not in state.instruments:
        problem = _UNKNOWN_INSTRUMENT
    elif not 0 <= bands.lower <= bands.upper <= INCREMENTS_MAX:
        problem = f"the bands are {bands.lower} to {bands.upper} (increments)"
    if problem:
        outputs.append(InputRefused("PriceBands", problem))
    else:
        state.gate.pretrade.market.set_bands(bands)


def session_phase(state: State, phase: SessionPhase, time: Nanos, outputs: list[Output]) -> None:
    """Take in that a venue, or one instrument there, is in another phase."""
    instrument = state.instruments.get(phase.instrument)
    problem = ""
    if phase.instrument and instrument is None:
        problem = _UNKNOWN_INSTRUMENT
    elif instrument is not None and instrument.venue != phase.venue:
        problem = f"{instrument.symbol} does not trade at {phase.venue!r}"
    elif not phase.venue:
        problem = "it names no venue"
    if problem:
        outputs.append(InputRefused("SessionPhase", problem))
    else:
        state.gate.pretrade.market.set_phase(phase, time)


def market_halt(state: State, halt: MarketHalt, time: Nanos, outputs: list[Output]) -> None:
    """Take in that a market-wide halt began or ended."""
    if halt.level not in LEVELS:
        outputs.append(InputRefused("MarketHalt", f"level is {halt.level}, expected 1, 2 or 3"))
    else:
        state.gate.pretrade.market.set_halt(halt, time)


def locate(state: State, change: LocateChange, time: Nanos, outputs: list[Output]) -> None:
    """Take in how much of an instrument an account may sell short on a day."""
    problem = ""
    if state.positions.account(change.account) is None:
        problem = "unknown account"
    elif change.instrument not in state.instruments:
        problem = _UNKNOWN_INSTRUMENT
    elif not is_date(change.session_date):
        problem = "session_date is no yyyymmdd"
    elif not 0 <= change.quantity <= INCREMENTS_MAX:
        problem = "the quantity is negative or absurd"
    if problem:
        outputs.append(InputRefused("LocateChange", problem))
    else:
        state.gate.pretrade.shorts.locate(change)


def short_sale_restriction(
    state: State, change: ShortSaleRestriction, time: Nanos, outputs: list[Output]
) -> None:
    """Take in that short sales of an instrument are restricted, or no more."""
    if change.instrument not in state.instruments:
        outputs.append(InputRefused("ShortSaleRestriction", _UNKNOWN_INSTRUMENT))
    elif not is_date(change.session_date):
        outputs.append(InputRefused("ShortSaleRestriction", "session_date is no yyyymmdd"))
    else:
        state.gate.pretrade.shorts.restrict(change)
