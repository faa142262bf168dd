"""`fairlead backtest --journal`: a session lived again on the market data in its own journal.

Beside what the session did stands what the rerun did: the same for a session on a recording, and
otherwise what would have happened with another strategy, other parameters, another venue model.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import msgspec
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.text import Text

from fairlead.cli.console import ERR, OUT, fail, print_json
from fairlead.cli.measured import short_money
from fairlead.cli.outcome import Outcome
from fairlead.cli.past import Past, past
from fairlead.cli.phrases import output_phrase
from fairlead.cli.session_options import RecordedAs, configured
from fairlead.cli.tables import Column, Row, fitting_table
from fairlead.journal.sequencer import monotonic_ns
from fairlead.model import text
from fairlead.model.names import Names
from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.configuration import Configuration
from fairlead.node.errors import ConfigurationError
from fairlead.node.pace import FullSpeed, StopRequest
from fairlead.readers.messages import Messages, same_until
from fairlead.readers.result import SessionResult
from fairlead.readers.summary import SessionSummary
from fairlead.readers.written import grouped, printable, time_text
from fairlead.stages.paper import newest_session
from fairlead.stages.rerun import Recalled, configuration_of, recall, rerun
from fairlead.strategy.parameters import assignments

_CLOCK: Final = slice(11, 29)  # of an ISO time: hours to nanoseconds
_COLUMNS: Final = [
    Column(""),
    Column("session", number=True),
    Column("rerun", number=True),
]
_ACCOUNT: Final = ("volume", "realised", "unrealised", "fees", "equity")


class Rerun(NamedTuple):
    """A session and its rerun."""

    recalled: Recalled
    past: Past
    session: SessionResult
    sent: Messages  # by the session
    outcome: Outcome
    sent_again: Messages

    @property
    def parts_at(self) -> int | None:
        """After how many messages the two part, None if they do not."""
        return same_until(self.sent, self.sent_again)


def live_again(
    journal: Path, config: Path | None, strategy: str | None, parameters: list[str]
) -> Rerun:
    """Replay a session, and live it again. Raises what both can raise."""
    directory = newest_session(journal)
    recalled = recall(directory)
    if config is not None:
        configuration = configured(config, [], RecordedAs(), strategy, parameters)
    else:
        configuration = configuration_of(recalled, strategy, assignments(parameters))
    summary, sent, sent_again = SessionSummary(), Messages(), Messages()
    known = past(directory, readers=[summary, sent])
    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=ERR, transient=True) as bar:
        bar.add_task("living the session again")
        began = monotonic_ns()
        try:
            pace = FullSpeed(StopRequest())
            wired = rerun(recalled, configuration, pace, config is None, [sent_again])
        except ConfigurationError as error:
            _fail(error, configuration, config is None and strategy is None)
        seconds = (monotonic_ns() - began) / NANOS_PER_SECOND
    outcome = Outcome(wired, f"rerun of {directory}", seconds)
    return Rerun(recalled, known, summary.result(), sent, outcome, sent_again)


def _fail(error: ConfigurationError, configuration: Configuration, unnamed: bool) -> NoReturn:
    if not unnamed:
        raise error
    names = ", ".join(one.name for one in configuration.strategies)
    fail(
        f"{error}\nthe journal names its strategies ({names}), and not where their code is: name"
        " it, fairlead backtest STRATEGY --journal ..., or give --config"
    )


def print_rerun(lived: Rerun, json: bool) -> None:
    """Print both side by side, for people or as one JSON object."""
    if json:
        print_json(_content(lived))
        return
    OUT.print(Text(printable(lived.outcome.title), style="bold"))
    OUT.print(fitting_table(_COLUMNS, list(_rows(lived)), OUT.width))
    for line in _verdict(lived):
        OUT.print(line)


def _content(lived: Rerun) -> dict[str, Any]:
    wired = lived.outcome.wired
    parts_at = lived.parts_at
    names = lived.past.names
    return {
        "journal": str(lived.past.directory),
        "same": parts_at is None,
        "messages": {"session": len(lived.sent.all), "rerun": len(lived.sent_again.all)},
        "messages_same": len(lived.sent.all) if parts_at is None else parts_at,
        "first_difference": None
        if parts_at is None
        else {
            "session": _message(lived.sent, parts_at, names),
            "rerun": _message(lived.sent_again, parts_at, names),
        },
        "left_out": _left_out(lived),
        "session": _json(lived.session),
        "rerun": wired.summary.as_json(),
        "seconds": round(lived.outcome.seconds, 3),
    }


def _json(result: SessionResult) -> Any:
    return msgspec.to_builtins(result)


def _message(sent: Messages, place: int, names: Names) -> dict[str, Any] | None:
    if place >= len(sent.all):
        return None
    time, message = sent.all[place]
    return {"time": time, "message": text.write(message, names)}


def _left_out(lived: Rerun) -> dict[str, int]:
    return {name: count for name, count in lived.recalled.left_out.items() if count}


def _rows(lived: Rerun) -> Iterator[Row]:
    ours, theirs = lived.session, lived.outcome.wired.summary.result()
    for name in ("requested", "refused", "sent", "filled", "canceled", "rejected"):
        one, other = getattr(ours.orders, name), getattr(theirs.orders, name)
        yield _row(f"orders {name}", f"{one:,}", f"{other:,}")
    for name in ("count", "maker", "taker"):
        one, other = getattr(ours.fills, name), getattr(theirs.fills, name)
        yield _row(f"fills {name}".removesuffix(" count"), f"{one:,}", f"{other:,}")
    for one, other in zip(ours.accounts, theirs.accounts, strict=False):
        for name in _ACCOUNT:
            values = (getattr(one, name), getattr(other, name))
            yield _row(f"{one.account} {name}", *(_money(value) for value in values))


def _row(name: str, one: str, other: str) -> Row:
    style = "" if one == other else "yellow"
    return [Text(printable(name)), Text(one), Text(other, style=style)]


def _money(amount: str | None) -> str:
    return "unknown" if amount is None else grouped(short_money(amount))


def _verdict(lived: Rerun) -> Iterator[Text]:
    parts_at = lived.parts_at
    if parts_at is None:
        told = f"the same {len(lived.sent.all):,} messages left, each at the same time"
        yield Text(told, style="green")
    else:
        shared = f"the first {parts_at:,} messages are the same; then" if parts_at else "they part"
        yield Text(shared, style="yellow")
        for which, sent in (("session", lived.sent), ("rerun", lived.sent_again)):
            yield Text(f"  {which}: {_phrase(sent, parts_at, lived.past.names)}")
    left_out = _left_out(lived)
    if left_out:
        told = ", ".join(f"{count:,} {name}" for name, count in left_out.items())
        yield Text(f"left out, since persons or others did it in the session: {told}")


def _phrase(sent: Messages, place: int, names: Names) -> str:
    if place >= len(sent.all):
        return "nothing more left"
    time, message = sent.all[place]
    return f"{time_text(time)[_CLOCK]} {output_phrase(message, names)}"
