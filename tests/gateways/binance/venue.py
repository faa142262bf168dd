"""A small Binance for tests: a book that changes at random, the frames it sends, what was true."""

import json
from random import Random

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.model.inputs import BookChange, BookGap, BookSnapshot, Input
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Nanos, Price, Quantity, Rate

Side = dict[int, int]
Sides = tuple[Side, Side]  # bids and asks

ETHUSDT = Instrument(
    instrument=InstrumentId(1),
    symbol="ETHUSDT.BINANCE",
    venue="BINANCE",
    currency="USDT",
    kind=InstrumentKind.SPOT,
    price_decimals=2,
    quantity_decimals=3,
    money_decimals=8,
    price_tick=Price(1),
    quantity_lot=Quantity(1),
    quantity_min=Quantity(1),
    quantity_max=Quantity(10**12),
    notional_min=Money(0),
    maker_fee=Rate(0),
    taker_fee=Rate(0),
)


def combined(stream: str, event: dict[str, object]) -> bytes:
    """Return an event as it comes through a combined stream."""
    return json.dumps({"stream": stream, "data": event}, separators=(",", ":")).encode()


def receive(feed: BinanceFeed, *frames: bytes) -> list[Input]:
    """Return what the feed makes of the frames, in order."""
    return [got for frame in frames for got in feed.receive(frame, Nanos(0))]


def kinds(inputs: list[Input]) -> list[str]:
    """Return the kinds of the inputs."""
    return [type(got).__name__ for got in inputs]


class Venue:
    """The market and its true book. Every frame that it returns was sent."""

    def __init__(self, market: Market, seed: int) -> None:
        """Begin with a small book."""
        self.market = market
        self.update = 1_000
        self._random = Random(seed)
        self.bids: Side = dict.fromkeys(range(9_990, 10_000), 1_000)
        self.asks: Side = dict.fromkeys(range(10_000, 10_010), 1_000)
        self.history: dict[int, Sides] = {}
        self._remember()

    def snapshot(self) -> bytes:
        """Return the answer to a request for the book."""
        return json.dumps(
            {
                "lastUpdateId": self.update,
                "bids": [_level(p, q) for p, q in sorted(self.bids.items(), reverse=True)],
                "asks": [_level(p, q) for p, q in sorted(self.asks.items())],
            },
            separators=(",", ":"),
        ).encode()

    def depth(self) -> bytes:
        """Change the book, and return the event that says so."""
        previous = self.update
        hole = self._random.randint(0, 3) if self.market is not Market.SPOT else 0
        first = previous + 1 + hole
        self.update = first + self._random.randint(0, 4)
        event: dict[str, object] = {
            "e": "depthUpdate",
            "E": 1_700_000_000_123,
            "s": "ETHUSDT",
            "U": first,
            "u": self.update,
            "b": self._change(self.bids, 9_980, 9_999),
            "a": self._change(self.asks, 10_000, 10_019),
        }
        if self.market is not Market.SPOT:
            event |= {"T": 1_700_000_000_120, "pu": previous}
        self._remember()
        return combined("ethusdt@depth@100ms", event)

    def quote(self) -> bytes:
        """Return the best bid and ask."""
        bid, ask = max(self.bids), min(self.asks)
        price, quantity = _level(bid, self.bids[bid])
        ask_price, ask_quantity = _level(ask, self.asks[ask])
        event: dict[str, object] = {
            "u": self.update, "s": "ETHUSDT",
            "b": price, "B": quantity, "a": ask_price, "A": ask_quantity,
        }  # fmt: skip
        if self.market is not Market.SPOT:
            event |= {"e": "bookTicker", "T": 1_700_000_000_120, "E": 1_700_000_000_121}
        return combined("ethusdt@bookTicker", event)

    def _change(self, side: Side, low: int, high: int) -> list[list[str]]:
        changed = {}
        for _ in range(self._random.randint(0, 3)):
            price = self._random.randint(low, high)
            quantity = self._random.choice([0, 0, self._random.randint(1, 9_999)])
            if quantity == 0 and len(side) > 1:
                side.pop(price, None)
            else:
                quantity = quantity or 1
                side[price] = quantity
            changed[price] = quantity
        return [_level(price, quantity) for price, quantity in changed.items()]

    def _remember(self) -> None:
        self.history[self.update] = (dict(self.bids), dict(self.asks))


class Follower:
    """The book as a consumer of inputs builds it. None: not to be believed."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.sides: Sides | None = None
        self.update = 0

    def follow(self, inputs: list[Input]) -> None:
        """Apply inputs."""
        for got in inputs:
            if isinstance(got, BookGap):
                self.sides = None
            elif isinstance(got, BookSnapshot | BookChange):
                if isinstance(got, BookSnapshot):
                    self.sides = ({}, {})
                assert self.sides is not None, "a change without a book to change"
                for side, levels in zip(self.sides, (got.bids, got.asks), strict=True):
                    for price, quantity in levels:
                        side[price] = quantity
                        if quantity == 0:
                            del side[price]
                self.update = got.update


def _level(price: int, quantity: int) -> list[str]:
    return [f"{price // 100}.{price % 100:02d}", f"{quantity // 1000}.{quantity % 1000:03d}00"]
