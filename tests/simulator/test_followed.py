"""A venue in a live market stands after a crash where it stood: told from the journal alone."""

import pytest

from fairlead.model.inputs import Input, MarketData, VenueFilled, WarningRaised
from fairlead.model.outputs import Action, RequestStatement
from fairlead.model.units import AccountId, Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.followed import NOT_YET, FollowedWorld
from fairlead.simulator.recorded_book import RecordedConfig
from tests.simulator.orders import (
    BUY,
    INSTRUMENT,
    IOC,
    SELL,
    START,
    at,
    cancel,
    quick,
    replace,
    send,
    story,
)
from tests.simulator.recordings import change, gap, quote, snapshot, trade

TURNS = 400
BOOK = snapshot(((500, 100), (495, 200)), ((510, 100), (515, 200)))

# What was written down: the time of a turn, what it took, and which actions left in it after that.
Turn = tuple[Nanos, list[Input], list[Action]]


class Handed:
    """A line that gives what a test puts on it."""

    def __init__(self) -> None:
        self.waiting: list[Input] = []

    def next_time(self) -> Nanos:
        return START if self.waiting else NOT_YET

    def take(self, time: Nanos) -> list[Input]:
        taken, self.waiting = self.waiting, []
        return taken


def followed(line: Handed | None = None) -> FollowedWorld:
    config = RecordedConfig(venue=quick(rejection_rate=5_000_000, jitter=60))
    return FollowedWorld(line or Handed(), [INSTRUMENT], config)


def test_nothing_happens_and_nothing_ends_while_nobody_says_anything() -> None:
    world = followed()
    assert world.next_time() == NOT_YET
    assert world.take(at(5)) == []


def test_an_order_waits_for_what_comes_after_it_and_is_never_told_that_all_is_over() -> None:
    line = Handed()
    world = followed(line)
    line.waiting = [BOOK]
    assert world.take(at(1)) == [BOOK]
    world.act(send(1, BUY, 50, 510), at(1))
    assert story(world.take(at(10_000))) == []  # it is there, and nothing moved since
    line.waiting = [change(bids=((400, 0),))]
    world.take(at(20_000))
    told = story(world.take(at(30_000)))
    assert told == ["accepted 1", "filled 1 50@510 taker"]


def test_what_is_no_market_data_passes_in_its_place() -> None:
    line = Handed()
    world = followed(line)
    warning = WarningRaised("feed", "the disk is full")
    line.waiting = [BOOK, warning, gap()]
    assert world.take(at(1)) == [BOOK, warning, gap()]


def lived(seed: int) -> list[Turn]:
    """Return what a session wrote down that traded in a market that a seed made."""
    chance, line = Chance(seed, 1), Handed()
    world, turns, time, orders = followed(line), [], 0, 0
    for number in range(TURNS):
        time += chance.between(1, 300)
        line.waiting = [BOOK] if number == 0 else _market(chance)
        taken = world.take(at(time))
        actions: list[Action] = []
        for _ in range(chance.below(3)):
            orders, action = _action(chance, orders)
            actions.append(action)
            world.act(action, at(time))
        if taken or actions:  # a turn that took nothing leaves no trace
            turns.append((at(time), taken, actions))
    return turns


def _market(chance: Chance) -> list[Input]:
    inputs: list[Input] = []
    for _ in range(chance.below(4)):
        price = 500 - 5 * chance.below(4)
        size = 10 * chance.between(1, 40)
        some: list[Input] = [
            change(bids=((price, size),)),
            change(asks=((1_010 - price, size),)),
            change(bids=((price, 0),), asks=((1_010 - price, size),)),
            trade(SELL, size, price),
            trade(BUY, size, 1_010 - price),
            quote((500, size), (510, size)),
            gap(),
            BOOK,
            BOOK,
        ]
        inputs.append(chance.pick(some))
    return inputs


def _action(chance: Chance, orders: int) -> tuple[int, Action]:
    some = chance.between(max(1, orders - 4), max(1, orders))
    side = chance.pick([BUY, SELL])
    price, size = 500 + 5 * chance.below(3), 10 * chance.between(1, 30)
    kind = chance.below(10)
    if kind < 6 or not orders:
        terms = IOC if kind == 0 else None
        sent = send(orders + 1, side, size, price, *(() if terms is None else (terms,)))
        return orders + 1, sent
    if kind == 9:
        return orders, RequestStatement(AccountId(1), "TEST", Nanos(0), "asked")
    return orders, cancel(some) if kind < 8 else replace(some, side, size, price)


def rehearsed(turns: list[Turn], split: int) -> FollowedWorld:
    """Return a world that was told a journal, held to it on the way.

    `split` cuts turns into several of one time, as a journal that was torn there shows them.
    """
    world = followed()
    for time, recorded, actions in turns:
        owed = world.take(time)
        for place, input in enumerate(recorded):
            if split and place % split == 0:
                owed += world.take(time)
            if isinstance(input, MarketData):
                owed += world.hear(input, time)
            assert owed.pop(0) == input
        assert owed == []
        for action in actions:
            world.act(action, time)
    return world


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_world_that_is_told_its_journal_says_what_it_said(seed: int) -> None:
    turns = lived(seed)
    assert any(isinstance(one, VenueFilled) for _, inputs, _ in turns for one in inputs)
    for split in (0, 1, 2):
        rehearsed(turns, split)


@pytest.mark.parametrize("seed", range(1, 5))
def test_what_follows_a_rehearsal_is_what_would_have_followed(seed: int) -> None:
    turns = lived(seed)
    middle = len(turns) // 2
    world, line = rehearsed(turns[:middle], 0), Handed()
    world.line = line
    for time, recorded, actions in turns[middle:]:
        line.waiting = [one for one in recorded if isinstance(one, MarketData)]
        assert world.take(time) == recorded
        for action in actions:
            world.act(action, time)
