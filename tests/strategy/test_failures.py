"""One strategy's error is its own, and is told on one line."""

import sys
from collections.abc import Callable

import pytest

from fairlead.model.inputs import InstrumentSplit, Quote, StrategyFailed
from fairlead.model.units import StrategyId
from fairlead.strategy import Context, Status, Strategy, seconds
from tests.strategy.listeners import Broken, Buyer, Listener, kinds
from tests.strategy.rig import AAA, SECOND, Rig


def test_an_exception_takes_one_strategy_off_and_disturbs_nobody() -> None:
    broken, other = Broken(), Listener()
    rig = Rig(broken, other).start()
    for bid in (9_990, 9_991, 9_992):
        rig.quote(bid, 10_000)
    assert broken.quotes == 2
    assert kinds(other.heard) == [Quote, Quote, Quote]
    (failed,) = rig.failures()
    assert failed.strategy == 1
    assert rig.host.failures == (failed,)


def test_what_a_strategy_asked_for_before_it_failed_is_thrown_away_and_its_orders_canceled() -> (
    None
):
    rig = Rig(Broken()).start()
    rig.quote(9_990, 10_000)
    (first,) = rig.sent()
    rig.accept(first.order)
    rig.quote(9_991, 10_000)
    assert len(rig.sent()) == 1
    assert rig.canceled() == [first.order]


def test_a_failed_strategy_hears_nothing_more_not_even_of_its_orders() -> None:
    broken = Broken()
    rig = Rig(broken).start()
    rig.quote(9_990, 10_000)
    (first,) = rig.sent()
    rig.accept(first.order)
    rig.quote(9_991, 10_000)
    heard = len(broken.heard)
    rig.cancel(first.order)
    rig.host.stop(rig.time)
    assert len(broken.heard) == heard


def test_the_failure_says_on_one_line_what_it_was_and_where_in_the_users_file() -> None:
    rig = Rig(Broken()).start()
    rig.quote(9_990, 10_000)
    rig.quote(9_991, 10_000)
    (failed,) = rig.failures()
    line = Broken.on_quote.__code__.co_firstlineno + 4
    assert failed.error == f"RuntimeError: no idea (listeners.py:{line}, in on_quote)"


def test_the_users_line_is_named_where_the_port_itself_raised() -> None:
    class Wrong(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            context.buy(AAA, 0.5)  # type: ignore[arg-type]

    rig = Rig(Wrong()).start()
    rig.quote(9_990, 10_000)
    (failed,) = rig.failures()
    line = Wrong.on_quote.__code__.co_firstlineno + 1
    assert failed.error.startswith("InvalidRequest: quantity is 0.5 (float), expected a whole")
    assert failed.error.endswith(f"(test_failures.py:{line}, in on_quote)")


class UnspeakableError(Exception):
    """An error whose message is an error."""

    def __str__(self) -> str:
        """Fail."""
        raise ValueError


def raise_long() -> None:
    raise ValueError("x" * 10_000)


def raise_address() -> None:
    raise ValueError(f"{object()!r} is no price")


def raise_unspeakable() -> None:
    raise UnspeakableError


def leave() -> None:
    sys.exit("enough")


def recurse() -> None:
    recurse()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (raise_long, "ValueError: xxx"),
        (raise_address, "ValueError: <object object> is no price (test_failures.py:"),
        (
            raise_unspeakable,
            "UnspeakableError: (its message raised an error too) (test_failures.py:",
        ),
        (leave, "SystemExit: enough (test_failures.py:"),
        (recurse, "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_every_failure_becomes_one_bounded_line_that_is_the_same_in_every_run(
    fault: Callable[[], None], said: str
) -> None:
    class Faulty(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            fault()

    rig = Rig(Faulty()).start()
    rig.quote(9_990, 10_000)
    (failed,) = rig.failures()
    assert failed.error.startswith(said)
    assert len(failed.error) <= 500
    assert "\n" not in failed.error
    assert ".py:" in failed.error


@pytest.mark.parametrize(
    "handler",
    [
        "on_start",
        "on_stop",
        "on_order",
        "on_fill",
        "on_bust",
        "on_position",
        "on_adjustment",
        "on_timer",
    ],
)
def test_an_exception_in_any_handler_is_a_failure(handler: str) -> None:
    def fail(self: Strategy, context: Context, *event: object) -> None:
        raise RuntimeError(handler)

    class Start(Buyer):
        def on_start(self, context: Context) -> None:
            context.set_timer(seconds(1))

        def on_timer(self, context: Context, timer: int) -> None:
            self.note(timer)

    faulty = type("Faulty", (Start,), {handler: fail})()
    other = Listener()
    rig = Rig(faulty, other).start()
    rig.quote(9_990, 10_000)
    for order in rig.sent():
        rig.accept(order.order)
        if rig.order(order.order).status is Status.OPEN:
            rig.fill(order.order, 9_990, 10)
            rig.bust(order.order, execution=1)
    rig.correct(3, 9_990)
    rig.run(InstrumentSplit(AAA, 2, 1, "two for one"))
    rig.advance(2 * SECOND)
    rig.host.stop(rig.time)
    rig.drain()
    assert [failed.error.split(" (")[0] for failed in rig.failures()] == [
        f"RuntimeError: {handler}"
    ]
    assert Quote in kinds(other.heard)


def test_a_keyboard_interrupt_is_a_person_and_passes_through() -> None:
    class Interrupted(Strategy):
        def on_quote(self, context: Context, quote: Quote) -> None:
            raise KeyboardInterrupt

    rig = Rig(Interrupted()).start()
    with pytest.raises(KeyboardInterrupt):
        rig.quote(9_990, 10_000)


def test_a_failure_that_the_node_declares_silences_the_strategy() -> None:
    buyer = Buyer()
    rig = Rig(buyer).start()
    rig.quote(9_990, 10_000)
    rig.run(StrategyFailed(StrategyId(1), "asked too often"))
    rig.accept(buyer.bought)
    rig.quote(9_991, 10_000)
    assert kinds(buyer.heard) == [Quote]
