"""The web door of a floor: REST and WebSocket in the Binance spot dialect, for any public client.

One thread, one order of what happens: a request is answered when it comes, or, if the exchange has
to say something first, as soon as it has. Floods are turned away by weight per minute (429) and by
messages per second on a WebSocket, as the venue does.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from fairlead.gateways.binance.venue_end import NO_COMMAND, STREAMS_MAX, Command, WebEnd
from fairlead.gateways.binance.venue_request import (
    fields,
    number_of,
    signature_problem,
    signed_problem,
)
from fairlead.gateways.binance.venue_texts import (
    BAD_KEY,
    DEPTH_WEIGHTS,
    TOO_MANY,
    UNKNOWN_SYMBOL,
    Refused,
    milliseconds,
    missing,
    symbol_rules,
    ticker,
    trade_event,
)
from fairlead.gateways.direct.messages import Report
from fairlead.gateways.http_request import HttpRefusal, HttpRequest, HttpResponse
from fairlead.model.inputs import MarketData
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.stages.floor import TradingFloor
from fairlead.stages.web_account import Content, Reply, WebAccount
from fairlead.stages.web_market import WebBook, WebMarket

COMMANDS_PER_SECOND: Final = 5  # of one WebSocket; the venue hangs up on who sends more
_MINUTE: Final = 60 * NANOS_PER_SECOND
_DEPTH: Final = 100  # levels, where a request names none
_TRADES: Final = 500
_LOGIN: Final = "userDataStream.subscribe.signature"
_WEIGHTS: Final = {
    "/api/v3/exchangeInfo": 20,
    "/api/v3/account": 20,
    "/api/v3/myTrades": 20,
    "/api/v3/trades": 25,
    "/api/v3/openOrders": 6,
    "/api/v3/ticker/bookTicker": 2,
}
_encoder: Final = msgspec.json.Encoder()


class WebTerms(NamedTuple):
    """Who may trade over the web door, and how much may be asked in a minute."""

    key: str = "fairlead"
    secret: str = "fairlead"  # noqa: S105 - of play money, and in the documentation
    weight_max: int = 6_000


class _Rate:
    """How much was used of a bound in the interval at hand."""

    def __init__(self, most: int, interval: int) -> None:
        self._most = most
        self._interval = interval
        self._began = -1
        self.used = 0

    def take(self, weight: int, now: Nanos) -> int:
        """Use some of it; return 0, or how many seconds to wait where there is none left."""
        if now // self._interval != self._began:
            self._began, self.used = now // self._interval, 0
        self.used += weight
        if self.used <= self._most:
            return 0
        left = (self._began + 1) * self._interval - now
        return max(1, -(-left // NANOS_PER_SECOND))


class WebDoor:
    """All connections of the web door, and what they share."""

    def __init__(self, floor: TradingFloor, terms: WebTerms) -> None:
        """Serve a floor."""
        self.ends: Final[dict[int, WebEnd]] = {}
        self._floor: Final = floor
        self._terms: Final = terms
        self._market: Final = WebMarket(tuple(floor.world.exchange.instruments.values()))
        self._account: Final = WebAccount(floor)
        self._weight: Final = _Rate(terms.weight_max, _MINUTE)
        self._commands: Final[dict[int, _Rate]] = {}
        self._public: Final[dict[str, Callable[[dict[str, str]], Content | Refused]]] = {
            "/api/v3/ping": lambda _: {},
            "/api/v3/time": lambda _: {"serverTime": milliseconds(floor.now)},
            "/api/v3/exchangeInfo": self._exchange_info,
            "/api/v3/depth": self._depth,
            "/api/v3/trades": self._trades,
            "/api/v3/ticker/bookTicker": self._ticker,
        }
        account = self._account
        self._signed: Final[dict[tuple[str, str], Callable[[dict[str, str], Reply], None]]] = {
            ("POST", "/api/v3/order"): account.enter,
            ("DELETE", "/api/v3/order"): account.cancel,
            ("DELETE", "/api/v3/openOrders"): account.cancel_all,
            ("GET", "/api/v3/order"): lambda given, reply: reply(account.order(given)),
            ("GET", "/api/v3/openOrders"): lambda given, reply: reply(account.open_orders(given)),
            ("GET", "/api/v3/account"): lambda _, reply: reply(account.account()),
            ("GET", "/api/v3/myTrades"): lambda given, reply: reply(account.trades(given)),
        }

    # --- connections ------------------------------------------------------------------------------

    def receive(self, number: int, chunk: bytes) -> None:
        """Take bytes of a connection; none: it is over."""
        if not chunk:
            self.ends.pop(number, None)
            self._commands.pop(number, None)
            return
        end = self.ends.get(number)
        if end is None:
            end = self.ends[number] = WebEnd()
        for asked in end.receive(chunk):
            if isinstance(asked, Command):
                self._command(number, end, asked)
            elif isinstance(asked, HttpRefusal):
                end.respond(_response(Refused(-1100, asked.reason, asked.status)))
            else:
                self._request(end, asked)

    def publish(self, published: Iterable[MarketData], reports: Iterable[Report]) -> None:
        """Tell what happened to who listens: reports before market data."""
        for report in reports:
            for event in self._account.heard(report):
                for end in self.ends.values():
                    if end.user:
                        end.say({"subscriptionId": 0, "event": event})
        for data in published:
            self._market.publish(data, self._listeners)

    def tick(self) -> None:
        """Tell what changed in the books, where that is due."""
        self._market.tick(self._floor.now, self._listeners)

    @property
    def next_time(self) -> Nanos:
        """Return when `tick` is due."""
        return self._market.next_time()

    def close(self) -> None:
        """Say goodbye to all streams."""
        for end in self.ends.values():
            end.close("the exchange closes")

    def _listeners(self, stream: str) -> list[WebEnd]:
        return [end for end in self.ends.values() if stream in end.streams and not end.ended]

    # --- requests ---------------------------------------------------------------------------------

    def _request(self, end: WebEnd, request: HttpRequest) -> None:
        def reply(content: Content | Refused) -> None:
            end.respond(_response(content, self._weight.used))

        now = self._floor.now
        given = fields(request)
        wait = self._weight.take(_weight(request.path, given), now)
        if wait:
            end.respond(_response(TOO_MANY, self._weight.used, wait))
            return
        public = self._public.get(request.path) if request.method == "GET" else None
        if public is not None:
            reply(public(given))
            return
        signed = self._signed.get((request.method, request.path))
        if signed is None:
            reply(Refused(-1101, f"{request.method} {request.path} is not served here.", 404))
            return
        terms = self._terms
        problem = signature_problem(request, terms.key, terms.secret, milliseconds(now))
        if problem is not None:
            reply(problem)
        else:
            signed(given, reply)

    def _exchange_info(self, given: dict[str, str]) -> Content | Refused:
        books = self._market.books
        if "symbol" in given:
            if given["symbol"] not in books:
                return UNKNOWN_SYMBOL
            books = {given["symbol"]: books[given["symbol"]]}
        minute = {"interval": "MINUTE", "intervalNum": 1, "limit": self._terms.weight_max}
        return {
            "timezone": "UTC",
            "serverTime": milliseconds(self._floor.now),
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", **minute}],
            "exchangeFilters": [],
            "symbols": [symbol_rules(book.instrument, book.tradable) for book in books.values()],
        }

    def _book(self, given: dict[str, str]) -> WebBook | Refused:
        return self._market.books.get(given.get("symbol", ""), UNKNOWN_SYMBOL)

    def _depth(self, given: dict[str, str]) -> Content | Refused:
        book, limit = self._book(given), number_of(given, "limit", _DEPTH)
        if isinstance(book, Refused):
            return book
        if isinstance(limit, Refused):
            return limit
        return book.snapshot(min(limit, DEPTH_WEIGHTS[-1][0]))

    def _trades(self, given: dict[str, str]) -> Content | Refused:
        book, limit = self._book(given), number_of(given, "limit", _TRADES)
        if isinstance(book, Refused):
            return book
        if isinstance(limit, Refused):
            return limit
        events = [trade_event(book.instrument, trade) for trade in book.trades][-max(1, limit) :]
        names = {"t": "id", "p": "price", "q": "qty", "T": "time", "m": "isBuyerMaker"}
        return [{name: event[key] for key, name in names.items()} for event in events]

    def _ticker(self, given: dict[str, str]) -> Content | Refused:
        book = self._book(given)
        if isinstance(book, Refused):
            return book
        if book.quote is None:
            return missing("symbol")
        told = ticker(book.instrument, book.quote)
        names = {"s": "symbol", "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty"}
        return {name: told[key] for key, name in names.items()}

    # --- streams ----------------------------------------------------------------------------------

    def _command(self, number: int, end: WebEnd, command: Command) -> None:
        rate = self._commands.get(number)
        if rate is None:
            rate = self._commands[number] = _Rate(COMMANDS_PER_SECOND, NANOS_PER_SECOND)
        if rate.take(1, self._floor.now):
            end.close("Too many requests")
            return
        if command is NO_COMMAND:
            end.say({"error": {"code": 3, "msg": "Invalid JSON: no command"}})
            return
        if command.method == _LOGIN and isinstance(command.params, dict):
            self._listen_to_account(end, command.params, command.number)
            return
        result: list[str] | None = None
        params = command.params
        if command.method == "LIST_SUBSCRIPTIONS":
            result = list(end.streams)
        elif command.method not in ("SUBSCRIBE", "UNSUBSCRIBE") or not isinstance(params, tuple):
            end.say({"error": {"code": 2, "msg": "Invalid request: method"}, "id": command.number})
            return
        elif unknown := next((one for one in params if not self._market.is_stream(one)), ""):
            words = f"Invalid request: there is no stream {unknown!r}"
            end.say({"error": {"code": 2, "msg": words}, "id": command.number})
            return
        elif command.method == "SUBSCRIBE":
            room = max(0, STREAMS_MAX - len(end.streams))
            end.streams.update(dict.fromkeys(params[:room]))
        else:
            for name in params:
                end.streams.pop(name, None)
        end.say({"result": result, "id": command.number})

    def _listen_to_account(
        self, end: WebEnd, given: dict[str, str | int], number: int | str | None
    ) -> None:
        """Let a connection hear of the account, if who asks has signed for it."""
        texts = {name: str(value) for name, value in given.items()}
        plain = "&".join(f"{name}={texts[name]}" for name in sorted(texts) if name != "signature")
        terms = self._terms
        problem = None if texts.get("apiKey") == terms.key else BAD_KEY
        if problem is None:
            now = milliseconds(self._floor.now)
            problem = signed_problem(texts, plain, terms.secret, now)
        if problem is not None:
            end.say({"id": number, "status": problem.status, "error": problem.content()})
            return
        end.user = True
        end.say({"id": number, "status": 200, "result": {"subscriptionId": 0}})


def _weight(path: str, given: dict[str, str]) -> int:
    """Return what a request costs."""
    if path != "/api/v3/depth":
        return _WEIGHTS.get(path, 1)
    limit = number_of(given, "limit", _DEPTH)
    asked = limit if isinstance(limit, int) else 0
    return next((weight for most, weight in DEPTH_WEIGHTS if asked <= most), DEPTH_WEIGHTS[-1][1])


def _response(content: Content | Refused, used: int = 0, wait: int = 0) -> HttpResponse:
    headers = [("X-MBX-USED-WEIGHT-1M", str(used))]
    if wait:
        headers.append(("Retry-After", str(wait)))
    if isinstance(content, Refused):
        return HttpResponse(content.status, _encoder.encode(content.content()), tuple(headers))
    return HttpResponse(200, _encoder.encode(content), tuple(headers))
