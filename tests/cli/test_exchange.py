"""A node and an exchange, each a process of its own, on loopback."""

import hmac
import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from websockets.sync.client import connect

from fairlead.gateways.binance import BinanceFeed, Market
from fairlead.gateways.emergency_line import Answered, Cancel, Canceled, EmergencyLine
from fairlead.gateways.transport import Address, LineClient, Wake
from fairlead.model.inputs import (
    BookChange,
    BookGap,
    BookSnapshot,
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
from fairlead.model.units import Nanos
from fairlead.node.recovery import verify
from fairlead.simulator.market import demo_market
from tests.cli.exchanges import Exchange, exchange, journal_of, node_at, until_orders
from tests.cli.nodes import DEADLINE, ended, journaled, wait_for
from tests.cli.sessions import fairlead

ALPHA = demo_market().instruments()[0]


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


# --- the web door ---------------------------------------------------------------------------------


class Client:
    """A public client: `httpx` for requests, signed as the venue's documentation says."""

    def __init__(self, venue: Exchange) -> None:
        self.venue = venue
        self.address = venue.doors["web"]
        self.http = httpx.Client(
            base_url=f"http://{self.address}", headers={"X-MBX-APIKEY": "fairlead"}
        )

    def get(self, path: str, **given: Any) -> Any:
        """Return a public answer."""
        return self.http.get(path, params=given).raise_for_status().json()

    def signed(self, method: str, path: str, **given: Any) -> Any:
        """Return the answer to a signed request."""
        given["timestamp"] = self.get("/api/v3/time")["serverTime"]
        query = urlencode(given)
        signature = hmac.new(b"fairlead", query.encode(), "sha256").hexdigest()
        return self.http.request(method, f"{path}?{query}&signature={signature}").json()

    def order(self, side: str, quantity: int, **given: Any) -> Any:
        """Enter an order in ALPHA."""
        plain = {"symbol": "ALPHA", "side": side, "quantity": quantity, "type": "MARKET"}
        return self.signed("POST", "/api/v3/order", **(plain | given))


def test_a_public_client_trades_over_the_web_and_the_books_say_the_same(tmp_path: Path) -> None:
    with exchange(tmp_path, "--web", "127.0.0.1:0") as venue:
        client = Client(venue)
        for number in range(5):
            assert client.order("BUY", 10 + number)["status"] == "FILLED"
        limit = {"type": "LIMIT", "timeInForce": "GTC", "price": "50.00"}
        waits = client.order("BUY", 10, newClientOrderId="waits", **limit)
        assert waits["status"] == "NEW"
        trades = client.signed("GET", "/api/v3/myTrades", symbol="ALPHA")
        books = venue.books()
        assert [(one["id"], one["orderId"]) for one in trades] == [
            (int(one["execution"][1:]), one["order"]) for one in books["executions"]
        ]
        assert [one["price"].replace(".", "") for one in trades] == [
            str(one["price"]) for one in books["executions"]
        ]
        assert books["orders"]["waits"]["status"] == "open"
        account = client.signed("GET", "/api/v3/account")
        free = {one["asset"]: one["free"] for one in account["balances"]}
        assert int(free["ALPHA"]) == books["positions"]["1"] == sum(range(10, 15))
        canceled = client.signed(
            "DELETE", "/api/v3/order", symbol="ALPHA", origClientOrderId="waits"
        )
        assert canceled["status"] == "CANCELED"
        assert venue.books()["orders"]["waits"]["status"] == "canceled"


def test_streams_and_a_snapshot_make_the_book_of_the_houses_own_feed(tmp_path: Path) -> None:
    with exchange(tmp_path, "--web", "127.0.0.1:0") as venue:
        client = Client(venue)
        feed = BinanceFeed(ALPHA, Market.SPOT)
        inputs: list[Input] = []
        names = ["alpha@depth@100ms", "alpha@bookTicker", "alpha@trade"]
        with connect(f"ws://{client.address}/stream") as stream:

            def hear(frames: int) -> None:
                for _ in range(frames):
                    inputs.extend(feed.receive(stream.recv(DEADLINE, decode=False), Nanos(0)))

            stream.send(json.dumps({"method": "SUBSCRIBE", "params": names, "id": 1}))
            assert json.loads(stream.recv(DEADLINE)) == {"result": None, "id": 1}
            hear(20)
            assert feed.needs_snapshots
            asked: dict[str, str | int] = {"symbol": "ALPHA", "limit": 5_000}
            inputs += feed.receive(client.http.get("/api/v3/depth", params=asked).content, Nanos(0))
            hear(40)
            later = client.get("/api/v3/depth", **asked)
            while not (changes := depth(inputs)) or changes[-1].update < later["lastUpdateId"]:
                hear(1)
        assert feed.counts.balanced
        assert not feed.needs_snapshots
        assert not [one for one in inputs if isinstance(one, BookGap)]
        assert {type(one).__name__ for one in inputs} >= {"Quote", "BookSnapshot", "BookChange"}
        if changes[-1].update == later["lastUpdateId"]:  # else the event told more than was asked
            bids, asks = book_of(depth(inputs))
            assert [price for price, _ in later["bids"]] == [f"{p / 100:.2f}" for p in bids]
            assert [price for price, _ in later["asks"]] == [f"{p / 100:.2f}" for p in asks]


def depth(inputs: list[Input]) -> list[BookSnapshot | BookChange]:
    """Return what was said of the book."""
    return [one for one in inputs if isinstance(one, BookSnapshot | BookChange)]


def book_of(told: list[BookSnapshot | BookChange]) -> tuple[list[int], list[int]]:
    """Return the prices of both sides, best first, from what was said."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    for one in told:
        bids.update(one.bids)
        asks.update(one.asks)
    return (
        sorted((price for price, quantity in bids.items() if quantity), reverse=True),
        sorted(price for price, quantity in asks.items() if quantity),
    )


def test_who_floods_the_web_door_is_told_so(tmp_path: Path) -> None:
    with exchange(tmp_path, "--web", "127.0.0.1:0", "--quiet") as venue:
        client = Client(venue)
        heavy: dict[str, str | int] = {
            "symbol": "ALPHA",
            "limit": 5_000,
        }  # 250 of the 6000 a minute
        statuses = [client.http.get("/api/v3/depth", params=heavy).status_code for _ in range(50)]
        assert statuses[0] == 200
        assert 429 in statuses
        refused = client.http.get("/api/v3/depth", params=heavy)
        assert refused.json()["code"] == -1003
        assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_the_operator_busts_halts_and_resets(tmp_path: Path) -> None:
    state = ("--state", "floor.jsonl", "--web", "127.0.0.1:0", "--quiet")
    with exchange(tmp_path, *state) as venue:
        client = Client(venue)
        client.order("BUY", 10)
        client.order("BUY", 20)

        def operate(**command: str) -> str:
            address = f"http://{venue.doors['books']}/operator"
            answer: str = httpx.post(address, json=command).json()["problem"]
            return answer

        assert operate(command="bust", execution="E000000001") == "reason: found none, expected why"
        bust = {"command": "bust", "execution": "E000000001", "reason": "clearly erroneous"}
        assert operate(**bust) == ""
        assert operate(**bust) == "unknown_execution"
        assert operate(command="halt", instrument="ALPHA.SIM", reason="news") == ""
        assert client.order("BUY", 10)["msg"] == "Order was rejected: halted."
        assert operate(command="halt", instrument="NONE", reason="news").startswith("instrument:")
        assert [one["qty"] for one in client.signed("GET", "/api/v3/myTrades", symbol="ALPHA")] == [
            "20"
        ]
        before = venue.books()
        venue.end(signal.SIGKILL)
    with exchange(tmp_path, *state) as venue:
        after = venue.books()
        assert after["positions"] == before["positions"] == {"1": 20}
        assert after["cash"] == before["cash"]
        assert [one.get("busted", False) for one in after["executions"]] == [True, False]
        assert Client(venue).order("BUY", 10)["msg"] == "Order was rejected: halted."


def test_a_reset_of_the_operator_ends_the_session_of_a_node_which_comes_back(
    tmp_path: Path,
) -> None:
    with exchange(tmp_path) as venue, node_at(tmp_path, venue.port) as process:
        until_orders(venue, 3, process)
        command = {"command": "reset", "reason": "a test"}
        httpx.post(f"http://{venue.doors['books']}/operator", json=command).raise_for_status()
        wait_for("the node lost its session", lambda: came(tmp_path, VenueDisconnected))
        wait_for("the node is back", lambda: came(tmp_path, VenueConnected, 2))
        until_orders(venue, len(venue.books()["orders"]), process)
        ended(process)
        assert_both_agree(tmp_path, venue.books())
