"""A worker is a replica: whatever comes between, its strategies do what they do in the node."""

from random import Random

import pytest

from fairlead.model.inputs import Quote, StrategyStartCommand, SubmitRequest
from fairlead.model.terms import Side
from fairlead.model.units import Quantity, Sequence, StrategyId
from fairlead.node.workers.messages import Asked, CaughtUp, Taken
from fairlead.node.workers.worker_end import MakeStrategy, ReplicaDiffers, WorkerEnd
from fairlead.strategy import Context, OrderFilled, Strategy
from tests.node.workers.bench import ONE, TWO, Bench, Busy


def play(bench: Bench, steps: int, chance: Random) -> None:
    """Let market, venue, node and worker go on in any order."""
    for _ in range(steps):
        match chance.randrange(6):
            case 0 | 1:
                bench.pass_time()
                bench.quote()
            case 2:
                bench.report()
            case 3:
                bench.line.work(chance.randrange(4))
            case _:
                bench.look()


def settled(bench: Bench) -> Bench:
    bench.settle()
    while bench.reports:
        bench.report()
        bench.settle()
    return bench


def check_replicas(bench: Bench) -> None:
    """The worker knows what the node knows; one that lives through the journal, what it knows."""
    again, owed = bench.lived_again()
    assert bench.line.end.machine.digest() == bench.machine.digest() == again.machine.digest()
    assert not [one for one in owed if isinstance(one, Asked)]
    assert owed[-1] == CaughtUp(bench.path.sequencer.last)


class OneTimer(Busy):
    """Has no two timers that could run out at once: those a host fires together."""

    second = 1


class Buying(Strategy):
    """Buys at every quote, and sells what it got."""

    def on_quote(self, context: Context, quote: Quote) -> None:
        context.buy(quote.instrument, Quantity(1), quote.bid_price)

    def on_fill(self, context: Context, fill: OrderFilled) -> None:
        if fill.side is Side.BUY:
            context.sell(fill.instrument, fill.quantity)


def test_a_worker_that_answers_at_once_writes_the_journal_of_the_node_itself() -> None:
    strategies: dict[StrategyId, MakeStrategy] = {ONE: OneTimer, TWO: Buying}
    benches = [Bench(strategies, in_process=in_process) for in_process in (False, True)]
    for bench in benches:
        bench.start()
        for _ in range(100):
            bench.settle()
            bench.pass_time()
            bench.settle()
            bench.quote()
            bench.settle()
            bench.report()
    elsewhere, here = benches
    assert elsewhere.inputs == here.inputs
    assert elsewhere.path.digest.hexadecimal() == here.path.digest.hexadecimal()
    assert len(here.submitted()) > 40


@pytest.mark.parametrize("seed", range(12))
def test_in_whatever_order_things_come_a_worker_knows_what_the_node_knows(seed: int) -> None:
    bench = Bench({ONE: Busy, TWO: Busy}, seed=seed)
    bench.start()
    play(bench, 400, Random(seed))
    settled(bench)
    check_replicas(bench)
    assert not bench.failures()
    assert len(set(bench.submitted())) == len(bench.submitted()) > 20


@pytest.mark.parametrize("seed", range(12))
def test_a_node_that_dies_at_any_moment_goes_on_with_nothing_lost_and_nothing_twice(
    seed: int,
) -> None:
    chance = Random(seed)
    bench = Bench({ONE: Busy}, seed=seed)
    bench.start()
    for _ in range(6):
        play(bench, 60, chance)
        kept = len(bench.journal) - chance.randrange(3)  # the last of it was not durable
        again = Bench({ONE: Busy}, journal=bench.journal[:kept], seed=seed)
        again.reports, again.executions = bench.reports, bench.executions
        bench = again
    settled(bench)
    check_replicas(bench)
    assert not bench.failures()
    assert len(set(bench.submitted())) == len(bench.submitted()) > 10


@pytest.mark.parametrize("seed", range(12))
def test_a_worker_that_dies_at_any_moment_costs_its_strategies_until_a_person_looked(
    seed: int,
) -> None:
    chance = Random(seed)
    bench = Bench({ONE: Busy, TWO: Busy}, seed=seed)
    bench.start()
    for life in range(1, 5):
        play(bench, chance.randrange(80), chance)
        bench.line.kill()
        play(bench, 40, chance)
        settled(bench)
        assert len(bench.failures()) == 2 * life
        assert bench.machine.orders.working_count == 0
        before = len(bench.submitted())
        play(bench, 20, chance)
        assert len(bench.submitted()) == before
        bench.take(StrategyStartCommand(ONE, "ann", "looked"))
        bench.look()
        bench.take(StrategyStartCommand(TWO, "ann", "looked"))
        bench.settle()
    play(bench, 100, chance)
    settled(bench)
    check_replicas(bench)
    assert len(set(bench.submitted())) == len(bench.submitted())
    assert {one >> 40 for one in bench.submitted()[-10:]} == {1, 2}


class Fickle(Strategy):
    """Asks for another quantity in every life of its process."""

    lives = 0

    def on_start(self, context: Context) -> None:
        Fickle.lives += 1
        self.quantity = Fickle.lives

    def on_quote(self, context: Context, quote: Quote) -> None:
        context.buy(quote.instrument, Quantity(self.quantity), quote.bid_price)


def test_a_strategy_that_asks_otherwise_than_recorded_is_taken_off_and_the_others_trade_on() -> (
    None
):
    bench = Bench({ONE: Fickle, TWO: Busy})
    bench.start()
    for _ in range(5):
        bench.quote()
        bench.settle()
    again = Bench({ONE: Fickle, TWO: Busy}, journal=bench.journal)
    again.settle()
    first = next(
        number for number, one in enumerate(bench.inputs, 1) if isinstance(one, SubmitRequest)
    )
    assert again.failures() == [
        f"it asked for a SubmitRequest as input {first}, and lived through again for another"
    ]
    before = len(again.submitted())
    for _ in range(6):
        again.quote()
        again.settle()
    assert {one >> 40 for one in again.submitted()[before:]} == {TWO}
    # Off it stays, and its next life says nothing new.
    third = Bench({ONE: Fickle, TWO: Busy}, journal=again.journal)
    third.settle()
    assert len(third.failures()) == 1


class Silent(Strategy):
    """Asks for nothing."""


def test_a_strategy_that_asks_for_nothing_where_it_had_asked_is_another_one() -> None:
    bench = Bench({ONE: Busy})
    bench.start()
    for _ in range(5):
        bench.quote()
        bench.settle()
    again = Bench({ONE: Silent}, journal=bench.journal)
    again.settle()
    assert [error.rpartition(" for ")[2] for error in again.failures()] == ["nothing"]


class Raising(Strategy):
    """Breaks on the third quote."""

    def on_start(self, context: Context) -> None:
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.seen += 1
        if self.seen == 3:
            raise ValueError("no model")
        context.buy(quote.instrument, Quantity(1), quote.bid_price)


def test_an_error_of_one_strategy_leaves_the_others_of_its_worker_alone() -> None:
    bench = Bench({ONE: Raising, TWO: Busy})
    bench.start()
    for _ in range(12):
        bench.quote()
        bench.settle()
    assert [error[:20] for error in bench.failures()] == ["ValueError: no model"]
    assert not bench.line.closed
    assert [one >> 40 for one in bench.submitted()].count(TWO) >= 4
    bench.take(StrategyStartCommand(ONE, "ann", "a better model"))
    before = [one >> 40 for one in bench.submitted()].count(ONE)
    bench.quote()
    bench.settle()
    assert [one >> 40 for one in bench.submitted()].count(ONE) == before + 1
    settled(bench)
    check_replicas(bench)
    assert len(bench.lines) == 1


def test_a_worker_that_answers_otherwise_than_the_node_says_so() -> None:
    bench = Bench({ONE: Silent})
    end = WorkerEnd({ONE: Silent})
    for entry in bench.journal:
        end.live_again(entry)
    assert CaughtUp(bench.path.sequencer.last) in end.catch_up()
    bench.start()
    told = Taken(Sequence(end.last + 1), bench.clock.now(), 12345, bench.inputs[-1])
    with pytest.raises(ReplicaDiffers, match="the node answers otherwise"):
        list(end.take(told))


def test_a_journal_with_other_answers_is_refused() -> None:
    bench = Bench({ONE: Silent})
    end = WorkerEnd({ONE: Silent})
    first = bench.journal[0]
    first.outputs += b"!"
    with pytest.raises(ReplicaDiffers, match="input 1: the journal has other outputs"):
        end.live_again(first)
