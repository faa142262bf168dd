"""What is traded in a hostile world, and within which limits."""

from fairlead.simulator.days import session_date
from fairlead.stages.hostile.setting import INSTRUMENTS, MIDNIGHT, START, VENUE, configuration


def test_a_trading_day_ends_soon_after_the_start() -> None:
    assert (session_date(START), session_date(MIDNIGHT)) == (20260105, 20260106)
    assert MIDNIGHT - START < 10 * 10**9


def test_every_instrument_has_limits_and_strictness_is_in_the_breakers() -> None:
    loose, strict = (configuration("disk", strict=one, snapshots=one) for one in (False, True))
    for instrument in INSTRUMENTS:
        assert instrument.venue == VENUE
        assert loose.limits.of(instrument.symbol).position_quantity_max > 0
    assert not list(loose.risk.resolved().all_breakers())
    assert list(strict.risk.resolved().all_breakers())
    assert configuration("process", strict=False, snapshots=False).journal.durability == "process"
