"""The life of an order: one table of legal steps.

`NEXT_STATUS` is the whole rule. A step that is not in the table changes nothing and is recorded as
a fault. Statuses are what is known about the order at the venue. Facts that are orthogonal to them
stand beside: a cancel that waits for the acknowledgement, the terms of a replace that is not
answered, and what a held order waits for. A fill never depends on the status alone: what was traded
is traded, so late fills of canceled orders are legal.

The names that FIX gives to statuses and events stand in `FIX_STATUS` and `FIX_EVENT`; the diagram
in docs/internals/orders.md is drawn from these tables (`tests/machine/test_lifecycle.py`).
"""

from enum import IntEnum
from typing import Final

from fairlead.model.terms import Status


class Event(IntEnum):
    """What can happen to an order after it was made."""

    ACCEPTED = 1
    REJECTED = 2
    FILLED_IN_PART = 3
    FILLED_WHOLLY = 4
    CANCEL_REQUESTED = 5
    CANCELED = 6
    CANCEL_REJECTED = 7
    REPLACE_REQUESTED = 8
    REPLACED = 9
    REPLACE_REJECTED = 10
    EXPIRED = 11
    DISCONNECTED = 12
    TIMED_OUT = 13  # a message was not answered in time
    RELEASED = 14  # what it was held for has come: it goes to the venue
    RELEASE_REFUSED = 15  # risk said no when it was to go
    RETURNED = 16  # the venue did not take it this time; it waits for the next attempt
    TRIGGERED = 17
    SUSPENDED = 18
    RESUMED = 19
    DONE_FOR_DAY = 20
    BUSTED = 21  # a fill was taken back
    OVERTAKEN = 22  # likewise, and later fills had completed the order before we heard of it


# fmt: off
_OPEN_STEPS: Final[dict[Event, Status]] = {  # of an order that the venue works
    Event.FILLED_WHOLLY: Status.FILLED,
    Event.CANCEL_REQUESTED: Status.CANCEL_PENDING,
    Event.CANCELED: Status.CANCELED,  # the venue's own doing
    Event.EXPIRED: Status.EXPIRED,
    Event.DISCONNECTED: Status.UNKNOWN,
    Event.TRIGGERED: Status.TRIGGERED,
    Event.SUSPENDED: Status.SUSPENDED,
    Event.RESUMED: Status.OPEN,
    Event.DONE_FOR_DAY: Status.DONE_FOR_DAY,
}
_PENDING_STEPS: Final[dict[Event, Status]] = {  # of one that a message of ours is on its way to
    Event.FILLED_WHOLLY: Status.FILLED,
    Event.CANCELED: Status.CANCELED,
    Event.EXPIRED: Status.EXPIRED,
    Event.DISCONNECTED: Status.UNKNOWN,
    Event.TIMED_OUT: Status.UNKNOWN,
}


def _staying(status: Status, *events: Event) -> dict[Event, Status]:
    """Return the steps that leave the status as it is."""
    return dict.fromkeys(events, status)


_STEPS: Final[dict[Status, dict[Event, Status]]] = {
    Status.HELD: {
        Event.RELEASED: Status.SENT,
        Event.RELEASE_REFUSED: Status.REFUSED,
        Event.CANCEL_REQUESTED: Status.CANCELED,  # nothing of it is at the venue
        Event.EXPIRED: Status.EXPIRED,
        # Of one that came back and is to be tried again: the venue had taken it after all.
        Event.ACCEPTED: Status.OPEN,
        Event.FILLED_IN_PART: Status.OPEN,
        Event.FILLED_WHOLLY: Status.FILLED,
        Event.CANCELED: Status.CANCELED,
    },
    Status.SENT: {
        **_PENDING_STEPS,
        **_staying(Status.SENT, Event.CANCEL_REQUESTED),  # kept until the venue knows the order
        Event.ACCEPTED: Status.OPEN,
        Event.REJECTED: Status.REJECTED,
        Event.RETURNED: Status.HELD,
        Event.FILLED_IN_PART: Status.OPEN,  # the fill overtook the acknowledgement
        Event.TRIGGERED: Status.TRIGGERED,
        Event.SUSPENDED: Status.SUSPENDED,
        Event.DONE_FOR_DAY: Status.DONE_FOR_DAY,
        Event.BUSTED: Status.SENT,
    },
    Status.OPEN: {
        **_OPEN_STEPS,
        **_staying(Status.OPEN, Event.ACCEPTED, Event.FILLED_IN_PART, Event.BUSTED),
        Event.REPLACE_REQUESTED: Status.REPLACE_PENDING,
    },
    Status.TRIGGERED: {
        **_OPEN_STEPS,
        **_staying(Status.TRIGGERED, Event.ACCEPTED, Event.FILLED_IN_PART, Event.BUSTED),
        Event.REPLACE_REQUESTED: Status.REPLACE_PENDING,
    },
    Status.SUSPENDED: {
        **_OPEN_STEPS,
        **_staying(Status.SUSPENDED, Event.ACCEPTED, Event.FILLED_IN_PART, Event.BUSTED),
    },
    Status.DONE_FOR_DAY: {
        **_OPEN_STEPS,
        **_staying(Status.DONE_FOR_DAY, Event.ACCEPTED, Event.FILLED_IN_PART, Event.BUSTED),
    },
    Status.CANCEL_PENDING: {
        **_PENDING_STEPS,
        **_staying(
            Status.CANCEL_PENDING, Event.ACCEPTED, Event.FILLED_IN_PART, Event.CANCEL_REQUESTED,
            Event.REPLACED, Event.REPLACE_REJECTED,  # asked before the cancel
            Event.TRIGGERED, Event.SUSPENDED, Event.RESUMED, Event.DONE_FOR_DAY, Event.BUSTED,
        ),
        Event.CANCEL_REJECTED: Status.OPEN,
    },
    Status.REPLACE_PENDING: {
        **_PENDING_STEPS,
        **_staying(
            Status.REPLACE_PENDING, Event.ACCEPTED, Event.FILLED_IN_PART,
            Event.TRIGGERED, Event.SUSPENDED, Event.RESUMED, Event.DONE_FOR_DAY, Event.BUSTED,
        ),
        Event.CANCEL_REQUESTED: Status.CANCEL_PENDING,
        Event.REPLACED: Status.OPEN,
        Event.REPLACE_REJECTED: Status.OPEN,
    },
    Status.UNKNOWN: {
        **_PENDING_STEPS,
        **_staying(
            Status.UNKNOWN,
            Event.FILLED_IN_PART,  # it lived then; now?
            Event.CANCEL_REQUESTED, Event.BUSTED,
            Event.CANCEL_REJECTED, Event.REPLACE_REJECTED,  # "not found" proves nothing
        ),
        Event.ACCEPTED: Status.OPEN,  # evidence
        Event.REJECTED: Status.REJECTED,
        Event.REPLACED: Status.OPEN,
        Event.TRIGGERED: Status.TRIGGERED,
        Event.SUSPENDED: Status.SUSPENDED,
        Event.RESUMED: Status.OPEN,
        Event.DONE_FOR_DAY: Status.DONE_FOR_DAY,
    },
    Status.FILLED: {
        **_staying(Status.FILLED, Event.ACCEPTED, Event.FILLED_WHOLLY,  # an over-fill: booked
                   Event.CANCEL_REJECTED, Event.REPLACE_REJECTED),  # the fill won the race
        Event.BUSTED: Status.CANCELED,  # the venue does not put back what it took
        Event.OVERTAKEN: Status.UNKNOWN,  # it worked when the fill was taken back; now?
    },
    Status.CANCELED: {
        **_staying(Status.CANCELED, Event.ACCEPTED, Event.FILLED_IN_PART,  # a late fill: booked
                   Event.CANCEL_REJECTED, Event.REPLACE_REJECTED, Event.BUSTED),
        Event.FILLED_WHOLLY: Status.FILLED,
    },
    Status.EXPIRED: {
        **_staying(Status.EXPIRED, Event.ACCEPTED, Event.FILLED_IN_PART,
                   Event.CANCEL_REJECTED, Event.REPLACE_REJECTED, Event.BUSTED),
        Event.FILLED_WHOLLY: Status.FILLED,
    },
    Status.REJECTED: {},
    Status.REFUSED: {},
}

NEXT_STATUS: Final[dict[tuple[Status, Event], Status]] = {
    (status, event): following
    for status, steps in _STEPS.items()
    for event, following in steps.items()
}

WORKING: Final = (  # may trade at the venue
    Status.SENT, Status.OPEN, Status.CANCEL_PENDING, Status.REPLACE_PENDING, Status.UNKNOWN,
    Status.TRIGGERED, Status.SUSPENDED, Status.DONE_FOR_DAY,
)

# OrdStatus (39) of FIX 4.4, where it has one.
FIX_STATUS: Final[dict[Status, str]] = {
    Status.SENT: "A (pending new)", Status.OPEN: "0 (new), 1 (partially filled)",
    Status.CANCEL_PENDING: "6 (pending cancel)", Status.REPLACE_PENDING: "E (pending replace)",
    Status.FILLED: "2 (filled)", Status.CANCELED: "4 (canceled)", Status.REJECTED: "8 (rejected)",
    Status.EXPIRED: "C (expired)", Status.TRIGGERED: "0 (new) after ExecType L",
    Status.SUSPENDED: "9 (suspended)", Status.DONE_FOR_DAY: "3 (done for day)",
    Status.REFUSED: "none: it never left", Status.HELD: "none: it has not left",
    Status.UNKNOWN: "none: nobody knows",
}
# ExecType (150) of FIX 4.4, or the message that says so.
FIX_EVENT: Final[dict[Event, str]] = {
    Event.ACCEPTED: "0 (new)", Event.REJECTED: "8 (rejected)",
    Event.FILLED_IN_PART: "F (trade), OrdStatus 1", Event.FILLED_WHOLLY: "F (trade), OrdStatus 2",
    Event.CANCEL_REQUESTED: "we send 35=F", Event.CANCELED: "4 (canceled)",
    Event.CANCEL_REJECTED: "35=9, to a cancel", Event.REPLACE_REQUESTED: "we send 35=G",
    Event.REPLACED: "5 (replaced)", Event.REPLACE_REJECTED: "35=9, to a replace",
    Event.EXPIRED: "C (expired)", Event.DISCONNECTED: "the session broke",
    Event.TIMED_OUT: "no answer", Event.RELEASED: "we send 35=D",
    Event.RELEASE_REFUSED: "our risk said no", Event.RETURNED: "8 (rejected), may be tried again",
    Event.TRIGGERED: "L (triggered)", Event.SUSPENDED: "9 (suspended)",
    Event.RESUMED: "D (restated)", Event.DONE_FOR_DAY: "3 (done for day)",
    Event.BUSTED: "H (trade cancel), G (trade correct)",
    Event.OVERTAKEN: "likewise, by TransactTime before the last fill",
}
# fmt: on

EVENTS: Final = 32  # a row of the flat table: more than there are events
STATUSES: Final = 16  # likewise


def _flat() -> list[Status | None]:
    """Return the table as one list: the step of a status and an event is at status * 32 + event."""
    flat: list[Status | None] = [None] * (STATUSES * EVENTS)
    for (status, event), following in NEXT_STATUS.items():
        flat[status * EVENTS + event] = following
    return flat


STEP: Final[list[Status | None]] = _flat()
IS_WORKING: Final[list[bool]] = [row in WORKING for row in range(STATUSES)]
