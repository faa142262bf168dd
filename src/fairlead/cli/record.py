"""`fairlead record`: market data of a venue, as it comes, into files that everything else reads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
from rich.live import Live
from rich.table import Table

from fairlead.cli.console import ERR, FOUND_WRONG, OUT, mistakes_in_one_line, print_json
from fairlead.cli.run import asked_to_stop
from fairlead.cli.session_options import duration
from fairlead.gateways.frame_recorder import FrameRecorder
from fairlead.gateways.line_recording import relived
from fairlead.gateways.live_line import Addresses, LiveLine
from fairlead.gateways.live_venues import LIVE_VENUES, LiveVenue, live_venue
from fairlead.gateways.live_watch import InputsDigest, LiveWatch
from fairlead.gateways.recording import RecordingCounts
from fairlead.journal.sequencer import SteadyClock
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.node.pace import StopRequest
from fairlead.readers.written import printable
from fairlead.simulator.chance import Chance

if TYPE_CHECKING:
    from fairlead.gateways.live_shell import LiveShell

_LOOK_SECONDS: Final = 0.25
_MEBIBYTE: Final = 1 << 20


def record(
    venue: Annotated[str, typer.Argument(help=f"One of {', '.join(LIVE_VENUES)}.")],
    symbols: Annotated[list[str], typer.Argument(help="As the venue names them: BTCUSDT.")],
    to: Annotated[Path, typer.Option(help="The directory for the files.")],
    for_: Annotated[
        str | None, typer.Option("--for", help="How long: 60s, 10m, 1d; without it, until Ctrl-C.")
    ] = None,
    stream: Annotated[
        str, typer.Option(help="Another address of the venue's stream, such as a test network's.")
    ] = "",
    rest: Annotated[str, typer.Option(help="Another address of the venue's snapshots.")] = "",
    check: Annotated[
        bool,
        typer.Option("--check", help="Read it again: exit with 1 unless it says the same."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Record live market data: every frame with its receive time, snapshots, lost connections."""
    with mistakes_in_one_line():
        span = duration(for_, "--for") if for_ is not None else None
        recording = _Recording.opened(live_venue(venue), symbols, to, Addresses(stream, rest))
        try:
            with asked_to_stop(StopRequest()) as stop, _shown(recording) as show:
                recording.run(span, stop, show)
        finally:
            recording.close()
        again = recording.again() if check else None
    same = again is None or str(again) == str(recording.watch.digest)
    if json:
        print_json(recording.content() | ({} if again is None else {"read_again_the_same": same}))
    else:
        OUT.print(recording.told(), markup=False, highlight=False, soft_wrap=True)
        if again is not None:
            what = f"{again.inputs:,} inputs, {'the same' if same else 'DIFFERENT'}"
            OUT.print(f"read again: {what}", style="" if same else "bold red")
    if not (recording.sound and same):
        raise typer.Exit(FOUND_WRONG)


class _Recording(NamedTuple):
    """One line that is recorded."""

    venue: LiveVenue
    line: LiveLine
    shell: "LiveShell"
    watch: LiveWatch
    recorder: FrameRecorder
    clock: SteadyClock
    began: Nanos

    @classmethod
    def opened(
        cls, venue: LiveVenue, symbols: list[str], to: Path, addresses: Addresses
    ) -> "_Recording":
        """Begin to connect. Raises `PlainConnection`."""
        from fairlead.gateways.live_shell import LiveShell

        clock = SteadyClock()
        instruments = venue.listed(symbols)
        watch = LiveWatch(instruments)
        feed = venue.feed(instruments, None)
        line = LiveLine(feed, Chance(os.getpid(), 1).below, addresses=addresses)
        name = "-".join([venue.name, *(each.replace("/", "") for each in symbols[:3])])
        recorder = FrameRecorder(to, name, _warn)
        line.keep(recorder)
        shell = LiveShell(line, watch, clock.now)
        shell.start()
        return cls(venue, line, shell, watch, recorder, clock, clock.now())

    def run(self, span: Nanos | None, stop: StopRequest, show: "_Show") -> None:
        """Record until the span is over, a person has enough, or nothing can be written."""
        while not (stop.reason or self.recorder.problem):
            if span is not None and self.clock.now() - self.began >= span:
                return
            self.watch.wait(lambda: False, _LOOK_SECONDS)
            show()

    def close(self) -> None:
        """End the line, then the file."""
        self.shell.close()
        self.recorder.close()

    def again(self) -> InputsDigest:
        """Return what the files say that came. Raises `RecordingError`."""
        found = InputsDigest()
        feed = self.venue.feed(self.line.feed.instruments, None)
        with ERR.status("reading it again ..."):
            for time, inputs in relived(self.recorder.files, feed, RecordingCounts()):
                for input in inputs:
                    found.add(input, time)
        return found

    @property
    def sound(self) -> bool:
        """Whether something was recorded, and all of it."""
        return bool(self.line.records.records) and not self.recorder.problem + self._lost()

    def _lost(self) -> str:
        return f"{self.recorder.lost} frames" if self.recorder.lost else ""

    def content(self) -> dict[str, Any]:
        """Return the result for machines."""
        counts, feed = self.line.counts, self.line.feed.counts
        return {
            "venue": self.venue.name,
            "format": self._options(),
            "files": [str(path) for path in self.recorder.files],
            "frames": self.line.records.records,
            "bytes": counts.bytes,
            "lost": self.recorder.lost,
            "problem": self.recorder.problem,
            "connections": counts.connections,
            "ended": counts.ended,
            "snapshots": counts.fetched,
            "snapshot_failures": counts.fetch_failures,
            "inputs": feed.inputs,
            "dropped": feed.dropped,
            "gaps": feed.gaps,
            "malformed": self.line.records.malformed,
            "delays": self.line.delays.as_json(),
        }

    def _options(self) -> str:
        return self.venue.options([each.symbol for each in self.line.feed.instruments])

    def told(self) -> str:
        """Return the result for people, with what to do next."""
        records = self.line.records
        lines = [
            f"{records.records:,} frames of {self.venue.name} in {len(self.recorder.files)} files"
        ]
        lines += [f"  {path}" for path in self.recorder.files]
        lines += [f"delay: {self.line.delays}", *self._troubles()]
        if self.recorder.files:
            files = " ".join(str(path) for path in self.recorder.files)
            lines.append(f"look at it: fairlead feed {files} {self._options()} --check")
        return "\n".join(lines)

    def _troubles(self) -> Iterator[str]:
        counts = self.line.counts
        for reason, count in {**counts.ended, **counts.fetch_failures}.items():
            yield f"{count} x {printable(reason)}"
        yield from (printable(example) for example in self.line.records.malformed_examples)
        if self.recorder.problem:
            yield f"STOPPED: {self.recorder.problem}"
        if self.recorder.lost:
            yield f"LOST: {self.recorder.lost:,} frames that the disk was too slow for"

    def table(self) -> Table:
        """Return what goes on now."""
        line, records = self.line, self.line.records
        seconds = max(1, self.clock.now() - self.began) / NANOS_PER_SECOND
        table = Table(show_header=False, box=None, pad_edge=False)
        table.add_column(style="dim")
        table.add_column()
        state = "connected" if line.stands else "NOT CONNECTED"
        table.add_row(self.venue.name, f"{state}, {line.counts.connections} connections")
        table.add_row(
            "frames",
            f"{records.records:,} in {seconds:.0f} s, {records.records / seconds:,.0f}/s,"
            f" {line.counts.bytes / _MEBIBYTE:,.1f} MiB",
        )
        table.add_row("delay", str(line.delays))
        for seen in self.watch.seen.values():
            book = "book known" if seen.has_book else "no book yet"
            table.add_row(
                printable(seen.symbol), f"{book}, {seen.inputs:,} inputs, {seen.gaps} gaps"
            )
        return table


class _Show:
    """Draws what goes on, on a terminal; elsewhere it stays silent."""

    def __init__(self, recording: _Recording, live: Live | None) -> None:
        self._recording = recording
        self._live = live

    def __call__(self) -> None:
        if self._live is not None:
            self._live.update(self._recording.table(), refresh=True)


@contextmanager
def _shown(recording: _Recording) -> Iterator[_Show]:
    if not ERR.is_terminal:
        yield _Show(recording, None)
        return
    with Live(console=ERR, auto_refresh=False, transient=True) as live:
        yield _Show(recording, live)


def _warn(text: str) -> None:
    ERR.print(f"warning: {text}", markup=False, style="yellow")
