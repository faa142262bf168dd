"""Workers as processes: what becomes of a session whose workers are killed, hang or lie.

Each is a paper session in real time, ten times as fast as the market, with its journal verified at
the end.
"""

from pathlib import Path

import pytest

from fairlead.model.inputs import Input, StrategyFailed, StrategyStartCommand, SubmitRequest
from fairlead.model.outputs import Output, StrategyDisabled
from fairlead.model.units import NANOS_PER_SECOND, Nanos, Sequence, StrategyId
from fairlead.node.configuration import Configuration, StrategySettings, WorkerSettings
from fairlead.node.pace import RealTime, StopRequest
from fairlead.node.paper import default
from fairlead.node.recovery import verify
from fairlead.node.workers.crew import Crew
from fairlead.stages.paper import PaperSession

SECOND = NANOS_PER_SECOND
ONE, TWO = StrategyId(1), StrategyId(2)
MAKER = default().strategies[0]
# Reaches for the ring of its worker, as only malice would.
LIE = """frame = sys._getframe()
            while 'told' not in frame.f_locals:
                frame = frame.f_back
            frame.f_locals['self']._line.send(b'garbage')"""
CODE = '''
from fairlead.strategy import Context, Quote, Strategy
from fairlead.model.units import Quantity
import os, sys


class Mine(Strategy):
    """Buys now and then, until it does what the test is about."""

    def on_start(self, context: Context) -> None:
        self.seen = 0

    def on_quote(self, context: Context, quote: Quote) -> None:
        self.seen += 1
        if self.seen % 20 == 1:
            context.buy(quote.instrument, Quantity(1), quote.bid_price)
        if self.seen == 60:
            {deed}
'''


class Watcher:
    """Follows, and ends the session some time after a strategy has failed."""

    def __init__(self) -> None:
        self.stop = StopRequest()
        self.inputs: list[Input] = []
        self.outputs: list[Output] = []

    def follow(self, sequence: Sequence, time: Nanos, input: Input, outputs: list[Output]) -> None:
        self.inputs.append(input)
        self.outputs.extend(outputs)
        if isinstance(input, SubmitRequest) and self.failures():
            self.stop.set("others trade on")

    def failures(self) -> list[StrategyFailed]:
        return [one for one in self.inputs if isinstance(one, StrategyFailed)]

    def asked(self, strategy: int) -> int:
        """Return how many orders a strategy has asked for."""
        return sum(
            isinstance(one, SubmitRequest) and one.strategy == strategy for one in self.inputs
        )


def settings(
    *strategies: StrategySettings, seconds: int = 20, hang: Nanos = Nanos(30 * SECOND)
) -> Configuration:
    plain = default()
    session = plain.session.model_copy(update={"duration": Nanos(seconds * SECOND), "speed": "10x"})
    return plain.model_copy(
        update={
            "session": session,
            "strategies": tuple(strategies),
            "workers": WorkerSettings(hang=hang),
        }
    )


def mine(directory: Path, deed: str) -> StrategySettings:
    """Return a strategy in a process of its own that does something once."""
    file = directory / "mine.py"
    file.write_text(CODE.replace("{deed}", deed))
    return StrategySettings(name="mine", strategy=str(file), process="own")


def crew_of(session: PaperSession) -> Crew:
    crew = session.wired.crew
    assert crew is not None
    return crew


def paced(session: PaperSession, stop: StopRequest) -> RealTime:
    def nothing() -> None:
        session.wired.path.commit()

    wired = session.wired
    return RealTime(stop, 10, nothing, nothing, wired.session.attend, rest=crew_of(session).wait)


def run(session: PaperSession, stop: StopRequest | None = None) -> None:
    session.open()
    session.run(paced(session, stop or StopRequest()))


def end(session: PaperSession, directory: Path) -> None:
    """End a session; its money ties out and its journal is what the machine answers."""
    session.stop()
    session.close()
    assert all(account.identity.holds for account in session.wired.summary.result().accounts)
    assert verify(directory).passed


def test_a_worker_trades_and_its_orders_are_in_the_journal(tmp_path: Path) -> None:
    watcher = Watcher()
    own = MAKER.model_copy(update={"process": "own"})
    session = PaperSession(settings(own), tmp_path, [watcher])
    run(session)
    end(session, tmp_path)
    assert watcher.asked(ONE) > 3
    assert not session.wired.failures
    assert any("holds" in line.text for line in session.wired.log_lines())


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("os.kill(os.getpid(), 9)", "its worker mine was killed by signal 9"),
        ("os._exit(7)", "its worker mine ended with code 7"),
        ("while True: pass", "its worker mine hangs at input"),
        (LIE, "its worker mine sends what is no message"),
    ],
)
def test_a_worker_that_breaks_costs_its_own_strategy_alone(
    tmp_path: Path, deed: str, reason: str
) -> None:
    watcher = Watcher()
    hang = SECOND if deed.startswith("while") else 30 * SECOND  # a machine that is shared
    configuration = settings(MAKER, mine(tmp_path, deed), seconds=300, hang=Nanos(hang))
    session = PaperSession(configuration, tmp_path / "0001", [watcher])
    run(session, watcher.stop)
    end(session, tmp_path / "0001")
    (failure,) = watcher.failures()
    assert failure.strategy == TWO
    assert failure.error.startswith(reason)
    assert [one.strategy for one in watcher.outputs if isinstance(one, StrategyDisabled)] == [TWO]
    assert not session.wired.path.machine.orders.working(TWO)
    failed_at = watcher.inputs.index(failure)
    assert any(
        isinstance(one, SubmitRequest) and one.strategy == ONE for one in watcher.inputs[failed_at:]
    )


def test_a_person_lets_a_strategy_begin_again_that_had_killed_its_worker(tmp_path: Path) -> None:
    """What it did then is not done again: its worker would die of it for ever."""
    watcher = Watcher()
    dying = mine(tmp_path, "os.kill(os.getpid(), 9)")
    session = PaperSession(settings(MAKER, dying, seconds=600), tmp_path / "0001", [watcher])
    run(session, watcher.stop)
    assert len(watcher.failures()) == 1
    before, path = watcher.asked(TWO), session.wired.path
    session.wired.session.command(StrategyStartCommand(TWO, "ann", "it was the machine"))
    for _ in range(60):  # a process takes its time to start
        until = Nanos(path.sequencer.last_time + 5 * SECOND)
        session.wired.session.run(paced(session, StopRequest()), until)
        if watcher.asked(TWO) > before:
            break
    assert watcher.asked(TWO) > before
    end(session, tmp_path / "0001")


def test_after_a_crash_of_the_node_a_worker_lives_through_the_journal_and_trades_on(
    tmp_path: Path,
) -> None:
    configuration = settings(mine(tmp_path, "pass"), seconds=8)
    place = tmp_path / "0001"
    first = Watcher()
    session = PaperSession(configuration, place, [first])
    run(session)
    session.close()  # without a stop: as if it had died
    longer = settings(mine(tmp_path, "pass"), seconds=20)
    second = Watcher()
    again = PaperSession(longer, place, [second])
    run(again)
    end(again, place)
    assert again.wired.session.diverged == 0
    assert not second.failures()
    assert second.asked(ONE) > first.asked(ONE) > 0
    orders = [one.order for one in second.inputs if isinstance(one, SubmitRequest)]
    assert len(set(orders)) == len(orders)
