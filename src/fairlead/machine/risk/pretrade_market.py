"""What the market allows now: sessions, halts, price bands, and whether it is worth crossing.

A venue that never said in which phase it is has none, as one that trades round the clock. What it
did say holds until it says something else. Cancels are never asked: they may always leave.
"""

from typing import Final

from fairlead.machine.risk.terms import Checks, Terms
from fairlead.model.inputs import MarketHalt, PriceBands, SessionPhase
from fairlead.model.risk import PreTradePolicy
from fairlead.model.risk_terms import LimitKind, Phase
from fairlead.model.terms import OrderType, TimeInForce, Unit
from fairlead.model.units import MILLIONTHS, InstrumentId, Nanos, Price

_SPREAD: Final = LimitKind.SPREAD
_DEPTH: Final = LimitKind.DEPTH
_CONTINUOUS: Final = Phase.CONTINUOUS
_HALT_AUCTION: Final = Phase.HALT_AUCTION
_AT_OPEN: Final = TimeInForce.AT_OPEN
_LIMIT: Final = OrderType.LIMIT
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
_NANOS: Final = Unit.NANOS
_PRICE: Final = Unit.PRICE
_QUANTITY: Final = Unit.QUANTITY
_SHARE: Final = Unit.SHARE

_WAITING: Final = (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)
# Which limit orders may wait for a phase to end; nothing else enters outside continuous trading.
TAKEN: Final[dict[Phase, tuple[TimeInForce, ...]]] = {
    Phase.PRE_OPEN: (*_WAITING, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE),
    Phase.OPENING_AUCTION: (*_WAITING, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE),
    Phase.CLOSING_AUCTION: (*_WAITING, TimeInForce.AT_CLOSE),
    Phase.HALT_AUCTION: (),
    Phase.CLOSED: (),
}


class Halt:
    """A market-wide halt, or the time since one."""

    def __init__(self) -> None:
        """Begin halted."""
        self.level = 0
        self.halted = True
        self.resumed = Nanos(0)


class Market:
    """What venues said about when, and between which prices, they trade."""

    def __init__(self) -> None:
        """Begin without a word from any venue."""
        self._phases: dict[str, Phase] = {}
        self._instrument_phases: dict[InstrumentId, Phase] = {}
        self._halts: dict[str, Halt] = {}  # "": of all venues
        self._resumed: dict[InstrumentId, Nanos] = {}  # when an instrument's own halt ended
        self._bands: dict[InstrumentId, PriceBands] = {}

    def set_phase(self, change: SessionPhase, now: Nanos) -> None:
        """Take in another phase of a venue, or of one instrument there."""
        if not change.instrument:
            self._phases[change.venue] = change.phase
            return
        before = self._instrument_phases.get(change.instrument)
        self._instrument_phases[change.instrument] = change.phase
        if before is _HALT_AUCTION and change.phase is not _HALT_AUCTION:
            self._resumed[change.instrument] = now

    def set_halt(self, change: MarketHalt, now: Nanos) -> None:
        """Take in that a market-wide halt began or ended. An end counts though nobody told the
        beginning.
        """
        halt = self._halts.get(change.venue)
        if halt is None:
            halt = self._halts[change.venue] = Halt()
        elif not change.halted and not halt.halted:
            return  # it ended when it was first said to
        halt.level = change.level
        halt.halted = change.halted
        halt.resumed = now

    def set_bands(self, bands: PriceBands) -> None:
        """Take in the price bands of an instrument, or that it has none."""
        if bands.upper == 0 and not bands.limit_state:
            self._bands.pop(bands.instrument, None)
        else:
            self._bands[bands.instrument] = bands

    def forget_bands(self, instrument: InstrumentId) -> None:
        """Forget the bands of an instrument whose prices mean something else from now on."""
        self._bands.pop(instrument, None)

    def resumed(self, instrument: InstrumentId, now: Nanos) -> None:
        """Take in that the halt of one instrument ended."""
        self._resumed[instrument] = now

    def is_open(self, instrument: InstrumentId, venue: str) -> bool:
        """Return whether an instrument is in continuous trading, as far as anybody said."""
        phase = self._phases.get(venue, _CONTINUOUS)
        own = self._instrument_phases.get(instrument, _CONTINUOUS)
        return phase is _CONTINUOUS and own is _CONTINUOUS

    def check(self, terms: Terms, policy: PreTradePolicy, checks: Checks) -> None:
        """Hold an order against the session, the halts and the bands of its instrument."""
        if self._phases or self._instrument_phases:
            self._check_phase(terms, checks)
        if self._halts:
            self._check_halt(terms, "", policy, checks)
            self._check_halt(terms, terms.instrument.venue, policy, checks)
        number = terms.order.instrument
        resumed = self._resumed.get(number) if self._resumed else None
        if resumed is not None and policy.instrument_resume_delay:
            since, delay = terms.now - resumed, policy.instrument_resume_delay
            checks.hold(since >= delay, "instrument_resume_delay", since, delay, _NANOS)
        bands = self._bands.get(number) if self._bands else None
        if bands is not None:
            _check_bands(terms, bands, checks)

    def content(self) -> list[object]:
        """Return everything that a later output may depend on."""
        halts = [[v, one.level, one.halted, one.resumed] for v, one in self._halts.items()]
        return [
            list(self._phases.items()),
            list(self._instrument_phases.items()),
            halts,
            list(self._resumed.items()),
            list(self._bands.values()),
        ]

    def _check_phase(self, terms: Terms, checks: Checks) -> None:
        instrument = terms.instrument
        phase = self._phases.get(instrument.venue)
        if phase is not None:
            _check_phase(terms, phase, f"venue {instrument.venue}", checks)
        phase = self._instrument_phases.get(instrument.instrument)
        if phase is not None:
            _check_phase(terms, phase, f"instrument {instrument.symbol}", checks)

    def _check_halt(self, terms: Terms, venue: str, policy: PreTradePolicy, checks: Checks) -> None:
        halt = self._halts.get(venue)
        if halt is None:
            return
        scope = f"venue {venue}" if venue else "firm"
        checks.fact(not halt.halted, "market_halted", scope)
        if not halt.halted:
            since, delay = terms.now - halt.resumed, policy.halt_resume_delay
            checks.hold(since >= delay, "halt_resume_delay", since, delay, _NANOS, scope)


def _check_phase(terms: Terms, phase: Phase, scope: str, checks: Checks) -> None:
    """Hold an order against what a phase takes."""
    if phase is _CONTINUOUS:
        passed = terms.time_in_force is not _AT_OPEN
    else:
        passed = terms.order_type is _LIMIT and terms.time_in_force in TAKEN[phase]
    checks.fact(passed, "session_phase", scope)


def _check_bands(terms: Terms, bands: PriceBands, checks: Checks) -> None:
    """Hold a price against the bands (LULD): a buy above them, or a sell below, cannot trade.

    In a limit state nothing new enters: a pause is near. What reduces may try at its limit.
    """
    if bands.limit_state:
        checks.fact(terms.reduces and terms.has_limit, "limit_state")
    if bands.upper == 0 or not terms.has_limit:
        return
    if terms.buys:
        checks.hold(terms.price <= bands.upper, "price_bands", terms.price, bands.upper, _PRICE)
    else:
        checks.hold(terms.price >= bands.lower, "price_bands", terms.price, bands.lower, _PRICE)


def check_liquidity(terms: Terms, checks: Checks) -> None:
    """Hold an order that would take against the least depth, and the widest spread to cross.

    Without a limit it takes; with one it takes if it reaches the other side. What cannot be seen is
    neither deep nor narrow. What closes after a kill has a cap of its own.
    """
    spread, depth = terms.path.tightest(_SPREAD), terms.path.tightest(_DEPTH)
    if (spread is None and depth is None) or terms.closing or not _takes(terms):
        return
    book = terms.book
    bid, ask = book.bid_price, book.ask_price
    if spread is not None:
        limit, node = spread
        if book.stale or bid == 0 or ask == 0:
            checks.hold_optional(False, "spread", None, limit.hard, _SHARE, node.name)
        else:
            passed = (ask - bid) * 2 * MILLIONTHS <= limit.hard * (bid + ask)
            measured = -(-(ask - bid) * 2 * MILLIONTHS // (bid + ask))  # up: never the limit
            checks.hold(passed, "spread", measured, limit.hard, _SHARE, node.name)
    if depth is not None:
        limit, node = depth
        unit = terms.market.quantity_unit
        least = -(-limit.hard * unit // MILLIONTHS)
        shown = book.ask_quantity if terms.buys else book.bid_quantity
        measured_depth = None if book.stale else shown
        passed = not book.stale and shown >= least
        checks.hold_optional(passed, "depth", measured_depth, least, _QUANTITY, node.name)


def _takes(terms: Terms) -> bool:
    """Whether an order would trade at once with what the book shows."""
    if terms.order.post_only or terms.order_type in _STOPS:
        return False
    if not terms.has_limit:
        return True
    book = terms.book
    other: Price = book.ask_price if terms.buys else book.bid_price
    if book.stale:
        return True  # nobody knows: as if it did
    if other == 0:
        return False
    return terms.price >= other if terms.buys else terms.price <= other
