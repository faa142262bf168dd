"""Deribit's JSON-RPC as typed structs with the venue's own field names. Shape only, no meaning.

Source: the venue's documentation of its JSON-RPC API, version 2: subscriptions `book`, `trades`,
`ticker`. Prices and amounts are JSON numbers and kept as they were written.
"""

from typing import Literal

import msgspec

from fairlead.gateways.json_frames import Milliseconds, Number

Level = tuple[Literal["new", "change", "delete"], msgspec.Raw, msgspec.Raw]


class Params(msgspec.Struct, frozen=True, gc=False):
    """Which subscription a message belongs to, or what sort of heartbeat it is."""

    channel: str = ""
    type: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")


class Refusal(msgspec.Struct, gc=False):
    """Why a request was not done."""

    code: int = 0
    message: str = ""


class Envelope(msgspec.Struct, gc=False):
    """As much of any frame as tells what it is: a message, or an answer with its `id`."""

    method: str | None = None
    params: Params = Params()
    id: int | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Refusal | None = None


class Book(msgspec.Struct, gc=False):
    """Levels: all of them, or those that changed since `prev_change_id`."""

    instrument_name: str
    timestamp: Milliseconds
    change_id: Number
    bids: list[Level]
    asks: list[Level]
    type: Literal["snapshot", "change"] = "change"
    prev_change_id: Number | None = None


class PublicTrade(msgspec.Struct, gc=False):
    """A trade; `trade_seq` counts those of an instrument without holes."""

    trade_seq: Number
    trade_id: str
    timestamp: Milliseconds
    price: msgspec.Raw
    amount: msgspec.Raw
    direction: Literal["buy", "sell"]


class Ticker(msgspec.Struct, gc=False):
    """The best bid and ask, among much else; 0 where nobody quotes."""

    timestamp: Milliseconds
    best_bid_price: msgspec.Raw = msgspec.Raw(b"0")
    best_bid_amount: msgspec.Raw = msgspec.Raw(b"0")
    best_ask_price: msgspec.Raw = msgspec.Raw(b"0")
    best_ask_amount: msgspec.Raw = msgspec.Raw(b"0")
