"""The tables of the read model: a superset of the schema that trading systems textbooks draw.

Every row says which input caused it, and times stand twice: to the nanosecond as a number and to
the microsecond as a timestamp. Money, prices and quantities are exact decimals. `means` of a column
is what docs/reference/sql.md says of it.
"""

from typing import Any, Final

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from fairlead.readers.sql.columns import Document, Exact, Moment, Number

# Names that are the same in every database, so that a migration finds them.
CONVENTION: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
SCHEMA: Final = MetaData(naming_convention=CONVENTION)


def _column(name: str, kind: Any, means: str, *more: Any, null: bool = False, **how: Any) -> Any:
    return Column(name, kind, *more, nullable=null, info={"means": means}, **how)


def _id(name: str, means: str) -> Any:
    return _column(name, Number, means, primary_key=True, autoincrement=False)


def _text(name: str, means: str, null: bool = False) -> Any:
    return _column(name, Text, means, null=null)


def _exact(name: str, unit: str, means: str, null: bool = False) -> Any:
    return _column(name, Exact(unit), means, null=null)


def _link(name: str, target: str, means: str, null: bool = False) -> Any:
    return _column(name, Number, means, ForeignKey(target), null=null)


def _times(name: str, means: str, null: bool = False) -> list[Any]:
    return [
        _column(name, Moment, f"{means}, to the microsecond", null=null),
        _column(f"{name}_ns", Number, f"{means}, in nanoseconds since 1970", null=null),
    ]


def _table(name: str, means: str, *parts: Any) -> Table:
    return Table(name, SCHEMA, *parts, info={"means": means})


PROJECTION: Final = _table(
    "projection",
    "One row: how far this read model has come, and by which journal.",
    _id("id", "always 1"),
    _column("layout", Integer, "which rules made the rows; others need `--rebuild`"),
    _text("journal", "the directory that was read last"),
    _text("origin", "SHA-256 of the first input: which journal it is"),
    _column("sequence", Number, "the last input that is in the tables"),
    *_times("time", "when that input happened"),
    _column("epoch", Number, "which start of the node wrote it"),
    _text("chain", "the hash chain of the journal at that input"),
    _column("behind_bytes", Number, "what was committed after it and not read yet, of its file"),
    CheckConstraint("id = 1", name="one"),
)
ACCOUNTS: Final = _table(
    "accounts",
    "An account, as it was defined.",
    _id("account_id", "its number"),
    _text("account_name", "its name"),
    _text("currency", "its base currency"),
    _column("money_decimals", Integer, "how many decimals its money has"),
    _exact("initial_cash", "money", "what it began with"),
    _text("cost_basis", "`average` or `fifo`"),
    _text("desk", "the desk that it belongs to; empty: none"),
    *_times("created_at", "when it was defined"),
    _column("sequence", Number, "the input that defined it"),
)
ACCOUNT_BALANCES: Final = _table(
    "account_balances",
    "What an account has of a currency now, as the machine last said it.",
    _column("account_id", Number, "whose", ForeignKey("accounts.account_id"), primary_key=True),
    _column("currency", Text, "of what", primary_key=True),
    _exact("cash", "money", "cash"),
    _exact("realized_pnl", "money", "realised profit before fees, since the beginning"),
    _exact("fees", "money", "fees paid less rebates"),
    _exact("flows", "money", "deposits less withdrawals"),
    _exact("converted", "money", "what exchanges of currencies brought less what they took"),
    *_times("last_updated", "when it last changed"),
    _column("updated_sequence", Number, "the input that changed it last"),
)
INSTRUMENTS: Final = _table(
    "instruments",
    "What can be traded.",
    _id("instrument_id", "its number"),
    _text("symbol", "what it is called now"),
    _text("venue", "where it is traded"),
    _text("currency", "what it is priced in"),
    _text("kind", "`spot`, `perpetual` or `inverse`"),
    _column("price_decimals", Integer, "how many decimals its prices have"),
    _column("quantity_decimals", Integer, "how many decimals its quantities have"),
    _column("money_decimals", Integer, "how many decimals money has in it"),
    _exact("price_tick", "price", "the grid of its prices"),
    _exact("quantity_lot", "quantity", "the grid of its quantities"),
    _exact("quantity_min", "quantity", "the smallest order"),
    _exact("quantity_max", "quantity", "the largest order"),
    _exact("multiplier", "multiplier", "units of the underlying per contract"),
    _exact("maker_fee", "rate", "a share of the notional"),
    _exact("taker_fee", "rate", "likewise"),
    *_times("created_at", "when it was defined"),
    _column("sequence", Number, "the input that defined it"),
)
STRATEGIES: Final = _table(
    "strategies",
    "Who may send orders.",
    _id("strategy_id", "its number"),
    _text("strategy_name", "its name"),
    _link("account_id", "accounts.account_id", "what it trades with"),
    _column("parameters", Document, "its parameters as they are now", null=True),
    _text("status", "`enabled` or `disabled`"),
    _text("status_reason", "why it is disabled, and by whom it was enabled"),
    _text("trader", "who answers for its orders; empty: nobody"),
    *_times("created_at", "when it was defined"),
    *_times("updated_at", "when its row last changed"),
    _column("sequence", Number, "the input that defined it"),
    _column("updated_sequence", Number, "the input that changed it last"),
    UniqueConstraint("strategy_name"),
)
STRATEGY_PARAMETERS: Final = _table(
    "strategy_parameters",
    "Every version of a strategy's parameters, by the input that brought it.",
    _column("strategy_id", Number, "whose", ForeignKey("strategies.strategy_id"), primary_key=True),
    _column("version", Number, "the input that brought it", primary_key=True),
    _column("parameters", Document, "as JSON", null=True),
    *_times("created_at", "since when they hold"),
)
ORDERS: Final = _table(
    "orders",
    "Every order that ever was, as it stands now. Refused ones are orders, too.",
    _id("order_id", "our number of it; never used again"),
    _link("strategy_id", "strategies.strategy_id", "who wanted it"),
    _link("account_id", "accounts.account_id", "for whose money"),
    _link("instrument_id", "instruments.instrument_id", "in what"),
    _text("symbol", "what that was called when the order was made"),
    _text("venue", "where it goes"),
    _text("side", "`buy` or `sell`"),
    _text("order_type", "`market`, `limit`, `stop`, ..., as it was asked for"),
    _text("time_in_force", "`gtc`, `ioc`, `fok`, `day`, `gtd`, `at_open`, `at_close`"),
    _column("post_only", Boolean, "whether it must not take"),
    _column("reduce_only", Boolean, "whether it may only bring the position nearer to zero"),
    _exact("quantity", "quantity", "in all, what is filled included"),
    _exact("limit_price", "price", "its limit; null: none", null=True),
    _exact("stop_price", "price", "its trigger as it was asked for; null: none", null=True),
    _exact("display_quantity", "quantity", "what an iceberg shows; null: all", null=True),
    *_times("expires_at", "until when it works, of `gtd`", null=True),
    _text("status", "where it stands: one of the statuses in orders.md"),
    _text("status_reason", "why it was refused, rejected, canceled or is unknown; may be empty"),
    _exact("filled_quantity", "quantity", "what was filled"),
    _exact("canceled_quantity", "quantity", "what was canceled or has expired"),
    _exact("leaves_quantity", "quantity", "what may still trade"),
    _exact("replace_quantity", "quantity", "asked for by a replace in flight", null=True),
    _exact("average_price", "average", "of its fills, half to even; null: none", null=True),
    _exact("filled_product", "product", "sum of price x quantity of its fills, exactly"),
    _column("fills", Integer, "how many fills it has that were not taken back"),
    _text("client_order_id", "what the venue knows it by; null: it never left", null=True),
    _text(
        "replace_client_order_id", "what it is to be known by, of a replace in flight", null=True
    ),
    _text("venue_order_id", "the venue's own id; null: not known", null=True),
    _exact("decision_price", "price", "at which it was decided; null: not said", null=True),
    _column("parent_order_id", Number, "the parent that it works; null: none", null=True),
    _column("after_order_id", Number, "held until this order fills; null: none", null=True),
    _column("group_id", Number, "those of one group are contingent; null: none", null=True),
    _text("contingency", "`none`, `oco` or `ouo`"),
    _text("tag", "the strategy's own mark"),
    _text("reason", "why the strategy wanted it"),
    _text("trader", "who answers for it; empty: nobody"),
    *_times("created_at", "when it was asked for"),
    *_times("updated_at", "when something about it last happened"),
    _column("sequence", Number, "the input that asked for it"),
    _column("updated_sequence", Number, "the last input about it"),
)
ORDER_EVENTS: Final = _table(
    "order_events",
    "All that was ever said about an order: inputs that name it, and what the machine answered.",
    _id("event_id", "sequence x 1,000,000 + position: order by it"),
    _link("order_id", "orders.order_id", "about which order"),
    _column("sequence", Number, "the input"),
    _column("position", Integer, "0: the input itself; else the place of the output"),
    _text("event_type", "the kind of record: `SubmitRequest`, `OrderFilled`, ..."),
    _column("event_data", Document, "the record itself, as `fairlead schema` describes it"),
    *_times("event_time", "when it happened, by our clock"),
    _text("user_id", "who: a strategy, `venue:NAME`, a person, or `machine`"),
    UniqueConstraint("sequence", "position"),
)
FILLS: Final = _table(
    "fills",
    "Every execution that was booked on an order, once. One that was taken back says so.",
    _id("fill_id", "the event that booked it"),
    _link("order_id", "orders.order_id", "of which order"),
    _link("strategy_id", "strategies.strategy_id", "whose"),
    _link("account_id", "accounts.account_id", "for whose money"),
    _link("instrument_id", "instruments.instrument_id", "in what"),
    _text("symbol", "what that was called then"),
    _text("side", "`buy` or `sell`"),
    _exact("fill_quantity", "quantity", "how much"),
    _exact("fill_price", "price", "at what price"),
    _exact("commission", "money", "the fee; negative: a rebate"),
    _text("currency", "of price and fee"),
    _text("liquidity", "`maker` or `taker`"),
    _text("venue", "where"),
    _column("session_date", Number, "yyyymmdd of the venue's trading day"),
    _text("exec_id", "the venue's id of it, unique in venue and session date"),
    *_times("fill_time", "when it was booked, by our clock"),
    *_times("venue_time", "when it happened, by the venue's; null: not said", null=True),
    _column("sequence", Number, "the input that brought it"),
    _column("busted_sequence", Number, "the input that took it back; null: it stands", null=True),
    *_times("busted_at", "when it was taken back", null=True),
    _text("busted_reason", "why", null=True),
    UniqueConstraint("venue", "session_date", "exec_id"),
)
POSITIONS: Final = _table(
    "positions",
    "What each strategy holds, and what an account holds for no strategy.",
    _id("position_id", "the event that opened it first"),
    _link("account_id", "accounts.account_id", "for whose money"),
    _link("strategy_id", "strategies.strategy_id", "whose; null: for no strategy", null=True),
    _link("instrument_id", "instruments.instrument_id", "of what"),
    _text("symbol", "what that is called now"),
    _text("currency", "of the money in this row"),
    _exact("quantity", "quantity", "long is positive, short is negative"),
    _exact("avg_cost", "average", "what one of them cost; null: flat", null=True),
    _exact("open_cost", "money", "what all of them cost: negative for a short"),
    _exact("realized_pnl", "money", "realised profit before fees"),
    _exact("unrealized_pnl", "money", "what closing at the mark adds; null: no mark", null=True),
    _text("mark_missing", "why there is no mark; empty: there is one"),
    _exact("fees", "money", "fees paid less rebates"),
    *_times("last_updated", "when it last moved"),
    _column("sequence", Number, "the input that opened it first"),
    _column("updated_sequence", Number, "the input that moved it last"),
    UniqueConstraint("account_id", "strategy_id", "instrument_id"),
)
Index(
    "uq_positions_of_nobody",
    POSITIONS.c.account_id,
    POSITIONS.c.instrument_id,
    unique=True,
    sqlite_where=POSITIONS.c.strategy_id.is_(None),
    postgresql_where=POSITIONS.c.strategy_id.is_(None),
)
POSITION_EVENTS: Final = _table(
    "position_events",
    "Every movement of a position. The deltas of a position add up to its quantity.",
    _id("event_id", "sequence x 1,000,000 + position of the output: order by it"),
    _link("position_id", "positions.position_id", "of which position"),
    _link("instrument_id", "instruments.instrument_id", "of what"),
    _column("sequence", Number, "the input"),
    _column("position", Integer, "the place of the output"),
    _text("event_type", "`fill`, `bust`, `correction`, `split`, `dividend`, `fee`, ..."),
    _exact("quantity_delta", "quantity", "what came or (negative) went"),
    _exact("price", "price", "at what price; null: at none", null=True),
    _exact("quantity", "quantity", "the position after it"),
    _exact("open_cost", "money", "what it cost, after it"),
    _exact("realized_pnl", "money", "realised, after it"),
    _exact("fees", "money", "fees, after it"),
    _link("fill_id", "fills.fill_id", "the fill that did it or was taken back", null=True),
    _text("cause", "in words, where it was no fill"),
    *_times("event_time", "when it happened, by our clock"),
)
REFUSALS: Final = _table(
    "refusals",
    "Requests that did not pass: one row for each check that failed.",
    _id("event_id", "sequence x 1,000,000 + position of the output"),
    _column("number", Integer, "which of the failed checks, from 0", primary_key=True),
    _column("order_id", Number, "the number that was asked for: it may be no order"),
    _column("strategy_id", Number, "who asked: it may be unknown"),
    _column("instrument_id", Number, "in what: it may be unknown"),
    _text("request", "`submit`, `cancel` or `replace`"),
    _text("check_name", "the check that failed"),
    _text("measured", "what was measured, as people write it; null: nothing could be", null=True),
    _text("limit_value", "what would have passed; null: nothing", null=True),
    _text("unit", "what both are counted in"),
    _text("scope", "whose limit it is; empty: the instrument's"),
    _column("sequence", Number, "the input"),
    *_times("event_time", "when"),
)
ACTIONS: Final = _table(
    "operator_actions",
    "What people ordered, booked, set and explained, and whether it was taken.",
    _id("sequence", "the input"),
    _text("action", "the kind of input: `KillCommand`, `RiskLimitChange`, ..."),
    _text("person", "who"),
    _text("reason", "why"),
    _text("refused", "why it was refused; null: it was taken", null=True),
    _column("proposal", Number, "waits for a second person under this number", null=True),
    _column("data", Document, "the input itself"),
    *_times("event_time", "when"),
)
FAULTS: Final = _table(
    "faults",
    "What could not be booked, contradicts our record, or was refused as an input.",
    _id("event_id", "sequence x 1,000,000 + position of the output"),
    _text("kind", "`ReportFaulted`, `FillQuarantined`, `BreakOpened`, `InputRefused`, ..."),
    _column("order_id", Number, "the order it names: it may be none of ours", null=True),
    _column("instrument_id", Number, "the instrument it names; null: none", null=True),
    _text("reason", "in words"),
    _column("data", Document, "the fact itself"),
    _column("sequence", Number, "the input"),
    *_times("event_time", "when"),
)

# Made by the second migration: what people search by.
for _indexed in (
    (ORDERS.c.strategy_id, ORDERS.c.created_at_ns),
    (ORDERS.c.instrument_id, ORDERS.c.status),
    (ORDER_EVENTS.c.order_id, ORDER_EVENTS.c.event_id),
    (FILLS.c.order_id,),
    (FILLS.c.instrument_id, FILLS.c.fill_time_ns),
    (POSITION_EVENTS.c.position_id, POSITION_EVENTS.c.event_id),
    (REFUSALS.c.check_name,),
):
    Index(None, *_indexed)
