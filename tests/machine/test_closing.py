"""What closes an instrument to new orders, and who opens it again."""

from fairlead.model.inputs import Input, ReopenCommand
from fairlead.model.outputs import (
    BreakOpened,
    FillQuarantined,
    OrderReplaced,
    ReportFaulted,
    SendOrder,
)
from fairlead.model.units import InstrumentId
from tests.machine.build import Rig, accepted, filled, only, replace, replaced, submit

ONE = InstrumentId(1)


def opened(*then: Input) -> Rig:
    """Return a rig with order 1, buy 8 at 100, open at the venue, and what came after."""
    return Rig(submit(1), accepted(1), *then)


def test_terms_that_nobody_asked_for_are_taken_as_they_are_and_close_the_instrument() -> None:
    """Invariant 8: what the venue says it works with counts; risk never saw it."""
    rig = opened(replace(1, 20))
    outputs = rig.give(replaced(1, 50, 101))
    assert [type(output) for output in outputs] == [ReportFaulted, BreakOpened, OrderReplaced]
    assert (rig.order(1).quantity, rig.working()) == (50, 50)
    assert "break_open" in rig.refused(submit(2))


def test_a_replace_that_nobody_asked_for_at_all_is_a_fault_and_closes_the_instrument() -> None:
    """What the venue works with is not known any more."""
    rig = opened()
    only(ReportFaulted, rig.give(replaced(1, 50, 101)))
    assert "break_open" in rig.refused(submit(2))
    rig.give(ReopenCommand(ONE, "ann", "asked the venue"))
    only(SendOrder, rig.give(submit(3)))


def test_an_execution_that_comes_again_with_other_numbers_is_quarantined() -> None:
    """S0-KNI: the same id, the same order, another quantity: one of the two is a lie."""
    rig = opened(filled(1, 3, "E1"))
    quarantined = only(FillQuarantined, rig.give(filled(1, 4, "E1")))
    assert "its id was used for order 1, 3 at 100" in quarantined.reason
    assert rig.position().quantity == 3
