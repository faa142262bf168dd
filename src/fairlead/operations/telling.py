"""What the guard writes down, as a person at a terminal reads it. Nobody reads it back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from fairlead.model.units import NANOS_PER_SECOND
from fairlead.readers.written import printable

Line = dict[str, Any]


def told(line: Line) -> str:
    """Return one event as one line: the time in UTC, and what happened."""
    seconds, nanos = divmod(int(line["time"]), NANOS_PER_SECOND)
    clock = datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S")
    event = line["event"]
    tell = _TOLD.get(event)
    text = tell(line) if tell is not None else _rest(line)
    return printable(f"{clock}.{nanos // 1_000_000:03d} {event.replace('_', ' ')}: {text}")


def _milliseconds(line: Line) -> str:
    return f"{line['nanos'] / 1_000_000:.1f} ms"


def _trigger(line: Line) -> str:
    return f"{line['source']}, {line['person']}: {line['reason']} (from {line['where']})"


def _blocked(line: Line) -> str:
    flag = {True: "the flag is set", False: "THE FLAG IS NOT SET", None: "the flag is not set yet"}
    return f"{flag[line['flag']]} after {_milliseconds(line)}{_problems(line)}"


def _latched(line: Line) -> str:
    return ("on the disk" if line["ok"] else "NOT ON THE DISK") + _problems(line)


def _sent(line: Line) -> str:
    every = ", and all" if line["all"] else ""
    again = f", round {line['round']}" if line["round"] > 1 else ""
    return f"{line['venue']}: {line['orders']} orders{every}{again}, after {_milliseconds(line)}"


def _failed(line: Line) -> str:
    every = ", and all" if line["all"] else ""
    return f"{line['venue']}: {line['orders']} orders{every} NOT SENT: {line['problem']}"


def _confirmed(line: Line) -> str:
    open_orders = line["unknown"] + line["refused"] + line["unanswered"]
    counts = ", ".join(
        f"{line[name]} {name}"
        for name in ("canceled", "gone", "unknown", "refused", "unanswered")
        if line[name]
    )
    found = f"{line['working']} orders" + (f": {counts}" if counts else "")
    every = f"; all canceled {line['all_confirmed']} times"
    left = f"; {open_orders} MAY STILL TRADE" if open_orders else ""
    return f"{line['venue']}: {found}{every}{left}, after {_milliseconds(line)}"


def _journal(line: Line) -> str:
    return "read to its end" if line["readable"] else f"NOT KNOWN WHAT WORKS: {line['problem']}"


def _line(line: Line) -> str:
    return f"{line['venue']}: " + ("up" if line["up"] else f"DOWN: {line['problem']}")


def _no_line(line: Line) -> str:
    venue = line["venue"] or "a venue that the journal does not name"
    return f"{line['orders']} orders work at {venue}, and there is NO LINE to it"


def _problems(line: Line) -> str:
    return "".join(f"; {problem}" for problem in line["problems"])


def _rest(line: Line) -> str:
    more = [f"{name} {value}" for name, value in line.items() if name not in ("time", "event")]
    return ", ".join(more)


def _started(line: Line) -> str:
    return "lines to " + (", ".join(line["venues"]) or "NO VENUE: nothing can be canceled")


_TOLD: Final[dict[str, Callable[[Line], str]]] = {
    "started": _started,
    "listening": lambda line: str(line["address"]),
    "http": lambda line: "; ".join(line["problems"]) or "open",
    "stopped": lambda line: "in order" if line["done"] else "ORDERS OF A KILL MAY STILL TRADE",
    "trigger": _trigger,
    "blocked": _blocked,
    "latched": _latched,
    "cancels_sent": _sent,
    "cancels_failed": _failed,
    "confirmed": _confirmed,
    "not_confirmed": _confirmed,
    "journal": _journal,
    "line": _line,
    "no_line": _no_line,
    "all_confirmed": lambda line: f"nothing of ours works, after {_milliseconds(line)}",
}
