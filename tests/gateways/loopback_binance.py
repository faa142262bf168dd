"""A small Binance of this machine: the venue's own dialect for spot, and faults on demand.

Its market moves by itself, a step every few milliseconds: a level changes, the touch is told, and
now and then somebody trades.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from websockets.sync.server import ServerConnection

from fairlead.journal.sequencer import WallClock
from fairlead.model.units import NANOS_PER_MILLISECOND
from tests.gateways.loopback_venue import Answer, LoopbackVenue, loopback_venue

STEP_SECONDS = 0.003
MILLISECOND = NANOS_PER_MILLISECOND
# What is done before each step on a connection, with its number and that of the step.
Fault = Callable[["BinanceMarket", ServerConnection, int, int], None]


class BinanceMarket:
    """A book of one symbol whose prices swing around 100, and who is told of it."""

    def __init__(self, symbol: str = "ETHUSDT", fault: Fault | None = None) -> None:
        self.symbol = symbol
        self.update = 1_000
        self.silent = False  # says nothing more, though it answers pings
        self.behind_milliseconds = 0  # its clock
        self.status = 200  # of answers to requests for snapshots
        self.confirms = True
        self.subscribed: list[str] = []
        self.sent = 0
        self.fault = fault
        self._trade = 0
        self._lock = threading.Lock()
        self._bids = {100_00 - n: 5_000 + n for n in range(1, 30)}
        self._asks = {100_00 + n: 5_000 + n for n in range(1, 30)}

    # --- what the venue says ----------------------------------------------------------------------

    def talk(self, connection: ServerConnection, number: int) -> None:
        """Answer subscriptions, and move as long as somebody listens."""
        step = 0
        while True:
            try:
                self._asked(connection, connection.recv(timeout=STEP_SECONDS, decode=False))
            except TimeoutError:
                step += 1
                if self.fault is not None:
                    self.fault(self, connection, number, step)
                if self.subscribed and not self.silent:
                    for frame in self.step():
                        connection.send(frame.decode())
                        self.sent += 1

    def answer(self, number: int, path: str) -> Answer:
        """Answer a request for a snapshot."""
        if self.status != 200:
            return Answer(self.status, b'{"code":-1003,"msg":"Too many requests."}')
        if f"symbol={self.symbol}&" not in path:
            return Answer(400, b'{"code":-1121,"msg":"Invalid symbol."}')
        with self._lock:
            content = {
                "lastUpdateId": self.update,
                "bids": _levels(sorted(self._bids.items(), reverse=True)),
                "asks": _levels(sorted(self._asks.items())),
            }
        return Answer(200, msgspec.json.encode(content))

    def step(self) -> list[bytes]:
        """Move by one step; return the frames that tell of it."""
        with self._lock:
            self.update += 1
            low, high = self._swing()
            bids = self._shift(self._bids, range(low - 29, low + 1))
            asks = self._shift(self._asks, range(high, high + 30))
            now = WallClock().now() // MILLISECOND - self.behind_milliseconds
            trade = self.update % 3 == 0
            self._trade += trade
        told = {
            "depth@100ms": {
                "e": "depthUpdate",
                "E": now,
                "s": self.symbol,
                "U": self.update,
                "u": self.update,
                "b": _levels(bids),
                "a": _levels(asks),
            },
            "bookTicker": {
                "u": self.update,
                "s": self.symbol,
                "b": _price(low),
                "B": _size(self._bids[low]),
                "a": _price(high),
                "A": _size(self._asks[high]),
            },
        }
        if trade:
            told["trade"] = {
                "e": "trade",
                "E": now,
                "s": self.symbol,
                "t": self._trade,
                "p": _price(low),
                "q": "0.3000",
                "T": now,
                "m": True,
            }
        wanted = {name.partition("@")[2] for name in self.subscribed}
        depth = next((name for name in wanted if name.startswith("depth")), "")
        told[depth] = told.pop("depth@100ms")
        stream = self.symbol.lower()
        return [
            msgspec.json.encode({"stream": f"{stream}@{name}", "data": data})
            for name, data in told.items()
            if name in wanted
        ]

    def _asked(self, connection: ServerConnection, message: Any) -> None:
        request = msgspec.json.decode(message)
        if request["method"] == "SUBSCRIBE":
            self.subscribed = list({*self.subscribed, *request["params"]})
        if self.confirms:
            connection.send(msgspec.json.encode({"result": None, "id": request["id"]}).decode())

    def _swing(self) -> tuple[int, int]:
        """Return the best bid and ask now: they go up and down by two dozen ticks."""
        phase = self.update // 4 % 96
        middle = 100_00 + (phase if phase < 48 else 96 - phase) - 24
        return middle - 1, middle + 1

    def _shift(self, side: dict[int, int], wanted: range) -> list[tuple[int, int]]:
        """Let a side have just these levels; return what changed."""
        gone = [(price, 0) for price in side if price not in wanted]
        came = [(price, 5_000 + price % 7) for price in wanted if price not in side]
        for price, _ in gone:
            del side[price]
        side.update(came)
        touch = wanted[-1] if side is self._bids else wanted[0]
        side[touch] = 5_000 + self.update % 100
        return [
            *gone,
            *((price, size) for price, size in came if price != touch),
            (touch, side[touch]),
        ]


def _levels(levels: list[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(_price(price), _size(size)) for price, size in levels]


def _size(size: int) -> str:
    return f"{size // 10_000}.{size % 10_000:04d}"


def _price(price: int) -> str:
    return f"{price // 100}.{price % 100:02d}000000"


@contextmanager
def loopback_binance(market: BinanceMarket) -> Iterator[LoopbackVenue]:
    """Run the venue for as long as a test needs it."""
    with loopback_venue(market.talk, market.answer) as venue:
        yield venue
