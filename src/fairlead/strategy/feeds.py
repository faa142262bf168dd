"""From trades to the bars that a strategy subscribed to, each delivered when it is over."""

from collections.abc import Callable
from typing import Protocol

from fairlead.model.inputs import Trade
from fairlead.model.units import Nanos
from fairlead.strategy.bars import BarBuilder


class Timed(Protocol):
    """What a handler is called with first; all that matters here is its time."""

    time: Nanos


class BarFeed:
    """Bars of one instrument and interval, for one strategy."""

    def __init__(
        self,
        builder: BarBuilder,
        on_bar: Callable[..., None],
        set_timer: Callable[[Nanos | None], None],
        is_listening: Callable[[], bool],
    ) -> None:
        """Deliver bars to `on_bar`, and keep the timer set for the next bar to close."""
        self.instrument = builder.instrument
        self.builder = builder
        self._on_bar = on_bar
        self._set_timer = set_timer
        self._is_listening = is_listening

    def hear(self, context: Timed, trade: Trade) -> None:
        """Close the bars that a trade shows to be over, then count the trade."""
        time = context.time
        if time >= self.builder.end:
            self.close(context)
        if self.builder.add(time, trade.price, trade.quantity):
            self._set_timer(self.builder.due)

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


class TradeListener:
    """A strategy that has bars built from trades, and may look at the trades too."""

    def __init__(
        self,
        feeds: list[BarFeed],
        on_trade: Callable[..., None] | None,
        is_listening: Callable[[], bool],
    ) -> None:
        """Feed the bars first: those that a trade closes were over before it."""
        self._feeds = feeds
        self._on_trade = on_trade
        self._is_listening = is_listening

    def hear(self, context: Timed, trade: Trade) -> None:
        """Take a trade."""
        for feed in self._feeds:
            feed.hear(context, trade)
        if self._on_trade is not None and self._is_listening():
            self._on_trade(context, trade)
