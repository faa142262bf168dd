"""A disk in memory that keeps no more than a real one promises.

What was written is seen at once and is durable when it was synced, not before. `crash` is a loss
of power: of what was not synced, an arbitrary part of the sectors is there, in any order; the size
of a file is any that it had since; and names that were given, changed or taken without a sync of
their directory may or may not be. `kill` is the death of the process alone: nothing is lost. A sync
that fails forgets what it should have written (as Linux does: the next one succeeds and has written
nothing). All of it follows from the seed.

It has the calls that the journal's `Disk` asks for and knows nothing of journals.
"""

import errno
import os
from pathlib import Path
from typing import Final

from fairlead.model.units import Nanos
from fairlead.simulator.chance import Chance
from fairlead.simulator.disk_faults import SHORT, Trouble
from fairlead.simulator.errors import PowerLost

SECTOR_BYTES: Final = 512
_VERSIONS_MAX: Final = 8  # of a sector that is not synced: bounds memory where nobody ever syncs
_NO_END: Final = 1 << 62
# How many of eight sectors survive a loss of power: all extremes must come up, not only the middle.
_KEPT: Final = (0, 1, 4, 7, 8)


class _File:
    """What a file shows, and what of it is durable."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.durable = bytearray()
        self.versions: dict[int, list[bytes]] = {}  # by sector: what it was since the last sync
        self.sizes: list[int] = []  # likewise
        self.changed = 0

    def touch(self, begin: int, end: int, sector_bytes: int) -> None:
        """Note that the bytes from `begin` to `end` are not durable, nor is the size."""
        for sector in range(begin // sector_bytes, -(-end // sector_bytes)):
            start = sector * sector_bytes
            stop = start + sector_bytes
            versions = self.versions.setdefault(sector, [])
            versions.append(bytes(self.content[start:stop]))
            if len(versions) > _VERSIONS_MAX:
                del versions[0]
        self.sizes.append(len(self.content))
        if len(self.sizes) > _VERSIONS_MAX:
            del self.sizes[0]

    def make_durable(self, sector_bytes: int) -> None:
        """Take all that is shown for durable, but for sectors that a failed sync has forgotten."""
        for sector, versions in self.versions.items():
            _put(self.durable, sector * sector_bytes, versions[-1], sector_bytes)
        _resize(self.durable, len(self.content))
        self.forget()

    def forget(self) -> None:
        """Take for written what is not."""
        self.versions.clear()
        self.sizes.clear()


class _Change:
    """A name that was given to a file, or taken; not durable yet."""

    def __init__(self, name: str, file: _File | None, old: str) -> None:
        self.name = name
        self.file = file  # None: the name was taken
        self.old = old  # the name that a rename took from the file, "" for none


class SimulatedDisk:
    """One disk, from one seed."""

    def __init__(self, chance: Chance, sector_bytes: int = SECTOR_BYTES) -> None:
        """Begin empty; only the directory "." is there."""
        self.trouble: Final = Trouble(chance)
        self.capacity = _NO_END  # bytes of all files together
        self.steps = 0  # calls that change something
        self.waited = Nanos(0)  # what slow syncs took; the disk has no clock, its user adds it
        self._chance: Final = chance
        self._sector_bytes: Final = sector_bytes
        self._directories: dict[str, None] = {".": None}
        self._names: dict[str, _File] = {}
        self._durable_names: dict[str, _File] = {}
        self._changes: dict[str, list[_Change]] = {}  # by directory, in their order
        self._open: dict[int, _File] = {}
        self._opened = 0
        self._dark_after = _NO_END
        self._dark = False

    # --- what happens to a disk ------------------------------------------------------------------

    def lose_power_after(self, steps: int) -> None:
        """Let this many more changing calls complete; the next one is begun and never returns."""
        self._dark_after = self.steps + steps

    def crash(self) -> None:
        """Lose the power, and have it again."""
        for directory in sorted(self._changes):
            for change in self._changes[directory]:
                if self._chance.below(2):
                    _apply(self._durable_names, change)
        for name in sorted(self._durable_names):
            file = self._durable_names[name]
            file.durable = self._survives(file)
            file.content = bytearray(file.durable)
            file.forget()
        self._names = dict(self._durable_names)
        self._changes.clear()
        self.kill()

    def kill(self) -> None:
        """Let the process die, in a call perhaps: its files are closed, what it wrote is there."""
        self._open.clear()
        self._dark = False
        self._dark_after = _NO_END

    def rot(self) -> str:
        """Turn one bit over in what is durable; return where, "" where nothing came of it."""
        rotten = [name for name in sorted(self._names) if self._names[name].durable]
        if not rotten:
            return ""
        name = rotten[self._chance.below(len(rotten))]
        file = self._names[name]
        byte = self._chance.below(len(file.durable))
        if byte // self._sector_bytes in file.versions or byte >= len(file.content):
            return ""  # what is about to be written anew does not matter
        self.flip(Path(name), byte, self._chance.below(8))
        return f"{name}:{byte}"

    def flip(self, path: Path, byte: int, bit: int) -> None:
        """Turn one bit of a durable file over."""
        file = self._file(path)
        file.content[byte] ^= 1 << bit
        file.durable[byte] ^= 1 << bit

    # --- the calls -------------------------------------------------------------------------------

    def names(self, directory: Path) -> list[str]:
        """Return the names in a directory, sorted."""
        self._fail_if_due("names", directory)
        self._refuse_unless_directory(directory)
        paths = [Path(name) for name in self._names]
        return sorted(path.name for path in paths if path.parent == directory)

    def stamp(self, path: Path) -> tuple[int, int]:
        """Return size in bytes and time of change of a file."""
        self._fail_if_due("stamp", path)
        file = self._file(path)
        return len(file.content), file.changed

    def read(self, path: Path) -> bytes:
        """Return the whole content of a file."""
        self._fail_if_due("read", path)
        return bytes(self._file(path).content)

    def read_part(self, path: Path, offset: int, count: int) -> bytes:
        """Return at most `count` bytes from `offset` on; fewer at the end of the file."""
        self._fail_if_due("read", path)
        end = offset + count
        return bytes(self._file(path).content[offset:end])

    def create(self, path: Path) -> int:
        """Make a new file and return its number. Raises `FileExistsError`."""
        self._fail_if_due("create", path)
        self._refuse_unless_directory(path.parent)
        if str(path) in self._names:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        file = _File()
        self._change(path.parent, _Change(str(path), file, ""))
        self._step()
        return self._number(file)

    def open(self, path: Path) -> int:
        """Open a file that is there, to write at its end, and return its number."""
        self._fail_if_due("open", path)
        return self._number(self._file(path))

    def write(self, file: int, content: bytes) -> int:
        """Write to the end of a file; return how many bytes were taken, perhaps not all."""
        found = self._open[file]
        error = self._due("write")
        count = min(len(content), max(0, self._room()))
        if error >= 0 and count:
            part = self._chance.below(count)
            count = max(part, 1) if error == SHORT else part
        begin = len(found.content)
        found.content += content[:count]
        found.touch(begin, begin + count, self._sector_bytes)
        self._step()
        found.changed = self.steps
        if error > 0:
            raise OSError(error, os.strerror(error))
        if count == 0 and content:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return count

    def truncate(self, file: int, size: int) -> None:
        """Cut a file off."""
        self._fail_if_due("truncate", Path())
        found = self._open[file]
        assert size <= len(found.content), "a file is cut off, never made longer"
        del found.content[size:]
        for sector in [one for one in found.versions if one * self._sector_bytes >= size]:
            del found.versions[sector]
        found.touch(size - size % self._sector_bytes, size, self._sector_bytes)
        self._step()
        found.changed = self.steps

    def sync(self, file: int) -> None:
        """Make content and size of a file durable; an error forgets what was to be written."""
        found = self._open[file]
        error = self._due("sync")
        self._step()
        self.waited = Nanos(self.waited + self.trouble.delay())
        if error > 0:
            found.durable = self._survives(found)
            found.forget()
            raise OSError(error, os.strerror(error))
        found.make_durable(self._sector_bytes)

    def settle(self, path: Path) -> None:
        """Make a file durable, and show of it what is."""
        self._fail_if_due("settle", path)
        found = self._file(path)
        self._step()
        found.make_durable(self._sector_bytes)
        found.content = bytearray(found.durable)

    def close(self, file: int) -> None:
        """Give the number of a file back."""
        del self._open[file]
        self._fail_if_due("close", Path())

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, in place of what had it; durable with `sync_directory`."""
        self._fail_if_due("rename", old)
        assert old.parent == new.parent, "a file stays in its directory"
        self._change(new.parent, _Change(str(new), self._file(old), str(old)))
        self._step()

    def remove(self, path: Path) -> None:
        """Remove a file; durable with `sync_directory`."""
        self._fail_if_due("remove", path)
        self._file(path)
        self._change(path.parent, _Change(str(path), None, ""))
        self._step()

    def make_directory(self, directory: Path) -> None:
        """Make a directory and what leads to it, each durable in the one above."""
        self._fail_if_due("make_directory", directory)
        self._directories[str(directory)] = None
        for above in directory.parents:
            self._directories[str(above)] = None

    def sync_directory(self, directory: Path) -> None:
        """Make durable which names are in a directory."""
        error = self._due("sync_directory")
        self._step()
        changes = self._changes.pop(str(directory), [])
        if error > 0:
            raise OSError(error, os.strerror(error), str(directory))
        for change in changes:
            _apply(self._durable_names, change)

    def free_bytes(self, directory: Path) -> int:
        """Return how many bytes can still be written where a directory is."""
        self._fail_if_due("free_bytes", directory)
        return max(0, self._room())

    # --- how it does it --------------------------------------------------------------------------

    def _due(self, call: str) -> int:
        if self._dark:
            raise PowerLost(call)
        return self.trouble.of(call)

    def _fail_if_due(self, call: str, path: Path) -> None:
        error = self._due(call)
        if error > 0:
            raise OSError(error, os.strerror(error), str(path))

    def _step(self) -> None:
        """Count a call that changes something; the power may go in the middle of it."""
        if self.steps >= self._dark_after:
            self._dark = True
            raise PowerLost(f"in step {self.steps + 1}")
        self.steps += 1

    def _room(self) -> int:
        if self.capacity == _NO_END:
            return _NO_END
        return self.capacity - sum(len(file.content) for file in self._names.values())

    def _file(self, path: Path) -> _File:
        file = self._names.get(str(path))
        if file is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return file

    def _number(self, file: _File) -> int:
        self._opened += 1
        self._open[self._opened] = file
        return self._opened

    def _refuse_unless_directory(self, directory: Path) -> None:
        if str(directory) not in self._directories:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))

    def _change(self, directory: Path, change: _Change) -> None:
        _apply(self._names, change)
        self._changes.setdefault(str(directory), []).append(change)

    def _survives(self, file: _File) -> bytearray:
        """Return what may be durable of a file that was not synced."""
        chance, sector_bytes = self._chance, self._sector_bytes
        kept = _KEPT[chance.below(len(_KEPT))]
        sizes = [len(file.durable), *file.sizes]
        size = sizes[chance.below(len(sizes))]
        image = bytearray(file.durable)
        for sector in sorted(file.versions):
            if chance.below(8) < kept:
                versions = file.versions[sector]
                version = versions[chance.below(len(versions))]
                _put(image, sector * sector_bytes, version, sector_bytes)
        _resize(image, size)
        return image


def _put(image: bytearray, begin: int, content: bytes, sector_bytes: int) -> None:
    """Put a sector into an image: as a whole, with zeros after the end of its file."""
    end = begin + sector_bytes
    if len(image) < end:
        _resize(image, end)
    image[begin:end] = content + bytes(sector_bytes - len(content))


def _resize(image: bytearray, size: int) -> None:
    """Cut an image off, or fill it up with zeros."""
    del image[size:]
    image += bytes(size - len(image))


def _apply(names: dict[str, _File], change: _Change) -> None:
    if change.file is None:
        names.pop(change.name, None)
        return
    if change.old and names.get(change.old) is change.file:
        del names[change.old]
    names[change.name] = change.file
