"""The plain words of scenario scripts: what can be said to a machine, and how it answers.

Every script begins with a desk that trades: account `main` with 100000, strategies `mm` and `arb`,
instruments `ABC` at venue `SIM` and `XYZ` at venue `OTHER` (whole prices, whole quantities),
limits so wide that nothing but what a script sets refuses an order, and a fresh quote of 99 to
101. A line is about `mm` and `ABC` unless it ends in `by arb` or `in XYZ`. Between two lines lies
a millisecond.
"""

import re
from decimal import Decimal
from typing import Any

from fairlead.cli.script import STEP, Script
from fairlead.model.errors import UnreadableText
from fairlead.model.outputs import Output
from fairlead.model.text import INPUTS, record_form, write
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND
from tests.script_book_words import book_input
from tests.script_breaker_words import BREAKER_ANSWERS, breaker_input
from tests.script_limit_words import LIMIT_ANSWERS, limit_input, told
from tests.script_risk_words import risk_input

LIMITS = {
    "order_quantity_max": "1000",
    "order_notional_max": "1000000",
    "position_quantity_max": "1000",
    "collar": "5000",
    "reference_age_max": str(60 * NANOS_PER_SECOND),
}
DESK = (
    *("node 1", "account main 100000"),
    *("strategy mm", "strategy arb"),
    "instrument ABC",
    "instrument XYZ venue OTHER",
    "limit order_quantity_max 1000",
    "limit order_quantity_max 1000 in XYZ",
    "rate 100",
    "quote 99 10 101 10",
    "quote 99 10 101 10 in XYZ",
    "start",
)

SCOPE = r"(?P<scope>firm|(desk|account|strategy|venue|instrument) \w+)"
# The first id of the orders that close positions of a strategy after a kill; `k1` in a script.
CLOSING = 0xFF << 32
# What can be said, and which input it is. A group is the field of its name.
SAYINGS = {
    r"node (?P<epoch>\d+)": "NodeStarted",
    r"account (?P<name>\w+) (?P<cash>\S+)( (?P<currency>[A-Z]+))?": "AccountDefinition",
    r"strategy (?P<name>\w+)( account (?P<account>\w+))?": "StrategyDefinition",
    r"request (?P<order>\d+) (?P<side>buy|sell) (?P<quantity>\S+)( at (?P<price>\S+))?"
    r"(?P<terms> .+)?": "SubmitRequest",
    r"cancel (?P<order>\d+)": "CancelRequest",
    r"replace (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)": "ReplaceRequest",
    r"accept (?P<order>\d+)": "VenueAccepted",
    r"reject (?P<order>\d+)(?P<transient> for now)?( because (?P<reason>.+))?": "VenueRejected",
    r"fill (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)( as (?P<execution>\S+))?"
    r"( fee (?P<fee>\S+))?( counting (?P<cumulative>\S+))?": "VenueFilled",
    r"bust (?P<execution>\S+) of (?P<order>\d+)( because (?P<reason>.+))?": "VenueBusted",
    r"correct (?P<original>\S+) of (?P<order>\d+) to (?P<quantity>\S+) at (?P<price>\S+)"
    r" as (?P<execution>\S+)": "VenueCorrected",
    r"status (?P<order>\d+) (?P<status>\w+)( filled (?P<filled>\S+))?": "VenueOrderStatus",
    r"not found (?P<order>\d+)": "VenueOrderStatus",
    r"triggered (?P<order>\d+)": "VenueTriggered",
    r"suspended (?P<order>\d+)( because (?P<reason>.+))?": "VenueSuspended",
    r"resumed (?P<order>\d+)": "VenueResumed",
    r"done for day (?P<order>\d+)": "VenueDoneForDay",
    r"canceled (?P<order>\d+)( because (?P<reason>.+))?": "VenueCanceled",
    r"cancel rejected (?P<order>\d+)( because (?P<reason>.+))?": "VenueCancelRejected",
    r"replaced (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)"
    r"( as (?P<venue_order>\S+))?": "VenueReplaced",
    r"replace rejected (?P<order>\d+)( to message (?P<request>\d+))?"
    r"( because (?P<reason>.+))?": "VenueReplaceRejected",
    r"expired (?P<order>\d+)": "VenueExpired",
    r"disconnect (?P<venue>\w+)( because (?P<reason>.+))?": "VenueDisconnected",
    r"connect (?P<venue>\w+)": "VenueConnected",
    r"quote (?P<bid_price>\S+) (?P<bid_quantity>\S+) (?P<ask_price>\S+) (?P<ask_quantity>\S+)"
    r"( update (?P<update>\d+))?": "Quote",
    r"trade (?P<aggressor>buy|sell) (?P<quantity>\S+) at (?P<price>\S+)"
    r"( as (?P<trade_id>\S+))?": "Trade",
    r"book bids(?P<bids>.*) asks(?P<asks>.*?)( update (?P<update>\d+))?": "BookSnapshot",
    r"change bids(?P<bids>.*) asks(?P<asks>.*?)( update (?P<update>\d+))?": "BookChange",
    r"gap (?P<reason>.+)": "BookGap",
    r"rate (?P<count_max>\d+)( reserve (?P<cancel_reserve>\d+))?": "MessageRateChange",
    r"fail (?P<error>.+)": "StrategyFailed",
    rf"kill( {SCOPE})?( to (?P<mode>block|cancel|flatten|disconnect))?": "KillCommand",
    rf"release( {SCOPE})?( because(?P<reason>.*))?": "ReleaseCommand",
    r"reopen": "ReopenCommand",
    r"stop (?P<policy>cancel|keep)": "StopCommand",
    r"start( because(?P<reason>.*))?": "StartCommand",
    r"stop strategy": "StrategyStopCommand",
    r"tick": "TimePassed",
    r"day (?P<session_date>\d+)( at (?P<venue>\w+))?": "TradingDayBegan",
    r"halted( because (?P<reason>.+))?": "TradingStatus",
    r"tradable": "TradingStatus",
    r"marks at (?P<policy>\w+)": "MarkPolicyChange",
    r"mark (?P<price>\S+)": "MarkPrice",
    r"resolve (?P<order>\d+) as (?P<status>\w+)": "ResolveOrderCommand",
    r"adopt fill (?P<execution>\S+)( for (?P<strategy>\w+) as (?P<side>\w+))?": "AdoptFillCommand",
    r"close break (?P<number>\d+)": "CloseBreakCommand",
    r"give break (?P<number>\d+) to (?P<owner>\w+)": "AssignBreakCommand",
    r"correct position by (?P<quantity>\S+) at (?P<price>\S+)": "PositionCorrection",
    r"undo (?P<correction>\d+)": "ReverseCommand",
    r"(?P<kind>deposit|withdrawal|funding|dividend|borrow|interest|fee|adjustment)"
    r" (?P<amount>\S+) as (?P<reference>\S+)": "CashMoved",
    r"currency (?P<currency>\w+)": "CurrencyDefinition",
    r"rate of (?P<currency>\w+) (?P<rate>\S+) (?P<quote_currency>\w+)": "ExchangeRate",
    r"exchange (?P<paid>\S+) (?P<paid_currency>\w+) for (?P<received>\S+)"
    r" (?P<received_currency>\w+) as (?P<reference>\S+)": "CashConverted",
    r"split (?P<new>\d+) for (?P<old>\d+)( fractions at (?P<lieu_price>\S+))?"
    r" as (?P<reference>\S+)": "InstrumentSplit",
    r"pays (?P<amount>\S+) as (?P<reference>\S+)": "CashDividend",
    r"renamed (?P<symbol>\w+) as (?P<reference>\S+)": "InstrumentRenamed",
    r"reconcile": "ReconcileCommand",
    r"sign off (?P<session_date>\d+)": "SignOffCommand",
    r"tolerance (?P<quantity>\S+)": "ToleranceChange",
}

# What may be said of an order beside its side, quantity and limit: the word, and its field.
TERMS = {
    "trigger": "trigger_price",
    "trail": "trail",
    "share": "trail_share",
    "show": "display_quantity",
    "peg": "peg",
    "until": "expire_time",
    "within": "timeout",
    "slippage": "slippage_max",
    "decided": "decision_price",
    "after": "after",
    "parent": "parent",
    "oco": "group",
    "ouo": "group",
    "on": "trigger",
}
TIMES = ("ioc", "fok", "day", "gtd", "at_open", "at_close")
# The sections of a statement, and what stands between the colons of a line.
LINES = {
    "orders": ("order", "side", "quantity", "price", "filled"),
    "fills": ("execution", "order", "side", "quantity", "price", "fee"),
    "positions": ("instrument", "quantity"),
    "cash": ("currency", "amount"),
}
FLAGS = {"reduce": "reduce_only", "post": "post_only"}
TYPES = ("unset", "market_to_limit")

# How an answer is said. Outputs in text form fill the gaps.
ANSWERS = {
    **BREAKER_ANSWERS,
    **LIMIT_ANSWERS,
    "SendOrder": "send {approved[order]} {approved[side]} {approved[quantity]}"
    " at {approved[price]}",
    "CancelOrder": "send cancel {order}",
    "ReplaceOrder": "send replace {approved[order]} {approved[quantity]} at {approved[price]}",
    "OrderRefused": "refuse {order} {checks}",
    "OrderAccepted": "accepted {order}",
    "OrderRejected": "rejected {order}: {reason}",
    "OrderFilled": "filled {order} {quantity} at {price}, leaves {leaves}",
    "OrderCanceled": "canceled {order}, {canceled} not filled",
    "OrderExpired": "expired {order}, {canceled} not filled",
    "OrderReplaced": "replaced {order} {quantity} at {price}",
    "CancelRejected": "cancel rejected {order}, it is {status}",
    "ReplaceRejected": "replace rejected {order}, it is {status}",
    "OrderUnknown": "unknown {order}: {reason}",
    "OrderOverfilled": "OVERFILLED {order} by {excess}",
    "FillIgnored": "ignored fill {execution} of {order}",
    "FillQuarantined": "QUARANTINED fill {execution} of {order}, {quantity} at {price}: {reason}",
    "ReportFaulted": "FAULT {report} of {order}: {reason}",
    "PositionChanged": "position {quantity} cost {open_cost} realised {realised} fees {fees}",
    "AccountChanged": "cash {cash} realised {realised} fees {fees}",
    "BookStale": "book stale: {reason}",
    "BookRestored": "book restored",
    "InputRefused": "input refused: {reason}",
    "StrategyDisabled": "disabled {strategy}: {reason}",
    "StrategyEnabled": "let {strategy} trade again: {person}, {reason}",
    "RiskLimitsChanged": "limits of {where} hold from now on, version {version}",
    "LimitAlert": "ALERT {kind} of {where}: {level}, {measured} of {hard}",
    "ClockAlert": "clock {level}: {offset} apart",
    "SelfTradePrevented": "order {order} met our own {other}: {action}",
    "OrderResized": "resized {order} from {asked} to {quantity}: {cause}",
    "KillEngaged": "KILLED {where} to {mode}",
    "KillReleased": "released {where}",
    "KillStepped": "kill of {where} {step}: {done} done, {left} left{noted}",
    "InstrumentReopened": "reopened",
    "TradingStopped": "stopped",
    "TradingStarted": "started",
    "OrderHeld": "held {order} {reason}",
    "OrderTriggered": "triggered {order} by {price}",
    "OrderSuspended": "suspended {order}: {reason}",
    "OrderResumed": "resumed {order}",
    "OrderDoneForDay": "done for the day {order}",
    "FillBusted": "BUSTED {execution} of {order}, {quantity} at {price}: {reason}, leaves {leaves}",
    "OrderRetried": "attempt {attempt} of {order} comes: {reason}",
    "OrderTimedOut": "out of time {order}",
    "OrderResolved": "resolved {order} as {status}: {evidence}",
    "SlippageExceeded": "SLIPPAGE {order}: decided at {decision_price}, market {market_price}",
    "FillDiscarded": "discarded fill {execution}: {person}, {reason}",
    "PositionCorrected": "corrected position by {quantity} at {price}: {cause}",
    "CashBooked": "booked {kind} {amount}",
    "CashExchanged": "exchanged {paid} {paid_currency} for {received} {received_currency}",
    "BreakOpened": "BREAK {number} {kind} {item}: ours {ours}, theirs {theirs}",
    "BreakChanged": "break {number}: ours {ours}, theirs {theirs}, owner {owner}",
    "BreakClosed": "break {number} {state}: {cause}",
    "StatementReconciled": "reconciled: lines {compared}, differences {differences},"
    " booked {booked}, open {open_breaks}",
    "InstrumentUnconfirmed": "unconfirmed: {reason}",
    "InstrumentConfirmed": "confirmed",
    "DayStarted": "day {session_date} begins with {equity}",
    "DaySignedOff": "signed off {session_date}: {fills} fills, {working_orders} working,"
    " {open_breaks} breaks, profit {daily_profit}",
    "InstrumentAdjusted": "adjusted: {action}",
    "CorrectionReversed": "undone {correction}",
    "LimitsAdjusted": "limits order {order_quantity_max} position {position_quantity_max}",
    "QueryOrder": "ask about {order} ({client_order})",
    "Disconnect": "disconnect from {venue}",
    "RequestStatement": "ask {venue} for a statement: {reason}",
}
REMAINDERS = ("quantity_lot", "price_tick")  # checks that divide, not compare


# What some sayings mean beside the words that they take.
MEANINGS: dict[str, dict[str, Any]] = {
    "status": {"found": True},
    "not found": {"found": False},
    "halted": {"tradable": False},
    "tradable": {"tradable": True},
}
# Cash that is of no strategy and no instrument.
OF_THE_ACCOUNT = ("deposit", "withdrawal", "interest", "adjustment", "fee")
POLICIES = {
    "orders": "OrderPolicyChange",
    "reconciliation": "ReconciliationPolicyChange",
    "kill": "KillPolicyChange",
}
STRATEGIES = {"mm": 1, "arb": 2}
SPANS = (  # in seconds
    *("timeout", "retry_delay", "answer_timeout", "interval", "expire_time"),
    *("confirm", "retry", "flatten", "stage"),
)


class Desk:
    """A machine, spoken to in plain words."""

    def __init__(self) -> None:
        """Begin with a desk that trades."""
        self.script = Script()
        self.limits: dict[str, dict[str, str]] = {}
        self.answered: set[str] = set()
        self.fills = 0
        self.waiting = 0
        for line in DESK:
            answered = self.say(line)
            assert not any(answer.startswith("unreadable") for answer in answered), answered

    def say(self, line: str) -> list[str]:
        """Say a line; return what is answered."""
        if found := re.fullmatch(r"wait (\d+)(ms|s)", line):
            unit = NANOS_PER_SECOND if found[2] == "s" else NANOS_PER_MILLISECOND
            self.waiting += int(found[1]) * unit
            return []
        if line.startswith("show "):
            return self.shown(line.removeprefix("show "))
        time = self.script.time + STEP + self.waiting
        self.waiting = 0
        try:
            _, outputs = self.script.take({**self.spoken(line), "time": time})
        except UnreadableText as error:
            return [f"unreadable: {error}"]
        self.answered |= {type(output).__name__ for output in outputs}
        return [self.answer(output) for output in outputs]

    def spoken(self, line: str) -> dict[str, Any]:
        """Return the input that a line is, in text form."""
        about = {
            "strategy": "mm",
            "instrument": "ABC",
            "account": "main",
            "currency": "USD",
            "person": "ann",
            "reason": "a test",
        }
        while tail := re.search(r" (by|in) (#?\w+)$", line):
            about["strategy" if tail[1] == "by" else "instrument"] = tail[2]
            line = line[: tail.start()]
        if found := re.fullmatch(r"limit (\w+) (\d+)", line):
            return self.limit(about["instrument"], found[1], found[2])
        if found := re.fullmatch(r"instrument (\w+)(.*)", line):
            return instrument(found[1], found[2])
        line = re.sub(r"\bk(\d+)\b", lambda found: self.closing(found, about["strategy"]), line)
        if found := re.fullmatch(r"(orders|reconciliation|kill) policy (.+)", line):
            return policy(found[1], found[2])
        if found := re.fullmatch(r"statement of (\w+)(.*)", line):
            return statement(found[1], found[2])
        found_risk = breaker_input(line) or risk_input(line, about) or book_input(line, about)
        if (said := found_risk or limit_input(line, about, self.script)) is not None:
            return said
        for saying, kind in SAYINGS.items():
            if found := re.fullmatch(saying, line):
                fields = {
                    name: each for name, each in found.groupdict().items() if each is not None
                }
                for words, meaning in MEANINGS.items():
                    fields |= meaning if line.startswith(words) else {}
                return self.completed(kind, about, fields)
        raise AssertionError(f"{line!r} is nothing that can be said in a script")

    def closing(self, found: re.Match[str], strategy: str) -> str:
        """Return the id of an order that closes a position of a strategy after a kill."""
        return str((STRATEGIES[strategy] << 40) + CLOSING + int(found[1]))

    def completed(self, kind: str, about: dict[str, str], fields: dict[str, Any]) -> dict[str, Any]:
        """Return the input of a kind with what need not be said."""
        for side in ("bids", "asks"):
            if side in fields:
                fields[side] = [level.split("x") for level in fields[side].split()]
        if kind == "MessageRateChange":
            return {"type": kind, "rate": fields, "person": "ann"}
        if kind == "AccountDefinition":
            return {"type": kind, "money_decimals": "0", **fields}
        if kind == "StrategyDefinition":
            return {"type": kind, "account": "main", **fields}
        if kind == "VenueFilled":
            self.fills += 1
            fields.setdefault("execution", f"e{self.fills}")
        if "scope" in fields:
            scope, _, name = fields["scope"].partition(" ")
            fields["scope"] = {"kind": scope, "name": name}
        fields = meant(kind, fields, self.script.time)
        known = {field.name for field in record_form(INPUTS[kind]).fields}
        said = {name: value for name, value in about.items() if name in known}
        return {"type": kind, **said, **fields}

    def limit(self, symbol: str, name: str, value: str) -> dict[str, Any]:
        """Return the change of one limit; the others stay."""
        limits = self.limits.setdefault(symbol, dict(LIMITS))
        assert name in limits, f"{name!r} is no limit"
        limits[name] = value
        return {"type": "LimitChange", "limits": {"instrument": symbol, **limits}, "person": "ann"}

    def answer(self, output: Output) -> str:
        """Return an output in plain words."""
        fields = write(output, self.script.names)
        kind = fields["type"]
        said = {"checks": checks(fields), "where": where(fields), "noted": noted(fields)}
        words = ANSWERS[kind].format_map({**fields, **said, **told(fields)})
        words = re.sub(r"\b\d{13}\b", short, words)
        words = re.sub(r" at 0$", " at market", words)
        inside = fields.get("approved", fields)
        if inside.get("strategy", "mm") not in ("mm", "#0") and kind != "StrategyDisabled":
            words += f" by {inside['strategy']}"
        if inside.get("instrument", "ABC") not in ("ABC", "#0"):
            words += f" in {inside['instrument']}"
        return words

    def shown(self, what: str) -> list[str]:
        """Return part of the state in plain words."""
        state = self.script.state()
        if what == "orders":
            return [
                f"{order['order']} {order['side']} {order['quantity']} at {order['price']}"
                f" {order['status']}, filled {order['filled']}, leaves {order['leaves']}"
                for order in state["orders"]
            ]
        if what == "positions":
            return [
                f"{each['strategy']} {each['instrument']} {each['quantity']}"
                f" average {each['average_cost']} realised {each['realised']}"
                f" unrealised {each['unrealised']} fees {each['fees']}"
                for each in state["positions"]
            ]
        if what == "books":
            return [
                f"{book['instrument']} {book['bid_quantity']}x{book['bid_price']}"
                f" {book['ask_price']}x{book['ask_quantity']}"
                f"{' stale: ' if book['stale'] else ''}{book['reason']}"
                for book in state["books"]
            ]
        assert what == "accounts", f"{what!r} cannot be shown"
        return [
            f"{each['account']} cash {each['cash']} equity {each['equity']}"
            for each in state["accounts"]
        ]


def instrument(symbol: str, terms: str) -> dict[str, Any]:
    """Return the definition of an instrument: whole prices, whole quantities, whole money."""
    words = terms.split()
    said = dict(zip(words[::2], words[1::2], strict=True))
    decimals = {"price_decimals": 0, "quantity_decimals": 0, "money_decimals": 0}
    return {"type": "InstrumentDefinition", "instrument": {"symbol": symbol, **decimals, **said}}


def checks(fields: dict[str, Any]) -> str:
    """Return the failed checks of a refusal: `position_quantity_max: 11 > 10`."""
    return ", ".join(check(failed) for failed in fields.get("failed", ()))


def where(fields: dict[str, Any]) -> str:
    """Return a scope in words: `strategy mm`."""
    scope = fields.get("scope", {"kind": "firm", "name": ""})
    return f"{scope['kind']} {scope['name']}".strip()


def noted(fields: dict[str, Any]) -> str:
    """Return a note, set off from what stands before it."""
    return f"; {fields['note']}" if fields.get("note") else ""


def short(found: re.Match[str]) -> str:
    """Return the id of an order that closes a position as `k1`; any other as it is."""
    number = int(found[0])
    return f"k{number & 0xFFFFFFFF}" if number & CLOSING == CLOSING else found[0]


def check(failed: dict[str, Any]) -> str:
    """Return one failed check, with what was measured and the limit where there are both."""
    name, measured, limit = failed["check"], failed["measured"], failed["limit"]
    if measured is None:
        return f"{name} of {failed['scope']}" if failed.get("scope") else str(name)
    if name in REMAINDERS:
        return f"{name}: {measured} is no multiple of {limit}"
    if limit is None:
        return f"{name}: {measured}"
    difference = Decimal(measured) - Decimal(limit)
    sign = ">" if difference > 0 else "<" if difference < 0 else "is"
    return f"{name}: {measured} {sign} {limit}"


def meant(kind: str, fields: dict[str, Any], now: int) -> dict[str, Any]:
    """Return the fields of an input from the words that were found."""
    if kind == "SubmitRequest":
        terms = request_terms(fields.pop("terms", ""), now)
        return {**fields, **terms}
    if kind == "VenueRejected":
        return {**fields, "transient": "transient" in fields}
    if kind == "AdoptFillCommand":
        return {"venue": "SIM", "session_date": 19700101, "strategy": "#0", **fields}
    if fields.get("kind") in OF_THE_ACCOUNT:
        return {**fields, "strategy": "#0", "instrument": "#0"}
    return fields


def request_terms(words: str, now: int) -> dict[str, Any]:
    """Return what is said of an order beside its side, quantity and limit.

    `trigger 105 on touch`, `trail 3`, `reduce`, `after 1`, `oco 7`, `until 5` (seconds from now).
    """
    found: dict[str, Any] = {}
    said = iter(words.split())
    for word in said:
        if word in FLAGS:
            found[FLAGS[word]] = True
        elif word in TYPES:
            found["order_type"] = word
        elif word in TIMES:
            found["time_in_force"] = word
        else:
            found[TERMS[word]] = next(said)
            if word in ("oco", "ouo"):
                found["contingency"] = word
    for name in SPANS:
        if name in found:
            found[name] = int(found[name]) * NANOS_PER_SECOND
    if "expire_time" in found:
        found["expire_time"] += now
    return found


def policy(what: str, words: str) -> dict[str, Any]:
    """Return a policy: `orders policy timeout 5 all_orders yes`; spans are in seconds."""
    said = words.split()
    terms: dict[str, Any] = dict(zip(said[::2], said[1::2], strict=True))
    for name, value in terms.items():
        if name in SPANS:
            terms[name] = int(value) * NANOS_PER_SECOND
        elif value in ("yes", "no"):
            terms[name] = value == "yes"
    return {"type": POLICIES[what], "policy": terms, "person": "ann"}


def statement(venue: str, words: str) -> dict[str, Any]:
    """Return a statement. A section that is not named is not covered; one without lines is empty.

    `orders 1:buy:8:100:3` (filled last), `fills e1:1:buy:3:100`, `positions ABC:3`,
    `cash USD:99700`.
    """
    sections: dict[str, list[dict[str, Any]]] = {}
    section = ""
    for word in words.split():
        if word in LINES:
            section = word
            sections[section] = []
        else:
            line: dict[str, Any] = dict(zip(LINES[section], word.split(":"), strict=False))
            if section in ("orders", "fills"):
                line["instrument"] = "ABC" if venue == "SIM" else "XYZ"
            sections[section].append(line)
    return {"type": "Statement", "account": "main", "venue": venue, **sections}
