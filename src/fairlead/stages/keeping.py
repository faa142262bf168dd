"""What a session consists of, as a snapshot keeps it and a start brings it back.

The parts refer to each other, so they are kept together: the machine, the world where it is a
simulated or recorded one (a venue outside of us keeps itself), the strategies, the counters of the
last mile, the readers that tell the session's result. What belongs to the process is put in anew:
the kill switch and the recording that a world reads.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Final, NamedTuple, Protocol

from fairlead.gateways.last_mile import KillFlag, LastMile
from fairlead.journal.log import Log
from fairlead.journal.snapshot import BUILD_BYTES, Snapshot
from fairlead.machine.machine import Machine
from fairlead.model.inputs import Input
from fairlead.model.names import Names
from fairlead.node import image
from fairlead.node.build import sources_hash
from fairlead.node.configuration import Configuration
from fairlead.node.errors import BadImage
from fairlead.node.notary import Notary, Warn
from fairlead.node.path import OutputsDigest, Path
from fairlead.node.snapshots import Snapshots
from fairlead.node.standing import Standing
from fairlead.readers.book_comparison import BookComparison
from fairlead.readers.equity import EquityCurve
from fairlead.readers.summary import SessionSummary
from fairlead.simulator.followed import FollowedWorld
from fairlead.simulator.recorded import RecordedWorld
from fairlead.simulator.world import World
from fairlead.strategy.host import Host

_SWITCH: Final = "switch"
_RECORDING: Final = "recording"
_OUTSIDE: Final = "world"
_LINE: Final = "line"


class Wireable(Protocol):
    """A session, as far as who keeps it needs to know."""

    @property
    def path(self) -> Path:
        """Where it is written."""

    def written(self) -> bytes:
        """Return the image of all that it knows. Raises `NotKept`."""


class Parts(NamedTuple):
    """The parts of a session that stand for what it knows."""

    machine: Machine
    world: World
    host: Host
    last_mile: LastMile
    curve: EquityCurve
    summary: SessionSummary
    comparison: BookComparison | None
    outputs: OutputsDigest
    names: Names
    standing: Standing | None  # None: of a session that begins


def write(parts: Parts, switch: KillFlag) -> bytes:
    """Return the image of a session's parts. Raises `NotKept`."""
    return image.encode(tuple(parts), _outside(parts.world, switch), parts.host.modules())


def read(snapshot: Snapshot, fresh: Parts, switch: KillFlag) -> Parts:
    """Return the parts that a snapshot keeps; `fresh` are those of a session that begins.

    Raises `BadImage`.
    """
    outside = _outside(fresh.world, switch)
    kept = image.decode(snapshot.image, outside, fresh.host.modules())
    if not isinstance(kept, tuple) or len(kept) != len(Parts._fields):
        raise BadImage("it does not keep a session")
    parts = Parts(*kept)
    if isinstance(parts.world, RecordedWorld) and not isinstance(parts.world, FollowedWorld):
        parts.world.catch_up()
    state = parts.machine.state
    if (state.sequence, state.time) != (snapshot.sequence, snapshot.time):
        raise BadImage(f"it knows input {state.sequence}, expected {snapshot.sequence}")
    return parts


class SessionKeeper:
    """Takes snapshots of a session while it runs, and tells once why it cannot."""

    def __init__(
        self,
        wired: Wireable,
        snapshots: Snapshots,
        build: bytes,
        notary: Notary | None,
        warn: Warn,
    ) -> None:
        """Keep a session that writes its journal, and what who signs it has seen."""
        self._wired = wired
        self._snapshots = snapshots
        self._build = build
        self._notary = notary
        self._warn = warn
        self._is_told = False

    def look(self) -> Input | None:
        """Take a snapshot if it is time to; return what the journal is to say of the last one."""
        snapshots = self._snapshots
        taken = snapshots.taken()
        if taken is not None:
            snapshots.tidy()
        elif snapshots.due(self._wired.path.sequencer.last):
            log = self._wired.path.roll()
            snapshots.take(self._wired.path.sequencer.last, lambda: self._snapshot(log))
        if snapshots.problem and not self._is_told:
            self._is_told = True
            self._warn(f"no snapshots: {snapshots.problem}; a start replays the whole journal")
        return taken

    def _snapshot(self, log: Log) -> Snapshot:
        sequencer = self._wired.path.sequencer
        where = (sequencer.last, sequencer.last_time, log.epoch, log.chain)
        seen = self._notary.seen() if self._notary is not None else b""
        return Snapshot(*where, self._build, self._wired.written(), seen)


def build_of(configuration: Configuration, host: Host) -> bytes:
    """Return what a snapshot is bound to: our sources, the configuration, the strategies' files."""
    digest = hashlib.blake2b(digest_size=BUILD_BYTES)
    for part in (sources_hash(), configuration.digest(), *_sources(host)):
        digest.update(f"{len(part)} {part}".encode())
    return digest.digest()


def _sources(host: Host) -> Iterator[str]:
    for name, file in sorted(host.modules().items()):
        yield name
        yield hashlib.blake2b(FilePath(file).read_bytes()).hexdigest()


def _outside(world: World, switch: KillFlag) -> dict[str, object]:
    outside: dict[str, object] = {_SWITCH: switch}
    if isinstance(world, RecordedWorld):
        outside[_RECORDING] = world.events
        if isinstance(world, FollowedWorld):
            outside[_LINE] = world.line
    elif not world.repeats:
        outside[_OUTSIDE] = world
    return outside
