"""Rows of positions, and of everything that ever moved one."""

from typing import Any, NamedTuple

from fairlead.model.inputs import InstrumentSplit
from fairlead.model.outputs import (
    CashBooked,
    FillBusted,
    InstrumentAdjusted,
    OrderFilled,
    Output,
    PositionChanged,
    PositionCorrected,
)
from fairlead.model.units import Price
from fairlead.readers.sql.entries import AppliedEntry
from fairlead.readers.sql.knowledge import Knowledge
from fairlead.readers.sql.tables import POSITION_EVENTS, POSITIONS
from fairlead.readers.sql.workspace import Row, Workspace

Key = tuple[int, int, int]


class _Cause(NamedTuple):
    """Why a position moved."""

    kind: str
    account: int = 0  # 0: that of the strategy
    price: Price | None = None
    fill: int | None = None
    text: str = ""


class PositionRows:
    """Follows what moves positions. In one input the reason is told before the movement."""

    def __init__(self, workspace: Workspace, knowledge: Knowledge) -> None:
        """Write into a workspace."""
        self._rows = workspace
        self._knowledge = knowledge
        self._cause = _Cause("")
        self._moved: list[int] = []  # positions that the split at hand has moved
        self._all: dict[Key, Row] = {}  # as many as strategies have instruments
        self._unvalued: dict[Key, Row] = {}  # open, or moved since they were valued last
        self._is_read = False

    def begin(self) -> None:
        """Begin an entry."""
        self._cause = _Cause("")
        self._moved = []

    def because(self, output: Output, fill: Row | None) -> None:
        """Take an output that says why what comes next has moved."""
        match output:
            case OrderFilled():
                assert fill is not None, "a fill has a row"
                self._cause = _Cause("fill", 0, output.price, fill["fill_id"])
            case FillBusted():
                assert fill is not None, "a fill that is taken back has a row"
                self._cause = _Cause("bust", 0, output.price, fill["fill_id"], output.reason)
            case PositionCorrected():
                price, account = output.price, output.account
                self._cause = _Cause("correction", account, price, None, output.cause)
            case CashBooked():
                kind = output.kind.name.lower()
                self._cause = _Cause(kind, output.account, None, None, output.reference)
            case InstrumentAdjusted():
                kind = output.action.split(" ")[0]
                self._cause = _Cause(kind, 0, None, None, f"{output.action} ({output.reference})")

    def changed(self, entry: AppliedEntry, position: int, fact: PositionChanged) -> None:
        """Take where a position stands now."""
        row = self._row(entry, position, fact)
        before = row["quantity"]
        terms = self._knowledge.instrument(fact.instrument)
        assert terms is not None, "a position is in an instrument that is known"
        event = {
            "event_id": entry.event_id(position),
            "position_id": row["position_id"],
            "instrument_id": fact.instrument,
            "sequence": entry.sequence,
            "position": position,
            "event_type": self._cause.kind,
            "quantity_delta": fact.quantity - before,
            "price": self._cause.price,
            "quantity": fact.quantity,
            "open_cost": fact.open_cost,
            "realized_pnl": fact.realised,
            "fees": fact.fees,
            "fill_id": self._cause.fill,
            "cause": self._cause.text,
            **entry.at("event_time"),
        }
        self._rows.insert(POSITION_EVENTS, event)
        self._rows.change(
            POSITIONS,
            row,
            quantity=fact.quantity,
            avg_cost=self._knowledge.average_cost(terms, fact.quantity, fact.open_cost),
            open_cost=fact.open_cost,
            realized_pnl=fact.realised,
            fees=fact.fees,
            **entry.at("last_updated"),
            updated_sequence=entry.sequence,
        )
        self._unvalued[_key_of(row)] = row

    def value(self) -> None:
        """Value every open position at its mark, as of the last entry."""
        self._read()
        for key, row in list(self._unvalued.items()):
            unrealised, missing = self._knowledge.unrealised(row)
            if (unrealised, missing) != (row["unrealized_pnl"], row["mark_missing"]):
                self._rows.change(POSITIONS, row, unrealized_pnl=unrealised, mark_missing=missing)
            if row["quantity"] == 0:
                del self._unvalued[key]

    # --- which row ---

    def _read(self) -> None:
        """Take what was projected before, once."""
        if not self._is_read:
            self._is_read = True
            for row in self._rows.find(POSITIONS):
                self._all[_key_of(row)] = self._unvalued[_key_of(row)] = row

    def _row(self, entry: AppliedEntry, position: int, fact: PositionChanged) -> Row:
        self._read()
        account = self._cause.account
        strategy = self._knowledge.strategy(fact.strategy)
        if strategy is not None:
            account = strategy.account
        elif isinstance(entry.input, InstrumentSplit):
            return self._split_row(entry.input, fact)
        found = self._all.get((fact.strategy, fact.instrument, account))
        return found or self._new(entry, position, fact, account)

    def _split_row(self, split: InstrumentSplit, fact: PositionChanged) -> Row:
        """Return which of the positions held for no strategy became this one by a split.

        The fact names no account: it is the one whose quantity and cost fit.
        """
        left = [
            row
            for (strategy, instrument, _), row in self._all.items()
            if (strategy, instrument) == (0, fact.instrument)
            and row["quantity"]
            and row["position_id"] not in self._moved
        ]
        assert left, "a split moves positions that are open"
        row = min(left, key=lambda one: _unlike(one, split, fact))
        self._moved.append(row["position_id"])
        return row

    def _new(self, entry: AppliedEntry, position: int, fact: PositionChanged, account: int) -> Row:
        terms = self._knowledge.instrument(fact.instrument)
        assert terms is not None, "a position is in an instrument that is known"
        row: Row = {
            "position_id": entry.event_id(position),
            "account_id": account,
            "strategy_id": fact.strategy or None,
            "instrument_id": fact.instrument,
            "symbol": terms.symbol,
            "currency": terms.currency,
            "quantity": 0,
            "avg_cost": None,
            "open_cost": 0,
            "realized_pnl": 0,
            "unrealized_pnl": 0,
            "mark_missing": "",
            "fees": 0,
            **entry.at("last_updated"),
            "sequence": entry.sequence,
            "updated_sequence": entry.sequence,
        }
        self._all[_key_of(row)] = row
        return self._rows.add(POSITIONS, row)


def _key_of(row: Row) -> Key:
    """Return strategy, instrument and account."""
    return (row["strategy_id"] or 0, row["instrument_id"], row["account_id"])


def _unlike(row: Row, split: InstrumentSplit, fact: PositionChanged) -> tuple[Any, ...]:
    """Return how little a position fits what a split made of one: least first."""
    whole, rest = divmod(abs(row["quantity"]) * split.new, split.old)
    after = whole if row["quantity"] > 0 else -whole
    return (
        after != fact.quantity,
        row["fees"] != fact.fees,
        rest == 0 and row["open_cost"] != fact.open_cost,
        abs(row["open_cost"] - fact.open_cost),
        abs(row["realized_pnl"] - fact.realised),
        row["position_id"],
    )
