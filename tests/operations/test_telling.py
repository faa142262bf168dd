"""Every event is one line for people: when, what, and in capitals what somebody must look after."""

import pytest

from fairlead.operations.telling import told

TIME = 1_785_600_000_123_456_789  # 2026-08-01T16:00:00.123Z
COUNTS = {"working": 5, "canceled": 3, "gone": 1, "unknown": 1, "refused": 0, "unanswered": 0}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            {"event": "trigger", "source": "http", "person": "ann", "reason": "x", "where": "here"},
            "trigger: http, ann: x (from here)",
        ),
        (
            {"event": "blocked", "flag": True, "nanos": 1_250_000, "problems": []},
            "blocked: the flag is set after 1.2 ms",
        ),
        (
            {"event": "blocked", "flag": False, "nanos": 0, "problems": ["no disk"]},
            "blocked: THE FLAG IS NOT SET after 0.0 ms; no disk",
        ),
        ({"event": "latched", "ok": False, "problems": ["full"]}, "latched: NOT ON THE DISK; full"),
        (
            {"event": "cancels_sent", "venue": "A", "orders": 5, "all": True, "round": 2}
            | {"nanos": 2_000_000},
            "cancels sent: A: 5 orders, and all, round 2, after 2.0 ms",
        ),
        (
            {"event": "cancels_failed", "venue": "A", "orders": 5, "all": False, "problem": "down"},
            "cancels failed: A: 5 orders NOT SENT: down",
        ),
        (
            {"event": "not_confirmed", "venue": "A", "all_confirmed": 1, "nanos": 0, **COUNTS},
            "not confirmed: A: 5 orders: 3 canceled, 1 gone, 1 unknown; all canceled 1 times;"
            " 1 MAY STILL TRADE, after 0.0 ms",
        ),
        (
            {"event": "journal", "readable": False, "problem": "damaged"},
            "journal: NOT KNOWN WHAT WORKS: damaged",
        ),
        ({"event": "line", "venue": "A", "up": False, "problem": "x"}, "line: A: DOWN: x"),
        (
            {"event": "no_line", "venue": "Z", "orders": 2},
            "no line: 2 orders work at Z, and there is NO LINE to it",
        ),
        ({"event": "started", "venues": ["A", "B"]}, "started: lines to A, B"),
        ({"event": "started", "venues": []}, "started: lines to NO VENUE: nothing can be canceled"),
        ({"event": "http", "problems": ["no key", "no port"]}, "http: no key; no port"),
        ({"event": "stopped", "done": False}, "stopped: ORDERS OF A KILL MAY STILL TRADE"),
        ({"event": "something", "new": 1}, "something: new 1"),
        ({"event": "evil", "name": "\x1b[2J"}, "evil: name \N{REPLACEMENT CHARACTER}[2J"),
    ],
)
def test_an_event_is_one_line(line: dict[str, object], text: str) -> None:
    assert told({"time": TIME, **line}) == f"16:00:00.123 {text}"
