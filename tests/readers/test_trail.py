"""Who did what, when, why and with whose approval: every kind of record has its class."""

from typing import Any, get_args

from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.risk_facts import ChangeProposed, ProposalEnded
from fairlead.model.text import read_input
from fairlead.model.units import Nanos, Sequence
from fairlead.readers.trail import CLASSES, Deed, Trail, classes_of
from tests.cli.journals import SETUP, report, request

# What the market, the clock and the node's own watch say: no deed of anybody about any of the four.
NO_DEEDS = {
    *("Quote", "Trade", "BookSnapshot", "BookChange", "BookGap", "MarkPrice", "TradingStatus"),
    *("ExchangeRate", "TradingDayBegan", "OutsideValue", "PriceBands", "SessionPhase"),
    *("MarketHalt", "LocateChange", "ShortSaleRestriction", "ReturnHistory", "TimerFired"),
    *("TimePassed", "ErrorReported", "WarningRaised", "WarningOpened", "BookStale", "BookRestored"),
    *("InputRefused", "PortfolioRiskMeasured", "JournalSpaceLow", "JournalSpaceBack"),
    *("SnapshotTaken", "ClockChecked", "ClockAlert", "BookOrderAdded", "BookOrderExecuted"),
    *("BookOrderReduced", "BookOrderRemoved", "BookOrderReplaced", "BookOrders"),
    *("AuctionIndication", "TradeBusted", "FeedSourceChanged"),
    *("DataQualityFound", "DataQualityRestored"),
}


def deeds(lines: list[dict[str, Any]], answers: dict[int, list[Output]]) -> list[Deed]:
    """Return the trail of these inputs; `answers` are what the machine said to some of them."""
    names, trail, found = Names(), Trail(), []
    for number, line in enumerate(lines, 1):
        input = read_input(line, names, Nanos(number))
        given = answers.get(number, [])
        found += list(trail.deeds(Sequence(number), Nanos(number), input, given))
    return found


def test_every_kind_has_its_class_or_is_no_deed() -> None:
    kinds = (*get_args(Input), *get_args(Output))
    without = {kind.__name__ for kind in kinds if not classes_of(kind)}
    assert without == NO_DEEDS, "give a new kind its class in readers/trail.py, or name it here"
    for kind in kinds:
        assert ("users" in classes_of(kind)) == ("person" in kind.__struct_fields__)
    assert {each for kind in kinds for each in classes_of(kind)} == set(CLASSES)


def test_each_deed_names_who_did_it_and_why() -> None:
    found = deeds([*SETUP, request(1, reason="wide"), report("VenueAccepted", 1)], {})
    told = [(deed.type, deed.actor, deed.reason, deed.classes) for deed in found]
    assert told == [
        ("NodeStarted", "node", "", ("config",)),
        ("AccountDefinition", "node", "", ("config",)),
        ("InstrumentDefinition", "node", "", ("config",)),
        ("StrategyDefinition", "node", "", ("config",)),
        ("LimitChange", "ann", "", ("config", "users")),
        ("MessageRateChange", "ann", "", ("config", "users")),
        ("StartCommand", "ann", "open", ("users",)),
        ("SubmitRequest", "strategy mm (ann)", "wide", ("orders",)),
        ("VenueAccepted", "venue", "", ("orders",)),
    ]
    assert {deed.epoch for deed in found} == {1}
    assert found[-2].content["order"] == 1


def test_a_change_of_two_persons_names_both() -> None:
    change = {"type": "StartCommand", "person": "ann", "reason": "wider"}
    approve = {
        "type": "ApproveCommand",
        "number": 7,
        "digest": "ab",
        "person": "bob",
        "reason": "agreed",
    }
    answers: dict[int, list[Output]] = {
        1: [ChangeProposed(7, "ab", "a wider limit", "ann", "wider", Nanos(9))],
        2: [ProposalEnded(7, "approved", "bob", "agreed")],
    }
    found = deeds([change, approve], answers)
    assert [(deed.type, deed.answer, deed.approvals) for deed in found] == [
        ("StartCommand", False, ()),
        ("ChangeProposed", True, ()),
        ("ApproveCommand", False, ("proposed by ann", "approved by bob")),
        ("ProposalEnded", True, ("proposed by ann", "approved by bob")),
    ]
