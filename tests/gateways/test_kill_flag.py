"""The switch: whatever goes wrong with its files it stands engaged, and only people release it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.gateways import kill_page
from fairlead.gateways.kill_files import (
    FLAG_NAME,
    KILL_NAME,
    KILL_RELEASED_NAME,
    NODE_NAME,
)
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import LATCH_NAME, Event, Kill, Latch, LatchLine, Mode
from fairlead.model.units import Nanos
from tests.gateways.switches import ANN, NOW, WATCHDOG, in_a_process, opened


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where a switch is to be."""
    return tmp_path / "switch"


def test_a_new_switch_stands_released_and_its_files_are_there(place: Path) -> None:
    switch = opened(place)
    assert not switch.engaged
    standing = switch.look()
    assert (standing.engaged, standing.generation, standing.problems) == (False, 0, ())
    assert standing.why == ""
    assert sorted(path.name for path in place.iterdir()) == [FLAG_NAME, LATCH_NAME]
    assert list(place.parent.iterdir()) == [place], "nothing is left of how it was made"


def test_what_one_process_engages_every_other_one_sees_at_once(place: Path) -> None:
    """S0-KILL-09: shared memory; `engaged` asks the system for nothing."""
    node = opened(place)
    done = in_a_process(place, 'switch.engage(Kill(person="ann", reason="r", source="s"), 8)')
    assert done.returncode == 0, done.stderr
    assert node.engaged
    standing = node.look()
    assert standing.kill == Kill(person="ann", reason="r", source="s")
    assert (standing.generation, standing.time) == (1, 8)
    assert standing.why == "ann: r"


def test_a_kill_survives_every_process(place: Path) -> None:
    """S0-KILL-08: persistent. A process that opens the switch later finds it engaged."""
    first = opened(place)
    first.engage(ANN, NOW)
    first.close()
    assert opened(place).engaged
    assert opened(place).look().kill == ANN


def test_engaging_twice_is_engaging_once(place: Path) -> None:
    switch = opened(place)
    first = switch.engage(ANN, NOW)
    again = switch.engage(WATCHDOG, Nanos(NOW + 1))
    assert (first.already, again.already) == (False, True)
    assert first.generation == again.generation == 1
    assert switch.look().kill == ANN, "who was first stays"
    lines = (place / LATCH_NAME).read_text().split()
    for _ in range(100):
        switch.engage(WATCHDOG, NOW)
    assert (place / LATCH_NAME).read_text().split() == lines, "a watchdog may say it for ever"


def test_a_stronger_mode_goes_over_a_weaker_one_and_never_back(place: Path) -> None:
    switch = opened(place)
    generations = []
    for mode, expected in [
        (Mode.CANCEL, Mode.CANCEL),
        (Mode.BLOCK, Mode.CANCEL),
        (Mode.FLATTEN, Mode.FLATTEN),
        (Mode.CANCEL, Mode.FLATTEN),
        (Mode.DISCONNECT, Mode.DISCONNECT),
    ]:
        kill = Kill(person="ann", reason=mode.value, source="test", mode=mode)
        generations.append(switch.engage(kill, NOW).generation)
        assert switch.look().mode is expected
    assert generations == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [(Mode.BLOCK, False), (Mode.CANCEL, False), (Mode.FLATTEN, True), (Mode.DISCONNECT, True)],
)
def test_closing_is_allowed_by_a_kill_that_flattens_and_by_nothing_else(
    place: Path, mode: Mode, allowed: bool
) -> None:
    switch = opened(place)
    assert [switch.closing_allowed] == [False]
    switch.engage(Kill(person="a", reason="r", source="s", mode=mode), NOW)
    assert switch.closing_allowed is allowed
    (place / KILL_NAME).touch()
    assert switch.look().engaged
    assert [switch.closing_allowed] == [False], "what is wrong with the files allows nothing"


def test_only_a_named_person_with_a_reason_releases(place: Path) -> None:
    """CTL-39, KILL rows: latched; re-enabled by a person."""
    switch = opened(place)
    switch.engage(ANN, NOW)
    for person, reason in [("", "why"), ("eve", ""), ("  ", "why"), ("eve", " \n")]:
        assert not switch.release(person, reason, NOW).released
        assert switch.engaged
    assert switch.release("eve", "all is flat", Nanos(2_000)).released
    assert not switch.engaged
    standing = switch.look()
    assert standing.generation == 1, "a release counts no kill"
    assert standing.untaken is not None
    assert (standing.untaken.kill.person, standing.untaken.time) == ("eve", 2_000)


def test_a_switch_can_be_engaged_and_released_again_and_again(place: Path) -> None:
    node, person = opened(place), opened(place, mapped=False)
    for number in range(1, 6):
        assert person.engage(ANN, NOW).generation == number
        assert [node.engaged] == [True]
        assert person.release("eve", "a reason", NOW).released
        assert [node.engaged] == [False]
        assert not node.look().engaged


def test_a_kill_file_kills_and_the_file_says_why(place: Path) -> None:
    """S0-KILL-11: any tool can make it."""
    switch = opened(place)
    (place / KILL_NAME).write_text("the price is\nwrong\n")
    standing = switch.look()
    assert standing.engaged
    assert switch.engaged, "and from now on every send is held back"
    assert standing.kill is not None
    assert standing.kill.reason == "the price is wrong"
    assert standing.kill.source == "kill file"
    assert opened(place).engaged


@pytest.mark.parametrize("kind", ["touched", "folder", "link", "pipe"])
def test_a_kill_file_kills_whatever_it_is(place: Path, kind: str) -> None:
    switch, path = opened(place), place / KILL_NAME
    makers: dict[str, Callable[[], object]] = {
        "touched": path.touch,
        "folder": path.mkdir,
        "link": lambda: path.symlink_to(place / "nowhere"),
        "pipe": lambda: os.mkfifo(path),
    }
    makers[kind]()
    assert switch.look().engaged


def test_a_release_puts_the_kill_file_away(place: Path) -> None:
    switch = opened(place)
    for _ in range(2):
        (place / KILL_NAME).write_text("why")
        assert switch.look().engaged
        assert switch.release("eve", "it was a test", NOW).released
        assert not (place / KILL_NAME).exists()
        assert (place / KILL_RELEASED_NAME).read_text() == "why"


# --- at once --------------------------------------------------------------------------------------


class Meanwhile(Latch):
    """A latch under which somebody engages while a release is written down."""

    def __init__(self, place: Path, engage: Callable[[], object], after: bool) -> None:
        super().__init__(place)
        self.engage = engage
        self.after = after

    def append(self, line: LatchLine) -> None:
        if line.event is Event.RELEASED and not self.after:
            self.engage()
        super().append(line)
        if line.event is Event.RELEASED and self.after:
            self.engage()


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("mode", [Mode.CANCEL, Mode.FLATTEN])
def test_a_kill_that_comes_while_somebody_releases_is_stronger(
    place: Path, after: bool, durable: bool, mode: Mode
) -> None:
    person, other = opened(place), opened(place)
    person.engage(ANN, NOW)
    kill = Kill(person="bob", reason="not yet", source="test", mode=mode)
    person.latch = Meanwhile(place, lambda: other.engage(kill, NOW, durable=durable), after)
    done = person.release("eve", "all is flat", NOW)
    assert not done.released
    assert person.engaged
    assert other.look().engaged
    assert opened(place).look().engaged
    person.latch = Latch(place)
    assert person.release("eve", "now", NOW).released


class Releasing(Switch):
    """A switch that notes when it writes a release into the flag, and what happens just before."""

    meanwhile: Callable[[], object] | None = None
    releases = 0

    def _write_flag(self, parts: list[tuple[int, bytes]], problems: list[str]) -> bool:
        offset, content = parts[0]
        if offset == 0 and content[kill_page.STATE] == kill_page.RELEASED:
            self.releases += 1
            if self.meanwhile is not None:
                self.meanwhile()
        return super()._write_flag(parts, problems)


@pytest.mark.parametrize("mode", [Mode.CANCEL, Mode.FLATTEN])
def test_a_kill_that_comes_in_the_last_moment_of_a_release_is_stronger(
    place: Path, mode: Mode
) -> None:
    """Between its last look and its write: what it wrote is taken back."""
    person, other = Releasing(place, now=NOW), opened(place)
    person.engage(ANN, NOW)
    kill = Kill(person="bob", reason="not yet", source="test", mode=mode)
    person.meanwhile = lambda: other.engage(kill, NOW)
    assert not person.release("eve", "all is flat", NOW).released
    assert person.releases == 1
    assert other.look().engaged
    person.meanwhile = None
    assert person.release("eve", "now", NOW).released


def test_a_release_that_was_overtaken_never_shows_a_released_flag(place: Path) -> None:
    person, other = Releasing(place, now=NOW), opened(place)
    person.engage(ANN, NOW)
    person.latch = Meanwhile(place, lambda: other.engage(WATCHDOG, NOW), after=True)
    assert not person.release("eve", "all is flat", NOW).released
    assert person.releases == 0


def test_processes_that_engage_and_release_at_once_leave_a_switch_that_everybody_reads_alike(
    place: Path,
) -> None:
    opened(place)
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            switch = Switch(place, now=NOW)
            for _ in range(20):
                switch.engage(Kill(person=f"p{number}", reason="r", source="s"), NOW)
                switch.release(f"p{number}", "r", NOW)
            switch.engage(Kill(person=f"p{number}", reason="last", source="s"), NOW)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert opened(place).look().engaged, "the last word of each was a kill"
    assert opened(place).latch.read().problem == ""


def test_processes_that_make_the_switch_at_once_make_one(place: Path) -> None:
    children = []
    for _ in range(6):
        child = os.fork()
        if child == 0:
            os._exit(1 if Switch(place, now=NOW).look().engaged else 0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 6
    assert [path.name for path in place.parent.iterdir()] == ["switch"]


# --- the node -------------------------------------------------------------------------------------


def test_a_heartbeat_is_seen_by_others_and_gone_after_an_end_in_order(place: Path) -> None:
    node, other = opened(place), opened(place, mapped=False)
    assert other.heartbeat() is None
    assert node.claim(Nanos(5))
    node.beat(Nanos(6), Nanos(7), obeyed=3, working=17)
    beat = other.heartbeat()
    assert beat is not None
    assert (beat.pid, beat.started, beat.monotonic, beat.wall) == (os.getpid(), 5, 6, 7)
    assert (beat.obeyed, beat.working) == (3, 17)
    assert other.node_runs()
    node.leave()
    assert other.heartbeat() is None
    assert not other.node_runs()


def test_one_node_beats_and_a_second_one_does_not_hide_that_the_first_is_gone(
    place: Path,
) -> None:
    first, second = opened(place), opened(place)
    assert first.claim(NOW)
    assert first.claim(NOW), "asking again is no harm"
    assert not second.claim(NOW)
    first.beat(Nanos(1), Nanos(1))
    second.beat(Nanos(2), Nanos(2))
    beat = second.heartbeat()
    assert beat is not None
    assert beat.monotonic == 1
    first.leave()
    assert second.claim(NOW)


def test_a_node_that_was_killed_leaves_its_last_heartbeat_and_does_not_run(place: Path) -> None:
    """S0-KILL-03: the process dies, and a watchdog can tell that from an end in order."""
    script = "switch.claim(1); switch.beat(2, 3); os.kill(os.getpid(), 9)"
    assert in_a_process(place, script).returncode == -signal.SIGKILL
    switch = opened(place)
    beat = switch.heartbeat()
    assert beat is not None
    assert beat.monotonic == 2
    assert not switch.node_runs()
    assert (place / NODE_NAME).exists()


def test_looking_never_takes_the_place_of_a_node(place: Path) -> None:
    node, other = opened(place), opened(place, mapped=False)
    child = os.fork()
    if child == 0:
        while not other.engaged:
            other.node_runs()
            other.look()
        os._exit(0)
    claims = 0
    for _ in range(50):
        claims += node.claim(NOW)
        node.leave()
    node.engage(ANN, NOW)
    assert os.waitpid(child, 0)[1] == 0
    assert claims == 50


def test_a_heartbeat_does_not_engage_and_engaging_does_not_touch_the_heartbeat(
    place: Path,
) -> None:
    node = opened(place)
    node.claim(NOW)
    node.beat(Nanos(2**62), Nanos(2**62), obeyed=2**63, working=2**63)
    assert not node.look().engaged
    before = node.heartbeat()
    node.engage(Kill(person="p" * 5_000, reason="r" * 5_000, source="s" * 5_000), NOW)
    assert node.heartbeat() == before


def test_a_closed_switch_reads_as_engaged(place: Path) -> None:
    switch = opened(place)
    switch.close()
    assert switch.engaged


def test_a_kill_of_less_than_the_firm_is_written_down_and_engages_nothing(place: Path) -> None:
    switch = opened(place)
    part = Kill(person="ann", reason="r", source="s", scope="strategy", key="maker")
    assert switch.command(part, NOW) == ""
    assert not switch.look().engaged
    assert '"maker"' in (place / LATCH_NAME).read_text()
