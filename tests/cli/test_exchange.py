"""A node and an exchange, each a process of its own, on loopback."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from fairlead.gateways.emergency_line import Answered, Cancel, Canceled, EmergencyLine
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.model.inputs import (
    ClockChecked,
    Input,
    SnapshotTaken,
    VenueConnected,
    VenueDisconnected,
)
from fairlead.model.outputs import (
    BreakOpened,
    OrderFilled,
    Output,
    SendOrder,
    StatementReconciled,
    WarningOpened,
)
from fairlead.node.recovery import verify
from tests.cli.exchanges import Exchange, exchange, journal_of, node_at, until_orders
from tests.cli.nodes import DEADLINE, ended, journaled, wait_for
from tests.cli.sessions import fairlead


def of(directory: Path, kind: type[Any]) -> list[Any]:
    """Return all records of a kind in the journal, in order."""
    found: list[Input | Output] = []
    for input, outputs in journaled(directory):
        found += [one for one in (input, *outputs) if type(one) is kind]
    return found


def came(directory: Path, kind: type[Any], times: int = 1) -> bool:
    """Return whether the journal that a node writes has a kind of record so often."""
    return journal_of(directory).is_dir() and len(of(directory, kind)) >= times


def assert_both_agree(directory: Path, books: dict[str, Any]) -> None:
    """Hold the node's journal against the venue's own books."""
    verdict = verify(journal_of(directory))
    assert verdict.passed, verdict.problem
    assert not of(directory, BreakOpened)
    assert {order["sent"] for order in books["orders"].values()} == {1}
    sent = {one.approved.client_order for one in of(directory, SendOrder)}
    assert set(books["orders"]) <= sent
    booked = {one.execution for one in of(directory, OrderFilled)}
    assert {one["execution"] for one in books["executions"]} == booked


def test_a_node_trades_and_ends_in_order(tmp_path: Path) -> None:
    with exchange(tmp_path, "--books", "books.json") as venue:
        with node_at(tmp_path, venue.port) as process:
            until_orders(venue, 2, process)
            summary, _ = ended(process)
        assert summary["sound"]
        assert summary["summary"]["orders"]["working"] == 0
        told = venue.books()
        venue.end()
    kept = json.loads((tmp_path / "books.json").read_text())
    assert kept["orders"] == told["orders"]
    assert kept["working"] == 0
    assert_both_agree(tmp_path, kept)


def test_a_killed_node_comes_back_and_both_agree(tmp_path: Path) -> None:
    with exchange(tmp_path) as venue:
        with node_at(tmp_path, venue.port) as process:
            until_orders(venue, 2, process)
        before = len(venue.books()["orders"])
        with node_at(tmp_path, venue.port, "--resume") as process:
            until_orders(venue, before, process)
            summary, _ = ended(process)
        assert summary["recovered"]["diverged"] == 0
        assert_both_agree(tmp_path, venue.books())


def test_a_node_comes_back_from_a_snapshot_and_its_clock_goes_on(tmp_path: Path) -> None:
    with exchange(tmp_path) as venue:
        with node_at(tmp_path, venue.port, more="journal: {snapshot_inputs: 500}\n") as process:
            wait_for("a snapshot was taken", lambda: came(tmp_path, SnapshotTaken))
            assert process.poll() is None
        before = len(venue.books()["orders"])
        with node_at(tmp_path, venue.port, "--resume") as process:
            until_orders(venue, before, process)
            summary, _ = ended(process)
        assert summary["recovered"]["snapshot"] > 0
        assert_both_agree(tmp_path, venue.books())


def test_an_exchange_that_was_killed_comes_back_and_both_agree(tmp_path: Path) -> None:
    with exchange(tmp_path, "--state", "floor") as venue:
        port = venue.port
        with node_at(tmp_path, port) as process:
            until_orders(venue, 2, process)
            venue.end(signal.SIGKILL)
            with exchange(tmp_path, "--state", "floor", port=port) as again:
                before = len(again.books()["orders"])
                until_orders(again, before, process)
                ended(process)
                books = again.books()
    assert len(of(tmp_path, VenueDisconnected)) == 2  # at the beginning, and then
    assert len(of(tmp_path, VenueConnected)) == 2
    assert_both_agree(tmp_path, books)


def test_an_exchange_that_forgot_its_numbers_raises_an_alarm_and_nothing_is_booked_twice(
    tmp_path: Path,
) -> None:
    """faults.md 11: reset sequence numbers lead to an alarm and a statement."""
    with exchange(tmp_path, "--state", "floor") as venue, node_at(tmp_path, venue.port) as process:
        until_orders(venue, 2, process)
        venue.end(signal.SIGKILL)
        forgets = ("--state", "floor", "--misbehave", "reset-numbers")
        with exchange(tmp_path, *forgets, port=venue.port) as again:
            before = len(again.books()["orders"])
            until_orders(again, before, process)
            ended(process)
            books = again.books()
    (alarm,) = of(tmp_path, WarningOpened)
    assert "numbers began again" in alarm.text
    assert len(of(tmp_path, StatementReconciled)) >= 3  # at the start, then, and at the end
    assert_both_agree(tmp_path, books)


def test_an_exchange_that_loses_replays_and_garbles_is_survived(tmp_path: Path) -> None:
    wrong = [one for what in ("lose-reports", "replay", "garbage") for one in ("--misbehave", what)]
    with exchange(tmp_path, "--keep-orders", *wrong) as venue:
        with node_at(tmp_path, venue.port) as process:
            until_orders(venue, 8, process)
            ended(process)
        books = venue.books()
    assert of(tmp_path, VenueConnected)
    assert_both_agree(tmp_path, books)


def test_a_node_of_an_older_epoch_is_refused(tmp_path: Path) -> None:
    """S0-ARCH I7: it says so, trades nothing, and goes on asking until it is ended."""
    old, new = tmp_path / "old", tmp_path / "new"
    for directory in (old, new):
        directory.mkdir()
    with exchange(tmp_path) as venue:
        (new / "var/journal/0007").mkdir(parents=True)  # later sessions come after it
        with node_at(new, venue.port) as later:
            until_orders(venue, 2, later)
            with node_at(old, venue.port) as earlier:
                wait_for("the node has begun", lambda: came(old, ClockChecked))
                ended(earlier)
            before = len(venue.books()["orders"])
            until_orders(venue, before, later)
            ended(later)
        assert venue.books()["epoch"] == 8_000_001
        said = venue.end()
    assert "epoch 1000001 is over: epoch 8000001" in said
    assert not of(old, VenueConnected)
    assert not of(old, SendOrder)


def test_a_connection_that_is_silent_is_given_up_and_made_again(tmp_path: Path) -> None:
    """A venue that hangs (SIGSTOP) is as bad as one that is gone: half open, and nothing comes."""
    with exchange(tmp_path, "--keep-orders") as venue, node_at(tmp_path, venue.port) as process:
        until_orders(venue, 2, process)
        venue.process.send_signal(signal.SIGSTOP)
        wait_for("the node gives it up", lambda: came(tmp_path, VenueDisconnected, 2))
        venue.process.send_signal(signal.SIGCONT)
        before = len(venue.books()["orders"])
        until_orders(venue, before, process)
        ended(process)
        books = venue.books()
    assert any("silent" in one.reason for one in of(tmp_path, VenueDisconnected))
    assert_both_agree(tmp_path, books)


def test_an_emergency_cancel_reaches_the_exchange(tmp_path: Path) -> None:
    with exchange(tmp_path, "--quiet") as venue, node_at(tmp_path, venue.port) as process:
        until_orders(venue, 0, process)
        asked = next(iter(venue.books()["orders"].values()))
        answers = _ask(venue, asked["client_order"])
        assert answers == [Canceled(1)]
        wait_for(
            "the order is canceled",
            lambda: venue.books()["orders"][asked["client_order"]]["reason"] == "emergency_line",
        )


def _ask(venue: Exchange, client_order: str) -> list[object]:
    line, wake = EmergencyLine(), Wake()
    client = LineClient(Address.parse(venue.doors["emergency"]))
    client.send(line.cancel(client_order, "ALPHA.SIM"))
    answers: list[object] = []
    while not answers:
        for one in line.receive(client.receive(DEADLINE, wake)):
            assert isinstance(one, Answered)
            assert isinstance(one.request, Cancel)
            answers.append(one.answer)
    client.close()
    wake.close()
    return answers


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--listen", "nowhere"), "found 'nowhere', expected HOST:PORT"),
        (("--misbehave", "dance"), "found 'dance', expected one of"),
        (("--config", "gone.yaml"), "gone.yaml"),
    ],
)
def test_a_mistake_is_one_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = fairlead("exchange", *arguments, directory=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
