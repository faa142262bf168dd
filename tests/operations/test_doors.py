"""Who may kill over HTTP kills, whatever else is wrong; who may not changes nothing."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.http_request import HttpRefusal, HttpRequest
from fairlead.gateways.kill_flag import Engaged
from fairlead.gateways.kill_latch import Kill, Mode
from fairlead.model.units import NANOS_PER_SECOND, Nanos
from fairlead.operations.doors import (
    REFUSALS_TOLD,
    SLACK_SEEN_MAX,
    SLACK_WINDOW_SECONDS,
    Doors,
    SlackAccess,
)

KEY = b"0123456789abcdef-key"
SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
NOW = Nanos(1_531_420_618 * NANOS_PER_SECOND)
WHERE = "127.0.0.1:5000"
HELD = Engaged(flag=True, latched=False, already=False, generation=3)


class Guarding:
    """What the doors need of a guard, written down."""

    def __init__(self, engaged: Engaged | None = HELD) -> None:
        """Answer every kill like this."""
        self.kills: list[tuple[Kill, str]] = []
        self.told: list[dict[str, Any]] = []
        self.well = True
        self._engaged = engaged

    def kill(self, kill: Kill, where: str) -> Engaged | None:
        """Take a kill."""
        self.kills.append((kill, where))
        return self._engaged

    def healthy(self) -> bool:
        """Say how it is."""
        return self.well

    def status(self) -> dict[str, Any]:
        """Say how everything stands."""
        return {"killed": bool(self.kills)}

    def tell(self, event: str, **more: object) -> None:
        """Write down."""
        self.told.append({"event": event, **more})


def ask(
    doors: Doors,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    now: Nanos = NOW,
) -> tuple[int, Any]:
    """Return status and content of an answer."""
    response = doors.answer(HttpRequest(method, path, headers or {}, body), WHERE, now)
    return response.status, json.loads(response.body)


def doors(guarding: Guarding, key: bytes = KEY, users: tuple[str, ...] = ("U1",)) -> Doors:
    """Return doors with a key and a Slack secret."""
    return Doors(guarding, key, SlackAccess(SECRET, users))


BEARER = {"authorization": f"Bearer {KEY.decode()}"}


@pytest.mark.parametrize(
    "headers", [BEARER, {"x-api-key": KEY.decode()}, {"authorization": f"bearer  {KEY.decode()}"}]
)
def test_who_has_the_key_kills(headers: dict[str, str]) -> None:
    """S4-KILL-02."""
    guarding = Guarding()
    body = b'{"person": "ann", "reason": "runaway", "mode": "flatten"}'
    status, content = ask(doors(guarding), "POST", "/api/kill", headers, body)
    kill = Kill(person="ann", reason="runaway", source="http", mode=Mode.FLATTEN)
    assert guarding.kills == [(kill, WHERE)]
    assert status == 200
    assert content["killed"] is content["flag"] is True
    assert content["generation"] == 3


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": KEY.decode()},
        {"authorization": f"Basic {KEY.decode()}"},
        {"authorization": f"Bearer {KEY.decode()}x"},
        {"authorization": f"Bearer {KEY.decode()[:-1]}"},
        {"authorization": f"Bearer {KEY.decode().upper()}"},
        {"x-api-key": "wrong"},
        {"x-api-key": f"{KEY.decode()}, {KEY.decode()}"},
        {"x-api-key": "\xff\xfe"},
    ],
)
def test_who_has_not_the_key_is_refused_and_written_down(headers: dict[str, str]) -> None:
    """S4-KILL-02: 401 without key; audited."""
    guarding = Guarding()
    for method, path in (("POST", "/api/kill"), ("GET", "/status")):
        status, content = ask(doors(guarding), method, path, headers)
        assert status == 401
        assert KEY.decode() not in json.dumps(content)
    assert guarding.kills == []
    assert [line["status"] for line in guarding.told] == [401, 401]
    assert all(line["where"] == WHERE for line in guarding.told)
    assert KEY.decode() not in str(guarding.told)


def test_without_a_key_that_is_set_nobody_has_it() -> None:
    guarding = Guarding()
    shut = doors(guarding, key=b"")
    for headers in ({}, {"authorization": "Bearer "}, {"x-api-key": ""}):
        assert ask(shut, "POST", "/api/kill", headers)[0] == 401
    assert guarding.kills == []


def test_keys_are_compared_in_constant_time() -> None:
    """S4-KILL-02: the comparison is the library's, over digests of one length."""
    names = Doors._has_key.__code__.co_names
    assert "compare_digest" in names
    assert "compare_digest" in SlackAccess.problem.__code__.co_names


@pytest.mark.parametrize("body", [b"stop!", b"[]", b'{"mode": "all"}', b"\xff", b'{"x": 1}', b"{"])
def test_who_has_the_key_kills_even_with_a_body_that_nobody_can_read(body: bytes) -> None:
    guarding = Guarding()
    status, content = ask(doors(guarding), "POST", "/api/kill", BEARER, body)
    assert status == 200
    assert "was not read" in content["note"]
    assert [kill.mode for kill, _ in guarding.kills] == [Mode.CANCEL]


def test_a_kill_without_a_body_has_a_person_and_a_reason_all_the_same() -> None:
    guarding = Guarding()
    ask(doors(guarding), "POST", "/api/kill", BEARER)
    kill = guarding.kills[0][0]
    assert (kill.person, kill.reason) == ("holder of the API key", "no reason was given")


def test_a_flag_that_is_not_set_is_an_error_and_one_that_takes_long_is_said() -> None:
    failed = Engaged(flag=False, latched=False, already=False, generation=0, problems=("no disk",))
    status, content = ask(doors(Guarding(failed)), "POST", "/api/kill", BEARER)
    assert (status, content["problems"]) == (500, ["no disk"])
    status, content = ask(doors(Guarding(None)), "POST", "/api/kill", BEARER)
    assert (status, content) == (202, {"killed": True, "flag": None})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/kill", 405),
        ("DELETE", "/status", 405),
        ("POST", "/health", 405),
        ("GET", "/slack/kill", 405),
        ("GET", "/", 404),
        ("POST", "/api/kill/", 404),
        ("POST", "/api/release", 404),
    ],
)
def test_other_methods_and_places_are_refused(method: str, path: str, status: int) -> None:
    guarding = Guarding()
    assert ask(doors(guarding), method, path, BEARER)[0] == status
    assert guarding.kills == []


def test_health_needs_no_key_and_status_does() -> None:
    guarding = Guarding()
    assert ask(doors(guarding), "GET", "/health") == (200, {"ok": True})
    guarding.well = False
    assert ask(doors(guarding), "GET", "/health") == (503, {"ok": False})
    assert ask(doors(guarding), "GET", "/status", BEARER) == (200, {"killed": False})


def test_refusals_are_written_down_but_fill_no_disk() -> None:
    guarding = Guarding()
    opened = doors(guarding)
    for _ in range(REFUSALS_TOLD + 500):
        assert ask(opened, "POST", "/api/kill")[0] == 401
    assert len(guarding.told) == REFUSALS_TOLD
    later = Nanos(NOW + 60 * NANOS_PER_SECOND)
    ask(opened, "POST", "/api/kill", now=later)
    assert [line["event"] for line in guarding.told[REFUSALS_TOLD:]] == ["refusals", "refused"]
    assert guarding.told[REFUSALS_TOLD]["count"] == 500
    assert ask(opened, "POST", "/api/kill", BEARER, now=later)[0] == 200


def test_what_was_no_request_is_answered_and_written_down() -> None:
    guarding = Guarding()
    response = doors(guarding).refused(HttpRefusal(413, "too large"), WHERE, NOW)
    assert response.status == 413
    assert guarding.told[0]["status"] == 413


# --- Slack ---


def slack(
    opened: Doors,
    *,
    secret: bytes = SECRET,
    age: int = 0,
    tampered: bool = False,
    now: Nanos = NOW,
    **fields: str,
) -> tuple[int, Any]:
    """Return the answer to a slash command as Slack signs it."""
    common = {"command": "/kill", "text": "trading", "user_id": "U1", "user_name": "ann"}
    body = urlencode({**common, **fields}).encode()
    stamp = str(now // NANOS_PER_SECOND - age)
    content = b"v0:" + stamp.encode() + b":" + body
    signature = "v0=" + hmac.new(secret, content, hashlib.sha256).hexdigest()
    if tampered:
        body += b"&text=trading"
    return ask(
        opened,
        "POST",
        "/slack/kill",
        {"x-slack-request-timestamp": stamp, "x-slack-signature": signature},
        body,
        now,
    )


def test_the_signature_is_the_one_of_slacks_documentation() -> None:
    """https://api.slack.com/authentication/verifying-requests-from-slack, its example."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": (
            "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
        ),
    }
    access = SlackAccess(SECRET, ("U2CERLKJA",))
    assert access.problem(HttpRequest("POST", "/slack/kill", headers, body), NOW) == ""


def test_a_signed_command_of_a_user_on_the_list_kills() -> None:
    """S4-KILL-01."""
    guarding = Guarding()
    status, content = slack(doors(guarding), text="Trading  fills make no sense")
    assert status == 200
    assert content["response_type"] == "in_channel"
    kill = Kill(person="ann (U1) from Slack", reason="fills make no sense", source="slack")
    assert guarding.kills == [(kill, WHERE)]


def test_the_same_signature_works_once() -> None:
    guarding = Guarding()
    opened = doors(guarding)
    assert slack(opened)[0] == 200
    status, content = slack(opened)
    assert (status, content) == (401, {"error": "Slack: it came before"})
    assert len(guarding.kills) == 1


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"secret": b"another secret, as long"}, "its signature is wrong"),
        ({"tampered": True}, "its signature is wrong"),
        ({"age": SLACK_WINDOW_SECONDS + 1}, "301 s old"),
        ({"age": -SLACK_WINDOW_SECONDS - 1}, "-301 s old"),
    ],
)
def test_what_slack_did_not_sign_just_now_is_refused(wrong: dict[str, Any], problem: str) -> None:
    guarding = Guarding()
    status, content = slack(doors(guarding), **wrong)
    assert status == 401
    assert problem in content["error"]
    assert guarding.kills == []
    assert [line["status"] for line in guarding.told] == [401]


@pytest.mark.parametrize("age", [SLACK_WINDOW_SECONDS, -SLACK_WINDOW_SECONDS])
def test_at_the_edge_of_the_window_it_still_counts(age: int) -> None:
    guarding = Guarding()
    assert slack(doors(guarding), age=age)[0] == 200
    assert len(guarding.kills) == 1


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "9" * 40, "\xb2"])
def test_a_timestamp_that_is_no_number_is_refused(stamp: str) -> None:
    guarding = Guarding()
    found = ask(
        doors(guarding),
        "POST",
        "/slack/kill",
        {"x-slack-request-timestamp": stamp, "x-slack-signature": "v0=00"},
    )
    assert found == (401, {"error": "Slack: no timestamp"})


def test_a_user_who_is_not_on_the_list_kills_nothing_and_is_written_down() -> None:
    guarding = Guarding()
    status, content = slack(doors(guarding), user_id="U2")
    assert status == 200  # Slack shows the text of nothing else
    assert "may not" in content["text"]
    assert guarding.kills == []
    assert guarding.told[0]["status"] == 403
    assert "(U2)" in guarding.told[0]["reason"]


@pytest.mark.parametrize(
    "fields", [{"text": ""}, {"text": "all"}, {"text": "tradingx"}, {"command": "/stop"}]
)
def test_another_command_is_answered_with_the_usage(fields: dict[str, Any]) -> None:
    guarding = Guarding()
    usage = "usage: /kill trading [reason]. Nothing was done."
    assert slack(doors(guarding), **fields)[1]["text"] == usage
    assert guarding.kills == []


def test_a_configured_endpoint_and_command_take_the_place_of_the_usual_ones() -> None:
    guarding = Guarding()
    opened = Doors(guarding, KEY, SlackAccess(SECRET, ("U1",), "/stop"), "/emergency")
    assert ask(opened, "POST", "/api/kill", BEARER)[0] == 404
    assert ask(opened, "POST", "/emergency", BEARER)[0] == 200
    assert "usage: /stop [reason]" in slack(opened)[1]["text"]
    slack(opened, command="/stop", text="now")
    assert [kill.reason for kill, _ in guarding.kills] == ["no reason was given", "now"]


def test_without_a_secret_slack_is_refused() -> None:
    guarding = Guarding()
    assert slack(Doors(guarding, KEY, None))[0] == 401
    assert guarding.kills == []


def test_a_flag_that_is_not_set_is_said_in_the_channel() -> None:
    failed = Engaged(flag=False, latched=False, already=False, generation=0, problems=("no disk",))
    assert "COULD NOT BE SET: no disk" in slack(doors(Guarding(failed)))[1]["text"]


def test_what_was_seen_is_forgotten_when_its_age_refuses_it() -> None:
    access = SlackAccess(SECRET, ("U1",))
    opened = Doors(Guarding(), KEY, access)
    for number in range(50):
        slack(opened, text=f"trading {number}")
    assert len(access._seen) == 50
    slack(opened, now=Nanos(NOW + (SLACK_WINDOW_SECONDS + 1) * NANOS_PER_SECOND))
    assert len(access._seen) == 1
    assert len(access._seen) < SLACK_SEEN_MAX


@given(
    method=st.sampled_from(["GET", "POST", "PUT"]),
    path=st.sampled_from(["/api/kill", "/slack/kill", "/status", "/health", "/x"]),
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-api-key", "x-slack-signature", "x-slack-request-timestamp"]
        ),
        st.text(st.characters(max_codepoint=255), max_size=40),
    ),
    body=st.binary(max_size=100),
)
def test_nothing_without_key_or_signature_ever_kills(
    method: str, path: str, headers: dict[str, str], body: bytes
) -> None:
    guarding = Guarding()
    response = doors(guarding).answer(HttpRequest(method, path, headers, body), WHERE, NOW)
    json.loads(response.body)
    response.encode()
    assert guarding.kills == []
