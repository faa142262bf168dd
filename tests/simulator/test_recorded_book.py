"""The queue before a waiting order: what moves it, what does not, and that nothing counts twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos, Price, Quantity
from fairlead.simulator.queue_models import QueueModel
from fairlead.simulator.recorded_book import Queued, RecordedConfig, RecordedSide
from fairlead.simulator.venue_order import VenueOrder
from tests.simulator.orders import BUY, INSTRUMENT, SELL, approved, send
from tests.simulator.recordings import change, played, snapshot, trade

BOOK = snapshot(((500, 100),), ((510, 100),))
QUIET = change(bids=((400, 0),))
CAUTIOUS = QueueModel.PESSIMISTIC
EVEN = QueueModel.PROPORTIONAL
ORDER = send(1, BUY, 50, 500)


def shown(quantity: int) -> object:
    """Return that the recording displays another quantity at our price."""
    return change(bids=((500, quantity),))


def filled(*script: object, model: QueueModel, settle: int = 10**9) -> int:
    """Return how much of our order a script fills, after it joined behind 100."""
    lines = played(BOOK, ORDER, QUIET, *script, queue_model=model, settle=settle)  # type: ignore[arg-type]
    return sum(int(line.split()[2].split("@")[0]) for line in lines if line.startswith("filled"))


def test_cancels_do_not_move_the_cautious_queue() -> None:
    assert filled(shown(40), trade(SELL, 40, 500), model=CAUTIOUS) == 0
    assert filled(shown(200), shown(100), trade(SELL, 100, 500), model=CAUTIOUS) == 0


def test_nobody_stands_behind_more_than_is_displayed() -> None:
    for model in QueueModel:
        script = (shown(40), QUIET, trade(SELL, 30, 500))
        # 60 canceled; of the 40 still there 30 traded: if the feeds do not belong together
        assert filled(*script, trade(SELL, 30, 500), model=model, settle=0) == 20


def test_cancels_move_the_even_queue_by_their_share() -> None:
    # 100 join behind us, 100 of the 200 cancel: half of those were ahead of us
    script = (shown(200), shown(100))
    assert filled(*script, trade(SELL, 50, 500), model=EVEN, settle=0) == 0
    assert filled(*script, trade(SELL, 60, 500), model=EVEN, settle=0) == 10
    assert filled(*script, trade(SELL, 60, 500), model=CAUTIOUS, settle=0) == 0


@pytest.mark.parametrize("model", QueueModel)
@pytest.mark.parametrize("trade_first", [True, False])
def test_a_trade_and_the_level_that_it_shrank_count_once(
    model: QueueModel, trade_first: bool
) -> None:
    sale, less = trade(SELL, 60, 500), shown(40)
    script = (sale, less) if trade_first else (less, sale)
    assert filled(*script, trade(SELL, 40, 500), model=model) == 0
    assert filled(*script, trade(SELL, 45, 500), shown(0), model=model) == 5


@pytest.mark.parametrize("trade_first", [True, False])
def test_of_a_shrinking_only_what_was_not_traded_counts_as_canceled(trade_first: bool) -> None:
    # 200 displayed, 100 of them ahead; 30 trade and 50 cancel: 70 ahead, of which a part went
    sale, less = trade(SELL, 30, 500), shown(120)
    script = (shown(200), sale, less) if trade_first else (shown(200), less, sale)
    ahead = 70 - 50 * 70 // 200 if trade_first else 70 - (100 * 80 // 200 - 15)
    assert filled(*script, trade(SELL, ahead, 500), model=EVEN) == 0
    assert filled(*script, trade(SELL, ahead + 5, 500), model=EVEN) <= 5


def test_feeds_that_are_far_apart_are_not_about_the_same_shares() -> None:
    script = (shown(40), QUIET, QUIET, trade(SELL, 45, 500))
    assert filled(*script, model=EVEN, settle=3 * NANOS_PER_MILLISECOND) == 0
    assert filled(*script, model=EVEN, settle=2 * NANOS_PER_MILLISECOND) == 5


def test_who_joins_later_stands_behind() -> None:
    for model in QueueModel:
        assert filled(shown(900), trade(SELL, 110, 500), model=model) == 10


def queued(quantity: int, ahead: int) -> Queued:
    """Return an order of ours in a queue."""
    return Queued(VenueOrder(INSTRUMENT, approved(1, BUY, quantity, 500)), ahead)


steps = st.one_of(
    st.tuples(st.just("shown"), st.integers(0, 60)),
    st.tuples(st.just("traded"), st.integers(1, 40)),
)


@given(st.lists(steps, max_size=40), st.integers(0, 50), st.sampled_from(list(QueueModel)))
def test_the_queue_never_moves_back_and_never_beyond_its_front(
    script: list[tuple[str, int]], ahead: int, model: QueueModel
) -> None:
    order, display = queued(1_000, ahead), Quantity(ahead)
    config = RecordedConfig(queue_model=model)
    for time, (name, amount) in enumerate(script):
        before = order.ahead
        if name == "shown":
            order.level_changed(display, Quantity(amount), config, Nanos(time))
            display = Quantity(amount)
            got = 0
        else:
            got = order.traded(Quantity(amount), Quantity(0), config, Nanos(time))
        assert 0 <= order.ahead <= before
        assert 0 <= got <= (amount if name == "traded" else 0)
        assert got == 0 or order.ahead == 0


@given(st.lists(steps, max_size=40), st.integers(0, 50))
def test_the_even_queue_is_never_behind_the_cautious_one_without_trades(
    script: list[tuple[str, int]], ahead: int
) -> None:
    cautious, even, display = queued(1_000, ahead), queued(1_000, ahead), Quantity(ahead)
    for time, (_, amount) in enumerate(script):
        for order, model in ((cautious, CAUTIOUS), (even, EVEN)):
            config = RecordedConfig(queue_model=model)
            order.level_changed(display, Quantity(amount), config, Nanos(time))
        display = Quantity(amount)
        assert even.ahead <= cautious.ahead


def test_what_was_consumed_is_not_offered_until_the_level_changes() -> None:
    side = RecordedSide(SELL)
    side.set(Price(510), Quantity(100))
    side.set(Price(515), Quantity(50))
    side.consume(Price(510), Quantity(100))
    assert list(side.within(Price(0))) == [(515, 50)]
    side.set(Price(510), Quantity(100))
    assert list(side.within(Price(0))) == [(515, 50)]
    side.set(Price(510), Quantity(90))
    assert list(side.within(Price(510))) == [(510, 90)]


def test_nobody_consumes_more_than_is_displayed() -> None:
    side = RecordedSide(SELL)
    side.set(Price(510), Quantity(100))
    with pytest.raises(AssertionError, match="more than is displayed"):
        side.consume(Price(510), Quantity(101))


def test_a_negative_time_for_the_feeds_to_agree_is_refused() -> None:
    with pytest.raises(ValueError, match="settle is -1 ns"):
        RecordedConfig(settle=Nanos(-1))
