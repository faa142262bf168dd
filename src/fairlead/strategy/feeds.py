"""From trades to the bars that a strategy subscribed to, each delivered when it is over."""

from collections.abc import Callable, Sequence
from typing import Protocol

from fairlead.model.inputs import Trade
from fairlead.model.units import Nanos
from fairlead.strategy.bars import BarBuilder, BarSize, SizedBarBuilder
from fairlead.strategy.sale_conditions import SaleConditions


class Timed(Protocol):
    """What a handler is called with first; all that matters here is its time."""

    time: Nanos


class BarFeed:
    """Bars of one instrument and interval, for one strategy."""

    def __init__(
        self,
        builder: BarBuilder,
        conditions: SaleConditions,
        on_bar: Callable[..., None],
        set_timer: Callable[[Nanos | None], None],
        is_listening: Callable[[], bool],
    ) -> None:
        """Deliver bars to `on_bar`, and keep the timer set for the next bar to close."""
        self.instrument = builder.instrument
        self.size: Nanos | BarSize = builder.interval
        self.builder = builder
        self.conditions = conditions
        self._on_bar = on_bar
        self._set_timer = set_timer
        self._is_listening = is_listening

    def before(self, context: Timed, trade: Trade) -> None:
        """Close the bars that a trade shows to be over, then count the trade."""
        time = context.time
        if time >= self.builder.end:
            self.close(context)
        counts = self.conditions.counts(trade.conditions)
        if self.builder.add(time, trade.price, trade.quantity, counts):
            self._set_timer(self.builder.due)

    def after(self, context: Timed, trade: Trade) -> None:
        """Do nothing: no trade ends an interval from within."""

    def close(self, context: Timed) -> None:
        """Deliver the bars that are over."""
        bars = self.builder.close(context.time)
        self._set_timer(self.builder.due)
        for bar in bars:
            if self._is_listening():
                self._on_bar(context, bar)

    def restart(self, context: Timed) -> None:
        """Deliver what is over, drop what is under way; begin with the next whole interval."""
        self.close(context)
        self.builder.restart(context.time)
        self._set_timer(self.builder.due)


class SizedBarFeed:
    """Bars of one instrument that trades fill, for one strategy."""

    def __init__(
        self,
        builder: SizedBarBuilder,
        conditions: SaleConditions,
        on_bar: Callable[..., None],
        is_listening: Callable[[], bool],
    ) -> None:
        """Deliver bars to `on_bar`."""
        self.instrument = builder.instrument
        self.size: Nanos | BarSize = builder.size
        self.builder = builder
        self.conditions = conditions
        self._on_bar = on_bar
        self._is_listening = is_listening

    def before(self, context: Timed, trade: Trade) -> None:
        """Do nothing: no bar is over before the trade that fills it."""

    def after(self, context: Timed, trade: Trade) -> None:
        """Count a trade that was seen, and deliver the bar that it fills."""
        counts = self.conditions.counts(trade.conditions)
        bar = self.builder.add(context.time, trade.price, trade.quantity, counts)
        if bar is not None and self._is_listening():
            self._on_bar(context, bar)

    def close(self, context: Timed) -> None:
        """Do nothing: time ends no bar here."""

    def restart(self, context: Timed) -> None:
        """Drop what is under way."""
        self.builder.restart()


AnyBarFeed = BarFeed | SizedBarFeed


class TradeListener:
    """A strategy that has bars built from trades, and may look at the trades too."""

    def __init__(
        self,
        feeds: Sequence[AnyBarFeed],
        on_trade: Callable[..., None] | None,
        is_listening: Callable[[], bool],
    ) -> None:
        """Feed the bars of time first: those that a trade closes were over before it.

        Those that it fills come last: they hold it.
        """
        self._feeds = feeds
        self._on_trade = on_trade
        self._is_listening = is_listening

    def hear(self, context: Timed, trade: Trade) -> None:
        """Take a trade."""
        for feed in self._feeds:
            feed.before(context, trade)
        if self._on_trade is not None and self._is_listening():
            self._on_trade(context, trade)
        for feed in self._feeds:
            feed.after(context, trade)
