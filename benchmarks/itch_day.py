"""A day of ITCH for the benchmarks: a hundred stocks, orders that come and go, from one seed.

Of what happens 45 % are new orders, the rest is about orders that stand: as in a day of the venue,
most are taken back whole.
"""

from functools import cache
from random import Random
from typing import Final, NamedTuple

from fairlead.gateways.itch.messages import (
    AddOrder,
    Message,
    OrderCancel,
    OrderDelete,
    OrderExecuted,
    OrderReplace,
    StockDirectory,
    SystemEvent,
    encode,
)

STOCKS: Final = tuple(f"S{number}" for number in range(1, 101))
DATE: Final = 20240613
_SEED: Final = 42
_OPEN: Final = 34_200 * 10**9
_MIDDLE: Final = 1_000_000  # 100 dollars
_LOT: Final = 100
_ADDED: Final = 0.45
_CANCELED, _EXECUTED, _DELETED = 0.1, 0.3, 0.85  # of what becomes of an order, one upon the other
_LISTED: Final = ("Q", "N", 100, "N", "C", "Z", "P", "N", "N", "1", "N", 0, "N")


class Standing(NamedTuple):
    """An order in a book."""

    order: int
    locate: int
    side: str
    shares: int


@cache
def itch_day(count: int) -> tuple[bytes, ...]:
    """Return so many messages: the beginning of the day, and what happens then."""
    chance = Random(_SEED)  # noqa: S311 - the same day for everybody
    messages: list[Message] = [SystemEvent(0, 0, 1, "O")]
    for locate, stock in enumerate(STOCKS, 1):
        messages.append(StockDirectory(locate, 0, 2, stock, *_LISTED))
    standing: list[Standing] = []
    for number in range(1, count - len(messages) + 1):
        time = _OPEN + number * 10_000
        if len(standing) < len(STOCKS) or chance.random() < _ADDED:
            messages.append(_add(number, time, chance, standing))
        else:
            messages.append(_change(number, time, chance, standing))
    return tuple(map(encode, messages))


def _add(number: int, time: int, chance: Random, standing: list[Standing]) -> Message:
    locate, shares = chance.randrange(len(STOCKS)) + 1, chance.randrange(1, 10) * _LOT
    side = chance.choice("BS")
    standing.append(Standing(number, locate, side, shares))
    price = _price(side, chance)
    return AddOrder(locate, 0, time, number, side, shares, STOCKS[locate - 1], price)


def _change(number: int, time: int, chance: Random, standing: list[Standing]) -> Message:
    at = chance.randrange(len(standing))
    found = standing[at]
    header = found.locate, 0, time, found.order
    kind = chance.random()
    if kind < _CANCELED and found.shares > _LOT:
        standing[at] = found._replace(shares=found.shares - _LOT)
        return OrderCancel(*header, _LOT)
    standing[at] = standing[-1]
    standing.pop()
    if kind < _EXECUTED:
        return OrderExecuted(*header, found.shares, number)
    if kind < _DELETED:
        return OrderDelete(*header)
    standing.append(found._replace(order=number, shares=_LOT))
    return OrderReplace(*header, number, _LOT, _price(found.side, chance))


def _price(side: str, chance: Random) -> int:
    """Return a price on the side of a middle that never moves: no book is crossed."""
    away = chance.randrange(1, 50) * 100
    return _MIDDLE - away if side == "B" else _MIDDLE + away
