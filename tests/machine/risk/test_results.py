"""The results of scopes: windows against a naive twin, and any session against exact rationals."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.machine.risk.results import LossWindow, Result
from fairlead.machine.track_record import TrackRecord
from fairlead.model.inputs import CashMoved
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import LimitKind, ScopeKind
from fairlead.model.terms import CashKind, Side
from fairlead.model.units import FINE_UNIT, AccountId, Fine, Money, Nanos, StrategyId
from tests.machine.build import BUY, SELL, accepted, account, filled, quote, strategy, submit
from tests.machine.risk.limited import HOUR, Kept, a_rig, limit

NO_WINDOW = Nanos(0)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(-50, 50)), min_size=1, max_size=60))
def test_the_loss_of_a_window_is_that_below_its_highest(steps: list[tuple[int, int]]) -> None:
    """Control 21: profit is a step function; its highest within 1 to 61/60 windows counts."""
    window = LossWindow(Nanos(600))
    points: list[tuple[int, int]] = []
    now = 0
    for wait, profit in steps:
        now += wait
        window.point(Nanos(now), Fine(profit))
        points.append((now, profit))
        loss = window.loss(Nanos(now), Fine(profit))
        assert highest(points, now - 600) - profit <= loss <= highest(points, now - 620) - profit


def highest(points: list[tuple[int, int]], since: int) -> int:
    """Return the highest profit that stood at some time since."""
    ends = [time for time, _ in points[1:]] + [points[-1][0]]
    stood = [profit for (_, profit), end in zip(points, ends, strict=True) if end >= since]
    return max(stood)


def test_a_window_is_bounded() -> None:
    """Invariant 14."""
    window = LossWindow(Nanos(HOUR))
    for number in range(10_000):
        window.point(Nanos(number * 10**9), Fine(-number))
    assert len(window.content()[1]) <= 62  # type: ignore[arg-type]


def test_a_period_without_capital_has_no_share() -> None:
    """B-RISK-05: nothing is divided by nothing."""
    result = Result("firm", TrackRecord(Money(0)), "USD", 2)
    assert result.loss(LimitKind.LOSS_DAY_SHARE, Nanos(0), NO_WINDOW) is None
    assert result.loss(LimitKind.DRAWDOWN_SHARE, Nanos(0), NO_WINDOW) is None
    assert result.loss(LimitKind.LOSS_DAY, Nanos(0), NO_WINDOW) == (0, FINE_UNIT * 100)
    assert result.profit_share(result.day) is None


def scope_of(name: str) -> Scope:
    """Return the scope that people call so."""
    word, _, rest = name.partition(" ")
    return Scope(ScopeKind[word.upper()], rest)


class Book:
    """What a strategy did, in exact rationals: cash and positions, nothing else."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.cash = Fraction(0)
        self.held = {1: 0, 2: 0}

    def trade(self, instrument: int, signed: int, price: int, fee: int) -> None:
        """Pay for what is bought."""
        unit = {1: 1, 2: 10}[instrument]
        self.cash -= Fraction(signed * price * unit + fee)
        self.held[instrument] += signed

    def profit(self, bids: dict[int, int]) -> Fraction:
        """Return what it has made if longs sell at the bid and shorts buy two above."""
        marks = {
            number: bids[number] + (2 if held < 0 else 0) for number, held in self.held.items()
        }
        worth = sum(
            held * marks[number] * {1: 1, 2: 10}[number] for number, held in self.held.items()
        )
        return self.cash + worth


@pytest.mark.parametrize("seed", range(20))
def test_in_any_session_every_scope_has_made_what_its_trades_and_marks_say(seed: int) -> None:
    """B-RISK-07, invariant 6: of strategies, accounts, desk and firm; flows are no profit."""
    random = Random(seed)
    kind = LimitKind.LOSS_DAY
    rig = a_rig(account(2, desk="rates"), strategy(3, 2))
    books = {1: Book(), 2: Book(), 3: Book()}
    bids = {1: 99, 2: 99}
    flows = 0
    scopes = {
        "strategy strategy 1": (1,),
        "strategy strategy 2": (2,),
        "strategy strategy 3": (3,),
        "account account 1": (1, 2),
        "account account 2": (3,),
        "desk rates": (3,),
        "firm": (1, 2, 3),
    }
    for name in scopes:
        rig.give(limit(kind, "1000000", scope_of(name)))
    for number in range(1, 80):
        rig.wait(10**9)
        chosen = random.randrange(10)
        if chosen < 5:
            trade(rig, random, books, bids, number)
        elif chosen < 9:
            instrument = random.choice((1, 2))
            bids[instrument] = random.randrange(80, 120)
            rig.give(quote(bids[instrument], bids[instrument] + 2, instrument=instrument))
        else:
            flows += 1
            rig.give(
                CashMoved(
                    AccountId(random.choice((1, 2))),
                    "USD",
                    CashKind.DEPOSIT,
                    Money(random.randrange(1, 10_000)),
                    f"d{flows}",
                    person="ann",
                    reason="more",
                )
            )
        for name, parts in scopes.items():
            result = rig.machine.gate.losses.result(name)
            assert result is not None
            made = sum((books[part].profit(bids) for part in parts), Fraction(0))
            assert Fraction(result.record.profit.fine, FINE_UNIT) == made, f"seed {seed}: {name}"
    rig.restart()


def trade(
    rig: Kept, random: Random, books: dict[int, Book], bids: dict[int, int], number: int
) -> None:
    """Let a strategy trade somewhere near the market."""
    which, instrument = random.choice((1, 2, 3)), random.choice((1, 2))
    side: Side = random.choice((BUY, SELL))
    quantity, fee = random.randrange(1, 30), random.randrange(-3, 10)
    price = bids[instrument] + random.randrange(-3, 4)
    rig.give(
        submit(
            number,
            side,
            quantity,
            price,
            strategy=StrategyId(which),
            instrument=instrument,
        ),
        accepted(number, instrument),
        filled(number, quantity, f"E{number}", price, instrument=instrument, fee=Money(fee)),
    )
    books[which].trade(instrument, quantity if side is BUY else -quantity, price, fee)
