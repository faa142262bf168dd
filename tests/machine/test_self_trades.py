"""What is done about orders that would trade with our own, in each mode."""

from typing import Any, Final

from fairlead.model.inputs import NamedCheckDefinition, Trade
from fairlead.model.outputs import (
    CancelOrder,
    OrderHeld,
    OrderRefused,
    OrderResized,
    Output,
    ReplaceOrder,
    SelfTradePrevented,
    SendOrder,
)
from fairlead.model.risk import NamedCheck
from fairlead.model.risk_terms import SelfTrade
from fairlead.model.terms import OrderType, Status
from fairlead.model.units import InstrumentId, Price, Quantity
from tests.machine.build import (
    BUY,
    KILL,
    NO_TIME,
    SELL,
    TAKEN_OFF,
    accepted,
    cancel_rejected,
    canceled,
    filled,
    instrument,
    only,
    quote,
    replaced,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import FAR, Twin, patient, policy

NEWEST: Final = policy(self_trade=SelfTrade.CANCEL_NEWEST)
OLDEST: Final = policy(self_trade=SelfTrade.CANCEL_OLDEST)
BOTH: Final = policy(self_trade=SelfTrade.CANCEL_BOTH)
DECREMENT: Final = policy(self_trade=SelfTrade.DECREMENT)


def resting(*prices: int, quantity: int = 8) -> list[Any]:
    """Return sells at some prices, numbered from 1, that the venue knows."""
    found: list[Any] = []
    for number, price in enumerate(prices, start=1):
        found += [submit(number, SELL, quantity, price), accepted(number)]
    return found


def told(outputs: list[Output]) -> list[tuple[int, int, str]]:
    """Return who met whom, and what was done."""
    return [
        (one.order, one.other, one.action) for one in outputs if isinstance(one, SelfTradePrevented)
    ]


def left(outputs: list[Output]) -> list[tuple[str, int, int]]:
    """Return the messages that left: what, of which order, with which quantity."""
    found: list[tuple[str, int, int]] = []
    for one in outputs:
        if isinstance(one, CancelOrder):
            found.append(("cancel", one.order, 0))
        elif isinstance(one, SendOrder):
            found.append(("send", one.approved.order, one.approved.quantity))
        elif isinstance(one, ReplaceOrder):
            found.append(("replace", one.approved.order, one.approved.quantity))
    return found


# --- cancel newest -------------------------------------------------------------------------------


def test_the_newest_is_refused_and_the_oldest_stays() -> None:
    """Control 16, cancel newest: a fact says whom it would have met first."""
    rig = Twin(NEWEST, *resting(103, 102))
    outputs = rig.give(submit(3, price=103))
    assert only(OrderRefused, outputs).order == 3
    assert told(outputs) == [(3, 2, "the new one is refused")]
    assert left(outputs) == []


def test_an_order_that_is_wrong_otherwise_meets_nobody() -> None:
    """Control 16: a bad order cancels nobody."""
    never = NamedCheckDefinition(NamedCheck("Never", "sells"), "ann", "as agreed")
    for mode in (NEWEST, OLDEST, BOTH, DECREMENT):
        rig = Twin(mode, *resting(102), never)
        outputs = rig.give(submit(2, quantity=101, price=102), submit(3, price=102))
        refused = [one.order for one in outputs if isinstance(one, OrderRefused)]
        assert refused == [2, 3]  # one is too large, the other fails a check that comes later
        assert told(outputs) == []
        assert left(outputs) == []


# --- cancel oldest -------------------------------------------------------------------------------


def test_the_oldest_are_canceled_and_the_newest_waits_for_them() -> None:
    """Control 16, cancel oldest: it goes when the last of them is gone, past the whole gate."""
    rig = Twin(OLDEST, *resting(102, 103, 104))
    outputs = rig.give(submit(4, price=103))
    assert told(outputs) == [(4, 1, "the old one is canceled"), (4, 2, "the old one is canceled")]
    assert left(outputs) == [("cancel", 1, 0), ("cancel", 2, 0)]
    assert (
        only(OrderHeld, outputs).reason == "until orders of ours that it would trade with are gone"
    )
    assert left(rig.give(canceled(1))) == []
    rig.restart()
    assert left(rig.give(canceled(2))) == [("send", 4, 8)]
    assert rig.status(4) is Status.SENT


def test_the_newest_goes_too_when_the_oldest_filled_first() -> None:
    """Control 16: there is nothing left to meet."""
    rig = Twin(OLDEST, *resting(102), submit(2, price=102))
    outputs = rig.give(filled(1, 8, "e1", 102), cancel_rejected(1))
    assert left(outputs) == [("send", 2, 8)]


def test_what_waited_passes_the_gate_as_it_is_then() -> None:
    """Control 16: the market may have gone meanwhile."""
    rig = Twin(OLDEST, *resting(102), submit(2, price=102))
    outputs = rig.give(quote(120, 122), canceled(1))
    assert [one.check for one in only(OrderRefused, outputs).failed] == ["price_collar"]
    assert rig.status(2) is Status.REFUSED


def test_what_waited_meets_who_came_meanwhile() -> None:
    """Control 16: it waits once more."""
    rig = Twin(OLDEST, *resting(102), submit(2, price=102), submit(3, SELL, price=102), accepted(3))
    outputs = rig.give(canceled(1))
    assert left(outputs) == [("cancel", 3, 0)]
    assert left(rig.give(canceled(3))) == [("send", 2, 8)]


def test_one_that_waits_can_be_canceled_and_is_gone_at_once() -> None:
    """Control 16: by its strategy, a kill, or who takes the strategy off."""
    for end in (cancel_of(2), KILL, TAKEN_OFF):
        rig = Twin(OLDEST, *resting(102), submit(2, price=102))
        rig.give(end)
        assert rig.status(2) is Status.CANCELED
        assert left(rig.give(canceled(1))) == []


def test_where_the_venue_keeps_the_oldest_the_newest_waits_on() -> None:
    """Control 16: nothing of ours meets, whatever the venue says."""
    rig = Twin(OLDEST, *resting(102), submit(2, price=102))
    assert left(rig.give(cancel_rejected(1))) == []
    assert rig.status(2) is Status.HELD
    assert left(rig.give(cancel_of(1), canceled(1))) == [("cancel", 1, 0), ("send", 2, 8)]


def test_two_that_wait_for_the_same_go_in_their_order() -> None:
    """Control 16."""
    rig = Twin(OLDEST, *resting(102), submit(2, price=102), submit(3, price=103))
    assert left(rig.give(canceled(1))) == [("send", 2, 8), ("send", 3, 8)]


def test_a_stop_that_fired_waits_for_our_own_and_goes() -> None:
    """Control 16: nothing else releases it before."""
    rig = Twin(OLDEST, *resting(102))
    stop = submit(2, price=104, order_type=OrderType.STOP_LIMIT, trigger_price=Price(101))
    rig.give(stop)
    assert rig.status(2) is Status.HELD
    seen = Trade(InstrumentId(1), Price(101), Quantity(1), BUY, "T", NO_TIME)
    assert left(rig.give(seen)) == [("cancel", 1, 0)]
    assert left(rig.give(seen, quote(100, 104))) == []
    assert left(rig.give(canceled(1))) == [("send", 2, 8)]


# --- cancel both ---------------------------------------------------------------------------------


def test_both_are_gone() -> None:
    """Control 16, cancel both: the newest is not asked for again."""
    rig = Twin(BOTH, *resting(102, 104))
    outputs = rig.give(submit(3, price=102))
    assert only(OrderRefused, outputs).order == 3
    assert told(outputs) == [(3, 1, "both are canceled")]
    assert left(outputs) == [("cancel", 1, 0)]
    assert left(rig.give(canceled(1))) == []
    assert rig.passes(submit(4, price=102))


# --- decrement -----------------------------------------------------------------------------------


def test_a_smaller_new_order_is_refused_and_takes_its_quantity_from_the_old_one() -> None:
    """Control 16, decrement: 8 meet 3, and 5 stay."""
    rig = Twin(DECREMENT, *resting(102))
    outputs = rig.give(submit(2, quantity=3, price=102))
    assert only(OrderRefused, outputs).order == 2
    assert told(outputs) == [(2, 1, "the old one is made smaller")]
    assert left(outputs) == [("replace", 1, 5)]
    resized = only(OrderResized, outputs)
    assert (resized.order, resized.asked, resized.quantity) == (1, 8, 5)
    rig.restart()
    rig.give(replaced(1, 5, 102))
    assert rig.order(1).leaves == 5


def test_what_is_filled_is_no_part_of_what_an_order_loses() -> None:
    """Control 16: of 8 with 2 filled 6 may trade; they lose 3."""
    rig = Twin(DECREMENT, *resting(102), filled(1, 2, "e1", 102))
    assert left(rig.give(submit(2, quantity=3, price=102))) == [("replace", 1, 5)]


def test_equal_orders_are_both_gone() -> None:
    """Control 16, decrement: nothing is left of either."""
    rig = Twin(DECREMENT, *resting(102))
    outputs = rig.give(submit(2, price=102))
    assert only(OrderRefused, outputs).order == 2
    assert left(outputs) == [("cancel", 1, 0)]
    assert left(rig.give(canceled(1))) == []


def test_a_larger_new_order_goes_with_what_is_left_when_the_old_ones_are_gone() -> None:
    """Control 16, decrement: 20 meet 8 and 8, and 4 go; a sell further away is not met."""
    rig = Twin(DECREMENT, *resting(102, 103, 104))
    outputs = rig.give(submit(4, quantity=20, price=103))
    assert left(outputs) == [("cancel", 1, 0), ("cancel", 2, 0)]
    resized = only(OrderResized, outputs)
    assert (resized.order, resized.asked, resized.quantity) == (4, 20, 4)
    rig.restart()
    assert left(rig.give(canceled(1), canceled(2))) == [("send", 4, 4)]


def test_they_lose_in_the_order_in_which_they_would_have_traded() -> None:
    """Control 16, decrement: 10 meet 8 at the better price, then 2 of 8; the rest stays."""
    rig = Twin(DECREMENT, *resting(103, 102))
    outputs = rig.give(submit(3, quantity=10, price=103))
    assert sorted(left(outputs)) == [("cancel", 2, 0), ("replace", 1, 6)]
    assert told(outputs) == [
        (3, 2, "the old one is canceled"),
        (3, 1, "the old one is made smaller"),
    ]


def test_what_would_be_too_small_for_the_venue_is_gone() -> None:
    """Control 16, decrement: 8 less 4 is below the smallest order of 5."""
    least = instrument(instrument=FAR, symbol="FAR", quantity_min=Quantity(4))
    terms = {"instrument": InstrumentId(3)}
    rig = Twin(least, patient(3), quote(99, 101, instrument=3), DECREMENT)
    rig.give(submit(1, SELL, 8, 102, **terms), accepted(1, 3))
    assert left(rig.give(submit(2, BUY, 5, 102, **terms))) == [("cancel", 1, 0)]
    rig.give(canceled(1, 3), submit(3, SELL, 8, 102, **terms), accepted(3, 3))
    assert left(rig.give(submit(4, BUY, 4, 102, **terms))) == [("replace", 3, 4)]


def test_an_old_order_that_the_venue_has_not_answered_is_made_smaller_when_it_has() -> None:
    """Control 16, decrement: it cannot be replaced before."""
    rig = Twin(DECREMENT, submit(1, SELL, 8, 102))
    assert left(rig.give(submit(2, quantity=3, price=102))) == []
    assert left(rig.give(accepted(1))) == [("replace", 1, 5)]
