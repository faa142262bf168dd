"""The way to open a session that is journaled: recover what the journal has, then go on writing.

There is no other one. A new session recovers an empty journal. The caller holds the lock of the
directory; nothing of the world is listened to before this is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fairlead.journal.disk import Disk, RealDisk
from fairlead.journal.history import End, History
from fairlead.journal.log import Durability, Log
from fairlead.journal.reserve import Reserve
from fairlead.journal.sealing import Cipher
from fairlead.model.units import Sequence
from fairlead.node.apart import Worker
from fairlead.node.collector import collect_young
from fairlead.node.errors import BadImage
from fairlead.node.notary import Notary, Warn
from fairlead.node.reading import Reading, written_schema
from fairlead.node.recovery import PROGRESS_EVERY
from fairlead.node.sealing import JournalKeys
from fairlead.node.snapshots import Found, Snapshots, find
from fairlead.node.space_watch import SpaceWatch
from fairlead.node.uncollected import uncollected
from fairlead.stages.keeping import SessionKeeper, build_of
from fairlead.stages.opening import opening, refuse_another
from fairlead.stages.wiring import Wired

Progress = Callable[[Sequence], None]


@dataclass(frozen=True)
class Kept:
    """Where a journal is kept, and who watches over it."""

    directory: Path
    disk: Disk | None = None  # of this machine, unless it is said
    notary: Notary | None = None
    worker: Worker | None = None  # who writes snapshots; without one there are none
    warn: Warn | None = None  # is told what goes wrong besides trading
    cipher: Cipher | None = None  # seals what is written; without one it is plain


@dataclass(frozen=True)
class Opened:
    """What a journal had when a session was opened on it."""

    wired: Wired  # the session: the one that was given, or as a snapshot brought it back
    snapshot: Sequence  # after which input that stood; 0: everything was replayed
    passed_over: tuple[str, ...]  # snapshots that could not be used, and why
    inputs: Sequence
    torn_bytes: int  # cut off: never acknowledged
    epoch: int  # of the session that was opened


def recover(wired: Wired, kept: Kept, stage: str, progress: Progress | None = None) -> Opened:
    """Recover a journal, go on writing it, and open the session.

    Raises `JournalError`, `OutputsDiffer`, `WorldDiverged`, `CheckpointsDiffer`, `WrongWiring`.
    """
    build = build_of(wired.configuration, wired.host)
    wired, found = _brought_back(wired, kept, build)
    session, notary = wired.session, kept.notary
    history = History(kept.directory, kept.disk, found.snapshot)
    history.settle()
    if notary is not None:
        if found.snapshot is not None:
            notary.begin_after(found.snapshot)
        history.show_to(notary)
    with uncollected():
        _rehearse(wired, history, kept.cipher, progress)
    refuse_another(wired)
    if notary is not None:
        notary.begin()
    torn = history.mend()
    end = history.end
    epoch = end.epoch + 1
    log = _log(wired, kept, epoch, end)
    if notary is not None:
        log.show_to(notary)
    wired.path.write_to(log)
    if wired.surroundings.venue is not None:
        last_time = wired.path.sequencer.last_time
        wired.surroundings.venue.begin(session_number(kept.directory), epoch, last_time)
    if wired.crew is not None:
        wired.crew.begin(wired.path, kept.directory)
    session.resume(opening(wired, epoch, stage))
    session.keeper = _keeper(wired, kept, build, found)
    return Opened(wired, found.after, found.passed_over, end.last, torn, epoch)


def _rehearse(
    wired: Wired, history: History, cipher: Cipher | None, progress: Progress | None
) -> None:
    """Live through a journal again, from where the session stands."""
    rehearse = wired.session.rehearse
    for group in Reading(cipher=cipher).groups(history.groups()):
        for entry in group:
            rehearse(entry)
            if entry.sequence % PROGRESS_EVERY == 0:
                collect_young()  # what strategies leave behind
                if progress is not None:
                    progress(entry.sequence)


def _brought_back(wired: Wired, kept: Kept, build: bytes) -> tuple[Wired, Found]:
    """Let a session stand where its newest snapshot does, if there is one to be believed."""
    if kept.worker is None:
        return wired, Found(None, ())
    disk, is_signed = kept.disk or RealDisk(), kept.notary is not None
    found = find(kept.directory, build, disk, is_signed, kept.cipher or JournalKeys())
    if found.snapshot is None:
        return wired, found
    try:
        return wired.brought_back(found.snapshot), found
    except BadImage as bad:
        passed_over = f"the snapshot after input {found.after}: {bad}"
        return wired, Found(None, (*found.passed_over, passed_over), found.useless)


def _keeper(wired: Wired, kept: Kept, build: bytes, found: Found) -> SessionKeeper | None:
    if kept.worker is None:
        return None
    every = wired.configuration.journal.snapshot_inputs
    disk = kept.disk or RealDisk()
    snapshots = Snapshots(kept.directory, every, disk, kept.worker, found.after, kept.cipher)
    snapshots.discard(found.useless)
    return SessionKeeper(wired, snapshots, build, kept.notary, kept.warn or _say_nothing)


def _say_nothing(text: str) -> None:
    del text


def session_number(directory: Path) -> int:
    """Return the number of a session, by the name of its journal; 0 for one with another name."""
    return int(directory.name) if directory.name.isdecimal() else 0


def _log(wired: Wired, kept: Kept, epoch: int, end: End) -> Log:
    settings = wired.configuration.journal
    disk = kept.disk or RealDisk()
    reserve = Reserve(kept.directory, settings.reserve_bytes, settings.free_bytes_min, disk)
    reserve.make()
    wired.session.space = SpaceWatch(reserve, cancels=settings.on_low_space == "cancel")
    return Log(
        kept.directory,
        Durability(settings.durability),
        epoch,
        end.last,
        end.chain,
        settings.segment_bytes,
        disk,
        written_schema(),
        reserve,
        kept.cipher,
    )
