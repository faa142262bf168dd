"""Files of the switch that are not what they must be: killed, with the reason, and mendable."""

import errno
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.gateways import kill_page
from fairlead.gateways.kill_files import (
    FLAG_NAME,
    place_of,
)
from fairlead.gateways.kill_latch import LATCH_NAME, Latch, LatchLine
from tests.gateways.switches import ANN, NOW, WATCHDOG, in_a_process, opened


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where a switch is to be."""
    return tmp_path / "switch"


# --- files that are not what they must be ---------------------------------------------------------


def truncated(place: Path) -> None:
    os.truncate(place / FLAG_NAME, 20)


def emptied(place: Path) -> None:
    replacement = place / "replacement"
    replacement.touch()
    replacement.rename(place / FLAG_NAME)


def zeroed(place: Path) -> None:
    (place / FLAG_NAME).write_bytes(bytes(kill_page.PAGE_BYTES))


def scribbled(place: Path) -> None:
    with (place / FLAG_NAME).open("r+b") as file:
        file.seek(30)
        file.write(b"scribble")


def deleted(place: Path) -> None:
    (place / FLAG_NAME).unlink()


def folded(place: Path) -> None:
    (place / FLAG_NAME).unlink()
    (place / FLAG_NAME).mkdir()


def latch_deleted(place: Path) -> None:
    (place / LATCH_NAME).unlink()


def latch_scribbled(place: Path) -> None:
    with (place / LATCH_NAME).open("ab") as file:
        file.write(b"scribble")


def all_deleted(place: Path) -> None:
    (place / FLAG_NAME).unlink()
    (place / LATCH_NAME).unlink()
    (place / "leftover").touch()


BROKEN = [
    truncated, emptied, zeroed, scribbled, deleted, folded,
    latch_deleted, latch_scribbled, all_deleted,
]  # fmt: skip


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("breaks", BROKEN)
def test_files_that_are_not_what_they_must_be_are_a_kill_that_says_why(
    place: Path, breaks: Callable[[Path], None], mapped: bool
) -> None:
    """CTL-39: unreadable means killed, for who runs and for who starts."""
    running = opened(place, mapped)
    breaks(place)
    standing = running.look()
    assert standing.engaged
    assert running.engaged
    assert str(place) in standing.why
    started = opened(place, mapped)
    assert started.engaged
    assert started.look().problems


@pytest.mark.parametrize("breaks", [broken for broken in BROKEN if broken is not folded])
def test_a_person_releases_a_switch_whose_files_were_broken(
    place: Path, breaks: Callable[[Path], None]
) -> None:
    running = opened(place)
    breaks(place)
    assert running.look().engaged
    assert opened(place, mapped=False).release("eve", "files restored", NOW).released
    assert not running.look().engaged
    assert not running.engaged
    running.engage(ANN, NOW)
    assert opened(place).engaged, "and it kills again"


@pytest.mark.parametrize("breaks", BROKEN)
def test_a_switch_whose_files_are_broken_can_be_engaged_and_stays_so_when_they_are_mended(
    place: Path, breaks: Callable[[Path], None]
) -> None:
    good = (opened(place).directory / FLAG_NAME).read_bytes()
    breaks(place)
    done = opened(place).engage(ANN, NOW)
    assert done.holds
    if breaks is not folded:
        (place / FLAG_NAME).write_bytes(good)  # somebody puts the old flag back
    assert opened(place).look().engaged


def test_an_older_flag_in_its_place_is_not_believed(place: Path) -> None:
    running = opened(place)
    old = (place / FLAG_NAME).read_bytes()
    running.engage(ANN, NOW)
    running.release("eve", "all is flat", NOW)
    assert not running.look().engaged
    (place / FLAG_NAME).unlink()
    (place / FLAG_NAME).write_bytes(old)
    standing = running.look()
    assert standing.engaged
    assert "older" in standing.why
    assert running.release("eve", "I know", NOW).released


def test_a_flag_that_says_released_does_not_outdo_a_latch_that_says_killed(place: Path) -> None:
    switch = opened(place)
    released = (place / FLAG_NAME).read_bytes()
    switch.engage(ANN, NOW)
    with (place / FLAG_NAME).open("r+b") as file:
        file.write(released)  # into the page that is mapped
    assert [switch.engaged] == [False], "the byte alone says so"
    standing = switch.look()
    assert standing.engaged
    assert switch.engaged
    assert standing.kill == ANN
    assert "never released" in standing.why


def test_a_directory_that_vanishes_is_a_kill_and_engaging_makes_it_again(place: Path) -> None:
    running = opened(place)
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    assert running.look().engaged
    done = running.engage(ANN, NOW)
    assert done.flag
    assert done.latched
    assert opened(place).look().kill == ANN


def test_a_place_where_no_switch_can_be_made_is_a_kill(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    switch = opened(tmp_path / "file" / "switch")
    assert switch.engaged
    assert "missing" in switch.look().why or "cannot" in switch.look().why
    done = switch.engage(ANN, NOW)
    assert not done.holds
    assert done.problems
    assert switch.engaged
    assert not switch.release("eve", "why", NOW).released


NOBODY = 65_534


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_flag_that_may_not_be_read_or_written_is_a_kill(place: Path) -> None:
    opened(place)
    for name, mode in [(FLAG_NAME, 0o000), (FLAG_NAME, 0o444), (LATCH_NAME, 0o000)]:
        (place / FLAG_NAME).chmod(0o666)
        (place / LATCH_NAME).chmod(0o666)
        for path in [place, *place.parents]:
            path.chmod(path.stat().st_mode | 0o055)
            if path == Path("/tmp"):
                break
        (place / name).chmod(mode)
        script = f"""
            os.setuid({NOBODY})
            other = Switch(Path({str(place)!r}), now=7)
            print(other.engaged, other.look().why)
        """
        done = in_a_process(place, script)
        assert done.stdout.startswith("True"), (name, mode, done.stdout, done.stderr)
        assert "denied" in done.stdout


def test_a_flag_that_is_truncated_to_nothing_ends_a_process_that_maps_it(place: Path) -> None:
    """Nothing leaves that process any more; and who starts then is killed."""
    opened(place)
    done = in_a_process(place, 'os.truncate(switch.directory / "flag", 0); print(switch.engaged)')
    assert done.returncode == -signal.SIGBUS
    assert "False" not in done.stdout
    assert opened(place).engaged


# --- a disk that takes nothing --------------------------------------------------------------------


def test_a_kill_comes_through_on_a_disk_that_takes_no_byte_more(place: Path) -> None:
    """KILL: works when the disk is full. The page exists; the latch is told as missing."""
    node = opened(place)
    script = """
        import resource, signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        done = switch.engage(Kill(person="ann", reason="r", source="s"), 8)
        print(done.flag, done.latched, done.problems)
    """
    done = in_a_process(place, script)
    assert done.stdout.startswith("True False"), done.stderr
    assert "not on the disk" in done.stdout
    assert node.engaged
    assert node.look().why == "ann: r"
    assert opened(place).engaged
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 0, "that was the other process alone"


def test_what_the_full_disk_did_not_take_is_latched_by_the_next_who_engages(place: Path) -> None:
    switch = opened(place)
    latch = switch.latch

    class Full(Latch):
        def append(self, line: LatchLine) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    switch.latch = Full(place)
    assert not switch.engage(ANN, NOW).latched
    assert switch.look().engaged
    switch.latch = latch
    done = switch.engage(WATCHDOG, NOW)
    assert (done.already, done.latched) == (True, True)
    engaged = latch.read().engaged
    assert engaged is not None
    assert engaged.kill == ANN, "the kill that stands, not who said it again"


def test_a_release_that_the_disk_does_not_take_releases_nothing(place: Path) -> None:
    switch = opened(place)
    switch.engage(ANN, NOW)

    class Full(Latch):
        def append(self, line: LatchLine) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    switch.latch = Full(place)
    done = switch.release("eve", "why", NOW)
    assert not done.released
    assert "No space" in done.problem
    assert switch.engaged


def test_without_durable_the_flag_is_up_and_the_latch_waits_for_the_second_call(
    place: Path,
) -> None:
    switch = opened(place)
    first = switch.engage(ANN, NOW, durable=False)
    assert (first.flag, first.latched) == (True, False)
    assert switch.engaged
    assert not switch.latch.read().killed
    second = switch.engage(ANN, NOW)
    assert (second.latched, second.generation) == (True, first.generation)
    assert switch.latch.read().killed


def test_the_switch_lies_beside_numbered_sessions_and_within_any_other_journal() -> None:
    assert place_of(Path("var/journal/0003")) == Path("var/journal")
    assert place_of(Path("var/journal")) == Path("var/journal")
