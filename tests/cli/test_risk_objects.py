"""What of risk is in the final state of a script, and that looking at it changes nothing."""

from typing import Any

from fairlead.cli.risk_objects import limit_objects, risk_object, scope_objects
from fairlead.cli.script import Script
from tests.cli.journals import SETUP, request
from tests.cli.limited import FIRM, LIMITED, MAIN, MM, change, limit

WHO = {"person": "ann", "reason": "a test"}
AFTER: tuple[dict[str, Any], ...] = (
    {"type": "KillCommand", "scope": MM, "mode": "block", **WHO},
    {"type": "WarningRaised", "name": "smars", "text": "look"},
    {"type": "RetireCommand", "thing": "flag", "name": "power_peg", **WHO},
    {
        "type": "OverrideRequest",
        "strategy": "trend",
        "instrument": "ABC",
        "side": "buy",
        "quantity_max": 30,
        "checks": ["order_quantity_max"],
        "expires": 2**62,
        **WHO,
    },
)


def run(*lines: dict[str, Any]) -> Script:
    """Return a script that has taken these lines, a millisecond after one another."""
    script = Script()
    for line in lines:
        script.take(line)
    return script


def test_the_final_state_of_a_script_has_all_of_risk() -> None:
    state = run(*LIMITED, *AFTER).state()
    firm = next(each for each in state["limits"] if each["scope"] == {**FIRM, "name": ""})
    by_kind = {each["kind"]: each["hard"] for each in firm["held"]}
    assert by_kind["gross_share"] == "1.000000"  # the dynamic one is taken in
    assert {each["kind"]: each["hard"] for each in firm["limits"]}["gross_share"] == "1.500000"
    assert [each["breaker"] for each in state["breakers"]] == ["daily_loss"]
    assert [(each["scope"], each["mode"]) for each in state["kills"]] == [(MM, "block")]
    assert [each["number"] for each in state["proposals"]] == [1, 2]
    assert state["proposals"][1]["change"]["checks"] == ["order_quantity_max"]
    assert [each["change"]["scope"] for each in state["postponed"]] == [MM]
    assert [each["applied"] for each in state["dynamic_limits"]] == [True]
    assert state["registry"]["warnings"] == [{"name": "smars", "text": "look"}]
    assert state["registry"]["retired"][0]["name"] == "power_peg"
    assert state["message_rate"]["count_max"] == 10


def test_an_override_that_two_persons_allowed_stands_until_it_is_used() -> None:
    script = run(*LIMITED, *AFTER)
    digest = script.state()["proposals"][1]["digest"]
    bob = {"person": "bob", "reason": "looked"}
    script.take({"type": "ApproveCommand", "number": 2, "digest": digest, **bob})
    [standing] = script.state()["overrides"]
    assert (standing["number"], standing["strategy"], standing["person"]) == (2, "trend", "ann")


def test_the_limits_of_an_instrument_stand_in_its_decimals() -> None:
    found = run(*SETUP)
    [own] = [each for each in limit_objects(found.machine, found.names) if "own" in each]
    assert own["scope"] == {"kind": "instrument", "name": "ABC"}
    assert own["own"]["order_notional_max"] == "5000.00000000"


def test_looking_at_the_state_changes_nothing() -> None:
    """A state that is printed between two inputs is in no digest."""
    seen, unseen = run(*LIMITED), run(*LIMITED)
    seen.state()
    risk_object(seen.machine, seen.names)
    assert seen.machine.digest() == unseen.machine.digest()


def test_what_is_out_of_its_window_is_used_no_more_whoever_looks() -> None:
    """The use of limits forgets what a review would forget; the next answer is the same."""
    windowed = change(MAIN, limit("value_window", "900", window=1_000_000_000))
    seen, unseen = run(*LIMITED, windowed), run(*LIMITED, windowed)
    late = {**request(9, quantity=2), "time": seen.time + 2_000_000_000}
    seen.take({"type": "TimePassed", "time": late["time"]})
    unseen.take({"type": "TimePassed", "time": late["time"]})
    scope_objects(seen.machine, seen.names)
    assert seen.take(late)[1] == unseen.take(late)[1]
    assert seen.machine.digest() == unseen.machine.digest()
