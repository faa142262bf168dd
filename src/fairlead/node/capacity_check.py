"""Holds the message rate of a configuration against what this machine was measured to take.

What is not known counts as exceeded: no file, another machine or build, a way to run that was not
measured. A person may allow it all the same, by name and with a reason; both go into the journal
with the rate.
"""

from typing import Final

from fairlead.model.units import NANOS_PER_SECOND
from fairlead.node.build import running_build
from fairlead.node.capacity import Curve, Measurement, UnreadableCapacity, read, this_machine
from fairlead.node.configuration import Configuration, MessageRateSettings
from fairlead.node.errors import ConfigurationError
from fairlead.node.yaml_text import KeyPath

_RATE: Final[KeyPath] = ("limits", "message_rate", "count_max")
_FILE: Final[KeyPath] = ("limits", "capacity", "file")
_MEASURE: Final = "measure it with `fairlead capacity measure`"
_OVERRIDE: Final = "or name who allows it, and why, in limits.capacity.override"


class CapacityUnknown(Exception):
    """Nothing says what this session can take. The text says why, and what to do."""


def refuse_beyond(configuration: Configuration) -> None:
    """Raise `ConfigurationError` where more may leave than was measured, and nobody allows it."""
    settings = configuration.limits.capacity
    if settings.file is None or settings.override is not None:
        return
    try:
        capacity = capacity_of(configuration)
    except CapacityUnknown as unknown:
        raise ConfigurationError([configuration.problem(_FILE, str(unknown))]) from unknown
    if messages_per_second(configuration.limits.message_rate) > capacity:
        expected = (
            f"{said(configuration.limits.message_rate)} to be at most {capacity:,}, the capacity"
            f" in {settings.file}: lower it, {_OVERRIDE}"
        )
        raise ConfigurationError([configuration.problem(_RATE, expected)])


def capacity_of(configuration: Configuration) -> int:
    """Return how many orders per second a session of this configuration was measured to take.

    Raises `CapacityUnknown`.
    """
    settings = configuration.limits.capacity
    if settings.file is None:
        raise CapacityUnknown("nothing is held against it: no limits.capacity.file")
    try:
        measured = read(settings.file)
    except UnreadableCapacity as error:
        raise CapacityUnknown(f"a measured capacity ({error}): {_MEASURE}, {_OVERRIDE}") from error
    return _curve(configuration, measured).capacity(measured.target)


def messages_per_second(rate: MessageRateSettings) -> int:
    """Return how many messages may leave in a second, over time: cancels are messages too."""
    return -(-(rate.count_max + rate.cancel_reserve) * NANOS_PER_SECOND // rate.window)


def said(rate: MessageRateSettings) -> str:
    """Return a message rate as people read it."""
    return f"the {messages_per_second(rate):,} messages a second of message_rate"


def override_note(configuration: Configuration) -> str:
    """Return who allows more than was measured, for the journal; nothing where nobody does."""
    settings = configuration.limits.capacity
    if settings.override is None:
        return ""
    person, reason = settings.override.person, settings.override.reason
    return f"; allowed beyond the measured capacity by {person}: {reason}"


def _curve(configuration: Configuration, measured: Measurement) -> Curve:
    machine = this_machine()
    for name in machine.__struct_fields__:
        then, now = getattr(measured.machine, name), getattr(machine, name)
        if then != now:
            raise CapacityUnknown(
                f"a capacity of this machine and build: {name} was {then} and is {now};"
                f" {_MEASURE}, {_OVERRIDE}"
            )
    wait, durability = configuration.session.wait, configuration.journal.durability
    curve = measured.curve(wait, durability, running_build().compiled)
    if curve is None:
        raise CapacityUnknown(
            f"a capacity measured with wait {wait} and durability {durability}: {_MEASURE},"
            f" {_OVERRIDE}"
        )
    return curve
