"""The web door without sockets: who may ask what, how often, and what is told."""

import hmac
import json
from hashlib import sha256
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from fairlead.model.units import NANOS_PER_MILLISECOND, Nanos
from fairlead.stages.floor import TradingFloor
from fairlead.stages.web_door import WebDoor, WebTerms
from tests.stages.floors import START, STEP, opened

KEY = {"X-MBX-APIKEY": "fairlead"}


class Web:
    """A floor with a web door, and clients of it."""

    def __init__(self, weight_max: int = 6_000) -> None:
        self.floor: TradingFloor = opened()
        self.door = WebDoor(self.floor, WebTerms(weight_max=weight_max))
        self.time = START
        self.numbers = 0
        self.wait()
        self.floor.refresh()
        self.wait()

    def wait(self, nanos: int = STEP) -> None:
        """Let time pass."""
        self.time = Nanos(self.time + nanos)
        published = self.floor.pass_time(self.time)
        reports = [report for report, _ in self.floor.reports]
        self.floor.take_reports()
        self.door.publish(published, reports)
        self.door.tick()

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> tuple[int, Any, str]:
        """Return status, answer and head."""
        self.numbers += 1
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.door.receive(self.numbers, ("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        end = self.door.ends[self.numbers]
        if not end.ended:
            self.wait()
        assert end.ended, "a request is answered, and its connection closed"
        head, _, answer = bytes(end.outgoing).partition(b"\r\n\r\n")
        self.door.receive(self.numbers, b"")
        return int(head.split()[1]), json.loads(answer), head.decode()

    def signed(self, method: str, path: str, secret: str = "fairlead", **given: Any) -> Any:
        """Return the answer to a signed request."""
        given.setdefault("timestamp", self.time // NANOS_PER_MILLISECOND)
        query = "&".join(f"{name}={value}" for name, value in given.items())
        signature = hmac.new(secret.encode(), query.encode(), sha256).hexdigest()
        _, answer, _ = self.ask(method, f"{path}?{query}&signature={signature}", KEY)
        return answer

    def buy(self, quantity: int, price: str, **terms: Any) -> Any:
        """Enter a limit order in ALPHA."""
        terms = {"symbol": "ALPHA", "side": "BUY", "quantity": quantity, **terms}
        terms = {"timeInForce": "GTC", "type": "LIMIT", "price": price, **terms}
        return self.signed("POST", "/api/v3/order", **terms)


class Stream:
    """A WebSocket client of the `websockets` library, without a socket."""

    def __init__(self, web: Web, path: str = "/ws") -> None:
        web.numbers += 1
        self.web, self.number = web, web.numbers
        self.protocol = ClientProtocol(parse_uri(f"ws://x{path}"))
        self.protocol.send_request(self.protocol.connect())
        self.heard: list[Any] = []
        self.flush()

    def say(self, method: str, params: Any, number: int = 1) -> Any:
        """Send a command; return what is answered."""
        self.protocol.send_text(
            json.dumps({"method": method, "params": params, "id": number}).encode()
        )
        before = len(self.heard)
        self.flush()
        return self.heard[before] if len(self.heard) > before else None

    def flush(self) -> None:
        """Let everything arrive."""
        for content in self.protocol.data_to_send():
            if content:
                self.web.door.receive(self.number, content)
        end = self.web.door.ends[self.number]
        self.protocol.receive_data(bytes(end.outgoing))
        end.outgoing.clear()
        for event in self.protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.heard.append(json.loads(bytes(event.data)))


def test_an_order_is_answered_with_what_it_traded_at_once() -> None:
    web = Web()
    _, depth, _ = web.ask("GET", "/api/v3/depth?symbol=ALPHA&limit=5")
    ask, quantity = depth["asks"][0]
    answer = web.buy(10, ask)
    assert (answer["status"], answer["executedQty"]) == ("FILLED", "10")
    assert [(one["price"], one["qty"]) for one in answer["fills"]] == [(ask, "10")]
    _, after, _ = web.ask("GET", "/api/v3/depth?symbol=ALPHA&limit=5")
    assert after["asks"][0] == [ask, str(int(quantity) - 10)]
    assert after["lastUpdateId"] > depth["lastUpdateId"]
    (trade,) = web.signed("GET", "/api/v3/myTrades", symbol="ALPHA")
    assert (trade["orderId"], trade["isMaker"]) == (answer["orderId"], False)
    balances = {one["asset"]: one for one in web.signed("GET", "/api/v3/account")["balances"]}
    assert balances["ALPHA"]["free"] == "10"


def test_an_order_that_waits_is_open_until_it_is_canceled() -> None:
    web = Web()
    entered = web.buy(10, "90.00", newClientOrderId="mine")
    assert entered["status"] == "NEW"
    assert [one["clientOrderId"] for one in web.signed("GET", "/api/v3/openOrders")] == ["mine"]
    balances = {one["asset"]: one for one in web.signed("GET", "/api/v3/account")["balances"]}
    assert balances["USD"]["locked"] == "900.00000000"
    named = {"symbol": "ALPHA", "origClientOrderId": "mine"}
    assert web.signed("DELETE", "/api/v3/order", **named)["status"] == "CANCELED"
    assert web.signed("GET", "/api/v3/order", **named)["status"] == "CANCELED"
    assert web.signed("DELETE", "/api/v3/order", **named)["code"] == -2011
    assert web.buy(10, "90.00", newClientOrderId="mine")["code"] == -2010


def test_all_orders_of_an_instrument_are_canceled_at_once() -> None:
    web = Web()
    for _ in range(3):
        web.buy(10, "90.00")
    canceled = web.signed("DELETE", "/api/v3/openOrders", symbol="ALPHA")
    assert [one["status"] for one in canceled] == ["CANCELED"] * 3
    assert web.signed("GET", "/api/v3/openOrders") == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"symbol": "NONE"}, -1121),
        ({"side": "HOLD"}, -1117),
        ({"type": "WISH"}, -1116),
        ({"timeInForce": "SOON"}, -1115),
        ({"price": "nan"}, -1102),
        ({"price": "1e2"}, -1102),
        ({"price": "90.001"}, -1102),
        ({"quantity": "0"}, -1102),
        ({"quantity": "-1"}, -1102),
        ({"quantity": "99999999"}, -2010),
        ({"type": "STOP_LOSS", "stopPrice": "91.00"}, -2010),
        ({"newClientOrderId": "x" * 37}, -1100),
    ],
)
def test_what_is_no_order_is_refused_with_the_codes_of_the_venue(
    given: dict[str, str], code: int
) -> None:
    web = Web()
    order = {
        "symbol": "ALPHA", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC",
        "quantity": "10", "price": "90.00",
    }  # fmt: skip
    assert web.signed("POST", "/api/v3/order", **(order | given))["code"] == code
    assert not web.floor.world.exchange.orders


def test_who_did_not_sign_or_asks_too_late_is_refused() -> None:
    web = Web()
    path, now = "/api/v3/account", web.time // NANOS_PER_MILLISECOND
    assert web.signed("GET", path, secret="wrong")["code"] == -1022
    assert web.signed("GET", path, timestamp=now - 5_001)["code"] == -1021
    assert web.signed("GET", path, timestamp=now + 1_100)["code"] == -1021
    assert web.signed("GET", path, timestamp="soon")["code"] == -1102
    assert "balances" in web.signed("GET", path, timestamp=now - 9_000, recvWindow=10_000)
    status, answer, _ = web.ask("GET", f"{path}?timestamp={now}", {"X-MBX-APIKEY": "other"})
    assert (status, answer["code"]) == (401, -2015)
    assert web.ask("GET", "/api/v3/nothing")[0] == 404


def test_who_floods_is_told_to_wait_for_the_next_minute() -> None:
    web = Web(weight_max=10)
    for _ in range(2):
        assert web.ask("GET", "/api/v3/depth?symbol=ALPHA")[0] == 200
    status, answer, head = web.ask("GET", "/api/v3/ping")
    assert (status, answer["code"]) == (429, -1003)
    assert "Retry-After: " in head
    web.wait(60 * 10**9)
    assert web.ask("GET", "/api/v3/ping")[0] == 200


def test_a_stream_is_confirmed_and_tells_trades_quotes_and_depth() -> None:
    web = Web()
    stream = Stream(web)
    names = ["alpha@trade", "alpha@bookTicker", "alpha@depth@100ms"]
    assert stream.say("SUBSCRIBE", names, 7) == {"result": None, "id": 7}
    assert stream.say("LIST_SUBSCRIPTIONS", [], 8) == {"result": names, "id": 8}
    _, depth, _ = web.ask("GET", "/api/v3/depth?symbol=ALPHA&limit=5")
    ask, quantity = depth["asks"][0]
    stream.heard.clear()
    web.buy(10, ask)
    web.wait(100 * NANOS_PER_MILLISECOND)
    stream.flush()
    trade, quote, changes = stream.heard
    assert (trade["e"], trade["p"], trade["q"], trade["m"]) == ("trade", ask, "10", False)
    assert quote["A"] == str(int(quantity) - 10)
    assert changes["U"] == depth["lastUpdateId"] + 1
    assert changes["a"] == [[ask, str(int(quantity) - 10)]]
    assert stream.say("UNSUBSCRIBE", names) == {"result": None, "id": 1}
    stream.heard.clear()
    web.buy(10, ask)
    web.wait(100 * NANOS_PER_MILLISECOND)
    stream.flush()
    assert stream.heard == []


def test_a_combined_stream_names_its_streams_in_its_path() -> None:
    web = Web()
    stream = Stream(web, "/stream?streams=alpha@trade/beta@trade")
    web.buy(10, web.ask("GET", "/api/v3/depth?symbol=ALPHA")[1]["asks"][0][0])
    stream.flush()
    assert [one["stream"] for one in stream.heard] == ["alpha@trade"]


def test_what_is_no_command_is_answered_with_an_error_and_a_flood_ends_the_stream() -> None:
    web = Web()
    stream = Stream(web)
    assert stream.say("SUBSCRIBE", ["alpha@weather"])["error"]["code"] == 2
    assert stream.say("DANCE", [])["error"]["code"] == 2
    stream.protocol.send_text(b"{")
    stream.flush()
    assert stream.heard[-1]["error"]["code"] == 3
    for _ in range(3):
        stream.say("LIST_SUBSCRIPTIONS", [])
    assert web.door.ends[stream.number].ended


def test_who_signs_hears_of_the_account() -> None:
    web = Web()
    stream = Stream(web)
    now = web.time // NANOS_PER_MILLISECOND
    text = f"apiKey=fairlead&timestamp={now}"
    signature = hmac.new(b"fairlead", text.encode(), sha256).hexdigest()
    given = {"apiKey": "fairlead", "timestamp": now, "signature": signature}
    method = "userDataStream.subscribe.signature"
    assert stream.say(method, {**given, "signature": "0"})["error"]["code"] == -1022
    assert stream.say(method, given)["status"] == 200
    stream.heard.clear()
    web.buy(10, web.ask("GET", "/api/v3/depth?symbol=ALPHA")[1]["asks"][0][0])
    stream.flush()
    events = [one["event"] for one in stream.heard]
    assert [(one["e"], one.get("x"), one.get("X")) for one in events] == [
        ("executionReport", "NEW", "FILLED"),
        ("executionReport", "TRADE", "FILLED"),
        ("outboundAccountPosition", None, None),
    ]


@pytest.mark.parametrize("path", ["/", "/wss", "/api/v3/ping"])
def test_a_stream_elsewhere_is_turned_away(path: str) -> None:
    web = Web()
    web.numbers += 1
    head = (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    web.door.receive(web.numbers, head.encode())
    end = web.door.ends[web.numbers]
    assert end.outgoing.startswith(b"HTTP/1.1 404")
    assert end.ended


def test_garbage_ends_nothing_but_its_own_connection() -> None:
    web = Web()
    for garbage in (b"\x00\xff" * 50, b"GET / HTTP/9\r\n\r\n", b"GET \r\n\r\n"):
        web.numbers += 1
        web.door.receive(web.numbers, garbage + b"\r\n\r\n")
        assert web.door.ends[web.numbers].ended
    stream = Stream(web)
    web.door.receive(stream.number, b"\xff" * 20)
    assert web.door.ends[stream.number].ended
    assert web.ask("GET", "/api/v3/ping")[0] == 200
