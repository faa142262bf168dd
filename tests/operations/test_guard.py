"""The guard in its own process: each trigger with all others broken, and whatever else can break.

The venues are in this process and talk to the guard over loopback; the node is a third process.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from fairlead.gateways.kill_flag import Switch
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.model.units import Nanos
from fairlead.operations.practice import PracticeVenue
from tests.operations.guards import (
    GuardProcess,
    a_node,
    a_venue,
    canceled,
    canceled_all,
)
from tests.operations.journals import Writer, accepted, client_order, sent, session
from tests.operations.patience import until

ORDERS = 6  # at each of two venues; A has the odd numbers
AT_A, AT_B = list(range(1, 2 * ORDERS, 2)), list(range(2, 2 * ORDERS + 1, 2))
KILL = Kill(person="ann", reason="test", source="test")


class Rig(NamedTuple):
    """A guard, two venues with working orders, and the journal that has them."""

    guard: GuardProcess
    a: PracticeVenue
    b: PracticeVenue
    writer: Writer


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """Return everything, with nothing running but the venues."""
    a, b = a_venue(AT_A), a_venue(AT_B)
    guard = GuardProcess(tmp_path, A=a.address, B=b.address)
    writer = session(guard.journal / "0001", ["A", "B"], ORDERS)
    yield Rig(guard, a, b, writer)
    if guard.is_running:
        guard.stop()
    a.close()
    b.close()


@pytest.fixture
def node(rig: Rig) -> Iterator["subprocess.Popen[str]"]:
    """Return the process of a node that beats."""
    process = a_node(rig.guard.switch)
    yield process
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.communicate()


def ids(orders: list[int]) -> list[str]:
    """Return what a venue knows orders by."""
    return sorted(client_order(order) for order in orders)


def all_canceled(rig: Rig) -> None:
    """Wait until nothing works anywhere, and see that the guard knows."""
    until(lambda: rig.a.venue.working == rig.b.venue.working == 0, "nothing works")
    rig.guard.await_event("all_confirmed")
    assert canceled(rig.a) == ids(AT_A)
    assert canceled(rig.b) == ids(AT_B)


def engaged(guard: GuardProcess) -> bool:
    """Whether the switch is engaged, for whoever looks."""
    return Switch(guard.switch, mapped=False, now=Nanos(1)).look().engaged


# --- each trigger, with all others broken ---


@contextlib.contextmanager
def broken(rig: Rig) -> Iterator[str]:
    """Break what can be: the port is taken, no secrets, the audit and the journal unwritable."""
    Switch(rig.guard.switch, mapped=False, now=Nanos(1)).close()
    (rig.guard.switch / "guard.jsonl").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_the_kill_file_works_with_everything_else_broken(rig: Rig) -> None:
    """S0-KILL-04: `touch KILL`."""
    with broken(rig) as taken:
        rig.guard.start(secrets=False, listen=taken)
        (rig.guard.switch / "KILL").write_text("the exchange called")
        all_canceled(rig)
    trigger = rig.guard.await_event("trigger")
    assert trigger["source"] == "kill file"
    assert "the exchange called" in trigger["reason"]
    assert engaged(rig.guard)


def test_the_flag_that_anybody_engages_works_with_everything_else_broken(rig: Rig) -> None:
    """S4-KILL-04: what `fairlead kill` does."""
    with broken(rig) as taken:
        rig.guard.start(secrets=False, listen=taken)
        Switch(rig.guard.switch, mapped=False, now=Nanos(1)).engage(KILL, Nanos(2))
        all_canceled(rig)
    assert rig.guard.await_event("trigger")["person"] == "ann"


def test_the_watchdog_works_with_everything_else_broken_and_the_node_stopped(
    rig: Rig, node: "subprocess.Popen[str]"
) -> None:
    """S4-KILL-03, S0-KILL-03: a node that hangs."""
    with broken(rig) as taken:
        rig.guard.start("--watchdog", "1s", secrets=False, listen=taken)
        node.send_signal(signal.SIGSTOP)
        all_canceled(rig)
    assert rig.guard.await_event("trigger")["source"] == "watchdog"
    assert engaged(rig.guard)


def test_the_watchdog_misses_a_node_that_was_killed(
    rig: Rig, node: "subprocess.Popen[str]"
) -> None:
    """S0-KILL-03: a node that is gone."""
    rig.guard.start("--watchdog", "1s")
    node.kill()
    all_canceled(rig)
    assert f"node {node.pid}" in rig.guard.await_event("trigger")["reason"]


def test_the_api_works_without_journal_slack_and_node(rig: Rig) -> None:
    """S4-KILL-02."""
    rig.guard.start("--slack-secret-file=none")
    status, content = rig.guard.kill(reason="fills make no sense")
    assert (status, content["flag"]) == (200, True)
    all_canceled(rig)
    trigger = rig.guard.await_event("trigger")
    assert (trigger["source"], trigger["person"]) == ("http", "ann")
    assert trigger["where"].startswith("127.0.0.1:")
    assert engaged(rig.guard)


def test_slack_works_without_an_api_key_and_a_node(rig: Rig) -> None:
    """S4-KILL-01."""
    rig.guard.start("--api-key-file=none")
    assert rig.guard.kill()[0] == 401
    assert not engaged(rig.guard)
    status, content = rig.guard.slack("trading the exchange called")
    assert status == 200
    assert "killed by ann" in content["text"]
    all_canceled(rig)
    assert rig.guard.await_event("trigger")["source"] == "slack"


def test_a_switch_that_is_destroyed_is_a_kill(rig: Rig) -> None:
    """DESIGN invariant 9: unreadable state means killed."""
    rig.guard.start()
    rig.guard.await_event("listening")
    (rig.guard.switch / "flag").write_bytes(b"")
    all_canceled(rig)


# --- what else can break ---


def test_a_kill_of_before_the_guard_was_started_is_carried_out(rig: Rig) -> None:
    """S0-KILL-08: latched."""
    Switch(rig.guard.switch, mapped=False, now=Nanos(1)).engage(KILL, Nanos(2))
    rig.guard.start()
    all_canceled(rig)


def test_a_guard_that_is_killed_goes_on_when_it_is_started_again(rig: Rig) -> None:
    """KILL: `kill -9` of the guard, and still killed."""
    late = client_order(AT_A[0])
    rig.a.venue.cancel(late)
    rig.a.venue._ended.clear()  # as if the order were still on its way to the venue
    rig.guard.start()
    rig.guard.kill()
    rig.guard.await_event("confirmed", venue="B")
    assert rig.guard.stop(signal.SIGKILL) == -signal.SIGKILL
    rig.a.venue.place(late)
    assert engaged(rig.guard)
    rig.guard.start()
    all_canceled(rig)
    assert rig.guard.await_event("confirmed", venue="B")["gone"] == ORDERS


@pytest.mark.parametrize("damage", ["removed", "garbage", "not readable"])
def test_without_a_journal_all_is_canceled_everywhere(rig: Rig, damage: str) -> None:
    path = next((rig.guard.journal / "0001").glob("*.journal"))
    if damage == "garbage":
        path.write_bytes(os.urandom(1_000))
    else:
        path.unlink()
        if damage == "not readable":
            path.mkdir()
    rig.guard.start()
    rig.guard.kill()
    until(lambda: rig.a.venue.working == rig.b.venue.working == 0)
    until(lambda: min(canceled_all(rig.a), canceled_all(rig.b)) == 2)
    if damage != "removed":
        assert not rig.guard.await_event("journal")["readable"]


def test_a_full_disk_keeps_no_cancel_back(rig: Rig) -> None:
    """KILL: not one byte can be written, by the audit, the latch or the output."""
    Switch(rig.guard.switch, mapped=False, now=Nanos(1)).close()
    rig.guard.start(full_disk=True)
    (rig.guard.switch / "KILL").touch()
    until(lambda: rig.a.venue.working == rig.b.venue.working == 0)
    assert canceled(rig.a) == ids(AT_A)
    assert Switch(rig.guard.switch, mapped=False, now=Nanos(1)).engaged


@pytest.mark.parametrize("reads", [True, False])
def test_a_venue_that_never_answers_delays_no_other_and_is_reported(
    rig: Rig, tmp_path: Path, reads: bool
) -> None:
    """S0-RES-01; B-KILL-02: reported, and tried again."""
    with silent(reads) as (address, received):
        guard = GuardProcess(tmp_path, A=address, B=rig.b.address)
        guard.start()
        guard.kill()
        guard.await_event("confirmed", venue="B")
        assert rig.b.venue.working == 0
        told = guard.await_event("not_confirmed", venue="A")
        assert (told["working"], told["unanswered"]) == (ORDERS, ORDERS)
        guard.await_event("cancels_sent", venue="A", round=2)
        guard.await_event("line", venue="A", up=False)
        if reads:
            until(lambda: b"".join(received).count(b'"cancel"') >= 2 * ORDERS)
        assert guard.stop() == 1


@contextlib.contextmanager
def silent(reads: bool) -> Iterator[tuple[str, list[bytes]]]:
    """Listen, take connections, perhaps read, and never say anything."""
    received: list[bytes] = []
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        if reads:
            serve(stack, listening, lambda connection: take_all(connection, received))
        yield f"127.0.0.1:{listening.getsockname()[1]}", received


def serve(
    stack: contextlib.ExitStack,
    listening: socket.socket,
    talk: Callable[[socket.socket], None],
) -> None:
    """Serve connections in a thread until the stack is left."""

    def run() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                talk(connection)

    thread = threading.Thread(target=run)
    thread.start()
    stack.callback(thread.join)
    stack.callback(listening.shutdown, socket.SHUT_RDWR)


def take_all(connection: socket.socket, received: list[bytes]) -> None:
    """Read until the other side closes."""
    while chunk := connection.recv(65536):
        received.append(chunk)


def test_garbage_from_a_venue_confirms_nothing_and_harms_nobody(rig: Rig, tmp_path: Path) -> None:
    def garbage(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(os.urandom(1_000) + b'\n{"type":"canceled","number":99999}\n')

    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        serve(stack, listening, garbage)
        port = listening.getsockname()[1]
        guard = GuardProcess(tmp_path, A=f"127.0.0.1:{port}", B=rig.b.address)
        guard.start()
        guard.await_event("malformed", venue="A")
        guard.kill()
        guard.await_event("confirmed", venue="B")
        assert guard.await_event("not_confirmed", venue="A")["unanswered"] == ORDERS
        assert guard.stop() == 1


def test_garbage_at_the_door_harms_nobody(rig: Rig) -> None:
    rig.guard.start()
    host, _, port = rig.guard.await_event("listening")["address"].rpartition(":")
    for content in (os.urandom(100_000), b"POST /api/kill HTTP/1.1\r\n\r\n", b"\r\n" * 10_000):
        connection = socket.create_connection((host, int(port)), 60)
        with connection, contextlib.suppress(OSError):
            connection.sendall(content)
            while connection.recv(65536):
                pass
    assert rig.guard.ask("GET", "/health") == (200, {"ok": True})
    assert not engaged(rig.guard)
    assert rig.guard.kill()[0] == 200
    all_canceled(rig)


def test_a_port_that_is_taken_is_tried_again_until_it_is_free(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        rig.guard.start(listen=address)
        assert "cannot listen there" in rig.guard.await_event("http")["problems"][0]
    assert rig.guard.kill()[0] == 200
    all_canceled(rig)


# --- what it does over time ---


def test_an_order_that_comes_to_light_after_the_kill_is_canceled_too(rig: Rig) -> None:
    rig.guard.start()
    rig.guard.kill()
    all_canceled(rig)
    late = 2 * ORDERS + 1
    rig.a.venue.place(client_order(late))
    rig.writer.write(sent(late), accepted(late))
    until(lambda: client_order(late) in canceled(rig.a))
    assert rig.a.venue.working == 0


def test_an_order_that_the_venue_does_not_know_yet_is_canceled_when_it_arrives(rig: Rig) -> None:
    """DESIGN invariant 10: "not found" proves nothing."""
    late = 2 * ORDERS + 1
    rig.writer.write(sent(late))
    rig.guard.start()
    rig.guard.kill()
    assert rig.guard.await_event("not_confirmed", venue="A")["unknown"] == 1
    rig.a.venue.place(client_order(late))
    until(lambda: rig.a.venue.working == 0)
    rig.guard.await_event("all_confirmed")


def test_killing_again_changes_nothing_and_is_written_down(rig: Rig) -> None:
    rig.guard.start()
    rig.guard.kill()
    all_canceled(rig)
    for _ in range(3):
        status, content = rig.guard.kill()
        assert (status, content["already"]) == (200, True)
    until(lambda: len(rig.guard.events("trigger", source="http")) == 4)
    assert len(rig.guard.events("confirmed", venue="A")) == 1


def test_after_a_release_it_guards_on_and_the_next_kill_counts(rig: Rig) -> None:
    rig.guard.start()
    rig.guard.kill()
    all_canceled(rig)
    released = Switch(rig.guard.switch, mapped=False, now=Nanos(1)).release("bob", "ok", Nanos(9))
    assert released.released
    assert rig.guard.await_event("released")["person"] == "bob"
    assert rig.guard.status()["killed"] is False
    rig.a.venue.place(client_order(AT_A[0]))
    rig.guard.kill()
    until(lambda: rig.a.venue.working == 0)


def test_a_kill_that_only_blocks_cancels_nothing_until_a_stronger_one_comes(rig: Rig) -> None:
    rig.guard.start()
    status, content = rig.guard.kill(mode=Mode.BLOCK.value)
    assert (status, content["flag"]) == (200, True)
    assert rig.guard.kill(mode=Mode.BLOCK.value)[1]["already"] is True
    assert (canceled(rig.a), canceled_all(rig.a)) == ([], 0)
    rig.guard.kill(mode=Mode.CANCEL.value)
    all_canceled(rig)


def test_orders_at_a_venue_without_a_line_are_reported(rig: Rig, tmp_path: Path) -> None:
    guard = GuardProcess(tmp_path, A=rig.a.address)
    guard.start()
    guard.kill()
    assert guard.await_event("no_line") | {"time": 0} == {
        "time": 0,
        "event": "no_line",
        "venue": "B",
        "orders": ORDERS,
    }
    guard.await_event("confirmed", venue="A")
    assert guard.stop() == 1


def test_the_audit_has_every_step_with_who_when_and_from_where(rig: Rig) -> None:
    """S4-KILL-02: audited. No secret is in it."""
    rig.guard.start()
    rig.guard.ask("POST", "/api/kill", authorization="Bearer not the key at all")
    rig.guard.kill()
    all_canceled(rig)
    assert rig.guard.stop() == 0
    content = (rig.guard.switch / "guard.jsonl").read_text()
    lines = [json.loads(line) for line in content.splitlines() if line]
    assert lines == rig.guard.events()
    steps = ("refused", "trigger", "blocked", "cancels_sent", "confirmed", "all_confirmed")
    kinds = [line["event"] for line in lines]
    places = [kinds.index(step) for step in steps]
    assert places == sorted(places)
    assert "latched" in kinds
    assert all(line["time"] > 1_700_000_000_000_000_000 for line in lines)
    assert "not the key" not in content


def test_status_says_what_works_where(rig: Rig) -> None:
    rig.guard.start()
    until(lambda: rig.guard.status()["journal"]["working"] == {"A": ORDERS, "B": ORDERS})
    until(lambda: set(rig.guard.status()["lines"].values()) == {""})
    status = rig.guard.status()
    assert status["killed"] is False
    assert status["problems"] == []
    assert status["journal"]["problem"] == ""
    rig.guard.kill()
    all_canceled(rig)
    status = rig.guard.status()
    assert status["killed"] is True
    assert status["canceling"]["A"]["canceled"] == ORDERS


def test_a_key_that_changes_is_used_and_the_old_one_is_not(rig: Rig, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("the first key, long enough")
    path.chmod(0o600)
    rig.guard.start(f"--api-key-file={path}")
    first = {"x_api_key": "the first key, long enough"}
    assert rig.guard.ask("GET", "/status", **first)[0] == 200
    path.write_text("the second key, as long")
    until(lambda: rig.guard.ask("GET", "/status", x_api_key="the second key, as long")[0] == 200)
    assert rig.guard.ask("POST", "/api/kill", **first)[0] == 401
    path.unlink()
    until(lambda: rig.guard.ask("GET", "/status", x_api_key="the second key, as long")[0] == 401)
    assert "cannot be read" in rig.guard.events("http")[-1]["problems"][0]
    assert not engaged(rig.guard)


def test_it_listens_on_a_unix_socket_too(rig: Rig, tmp_path: Path) -> None:
    rig.guard.start(f"--listen=unix:{tmp_path / 'door'}")
    rig.guard.await_event("listening")
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(tmp_path / "door"))
        connection.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
