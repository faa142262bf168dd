"""Where people and machines ask for a kill over HTTP: `/api/kill` with a key, and Slack's `/kill`.

No socket, no clock: a request and the time in, a response out. Whoever may kill is let through
whatever else is wrong with the request; whoever may not changes nothing, learns nothing, and is
written down. Comparisons take the same time whatever they compare. There is no lock-out: it would
let a stranger keep others from stopping the firm.
"""

import hashlib
import hmac
import threading
from collections import OrderedDict
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import msgspec

from fairlead.gateways.http_request import HttpRefusal, HttpRequest, HttpResponse
from fairlead.gateways.kill_flag import Engaged
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.settings import COMMAND, ENDPOINT

SLACK_WINDOW_SECONDS: Final = 300
SLACK_SEEN_MAX: Final = 10_000  # signed commands within the window: nobody types so fast
REFUSALS_TOLD: Final = 60  # written down in a minute; then they are counted
_MINUTE: Final = 60 * NANOS_PER_SECOND
_TEXT_MAX: Final = 200
_FIELDS_MAX: Final = 64
_SLACK: Final = "/slack/kill"


class Port(Protocol):
    """What the doors need of the guard. Each is called from many threads."""

    def kill(self, kill: Kill, where: str) -> Engaged | None:
        """Kill; return what came of it, None where that takes longer than a caller waits."""

    def healthy(self) -> bool:
        """Whether the guard does its work."""

    def status(self) -> dict[str, Any]:
        """Return how everything stands."""

    def tell(self, event: str, **more: object) -> None:
        """Write something down."""


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What the body of `/api/kill` may say. All of it may be left out."""

    person: str = ""
    reason: str = ""
    mode: Mode = Mode.CANCEL


class SlackAccess:
    """Who may kill from Slack, and how one knows that it is Slack."""

    def __init__(self, secret: bytes, users: tuple[str, ...], command: str = COMMAND) -> None:
        """Take the signing secret, the ids of the users who may, and what they have to say."""
        self.users = frozenset(users)
        self.command = command
        self._secret = secret
        self._seen: OrderedDict[bytes, int] = OrderedDict()  # signature: its time, in seconds

    def reason(self, fields: dict[str, str]) -> str | None:
        """Return the reason that stands after the command; None where another one was given."""
        said = f"{fields.get('command', '')} {fields.get('text', '')}".split()
        command = self.command.split()
        if [word.lower() for word in said[: len(command)]] != command:
            return None
        return " ".join(said[len(command) :])

    def problem(self, request: HttpRequest, now: Nanos) -> str:
        """Return why a request is not from Slack, or came before; nothing if it is good.

        https://api.slack.com/authentication/verifying-requests-from-slack
        """
        stamp = request.headers.get("x-slack-request-timestamp", "")
        given = request.headers.get("x-slack-signature", "").encode("latin-1")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
            return "no timestamp"
        seconds = now // NANOS_PER_SECOND
        if abs(seconds - int(stamp)) > SLACK_WINDOW_SECONDS:
            return f"its timestamp is {seconds - int(stamp)} s old"
        content = b"v0:" + stamp.encode() + b":" + request.body
        expected = b"v0=" + hmac.new(self._secret, content, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(expected, given):
            return "its signature is wrong"
        self._forget(seconds)
        if expected in self._seen:
            return "it came before"
        self._seen[expected] = int(stamp)
        return ""

    def _forget(self, seconds: int) -> None:
        """Forget what is refused for its age from now on."""
        old = [key for key, at in self._seen.items() if seconds - at > SLACK_WINDOW_SECONDS]
        for key in old:
            del self._seen[key]
        while len(self._seen) >= SLACK_SEEN_MAX:
            self._seen.popitem(last=False)


class Doors:
    """Answers every request."""

    def __init__(
        self, port: Port, key: bytes, slack: SlackAccess | None, endpoint: str = ENDPOINT
    ) -> None:
        """Take the guard, the API key (empty: that door is shut) and who may kill from Slack."""
        self._port = port
        self._methods = {endpoint: "POST", _SLACK: "POST", "/health": "GET", "/status": "GET"}
        self._key = hashlib.sha256(key).digest() if key else b""
        self._slack = slack
        self._lock = threading.Lock()  # every connection has a thread
        self._minute = -1
        self._refusals = 0

    def answer(self, request: HttpRequest, where: str, now: Nanos) -> HttpResponse:
        """Return the response to a request that came from somewhere at a time."""
        method = self._methods.get(request.path)
        if method is None:
            return self._refuse(404, f"no {request.path[:_TEXT_MAX]} here", where, now)
        if request.method != method:
            response = self._refuse(405, f"{request.path} takes {method}", where, now)
            return response._replace(headers=(("Allow", method),))
        if request.path == "/health":
            healthy = self._port.healthy()
            return _response(200 if healthy else 503, ok=healthy)
        if request.path == _SLACK:
            return self._answer_slack(request, where, now)
        if not self._has_key(request):
            response = self._refuse(401, f"no key, or a wrong one, for {request.path}", where, now)
            return response._replace(headers=(("WWW-Authenticate", "Bearer"),))
        if request.path == "/status":
            return _response(200, **self._port.status())
        return self._answer_kill(request, where)

    def refused(self, refusal: HttpRefusal, where: str, now: Nanos) -> HttpResponse:
        """Return the response to what was no request."""
        return self._refuse(refusal.status, refusal.reason, where, now)

    def _has_key(self, request: HttpRequest) -> bool:
        """Compare digests: they are of one length, so the time tells nothing of the key."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else ""
        given = given or request.headers.get("x-api-key", "")
        digest = hashlib.sha256(given.encode("latin-1")).digest()
        return hmac.compare_digest(digest, self._key) and self._key != b""

    def _answer_kill(self, request: HttpRequest, where: str) -> HttpResponse:
        """Kill. Who has the key is not turned away for a body that nobody can read."""
        wanted, note = Wanted(), ""
        if request.body.strip():
            try:
                wanted = msgspec.json.decode(request.body, type=Wanted)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                note = f"the body was not read: {error}"
        kill = Kill(
            person=wanted.person[:_TEXT_MAX] or "holder of the API key",
            reason=wanted.reason[:_TEXT_MAX] or "no reason was given",
            source="http",
            mode=wanted.mode,
        )
        engaged = self._port.kill(kill, where)
        more = {"note": note} if note else {}
        if engaged is None:
            return _response(202, killed=True, flag=None, **more)
        status = 200 if engaged.holds else 500
        return _response(
            status,
            killed=True,  # cancels go out either way
            flag=engaged.flag,
            already=engaged.already,
            generation=engaged.generation,
            problems=engaged.problems,
            **more,
        )

    def _answer_slack(self, request: HttpRequest, where: str, now: Nanos) -> HttpResponse:
        if self._slack is None:
            return self._refuse(401, "no Slack secret is set", where, now)
        with self._lock:
            problem = self._slack.problem(request, now)
        if problem:
            return self._refuse(401, f"Slack: {problem}", where, now)
        try:
            fields = dict(parse_qsl(request.body.decode(), max_num_fields=_FIELDS_MAX))
        except ValueError:
            return self._refuse(400, "Slack: the body is no form", where, now)
        user = fields.get("user_id", "")
        name = f"{fields.get('user_name', '')} ({user}) from Slack"[:_TEXT_MAX]
        if user not in self._slack.users:
            self._refuse(403, f"Slack: {name} is not on the list", where, now)
            return _said("You may not stop trading from here. Nothing was done.")
        reason = self._slack.reason(fields)
        if reason is None:
            return _said(f"usage: {self._slack.command} [reason]. Nothing was done.")
        reason = reason[:_TEXT_MAX] or "no reason was given"
        engaged = self._port.kill(Kill(person=name, reason=reason, source="slack"), where)
        if engaged is None or engaged.holds:
            return _said(f"Trading is killed by {name}: {reason}", to="in_channel")
        return _said(f"THE FLAG COULD NOT BE SET: {'; '.join(engaged.problems)}", to="in_channel")

    def _refuse(self, status: int, reason: str, where: str, now: Nanos) -> HttpResponse:
        """Write a refusal down, but not so often that it fills a disk."""
        with self._lock:
            minute, untold = now // _MINUTE, 0
            if minute != self._minute:
                untold = max(0, self._refusals - REFUSALS_TOLD)
                self._minute, self._refusals = minute, 0
            self._refusals += 1
            told = self._refusals <= REFUSALS_TOLD
        if untold:
            self._port.tell("refusals", count=untold)
        if told:
            self._port.tell("refused", status=status, reason=reason, where=where)
        return _response(status, error=reason)


def _response(status: int, **content: object) -> HttpResponse:
    return HttpResponse(status, msgspec.json.encode(content) + b"\n")


def _said(text: str, to: str = "ephemeral") -> HttpResponse:
    return _response(200, response_type=to, text=text)
