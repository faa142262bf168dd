"""A real node on a disk that fails: calls that are refused by schedule, and a disk that is full.

Every fault at every write is tried on the simulated disk (tests/journal); here are some of each
kind, and with `FAIRLEAD_CRASHES=all` more of them.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from fairlead.model.inputs import JournalSpaceBack, JournalSpaceLow, SnapshotTaken
from fairlead.model.outputs import KillEngaged, SendOrder
from tests.crash.rig import Rig, a_rig, until

SHIM = Path(__file__).with_name("shim.c")
CONTROL = "fault"
ALL = os.environ.get("FAIRLEAD_CRASHES") == "all"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: the shim cannot be made")
    made = tmp_path_factory.mktemp("shim") / "shim.so"
    command = [compiler, "-O1", "-Wall", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, "-o", str(made), str(SHIM), "-ldl"], check=True)
    return made


@contextmanager
def on_a_failing_disk(directory: Path, shim: Path) -> Iterator[Rig]:
    """Let a node trade on a disk that fails as soon as it is told to."""
    with a_rig(directory) as rig:
        rig.start("env", f"LD_PRELOAD={shim}", f"FAULT_CONTROL={directory / CONTROL}")
        rig.trade()
        yield rig


def fail(rig: Rig, call: str, part: str, nth: int, error: int, mode: str, took: int = 0) -> None:
    """Let calls fail from now on, as shim.c says."""
    new = rig.directory / "fault-new"
    new.write_text(f"{call} {part} {nth} {error} {mode} {took}\n")
    new.rename(rig.directory / CONTROL)


def heal(rig: Rig) -> None:
    """Let nothing fail any more."""
    (rig.directory / CONTROL).unlink()


def sent_since_full(rig: Rig) -> list[str]:
    """Return the new orders that left after the journal said that its disk is full."""
    entries = rig.entries()
    full = next(n for n, (_, input, _) in enumerate(entries) if isinstance(input, JournalSpaceLow))
    return [
        output.approved.client_order
        for _, _, outputs in entries[full:]
        for output in outputs
        if isinstance(output, SendOrder)
    ]


@pytest.mark.parametrize(
    ("nth", "error", "took"),
    [(1, errno.ENOSPC, 7), (1, errno.ENOSPC, 0), (5, errno.ENOSPC, 0), (2, errno.EDQUOT, 100)][
        : 4 if ALL else 1
    ],
)
def test_on_a_full_disk_orders_stop_and_cancels_go_out(
    tmp_path: Path, shim: Path, nth: int, error: int, took: int
) -> None:
    """faults.md 5: the reserve is given up for what must be written, and nothing is torn."""
    with on_a_failing_disk(tmp_path, shim) as rig:
        fail(rig, "write", ".journal", nth, error, "once", took)
        until("it says so", lambda: rig.count(JournalSpaceLow) == 1)
        until("all is canceled", lambda: rig.exchange.books().working == 0)
        rig.note()
        assert rig.count(KillEngaged) == 1
        until("there is room again", lambda: rig.count(JournalSpaceBack) == 1)
        rig.ended()
        assert sent_since_full(rig) == []


@pytest.mark.parametrize(
    ("call", "nth", "error", "mode", "took"),
    [
        ("write", 3, errno.EDQUOT, "sticky", 11),  # the reserve makes no room
        ("write", 1, errno.EIO, "once", 30),
        ("sync", 1, errno.EIO, "once", 0),
        ("write", 1, errno.ENOSPC, "sticky", 0),
        ("write", 2, errno.EIO, "once", 0),
        ("sync", 4, errno.ENOSPC, "once", 0),
        ("open", 1, errno.EIO, "once", 0),  # of the next segment
    ][: 7 if ALL else 3],
)
def test_a_disk_that_failed_stops_the_node_loudly_and_a_restart_recovers(
    tmp_path: Path, shim: Path, call: str, nth: int, error: int, mode: str, took: int
) -> None:
    """faults.md 5 and 6: never retried and assumed; what was acknowledged is there."""
    with on_a_failing_disk(tmp_path, shim) as rig:
        fail(rig, call, ".journal", nth, error, mode, took)
        until("it stops", lambda: rig.life.process.poll() is not None)
        said = rig.life.errors.read_text().strip().splitlines()
        assert rig.life.process.returncode == 2, said
        assert "Traceback" not in said[-1]
        assert os.strerror(error) in said[-1], said
        until("its orders are gone", lambda: rig.exchange.books().working == 0)
        rig.note()
        heal(rig)
        rig.start()
        rig.trade()
        rig.ended()


@pytest.mark.parametrize(
    ("call", "part"),
    [("rename", ".snapshot"), ("write", ".snapshot-part"), ("sync", "part")][: 3 if ALL else 1],
)
def test_a_snapshot_that_fails_costs_a_longer_start_and_nothing_else(
    tmp_path: Path, shim: Path, call: str, part: str
) -> None:
    with on_a_failing_disk(tmp_path, shim) as rig:
        until("it takes snapshots", lambda: rig.count(SnapshotTaken) > 0)
        fail(rig, call, part, 1, errno.EIO, "once")
        until("it says so", lambda: "no snapshots" in rig.life.errors.read_text())
        rig.trade()
        rig.kill()
        rig.start()
        rig.trade()
        rig.ended()


@contextmanager
def a_small_disk(place: Path) -> Iterator[None]:
    """Mount a disk of a few megabytes, where that is allowed."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
def test_a_disk_that_is_really_full_stops_orders_and_not_cancels(tmp_path: Path) -> None:
    """faults.md 5, with no shim: another program has filled the disk of the journal."""
    place = tmp_path / "journal"
    with a_small_disk(place), a_rig(tmp_path) as rig:
        rig.configure(snapshot_inputs=0)
        rig.start()
        rig.trade()
        filler = (place / "filler").open("wb", buffering=0)
        with suppress(OSError):
            while filler.write(bytes(4096)):
                pass
        until("it says so", lambda: rig.count(JournalSpaceLow) == 1)
        until("all is canceled", lambda: rig.exchange.books().working == 0)
        rig.note()
        filler.truncate(0)
        filler.close()
        until("there is room again", lambda: rig.count(JournalSpaceBack) == 1)
        rig.ended()
        assert sent_since_full(rig) == []
