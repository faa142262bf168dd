"""Coinbase Exchange's JSON as typed structs with the venue's own field names. Shape only.

Source: the venue's documentation of its Exchange WebSocket channels `level2`, `level2_batch`,
`matches`, `ticker` and `heartbeat`.
"""

from typing import Literal

import msgspec

from fairlead.gateways.json_frames import Number


class Channel(msgspec.Struct, gc=False):
    """A channel that the venue sends now, and of which products."""

    name: str
    product_ids: list[str] = []


class Envelope(msgspec.Struct, gc=False):
    """As much of any frame as tells what it is."""

    type: str
    product_id: str = ""
    message: str = ""
    reason: str = ""
    channels: list[Channel] = []


class Snapshot(msgspec.Struct, gc=False):
    """The whole book."""

    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]
    time: str = ""


class Change(msgspec.Struct, gc=False):
    """`l2update`: new quantities at price levels, without a number."""

    changes: list[tuple[Literal["buy", "sell"], str, str]]
    time: str = ""


class Match(msgspec.Struct, gc=False):
    """A trade; `side` is that of the maker. Trade ids of a product have no holes."""

    trade_id: Number
    side: Literal["buy", "sell"]
    size: str
    price: str
    time: str


class Ticker(msgspec.Struct, gc=False):
    """Best bid and ask after a trade; their quantities are told since 2022."""

    time: str = ""
    best_bid: str = ""
    best_ask: str = ""
    best_bid_size: str = ""
    best_ask_size: str = ""


class Heartbeat(msgspec.Struct, gc=False):
    """Once a second for each product: the last trade that there was."""

    last_trade_id: Number
