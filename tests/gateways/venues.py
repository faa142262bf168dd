"""Small venues for tests: a book that changes at random, told in the words of each real one.

What a venue is believed to compute (checksums, chains) is computed here from its rules alone, with
plain dictionaries and sorted lists, and shares nothing with the code under test.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final, NamedTuple
from zlib import crc32

from fairlead.gateways.bitget import BitgetFeed
from fairlead.gateways.books_feed import BooksFeed
from fairlead.gateways.bybit import BybitFeed
from fairlead.gateways.coinbase import CoinbaseAdvancedFeed, CoinbaseFeed
from fairlead.gateways.deribit import DeribitFeed
from fairlead.gateways.kraken import KrakenFeed, KrakenSecondFeed
from fairlead.gateways.okx import OkxFeed
from fairlead.model.instruments import Instrument
from fairlead.model.terms import InstrumentKind
from fairlead.model.units import InstrumentId, Money, Price, Quantity, Rate

Side = dict[int, int]  # quantity in thousandths by price in hundredths
Levels = dict[int, int]
TIME: Final = 1_700_000_000_123  # milliseconds


class Told(NamedTuple):
    """What happened at a venue, for its wording to tell."""

    symbol: str
    bids: Levels
    asks: Levels
    book: tuple[Side, Side]  # after it
    update: int
    previous: int
    message: int  # how many messages there were on the connection


class Wording(NamedTuple):
    """How one venue tells what happened."""

    symbol: str
    feed: Callable[[Sequence[Instrument]], BooksFeed]
    snapshot: Callable[[Told], object]
    change: Callable[[Told], object]
    trade: Callable[[Told], object]
    sees_every_loss: bool = True  # a change that is missing shows in the next one
    steps: bool = True  # numbers have holes
    depth: int = 0  # the levels that are sent, 0: all


class SmallVenue:
    """One venue with one instrument, and its true book. Every frame that it returns was sent."""

    def __init__(self, wording: Wording, seed: int) -> None:
        """Begin with a small book."""
        self.wording = wording
        self._random = Random(seed)
        self._update = 1_000
        self._trades = 0
        self._changes = 0
        self.messages = 0
        self.bids: Side = dict.fromkeys(range(9_992, 10_000), 1_000)
        self.asks: Side = dict.fromkeys(range(10_000, 10_008), 1_000)

    @property
    def sides(self) -> tuple[Side, Side]:
        """The book as it is now, as far as the venue sends it."""
        depth = self.wording.depth or 1_000
        bids = sorted(self.bids.items(), reverse=True)[:depth]
        return dict(bids), dict(sorted(self.asks.items())[:depth])

    def snapshot(self) -> bytes:
        """Return the whole book."""
        return self._frame(self.wording.snapshot, *self.sides, self._update)

    def change(self) -> bytes:
        """Change the book so that no two states are the same, and return what says so."""
        previous, before = self._update, self.sides
        self._changes += 1
        self._update += self._random.randint(1, 5) if self.wording.steps else 1
        changed: tuple[Levels, Levels] = ({}, {})
        for side, changes, best, step in (
            (self.bids, changed[0], 9_999, -1), (self.asks, changed[1], 10_000, 1),
        ):  # fmt: skip
            told = best + step * (self._changes % 6)  # another one each time: none makes up for it
            changes[told] = side[told] = self._random.randint(1, 10**9)
            for _ in range(self._random.randint(0, 3)):
                price = best + step * self._random.randint(1, 9)
                if price in side and price != told and self._random.random() < 0.5:
                    del side[price]
                    changes[price] = 0
                else:
                    changes[price] = side[price] = self._random.randint(1, 9_999)
        return self._frame(self.wording.change, *self._shown(changed, before), previous)

    def trade(self) -> bytes:
        """Return a trade at the best bid."""
        self._trades += 1
        return self._frame(self.wording.trade, {9_999: 250}, {}, self._trades)

    def _shown(
        self, changed: tuple[Levels, Levels], before: tuple[Side, Side]
    ) -> tuple[Levels, Levels]:
        """Return what of the changes is sent: levels within reach, and removals.

        A level that comes into the venue's reach because others went is sent anew.
        """
        shown: tuple[Levels, Levels] = ({}, {})
        for at, side in enumerate(self.sides):
            shown[at].update({p: q for p, q in changed[at].items() if q == 0 or p in side})
            shown[at].update({p: q for p, q in side.items() if p not in before[at]})
        return shown

    def _frame(
        self, tell: Callable[[Told], object], bids: Levels, asks: Levels, previous: int
    ) -> bytes:
        self.messages += 1
        symbol = self.wording.symbol
        told = Told(symbol, bids, asks, self.sides, self._update, previous, self.messages)
        return json.dumps(tell(told), separators=(",", ":")).encode()


def instrument(symbol: str, number: int = 1) -> Instrument:
    """Return an instrument with two decimals in its price and three in its quantity."""
    return Instrument(
        instrument=InstrumentId(number),
        symbol=symbol,
        venue=symbol.rpartition(".")[2],
        currency="USD",
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


# --- the words of each venue ---------------------------------------------------------------------


def price_text(price: int) -> str:
    """Return a price as venues write it."""
    return f"{price // 100}.{price % 100:02d}"


def quantity_text(quantity: int) -> str:
    """Return a quantity as venues write it."""
    return f"{quantity // 1000}.{quantity % 1000:03d}"


def _rows(levels: Levels, *more: str) -> list[list[str]]:
    return [[price_text(p), quantity_text(q), *more] for p, q in levels.items()]


def _best(told: Told, depth: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    bids, asks = told.book
    return sorted(bids.items(), reverse=True)[:depth], sorted(asks.items())[:depth]


def _paired_checksum(told: Told) -> int:
    """OKX and Bitget: the best 25 of each side in turn, joined by colons, signed."""
    bids, asks = _best(told, 25)
    parts = []
    for place in range(max(len(bids), len(asks))):
        for side in (bids, asks):
            if place < len(side):
                parts += [price_text(side[place][0]), quantity_text(side[place][1])]
    found = crc32(":".join(parts).encode())
    return found - 2**32 if found >= 2**31 else found


def _kraken_checksum(told: Told) -> int:
    """Kraken: the best ten asks, then bids, digits alone."""
    bids, asks = _best(told, 10)
    digits = ""
    for price, quantity in (*asks, *bids):
        for text in (price_text(price), quantity_text(quantity)):
            digits += text.replace(".", "").lstrip("0")
    return crc32(digits.encode())


def _okx(action: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        data = {
            "asks": _rows(told.asks, "0", "1"),
            "bids": _rows(told.bids, "0", "1"),
            "ts": str(TIME),
            "checksum": _paired_checksum(told),
            "prevSeqId": -1 if action == "snapshot" else told.previous,
            "seqId": told.update,
        }
        return {
            "arg": {"channel": "books", "instId": told.symbol},
            "action": action,
            "data": [data],
        }

    return tell


def _okx_without(*names: str) -> Callable[[str], Callable[[Told], object]]:
    """Messages as they were before there were numbers, or as they are since checksums are 0."""

    def of(action: str) -> Callable[[Told], object]:
        def tell(told: Told) -> object:
            message: Any = _okx(action)(told)
            message["data"] = [{k: v for k, v in message["data"][0].items() if k not in names}]
            return message

        return tell

    return of


def _okx_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "instId": told.symbol, "tradeId": str(told.previous), "px": price_text(price),
        "sz": quantity_text(quantity), "side": "sell", "ts": str(TIME),
    }  # fmt: skip
    return {"arg": {"channel": "trades", "instId": told.symbol}, "data": [trade]}


def _bitget(action: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        data = {
            "asks": _rows(told.asks), "bids": _rows(told.bids), "ts": str(TIME),
            "checksum": _paired_checksum(told),
        }  # fmt: skip
        arg = {"instType": "USDT-FUTURES", "channel": "books", "instId": told.symbol}
        return {"action": action, "arg": arg, "data": [data], "ts": TIME}

    return tell


def _bitget_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "ts": str(TIME), "price": price_text(price), "size": quantity_text(quantity),
        "side": "sell", "tradeId": str(told.previous),
    }  # fmt: skip
    arg = {"instType": "USDT-FUTURES", "channel": "trade", "instId": told.symbol}
    return {"action": "update", "arg": arg, "data": [trade]}


def _bybit(kind: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        data = {"s": told.symbol, "b": _rows(told.bids), "a": _rows(told.asks), "u": told.update}
        return {"topic": f"orderbook.50.{told.symbol}", "type": kind, "ts": TIME, "data": data}

    return tell


def _bybit_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "T": TIME, "s": told.symbol, "S": "Sell", "v": quantity_text(quantity),
        "p": price_text(price), "i": "2290000000067612223", "BT": False,
    }  # fmt: skip
    return {
        "topic": f"publicTrade.{told.symbol}", "type": "snapshot", "ts": TIME, "data": [trade]
    }  # fmt: skip


def _seconds() -> str:
    return f"{TIME // 1000}.{TIME % 1000:03d}000"


def _kraken_snapshot(told: Told) -> object:
    sides = {"as": _rows(told.asks, _seconds()), "bs": _rows(told.bids, _seconds())}
    return [336, sides, "book-10", told.symbol]


def _kraken_change(told: Told) -> object:
    checksum = str(_kraken_checksum(told))
    asks = {"a": _rows(told.asks, _seconds())}
    bids = {"b": _rows(told.bids, _seconds())}
    if told.asks and told.bids:
        return [336, asks, bids | {"c": checksum}, "book-10", told.symbol]
    return [336, (asks if told.asks else bids) | {"c": checksum}, "book-10", told.symbol]


def _kraken_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = [price_text(price), quantity_text(quantity), _seconds(), "s", "l", ""]
    return [337, [trade], "trade", told.symbol]


def _numbers(levels: Levels) -> list[dict[str, float]]:
    return [{"price": price / 100, "qty": quantity / 1000} for price, quantity in levels.items()]


def _kraken_second(kind: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        data = {
            "symbol": told.symbol, "bids": _numbers(told.bids), "asks": _numbers(told.asks),
            "checksum": _kraken_checksum(told), "timestamp": "2023-11-14T22:13:20.123000Z",
        }  # fmt: skip
        return {"channel": "book", "type": kind, "data": [data]}

    return tell


def _kraken_second_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "symbol": told.symbol, "side": "sell", "price": price / 100, "qty": quantity / 1000,
        "ord_type": "limit", "trade_id": told.previous, "timestamp": "2023-11-14T22:13:20.123000Z",
    }  # fmt: skip
    return {"channel": "trade", "type": "update", "data": [trade]}


def _deribit_side(levels: Levels) -> list[list[object]]:
    return [["change" if q else "delete", p / 100, q / 1000] for p, q in levels.items()]


def _deribit(channel: str, data: object) -> object:
    return {
        "jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}
    }  # fmt: skip


def _deribit_book(kind: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        data: dict[str, object] = {
            "type": kind, "timestamp": TIME, "instrument_name": told.symbol,
            "change_id": told.update, "bids": _deribit_side(told.bids),
            "asks": _deribit_side(told.asks),
        }  # fmt: skip
        if kind == "change":
            data["prev_change_id"] = told.previous
        return _deribit(f"book.{told.symbol}.raw", data)

    return tell


def _deribit_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "trade_seq": told.previous, "trade_id": str(told.previous), "timestamp": TIME,
        "price": price / 100, "amount": quantity / 1000, "direction": "sell",
    }  # fmt: skip
    return _deribit(f"trades.{told.symbol}.raw", [trade])


def _coinbase_snapshot(told: Told) -> object:
    return {
        "type": "snapshot", "product_id": told.symbol,
        "bids": _rows(told.bids), "asks": _rows(told.asks),
    }  # fmt: skip


def _coinbase_change(told: Told) -> object:
    changes = [["buy", *row] for row in _rows(told.bids)]
    changes += [["sell", *row] for row in _rows(told.asks)]
    return {
        "type": "l2update", "product_id": told.symbol, "changes": changes,
        "time": "2023-11-14T22:13:20.123000Z",
    }  # fmt: skip


def _coinbase_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    return {
        "type": "match", "trade_id": told.previous, "side": "buy", "price": price_text(price),
        "size": quantity_text(quantity), "product_id": told.symbol, "sequence": told.update,
        "time": "2023-11-14T22:13:20.123000Z",
    }  # fmt: skip


def _advanced(channel: str, number: int, event: object) -> object:
    return {"channel": channel, "sequence_num": number, "events": [event]}


def _advanced_book(kind: str) -> Callable[[Told], object]:
    def tell(told: Told) -> object:
        updates = [
            {"side": side, "price_level": price, "new_quantity": quantity}
            for side, levels in (("bid", told.bids), ("offer", told.asks))
            for price, quantity in _rows(levels)
        ]
        event = {"type": kind, "product_id": told.symbol, "updates": updates}
        return _advanced("l2_data", told.message, event)

    return tell


def _advanced_trade(told: Told) -> object:
    [(price, quantity)] = told.bids.items()
    trade = {
        "trade_id": str(told.previous), "product_id": told.symbol, "price": price_text(price),
        "size": quantity_text(quantity), "side": "BUY", "time": "2023-11-14T22:13:20.123Z",
    }  # fmt: skip
    return _advanced("market_trades", told.message, {"type": "update", "trades": [trade]})


_OLD_OKX = _okx_without("prevSeqId", "seqId")
_NEW_OKX = _okx_without("checksum")
VENUES: Final[dict[str, Wording]] = {
    "okx": Wording("BTC-USDT", OkxFeed, _okx("snapshot"), _okx("update"), _okx_trade),
    "okx-checksum": Wording(
        "BTC-USDT", OkxFeed, _OLD_OKX("snapshot"), _OLD_OKX("update"), _okx_trade
    ),
    "okx-sequence": Wording(
        "BTC-USDT", OkxFeed, _NEW_OKX("snapshot"), _NEW_OKX("update"), _okx_trade
    ),
    "bitget": Wording("BTCUSDT", BitgetFeed, _bitget("snapshot"), _bitget("update"), _bitget_trade),
    "kraken": Wording(
        "XBT/USD", KrakenFeed, _kraken_snapshot, _kraken_change, _kraken_trade, depth=10
    ),
    "kraken-v2": Wording(
        *("BTC/USD", KrakenSecondFeed, _kraken_second("snapshot"), _kraken_second("update")),
        _kraken_second_trade,
    ),
    "bybit": Wording(
        *("BTCUSDT", BybitFeed, _bybit("snapshot"), _bybit("delta"), _bybit_trade), steps=False
    ),
    "deribit": Wording(
        *("BTC-PERPETUAL", DeribitFeed, _deribit_book("snapshot"), _deribit_book("change")),
        _deribit_trade,
    ),
    "coinbase": Wording(
        *("BTC-USD", CoinbaseFeed, _coinbase_snapshot, _coinbase_change, _coinbase_trade),
        sees_every_loss=False,
    ),
    "coinbase-advanced": Wording(
        *("BTC-USD", CoinbaseAdvancedFeed, _advanced_book("snapshot"), _advanced_book("update")),
        _advanced_trade,
    ),
}


def feed_of(wording: Wording) -> BooksFeed:
    """Return a feed of the one instrument that a small venue has."""
    return wording.feed([instrument(f"{wording.symbol}.VENUE")])
