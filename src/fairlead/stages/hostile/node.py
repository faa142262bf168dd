"""One life of a node in a hostile world: wired and opened as production does it, until it dies."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output
from fairlead.model.terms import StopPolicy
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.apart import Here
from fairlead.node.configuration import Configuration
from fairlead.readers.reader import Reader
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.hostile.world import HostileWorld
from fairlead.stages.hostile.setting import INSTRUMENTS, START
from fairlead.stages.hostile.strategies import Failing, Hyperactive, Nonsensical, Ordinary
from fairlead.stages.recovering import Kept, Opened, recover
from fairlead.stages.wiring import RELEASE, Outside, wire
from fairlead.stages.worlds import Surroundings

STAGE: Final = "paper"
JOURNAL: Final = Path("journal")
_CONFIRMED_WITHIN: Final = 12 * NANOS_PER_SECOND


class KillSwitch:
    """The flag of the kill switch, which outlives the node as a file does."""

    def __init__(self) -> None:
        """Begin released."""
        self.engaged = False
        self.closing_allowed = False


class HostilePace:
    """Lets true time go by until the node's clock says that it is time, or something is there."""

    def __init__(self, world: HostileWorld) -> None:
        """Wait in this world, until `stop_at` at most: a true time."""
        self.stop_at = Nanos(0)
        self._world = world

    def wait_until(self, time: Nanos) -> bool:
        """Wait; False when somebody else is to act."""
        world = self._world
        reached = world.clock.reaches(time)
        if world.wait(min(reached, self.stop_at)):
            return True
        return reached <= self.stop_at


class HostilePresent:
    """Where a node waits that nobody can keep from its turns any more."""

    def __init__(self, world: HostileWorld) -> None:
        """Wait in this world."""
        self._world = world

    def wait_until(self, time: Nanos) -> None:
        """Return when the node's clock says that it is time, or when something is there."""
        self._world.wait(self._world.clock.reaches(time))

    def now(self) -> Nanos:
        """Return what the node's clock says."""
        return self._world.clock.now()

    def checked(self) -> None:
        """Record nothing of a clock that nobody compares with another one."""


class Node:
    """A process that lives once."""

    def __init__(
        self,
        world: HostileWorld,
        disk: SimulatedDisk,
        switch: KillSwitch,
        settings: Configuration,
        readers: Iterable[Reader] = (),
    ) -> None:
        """Put it together; nothing is read or written yet."""
        until = Nanos(START + 10**6 * NANOS_PER_SECOND)
        around = Surroundings(world, INSTRUMENTS, START, until)
        strategies = (Ordinary(), Hyperactive(), Failing(), Nonsensical())
        outside = Outside(around, world.clock, switch, strategies, HostilePresent(world))
        self.world = world
        self.wired = wire(settings, readers, None, outside)
        self.session = self.wired.session
        self._kept = Kept(JOURNAL, disk, worker=Here())
        self._pace = HostilePace(world)

    @property
    def machine(self) -> Machine:
        """What it knows."""
        return self.wired.path.machine

    def open(self) -> Opened:
        """Recover, and open the session. Raises whatever a start may raise."""
        self.world.node_started()
        opened = recover(self.wired, self._kept, STAGE)
        self.wired, self.session = opened.wired, opened.wired.session
        return opened

    def release(self) -> None:
        """Let trading begin when what it has is confirmed, or nobody confirmed it in time."""
        self._pace.stop_at = Nanos(self.world.now + _CONFIRMED_WITHIN)
        self.session.confirm(self._pace)
        self.session.command(RELEASE)

    def run(self, until: Nanos) -> None:
        """Trade until a true time."""
        self._pace.stop_at = until
        while self.world.now < until:
            self.session.run(self._pace)

    def command(self, command: Input) -> list[Output]:
        """Take an operator's command."""
        return self.session.command(command)

    def stop(self) -> None:
        """End the session in order."""
        self.session.stop(StopPolicy.CANCEL, "ann", "the day ends")
