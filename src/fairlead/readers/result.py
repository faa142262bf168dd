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
    """What became of the orders. `requested` is sent or refused; `sent` has one of six outcomes."""

    requested: int
    refused: int
    sent: int
    accepted: int
    filled: int
    canceled: int
    expired: int
    rejected: int
    working: int
    unknown: int
    unknown_ever: int
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
    """Executions. `late` ones came for orders that were done already."""

    count: int
    maker: int
    taker: int
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


class AccountResult(msgspec.Struct, frozen=True):
    """One account. `unrealised` and `equity` are None where a mark is missing, as the text says."""

    account: str
    currency: str
    initial: str
    cash: str
    realised: str
    unrealised: str | None
    fees: str
    equity: str | None
    profit: str | None
    volume: str
    fills: int
    mark_missing: str
    identity: IdentityResult
    round_trips: TripsResult


class DataResult(msgspec.Struct, frozen=True):
    """How good the market data was."""

    books_stale: int
    books_restored: int
    gaps: int
    stale_by_reason: dict[str, int]
    inputs_refused: int
    refused_by_reason: dict[str, int]
    stale_now: dict[str, str]


class EventResult(msgspec.Struct, frozen=True):
    """What a person must know of: kill, release, stop, a strategy disabled, a venue lost."""

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
