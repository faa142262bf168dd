"""Everything that can happen outside.

Each input gets one number, is written down once, and is applied once.

Records are encoded as arrays that begin with their tag (`model/codec.py`). A tag is never used
again for another meaning; a field is only ever added at the end, with a default. Text with decimals
exists in `model/text.py` alone.
"""

import msgspec

from fairlead.model.instruments import Instrument
from fairlead.model.limits import Limits, MessageRate
from fairlead.model.terms import Liquidity, OrderType, Side, StopPolicy, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    StrategyId,
    UpdateId,
)

Levels = tuple[
    tuple[Price, Quantity], ...
]  # best first in a snapshot; a quantity of 0 removes the level


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What all inputs and outputs share: immutable, encoded as an array, no part of any cycle."""


# --- set-up: what there is to trade, with what, by whom, within which limits ----------------------


class NodeStarted(Record, frozen=True, tag=1):
    """A node began to write this journal. `epoch` grows with every start: it fences older nodes."""

    epoch: int
    build: str
    configuration: str
    stage: str


class AccountDefinition(Record, frozen=True, tag=2):
    """An account: one currency, its precision and the cash it begins with."""

    account: AccountId
    name: str
    currency: str
    money_decimals: int
    cash: Money


class InstrumentDefinition(Record, frozen=True, tag=3):
    """An instrument becomes known."""

    instrument: Instrument


class StrategyDefinition(Record, frozen=True, tag=4):
    """A strategy becomes known:

    it may send orders from now on. `parameters` is JSON, for the audit.
    """

    strategy: StrategyId
    name: str
    account: AccountId
    parameters: str


class LimitChange(Record, frozen=True, tag=5):
    """A person set the limits of one instrument."""

    limits: Limits
    person: str
    reason: str


class MessageRateChange(Record, frozen=True, tag=6):
    """A person set how many messages the node may send."""

    rate: MessageRate
    person: str
    reason: str


# --- market data ----------------------------------------------------------------------------------


class Quote(Record, frozen=True, tag=20):
    """The best bid and ask of an instrument.

    A price and quantity of 0 on one side: nobody quotes there.
    """

    instrument: InstrumentId
    bid_price: Price
    bid_quantity: Quantity
    ask_price: Price
    ask_quantity: Quantity
    update: UpdateId
    venue_time: Nanos


class Trade(Record, frozen=True, tag=21):
    """A public trade. `aggressor` is the side that took."""

    instrument: InstrumentId
    price: Price
    quantity: Quantity
    aggressor: Side
    trade_id: str
    venue_time: Nanos


class BookSnapshot(Record, frozen=True, tag=22):
    """The whole book of an instrument as of `update`; it replaces what was known."""

    instrument: InstrumentId
    bids: Levels
    asks: Levels
    update: UpdateId
    venue_time: Nanos


class BookChange(Record, frozen=True, tag=23):
    """New quantities at some price levels; a quantity of 0 removes the level."""

    instrument: InstrumentId
    bids: Levels
    asks: Levels
    update: UpdateId
    venue_time: Nanos


class BookGap(Record, frozen=True, tag=24):
    """The feed lost its place: the book is not to be believed until the next snapshot."""

    instrument: InstrumentId
    reason: str


# --- venue reports --------------------------------------------------------------------------------


class VenueAccepted(Record, frozen=True, tag=40):
    """The venue took the order into its book."""

    order: OrderId
    instrument: InstrumentId
    venue_order: str
    venue_time: Nanos


class VenueRejected(Record, frozen=True, tag=41):
    """The venue said no to a new order."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueFilled(Record, frozen=True, tag=42):
    """An execution. Applied once per (venue, session date, execution id)."""

    order: OrderId
    instrument: InstrumentId
    execution: str
    session_date: int  # yyyymmdd of the venue's trading day
    price: Price
    quantity: Quantity
    fee: Money  # paid; negative is a rebate
    liquidity: Liquidity
    venue_time: Nanos


class VenueCanceled(Record, frozen=True, tag=43):
    """The order no longer works; what was left of it is gone.

    Asked for by us, or the venue's own doing.
    """

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueCancelRejected(Record, frozen=True, tag=44):
    """The venue did not cancel: too late, or unknown to it."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueReplaced(Record, frozen=True, tag=45):
    """The order works under new terms: total quantity (what is filled included) and price."""

    order: OrderId
    instrument: InstrumentId
    quantity: Quantity
    price: Price
    venue_time: Nanos


class VenueReplaceRejected(Record, frozen=True, tag=46):
    """The venue kept the old terms."""

    order: OrderId
    instrument: InstrumentId
    reason: str
    venue_time: Nanos


class VenueExpired(Record, frozen=True, tag=47):
    """The order's time in force ran out."""

    order: OrderId
    instrument: InstrumentId
    venue_time: Nanos


class VenueDisconnected(Record, frozen=True, tag=48):
    """The session with a venue broke: the outcome of what was in flight is not known."""

    venue: str
    reason: str


class VenueConnected(Record, frozen=True, tag=49):
    """The session with a venue stands (again)."""

    venue: str


# --- strategy requests ----------------------------------------------------------------------------


class SubmitRequest(Record, frozen=True, tag=60):
    """A strategy wants a new order. `price` is 0 for a market order."""

    strategy: StrategyId
    order: OrderId
    instrument: InstrumentId
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    post_only: bool
    quantity: Quantity
    price: Price
    tag: str = ""


class CancelRequest(Record, frozen=True, tag=61):
    """A strategy wants an order gone."""

    strategy: StrategyId
    order: OrderId


class ReplaceRequest(Record, frozen=True, tag=62):
    """A strategy wants other terms: total quantity (what is filled included) and price."""

    strategy: StrategyId
    order: OrderId
    instrument: InstrumentId
    quantity: Quantity
    price: Price


class StrategyFailed(Record, frozen=True, tag=63):
    """A strategy raised an error, or broke the port's rules. It is disabled."""

    strategy: StrategyId
    error: str


class TimerFired(Record, frozen=True, tag=64):
    """A timer that a strategy set has run out."""

    strategy: StrategyId
    timer: int


# --- operator commands ----------------------------------------------------------------------------


class KillCommand(Record, frozen=True, tag=80):
    """Stop everything: block new orders and cancel all."""

    person: str
    reason: str


class ReleaseCommand(Record, frozen=True, tag=81):
    """A named person lets trading go on after a kill."""

    person: str
    reason: str


class StopCommand(Record, frozen=True, tag=82):
    """End of the session: no new orders; working ones are canceled or kept."""

    policy: StopPolicy
    person: str
    reason: str


class StrategyStopCommand(Record, frozen=True, tag=83):
    """A person takes one strategy off; its working orders are canceled."""

    strategy: StrategyId
    person: str
    reason: str


class StartCommand(Record, frozen=True, tag=84):
    """Trading may begin. Every node starts halted and is released by a person or by policy."""

    person: str
    reason: str


class ReopenCommand(Record, frozen=True, tag=85):
    """A person has explained what closed an instrument: new orders may enter it again."""

    instrument: InstrumentId
    person: str
    reason: str


VenueReport = (
    VenueAccepted
    | VenueRejected
    | VenueFilled
    | VenueCanceled
    | VenueCancelRejected
    | VenueReplaced
    | VenueReplaceRejected
    | VenueExpired
)
MarketData = Quote | Trade | BookSnapshot | BookChange | BookGap
StrategyRequest = SubmitRequest | CancelRequest | ReplaceRequest
Input = (
    NodeStarted
    | AccountDefinition
    | InstrumentDefinition
    | StrategyDefinition
    | LimitChange
    | MessageRateChange
    | MarketData
    | VenueReport
    | VenueDisconnected
    | VenueConnected
    | StrategyRequest
    | StrategyFailed
    | TimerFired
    | KillCommand
    | ReleaseCommand
    | StopCommand
    | StrategyStopCommand
    | StartCommand
    | ReopenCommand
)
