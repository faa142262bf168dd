"""The venue's end of one connection in the Binance dialect: an HTTP request, or a WebSocket.

Bytes in, requests and stream commands out; answers and events in, bytes out. No socket, no clock.
The first bytes tell which of the two it is. The frames of WebSocket are read and written by the
`websockets` library, which is given bytes alone. Text that is no command is answered as the venue
answers it, with an error; what breaks the protocol ends the connection.
"""

from typing import Final, NamedTuple

import msgspec
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from fairlead.gateways.http_request import (
    HEAD_BYTES_MAX,
    HttpReader,
    HttpRefusal,
    HttpRequest,
    HttpResponse,
)

STREAMS_MAX: Final = 1_024  # of one connection, as the venue has it
TEXT_BYTES_MAX: Final = 64 * 1024  # of one command
_END: Final = b"\r\n\r\n"
_UPGRADE: Final = b"upgrade: websocket"
_NO_STREAM: Final = "{} is no stream: /ws, /ws/NAME, or /stream?streams=NAME/NAME"


class Command(NamedTuple):
    """What a client asks for on a WebSocket: a method, what it is about, and its own number."""

    method: str
    params: tuple[str, ...] | dict[str, str | int]
    number: int | str | None


NO_COMMAND: Final = Command("", (), None)  # a text that is none


class _Command(msgspec.Struct):
    method: str
    params: list[str] | dict[str, str | int] = []
    id: int | str | None = None


_COMMAND: Final = msgspec.json.Decoder(_Command)
_encoder: Final = msgspec.json.Encoder()


class WebEnd:
    """One connection. What is to be sent collects in `outgoing`."""

    def __init__(self) -> None:
        """Wait for the first bytes."""
        self.outgoing = bytearray()
        self.ended = False  # to be closed once all is sent
        self.streams: dict[str, None] = {}  # that the client listens to; a dict as an ordered set
        self.is_stream = False  # a WebSocket
        self.combined = False  # events are told with the name of their stream
        self.user = False  # it hears of its account
        self._received = bytearray()
        self._reader = HttpReader()
        self._protocol: ServerProtocol | None = None
        self._text = bytearray()  # of a message that comes in pieces

    def receive(self, chunk: bytes) -> list[HttpRequest | HttpRefusal | Command]:
        """Take bytes; return what is asked."""
        if self.ended:
            return []
        if self._protocol is not None:
            return self._read_frames(chunk)
        self._received += chunk
        head = bytes(self._received[: HEAD_BYTES_MAX + len(_END)])
        if _END in head and _UPGRADE in head.lower():
            return self._open_stream()
        request = self._reader.receive(chunk)
        return [] if request is None else [request]

    def respond(self, response: HttpResponse) -> None:
        """Answer the request, and close after it."""
        self.outgoing += response.encode()
        self.ended = True

    def say(self, message: object) -> None:
        """Send a message on the WebSocket, as JSON."""
        self.send(_encoder.encode(message))

    def send(self, text: bytes) -> None:
        """Send a text on the WebSocket."""
        protocol = self._protocol
        assert protocol is not None, "a text goes over a WebSocket"
        if not self.ended:
            protocol.send_text(text)
            self._flush(protocol)

    def close(self, reason: str) -> None:
        """Say goodbye on a WebSocket: the venue goes away (1001)."""
        if self._protocol is not None and not self.ended:
            self._protocol.send_close(1001, reason)
            self._flush(self._protocol)
        self.ended = True

    def _open_stream(self) -> list[HttpRequest | HttpRefusal | Command]:
        """Answer the handshake; the path may name streams to begin with.

        Frames that came with it wait for the answer: before it the library takes none.
        """
        protocol = self._protocol = ServerProtocol(max_size=TEXT_BYTES_MAX)
        begun, blank, early = bytes(self._received).partition(_END)
        protocol.receive_data(begun + blank)
        self._received.clear()
        for event in protocol.events_received():
            if isinstance(event, Request):
                problem = self._name_streams(event.path)
                response = protocol.reject(404, problem) if problem else protocol.accept(event)
                protocol.send_response(response)
                self.is_stream = response.status_code == 101
        self._flush(protocol)
        if not self.is_stream:
            self.ended = True
            return []
        return self._read_frames(early)

    def _name_streams(self, path: str) -> str:
        """Take in the streams that a path names. Return why it is no path of the venue."""
        place, _, query = path.partition("?")
        if place == "/stream":
            self.combined = True
            named = query.removeprefix("streams=").split("/") if query else []
        elif place == "/ws" or place.startswith("/ws/"):
            named = place.removeprefix("/ws").removeprefix("/").split("/")
        else:
            return _NO_STREAM.format(place)
        self.streams.update(dict.fromkeys(name for name in named[:STREAMS_MAX] if name))
        return ""

    def _read_frames(self, chunk: bytes) -> list[HttpRequest | HttpRefusal | Command]:
        protocol = self._protocol
        assert protocol is not None, "frames come over a WebSocket"
        if chunk:
            protocol.receive_data(chunk)
        asked: list[HttpRequest | HttpRefusal | Command] = []
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._read_frame(event, asked)
        self._flush(protocol)
        return asked

    def _read_frame(self, frame: Frame, asked: list[HttpRequest | HttpRefusal | Command]) -> None:
        if frame.opcode is Opcode.CLOSE:
            self.ended = True
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT):
            return  # pings are answered by the protocol, and binary says nothing here
        self._text += frame.data
        if not frame.fin:
            return
        text = bytes(self._text)
        self._text.clear()
        try:
            command = _COMMAND.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asked.append(NO_COMMAND)
            return
        params = command.params
        named = tuple(params) if isinstance(params, list) else params
        asked.append(Command(command.method, named, command.id))

    def _flush(self, protocol: ServerProtocol) -> None:
        for content in protocol.data_to_send():
            if content:
                self.outgoing += content
            else:
                self.ended = True  # nothing more will be sent
