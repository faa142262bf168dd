"""What moved a position: every kind of move, and the machine's figures at the end."""

import pytest

from fairlead.machine.machine import Machine
from fairlead.model.inputs import CashDividend, InstrumentRenamed, InstrumentSplit, VenueBusted
from fairlead.model.outputs import OrderFilled
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Money
from fairlead.readers.position_story import Holder, PositionStory
from tests.readers.sessions import ACCOUNT, PERPETUAL, SPOT, STRATEGY, Scene

MINE = Holder(STRATEGY, ACCOUNT)


class Told:
    """A scene and the story of its first instrument."""

    def __init__(self) -> None:
        """Begin with a quote."""
        self.scene = Scene()
        self.story = PositionStory(self.scene.machine, SPOT)
        self.scene.readers = (self.story,)
        self.scene.quote(SPOT, 9_990, 10_010)
        self.scene.quote(PERPETUAL, 9_990, 10_010)

    def moves(self) -> list[tuple[str, int, int]]:
        """Return what moved it, by how much, and to where."""
        return [
            (type(move.cause).__name__, move.quantity, move.after.quantity if move.after else 0)
            for move in self.story.moves
        ]


@pytest.fixture
def told() -> Told:
    """Return a story in which 3 were bought in two fills, and others elsewhere."""
    found = Told()
    order = found.scene.order(SPOT, Side.BUY, 3_000, 10_000)
    found.scene.fill(order, SPOT, 1_000, 10_000)
    found.scene.fill(order, SPOT, 2_000, 9_990)
    other = found.scene.order(PERPETUAL, Side.BUY, 3_000, 10_000)
    found.scene.fill(other, PERPETUAL, 1_000, 10_000)
    return found


def test_fills_move_it_and_those_of_others_do_not(told: Told) -> None:
    assert told.moves() == [("OrderFilled", 1_000, 1_000), ("OrderFilled", 2_000, 3_000)]
    assert told.story.holders() == [MINE]
    assert told.story.agrees(MINE)


def test_a_bust_takes_it_back(told: Told) -> None:
    first = told.story.moves[0].cause
    assert isinstance(first, OrderFilled)
    told.scene.feed(
        [VenueBusted(first.order, SPOT, first.execution, 20240808, "an error", told.scene.now)]
    )
    assert told.moves()[-1] == ("FillBusted", -1_000, 2_000)
    assert told.story.agrees(MINE)


def test_a_split_and_a_dividend_and_a_new_name_are_told(told: Told) -> None:
    told.scene.feed(
        [
            InstrumentSplit(SPOT, 2, 1, "s1"),
            CashDividend(SPOT, Money(50), "d1"),
            InstrumentRenamed(SPOT, "NEW", "n1"),
        ]
    )
    split, dividend, name = told.story.moves[-3:]
    assert (split.quantity, split.after and split.after.quantity) == (3_000, 6_000)
    assert (dividend.quantity, dividend.realised) == (0, 300)
    assert (name.after, name.holder) == (None, None)
    assert told.story.agrees(MINE)


def test_a_story_that_missed_something_does_not_agree(told: Told) -> None:
    last = told.story.moves[-1].after
    assert last is not None
    told.story._stands[MINE] = told.story.moves[0].after or last
    assert not told.story.agrees(MINE)


def test_an_instrument_that_nobody_traded_has_no_moves() -> None:
    assert PositionStory(Machine(), InstrumentId(9)).moves == []
