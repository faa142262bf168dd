"""The venue's end of the Binance dialect: what it reads, and what mutated bytes come to."""

import random
from urllib.parse import quote

import msgspec
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from fairlead.gateways.binance.venue_end import NO_COMMAND, STREAMS_MAX, Command, WebEnd
from fairlead.gateways.binance.venue_request import fields, signature_problem
from fairlead.gateways.http_request import HttpRefusal, HttpRequest, HttpResponse
from tests.gateways.mutations import MUTATIONS, SEED, mutated

REQUEST = (
    b"POST /api/v3/order?symbol=ABC&side=BUY HTTP/1.1\r\nHost: venue\r\nX-MBX-APIKEY: key\r\n"
    b"Content-Length: 46\r\n\r\nquantity=1.5&timestamp=17&signature=0a%2Bb&x=\xe4"
)
OUTGOING_MAX = 1_000_000  # of what is answered to one connection of some hundred bytes


def handshake(path: str) -> tuple[ClientProtocol, bytes]:
    """Return a client of an independent library, and the bytes with which it begins."""
    client = ClientProtocol(parse_uri(f"ws://venue{path}"))
    client.send_request(client.connect())
    return client, b"".join(client.data_to_send())


def conversation(path: str, *texts: bytes) -> bytes:
    """Return all bytes of a client that connects and says some texts."""
    client, begun = handshake(path)
    end = WebEnd()
    end.receive(begun)
    client.receive_data(bytes(end.outgoing))
    for text in texts:
        client.send_text(text)
    return begun + b"".join(client.data_to_send())


def subscribe(*streams: str) -> bytes:
    """Return the command for some streams."""
    return msgspec.json.encode({"method": "SUBSCRIBE", "params": streams, "id": 7})


def heard(content: bytes, size: int) -> tuple[WebEnd, list[HttpRequest | HttpRefusal | Command]]:
    """Return a connection and what it was asked, when bytes come in chunks of a size."""
    end = WebEnd()
    asked: list[HttpRequest | HttpRefusal | Command] = []
    for begin in range(0, len(content), size):
        for one in end.receive(content[begin : begin + size]):
            asked.append(one)
            if not isinstance(one, Command):
                end.respond(HttpResponse(200, b"{}"))
    return end, asked


def test_a_client_of_another_library_is_understood_however_its_bytes_are_cut() -> None:
    content = conversation("/stream?streams=abc@trade/abc@depth", subscribe("abc@bookTicker"))
    for size in (1, 3, len(content)):
        end, asked = heard(content, size)
        assert list(end.streams) == ["abc@trade", "abc@depth"]
        assert asked == [Command("SUBSCRIBE", ("abc@bookTicker",), 7)]
        assert end.combined
        assert end.outgoing.startswith(b"HTTP/1.1 101")


def test_a_text_that_is_no_command_is_said_to_be_none() -> None:
    _, asked = heard(conversation("/ws", b"hello", b'{"method": 5}'), 1_000)
    assert asked == [NO_COMMAND, NO_COMMAND]


def test_a_path_that_is_none_is_refused_with_those_that_are() -> None:
    end, asked = heard(conversation("/elsewhere"), 1_000)
    assert end.ended
    assert asked == []
    assert b"/elsewhere is no stream: /ws" in end.outgoing


def test_streams_of_a_path_have_a_bound() -> None:
    many = "/".join(f"s{number}@trade" for number in range(STREAMS_MAX + 5))
    end, _ = heard(handshake(f"/ws/{many}")[1], 100_000)
    assert len(end.streams) <= STREAMS_MAX


def test_fields_of_query_and_form_are_joined_and_unescaped() -> None:
    (request,) = heard(REQUEST, 1_000)[1]
    assert isinstance(request, HttpRequest)
    assert fields(request)["signature"] == "0a+b"
    assert fields(request)["symbol"] == "ABC"


def test_mutated_bytes_are_answered_or_end_the_connection() -> None:
    """Nothing is raised, whatever comes, and what is answered has a bound."""
    samples = [
        REQUEST,
        b"GET /api/v3/depth?symbol=ABC&limit=5 HTTP/1.1\r\nHost: venue\r\n\r\n",
        conversation("/ws/abc@trade", subscribe("abc@depth"), b"{}"),
        conversation("/stream", subscribe(*(f"s{n}@trade" for n in range(30)))),
        f"GET /api/v3/order?x={quote('ä€')} HTTP/1.1\r\n\r\n".encode(),
    ]
    chance = random.Random(SEED)
    kinds: dict[str, int] = {}
    for _ in range(MUTATIONS):
        content = mutated(samples, chance)
        end, asked = heard(content, chance.choice([1, 7, 64, 1 << 20]))
        for one in asked:
            kinds[type(one).__name__] = kinds.get(type(one).__name__, 0) + 1
            if isinstance(one, HttpRequest):
                fields(one)
                signature_problem(one, "key", "secret", 17)
        kinds["ended"] = kinds.get("ended", 0) + end.ended
        assert len(end.outgoing) < OUTGOING_MAX
    assert min(kinds[name] for name in ("HttpRequest", "HttpRefusal", "Command", "ended")) > 0
