"""What is said in a direct session, in both directions.

Orders and reports are numbered, each direction from 1 for each epoch of the node; market data has
numbers of its own, from 1 for each connection. What is not numbered can be lost without harm.
"""

from typing import Final

import msgspec

from fairlead.model.inputs import MarketData, Statement, VenueReport
from fairlead.model.instruments import Instrument
from fairlead.model.outputs import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    RequestStatement,
    SendOrder,
)

FIRST: Final = 1  # the number that a direction begins with
TEXT_MAX: Final = 300  # of a reason

Action = SendOrder | CancelOrder | ReplaceOrder | QueryOrder | RequestStatement
Report = VenueReport | Statement


class Login(msgspec.Struct, frozen=True, tag="login"):
    """The first message of a connection: who trades, under which epoch, and what is expected.

    The epoch is the fence: a venue that has seen a later one refuses it. `instance` tells two
    processes of one epoch apart.
    """

    venue: str
    account: str
    epoch: int
    instance: str
    expected: int  # the number of the next report
    heartbeat_ms: int


class LoggedIn(msgspec.Struct, frozen=True, tag="logged_in"):
    """The venue takes the session. `run` is another one where the venue lost its numbers."""

    epoch: int
    run: int
    expected: int  # the number of the next message of the node
    next_number: int  # of the next new report
    instruments: tuple[Instrument, ...]


class LoggedOut(msgspec.Struct, frozen=True, tag="logged_out"):
    """Either side ends the session, and says why. The connection is closed after it."""

    reason: str


class Heartbeat(msgspec.Struct, frozen=True, tag="heartbeat"):
    """Still there. `next_number` tells what was lost at the end; `answers` repeats a test."""

    next_number: int
    answers: int = 0


class Probe(msgspec.Struct, frozen=True, tag="test_request"):
    """Asks for a heartbeat that repeats the number (FIX: TestRequest)."""

    number: int


class Order(msgspec.Struct, frozen=True, tag="order"):
    """An action of the node. Never sent twice."""

    number: int
    action: Action


class NotApplied(msgspec.Struct, frozen=True, tag="not_applied"):
    """Messages of the node that the venue never read: nothing of them was done, or will be."""

    first: int
    last: int


class Reported(msgspec.Struct, frozen=True, tag="report"):
    """A report of the venue; `again` where it may have come before."""

    number: int
    report: Report
    again: bool = False


class ResendRequest(msgspec.Struct, frozen=True, tag="resend_request"):
    """Asks for all reports from a number on."""

    first: int


class NumbersLost(msgspec.Struct, frozen=True, tag="numbers_lost"):
    """The venue has not kept the reports before a number: a statement must tell what they said."""

    next_number: int


class Published(msgspec.Struct, frozen=True, tag="data"):
    """Market data. What is lost is not sent again: the node asks for the books anew."""

    number: int
    data: MarketData


class RefreshRequest(msgspec.Struct, frozen=True, tag="refresh"):
    """Asks for whole books: the node has lost its place."""


FromNode = Login | LoggedOut | Heartbeat | Probe | Order | ResendRequest | RefreshRequest
FromVenue = (
    LoggedIn | LoggedOut | Heartbeat | Probe | NotApplied | Reported | NumbersLost | Published
)
Message = FromNode | FromVenue
