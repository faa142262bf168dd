"""Requests in the Binance dialect as the venue reads them: their fields, and who signed them."""

import hmac
import re
from typing import Final

from fairlead.gateways.binance.venue_texts import (
    BAD_KEY,
    BAD_SIGNATURE,
    RECV_WINDOW,
    Refused,
    missing,
    signed,
    time_problem,
)
from fairlead.gateways.http_request import HttpRequest

FIELDS_MAX: Final = 100
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_NUMBER: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_SIGNATURE: Final = "signature="


def fields(request: HttpRequest) -> dict[str, str]:
    """Return the fields of a query and of a form; one that comes twice has its last value."""
    body = request.body.decode("latin-1")
    parts = [*request.query.split("&"), *body.split("&")][:FIELDS_MAX]
    found: dict[str, str] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if equals:
            found[_unescaped(name)] = _unescaped(value)
    return found


def number_of(given: dict[str, str], name: str, default: int | None = None) -> int | Refused:
    """Return a field that is a whole number, or why there is none."""
    text = given.get(name, "")
    if not text and default is not None:
        return default
    return int(text) if _NUMBER.fullmatch(text) else missing(name)


def signature_problem(request: HttpRequest, key: str, secret: str, now: int) -> Refused | None:
    """Return why a request is not of who holds the key, None if it is; `now` in milliseconds."""
    if not hmac.compare_digest(request.headers.get("x-mbx-apikey", "").encode(), key.encode()):
        return BAD_KEY
    given = fields(request)
    plain = _without_signature(request.query) + _without_signature(request.body.decode("latin-1"))
    return signed_problem(given, plain, secret, now)


def signed_problem(given: dict[str, str], plain: str, secret: str, now: int) -> Refused | None:
    """Return why signed fields are too old, or not signed by who has the secret."""
    timestamp = number_of(given, "timestamp")
    if isinstance(timestamp, Refused):
        return timestamp
    window = number_of(given, "recvWindow", RECV_WINDOW)
    if isinstance(window, Refused):
        return window
    if problem := time_problem(timestamp, window, now):
        return problem
    right = signed(plain, secret)
    given_one = given.get("signature", "").lower().encode()
    return None if hmac.compare_digest(given_one, right.encode()) else BAD_SIGNATURE


def _without_signature(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith(_SIGNATURE))


def _unescaped(text: str) -> str:
    escaped = text.replace("+", " ").encode("latin-1")
    plain = _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), escaped)
    return plain.decode("utf-8", "replace")
