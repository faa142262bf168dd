"""Sessions, halts, bands, and what it costs to cross: at the edge, beyond it, and without data."""

from typing import Any, Final

import pytest

from fairlead.model.inputs import (
    BookGap,
    Input,
    MarketHalt,
    PriceBands,
    SessionPhase,
    Trade,
    TradingStatus,
)
from fairlead.model.outputs import CancelOrder
from fairlead.model.risk_terms import LimitKind, Phase
from fairlead.model.terms import OrderType, Side, Status, TimeInForce
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from tests.machine.build import (
    BUY,
    NO_TIME,
    SECOND,
    SELL,
    VENUE,
    accepted,
    filled,
    instrument,
    limits,
    only,
    quote,
    replace,
    submit,
)
from tests.machine.build import cancel as cancel_of
from tests.machine.risk.twin import FAR, MILLION, NOTHING, Twin, far, limit, patient, policy

ONE: Final = InstrumentId(1)
TWO: Final = InstrumentId(2)
DELAY: Final = 300 * SECOND
TIMES: Final = ("GTC", "IOC", "FOK", "DAY", "GTD", "AT_OPEN", "AT_CLOSE")


def phase(now: Phase, number: int = 0, venue: str = VENUE) -> SessionPhase:
    """Return another phase of the venue, or of one instrument."""
    return SessionPhase(venue, now, NO_TIME, InstrumentId(number))


def halt(halted: bool, venue: str = "", level: int = 1) -> MarketHalt:
    """Return the beginning or end of a market-wide halt."""
    return MarketHalt(venue, level, halted, "the index fell by 7 %", NO_TIME)


def bands(lower: int, upper: int, limit_state: bool = False) -> PriceBands:
    """Return the bands of instrument 1."""
    return PriceBands(ONE, Price(lower), Price(upper), limit_state, NO_TIME)


# --- phases --------------------------------------------------------------------------------------

WAITS: Final = {"GTC", "DAY", "GTD"}
TAKEN: Final[dict[Phase, set[str]]] = {  # which limit orders a phase takes, said once more
    Phase.CONTINUOUS: {"GTC", "IOC", "FOK", "DAY", "GTD", "AT_CLOSE"},
    Phase.PRE_OPEN: WAITS | {"AT_OPEN", "AT_CLOSE"},
    Phase.OPENING_AUCTION: WAITS | {"AT_OPEN", "AT_CLOSE"},
    Phase.CLOSING_AUCTION: WAITS | {"AT_CLOSE"},
    Phase.HALT_AUCTION: set(),
    Phase.CLOSED: set(),
}
OPEN: Final = tuple(TimeInForce)


@pytest.mark.parametrize("now", list(Phase), ids=lambda each: each.name.lower())
@pytest.mark.parametrize("name", TIMES)
def test_a_phase_takes_the_limit_orders_that_may_wait_for_its_end(now: Phase, name: str) -> None:
    """Controls 28 and 32: no entry in the wrong phase."""
    rig = Twin(
        instrument(instrument=FAR, symbol="FAR", times_in_force=OPEN),
        patient(3),
        quote(99, 101, instrument=3),
        phase(now),
    )
    terms: dict[str, Any] = {"time_in_force": TimeInForce[name], "instrument": FAR}
    if name == "GTD":
        terms["expire_time"] = Nanos(9 * SECOND)
    failed = rig.says_no(submit(1, **terms))
    assert failed == ({} if name in TAKEN[now] else {"session_phase": NOTHING})


@pytest.mark.parametrize("now", list(Phase), ids=lambda each: each.name.lower())
def test_market_orders_enter_continuous_trading_alone(now: Phase) -> None:
    """Control 32: no market orders in an auction."""
    rig = Twin(phase(now))
    assert ("session_phase" in rig.says_no(submit(1, price=0))) == (now is not Phase.CONTINUOUS)


def test_a_venue_that_says_nothing_has_no_phases_and_another_one_is_not_meant() -> None:
    """Control 28: one that trades round the clock never says; what is said is kept."""
    rig = Twin(*far(), phase(Phase.CLOSED))
    assert rig.passes(submit(1, instrument=FAR))
    rig.restart()
    assert rig.says_no(submit(2)) == {"session_phase": NOTHING}
    assert rig.passes(phase(Phase.CONTINUOUS), submit(3))


def test_one_instrument_may_be_in_another_phase_than_its_venue() -> None:
    """Control 28: both must let an order in."""
    rig = Twin(phase(Phase.CONTINUOUS), phase(Phase.HALT_AUCTION, 1))
    assert rig.says_no(submit(1)) == {"session_phase": NOTHING}
    assert rig.passes(submit(2, instrument=TWO))
    assert rig.passes(phase(Phase.CONTINUOUS, 1), submit(3))
    assert rig.says_no(phase(Phase.CLOSED), submit(4)) == {"session_phase": NOTHING}


def test_a_cancel_leaves_in_every_phase_and_new_terms_do_not() -> None:
    """Control 28: cancels are always allowed."""
    rig = Twin(submit(1), accepted(1), phase(Phase.CLOSED), halt(True))
    assert rig.says_no(replace(1, 9)) == {"session_phase": NOTHING, "market_halted": NOTHING}
    assert only(CancelOrder, rig.give(cancel_of(1))).order == 1


@pytest.mark.parametrize(
    ("ends", "begins"),
    [
        (phase(Phase.CONTINUOUS), phase(Phase.CLOSED)),
        (phase(Phase.CONTINUOUS, 1), phase(Phase.HALT_AUCTION, 1)),
        (halt(False), halt(True)),
        (bands(0, 0), bands(90, 120, limit_state=True)),
    ],
    ids=["phase", "auction", "halt", "limit state"],
)
def test_a_stop_that_fires_while_nothing_may_enter_goes_when_it_may(
    ends: Input, begins: Input
) -> None:
    """Control 28: queued, not thrown away: it protects a position."""
    stop = submit(1, price=0, order_type=OrderType.STOP, trigger_price=Price(110))
    rig = Twin(patient(), policy(halt_resume_delay=NO_TIME), stop)
    rig.wait(1)
    seen = Trade(ONE, Price(110), Quantity(1), BUY, "T", NO_TIME)
    assert not rig.passes(begins, quote(109, 111), seen)
    assert rig.status(1) is Status.HELD
    rig.restart()
    assert rig.passes(ends, quote(109, 112))


# --- market-wide halts ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "failed"), [(DELAY - 1, True), (DELAY, False), (DELAY + 1, False)]
)
def test_no_order_for_five_minutes_after_the_market_resumes(since: int, failed: bool) -> None:
    """S4-CB-04, control 28: at 300 s it passes."""
    rig = Twin(patient(), halt(True))
    rig.wait(900 * SECOND)
    assert rig.says_no(submit(1)) == {"market_halted": NOTHING}
    rig.give(halt(False))
    rig.wait(since)
    rig.restart()
    assert rig.says_no(submit(2)) == ({"halt_resume_delay": (since, DELAY)} if failed else {})


def test_the_delay_is_what_the_policy_says() -> None:
    """S4-CB-04: `resume_delay`; it is 300 s where nobody set one."""
    rig = Twin(patient(), policy(halt_resume_delay=Nanos(SECOND)), halt(True), halt(False))
    rig.wait(SECOND - 1)
    assert rig.says_no(submit(1)) == {"halt_resume_delay": (SECOND - 1, SECOND)}
    rig.wait(1)
    assert rig.passes(submit(2))


def test_the_end_of_a_halt_whose_beginning_nobody_told_counts() -> None:
    """S4-CB-04: what was missed was a halt all the same; said twice it ended once."""
    rig = Twin(patient(), halt(False))
    assert rig.says_no(submit(1)) == {"halt_resume_delay": (0, DELAY)}
    rig.wait(DELAY)
    assert rig.passes(halt(False), submit(2))


def test_a_halt_of_one_venue_halts_no_other() -> None:
    """S0-CB-08: an exchange halt is known."""
    rig = Twin(patient(), *far(), halt(True, VENUE))
    assert rig.says_no(submit(1)) == {"market_halted": NOTHING}
    assert rig.passes(submit(2, instrument=FAR))
    assert rig.says_no(halt(True), submit(3, instrument=FAR)) == {"market_halted": NOTHING}


# --- the halt of one instrument ------------------------------------------------------------------


@pytest.mark.parametrize(
    "resumes",
    [
        [TradingStatus(ONE, False, "news"), TradingStatus(ONE, True, "")],
        [phase(Phase.HALT_AUCTION, 1), phase(Phase.CONTINUOUS, 1)],
    ],
    ids=["status", "auction"],
)
def test_after_the_halt_of_one_instrument_there_is_a_delay_if_the_policy_has_one(
    resumes: list[Input],
) -> None:
    """Control 28: at the delay it passes; other instruments are not concerned."""
    rig = Twin(patient(), policy(instrument_resume_delay=Nanos(60 * SECOND)), *resumes)
    rig.wait(60 * SECOND - 1)
    rig.restart()
    assert rig.says_no(submit(1)) == {"instrument_resume_delay": (60 * SECOND - 1, 60 * SECOND)}
    rig.wait(1)
    assert rig.passes(submit(2))
    assert Twin(*resumes).passes(submit(1))


def test_an_instrument_that_was_never_halted_has_not_resumed() -> None:
    """Control 28: a venue that says "tradable" again and again delays nothing."""
    rig = Twin(policy(instrument_resume_delay=Nanos(SECOND)))
    assert rig.passes(TradingStatus(ONE, True, ""), submit(1))


# --- price bands ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "price", "failed"),
    [
        (BUY, 104, {}),
        (BUY, 105, {}),
        (BUY, 106, {"price_bands": (106, 105)}),
        (BUY, 94, {}),
        (SELL, 96, {}),
        (SELL, 95, {}),
        (SELL, 94, {"price_bands": (94, 95)}),
        (SELL, 106, {}),
    ],
)
def test_a_price_at_a_band_passes_and_one_beyond_does_not(
    side: Side, price: int, failed: dict[str, tuple[int, int]]
) -> None:
    """Control 29, LULD: a buy above the upper, a sell below the lower; the other way it waits."""
    rig = Twin(bands(95, 105))
    rig.restart()
    assert rig.says_no(submit(1, side, price=price)) == failed


def test_bands_of_zero_end_them_and_a_market_order_is_held_by_the_venue() -> None:
    """Control 29."""
    rig = Twin(bands(99, 101))
    assert rig.passes(submit(1, price=0))
    assert rig.says_no(submit(2, price=102)) == {"price_bands": (102, 101)}
    assert rig.passes(bands(0, 0), submit(3, price=102))


def test_in_a_limit_state_nothing_enters_but_what_reduces_at_a_limit() -> None:
    """Control 29: 15 s later trading pauses."""
    rig = Twin(submit(1), accepted(1), filled(1, 8, "e1"), bands(95, 105, limit_state=True))
    assert rig.says_no(submit(2)) == {"limit_state": NOTHING}
    assert rig.says_no(submit(3, SELL, 8, 0)) == {"limit_state": NOTHING}
    assert rig.says_no(submit(4, SELL, 9)) == {"limit_state": NOTHING}
    assert rig.passes(submit(5, SELL, 8))


# --- spread and depth ----------------------------------------------------------------------------

SPREAD: Final = limit(LimitKind.SPREAD, 40_000)  # 4 % of the mid
DEPTH: Final = limit(LimitKind.DEPTH, 10 * MILLION)


@pytest.mark.parametrize("side", [BUY, SELL], ids=["buy", "sell"])
@pytest.mark.parametrize(
    ("bid", "ask", "measured"),
    [(99, 101, None), (98, 102, None), (98, 103, 49_752), (97, 103, 60_000)],
)
def test_a_wide_spread_is_not_crossed(side: Side, bid: int, ask: int, measured: int | None) -> None:
    """Control 33: at the limit it passes; what joins its own side does not cross."""
    rig = Twin(SPREAD, quote(bid, ask))
    far_side, own_side = (ask, bid) if side is BUY else (bid, ask)
    failed = {} if measured is None else {"spread": (measured, 40_000)}
    assert rig.says_no(submit(1, side, price=own_side)) == {}
    assert rig.says_no(submit(2, side, price=far_side)) == failed
    rig.restart()
    assert rig.says_no(submit(3, side, price=0)) == failed
    assert rig.says_no(submit(4, side, price=far_side, post_only=True)) == {}


@pytest.mark.parametrize(("shown", "failed"), [(9, True), (10, False), (11, False)])
def test_an_order_takes_only_where_enough_is_shown(shown: int, failed: bool) -> None:
    """Control 33: at the limit it passes; the side that it would take from counts."""
    rig = Twin(DEPTH, quote(99, 101, bid_quantity=1, ask_quantity=shown))
    no = {"depth": (shown, 10)} if failed else {}
    assert rig.says_no(submit(1, price=101)) == no
    assert rig.says_no(submit(2, price=0)) == no
    assert rig.says_no(submit(3, price=100)) == {}
    assert rig.says_no(submit(4, SELL, price=99)) == {"depth": (1, 10)}


def test_without_a_touch_nothing_is_crossed() -> None:
    """Control 31 and 33: what nobody sees is neither narrow nor deep."""
    lost = Twin(SPREAD, DEPTH, BookGap(ONE, "lost"))
    failed = lost.says_no(submit(1))
    assert failed["spread"] == (None, 40_000)
    assert failed["depth"] == (None, 10)
    wide = limits(reference_age_max=Nanos(SECOND))
    one_sided = Twin(wide, SPREAD, DEPTH, quote(0, 101))
    failed = one_sided.says_no(submit(1, price=101))
    assert failed["spread"] == (None, 40_000)
    assert "depth" not in failed
    assert one_sided.says_no(submit(2, SELL, price=0))["depth"] == (0, 10)


def test_a_stop_of_the_venues_own_takes_nothing_before_it_fires() -> None:
    """Control 33."""
    stops = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT)
    listed = instrument(instrument=FAR, symbol="FAR", order_types=stops)
    rig = Twin(listed, patient(3), quote(97, 103, instrument=3), SPREAD)
    terms: dict[str, Any] = {"order_type": OrderType.STOP_LIMIT, "trigger_price": Price(104)}
    assert rig.passes(submit(1, price=104, instrument=FAR, **terms))
