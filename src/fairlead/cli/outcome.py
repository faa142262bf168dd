"""What a session leaves behind: the summary in the terminal, as JSON, and as a page to look at."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from fairlead.cli.console import OUT, print_json
from fairlead.node.build import running_build
from fairlead.node.collector import Pauses
from fairlead.node.loading import dump
from fairlead.node.recovery import Verdict
from fairlead.readers.breakdown import breakdown_of
from fairlead.readers.measures import measures_of
from fairlead.readers.report import ReportContent, write_report
from fairlead.readers.summary_text import summary_view
from fairlead.readers.written import printable, time_text
from fairlead.stages.assumptions import assumptions
from fairlead.stages.live_market import LiveMarket, SourceLine
from fairlead.stages.paper import Recovered
from fairlead.stages.provenance import Provenance
from fairlead.stages.wiring import Wired

_LINES_SHOWN = 10  # of what strategies said


@dataclass(frozen=True)
class Outcome:
    """A session that has ended. Without a journal it was a backtest."""

    wired: Wired
    title: str
    seconds: float  # of our own clock
    journal: Path | None = None
    verdict: Verdict | None = None
    recovered: Recovered | None = None
    failure: str = ""  # of the market data, after which the session was ended in order
    provenance: Provenance | None = None
    pauses: Pauses = field(default_factory=Pauses)  # of the garbage collector

    @property
    def sound(self) -> bool:
        """Whether money ties out, the journal verifies, and the book was the venue's."""
        comparison = self.wired.comparison
        return (
            self.wired.summary.result().ties_out
            and (self.verdict is None or self.verdict.passed)
            and (comparison is None or comparison.different == 0)
        )


def print_outcome(outcome: Outcome, json: bool) -> None:
    """Print the outcome for people, or as one JSON object."""
    if json:
        print_json(content_of(outcome))
        return
    OUT.print(summary_view(outcome.wired.summary.result()))
    OUT.print(_closing_table(outcome))


def write_html(outcome: Outcome, path: Path) -> None:
    """Write the report of a session. Raises `ReaderError`."""
    verdict = outcome.verdict
    write_report(
        path,
        ReportContent(
            title=outcome.title,
            summary=outcome.wired.summary,
            curve=outcome.wired.curve,
            verified=None if verdict is None else verdict.passed,
            verification=_verification(verdict),
            configuration=dump(outcome.wired.configuration),
            journal="" if outcome.journal is None else str(outcome.journal),
            digests=_digests(outcome),
            versions=_versions(),
        ),
    )


def content_of(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as plain values: what `--json` prints, and what is stored."""
    wired = outcome.wired
    content: dict[str, Any] = {
        "title": outcome.title,
        "sound": outcome.sound,
        "failure": outcome.failure,
        "seconds": round(outcome.seconds, 3),
        "tick_to_order": wired.session.tick_to_order.as_json(),
        "collector_pauses": outcome.pauses.as_json(),
        "summary": wired.summary.as_json(),
        "statistics": _statistics(wired),
        "breakdown": _breakdown(wired),
        "digests": _digests(outcome),
        "build": _versions(),
        "configuration": wired.configuration.digest(),
        "strategies": _strategies(wired),
    }
    if outcome.provenance is not None:
        content["provenance"] = msgspec.to_builtins(outcome.provenance)
    if outcome.journal is not None:
        content["journal"] = str(outcome.journal)
    if outcome.verdict is not None:
        content["verify"] = {"passed": outcome.verdict.passed, "problem": outcome.verdict.problem}
    if outcome.recovered is not None:
        content["recovered"] = asdict(outcome.recovered)
    content["assumptions"] = assumptions(wired.configuration, wired.surroundings)
    if wired.surroundings.recordings is not None:
        content["feed"] = _feed(wired)
    if isinstance(wired.surroundings.venue, LiveMarket):
        content["live"] = wired.surroundings.venue.content()
    return content


def _statistics(wired: Wired) -> dict[str, Any]:
    """Return the measures of each account; one that is not defined is null, and says why."""
    flow, curve = wired.summary.flow, wired.curve
    return {
        account.name: {
            measure.name: {"value": measure.value, "note": measure.note}
            for measure in measures_of(curve, flow, account.account)
        }
        for account in wired.path.machine.positions.accounts()
    }


def _breakdown(wired: Wired) -> dict[str, Any]:
    """Return the measures of each strategy, and (with its name) of each of its instruments."""
    return {
        account.name: [
            {
                "strategy": share.strategy,
                "instrument": share.instrument or None,
                "currency": share.currency,
                **{each.name: {"value": each.value, "note": each.note} for each in share.measures},
            }
            for share in breakdown_of(wired.curve, account.account)
        ]
        for account in wired.path.machine.positions.accounts()
    }


def _feed(wired: Wired) -> dict[str, Any]:
    recordings, comparison = wired.surroundings.recordings, wired.comparison
    assert recordings is not None, "a recording has a feed"
    assert comparison is not None, "a recording is compared"
    counts = recordings.counts
    return {
        "frames": counts.frames,
        "inputs": counts.inputs,
        "dropped": counts.dropped,
        "gaps": counts.gaps,
        "balanced": counts.balanced,
        "book_compared": comparison.compared,
        "book_equal": comparison.equal,
        "book_different": comparison.different,
        "book_skipped": comparison.skipped,
    }


def _strategies(wired: Wired) -> dict[str, Any]:
    failures = {failure.strategy: failure.error for failure in wired.failures}
    return {
        definition.name: {"failure": failures.get(number, "")}
        for number, definition in wired.path.machine.state.strategies.items()
    }


def _digests(outcome: Outcome) -> dict[str, str]:
    path = outcome.wired.path
    return {"outputs": path.digest.hexadecimal(), "state": path.machine.digest()}


def _versions() -> dict[str, str]:
    build = running_build()
    how = "compiled" if build.compiled else "interpreted"
    return {"fairlead": build.version, "python": build.python, "build": f"{how}, {build.sources}"}


def _verification(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no journal was written"
    if not verdict.passed:
        return verdict.problem
    return f"{verdict.inputs:,} inputs, {verdict.commits:,} commits, every output computed again"


def _closing_table(outcome: Outcome) -> Table:
    wired = outcome.wired
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    if wired.surroundings.recordings is not None:
        _add_feed(table, wired)
    if isinstance(wired.surroundings.venue, LiveMarket):
        _add_live(table, wired.surroundings.venue)
    for place, told in enumerate(assumptions(wired.configuration, wired.surroundings)):
        table.add_row("" if place else "assumed", told)
    inputs = wired.path.sequencer.last
    rate = int(inputs / outcome.seconds) if outcome.seconds else 0
    table.add_row("speed", f"{inputs:,} inputs in {outcome.seconds:.1f} s, {rate:,}/s")
    latency = wired.session.tick_to_order
    spans = (*(latency.percentile(rank) for rank in (500, 990, 999)), latency.max)
    table.add_row(
        "tick to order",
        "p50 {:.0f} us, p99 {:.0f} us, p99.9 {:.0f} us, max {:.0f} us".format(
            *(span / 1000 for span in spans)
        ),
    )
    table.add_row("collector", str(outcome.pauses))
    if outcome.recovered is not None and outcome.recovered.inputs:
        table.add_row("recovered", recovery_phrase(outcome.recovered))
    for name, digest in _digests(outcome).items():
        table.add_row(f"{name} digest", digest)
    if outcome.journal is not None:
        table.add_row("journal", str(outcome.journal))
    if outcome.verdict is not None:
        passed = outcome.verdict.passed
        told = f"{'passed' if passed else 'FAILED'}: {_verification(outcome.verdict)}"
        table.add_row("verify", told, style="green" if passed else "bold red")
    for line in wired.log_lines()[-_LINES_SHOWN:]:
        name = wired.configuration.strategies[line.strategy - 1].name
        table.add_row(f"{name} said", Text(f"{time_text(line.time)[11:23]} {printable(line.text)}"))
    for failure in wired.failures:
        table.add_row("strategy failed", Text(printable(failure.error)), style="bold red")
    return table


def recovery_phrase(recovered: Recovered) -> str:
    """Return how a session came to stand where its journal ends."""
    text = f"{recovered.inputs - recovered.snapshot:,} inputs applied again"
    if recovered.snapshot:
        text += f" after the snapshot of input {recovered.snapshot:,}"
    if recovered.torn_bytes:
        text += f"; {recovered.torn_bytes:,} bytes that were never acknowledged cut off"
    if recovered.diverged:
        text += f"; strategies asked otherwise {recovered.diverged:,} times, the journal counts"
    return text


def _add_live(table: Table, market: LiveMarket) -> None:
    """Add what came over the lines of this run, and how late."""
    for line in market.lines:
        _add_line(table, line)
    if market.backup is not None:
        counts = market.backup.counts
        told = f"{counts.switches:,} changes of source, {counts.disputes:,} times they disagreed"
        table.add_row("backup", told, style="yellow" if counts.switches or counts.disputes else "")
    if market.arrivals.dropped:
        left_out = f"{market.arrivals.dropped:,} inputs: this node was too slow for them"
        table.add_row("left out", left_out, style="bold red")


def _add_line(table: Table, source: SourceLine) -> None:
    line, counts = source.line, source.line.feed.counts
    passed, dropped = sum(counts.inputs.values()), sum(counts.dropped.values())
    table.add_row(
        f"live {source.name}",
        f"{counts.frames:,} frames = {passed:,} inputs + {dropped:,} dropped"
        f" + {counts.waiting:,} waiting; {counts.gaps:,} gaps,"
        f" {line.counts.connections:,} connections",
    )
    table.add_row("delay", str(line.delays), style="yellow" if line.delays.negative else "")
    for reason, count in {**line.counts.ended, **line.counts.fetch_failures}.items():
        table.add_row("", f"{count:,} x {printable(reason)}")
    if source.recorder is not None:
        recorder = source.recorder
        told = recorder.problem or f"{recorder.frames:,} lines in {len(recorder.files)} files"
        table.add_row("recorded", told, style="bold red" if recorder.problem else "")


def _add_feed(table: Table, wired: Wired) -> None:
    recordings, comparison = wired.surroundings.recordings, wired.comparison
    assert recordings is not None, "a recording has a feed"
    assert comparison is not None, "a recording is compared"
    counts = recordings.counts
    passed, dropped = sum(counts.inputs.values()), sum(counts.dropped.values())
    table.add_row(
        "recording",
        f"{counts.frames:,} frames = {passed:,} inputs + {dropped:,} dropped"
        f" + {counts.waiting:,} waiting; {counts.gaps:,} gaps",
    )
    if recordings.times_backwards:
        table.add_row("", f"{recordings.times_backwards:,} receive times went back, and were held")
    for reason, count in counts.dropped.items():
        table.add_row("", f"dropped {count:,}: {reason}")
    different = comparison.different
    table.add_row(
        "book = bookTicker",
        f"{comparison.compared:,} compared, {comparison.equal:,} equal, {different:,} different",
        style="bold red" if different else "green",
    )
    for difference in comparison.differences:
        table.add_row("", str(difference), style="red")
