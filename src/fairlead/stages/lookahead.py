"""Whether a strategy knows what it cannot know yet: its decisions on whole and on cut-off data.

A strategy that stands on the port sees nothing but what has happened. It can still know the future
by another door: it reads the data file by itself, say to scale by the mean of the whole day. So the
same backtest is run again on data that ends at a time T, as if T were now. Whatever the strategy
decided until T must be the same, order by order and to the nanosecond. For recordings of lines the
files themselves are cut, and a parameter that names one of them names the cut copy.

What else can be seen: a strategy that decides otherwise when the very same backtest is run twice,
and every file that its code opens. One that opens the data by a path of its own, which no cut
reaches, is told as well. Each run has a process of its own: nothing is remembered between them.
"""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, Final, NamedTuple

import msgspec

from fairlead.gateways.errors import BadLine, GatewayError
from fairlead.gateways.recording import Recording
from fairlead.model.inputs import Input, StopCommand, StrategyRequest
from fairlead.model.names import Names
from fairlead.model.outputs import Output
from fairlead.model.text import write
from fairlead.model.units import Nanos
from fairlead.model.units import Sequence as Number
from fairlead.node.configuration import Configuration
from fairlead.node.loading import changed
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.node.venue_settings import RecordedVenueSettings
from fairlead.stages.backtest import backtest
from fairlead.stages.errors import WrongWiring
from fairlead.stages.recordings import Recordings
from fairlead.strategy.loading import FILE_MODULE, SHIPPED

_LINES: Final = "binance-raw"  # the format of recordings that can be cut line by line
_ORIGIN: Final = "lookahead"
_OWNERS: Final = (FILE_MODULE, f"{SHIPPED}.")  # how the modules of strategies are named
_IMPORTED: Final = (".py", ".pyc", ".so")


class Decision(msgspec.Struct, frozen=True):
    """One request of a strategy: when, and its content in words (`model/text.py`) as JSON."""

    time: int
    content: str


class Decided(msgspec.Struct, frozen=True):
    """All decisions of one run, and the files that the strategies opened by themselves."""

    decisions: list[Decision]
    opened: list[str]


class Difference(NamedTuple):
    """Where two runs part: the decision of each, None where it has none, and on which data."""

    cut: Nanos | None  # None: the same data
    whole: Decision | None
    other: Decision | None


class Verdict(NamedTuple):
    """What was found out about a strategy."""

    decisions: int
    cuts: list[Nanos]
    repeats: bool
    differences: list[Difference]
    data_opened: list[str]  # data files that its code opened by itself
    others_opened: list[str]

    @property
    def honest(self) -> bool:
        """Whether nothing was found."""
        return self.repeats and not self.differences and not self.data_opened


class Decisions:
    """Keeps what strategies ask until the session is stopped. A reader."""

    def __init__(self) -> None:
        """Begin with none."""
        self.all: list[Decision] = []
        self._names = Names()
        self._over = False

    def follow(self, sequence: Number, time: Nanos, input: Input, outputs: list[Output]) -> None:
        """Keep a request; what is asked because the data ends is no decision on data."""
        self._names.learn(input)
        if isinstance(input, StopCommand):
            self._over = True
        elif isinstance(input, StrategyRequest) and not self._over:
            content = msgspec.json.encode(write(input, self._names)).decode()
            self.all.append(Decision(time, content))


def decide(configuration: Configuration, end: Nanos | None) -> Decided:
    """Run a backtest until `end` in this process, and return what was decided.

    It installs a hook that cannot be taken away again: call it in a process of its own.
    """
    files = _Files()
    sys.addaudithook(files.heard)
    decisions = Decisions()
    backtest(configuration, FullSpeed(StopRequest()), None, end, [decisions])
    return Decided(decisions.all, files.opened)


def look(
    configuration: Configuration, begin: Nanos, end: Nanos, count: int, processes: int
) -> Iterator[Decided | Verdict]:
    """Run a strategy on whole data twice and on `count` cuts; yield each run, then the verdict.

    `begin` and `end` are the span of the data. Raises `WrongWiring`, and what a backtest raises.
    """
    step = (end - begin) // (count + 1)
    if step < 1:
        raise WrongWiring(f"the data spans {end - begin} ns: too short to be cut {count} times")
    cuts = [Nanos(begin + place * step) for place in range(1, count + 1)]
    with TemporaryDirectory(prefix="fairlead-lookahead-") as folder:
        work: list[tuple[Configuration, Nanos | None]] = [(configuration, None)] * 2
        work += [(_cut(configuration, cut, Path(folder)), cut) for cut in cuts]
        context = multiprocessing.get_context("spawn")
        found: list[Decided] = []
        # A process for each run: what a strategy keeps in its module must not reach the next one.
        with ProcessPoolExecutor(processes, context, max_tasks_per_child=1) as pool:
            for one in pool.map(decide, *zip(*work, strict=True)):
                found.append(one)
                yield one
    yield _verdict(configuration, cuts, found)


class _Files:
    """Listens for the files that strategies open, by themselves or through a library."""

    def __init__(self) -> None:
        self.opened: list[str] = []

    def heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note a file that is opened with a strategy on the stack; sources are imported, not read.

        An audit hook: it must never raise.
        """
        if event != "open" or not isinstance(arguments[0], str | bytes):
            return
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if path in self.opened or path.endswith(_IMPORTED):
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if str(frame.f_globals.get("__name__", "")).startswith(_OWNERS):
                self.opened.append(path)
                return
            frame = frame.f_back


def first_difference(
    whole: Sequence[Decision], other: Sequence[Decision], until: Nanos | None
) -> Difference | None:
    """Return where two runs part up to a time, None if they do not."""
    ours = [one for one in whole if until is None or one.time <= until]
    theirs = [one for one in other if until is None or one.time <= until]
    for place in range(max(len(ours), len(theirs))):
        one = ours[place] if place < len(ours) else None
        two = theirs[place] if place < len(theirs) else None
        if one != two:
            return Difference(until, one, two)
    return None


def _verdict(configuration: Configuration, cuts: list[Nanos], found: list[Decided]) -> Verdict:
    whole, again, *cut_off = found
    repeated = first_difference(whole.decisions, again.decisions, None)
    differences = [] if repeated is None else [repeated]
    for cut, decided in zip(cuts, cut_off, strict=True):
        difference = first_difference(whole.decisions, decided.decisions, cut)
        if difference is not None and repeated is None:
            differences.append(difference)
    data = {str(path.resolve()) for path in _data(configuration)}
    named = {str(path.resolve()) for path in _named(configuration)}
    own = [path for path in whole.opened if path in data and path not in named]
    others = [path for path in whole.opened if path not in data]
    return Verdict(len(whole.decisions), cuts, repeated is None, differences, own, others)


def _data(configuration: Configuration) -> tuple[Path, ...]:
    venue = configuration.venue
    return venue.files if isinstance(venue, RecordedVenueSettings) else ()


def _named(configuration: Configuration) -> Iterator[Path]:
    """Yield the data files that a parameter names: a cut reaches those."""
    if not _can_be_cut(configuration):
        return
    texts = [text for one in configuration.strategies for text in one.parameters.values()]
    for path in _data(configuration):
        if any(isinstance(text, str) and Path(text).resolve() == path.resolve() for text in texts):
            yield path


def _can_be_cut(configuration: Configuration) -> bool:
    venue = configuration.venue
    return isinstance(venue, RecordedVenueSettings) and venue.format == _LINES and not venue.beside


def _cut(configuration: Configuration, end: Nanos, folder: Path) -> Configuration:
    """Return the configuration on copies of its recordings that end at a time."""
    if not _can_be_cut(configuration):
        return configuration
    venue = configuration.venue
    assert isinstance(venue, RecordedVenueSettings), "only recordings are cut"
    copies = {path.resolve(): folder / f"{end}-{place}" for place, path in enumerate(venue.files)}
    for path, copy in copies.items():
        _copy_until(path, copy, end)
    strategies = tuple(
        one.model_copy(update={"parameters": _renamed(one.parameters, copies)})
        for one in configuration.strategies
    )
    kept = tuple(copy for copy in copies.values() if copy.stat().st_size)
    moved = venue.model_copy(update={"files": kept}) if _tells_the_same(venue, kept) else venue
    return changed(configuration, _ORIGIN, venue=moved, strategies=strategies)


def _tells_the_same(venue: RecordedVenueSettings, kept: tuple[Path, ...]) -> bool:
    """Whether the instrument can be told from what is left; else the cut is by time alone."""
    try:
        whole, left = (
            Recordings((venue.model_copy(update={"files": files}),)).instruments
            for files in (venue.files, kept)
        )
    except GatewayError:
        return False
    return whole == left


def _copy_until(path: Path, copy: Path, end: Nanos) -> None:
    """Copy the records up to a time, as plain lines."""
    with copy.open("wb") as file:
        for time, frame in Recording([path], _passed_over):
            if time > end:
                return
            file.write(b"%d %s\n" % (time, frame))


def _passed_over(problem: BadLine) -> None:
    """Leave a line out that is no record: the backtest on the whole data tells of it."""


def _renamed(parameters: Any, copies: dict[Path, Path]) -> dict[str, Any]:
    """Return parameters in which a data file is its cut copy."""
    return {
        key: str(copies[Path(value).resolve()])
        if isinstance(value, str) and Path(value).resolve() in copies
        else value
        for key, value in parameters.items()
    }
