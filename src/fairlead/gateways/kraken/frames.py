"""Kraken's JSON, version 1, as typed structs with the venue's own field names. Shape only.

Source: the venue's documentation of its WebSocket API 1.9: channels `book`, `trade`, `ticker`,
`spread`. Data are arrays `[channel id, payload, channel name, pair]`, of books with a second
payload where both sides change; everything else is an object with an `event`.
"""

from typing import Annotated, Any

import msgspec

Data = list[msgspec.Raw]
# Price, quantity, time, and "r" where it is republished.
Level = Annotated[list[str], msgspec.Meta(min_length=3, max_length=4)]


class Subscription(msgspec.Struct, frozen=True, gc=False):
    """What a subscription is of."""

    name: str = ""


class Event(msgspec.Struct, rename="camel", gc=False):
    """Whatever is not data: heartbeats, status, answers to subscriptions."""

    event: str
    status: str = ""
    pair: str = ""
    error_message: str = ""
    subscription: Subscription = Subscription()


class Sides(msgspec.Struct, rename={"whole_asks": "as", "whole_bids": "bs"}, gc=False):
    """Levels of a book: all of them (`as`, `bs`), or those that changed (`a`, `b`) with `c`."""

    whole_asks: list[Level] | None = None
    whole_bids: list[Level] | None = None
    a: list[Level] = []
    b: list[Level] = []
    c: str = ""


class Ticker(msgspec.Struct, gc=False):
    """Best ask and bid: price, quantity in whole lots, quantity."""

    a: tuple[str, Any, str]
    b: tuple[str, Any, str]


Spread = tuple[str, str, str, str, str]  # bid, ask, time, bid quantity, ask quantity
PublicTrade = tuple[str, str, str, str, str, str]  # price, quantity, time, side, type, other
