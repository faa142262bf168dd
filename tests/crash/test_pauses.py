"""Processes that stand still: the other side cannot tell that from one that is gone."""

import signal
from functools import partial
from pathlib import Path

from fairlead.model.inputs import MarketData, VenueConnected, VenueDisconnected
from fairlead.model.outputs import KillEngaged, OrderUnknown
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from tests.crash.rig import Rig, a_rig, until
from tests.operations.guards import GuardProcess

HEARTBEAT = "200ms"
PATIENT = "10s"  # a busy machine is no lost venue, whose breaker would be first
PAUSE_SECONDS = 6
STALE = Nanos(4 * NANOS_PER_SECOND)  # a price of before the pause; no exchange is so slow by itself


def stopped(rig: Rig) -> None:
    """Let the node stand still until the venue has given it up, and for some time more."""
    rig.life.process.send_signal(signal.SIGSTOP)
    until("the venue gives it up", lambda: "the node is silent" in rig.exchange_said())
    until("its orders are gone", lambda: rig.exchange.books().working == 0)
    wake = rig.life.age + PAUSE_SECONDS * NANOS_PER_SECOND
    until("time passes", lambda: rig.life.age > wake)
    rig.life.process.send_signal(signal.SIGCONT)


def stale_prices(rig: Rig) -> list[str]:
    """Return the prices that were taken although they were old by the venue's own clock."""
    found = []
    for time, input, _ in rig.entries():
        age = time - getattr(input, "venue_time", time)
        if isinstance(input, MarketData) and age > STALE:
            found.append(f"{type(input).__name__}: {age / NANOS_PER_SECOND} s")
    return found


def is_connected_more_often(rig: Rig, before: int) -> bool:
    """Return whether the node has connected since."""
    return rig.count(VenueConnected) > before


def has_lost_more_often(rig: Rig, before: int) -> bool:
    """Return whether the node has said since that the venue is gone."""
    return rig.count(VenueDisconnected) > before


def test_a_node_that_stood_still_reconnects_and_trades_on_no_price_of_before(
    tmp_path: Path,
) -> None:
    """S0-ARCH I7, I10, I11: the venue canceled its orders meanwhile; time has passed."""
    with a_rig(tmp_path) as rig:
        rig.configure(heartbeat=HEARTBEAT)
        rig.start()
        rig.trade()
        connected = rig.count(VenueConnected)
        stopped(rig)
        until("it is connected again", partial(is_connected_more_often, rig, connected))
        rig.trade()
        rig.ended()
        assert rig.count(VenueDisconnected) >= 2
        assert rig.count(OrderUnknown) > 0
        assert stale_prices(rig) == []


def test_an_exchange_that_stands_still_is_given_up_and_found_again(
    tmp_path: Path,
) -> None:
    """Half open: the connection stands, and nothing comes."""
    with a_rig(tmp_path) as rig:
        rig.configure(heartbeat=HEARTBEAT)
        rig.start()
        for _ in range(2):
            rig.trade()
            lost, connected = rig.count(VenueDisconnected), rig.count(VenueConnected)
            rig.exchange.process.send_signal(signal.SIGSTOP)
            until("the node gives it up", partial(has_lost_more_often, rig, lost))
            rig.exchange.process.send_signal(signal.SIGCONT)
            until("it is connected again", partial(is_connected_more_often, rig, connected))
        rig.trade()
        rig.ended()
        assert stale_prices(rig) == []


def test_a_node_that_stood_still_wakes_up_killed_by_the_guard(tmp_path: Path) -> None:
    """S0-KILL-03: the guard canceled over a line of its own; nothing new leaves afterwards."""
    with a_rig(tmp_path, "--emergency", "127.0.0.1:0", "--keep-orders") as rig:
        rig.configure(heartbeat=PATIENT)
        rig.start()
        rig.trade()
        guard = GuardProcess(tmp_path, SIM=rig.exchange.doors["emergency"])
        guard.start("--watchdog", "1s", secrets=False)
        rig.life.process.send_signal(signal.SIGSTOP)
        assert guard.await_event("trigger")["source"] == "watchdog"
        until("its orders are gone", lambda: rig.exchange.books().working == 0)
        came = new_orders(rig)
        rig.life.process.send_signal(signal.SIGCONT)
        until("it is killed", lambda: rig.count(KillEngaged) == 1)
        guard.stop()
        rig.ended()
        assert new_orders(rig) == came


def new_orders(rig: Rig) -> int:
    """Return how many orders ever came to the exchange."""
    return sum(name.startswith("new ") for name in rig.exchange.books().messages)
