"""One run of a session under an offered load: the real session, in real time, on a real disk.

Wired, recovered, watched and journaled as `fairlead run` does it; only the market is one whose
ticks are due at fixed times (`offered_load.py`). Every limit and breaker of the strictest profile
is set and asked.
"""

import os
from contextlib import AbstractContextManager, closing, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Final

from fairlead.gateways.kill_files import SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.journal.log import Lock
from fairlead.journal.sequencer import VirtualClock, WallClock, monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.apart import Forked
from fairlead.node.breaker_settings import BreakerSettings
from fairlead.node.capacity import Figures, Line, Row
from fairlead.node.check_settings import PreTradeSettings, RiskInstrumentSettings
from fairlead.node.collector import collect_young, collected_when_idle
from fairlead.node.configuration import (
    AccountSettings,
    Configuration,
    InstrumentLimitSettings,
    JournalSettings,
    LimitSettings,
    MessageRateSettings,
    SessionSettings,
    StrategySettings,
)
from fairlead.node.letters import BOX_NAME
from fairlead.node.limit_settings import Bound, RiskLimitSettings
from fairlead.node.mailbox import Mailbox
from fairlead.node.pace import RealTime, StopRequest
from fairlead.node.policy_settings import ReconciliationSettings
from fairlead.node.processor import hold
from fairlead.node.processor_settings import ProcessorSettings
from fairlead.node.risk_settings import RiskSettings
from fairlead.node.switch_watch import SwitchWatch
from fairlead.node.venue_settings import SimulatedInstrumentSettings, SimulatedVenueSettings
from fairlead.stages.offered_load import (
    MONEY_DECIMALS,
    START,
    SYMBOL,
    OfferedMarket,
    TakingEach,
    TellTime,
    due_times,
    listed,
)
from fairlead.stages.recovering import Kept, recover
from fairlead.stages.wiring import Ears, Outside, wire
from fairlead.stages.worlds import Surroundings

WARMING: Final = 2_000  # ticks, where a line is warmed up
_STAGE: Final = "capacity"
_CASH: Final = Decimal(1_000_000)


def run_load(line: Line, rate: int, ticks: int, directory: Path) -> Row:
    """Offer a load to a session of its own and return what it took; all of it below `directory`.

    Raises `ConfigurationError` where the processor cannot be had, and `AssertionError` where not
    every tick made an order that was filled: what did something else has no time.
    """
    settings = configuration(line)
    hold(settings)
    warming = WARMING if line.warmed else 0
    market = OfferedMarket(due_times(rate, ticks, warming), warming, monotonic_ns)
    strategy = TakingEach(market, monotonic_ns)
    with closing(Lock(directory / "journal")):
        trade(settings, line, market, strategy, directory)
    assert market.ticks == market.orders == strategy.fills == warming + ticks, "all were filled"
    spans = market.spans
    return Row(
        rate,
        round(os.getloadavg()[0], 2),
        Figures.of(spans.tick_to_order),
        Figures.of(spans.order_to_acknowledgement),
        Figures.of(spans.order_to_fill),
    )


def trade(
    settings: Configuration,
    line: Line,
    market: OfferedMarket,
    strategy: TakingEach,
    directory: Path,
    now: TellTime = monotonic_ns,
) -> None:
    """Run a session on a market to its end, with its journal below `directory`. `now` is our clock,
    the one that the market and the strategy read.
    """
    wall = WallClock()
    watch = SwitchWatch(Switch(directory / SWITCH_NAME, now=wall.now()), wall)
    ears = Ears(watch, Mailbox(directory / BOX_NAME))
    around = Surroundings(market, [listed()], START, Nanos(START + 10**6 * NANOS_PER_SECOND))
    outside = Outside(around, VirtualClock(START), watch.switch, (strategy,))
    wired = wire(settings, (), ears, outside)
    wired = recover(wired, Kept(directory / "journal", worker=Forked()), _STAGE).wired
    killed = wired.session.listen()
    assert not killed, killed

    def before_wait() -> None:
        wired.path.commit()
        if line.idle_collector:
            collect_young()

    attend = wired.session.attend
    spin = line.wait == "spin"
    pace = RealTime(StopRequest(), 1, before_wait, _nothing, attend, spin=spin, now=now)
    market.schedule = pace
    with _collecting(line):
        wired.release(pace)
        wired.session.run(pace)
    wired.stop("the load was offered")
    watch.end(in_order=True)


def _nothing() -> None:
    """Draw no view while waiting."""


def _collecting(line: Line) -> AbstractContextManager[object]:
    return collected_when_idle(waits=True) if line.idle_collector else nullcontext()


def configuration(line: Line) -> Configuration:
    """Return what the session runs with: the strictest profile, where it does not refuse the load.

    What counts messages or holds against the volume that trades is set out of reach: how many there
    are is what is measured.
    """
    return Configuration(
        journal=JournalSettings(durability=line.durability),
        venue=SimulatedVenueSettings(
            kind="simulated",
            instruments=(SimulatedInstrumentSettings(symbol=SYMBOL, price_start=Decimal(100)),),
        ),
        account=AccountSettings(currency="USD", money_decimals=MONEY_DECIMALS, cash=_CASH),
        strategies=(StrategySettings(name="taking", strategy="taking"),),
        limits=LimitSettings(
            default=InstrumentLimitSettings(
                order_quantity_max=Decimal(10),
                order_notional_max=Decimal(10_000),
                position_quantity_max=Decimal(10),
            ),
            message_rate=MessageRateSettings(count_max=1_000_000, cancel_reserve=1_000_000),
        ),
        risk=RiskSettings(
            pre_trade_checks=PreTradeSettings(duplicate_window=Nanos(0)),
            limits=RiskLimitSettings(max_order_volume=Bound(hard=Decimal(1))),
            circuit_breakers=(
                BreakerSettings(
                    name="order_rate", condition="order_rate > 1000000", action=("kill",)
                ),
            ),
            instruments={SYMBOL: RiskInstrumentSettings(sector="load")},
        ),
        reconciliation=ReconciliationSettings(required=False, interval=Nanos(0)),
        session=SessionSettings(speed="1x", wait=line.wait, start_time=START),
        processor=ProcessorSettings(cores=(line.core,) if line.core is not None else ()),
    )
