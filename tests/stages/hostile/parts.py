"""A node in a hostile world, for tests that look at one part of it."""

from typing import Any

from fairlead.model.outputs import Approved, OrderFilled, SendOrder
from fairlead.model.terms import Liquidity, OrderType, Side, TimeInForce
from fairlead.model.units import (
    AccountId,
    InstrumentId,
    Money,
    Nanos,
    OrderId,
    Price,
    Quantity,
    SignedQuantity,
    StrategyId,
)
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.hostile.world import HostileWorld
from fairlead.stages.hostile.checker import Witness
from fairlead.stages.hostile.node import JOURNAL, KillSwitch, Node
from fairlead.stages.hostile.operators import Operators
from fairlead.stages.hostile.setting import CASH, INSTRUMENTS, START, configuration

SECOND = 10**9


class Scene:
    """A world, a disk, people and a node that trades."""

    def __init__(self, seed: int = 1) -> None:
        """Let everything begin."""
        self.world = HostileWorld(seed, INSTRUMENTS, AccountId(1), CASH, START)
        self.disk = SimulatedDisk(Chance(seed, 1))
        self.disk.make_directory(JOURNAL)
        self.switch = KillSwitch()
        self.people = Operators(self.world, Chance(seed, 2), self.switch)
        self.witness = Witness(self.world)
        self.node = self.another()

    def another(self) -> Node:
        """Return the next node; it has not begun."""
        settings = configuration("disk", strict=False, snapshots=True)
        return Node(self.world, self.disk, self.switch, settings, [self.witness])

    def trade(self, seconds: int) -> None:
        """Let the node trade for a while, and acknowledge what it has."""
        self.node.run(Nanos(self.world.now + seconds * SECOND))
        self.witness.acknowledge(self.node.wired.path.sequencer.last)


def sent(order: int, quantity: int = 10, worst: int = 10, **terms: Any) -> SendOrder:
    """Return a message with a new buy order in instrument 1."""
    approved = Approved(
        OrderId(order),
        StrategyId(1),
        InstrumentId(1),
        Side.BUY,
        OrderType.LIMIT,
        TimeInForce.GTC,
        False,
        Quantity(quantity),
        Price(10_000),
        Price(10_000),
        Price(10_000),
        Money(1_000),
        SignedQuantity(worst),
        **terms,
    )
    return SendOrder(approved)


def fill(order: int, quantity: int, filled: int, leaves: int, execution: str) -> OrderFilled:
    """Return the fact that an order of `sent` was filled."""
    return OrderFilled(
        OrderId(order),
        StrategyId(1),
        InstrumentId(1),
        Side.BUY,
        Price(10_000),
        Quantity(quantity),
        Money(0),
        Liquidity.MAKER,
        execution,
        Quantity(filled),
        Quantity(leaves),
    )
