"""Snapshots are fetched once, a few at a time, and again only after a pause."""

from fairlead.gateways.binance.frames import Market
from fairlead.gateways.binance.snapshots import (
    ANSWER_TIME_MAX,
    PAUSE_MAX,
    PAUSE_MIN,
    UNDER_WAY_MAX,
    Snapshots,
)
from fairlead.model.units import InstrumentId, Nanos

ME = InstrumentId(1)


def snapshots(count: int = 1) -> Snapshots:
    return Snapshots(Market.USDM, {InstrumentId(n): f"S{n}USDT" for n in range(1, count + 1)})


def test_a_request_names_the_symbol_and_how_its_frame_is_called() -> None:
    wanted = snapshots()
    wanted.want(ME, Nanos(0))
    [request] = wanted.requests()
    assert request.url == "https://fapi.binance.com/fapi/v1/depth?symbol=S1USDT&limit=1000"
    assert request.frame(b"{}") == b'{"stream":"s1usdt@depthSnapshot","data":{}}'
    assert wanted.requests() == []
    assert wanted.asked == (ME,)


def test_a_few_are_under_way_at_a_time() -> None:
    wanted = snapshots(10)
    for number in range(1, 11):
        wanted.want(InstrumentId(number), Nanos(0))
    assert [each.instrument for each in wanted.requests()] == [1, 2, 3, 4]
    assert UNDER_WAY_MAX == 4
    wanted.arrived([InstrumentId(2)])
    assert [each.instrument for each in wanted.requests()] == [5]


def test_one_that_failed_is_asked_for_again_after_a_pause_that_grows_to_a_bound() -> None:
    wanted = snapshots()
    wanted.want(ME, Nanos(0))
    now, pauses = Nanos(0), []
    for _ in range(8):
        assert len(wanted.requests()) == 1
        wanted.failed(ME, now)
        failed = now
        while not wanted.asked:
            now = Nanos(now + PAUSE_MIN)
            wanted.tick(now)
            if wanted.requests():
                break
        pauses.append(now - failed)
        wanted.failed(ME, now)
        now = Nanos(now + 2 * PAUSE_MAX)
        wanted.tick(now)
    assert pauses[0] == PAUSE_MIN
    assert pauses == sorted(pauses)
    assert pauses[-1] == PAUSE_MAX


def test_an_answer_that_does_not_come_is_a_failure() -> None:
    wanted = snapshots()
    wanted.want(ME, Nanos(0))
    wanted.requests()
    asked = []
    for time in (ANSWER_TIME_MAX, Nanos(ANSWER_TIME_MAX + 1)):
        wanted.tick(time)
        asked.append(wanted.asked)
    assert asked == [(ME,), ()]
    wanted.tick(Nanos(ANSWER_TIME_MAX + 1 + PAUSE_MIN))
    assert len(wanted.requests()) == 1
