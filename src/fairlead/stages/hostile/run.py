"""One run: a node that trades, dies and is started again in a hostile world, until all is healed.

Everything follows from the seed: what the network, the venue, the clock, the disk and the people
do, when the node dies and how. At the end the world is good, people settle what is left, the node
stops in order, and the checker has the last word.
"""

import errno
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from fairlead.journal.errors import JournalError
from fairlead.journal.history import History
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.journal.snapshot import SUFFIX as SNAPSHOT_SUFFIX
from fairlead.model.codec import decode_input
from fairlead.model.inputs import SnapshotTaken, StopCommand
from fairlead.model.terms import Status, StopPolicy
from fairlead.model.units import NANOS_PER_MILLISECOND, NANOS_PER_SECOND, AccountId, Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk import SimulatedDisk
from fairlead.simulator.disk_faults import Fault, Odds
from fairlead.simulator.errors import Crashed, PowerLost
from fairlead.simulator.hostile.world import HostileWorld
from fairlead.stages.hostile.checker import Checker, Witness
from fairlead.stages.hostile.errors import hold
from fairlead.stages.hostile.node import JOURNAL, KillSwitch, Node
from fairlead.stages.hostile.operators import Operators
from fairlead.stages.hostile.setting import CASH, INSTRUMENTS, START, configuration

_RUN: Final = 31  # streams of the seed
_DISK: Final = 32
_PEOPLE: Final = 33
_MS: Final = NANOS_PER_MILLISECOND
_LIFE: Final = Nanos(8 * NANOS_PER_SECOND)  # how long a node lives, on average
_DUTY: Final = Nanos(600 * _MS)  # between two deeds of the people
_DOWN: Final = Nanos(400 * _MS)
_OFTEN: Final = ("write", "sync")  # of the calls of a disk
_SETTLING_ROUNDS_MAX: Final = 14


@dataclass
class Report:
    """What a run has shown."""

    seed: int
    digest: str = ""  # of the journal, byte for byte but for snapshots, and of what the venue has
    inputs: int = 0
    orders: int = 0  # that the venue got
    fills: int = 0
    lives: int = 0
    keeps: bool = False  # whether snapshots are taken: their size is another in another build
    happened: dict[str, int] = field(default_factory=dict)

    def count(self, what: str, times: int = 1) -> None:
        """Note that something happened."""
        self.happened[what] = self.happened.get(what, 0) + times


class Run:
    """One seed."""

    def __init__(self, seed: int, *, tells: bool = False) -> None:
        """Put the world together; one that `tells` has a timeline in the end."""
        self.report = Report(seed)
        self._chance = Chance(seed, _RUN)
        self._durability: Literal["process", "disk"] = (
            "disk" if self._chance.percent(75) else "process"
        )
        strict, snapshots = self._chance.percent(20), self._chance.percent(50)
        self._settings = configuration(self._durability, strict=strict, snapshots=snapshots)
        self.report.keeps = snapshots
        self.world = HostileWorld(seed, INSTRUMENTS, AccountId(1), CASH, START)
        self.disk = SimulatedDisk(Chance(seed, _DISK), self._chance.pick([512, 4096]))
        self.disk.make_directory(JOURNAL)
        self._switch = KillSwitch()
        self._people = Operators(self.world, Chance(seed, _PEOPLE), self._switch)
        self._witness = Witness(self.world)
        self._witness.tells = tells
        self._taken_before = 0  # by the nodes before
        self._from_snapshot = False  # whether the last start read the journal from there on alone
        self._checker = Checker(self.disk, self.world, self._witness)

    def whole(self) -> Report:
        """Run it to its end. Raises `InvariantBroken`, or whatever else broke."""
        for _ in range(self._chance.between(2, 5)):
            self._life()
        self._settle()
        self._checker.finished()
        self._sum_up()
        return self.report

    # --- a life ---

    def _life(self) -> None:
        """Start a node, let it trade, and let it die."""
        chance = self._chance
        self._plan_death()
        until = Nanos(self.world.now + chance.wait(_LIFE))
        try:
            node = self._start()
            while self.world.now < until:
                node.run(Nanos(min(until, self.world.now + chance.wait(_DUTY))))
                self._acknowledge(node)
                self._checker.conserved(self._taken_before)
                self._people.act(node)
                self._acknowledge(node)
            self._death("killed")
        except PowerLost:
            self._death("died at a disk operation")
        except Crashed:
            self._death("died with a message")
        except JournalError as error:
            self._death(f"stopped: {type(error).__name__}")
        self._checker.recovered()

    def _start(self) -> Node:
        """Start a node, and release it. It may die of that as of anything else."""
        node = Node(self.world, self.disk, self._switch, self._settings, [self._witness])
        self.report.lives += 1
        self.world.note(f"node: life {self.report.lives}")
        self._witness.listens = False
        opened = node.open()
        self._from_snapshot = opened.snapshot > 0
        if self._from_snapshot:
            self._count("began from a snapshot")
        if opened.passed_over:
            self._count("passed a snapshot over")
        self._acknowledge(node)
        self._witness.listens, self._witness.heard = True, 0
        self._taken_before = self.world.taken
        node.release()
        self._acknowledge(node)
        return node

    def _acknowledge(self, node: Node) -> None:
        self._witness.acknowledge(node.wired.path.sequencer.last)

    def _plan_death(self) -> None:
        """Lay down how the node is to die, if it is not killed."""
        chance, trouble = self._chance, self.disk.trouble
        soon = chance.pick([1, 3, 10, 40, 120]) + chance.below(20)
        how = chance.below(10)
        if how < 3:
            self.disk.lose_power_after(soon)
        elif how < 5:
            self.world.dies_after = chance.below(60)
            self.world.arrives = chance.percent(50)
        elif how == 5:
            trouble.odds = Odds(short_write=200_000, write_error=3_000, sync_error=3_000)
        elif how == 6:
            call = chance.pick(["write", "sync", "create", "sync_directory", "truncate", "read"])
            number = trouble.calls.get(call, 0) + (soon if call in _OFTEN else 1 + chance.below(3))
            trouble.schedule(Fault(call, number, errno.EIO, sticky=chance.percent(50)))
        elif how == 7:
            used = sum(self.disk.stamp(JOURNAL / name)[0] for name in self.disk.names(JOURNAL))
            self.disk.capacity = used + chance.below(100_000)

    def _death(self, how: str) -> None:
        """Let the node be gone; the power goes with it where the journal promises to survive it."""
        self._count(how)
        self._witness.listens = False
        self.world.node_died()
        self.disk.trouble.clear()
        self.disk.capacity = 1 << 60
        if self._durability == "disk" and self._chance.percent(60):
            self._count("power lost")
            self.disk.crash()
        else:
            self.disk.kill()
        self.world.wait(Nanos(self.world.now + self._chance.wait(_DOWN)))
        if self._durability == "disk" and self._chance.percent(20):
            self._rot_snapshot()
            self._rot()

    def _files(self, suffix: str) -> list[str]:
        return [name for name in self.disk.names(JOURNAL) if name.endswith(suffix)]

    def _flip(self, path: Path) -> tuple[int, int]:
        byte, bit = self._chance.below(self.disk.stamp(path)[0]), self._chance.below(8)
        self.disk.flip(path, byte, bit)
        return byte, bit

    def _rot_snapshot(self) -> None:
        """Turn over a bit of the newest snapshot: a start passes it over."""
        names = self._files(SNAPSHOT_SUFFIX)
        if names:
            self._count("rotten snapshot")
            self._flip(JOURNAL / names[-1])

    def _rot(self) -> None:
        """Turn over a bit of a sealed file: a start that reads it refuses it, until the copy is
        put back. One that begins from a later snapshot has no need of it; who verifies, has.
        """
        names = self._files(SEGMENT_SUFFIX)
        if len(names) < 2:
            return
        path = JOURNAL / self._chance.pick(names[:-1])
        byte, bit = self._flip(path)
        self._count("rotten bit")
        hold(1, self._checker.damaged_file() == str(path), f"nobody noticed {path}, byte {byte}")
        try:
            self._start()
            hold(1, self._from_snapshot, f"a start did not notice {path}, byte {byte}")
        except JournalError as error:
            hold(1, str(path) in str(error), f"{path}, byte {byte} is rotten, and said is: {error}")
        self.world.node_died()
        self.disk.kill()
        self.disk.flip(path, byte, bit)

    def _count(self, what: str) -> None:
        self.report.count(what)
        self.world.note(f"node: {what}")

    # --- the end ---

    def _settle(self) -> None:
        """Heal the world, and let people settle what is left.

        They wait until the clock is right, and no more behind what it once said: until then our
        times are later than those of the venue, and nothing can be compared.
        """
        self.world.heal()
        history = History(JOURNAL, self.disk)
        for _ in history.entries():
            pass
        known = Nanos(history.end.time + NANOS_PER_SECOND)
        self.world.leap(max(known, self.world.clock.right_from))
        self._switch.engaged = False
        node = self._start()
        people, gate = self._people, node.machine.gate
        node.command(StopCommand(StopPolicy.KEEP, "ann", "to settle what is left"))
        for number in range(_SETTLING_ROUNDS_MAX):
            self.world.venue.say_again()
            node.run(Nanos(self.world.now + 6 * NANOS_PER_SECOND))
            if gate.killed:
                people.release(node)
            people.look_after(node)
            if number and self._is_settled(node):
                break
        node.stop()
        self._is_agreed(node)

    def _is_settled(self, node: Node) -> bool:
        state = node.machine.state
        working = state.orders.all_working()
        theirs = sorted(order.order for order in self.world.books.alive())
        steady = (Status.OPEN, Status.SUSPENDED, Status.DONE_FOR_DAY)
        return (
            not state.reconciliation.any_open
            and all(order.status in steady for order in working)
            and sorted(order.order for order in working) == theirs
        )

    def _is_agreed(self, node: Node) -> None:
        state = node.machine.state
        left = [
            (known.kind.name, known.order, known.item, known.ours, known.theirs)
            for known in state.reconciliation.open_breaks()
        ]
        hold(6, not left, f"breaks are left that nobody could explain: {left}")
        ledger = state.positions.accounts()[0].ledger("USD")
        assert ledger is not None, "the account has its own currency"
        ours, theirs = ledger.cash.rounded, self.world.books.cash()
        hold(6, ours == theirs, f"cash is {ours}, the venue has {theirs}")

    def _sum_up(self) -> None:
        report, world = self.report, self.world
        digest = hashlib.blake2b(digest_size=16)
        for entry in History(JOURNAL, self.disk).entries():
            report.inputs += 1
            if not isinstance(decode_input(entry.input), SnapshotTaken):  # has a digest of objects
                digest.update(f"{entry.sequence} {entry.time}".encode() + entry.input)
                digest.update(entry.outputs)
        digest.update(repr([(one.client_order, one.filled) for one in world.books.orders]).encode())
        report.digest = digest.hexdigest()
        report.orders = len(world.books.orders)
        report.fills = world.books.executed
        seen = (world.happened, world.venue.happened, world.market.happened, self._people.happened)
        for counts in seen:
            for what in counts:
                report.count(what, counts[what])
        for trouble in world.clock.troubles:
            report.count(f"the clock {trouble.split()[0]}")

    def timeline(self) -> list[tuple[Nanos, str]]:
        """Return what happened and what was taken, each with its true time after the start."""
        lines = [*self.world.diary, *self._witness.lines]
        return [(Nanos(time - START), what) for time, what in sorted(lines, key=_time)]


def _time(line: tuple[Nanos, str]) -> Nanos:
    return line[0]
