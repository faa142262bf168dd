"""The thread that carries a live line: WebSocket and HTTP by libraries, decisions by `LiveLine`.

Sockets are those of `websockets` and `httpx`: TLS, compression, proxies and HTTP are theirs, and
known by more eyes than ours. Nothing is decided here. Everything has a bound: the size of a frame
and of an answer, the frames that wait to be read, the seconds of each step.

This module is loaded by whoever connects, and the libraries by the thread: who does not connect
does not pay for them.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fairlead.gateways.errors import PlainConnection
from fairlead.gateways.live_line import (
    Connect,
    Deed,
    Fetch,
    HangUp,
    Listener,
    LiveLine,
    Say,
    is_local,
    refuse_plain,
)
from fairlead.model.inputs import Input
from fairlead.model.units import NANOS_PER_SECOND, Nanos

if TYPE_CHECKING:
    import httpx
    from websockets.asyncio.client import ClientConnection

FRAME_BYTES_MAX: Final = 16_000_000  # as feeds take; larger ones end the connection
ANSWER_BYTES_MAX: Final = 16_000_000
FRAMES_WAITING_MAX: Final = 256  # unread ones; then the network holds the rest back
OPEN_SECONDS: Final = 10
CLOSE_SECONDS: Final = 2
SEND_SECONDS: Final = 5
FETCH_SECONDS: Final = 10
PING_SECONDS: Final = 20  # between our pings, and until one that is not answered ends it
_WAIT_SECONDS_MAX: Final = 1.0  # nothing is awaited for longer without a look
_TOO_MANY: Final = (418, 429)  # stop asking for a while; 418 after not having listened
_RETRY_AFTER_UNTOLD: Final = Nanos(10 * NANOS_PER_SECOND)
_REASON_LENGTH_MAX: Final = 120
_TOLD_BYTES_MAX: Final = 80  # of what a venue says about a request that it refuses
_BEHIND: Final = "the node was behind: the books begin anew"


class LiveShell:
    """One thread, and in it one connection after another."""

    def __init__(self, line: LiveLine, listener: Listener, now: Callable[[], Nanos]) -> None:
        """Take what decides, who is told, and the time of day."""
        self._line = line
        self._listener = listener
        self._now = now
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live line", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()
        self._started.wait()

    def close(self) -> None:
        """End the connection and the thread."""
        self._closing = True
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._wake)
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as error:  # noqa: BLE001 - told to who would wait for it for ever
            self._listener.died(error)
        finally:
            self._started.set()

    # --- in the thread ----------------------------------------------------------------------------

    def _wake(self) -> None:
        self._awake.set()

    async def _live(self) -> None:
        import httpx

        self._awake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket: ClientConnection | None = None
        self._failure: BaseException | None = None
        self._started.set()
        timeout = httpx.Timeout(FETCH_SECONDS)
        async with httpx.AsyncClient(timeout=timeout, follow_redirects=False) as self._web:
            try:
                while not self._closing:
                    time = self._now()
                    self._tell(self._line.tick(time), time)
                    await self._do_what_is_due()
                    await self._pause()
            finally:
                await self._end()
        if self._failure is not None:
            raise self._failure

    async def _pause(self) -> None:
        """Wait until something is due or happened."""
        span = (self._line.next_time - self._now()) / NANOS_PER_SECOND
        with suppress(TimeoutError):
            await asyncio.wait_for(self._awake.wait(), min(max(span, 0), _WAIT_SECONDS_MAX))
        self._awake.clear()
        if self._failure is not None:
            raise self._failure

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _tell(self, inputs: list[Input], time: Nanos) -> None:
        if self._listener.happened(inputs, time):
            self._line.give_up(_BEHIND)

    async def _do_what_is_due(self) -> None:
        for deed in self._line.deeds(self._now()):
            await self._do(deed)

    async def _do(self, deed: Deed) -> None:
        if isinstance(deed, Connect):
            self._begin(self._converse(deed.url))
        elif isinstance(deed, Fetch):
            self._begin(self._fetch(deed))
        elif isinstance(deed, Say):
            await self._say(deed.message)
        else:
            self._hang_up(deed)

    def _begin(self, task: Coroutine[None, None, None]) -> None:
        begun = asyncio.create_task(task)
        self._tasks.add(begun)
        begun.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Let the thread end with a mistake of ours; what the network does is no such thing."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = task.exception()
        self._wake()

    # --- the connection ---------------------------------------------------------------------------

    async def _converse(self, url: str) -> None:
        """Keep one connection until it is over."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        reason = self._hung_up = ""
        try:
            async with connect(
                url,
                max_size=FRAME_BYTES_MAX,
                max_queue=FRAMES_WAITING_MAX,
                open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS,
                ping_interval=PING_SECONDS,
                ping_timeout=PING_SECONDS,
                proxy=None if is_local(url) else True,
            ) as self._socket:
                self._line.connected(self._now())
                self._wake()
                await self._listen(self._socket)
        except (OSError, EOFError, UnicodeError, WebSocketException) as error:
            reason = _reason(error)
        finally:
            self._socket = None
            if not self._closing:  # that we go is no gap in what the venue sends
                time = self._now()
                self._tell(self._line.ended(self._hung_up or reason, time), time)

    async def _listen(self, socket: "ClientConnection") -> None:
        while True:
            frame = await socket.recv(decode=False)
            assert isinstance(frame, bytes), "frames are asked for as bytes"
            time = self._now()
            self._tell(self._line.received(frame, time), time)
            await self._do_what_is_due()

    async def _say(self, message: bytes) -> None:
        from websockets.exceptions import ConnectionClosed

        if self._socket is None:
            return
        try:
            await asyncio.wait_for(self._socket.send(message, text=True), SEND_SECONDS)
        except TimeoutError:
            self._line.give_up(f"the venue did not read for {SEND_SECONDS} s")
        except ConnectionClosed:
            pass  # who listens hears of it

    def _hang_up(self, deed: HangUp) -> None:
        self._hung_up = deed.reason
        if self._socket is not None:
            self._begin(self._close(self._socket))

    async def _close(self, socket: "ClientConnection") -> None:
        await socket.close()

    # --- snapshots --------------------------------------------------------------------------------

    async def _fetch(self, deed: Fetch) -> None:
        import httpx

        try:
            refuse_plain(deed.request.url)
            async with (
                asyncio.timeout(FETCH_SECONDS),  # all of it: each part alone may dribble
                self._web.stream("GET", deed.request.url) as response,
            ):
                body = await _body(response)
        except (httpx.HTTPError, httpx.InvalidURL, PlainConnection, OSError) as error:
            self._line.fetch_failed(deed, _reason(error), self._now())
            return
        status = response.status_code
        time = self._now()
        if body is None:
            self._line.fetch_failed(deed, f"more than {ANSWER_BYTES_MAX} bytes", time)
        elif status == httpx.codes.OK:
            self._tell(self._line.fetched(deed, body, time), time)
        else:
            wait = _retry_after(response) if status in _TOO_MANY else None
            told = " ".join(body[:_TOLD_BYTES_MAX].decode(errors="replace").split())
            self._line.fetch_failed(deed, f"HTTP {status} {told}".rstrip(), time, wait)


async def _body(response: "httpx.Response") -> bytes | None:
    """Return what was answered, None where it is larger than an answer may be."""
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > ANSWER_BYTES_MAX:
            return None
    return bytes(body)


def _retry_after(response: "httpx.Response") -> Nanos:
    """Return for how long a venue wants not to be asked; seconds are what venues say."""
    told = response.headers.get("retry-after", "")
    if told.isascii() and told.isdecimal() and len(told) < 7:
        return Nanos(int(told) * NANOS_PER_SECOND)
    return _RETRY_AFTER_UNTOLD


def _reason(error: Exception) -> str:
    """Return why something failed, in one short line."""
    text = " ".join(str(error).split()) or getattr(error, "strerror", None) or ""
    return f"{type(error).__name__}: {text}"[:_REASON_LENGTH_MAX].rstrip(": ")
