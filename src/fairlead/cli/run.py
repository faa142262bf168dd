"""`fairlead run`: a paper session, from the first quote to the summary."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import typer

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, fail, mistakes_in_one_line
from fairlead.cli.live import LiveView
from fairlead.cli.outcome import Outcome, print_outcome, recovery_phrase, write_html
from fairlead.cli.session_options import COMMAND_LINE, RecordedAs, configured, duration
from fairlead.gateways.errors import GatewayError
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model.units import NANOS_PER_SECOND, Sequence
from fairlead.node.collector import Pauses, collect_young, collected_when_idle
from fairlead.node.configuration import Configuration
from fairlead.node.loading import changed
from fairlead.node.pace import FullSpeed, LiveTime, Pace, RealTime, StopRequest, sleep
from fairlead.node.processor import hold
from fairlead.node.recovery import verify
from fairlead.stages.paper import PaperSession, Recovered, new_session, newest_session
from fairlead.stages.staffing import waits
from fairlead.stages.wiring import OVER

Speed = Literal["max", "1x", "10x"]


def run(
    config: Annotated[
        Path | None, typer.Option(help="A YAML configuration; without one, the demo session.")
    ] = None,
    safety: Annotated[
        Path | None, typer.Option(help="A YAML safety file, over the configuration.")
    ] = None,
    feed: Annotated[
        list[Path] | None,
        typer.Option(help="A recorded file to trade on; repeat it to join several in order."),
    ] = None,
    format: Annotated[str, typer.Option(help="How it was recorded.")] = "binance-raw",
    market: Annotated[str, typer.Option(help="The market of the recording.")] = "auto",
    strategy: Annotated[
        str | None, typer.Option(help="A strategy: a shipped name or file.py[:Class].")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A parameter of the strategy: key=value.")
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", help="How long, in the time of the market: 60s, 10m.")
    ] = None,
    speed: Annotated[
        Speed | None, typer.Option(help="max: as fast as it can be computed; 1x: real time.")
    ] = None,
    journal: Annotated[
        Path | None, typer.Option(help="The directory below which sessions are numbered.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the newest session, after a crash too.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run a paper session: real data or a simulated market, real risk, real journal, no money."""
    with mistakes_in_one_line():
        recorded = RecordedAs(format, market)
        configuration = configured(config, feed or [], recorded, strategy, set_ or [], safety)
        configuration = _with_options(configuration, for_, speed, journal)
        outcome = _session(configuration, resume)
        if report is not None:
            write_html(outcome, report)
        print_outcome(outcome, json)
        if report is not None and not json:
            OUT.print(f"report: {report}", markup=False)
    if outcome.failure:
        fail(f"the market data failed, the session was ended in order: {outcome.failure}")
    if not outcome.sound:
        raise typer.Exit(FOUND_WRONG)


def _with_options(
    configuration: Configuration, for_: str | None, speed: Speed | None, journal: Path | None
) -> Configuration:
    session = configuration.session
    if for_ is not None:
        session = session.model_copy(update={"duration": duration(for_, "--for")})
    if speed is not None:
        session = session.model_copy(update={"speed": speed})
    where = configuration.journal
    if journal is not None:
        where = where.model_copy(update={"directory": journal})
    return changed(configuration, COMMAND_LINE, session=session, journal=where)


def _session(configuration: Configuration, resume: bool) -> Outcome:
    """Run one session to its end and verify its journal."""
    parent = configuration.journal.directory
    directory = newest_session(parent) if resume else new_session(parent)
    stop = StopRequest()
    view = LiveView(ERR)
    failure = ""
    pauses = Pauses()
    began = monotonic_ns()
    held = hold(configuration)
    if held:
        ERR.print(f"processor: {held}", markup=False)
    session = PaperSession(configuration, directory, [view], warn=_warn)
    with asked_to_stop(stop):
        recovered = _open(session, directory)
        _say_killed(session, recovered)
        view.start(session.wired)
        try:
            with collected_when_idle(waits=waits(configuration)) as pauses:
                session.run(_pace(configuration, session, stop, view))
            session.stop(stop.reason or OVER)
        except GatewayError as error:
            failure = str(error)
            session.stop(f"the market data failed: {failure}")
        finally:
            view.stop()
            session.close()
    seconds = (monotonic_ns() - began) / NANOS_PER_SECOND
    with ERR.status("verifying the journal ..."):
        verdict = verify(directory, cipher=session.cipher)
    title = f"paper session {directory.name}"
    return Outcome(
        session.wired, title, seconds, directory, verdict, recovered, failure, pauses=pauses
    )


def _open(session: PaperSession, directory: Path) -> Recovered:
    with ERR.status(f"recovering {directory} ...") as status:

        def progress(sequence: Sequence) -> None:
            status.update(f"recovering {directory}: {sequence:,} inputs ...")

        began = monotonic_ns()
        recovered = session.open(progress)
    if recovered.inputs:
        seconds = (monotonic_ns() - began) / NANOS_PER_SECOND
        ERR.print(f"recovered in {seconds:.2f} s: {recovery_phrase(recovered)}", markup=False)
    for reason in recovered.passed_over:
        ERR.print(f"snapshot not used: {reason}", markup=False, style="yellow")
    return recovered


def _warn(text: str) -> None:
    ERR.print(f"warning: {text}", markup=False, style="yellow")


def _say_killed(session: PaperSession, recovered: Recovered) -> None:
    """Say on standard error what keeps the session from trading, and from being watched."""
    if recovered.killed:
        ERR.print(
            f"KILLED: {recovered.killed}\nNothing new leaves until a named person releases it:"
            f" fairlead release --journal {session.place} --person NAME --reason WHY",
            markup=False,
            style="bold red",
        )
    waiting = session.wired.path.machine.state.approvals.all()
    for proposal in waiting:
        ERR.print(
            f"waits for a second person: {proposal.what}, as {proposal.number};"
            f" fairlead limits approve {proposal.number} {proposal.digest}",
            markup=False,
            style="yellow",
        )
    if not session.watch.claimed:
        ERR.print(
            f"another node runs below {session.place}: this one obeys the kill switch, but is not"
            " watched and takes no commands",
            markup=False,
            style="yellow",
        )


def _pace(
    configuration: Configuration, session: PaperSession, stop: StopRequest, view: LiveView
) -> Pace:
    speed = configuration.session.speed
    venue = session.wired.surroundings.venue
    if speed == "max" and venue is None:
        return FullSpeed(stop)

    def before_wait() -> None:
        session.wired.path.commit()
        collect_young()

    attend = session.wired.session.attend
    if venue is not None:
        return LiveTime(stop, venue.present, before_wait, view.refresh, attend)
    spin = configuration.session.wait == "spin"
    times = int(speed.rstrip("x"))
    crew = session.wired.crew
    rest = sleep if crew is None else crew.wait
    return RealTime(stop, times, before_wait, view.refresh, attend, spin=spin, rest=rest)


@contextmanager
def asked_to_stop(stop: StopRequest) -> Iterator[StopRequest]:
    """Let Ctrl-C and SIGTERM end the session in order; a second one ends the process."""

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        if stop.reason:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set(f"stopped by {signal.Signals(number).name}")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
