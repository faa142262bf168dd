"""What every simulated venue has, written once: order entry, checks, reports, fees, latency.

A venue that matches (`exchange.py`) and one that replays a recording (`recorded.py`) differ only in
when and at what price an order trades: they fill in `_place`, `_remove` and `_change`. Orders that
are done are forgotten, so memory does not grow with history; a cancel of one is answered as a
cancel of an unknown one, as venues do.
"""

from typing import Final, assert_never

from fairlead.model.inputs import (
    Input,
    VenueAccepted,
    VenueCanceled,
    VenueCancelRejected,
    VenueFilled,
    VenueRejected,
    VenueReplaced,
    VenueReplaceRejected,
)
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import Action, Approved, CancelOrder, ReplaceOrder, SendOrder
from fairlead.model.terms import Liquidity, OrderType, TimeInForce
from fairlead.model.units import (
    NANOS_PER_SECOND,
    RATE_UNIT,
    InstrumentId,
    Nanos,
    OrderId,
    Price,
    Quantity,
    Rate,
    notional,
    share_of,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.latency import LatencyModel, Wire
from fairlead.simulator.world import NEVER, Handling

# Members that the path reads all the time: through the enumeration each read costs 50 ns.
_MAKER: Final = Liquidity.MAKER
_MARKET: Final = OrderType.MARKET
_LIMIT: Final = OrderType.LIMIT
_FOK: Final = TimeInForce.FOK
_IOC: Final = TimeInForce.IOC
_GTC: Final = TimeInForce.GTC
_DAY: Final = 86_400 * NANOS_PER_SECOND
_ORDER_STREAM: Final = 1
_REPORT_STREAM: Final = 2
_REJECTION_STREAM: Final = 3
DATA_STREAM: Final = 4
_ORDER_LATENCY: Final = LatencyModel(Nanos(500_000), Nanos(100_000))
_REPORT_LATENCY: Final = LatencyModel(Nanos(500_000), Nanos(100_000))
_DATA_LATENCY: Final = LatencyModel(Nanos(400_000))
_NO_REJECTIONS: Final = Rate(0)


class VenueConfig:
    """How a venue is reached, and the share of orders that it turns down for no reason."""

    def __init__(
        self,
        *,
        order_latency: LatencyModel = _ORDER_LATENCY,
        report_latency: LatencyModel = _REPORT_LATENCY,
        data_latency: LatencyModel = _DATA_LATENCY,
        rejection_rate: Rate = _NO_REJECTIONS,
        seed: int = 1,
    ) -> None:
        """Take the terms. Raises `ValueError`."""
        if not 0 <= rejection_rate <= RATE_UNIT:
            raise ValueError(
                f"venue: rejection_rate is {rejection_rate}, expected 0 to {RATE_UNIT} (all)"
            )
        if seed < 0:
            raise ValueError(f"venue: seed is {seed}, expected 0 or more")
        self.order_latency: Final = order_latency
        self.report_latency: Final = report_latency
        self.data_latency: Final = data_latency
        self.rejection_rate: Final = rejection_rate
        self.seed: Final = seed


class VenueOrder:
    """An order of ours as the venue knows it. `limit` 0 is no limit."""

    def __init__(self, instrument: Instrument, approved: Approved) -> None:
        """Take the terms that risk approved."""
        self.instrument: Final = instrument
        self.order: Final = approved.order
        self.side: Final = approved.side
        self.handling: Final = handling(approved)
        self.limit: Price = limit(approved)
        self.quantity: Quantity = approved.quantity
        self.filled: Quantity = Quantity(0)

    @property
    def leaves(self) -> Quantity:
        """What is not filled."""
        return Quantity(self.quantity - self.filled)


def handling(approved: Approved) -> Handling:
    """Return how the venue handles an order."""
    if approved.time_in_force is _FOK:
        return Handling.FOK
    if approved.order_type is _MARKET:
        return Handling.MARKET
    if approved.time_in_force is _IOC:
        return Handling.IOC
    return Handling.POST_ONLY if approved.post_only else Handling.LIMIT


def limit(approved: Approved) -> Price:
    """Return the price beyond which the order does not trade, 0 for none.

    A market order goes with the worst price that risk allowed as its protection price, as venues
    offer it.
    """
    return approved.price_worst if approved.order_type is _MARKET else approved.price


def broken_rule(instrument: Instrument, approved: Approved) -> str:
    """Return the name of the first rule of the venue that the order breaks, "" for none."""
    quantity = approved.quantity
    if quantity < instrument.quantity_min:
        return "quantity_below_minimum"
    if quantity > instrument.quantity_max:
        return "quantity_above_maximum"
    if quantity % instrument.quantity_lot:
        return "quantity_not_on_lot"
    if approved.order_type is _MARKET:
        return "post_only_cannot_wait" if approved.post_only else ""
    if approved.price <= 0:
        return "price_not_positive"
    if approved.price % instrument.price_tick:
        return "price_not_on_tick"
    if notional(approved.price, quantity, instrument.money_unit) < instrument.notional_min:
        return "notional_below_minimum"
    if approved.post_only and approved.time_in_force is not _GTC:
        return "post_only_cannot_wait"
    return ""


def session_date(time: Nanos) -> int:
    """Return the day of `time` (UTC) as yyyymmdd.

    Source: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days: years
    begin in March, so that the day that leap years add is their last.
    """
    days = time // _DAY + 719_468  # days from 0000-03-01 to the epoch
    era, day_of_era = divmod(days, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = era * 400 + year_of_era + (1 if month <= 2 else 0)
    return year * 10_000 + month * 100 + day


class Venue:
    """Order entry for us: actions come in over one wire, reports go back over another."""

    def __init__(self, instruments: list[Instrument], config: VenueConfig) -> None:
        """List the instruments; nothing is on its way yet."""
        self.instruments: Final = {one.instrument: one for one in instruments}
        assert len(self.instruments) == len(instruments), "an instrument is listed twice"
        self.actions: Final[Wire[Action]] = Wire(
            config.order_latency, Chance(config.seed, _ORDER_STREAM)
        )
        self.reports: Final[Wire[Input]] = Wire(
            config.report_latency, Chance(config.seed, _REPORT_STREAM)
        )
        self.orders: Final[dict[OrderId, VenueOrder]] = {}  # those that are not done
        self.now: Nanos = Nanos(0)
        self._config: Final = config
        self._rejections: Final = Chance(config.seed, _REJECTION_STREAM)
        self._accepted: int = 0
        self._executed: int = 0

    def act(self, action: Action, time: Nanos) -> None:
        """Let an action of ours leave at `time`; it arrives after its latency."""
        assert time >= self.now, f"an action leaves at {time}, but {self.now} has passed"
        self.actions.send(action, time)

    def arrive(self) -> None:
        """Handle the next action on the wire, at the time of its arrival."""
        time = self.actions.next_time
        assert time != NEVER, "no action is on its way"
        action = self.actions.receive()
        if isinstance(action, SendOrder):
            self._enter(action.approved, time)
        elif isinstance(action, CancelOrder):
            self._cancel(action, time)
        elif isinstance(action, ReplaceOrder):
            self._replace(action.approved, time)
        else:
            assert_never(action)

    # --- what a kind of venue fills in ------------------------------------------------------------

    def _place(self, order: VenueOrder, time: Nanos) -> None:
        """Take in an order that passed the checks: accept it and trade, or reject it."""
        raise NotImplementedError

    def _remove(self, order: VenueOrder, time: Nanos) -> None:
        """Take an order out; the report is not its task."""
        raise NotImplementedError

    def _change(self, order: VenueOrder, approved: Approved, time: Nanos) -> None:
        """Give an order other terms that passed the checks: replace and trade, or reject."""
        raise NotImplementedError

    # --- order entry ------------------------------------------------------------------------------

    def _enter(self, approved: Approved, time: Nanos) -> None:
        instrument = self.instruments.get(approved.instrument)
        if instrument is None:
            self._reject(approved.order, approved.instrument, "unknown_instrument", time)
        elif approved.order in self.orders:
            self._reject(approved.order, approved.instrument, "duplicate_order", time)
        elif rule := broken_rule(instrument, approved):
            self._reject(approved.order, approved.instrument, rule, time)
        elif self._rejections.below(RATE_UNIT) < self._config.rejection_rate:
            self._reject(approved.order, approved.instrument, "venue_busy", time)
        else:
            order = VenueOrder(instrument, approved)
            self.orders[order.order] = order
            self._place(order, time)

    def _cancel(self, action: CancelOrder, time: Nanos) -> None:
        order = self.orders.get(action.order)
        if order is None:
            refusal = VenueCancelRejected(action.order, action.instrument, "unknown_order", time)
            self.reports.send(refusal, time)
        else:
            self._remove(order, time)
            self._canceled(order, "requested", time)

    def _replace(self, approved: Approved, time: Nanos) -> None:
        order = self.orders.get(approved.order)
        if order is None or order.instrument.instrument != approved.instrument:
            self._keep(approved.order, approved.instrument, "unknown_order", time)
        elif rule := self._broken_change(order, approved):
            self._keep(approved.order, approved.instrument, rule, time)
        else:
            self._change(order, approved, time)

    def _broken_change(self, order: VenueOrder, approved: Approved) -> str:
        """Return the name of the first rule that new terms of an order break, "" for none."""
        if approved.side is not order.side or approved.order_type is not _LIMIT:
            return "only_price_and_quantity_change"
        if approved.quantity <= order.filled:
            return "quantity_already_filled"
        return broken_rule(order.instrument, approved)

    # --- reports ----------------------------------------------------------------------------------

    def _reject(self, order: OrderId, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        self.reports.send(VenueRejected(order, instrument, reason, time), time)

    def _turn_away(self, order: VenueOrder, reason: str, time: Nanos) -> None:
        """Reject an order that had passed the checks."""
        del self.orders[order.order]
        self._reject(order.order, order.instrument.instrument, reason, time)

    def _keep(self, order: OrderId, instrument: InstrumentId, reason: str, time: Nanos) -> None:
        """Reject new terms; the old ones stay."""
        self.reports.send(VenueReplaceRejected(order, instrument, reason, time), time)

    def _accept(self, order: VenueOrder, time: Nanos) -> None:
        self._accepted += 1
        report = VenueAccepted(
            order.order, order.instrument.instrument, f"V{self._accepted:09d}", time
        )
        self.reports.send(report, time)

    def _replaced(self, order: VenueOrder, time: Nanos) -> None:
        report = VenueReplaced(
            order.order, order.instrument.instrument, order.quantity, order.limit, time
        )
        self.reports.send(report, time)

    def _canceled(self, order: VenueOrder, reason: str, time: Nanos) -> None:
        assert order.leaves > 0, f"order {order.order} is filled, nothing is left to cancel"
        del self.orders[order.order]
        report = VenueCanceled(order.order, order.instrument.instrument, reason, time)
        self.reports.send(report, time)

    def _fill(
        self, order: VenueOrder, price: Price, quantity: Quantity, liquidity: Liquidity, time: Nanos
    ) -> None:
        assert 0 < quantity <= order.leaves, f"{quantity} does not fill {order.leaves}"
        instrument = order.instrument
        maker = liquidity is _MAKER
        rate = instrument.maker_fee if maker else instrument.taker_fee
        order.filled = Quantity(order.filled + quantity)
        self._executed += 1
        report = VenueFilled(
            order.order,
            instrument.instrument,
            f"E{self._executed:09d}",
            session_date(time),
            price,
            quantity,
            share_of(notional(price, quantity, instrument.money_unit), rate),
            liquidity,
            time,
        )
        self.reports.send(report, time)
        if not order.leaves:
            del self.orders[order.order]
