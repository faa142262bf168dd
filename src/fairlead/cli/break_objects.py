"""Breaks, fills in quarantine and what is not confirmed, as JSON objects."""

from typing import Any

from fairlead.machine.differences import Break, Quarantined
from fairlead.machine.machine import Machine
from fairlead.model import text
from fairlead.model.names import Names
from fairlead.model.terms import BreakState


def break_objects(machine: Machine, names: Names) -> list[dict[str, Any]]:
    """Return every break that ever was, oldest first."""
    known = machine.state.reconciliation.all()
    return [break_object(each, machine, names) for each in known]


def break_object(known: Break, machine: Machine, names: Names) -> dict[str, Any]:
    """Return a break. Its age counts to now while it is open, else to its end."""
    is_open = known.state is BreakState.OPEN
    return {
        "number": known.number,
        "kind": known.kind.name.lower(),
        "state": known.state.name.lower(),
        "account": names.accounts.name(known.account) if known.account else None,
        "instrument": names.instruments.name(known.instrument) if known.instrument else None,
        "order": known.order,
        "item": known.item,
        "session_date": known.session_date,
        "ours": known.ours,
        "theirs": known.theirs,
        "owner": known.owner,
        "opened": known.opened,
        "age": (machine.state.time if is_open else known.closed) - known.opened,
        "closed": known.closed,
        "cause": known.cause,
    }


def quarantine_objects(machine: Machine, names: Names) -> list[dict[str, Any]]:
    """Return every fill that could not be booked and waits for a person."""
    return [
        _quarantined(each, names)
        for waiting in machine.state.reconciliation.quarantine.values()
        for each in waiting
    ]


def _quarantined(held: Quarantined, names: Names) -> dict[str, Any]:
    return {
        "account": names.accounts.name(held.account) if held.account else None,
        "side": None if held.side is None else held.side.name.lower(),
        "time": held.time,
        "breaks": held.numbers,
        "report": text.write(held.report, names),
    }
