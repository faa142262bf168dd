"""Connections that break in the middle of anything, and an exchange that dies."""

import random
import signal
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from fairlead.model.inputs import VenueConnected, WarningRaised
from fairlead.model.outputs import BreakOpened
from tests.crash.proxy import Plan, Proxy, Trouble
from tests.crash.rig import Rig, a_rig, until

CUTS = 6
BYTES = (1, 8_000)  # of the node: a login has 150, an order 450


def has_come(proxy: Proxy, rig: Rig, troubles: int) -> bool:
    """Return whether so many connections met their trouble."""
    rig.life.refuse_end()
    return proxy.troubles >= troubles


def is_connected(rig: Rig, times: int) -> bool:
    """Return whether the node has connected so often."""
    return rig.count(VenueConnected) >= times


@pytest.mark.parametrize("trouble", list(Trouble))
def test_connections_that_break_at_any_byte_lose_and_double_nothing(
    tmp_path: Path, trouble: Trouble
) -> None:
    """faults.md 10: cut after byte k, stalled, half open; asked for, and never sent again."""
    chance = random.Random(f"connections {trouble.name}")
    with a_rig(tmp_path) as rig, closing(Proxy(rig.exchange.address)) as proxy:
        proxy.plans = [Plan(trouble, chance.randint(*BYTES)) for _ in range(CUTS)]
        rig.configure(proxy.address, heartbeat="200ms")
        rig.start()
        until("all have had their trouble", partial(has_come, proxy, rig, CUTS))
        rig.trade()
        rig.ended()


def test_an_exchange_that_dies_and_comes_back_with_its_state_agrees(tmp_path: Path) -> None:
    state = ("--state", "floor.jsonl")
    with a_rig(tmp_path, *state) as rig:
        rig.start()
        for _ in range(3):
            rig.trade()
            connected = rig.count(VenueConnected)
            rig.exchange.process.send_signal(signal.SIGKILL)
            rig.exchange.end()
            rig.exchange_again(*state)
            until("it is connected again", partial(is_connected, rig, connected + 1))
        rig.trade()
        rig.ended()


def test_an_exchange_that_lost_its_state_is_not_believed_and_nothing_is_traded(
    tmp_path: Path,
) -> None:
    """It has no fill and no position of ours: that is a break, and closes the instruments."""
    with a_rig(tmp_path) as rig:
        rig.start()
        rig.trade()
        rig.exchange.process.send_signal(signal.SIGKILL)
        rig.exchange.end()
        rig.exchange_again()
        until("it is connected again", partial(is_connected, rig, 2))
        until("somebody is told", lambda: rig.count(WarningRaised) > 0)
        until("what differs is said", lambda: rig.count(BreakOpened) > 0)
