"""A small NASDAQ for tests: a day of messages from one seed, and the books that are true."""

from random import Random
from typing import Final, NamedTuple

from fairlead.gateways.itch.feed import ItchFeed, midnight
from fairlead.gateways.itch.files import instruments
from fairlead.gateways.itch.messages import (
    AddAttributedOrder,
    AddOrder,
    BrokenTrade,
    CrossTrade,
    HiddenTrade,
    Imbalance,
    Message,
    OrderCancel,
    OrderDelete,
    OrderExecuted,
    OrderExecutedAtPrice,
    OrderReplace,
    SnapshotEnd,
    StockDirectory,
    SystemEvent,
    TradingAction,
    encode,
)
from fairlead.model.inputs import Input
from fairlead.model.units import InstrumentId, Nanos

DATE: Final = 20240613
STOCKS: Final = ("AAPL", "MSFT", "ZVZZT")
OPEN: Final = 34_200 * 10**9  # half past nine
NOW: Final = Nanos(1_718_300_000_000_000_000)
AAPL, MSFT = InstrumentId(1), InstrumentId(2)
HEADER: Final = (1, 0, OPEN)  # of a message of AAPL at the open
TIME: Final = Nanos(midnight(DATE) + OPEN)  # of that message


def feed(*stocks: str) -> ItchFeed:
    """Return a feed of some stocks, numbered from 1."""
    from pathlib import Path

    return ItchFeed(instruments(stocks or STOCKS[:2], Path("itch")), DATE)


def receive(one: ItchFeed, *messages: Message) -> list[Input]:
    """Return what a feed makes of the messages, in order."""
    return [got for message in messages for got in one.receive(encode(message), NOW)]


def begun(*stocks: str) -> ItchFeed:
    """Return a feed that has seen the day begin."""
    one = feed(*stocks)
    receive(one, *opening())
    return one


def dropped(one: ItchFeed, *messages: Message) -> dict[str, int]:
    """Return what was dropped of messages that mean nothing."""
    before = dict(one.counts.dropped)
    assert receive(one, *messages) == []
    assert one.counts.balanced
    after = one.counts.dropped
    return {why: count - before.get(why, 0) for why, count in after.items()}


def directory(locate: int, stock: str, **changed: object) -> StockDirectory:
    """Return what the venue says of an ordinary stock."""
    terms: dict[str, object] = {
        "market_category": "Q", "financial_status": "N", "round_lot": 100, "round_lots_only": "N",
        "issue_classification": "C", "issue_subtype": "Z", "authenticity": "P",
        "short_sale_threshold": "N", "ipo": "N", "luld_tier": "1", "etp": "N", "etp_leverage": 0,
        "inverse": "N",
    }  # fmt: skip
    return StockDirectory(locate, 0, 10**12, stock, **(terms | changed))  # type: ignore[arg-type]


def opening(*stocks: str) -> list[Message]:
    """Return the beginning of a day: from then on books are believed."""
    listed = [directory(locate, stock) for locate, stock in enumerate(stocks or STOCKS, 1)]
    return [SystemEvent(0, 0, 10**12 - 1, "O"), *listed]


class Order(NamedTuple):
    """An order in the true book."""

    locate: int
    side: str
    price: int
    shares: int


class Venue:
    """The market and its true books: orders by number, in the order of their time."""

    def __init__(self, seed: int, stocks: tuple[str, ...] = STOCKS) -> None:
        """Begin with empty books."""
        self.stocks = stocks
        self.orders: dict[int, Order] = {}
        self.sent: list[bytes] = []
        self.trades = 0
        self._random = Random(seed)
        self._time = OPEN
        self._number = 0
        for message in opening(*stocks):
            self._say(message)

    def go_on(self, messages: int) -> None:
        """Let so many more messages happen."""
        for _ in range(messages):
            self._time += self._random.randrange(1, 50_000)
            self._step()

    def book(self, stock: str) -> dict[int, Order]:
        """Return the true book of a stock."""
        locate = self.stocks.index(stock) + 1
        return {number: order for number, order in self.orders.items() if order.locate == locate}

    def snapshot(self, *stocks: str) -> list[bytes]:
        """Return what the venue's GLIMPSE server says now: it goes on with the next message."""
        messages: list[Message | SnapshotEnd] = []
        for stock in stocks or self.stocks:
            locate = self.stocks.index(stock) + 1
            messages.append(directory(locate, stock))
            messages.append(TradingAction(locate, 0, self._time, stock, "T", "", ""))
            messages += [
                AddOrder(
                    locate, 0, self._time, number, order.side, order.shares, stock, order.price
                )
                for number, order in self.book(stock).items()
            ]
        messages.append(SnapshotEnd(str(len(self.sent) + 1)))
        return [encode(message) for message in messages]

    def _say(self, message: Message) -> None:
        self.sent.append(encode(message))

    def _step(self) -> None:
        if len(self.orders) < 20 or self._random.random() < 0.4:
            self._add()
            return
        number = self._random.choice(list(self.orders))
        step = self._random.choice(
            (self._execute, self._execute, self._cancel, self._delete, self._delete, self._replace,
             self._execute_at, self._elsewhere)
        )  # fmt: skip
        step(number, self.orders[number])

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _price(self, side: str) -> int:
        away = self._random.randrange(1, 30) * 100
        return 1_000_000 - away if side == "B" else 1_000_000 + away

    def _add(self) -> None:
        locate = self._random.randrange(len(self.stocks)) + 1
        side = self._random.choice("BS")
        order = Order(locate, side, self._price(side), self._random.randrange(1, 500))
        number = self._next()
        self.orders[number] = order
        header = locate, 0, self._time, number, side, order.shares, self.stocks[locate - 1]
        if self._random.random() < 0.2:
            self._say(AddAttributedOrder(*header, order.price, "MAXM"))
        else:
            self._say(AddOrder(*header, order.price))

    def _reduce(self, number: int, order: Order) -> int:
        shares = self._random.randrange(1, order.shares + 1)
        if shares == order.shares:
            del self.orders[number]
        else:
            self.orders[number] = order._replace(shares=order.shares - shares)
        return shares

    def _execute(self, number: int, order: Order) -> None:
        self.trades += 1
        shares = self._reduce(number, order)
        self._say(OrderExecuted(order.locate, 0, self._time, number, shares, self._next()))

    def _execute_at(self, number: int, order: Order) -> None:
        printable = self._random.choice("YN")
        shares = self._reduce(number, order)
        match = self._next()
        header = order.locate, 0, self._time, number, shares, match
        self._say(OrderExecutedAtPrice(*header, printable, 1_000_000))
        if printable == "N":
            stock = self.stocks[order.locate - 1]
            self._say(CrossTrade(order.locate, 0, self._time, shares, stock, 1_000_000, match, "O"))

    def _cancel(self, number: int, order: Order) -> None:
        shares = self._reduce(number, order)
        self._say(OrderCancel(order.locate, 0, self._time, number, shares))

    def _delete(self, number: int, order: Order) -> None:
        del self.orders[number]
        self._say(OrderDelete(order.locate, 0, self._time, number))

    def _replace(self, number: int, order: Order) -> None:
        del self.orders[number]
        new = self._next()
        shares, price = self._random.randrange(1, 500), self._price(order.side)
        self.orders[new] = order._replace(shares=shares, price=price)
        self._say(OrderReplace(order.locate, 0, self._time, number, new, shares, price))

    def _elsewhere(self, _number: int, order: Order) -> None:
        """Say something that changes no book."""
        header = order.locate, 0, self._time
        stock = self.stocks[order.locate - 1]
        messages = (
            HiddenTrade(*header, 0, "B", 10, stock, 1_000_050, self._next()),
            BrokenTrade(*header, self._number),
            Imbalance(*header, 5, 7, "B", stock, 0, 999_900, 1_000_000, "C", "1"),
            TradingAction(*header, stock, "T", "", ""),
        )
        self._say(self._random.choice(messages))
