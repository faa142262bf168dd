"""What our own trading does to the prices that we get."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.inputs import Input
from fairlead.model.outputs import Action
from fairlead.model.terms import Side
from fairlead.model.units import NANOS_PER_SECOND, RATE_UNIT, Nanos, Price, Quantity, Rate
from fairlead.simulator.impact import Costs, ImpactConfig, ImpactLaw
from tests.simulator.orders import BUY, FOK, INSTRUMENT, IOC, ONE, SELL, send
from tests.simulator.recordings import change, played, snapshot, trade

NOW = Nanos(0)
MINUTE = Nanos(60 * NANOS_PER_SECOND)
QUIET = change(bids=((40_000, 0),))
BOOK = snapshot(((99_990, 1_000),), ((100_000, 1_000), (100_500, 1_000)))
DAY = 1_000_000  # volume
BPS = RATE_UNIT // 10_000


def config(
    law: ImpactLaw = ImpactLaw.SQUARE_ROOT,
    *,
    coefficient: int = 1_000_000,
    permanent: int = 0,
    half_life: int = MINUTE,
) -> ImpactConfig:
    """Return an impact with a volatility of 2 % a day."""
    return ImpactConfig(
        law,
        coefficient=coefficient,
        permanent=permanent,
        half_life=Nanos(half_life),
        volatility=Rate(200 * BPS),
        volume=Quantity(DAY),
    )


def shift(costs: Costs, side: Side = BUY, quantity: int = 0, time: int = 0) -> int:
    """Return how far a price of 100,000 has moved against us."""
    return costs.shift(side, Price(100_000), quantity, Nanos(time))


def test_the_square_root_law_at_one_percent_of_a_day_is_a_tenth_of_the_volatility() -> None:
    costs = Costs(INSTRUMENT, config())
    assert shift(costs, quantity=DAY // 100) == 200  # 0.1 * 2 % of 100,000
    assert shift(costs, quantity=DAY // 25) == 400  # four times as much, twice as dear


def test_the_linear_law_is_proportional() -> None:
    costs = Costs(INSTRUMENT, config(ImpactLaw.LINEAR))
    assert [shift(costs, quantity=DAY * percent // 100) for percent in (1, 4, 8)] == [20, 80, 160]


def test_what_was_traded_presses_less_with_time_and_in_the_end_no_more() -> None:
    costs = Costs(INSTRUMENT, config(ImpactLaw.LINEAR))
    costs.traded(BUY, Quantity(DAY // 10), NOW)
    assert [shift(costs, time=MINUTE * halvings) for halvings in (0, 1, 2)] == [200, 100, 50]
    assert shift(costs, time=MINUTE * 60) == 0


def test_the_permanent_part_stays_while_we_hold_what_we_bought() -> None:
    costs = Costs(INSTRUMENT, config(ImpactLaw.LINEAR, coefficient=0, permanent=1_000_000))
    costs.traded(BUY, Quantity(DAY // 10), NOW)
    assert shift(costs, time=MINUTE * 10_000) == 200
    costs.traded(SELL, Quantity(DAY // 10), NOW)
    assert shift(costs, time=MINUTE * 10_000) == 0


def test_what_we_bought_never_makes_selling_better() -> None:
    costs = Costs(INSTRUMENT, config(permanent=1_000_000))
    costs.traded(BUY, Quantity(DAY // 10), NOW)
    assert shift(costs, BUY) > 0
    assert shift(costs, SELL) == 0
    assert costs.paid(SELL, Price(100_000), 0, NOW) == 100_000


@given(
    st.sampled_from(ImpactLaw),
    st.lists(
        st.tuples(st.sampled_from([BUY, SELL]), st.integers(1, 10**5), st.integers(0, 10**11))
    ),
)
def test_no_sequence_of_trades_earns_by_its_own_impact(
    law: ImpactLaw, trades: list[tuple[Side, int, int]]
) -> None:
    """In a market that does not move, whoever trades and ends flat has lost or kept his money."""
    costs = Costs(INSTRUMENT, config(law, permanent=314_000))
    cash = time = position = 0
    net = sum(quantity if side is BUY else -quantity for side, quantity, _ in trades)
    back = [(SELL if net > 0 else BUY, abs(net), 0)] if net else []
    for side, quantity, later in [*trades, *back]:
        time += later
        price = costs.paid(side, Price(100_000), quantity, Nanos(time))
        costs.traded(side, Quantity(quantity), Nanos(time))
        sign = 1 if side is BUY else -1
        cash -= sign * price * quantity
        position += sign * quantity
    assert position == 0
    assert cash <= 0


def test_slippage_is_ten_basis_points_against_us_on_either_side() -> None:
    costs = Costs(INSTRUMENT, slippage=Rate(10 * BPS))
    assert costs.paid(BUY, Price(100_000), 10, NOW) == 100_100
    assert costs.paid(SELL, Price(100_000), 10, NOW) == 99_900
    assert costs.paid(BUY, Price(100_005), 10, NOW) == 100_110  # 105.005, up to the tick of 5


def test_no_price_to_sell_at_is_below_one_tick() -> None:
    assert Costs(INSTRUMENT, slippage=Rate(RATE_UNIT - 1)).paid(SELL, Price(5), 10, NOW) == 5


@pytest.mark.parametrize("slippage", [-1, RATE_UNIT])
def test_slippage_beyond_the_price_is_refused(slippage: int) -> None:
    with pytest.raises(ValueError, match=f"slippage is {slippage}"):
        Costs(INSTRUMENT, slippage=Rate(slippage))


def test_terms_without_a_meaning_are_refused() -> None:
    with pytest.raises(ValueError, match="found coefficient -1"):
        config(coefficient=-1)
    with pytest.raises(ValueError, match="volume 0"):
        ImpactConfig(
            ImpactLaw.LINEAR,
            coefficient=1,
            permanent=0,
            half_life=NOW,
            volatility=Rate(1),
            volume=Quantity(0),
        )


# --- in a recording -------------------------------------------------------------------------------


def said(*script: Input | Action) -> list[str]:
    """Return what is reported of a script in which we have impact."""
    return played(*script, impacts={ONE: config(ImpactLaw.LINEAR, half_life=0)})


def test_what_we_take_is_dearer_the_more_we_took() -> None:
    take = [send(number, BUY, 1_000, 110_000, IOC) for number in (1, 2)]
    again = change(asks=((100_000, 1_001),))
    assert said(BOOK, take[0], QUIET, again, take[1], QUIET) == [
        *("accepted 1", "filled 1 1000@100000 taker"),  # 2 of 100,000: less than half a tick
        *("accepted 2", "filled 2 1000@100005 taker"),
    ]


def test_an_order_that_the_price_has_left_does_not_take() -> None:
    bigger = snapshot(((99_990, 10_000),), ((100_000, 10_000),))
    order = send(1, BUY, 5_000, 100_000, IOC)
    assert said(bigger, order, QUIET) == ["accepted 1", "canceled 1 ioc"]
    assert said(bigger, send(1, BUY, 5_000, 100_000, FOK), QUIET) == [
        "accepted 1",
        "canceled 1 fok",
    ]
    assert said(bigger, send(1, BUY, 5_000, 100_010, FOK), QUIET)[1:] == [
        "filled 1 5000@100010 taker"
    ]


def test_what_waits_is_filled_only_by_what_comes_as_far_as_we_moved_the_price() -> None:
    bigger = snapshot(((99_990, 100),), ((100_000, 10_000),))
    script: list[Input | Action] = [bigger, send(1, BUY, 5_000, 110_000, IOC), QUIET]
    waits: list[Input | Action] = [send(2, BUY, 100, 99_995), QUIET]
    assert said(*script, *waits, trade(SELL, 900, 99_995))[2:] == ["accepted 2"]
    assert said(*script, *waits, trade(SELL, 900, 99_985))[2:] == ["accepted 2"]  # moved by 10
    assert said(*script, *waits, trade(SELL, 900, 99_980))[3:] == ["filled 2 100@99995 maker"]
