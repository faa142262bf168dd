"""A session as it is told: counts, and amounts as exact decimal text. Made by
`SessionSummary.result`.

The terminal, the JSON and the HTML report all show this one structure, so they cannot differ.
`None` is what is not known, and the text beside it says why.
"""

import msgspec


class SpanResult(msgspec.Struct, frozen=True):
    """Which inputs were seen. Times are ISO 8601 in UTC, empty where nothing was seen."""

    inputs: int
    first_sequence: int
    last_sequence: int
    first_time: str
    last_time: str
    span_ns: int


class OrdersResult(msgspec.Struct, frozen=True):
    """What became of the orders.

    `requested` was sent or refused, was withdrawn before it left, or is held and never left; what
    was sent was filled, canceled, expired, rejected, or refused when it was to go again, or it
    works, is not known, or is held for its next attempt.
    """

    requested: int
    refused: int
    sent: int
    accepted: int
    filled: int
    canceled: int
    expired: int
    rejected: int
    refused_again: int
    working: int
    held: int
    unknown: int
    unknown_ever: int
    withdrawn: int
    retried: int
    timed_out: int
    filled_in_part_or_whole: int
    ties_out: bool
    refused_by_check: dict[str, int]
    rejected_by_reason: dict[str, int]


class ChangesResult(msgspec.Struct, frozen=True):
    """What became of the requests to cancel, or to replace. `sent` includes those of operators."""

    requested: int
    refused: int
    sent: int
    rejected: int
    refused_by_check: dict[str, int]
    rejected_by_reason: dict[str, int]


class FillsResult(msgspec.Struct, frozen=True):
    """Executions. `late` ones came for orders that were done already.

    `busted` of them the venue took back.
    """

    count: int
    maker: int
    taker: int
    busted: int
    late: int
    overfilled: int
    ignored: int
    quarantined: int
    quarantined_by_reason: dict[str, int]


class PositionResult(msgspec.Struct, frozen=True):
    """One strategy in one instrument. `realised` is before fees; a short is negative."""

    strategy: str
    instrument: str
    currency: str
    quantity: str
    average_price: str | None
    mark: str | None
    mark_missing: str
    realised: str
    unrealised: str | None
    fees: str
    fills: int
    bought: str
    sold: str
    volume: str


class IdentityResult(msgspec.Struct, frozen=True):
    """Equity in two ways that must meet. `at_cost` positions have no mark, so count at cost."""

    paid_and_received: str
    profit_and_loss: str
    at_cost: int
    holds: bool


class TripsResult(msgspec.Struct, frozen=True):
    """Closed round trips, net of fees."""

    count: int
    won: int
    lost: int
    even: int
    gross_profit: str
    gross_loss: str


class CurrencyResult(msgspec.Struct, frozen=True):
    """One currency of an account, in itself. `converted` is what exchanges brought."""

    currency: str
    initial: str
    flows: str
    converted: str
    realised: str
    fees: str
    cash: str


class AccountResult(msgspec.Struct, frozen=True):
    """One account, in its base currency.

    equity = initial + flows + realised + unrealised - fees + fx. Other currencies are taken in at
    the rates of their time; `fx` is what exchanges and the rates since then have brought. `cash` is
    that of the base currency alone. `unrealised`, `fx` and `equity` are None where a mark or an
    exchange rate is missing, as the text says; `profit` is equity less what was put in.
    """

    account: str
    currency: str
    initial: str
    flows: str
    cash: str
    realised: str
    unrealised: str | None
    fees: str
    fx: str | None
    equity: str | None
    profit: str | None
    volume: str
    fills: int
    mark_missing: str
    identity: IdentityResult
    round_trips: TripsResult
    currencies: list[CurrencyResult]


class DataResult(msgspec.Struct, frozen=True):
    """How good the market data was."""

    books_stale: int
    books_restored: int
    gaps: int
    stale_by_reason: dict[str, int]
    inputs_refused: int
    refused_by_reason: dict[str, int]
    stale_now: dict[str, str]


class BreaksResult(msgspec.Struct, frozen=True):
    """Differences between our record and those of venues and brokers; `open_now` in words."""

    opened: int
    closed: dict[str, int]
    open_now: list[str]


class EventResult(msgspec.Struct, frozen=True):
    """What a person must know of: kill, release, stop, a strategy disabled, a venue lost.

    And what moved positions or terms without an order: corrections, corporate actions, breaks.
    """

    sequence: int
    time: str
    what: str
    text: str


class SessionResult(msgspec.Struct, frozen=True):
    """A whole session."""

    span: SpanResult
    builds: list[str]
    stages: list[str]
    inputs: dict[str, int]
    outputs: dict[str, int]
    orders: OrdersResult
    cancels: ChangesResult
    replaces: ChangesResult
    fills: FillsResult
    positions: list[PositionResult]
    accounts: list[AccountResult]
    data: DataResult
    breaks: BreaksResult
    faults: dict[str, int]
    events: list[EventResult]
    events_dropped: int
    killed: bool
    stopped: bool
    disabled: dict[str, str]
    disagreements: list[str]
    disagreement_count: int

    @property
    def identity_holds(self) -> bool:
        """Whether equity ties out to the last unit in every account."""
        return all(account.identity.holds for account in self.accounts)

    @property
    def ties_out(self) -> bool:
        """Whether money, orders and the machine's own word all agree."""
        return self.identity_holds and self.orders.ties_out and self.disagreement_count == 0
