"""Scenarios that a trader can read, run against the real machine.

`tests/scripts/*.txt` are written in plain words; what the machine answers to a line stands below
it, behind `> `. `FAIRLEAD_REWRITE=1 pytest tests/test_scripts.py` writes the answers anew: read
the difference before you believe it.

Every script begins with a desk that trades: account `main` with 100000, strategies `mm` and `arb`,
instruments `ABC` at venue `SIM` and `XYZ` at venue `OTHER` (whole prices, whole quantities),
limits so wide that nothing but what a script sets refuses an order, and a fresh quote of 99 to
101. A line is about `mm` and `ABC` unless it ends in `by arb` or `in XYZ`. Between two lines lies
a millisecond.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.script import STEP, Script
from fairlead.model.errors import UnreadableText
from fairlead.model.outputs import Output
from fairlead.model.text import INPUTS, OUTPUTS, record_form, write
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))
LIMITS = {
    "order_quantity_max": "1000",
    "order_notional_max": "1000000",
    "position_quantity_max": "1000",
    "collar": "5000",
    "reference_age_max": str(60 * NANOS_PER_SECOND),
}
DESK = (
    "node 1",
    "account main 100000",
    "strategy mm",
    "strategy arb",
    "instrument ABC",
    "instrument XYZ venue OTHER",
    "limit order_quantity_max 1000",
    "limit order_quantity_max 1000 in XYZ",
    "rate 100",
    "quote 99 10 101 10",
    "quote 99 10 101 10 in XYZ",
    "start",
)

# What can be said, and which input it is. A group is the field of its name.
SAYINGS = {
    r"node (?P<epoch>\d+)": "NodeStarted",
    r"account (?P<name>\w+) (?P<cash>\S+)( (?P<currency>[A-Z]+))?": "AccountDefinition",
    r"strategy (?P<name>\w+)( account (?P<account>\w+))?": "StrategyDefinition",
    r"request (?P<order>\d+) (?P<side>buy|sell) (?P<quantity>\S+)( at (?P<price>\S+))?"
    r"( (?P<time_in_force>ioc|fok))?": "SubmitRequest",
    r"cancel (?P<order>\d+)": "CancelRequest",
    r"replace (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)": "ReplaceRequest",
    r"accept (?P<order>\d+)": "VenueAccepted",
    r"reject (?P<order>\d+)( because (?P<reason>.+))?": "VenueRejected",
    r"fill (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)( as (?P<execution>\S+))?"
    r"( fee (?P<fee>\S+))?": "VenueFilled",
    r"canceled (?P<order>\d+)( because (?P<reason>.+))?": "VenueCanceled",
    r"cancel rejected (?P<order>\d+)( because (?P<reason>.+))?": "VenueCancelRejected",
    r"replaced (?P<order>\d+) (?P<quantity>\S+) at (?P<price>\S+)": "VenueReplaced",
    r"replace rejected (?P<order>\d+)( because (?P<reason>.+))?": "VenueReplaceRejected",
    r"expired (?P<order>\d+)": "VenueExpired",
    r"disconnect (?P<venue>\w+)( because (?P<reason>.+))?": "VenueDisconnected",
    r"connect (?P<venue>\w+)": "VenueConnected",
    r"quote (?P<bid_price>\S+) (?P<bid_quantity>\S+) (?P<ask_price>\S+) (?P<ask_quantity>\S+)"
    r"( update (?P<update>\d+))?": "Quote",
    r"trade (?P<aggressor>buy|sell) (?P<quantity>\S+) at (?P<price>\S+)": "Trade",
    r"book bids(?P<bids>.*) asks(?P<asks>.*?)( update (?P<update>\d+))?": "BookSnapshot",
    r"change bids(?P<bids>.*) asks(?P<asks>.*?)( update (?P<update>\d+))?": "BookChange",
    r"gap (?P<reason>.+)": "BookGap",
    r"rate (?P<count_max>\d+)( reserve (?P<cancel_reserve>\d+))?": "MessageRateChange",
    r"fail (?P<error>.+)": "StrategyFailed",
    r"kill": "KillCommand",
    r"release( because(?P<reason>.*))?": "ReleaseCommand",
    r"reopen": "ReopenCommand",
    r"stop (?P<policy>cancel|keep)": "StopCommand",
    r"start( because(?P<reason>.*))?": "StartCommand",
    r"stop strategy": "StrategyStopCommand",
}

# How an answer is said. Outputs in text form fill the gaps.
ANSWERS = {
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
    "KillEngaged": "KILLED",
    "KillReleased": "released",
    "InstrumentReopened": "reopened",
    "TradingStopped": "stopped",
    "TradingStarted": "started",
}
REMAINDERS = ("quantity_lot", "price_tick")  # checks that divide, not compare


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
            self.say(line)

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
        about = {"strategy": "mm", "instrument": "ABC", "person": "ann", "reason": "a test"}
        while tail := re.search(r" (by|in) (#?\w+)$", line):
            about["strategy" if tail[1] == "by" else "instrument"] = tail[2]
            line = line[: tail.start()]
        if found := re.fullmatch(r"limit (\w+) (\d+)", line):
            return self.limit(about["instrument"], found[1], found[2])
        if found := re.fullmatch(r"instrument (\w+)(.*)", line):
            return instrument(found[1], found[2])
        for saying, kind in SAYINGS.items():
            if found := re.fullmatch(saying, line):
                fields = {
                    name: each for name, each in found.groupdict().items() if each is not None
                }
                return self.completed(kind, about, fields)
        raise AssertionError(f"{line!r} is nothing that can be said in a script")

    def completed(self, kind: str, about: dict[str, str], fields: dict[str, Any]) -> dict[str, Any]:
        """Return the input of a kind with what need not be said."""
        for side in ("bids", "asks"):
            if side in fields:
                fields[side] = [level.split("x") for level in fields[side].split()]
        if kind == "MessageRateChange":
            return {"type": kind, "rate": fields, "person": "ann"}
        if kind == "AccountDefinition":
            fields["money_decimals"] = "0"
        if kind == "StrategyDefinition":
            fields.setdefault("account", "main")
            return {"type": kind, **fields}
        if kind == "VenueFilled":
            self.fills += 1
            fields.setdefault("execution", f"e{self.fills}")
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
        words = ANSWERS[kind].format_map({**fields, "checks": checks(fields)})
        words = re.sub(r" at 0$", " at market", words)
        inside = fields.get("approved", fields)
        if inside.get("strategy", "mm") != "mm" and kind != "StrategyDisabled":
            words += f" by {inside['strategy']}"
        if inside.get("instrument", "ABC") != "ABC":
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


def check(failed: dict[str, Any]) -> str:
    """Return one failed check, with what was measured and the limit where there are both."""
    name, measured, limit = failed["check"], failed["measured"], failed["limit"]
    if measured is None:
        return str(name)
    if name in REMAINDERS:
        return f"{name}: {measured} is no multiple of {limit}"
    return f"{name}: {measured} {'>' if int(measured) > int(limit) else '<'} {limit}"


def run(lines: list[str]) -> tuple[list[str], Desk]:
    """Return the script with the answers of the machine in place."""
    desk = Desk()
    written = []
    for line in lines:
        if line.startswith("> "):
            continue
        written.append(line)
        if line.strip() and not line.startswith("#"):
            written += [f"> {answer}" for answer in desk.say(line)]
    return written, desk


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_the_machine_answers_as_the_script_says(script: Path) -> None:
    lines = script.read_text().splitlines()
    written, desk = run(lines)
    if os.environ.get("FAIRLEAD_REWRITE") == "1":
        script.write_text("\n".join(written) + "\n")
        return
    assert "\n".join(lines) == "\n".join(written)
    assert all(account["identity"] for account in desk.script.state()["accounts"])


def test_every_kind_of_output_is_shown_by_a_script() -> None:
    answered: set[str] = set()
    for script in SCRIPTS:
        answered |= run(script.read_text().splitlines())[1].answered
    assert set(OUTPUTS) - answered == set()
    assert set(ANSWERS) == set(OUTPUTS)
