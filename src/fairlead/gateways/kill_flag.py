"""The kill switch: one small directory that every process of a firm can reach.

Files of the directory:

- `flag`: one page that processes map into their memory. A node reads one byte of it before each
  message that leaves (tens of nanoseconds). Exactly one value of that byte means released.
- `latch.jsonl`: who engaged and released, why, and when; on the disk, so that a kill survives.
- `KILL`: not there. If it is there, whoever put it there has killed: `touch KILL` is enough.
- `node`: locked by the node that beats into the flag, for as long as its process lives.

The firm is killed if the byte is not *released*, if the latch has a kill that nobody released, if
`KILL` is there, or if any of this is missing, short, not ours, or cannot be read. Engaging comes
through on a full disk: the flag is engaged first, by writing into a page that exists. Nothing here
waits for another process, so a stopped or hung node keeps nobody from killing.

A process that maps the flag is ended by the system (SIGBUS) if somebody truncates it to nothing.
Nothing leaves such a node any more. Who must go on then does not map it (`mapped=False`).

No clock is read here: every time comes in as an argument. Nothing here raises for what is wrong
with the files: it is killed, and says why.

In short, for a process that watches (`fairlead guard`):

    switch = Switch(directory, mapped=False, now=wall)
    standing = switch.look()                      # thorough: engaged, kill, why, problems
    switch.engage(Kill(person=..., reason=..., source="watchdog"), now=wall, durable=False)
    ...                                           # the flag is up: cancel what works
    switch.engage(the same, now=wall)             # and on the disk
    switch.heartbeat(), switch.node_runs()        # None: no node, or it left in order
"""

import fcntl
import mmap
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from fairlead.gateways import kill_page as layout
from fairlead.gateways.kill_files import (
    FLAG_NAME,
    KILL_NAME,
    KILL_RELEASED_NAME,
    NODE_NAME,
    first_words,
    make_switch,
    parts_of,
    sync_file,
    write_page,
)
from fairlead.gateways.kill_latch import (
    Event,
    Kill,
    Latch,
    LatchLine,
    LatchState,
    Mode,
    sync_directory,
)
from fairlead.gateways.kill_page import Head, Heartbeat
from fairlead.model.units import Nanos

_STATE: Final = layout.STATE
_RELEASED: Final = layout.RELEASED
_FLATTEN: Final = layout.rank(Mode.FLATTEN)
_READ_TRIES: Final = 3  # somebody may be writing just now
_CLAIM_TRIES: Final = 1_000  # a look from outside holds the lock of the node for a moment


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How the switch stands, after a look at everything there is."""

    engaged: bool
    generation: int  # counts kills; a release keeps it
    mode: Mode = Mode.CANCEL
    kill: Kill | None = None  # who engaged or released it last; None if nobody can tell
    time: Nanos = Nanos(0)  # when, as whoever did it said
    untaken: LatchLine | None = None  # its release, if no node has obeyed that yet
    problems: tuple[str, ...] = ()  # what is wrong with the files; any of them kills

    @property
    def why(self) -> str:
        """Return in one line why it is engaged; empty if it is not."""
        if not self.engaged:
            return ""
        parts = list(self.problems)
        if self.kill is not None:
            parts.insert(0, f"{self.kill.person or 'nobody'}: {self.kill.reason}")
        return "; ".join(parts)


class Engaged(msgspec.Struct, frozen=True, kw_only=True):
    """What came of engaging."""

    flag: bool  # every process that maps the flag sees it
    latched: bool  # it is on the disk
    already: bool  # it was engaged before, and as strongly
    generation: int
    problems: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether anything was engaged at all, for others to see."""
        return self.flag or self.latched


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What came of releasing."""

    released: bool
    problem: str = ""  # why not; it stays engaged then


class Switch:
    """The kill switch of a directory. Whatever goes wrong with its files, it stands engaged."""

    def __init__(self, directory: Path, *, now: Nanos, mapped: bool = True) -> None:
        """Open a switch, and make it where there is none yet; never raises.

        Not `mapped`, nothing is mapped, and `engaged` is as of the last `look`.
        """
        self.directory = directory
        self.latch = Latch(directory)
        self._flag = directory / FLAG_NAME
        self._kill_file = directory / KILL_NAME
        self._is_mapped = mapped
        self._inode = (-1, -1)
        self._map: mmap.mmap | None = None
        self._view: memoryview | None = None
        self._page: memoryview | bytes = layout.NO_PAGE  # what `engaged` reads
        self._generation = 0  # the highest that was seen: an older flag is not believed
        self._latch_seen: tuple[tuple[int, int, int], LatchState] | None = None
        self._node_file = -1
        self._started = Nanos(0)
        self._not_made = make_switch(directory, now)
        self.look()

    @property
    def engaged(self) -> bool:
        """Whether it is engaged: one byte of shared memory, no call to the system."""
        return self._page[_STATE] != _RELEASED

    @property
    def closing_allowed(self) -> bool:
        """Whether orders that only close positions may leave although it is engaged."""
        return self._page[_STATE] == layout.ENGAGED and self._page[_STATE + 1] >= _FLATTEN

    def look(self) -> Standing:
        """Look at everything: flag, latch, kill file. Some ten microseconds. Never raises.

        While anything is wrong, `engaged` is true; who must not forget it engages then.
        """
        problems, head = self._look_at_flag()
        latch = self._look_at_latch()
        if latch.problem:
            problems.append(latch.problem)
        elif latch.killed and head is not None and not head.engaged:
            problems.append(f"{self.latch.path}: a kill in it was never released")
        kill = head.kill if head is not None else None
        if latch.engaged is not None and (head is None or not head.engaged):
            kill = latch.engaged.kill
        asked = self._look_at_kill_file()
        if asked is not None:
            problems.append(f"{self._kill_file}: it is there")
            kill = asked if head is None or not head.engaged else kill
        if problems:
            self._page = layout.NO_PAGE
        generation = head.generation if head is not None else 0
        self._generation = max(self._generation, generation, latch.generation)
        return Standing(
            engaged=bool(problems) or head is None or head.engaged,
            generation=self._generation,
            mode=head.mode if head is not None and head.engaged else Mode.CANCEL,
            kill=kill,
            time=head.time if head is not None else Nanos(0),
            untaken=latch.untaken,
            problems=tuple(problems),
        )

    def engage(self, kill: Kill, now: Nanos, *, durable: bool = True) -> Engaged:
        """Kill the firm: the flag at once, then the latch as best it can. Never raises.

        Engaging twice is engaging once; a stronger mode goes over a weaker one. Not `durable`, the
        latch is left for a second call: it may take as long as the disk does.
        """
        problems: list[str] = []
        with suppress(OSError):
            self.directory.mkdir(exist_ok=True)
        self._write_flag([(layout.ASKS, layout.encode_asks(self._asks() + 1))], [])
        before = layout.decode(self._read_flag())  # after it has asked: see `release`
        known = before if isinstance(before, Head) else None
        already = (
            known is not None
            and known.engaged
            and layout.rank(kill.mode) <= layout.rank(known.mode)
        )
        latch = self.latch.read() if durable or known is None else LatchState()
        generation = max(self._generation, latch.generation)
        if known is not None:
            generation = max(generation, known.generation)
        parts: list[tuple[int, bytes]] = []
        if not already:
            generation += 1
            parts = parts_of(True, kill, generation, now)
        flag = already or self._write_flag(parts, problems)
        latched = durable and already and latch.engaged is not None
        if durable and not latched:
            standing = known.kill if already and known is not None else kill
            latched = self._append(Event.ENGAGED, standing, generation, now, problems)
            if not already:  # once more: who was releasing meanwhile has not the last word
                flag = self._write_flag(parts, []) or flag
            sync_file(self._flag)
        if not flag and not latched:
            self._touch_kill_file(problems)
        self.look()
        return Engaged(
            flag=flag,
            latched=latched,
            already=already,
            generation=generation,
            problems=tuple(problems),
        )

    def release(self, person: str, reason: str, now: Nanos) -> Released:
        """Let the firm trade again; only a named person with a reason can. Never raises.

        It must be on the disk first. A kill that comes meanwhile is stronger.
        """
        if not person.strip() or not reason.strip():
            return Released(released=False, problem="a release names a person and a reason")
        asks = self._asks()
        found = self.look()
        kill = Kill(person=person, reason=reason, source="release", mode=found.mode)
        try:
            if self.latch.exists() and self.latch.read().problem:
                self.latch.set_aside()
            self.latch.append(
                LatchLine(event=Event.RELEASED, generation=found.generation, time=now, kill=kill)
            )
            self._put_kill_file_away()
        except OSError as error:
            return Released(released=False, problem=f"the release cannot be written down: {error}")
        problems: list[str] = []
        overtaken = self._asks() != asks
        if not overtaken:
            written = self._write_flag(parts_of(False, kill, found.generation, now), problems)
            if not written:
                return Released(released=False, problem="; ".join(problems))
            overtaken = self._asks() != asks
            sync_file(self._flag)
        if overtaken:
            again = Kill(person="", reason="engaged while it was released", source="switch")
            self._write_flag(parts_of(True, again, found.generation + 1, now), problems)
            self.engage(again, now)
            return Released(released=False, problem="somebody engaged it again meanwhile")
        standing = self.look()
        return Released(released=not standing.engaged, problem=standing.why)

    def take_release(self, now: Nanos) -> str:
        """Write down that a node obeys the last release; return why that failed, or nothing."""
        problems: list[str] = []
        latch = self.latch.read()
        if latch.untaken is None:
            return latch.problem or "another node obeyed it, or a kill followed it"
        self._append(Event.TAKEN, latch.untaken.kill, latch.generation, now, problems)
        return "; ".join(problems)

    def command(self, kill: Kill, now: Nanos) -> str:
        """Write down a kill of less than the firm; return why that failed, or nothing."""
        problems: list[str] = []
        self._append(Event.COMMANDED, kill, self._generation, now, problems)
        return "; ".join(problems)

    def claim(self, now: Nanos) -> bool:
        """Become the node that beats here; False if another process is. Held until `leave`."""
        if self._node_file >= 0:
            return True
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            file = os.open(self.directory / NODE_NAME, flags, 0o660)
        except OSError:
            return False
        for _ in range(_CLAIM_TRIES):
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._node_file = file
                self._started = now
                return True
            os.sched_yield()
        os.close(file)
        return False

    def beat(self, monotonic: Nanos, wall: Nanos, obeyed: int = 0, working: int = 0) -> None:
        """Say that the node lives, and what it has obeyed: about a microsecond.

        Only who has the claim does.
        """
        view = self._view
        if view is not None and self._node_file >= 0:
            beat = Heartbeat(
                pid=os.getpid(),
                started=self._started,
                monotonic=monotonic,
                wall=wall,
                obeyed=obeyed,
                working=working,
            )
            content = layout.encode_beat(beat)
            view[layout.BEAT : layout.BEAT + len(content)] = content

    def leave(self, *, in_order: bool = True) -> None:
        """Give up the claim. Who ends in order takes the last heartbeat along: nobody misses it.

        Otherwise it stays, and grows old where a watchdog sees it.
        """
        if self._node_file < 0:
            return
        if in_order and self._view is not None and self._flag_is_whole():
            self._view[layout.BEAT : layout.BEAT + layout.BEAT_BYTES] = bytes(layout.BEAT_BYTES)
        os.close(self._node_file)
        self._node_file = -1

    def heartbeat(self) -> Heartbeat | None:
        """Return the last heartbeat; None if no node ever beat, or the last one left in order."""
        page = self._read_flag()
        return layout.decode_beat(page) if len(page) == layout.PAGE_BYTES else None

    def node_runs(self) -> bool:
        """Whether the process of a node lives that beats here, however stuck it is."""
        try:
            file = os.open(self.directory / NODE_NAME, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(file)
        return False

    def close(self) -> None:
        """Let go of everything, as a process does that dies. It reads as engaged from now on."""
        self.leave(in_order=False)
        self._unmap()

    def _look_at_flag(self) -> tuple[list[str], Head | None]:
        """Map the flag that is there now, and return what is wrong with it, and what it says."""
        try:
            self._map_again()
        except OSError as error:
            self._unmap()
            missing = isinstance(error, FileNotFoundError)
            text = "the flag is missing" if missing else f"the flag cannot be used: {error}"
            return [f"{self._flag}: {text}{self._not_made}"], None
        page: bytes = b""
        head: Head | str = "it cannot be read"
        for _ in range(_READ_TRIES):
            page = bytes(self._view) if self._view is not None else self._read_flag()
            head = layout.decode(page)
            if isinstance(head, Head):
                break
            os.sched_yield()
        if isinstance(head, str):
            self._page = layout.NO_PAGE
            return [f"{self._flag}: {head}"], None
        self._page = self._view if self._view is not None else page
        if head.generation < self._generation and not head.engaged:
            older = f"{self._flag}: an older flag was put in its place"
            return [older], head
        return [], head

    def _map_again(self) -> None:
        """Map the flag if that is not what is mapped. Raises `OSError`."""
        found = os.stat(self._flag)
        if found.st_size < layout.PAGE_BYTES:
            self._unmap()  # one must not look into a page that is gone
        if not self._is_mapped or found.st_size < layout.PAGE_BYTES:
            return
        if (found.st_dev, found.st_ino) == self._inode:
            return
        self._unmap()
        file = os.open(self._flag, os.O_RDWR | os.O_CLOEXEC)
        try:
            self._map = mmap.mmap(file, layout.PAGE_BYTES)
        except ValueError as error:
            raise OSError(str(error)) from error
        finally:
            os.close(file)
        self._view = memoryview(self._map)
        self._inode = (found.st_dev, found.st_ino)

    def _unmap(self) -> None:
        self._page = layout.NO_PAGE
        self._inode = (-1, -1)
        if self._view is not None:
            self._view.release()
            self._view = None
        if self._map is not None:
            self._map.close()
            self._map = None

    def _look_at_latch(self) -> LatchState:
        """Read the latch again if it changed."""
        try:
            signature = self.latch.signature()
        except OSError:
            return self.latch.read()
        if self._latch_seen is None or self._latch_seen[0] != signature:
            self._latch_seen = (signature, self.latch.read())
        return self._latch_seen[1]

    def _look_at_kill_file(self) -> Kill | None:
        try:
            found = os.lstat(self._kill_file)
        except FileNotFoundError:
            return None
        except OSError as error:
            return Kill(person="", reason=str(error), source="kill file")
        reason = first_words(self._kill_file) or "the kill file is there"
        return Kill(person=f"user {found.st_uid}", reason=reason, source="kill file")

    def _read_flag(self) -> bytes:
        """Return the page that is at the path now; less than a page if it cannot be read."""
        try:
            file = os.open(self._flag, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return b""
        try:
            return os.pread(file, layout.PAGE_BYTES, 0)
        except OSError:
            return b""
        finally:
            os.close(file)

    def _asks(self) -> int:
        page = self._read_flag()
        return layout.asks_of(page) if len(page) == layout.PAGE_BYTES else 0

    def _write_flag(self, parts: list[tuple[int, bytes]], problems: list[str]) -> bool:
        """Write into the page that is mapped, and into the file that is at the path now."""
        if self._view is not None and self._flag_is_whole():
            for offset, content in parts:
                self._view[offset : offset + len(content)] = content
        try:
            write_page(self._flag, parts)
        except (OSError, ValueError) as error:
            problems.append(f"{self._flag}: the flag cannot be written: {error}")
            return False
        return True

    def _append(
        self, event: Event, kill: Kill, generation: int, now: Nanos, problems: list[str]
    ) -> bool:
        try:
            self.latch.append(LatchLine(event=event, generation=generation, time=now, kill=kill))
        except OSError as error:
            problems.append(f"{self.latch.path}: it is not on the disk: {error}")
            return False
        return True

    def _flag_is_whole(self) -> bool:
        """Whether the page that is mapped is there: one must not touch one that was cut off."""
        try:
            found = os.stat(self._flag)
        except OSError:
            return True  # it has no name any more: nobody can cut it
        other = (found.st_dev, found.st_ino) != self._inode
        return other or found.st_size >= layout.PAGE_BYTES

    def _touch_kill_file(self, problems: list[str]) -> None:
        """Leave at least a name behind, where neither flag nor latch could be written."""
        try:
            os.close(os.open(self._kill_file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o660))
        except OSError as error:
            problems.append(f"{self._kill_file}: the kill file cannot be made: {error}")

    def _put_kill_file_away(self) -> None:
        with suppress(FileNotFoundError):
            os.replace(self._kill_file, self.directory / KILL_RELEASED_NAME)
            sync_directory(self.directory)
