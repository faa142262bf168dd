"""OKX's JSON as typed structs with the venue's own field names. Shape only, no meaning.

Source: the venue's documentation of its WebSocket API, version 5: public channels `books`,
`books5`, `books-l2-tbt`, `bbo-tbt`, `trades`, `tickers`.
"""

from typing import Annotated

import msgspec

Checksum = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Sequence = Annotated[int, msgspec.Meta(ge=-1, le=2**63 - 1)]
Level = tuple[str, str, str, str]  # price, quantity, deprecated, number of orders


class Arg(msgspec.Struct, rename="camel", gc=False):
    """Which subscription a frame belongs to."""

    channel: str
    inst_id: str = ""


class Envelope(msgspec.Struct, rename="camel", gc=False):
    """As much of any frame as tells what it is."""

    arg: Arg | None = None
    event: str | None = None
    action: str | None = None
    code: str = ""
    msg: str = ""
    data: msgspec.Raw = msgspec.Raw(b"[]")


class Book(msgspec.Struct, rename="camel", gc=False):
    """Levels: all of them, or those that changed. `checksum` 0 stands for none."""

    asks: list[Level]
    bids: list[Level]
    ts: str
    checksum: Checksum = 0
    prev_seq_id: Sequence | None = None
    seq_id: Sequence | None = None


class PublicTrade(msgspec.Struct, rename="camel", gc=False):
    """A trade; `side` is that of the taker."""

    inst_id: str
    trade_id: str
    px: str
    sz: str
    side: str
    ts: str


class Ticker(msgspec.Struct, rename="camel", gc=False):
    """The best bid and ask, among statistics of the day."""

    inst_id: str
    ask_px: str
    ask_sz: str
    bid_px: str
    bid_sz: str
    ts: str
