"""The catalogue of a tick store: what each part is, where it came from, and how to prove it.

One JSON file. It is written last, aside and then renamed: a part that it does not name was never
imported, whatever lies in the folder. No part is ever changed or written over.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from fairlead.gateways.store.errors import StoreBusy, StoreDamaged, StoreUnreadable
from fairlead.model.instruments import Instrument
from fairlead.model.units import Nanos

CATALOGUE: Final = "catalogue.json"
VERSION: Final = 1

_FORM: Final = "fairlead tick store"
_LOCK: Final = "lock"
_PARTIAL: Final = ".partial"
_CHUNK: Final = 1 << 20


class Source(msgspec.Struct, frozen=True):
    """A file that was imported."""

    name: str
    bytes: int
    sha256: str


class Part(msgspec.Struct, frozen=True):
    """One Parquet file: rows of one instrument ("" is none: of a whole venue), of one UTC day.

    Days of few rows share a part: of daily bars a year or two.
    """

    file: str  # below the store
    symbol: str
    day: int  # yyyymmdd, the first one
    last_day: int
    imported: int  # the number of its import
    rows: int
    first_time: Nanos
    last_time: Nanos
    sha256: str
    kinds: dict[str, int]
    instrument: Instrument | None


class Imported(msgspec.Struct, frozen=True):
    """One import: what was read, and what became of all of it."""

    number: int
    format: str
    sources: tuple[Source, ...]
    frames: int
    inputs: dict[str, int]  # frames by their first input
    dropped: dict[str, int]
    waiting: int
    gaps: int
    rows: int


class Catalogue(msgspec.Struct, frozen=True):
    """All of a store."""

    form: str = _FORM
    version: int = VERSION
    imports: tuple[Imported, ...] = ()
    parts: tuple[Part, ...] = ()

    def symbols(self) -> list[str]:
        """Return the symbols that there are, sorted."""
        return sorted({part.symbol for part in self.parts if part.symbol})


def load(store: Path) -> Catalogue:
    """Return the catalogue of a store. Raises `StoreError`."""
    path = store / CATALOGUE
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise StoreUnreadable(f"{store}: no tick store, expected {CATALOGUE} in it") from error
    except OSError as error:
        raise StoreUnreadable(f"{path}: {error.strerror}") from error
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.form != _FORM or head.version != VERSION:
            found = f"{head.form!r} of version {head.version}"
            raise StoreUnreadable(f"{path}: {found}, expected {_FORM!r} of version {VERSION}")
        return msgspec.json.decode(content, type=Catalogue)
    except msgspec.DecodeError as error:
        raise StoreDamaged(f"{path}: {error}") from error


def save(store: Path, catalogue: Catalogue) -> None:
    """Write the catalogue durably, in the place of the one before."""
    partial = store / (CATALOGUE + _PARTIAL)
    with partial.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(catalogue), indent=1) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    rename(partial, store / CATALOGUE)


def rename(partial: Path, path: Path) -> None:
    """Give a finished file its name, durably."""
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def writing(store: Path) -> Iterator[Catalogue]:
    """Hold a store, made if there is none, for one writer. Raises `StoreError`."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        lock = (store / _LOCK).open("w")
    except OSError as error:
        raise StoreUnreadable(f"{store}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreBusy(f"{store}: another import is writing to it") from error
        exists = (store / CATALOGUE).exists()
        if not exists and any(store.iterdir()) and not _is_ours(store):
            raise StoreUnreadable(f"{store}: not empty, and no tick store")
        yield load(store) if exists else Catalogue()


def leftovers(store: Path, catalogue: Catalogue) -> list[Path]:
    """Return the files of imports that never ended: no part of the store, and safe to remove."""
    known = {store / part.file for part in catalogue.parts}
    found = [*store.glob("*/*.parquet"), *store.glob(f"*/*{_PARTIAL}")]
    return sorted(path for path in found if path not in known)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex. Raises `StoreUnreadable`."""
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                total.update(chunk)
    except OSError as error:
        raise StoreUnreadable(f"{path}: {error.strerror}") from error
    return total.hexdigest()


def _is_ours(store: Path) -> bool:
    """Return whether there is nothing but what a broken first import leaves."""
    return all(
        path.name in (_LOCK, CATALOGUE + _PARTIAL) or (path.is_dir() and _has_parts_alone(path))
        for path in store.iterdir()
    )


def _has_parts_alone(folder: Path) -> bool:
    return all(path.suffix in (".parquet", _PARTIAL) for path in folder.iterdir())


class _Head(msgspec.Struct, frozen=True):
    form: str = ""
    version: int = 0
