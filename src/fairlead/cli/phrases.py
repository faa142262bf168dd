"""What an input or an output says about an order, as a line that a trader can read.

A phrase is a template over the text form of its record (`model/text.py`). What stands in brackets
is left out where a field in it is empty, zero or false; `{?name}` asks for a field without writing
it. A record without a phrase is called by its name.
"""

import re
from typing import Any, Final

from fairlead.cli.measured import short_money, span_phrase
from fairlead.cli.risk_phrases import RISK_INPUTS, RISK_OUTPUTS, risk_values
from fairlead.model import text
from fairlead.model.forms import Scope
from fairlead.model.inputs import Input, SubmitRequest
from fairlead.model.names import Names
from fairlead.model.outputs import OrderTimedOut, Output
from fairlead.model.statements import StatementFill, StatementOrder
from fairlead.model.units import Nanos
from fairlead.readers.written import printable, time_text

_MONEY_FIELDS: Final = (
    *("fee", "fees", "realised", "notional", "notional_max"),
    *("open_cost", "cash", "amount"),
)
_TIME_FIELDS: Final = ("as_of", "expire_time", "effective", "expires")
_WORD_FIELDS: Final = (
    *("kind", "liquidity", "order_type", "peg", "contingency", "state", "status"),
    *("time_in_force", "trigger"),
)
_PART: Final = re.compile(r"\[([^\[\]]*)\]")
_FIELD: Final = re.compile(r"\{\??(\w+)\}")
_ASKED: Final = re.compile(r"\{\?\w+\}")
_ZEROS: Final = re.compile(r"-?0*(\.0*)?")

_REASON: Final = "[: {reason}]"
_INPUTS: Final = {
    "CancelRequest": "{strategy} asks to cancel it",
    "ReplaceRequest": "{strategy} asks for {quantity} in all[ at {price}]",
    "ResolveOrderCommand": "{person} says that it is {status}: {reason}",
    "VenueAccepted": "the venue accepts it[ as {venue_order}]",
    "VenueRejected": "the venue rejects it[ for now{?transient}]" + _REASON,
    "VenueFilled": "the venue fills {quantity} at {price}, execution {execution}",
    "VenueCanceled": "the venue cancels it" + _REASON,
    "VenueCancelRejected": "the venue does not cancel it" + _REASON,
    "VenueReplaced": "the venue replaces it: {quantity} in all[ at {price}][, as {venue_order}]",
    "VenueReplaceRejected": "the venue does not replace it" + _REASON,
    "VenueExpired": "the venue lets it expire",
    "VenueTriggered": "the venue says that it has fired",
    "VenueSuspended": "the venue suspends it" + _REASON,
    "VenueResumed": "the venue resumes it",
    "VenueDoneForDay": "the venue is done with it for the day",
    "VenueBusted": "the venue takes execution {execution} back" + _REASON,
    "VenueCorrected": (
        "the venue corrects execution {original}: {quantity} at {price}, execution {execution}"
        + _REASON
    ),
    "VenueOrderStatus": (
        "the venue answers the query: [{?found}{status}, {filled} filled][{?lost}not found]"
    ),
    "SendBlocked": "the last mile holds message {request} back" + _REASON,
    "VenueDisconnected": "the session with {venue} breaks" + _REASON,
    "VenueConnected": "the session with {venue} stands",
    "Statement": "a statement of {account}[ from {source}] as of {as_of}",
    "Quote": "the market quotes {bid_price} to {ask_price}",
    "Trade": "the market trades at {price}",
    "BookChange": "the book changes",
    "BookSnapshot": "the book comes anew",
    "BookOrderAdded": "an order to {side} {quantity} at {price} comes into the book",
    "BookOrderExecuted": "{quantity} of an order in the book trades[ at {price}]",
    "BookOrderReduced": "{quantity} of an order in the book is taken back",
    "BookOrderRemoved": "an order leaves the book",
    "BookOrderReplaced": "an order in the book becomes {quantity} at {price}",
    "BookOrders": "the book comes anew, by order",
    "AuctionIndication": "an auction would pair {paired}[ at {price}]",
    "TradeBusted": "the venue takes its trade {trade_id} back",
    "FeedSourceChanged": "market data comes from {source}" + _REASON,
    "BookGap": "the feed loses its place" + _REASON,
    "MarkPrice": "the venue marks at {price}",
    "TradingStatus": "the venue's trading status changes" + _REASON,
    "TradingDayBegan": "the trading day {session_date} begins[ at {venue}]",
    "TimePassed": "its time has come",
    "TimerFired": "a timer of {strategy} has come",
    "NodeStarted": "a node starts, epoch {epoch}",
    "SnapshotTaken": "what stood after input {after} is kept as a snapshot",
    "StopCommand": "{person} ends the session" + _REASON,
    "StrategyStopCommand": "{person} takes {strategy} off" + _REASON,
    "StrategyFailed": "the strategy {strategy} fails[: {error}]",
    "ReopenCommand": "{person} reopens {instrument}" + _REASON,
    "AdoptFillCommand": "{person} explains execution {execution}[ as one of {strategy}]" + _REASON,
    "CloseBreakCommand": "{person} explains break {number}" + _REASON,
    "AssignBreakCommand": "{person} gives break {number} to {owner}" + _REASON,
    "PositionCorrection": "{person} corrects the position by {quantity} at {price}" + _REASON,
    "CashMoved": "{person} books cash" + _REASON,
    "InstrumentSplit": "{instrument} is split, {new} for {old}",
    "CashDividend": "{instrument} pays {amount} a unit",
    "InstrumentRenamed": "the instrument is called {symbol} from now on",
    "CashConverted": "{person} exchanges {paid} {paid_currency} for {received} {received_currency}"
    + _REASON,
    "ReverseCommand": "{person} undoes the correction of input {correction}" + _REASON,
    "ReconcileCommand": "{person} asks for statements" + _REASON,
    "SignOffCommand": "{person} signs off {account}, {session_date}" + _REASON,
    "OrderPolicyChange": "{person} sets how orders are made and given up" + _REASON,
    "ReconciliationPolicyChange": "{person} sets how statements are compared" + _REASON,
    "ToleranceChange": "{person} sets what difference is none" + _REASON,
    "MarkPolicyChange": "{person} sets how positions are valued" + _REASON,
    **RISK_INPUTS,
}
_SENT: Final = (
    "{quantity}[ at {price}], {order_type} {time_in_force}; worth at most {notional}, at worst"
    " {price_worst} a unit, position at worst {position_worst}"
)
_OUTPUTS: Final = {
    "SendOrder": "sent as {client_order}: " + _SENT,
    "ReplaceOrder": "replace sent as {client_order}: " + _SENT,
    "CancelOrder": "cancel sent[ for {client_order}]",
    "QueryOrder": "query sent for {client_order}",
    "OrderAccepted": "accepted",
    "OrderRejected": "REJECTED" + _REASON,
    "OrderFilled": "filled {quantity} at {price}, {liquidity}, fee {fee}",
    "OrderCanceled": "canceled, {canceled} of it not filled" + _REASON,
    "OrderExpired": "expired, {canceled} of it not filled",
    "OrderReplaced": "works now with {quantity} in all[ at {price}]",
    "CancelRejected": "not canceled: it is {status}",
    "ReplaceRejected": "not replaced: it is {status}",
    "OrderUnknown": "UNKNOWN" + _REASON,
    "OrderOverfilled": "OVER-FILLED by {excess}",
    "FillBeyondLimit": "execution {execution} at {price} is WORSE than the limit of {limit}",
    "FillIgnored": "execution {execution} was booked before: ignored",
    "FillQuarantined": (
        "execution {execution}, {quantity} at {price}, is QUARANTINED and the instrument closed"
        + _REASON
    ),
    "FillDiscarded": "execution {execution} is none of ours, says {person}" + _REASON,
    "ReportFaulted": "FAULT: {report} changes nothing" + _REASON,
    "OrderHeld": "held[ {reason}]",
    "OrderTriggered": "fired[ at {price}]",
    "OrderSuspended": "suspended",
    "OrderResumed": "works again",
    "OrderDoneForDay": "done for the day",
    "FillBusted": "execution {execution} taken back: {quantity} at {price}, fee {fee}" + _REASON,
    "OrderRetried": "tried again, attempt {attempt}" + _REASON,
    "OrderTimedOut": "not filled after {after}",
    "OrderResolved": "resolved as {status}, by {evidence}",
    "SlippageExceeded": (
        "the market is at {market_price}, decided at {decision_price}: more than {limit} basis"
        " points away"
    ),
    "PositionCorrected": "{instrument} of {strategy} by {quantity} at {price}: {cause}",
    "PositionChanged": "{strategy} holds {quantity}, realised {realised}, fees {fees}",
    "BreakOpened": "BREAK {number} opens, {kind}: ours {ours}, theirs {theirs}; for {owner}",
    "BreakChanged": "break {number}: ours {ours}, theirs {theirs}; for {owner}",
    "BreakClosed": "break {number} is {state}: {cause}",
    "StatementReconciled": (
        "a statement of {account}[ at {venue}] is compared: {compared} lines, {booked} fills"
        " booked, {differences} differences, {open_breaks} breaks open"
    ),
    "DaySignedOff": (
        "{account} is signed off for {session_date} by {person}: {fills} fills, {working_orders}"
        " orders working, {open_breaks} breaks open"
    ),
    "CorrectionReversed": "the correction of input {correction} is undone by {person}" + _REASON,
    "LimitsAdjusted": "the limits of {instrument} follow its split",
    **RISK_OUTPUTS,
}
_LINES: Final[dict[type, str]] = {
    StatementOrder: "works, {side} {quantity}[ at {price}], {filled} filled",
    StatementFill: "{side} {quantity} at {price}, fee {fee}, execution {execution}",
}
PHRASED: Final = frozenset(_INPUTS) | frozenset(_OUTPUTS) | {"SubmitRequest"}


def input_phrase(record: Input, names: Names) -> str:
    """Return what an input says."""
    if isinstance(record, SubmitRequest):
        return _request(text.write(record, names))
    return _phrase(record, names, _INPUTS)


def output_phrase(record: Output, names: Names) -> str:
    """Return what an output says."""
    return _phrase(record, names, _OUTPUTS)


def line_phrase(line: StatementOrder | StatementFill, names: Names, time: Nanos) -> str:
    """Return what a line of a statement says."""
    template = _LINES[type(line)]
    return _fill(template, _values(text.record_form(type(line)).write(line, Scope(names, time))))


def terms_phrase(found: dict[str, Any]) -> str:
    """Return side, quantity, instrument, price and kind of an order in text form."""
    words = f"{found['side']} {found['quantity']} {found['instrument']}"
    if not is_empty(found["price"]):
        words += f" at {found['price']}"
    words += f", {_word(found['order_type'])} {_word(found['time_in_force'])}"
    return words + (", post only" if found["post_only"] else "")


def conditions_phrases(found: dict[str, Any]) -> list[str]:
    """Return the conditions of an order in text form, those that are set."""
    templates = (
        "trigger {trigger_price} on {trigger}",
        "trails by {trail}",
        "trails by {trail_share} basis points",
        "shows {display_quantity}",
        "pegged to {peg}",
        "peg offset {peg_offset}",
        "reduce only{?reduce_only}",
        "until {expire_time}",
        "given up after {timeout}",
        "slippage at most {slippage_max} basis points",
        "held until order {after} fills",
        "{contingency} in group {group}",
    )
    values = _values(found)
    values["timeout"] = span_phrase(found["timeout"]) if found["timeout"] else ""
    for name in ("peg", "contingency"):
        values[name] = "" if found[name] == "none" else _word(found[name])
    filled = (_fill(f"[{template}]", values) for template in templates)
    return [words for words in filled if words]


def is_empty(value: object) -> bool:
    """Whether a field in text form says nothing: empty, false, or zero in any decimals."""
    if isinstance(value, str):
        return _ZEROS.fullmatch(value) is not None
    return not value


def _request(found: dict[str, Any]) -> str:
    return f"{found['strategy']} asks to {terms_phrase(found)}"


def _phrase(record: Input | Output, names: Names, phrases: dict[str, str]) -> str:
    name = type(record).__name__
    template = phrases.get(name)
    if template is None:
        return _word(re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower())
    found = text.write(record, names)
    values = _values({**found, **found.get("approved", {})}) | risk_values(name, found)
    if isinstance(record, OrderTimedOut):
        values["after"] = span_phrase(record.after)
    return _fill(template, values)


def _values(found: dict[str, Any]) -> dict[str, Any]:
    """Return fields as a person reads them: short money, times and spans, words with spaces."""
    values = dict(found)
    for name, value in found.items():
        if name in _MONEY_FIELDS and isinstance(value, str):
            values[name] = short_money(value)
        elif name in _TIME_FIELDS and value:
            values[name] = time_text(value)
        elif name in _WORD_FIELDS and isinstance(value, str):
            values[name] = _word(value)
    values["lost"] = not found.get("found", True)
    return values


def _fill(template: str, values: dict[str, Any]) -> str:
    """Return a template with its fields filled in; optional parts vanish where a field is empty."""

    def part(match: re.Match[str]) -> str:
        fields = _FIELD.findall(match[1])
        return "" if any(is_empty(values.get(name)) for name in fields) else match[1]

    return printable(_ASKED.sub("", _PART.sub(part, template)).format_map(values))


def _word(word: str) -> str:
    return word.replace("_", " ")
