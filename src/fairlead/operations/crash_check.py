"""What a crash drill is held against: the journal alone, and the exchange's own books.

Neither knows of the other, and the node itself is not asked. A line of the result is one rule; all
are looked at, whatever comes of the first.
"""

from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

from fairlead.journal.errors import JournalError
from fairlead.journal.history import History
from fairlead.model.codec import decode_outputs
from fairlead.model.decimals import decimal_text
from fairlead.model.errors import UndecodableRecord
from fairlead.model.outputs import BreakClosed, BreakOpened, OrderFilled, Output
from fairlead.model.units import AccountId, InstrumentId, Nanos, Sequence
from fairlead.node.errors import NodeError
from fairlead.node.recovery import Replayed, replay
from fairlead.operations.crash_parts import Books, Execution
from fairlead.operations.drill_record import Step
from fairlead.simulator.venue_books import message_name

_ACCOUNT: Final = AccountId(1)  # the one that a session trades with
_NAMED_MAX: Final = 3  # of what is wrong: the rest is counted


class Seen(NamedTuple):
    """What a bystander had read of a journal, at one moment."""

    last: Sequence
    chain: bytes


class Evidence(NamedTuple):
    """What was kept of a drill."""

    journal: Path
    books: Books  # at the end
    seen: list[Seen]  # when the node was killed
    unrecorded: list[str]  # messages that the exchange had, and the node that was killed had not


class Written:
    """What a journal says happened, read from its bytes."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.chains: Final[dict[Sequence, bytes]] = {}  # after each group
        self.epochs: Final[list[int]] = []  # of the segments
        self.messages: Final[Counter[str]] = Counter()
        self.fills: Final[Counter[Execution]] = Counter()
        self.breaks: Final[dict[int, BreakOpened]] = {}  # that are open

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        """Take note of a group."""
        del group, time
        self.chains[last] = chain
        if not self.epochs or self.epochs[-1] != epoch:
            self.epochs.append(epoch)

    def take(self, output: Output) -> None:
        """Take note of an output."""
        name = message_name(output)
        if name:
            self.messages[name] += 1
        elif isinstance(output, OrderFilled):
            terms = (output.order, output.instrument, output.price, output.quantity, output.fee)
            self.fills[Execution(output.execution, *terms)] += 1
        elif isinstance(output, BreakOpened):
            self.breaks[output.number] = output
        elif isinstance(output, BreakClosed):
            self.breaks.pop(output.number, None)


def written(journal: Path) -> Written:
    """Read a journal. Raises `JournalError`, `UndecodableRecord`."""
    found = Written()
    history = History(journal)
    history.show_to(found)
    for entry in history.entries():
        for output in decode_outputs(entry.outputs) if entry.outputs else ():
            found.take(output)
    return found


def checked(evidence: Evidence) -> tuple[Step, ...]:
    """Return every rule with whether it held."""
    try:
        found = written(evidence.journal)
        replayed = replay(evidence.journal)
    except (JournalError, NodeError, UndecodableRecord, AssertionError) as error:
        return (Step("journal", passed=False, found=f"it does not verify: {error}"),)
    books = evidence.books
    return (
        Step("journal", passed=True, found=_verified(replayed)),
        _epochs(found),
        _nothing_lost(evidence.seen, found),
        _recorded_before(evidence.unrecorded, books, found),
        _sent_once(books),
        _fills(books, found),
        _positions(books, replayed),
        _cash(books, replayed),
        _breaks(found),
        _ended(books, replayed),
    )


def _verified(replayed: Replayed) -> str:
    digest = replayed.path.machine.digest()[:12]
    return f"{replayed.last:,} inputs give the outputs that were recorded; state {digest}"


def _epochs(found: Written) -> Step:
    grow = all(one < other for one, other in zip(found.epochs, found.epochs[1:], strict=False))
    return Step("epochs", grow, f"{len(found.epochs)} lives wrote, each under a later epoch")


def _nothing_lost(seen: list[Seen], found: Written) -> Step:
    """Everything that a bystander could read when the node was killed is there, byte for byte."""
    marks = [one for one in seen if one.last]
    lost = [f"input {one.last}" for one in marks if found.chains.get(one.last) != one.chain]
    last = marks[-1].last if marks else 0
    good = f"{last:,} inputs were read at {len(marks)} kills, and all are there"
    return _step("nothing acknowledged lost", lost, good)


def _recorded_before(unrecorded: list[str], books: Books, found: Written) -> Step:
    wrong = unrecorded + [name for name in books.messages if name not in found.messages]
    good = f"{len(books.messages):,} messages reached the exchange, all were written down before"
    return _step("recorded before sent", wrong, good)


def _sent_once(books: Books) -> Step:
    twice = [f"{name} came {times} times" for name, times in books.messages.items() if times > 1]
    return _step("nothing sent twice", twice, f"{len(books.messages):,} messages, 0 duplicates")


def _fills(books: Books, found: Written) -> Step:
    """Every execution of the exchange is booked once, on the same terms, and no other is."""
    theirs = Counter(books.executions)
    wrong = [f"{one.execution}: booked {found.fills[one]} times" for one in theirs - found.fills]
    wrong += [f"{one.execution}: theirs {theirs[one]} times" for one in found.fills - theirs]
    return _step("fills once and all", wrong, f"{len(books.executions):,} executions")


def _positions(books: Books, replayed: Replayed) -> Step:
    machine = replayed.path.machine
    wrong, told = [], []
    for instrument, terms in machine.instruments.items():
        theirs = books.positions.get(str(instrument), 0)
        ours = machine.positions.net(InstrumentId(instrument))
        told.append(f"{terms.symbol} {ours}")
        if ours != theirs:
            wrong.append(f"{terms.symbol}: ours {ours}, theirs {theirs}")
    return _step("positions equal", wrong, ", ".join(told))


def _cash(books: Books, replayed: Replayed) -> Step:
    account = replayed.path.machine.positions.account(_ACCOUNT)
    assert account is not None, "a session begins with its account"
    ours = {ledger.currency: ledger.cash.rounded for ledger in account.ledgers()}
    theirs = dict(books.cash)
    wrong = [f"ours {ours}, theirs {theirs}"] if ours != theirs else []
    decimals = account.money_decimals
    told = [f"{currency} {decimal_text(amount, decimals)}" for currency, amount in ours.items()]
    return _step("cash equal", wrong, ", ".join(told))


def _breaks(found: Written) -> Step:
    opened = [f"{one.kind.name.lower()} {one.item}" for one in found.breaks.values()]
    return _step("no break", opened, "no difference is open")


def _ended(books: Books, replayed: Replayed) -> Step:
    ours, theirs = replayed.path.machine.orders.working_count, books.working
    told = f"{ours} orders work by the journal, {theirs} by the exchange"
    return Step("stopped in order", ours == theirs == 0, told)


def _step(name: str, wrong: list[str], good: str) -> Step:
    if not wrong:
        return Step(name, passed=True, found=good)
    more = f" and {len(wrong) - _NAMED_MAX:,} more" if len(wrong) > _NAMED_MAX else ""
    return Step(name, passed=False, found=", ".join(wrong[:_NAMED_MAX]) + more)
