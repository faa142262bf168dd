"""The kill switch and the machine are of one mind, whichever of them learns it first."""

from pathlib import Path as FilePath

import pytest

from fairlead.gateways.kill_files import FLAG_NAME, KILL_NAME, SWITCH_NAME
from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.journal.history import History
from fairlead.journal.log import Lock
from fairlead.model.inputs import (
    Input,
    KillCommand,
    Quote,
    ReleaseCommand,
    StrategyStopCommand,
)
from fairlead.model.outputs import CancelOrder, InputRefused, KillEngaged, KillReleased
from fairlead.model.risk import Scope
from fairlead.model.risk_terms import KillMode, ScopeKind
from fairlead.model.terms import StopPolicy
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity, StrategyId, UpdateId
from fairlead.node.recovery import verify
from tests.node.sessions import CLOCK, SECOND, START, Quoting, Run, ScriptedWorld

ANN = Kill(person="ann", reason="it quotes nonsense", source="a test")


@pytest.fixture
def place(tmp_path: FilePath) -> FilePath:
    """Return where people reach a session."""
    return tmp_path


def running(place: FilePath, seconds: int = 5) -> Run:
    """Return a session that trades, with orders at the venue."""
    run = Run(Quoting(), place=place)
    run.session.start(run.first())
    assert run.session.listen() == ""
    until = START + seconds * SECOND
    run.session.run(run.pace, Nanos(until))
    while not run.machine.orders.working_count:
        until += SECOND // 10
        run.session.run(run.pace, Nanos(until))
    return run


def outside(place: FilePath) -> Switch:
    """Return the switch as another process has it."""
    return Switch(place / SWITCH_NAME, now=CLOCK.now(), mapped=False)


def go_on(run: Run, seconds: int = 2) -> None:
    """Let the session go on, with a look at everything."""
    assert run.session.watch is not None
    run.session.watch.look_again()
    run.session.run(run.pace, Nanos(run.session.clock.now() + seconds * SECOND))


def quote(after: int) -> tuple[int, Input]:
    """Return a quote of the first instrument, so many nanoseconds after the start."""
    size = Quantity(10)
    time = Nanos(START + after)
    return after, Quote(InstrumentId(1), Price(99), size, Price(101), size, UpdateId(0), time)


def commands(run: Run, kind: type[Input]) -> list[Input]:
    return [input for _, input in run.recorder.inputs if isinstance(input, kind)]


def test_a_flag_that_is_engaged_kills_the_machine_once_with_who_and_why(place: FilePath) -> None:
    """S0-KILL-09, invariant 9: what works is canceled, and nothing new leaves."""
    run = running(place)
    outside(place).engage(ANN, CLOCK.now())
    sent = len(run.world.sent)
    go_on(run)
    assert commands(run, KillCommand) == [
        KillCommand(ANN.person, ANN.reason, mode=KillMode.CANCEL, source=ANN.source)
    ]
    assert run.machine.gate.killed
    assert run.machine.orders.working_count == 0
    assert any(isinstance(one, CancelOrder) for one in run.recorder.outputs)
    go_on(run, 5)
    assert len(run.world.sent) == sent
    assert len(commands(run, KillCommand)) == 1, "once for each kill"


def test_a_stronger_kill_is_told_to_the_machine_too(place: FilePath) -> None:
    run = running(place)
    for mode in (Mode.BLOCK, Mode.CANCEL, Mode.BLOCK, Mode.CANCEL):
        kill = Kill(person="ann", reason="r", source="s", mode=mode)
        outside(place).engage(kill, CLOCK.now())
        go_on(run, 1)
    assert [getattr(one, "mode", 0) for one in commands(run, KillCommand)] == [
        KillMode.BLOCK,
        KillMode.CANCEL,
    ]


def test_a_kill_file_kills_the_machine_and_engages_the_flag(place: FilePath) -> None:
    run = running(place)
    (place / SWITCH_NAME / KILL_NAME).write_text("a hand on the cable")
    go_on(run)
    (kill,) = commands(run, KillCommand)
    assert isinstance(kill, KillCommand)
    assert kill.reason.startswith("a hand on the cable")
    assert kill.source == "kill file"
    (place / SWITCH_NAME / KILL_NAME).unlink()
    assert outside(place).look().engaged, "who takes the file away releases nothing"
    go_on(run)
    assert run.machine.gate.killed


@pytest.mark.parametrize("how", ["deleted", "replaced", "scribbled"])
def test_a_flag_that_is_not_what_it_was_kills_the_machine_and_is_made_anew(
    place: FilePath, how: str
) -> None:
    """CTL-39: unreadable means killed."""
    run = running(place)
    flag = place / SWITCH_NAME / FLAG_NAME
    if how == "scribbled":
        with flag.open("r+b") as file:
            file.write(b"scribble")
    else:
        flag.unlink()
    if how == "replaced":
        flag.write_bytes(b"another file")
    go_on(run)
    (kill,) = commands(run, KillCommand)
    assert isinstance(kill, KillCommand)
    assert str(flag) in kill.reason
    standing = outside(place).look()
    assert standing.engaged
    assert standing.problems == ()


def test_a_machine_that_was_killed_by_a_command_engages_the_flag_for_everybody(
    place: FilePath,
) -> None:
    run = running(place)
    run.session.command(KillCommand("bob", "lost too much", source="breaker"))
    standing = outside(place).look()
    assert standing.engaged
    assert standing.kill == Kill(
        person="bob", reason="lost too much", source="breaker", mode=Mode.CANCEL
    )
    go_on(run)
    assert len(commands(run, KillCommand)) == 1, "its own kill does not come back to it"


def test_a_kill_of_a_part_leaves_the_flag_alone(place: FilePath) -> None:
    run = running(place)
    run.session.command(StrategyStopCommand(StrategyId(1), "ann", "enough"))
    part = KillCommand("ann", "enough", Scope(ScopeKind.STRATEGY, "Quoting"))
    run.session.command(part)
    assert not outside(place).look().engaged
    go_on(run)
    assert not run.machine.gate.killed


def test_a_flag_that_was_put_back_by_nobody_is_engaged_again(place: FilePath) -> None:
    """The journal's machine is killed: a released flag without a release means nothing."""
    run = running(place)
    before = (place / SWITCH_NAME / FLAG_NAME).read_bytes()
    latch = (place / SWITCH_NAME / "latch.jsonl").read_bytes()
    outside(place).engage(ANN, CLOCK.now())
    go_on(run)
    (place / SWITCH_NAME / FLAG_NAME).write_bytes(before)
    (place / SWITCH_NAME / "latch.jsonl").write_bytes(latch)
    go_on(run)
    assert run.machine.gate.killed
    assert outside(place).look().engaged
    assert not commands(run, ReleaseCommand)


def test_a_release_that_somebody_wrote_into_the_switch_is_taken_in_their_name_once(
    place: FilePath,
) -> None:
    run = running(place)
    outside(place).engage(ANN, CLOCK.now())
    go_on(run)
    sent = len(run.world.sent)
    assert outside(place).release("eve", "all is flat", CLOCK.now()).released
    go_on(run, 5)
    assert commands(run, ReleaseCommand) == [ReleaseCommand("eve", "all is flat")]
    assert [run.machine.gate.killed] == [False]
    assert len(run.world.sent) > sent, "and it trades again"
    run.session.command(KillCommand("bob", "once more"))
    go_on(run)
    assert run.machine.gate.killed, "the same release does not count again"
    assert outside(place).look().engaged


def test_a_release_that_came_before_the_kill_releases_nothing(place: FilePath) -> None:
    """It was meant for another kill: nobody obeyed it, because nothing was killed here."""
    switch = outside(place)
    switch.engage(ANN, CLOCK.now())
    switch.release("eve", "last month", CLOCK.now())
    run = running(place)
    assert outside(place).look().untaken is None, "ticked off: it releases nothing here"
    run.session.command(KillCommand("bob", "lost too much"))
    go_on(run, 5)
    assert run.machine.gate.killed
    assert not commands(run, ReleaseCommand)


def test_a_release_by_command_releases_the_flag_too(place: FilePath) -> None:
    run = running(place)
    outside(place).engage(ANN, CLOCK.now())
    go_on(run)
    outputs = run.session.command(ReleaseCommand("eve", "all is flat"))
    assert [type(one) for one in outputs] == [KillReleased]
    assert not outside(place).look().engaged
    sent = len(run.world.sent)
    go_on(run, 5)
    assert len(run.world.sent) > sent
    assert len(commands(run, KillCommand)) == 1


def test_a_release_by_nobody_releases_nothing(place: FilePath) -> None:
    run = running(place)
    outside(place).engage(ANN, CLOCK.now())
    go_on(run)
    outputs = run.session.command(ReleaseCommand("", "all is flat"))
    assert [type(one) for one in outputs] == [InputRefused]
    assert outside(place).look().engaged


# --- starting -------------------------------------------------------------------------------------


def test_a_session_that_starts_while_the_switch_is_engaged_stays_killed_and_says_why(
    place: FilePath,
) -> None:
    outside(place).engage(ANN, CLOCK.now())
    run = Run(Quoting(), place=place)
    run.session.start(run.first())
    assert "ann: it quotes nonsense" in run.session.listen()
    run.session.run(run.pace, Nanos(START + 5 * SECOND))
    assert run.machine.gate.killed
    assert run.world.sent == []


def cut(place: FilePath, kill: bool) -> FilePath:
    """Leave the journal of a session that was killed, or not, and then crashed."""
    directory = place / "journal"
    lock = Lock(directory)
    run = Run(Quoting(), place=place)
    run.write_to(directory)
    run.session.start(run.first())
    run.session.listen()
    run.session.run(run.pace, Nanos(START + 3 * SECOND))
    if kill:
        outside(place).engage(ANN, CLOCK.now())
        go_on(run, 1)
    assert run.session.watch is not None
    run.session.watch.switch.close()
    lock.close()
    return directory


def resumed(place: FilePath, directory: FilePath) -> Run:
    run = Run(Quoting(), place=place)
    history = History(directory)
    for entry in history.entries():
        run.session.rehearse(entry)
    history.mend()
    run.write_to(directory, history)
    run.session.resume(run.first(history.end.epoch + 1))
    run.session.listen()
    return run


def test_a_killed_session_that_comes_back_is_still_killed(place: FilePath) -> None:
    """CTL-39: it survives the restart, and is no second kill."""
    directory = cut(place, kill=True)
    run = resumed(place, directory)
    sent = len(run.world.sent)
    go_on(run, 5)
    assert run.machine.gate.killed
    assert len(run.world.sent) == sent
    assert len(commands(run, KillCommand)) == 1
    run.session.stop(StopPolicy.CANCEL, "test", "the end")
    assert verify(directory).passed


def test_a_kill_that_came_while_no_node_ran_is_there_when_it_starts(place: FilePath) -> None:
    directory = cut(place, kill=False)
    outside(place).engage(ANN, CLOCK.now())
    run = resumed(place, directory)
    assert run.machine.gate.killed
    assert len(commands(run, KillCommand)) == 1


def test_a_release_that_came_while_no_node_ran_is_taken_by_the_next_start(
    place: FilePath,
) -> None:
    directory = cut(place, kill=True)
    assert outside(place).release("eve", "all is flat", CLOCK.now()).released
    run = resumed(place, directory)
    sent = len(run.world.sent)
    go_on(run, 5)
    assert commands(run, ReleaseCommand) == [ReleaseCommand("eve", "all is flat")]
    assert len(run.world.sent) > sent
    assert outside(place).look().untaken is None


def test_a_switch_that_was_lost_is_engaged_again_by_a_killed_journal(place: FilePath) -> None:
    directory = cut(place, kill=True)
    for path in (place / SWITCH_NAME).iterdir():
        path.unlink()
    (place / SWITCH_NAME).rmdir()
    run = resumed(place, directory)
    assert run.machine.gate.killed
    assert outside(place).look().engaged


# --- the heartbeat --------------------------------------------------------------------------------


def test_the_heartbeat_says_what_was_obeyed_and_what_still_works(place: FilePath) -> None:
    run = running(place)
    beat = outside(place).heartbeat()
    assert beat is not None
    assert beat.obeyed == 0
    done = outside(place).engage(ANN, CLOCK.now())
    go_on(run, 1)
    go_on(run, 1)
    beat = outside(place).heartbeat()
    assert beat is not None
    assert (beat.obeyed, beat.working) == (done.generation, 0)
    assert run.session.watch is not None
    run.session.watch.end(in_order=True)
    assert outside(place).heartbeat() is None


def test_of_two_sessions_at_one_place_one_beats_and_both_obey(place: FilePath) -> None:
    first, second = running(place), Run(Quoting(), place=place)
    second.session.start(second.first())
    second.session.listen()
    assert first.session.watch is not None
    assert second.session.watch is not None
    assert (first.session.watch.claimed, second.session.watch.claimed) == (True, False)
    outside(place).engage(ANN, CLOCK.now())
    for run in (first, second):
        go_on(run)
        assert run.machine.gate.killed


class Interrupted:
    """A pace whose first wait is ended by a kill, long before it is time."""

    def __init__(self, run: Run, place: FilePath) -> None:
        self.run = run
        self.place = place
        self.asked: list[int] = []

    def wait_until(self, time: Nanos) -> bool:
        self.asked.append(time - START)
        if len(self.asked) == 1:
            outside(self.place).engage(ANN, CLOCK.now())
            assert self.run.session.attend()
        return True


def test_a_kill_that_ends_a_wait_does_not_bring_what_was_waited_for(place: FilePath) -> None:
    run = Run(Quoting(), place=place, world=ScriptedWorld(quote(30 * SECOND)))
    run.session.start(run.first())
    run.session.listen()
    pace = Interrupted(run, place)
    run.session.run(pace)
    midnight = 10 * SECOND  # the next day begins before the quote comes
    assert pace.asked == [midnight, midnight, 30 * SECOND]
    kinds = [type(input).__name__ for _, input in run.recorder.inputs]
    after = kinds.index("KillCommand")
    assert kinds[after + 1 :] == ["TradingDayBegan", "TradingDayBegan", "Quote"]


def test_a_backtest_cannot_be_reached() -> None:
    run = Run(Quoting()).whole()
    assert not run.session.attend()
    assert not run.recorder.of(KillEngaged.__name__)
