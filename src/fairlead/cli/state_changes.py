"""What differs between two states of a machine, as their JSON objects say: item by item.

A state object has sections; a section is a value, an object, or a list of things that have a name
(an order its number, a position its account, strategy and instrument). Things are matched by their
names, and compared field by field. What is not known here by its name is compared as a whole, so
nothing that a state object says can differ unseen.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

Found = dict[str, Any]

# The fields that name a thing, by the name of the list that it stands in.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "venue_session_dates": ("venue",),
    "strategies": ("strategy",),
    "disabled": ("strategy",),
    "closed": ("instrument",),
    "disconnected": ("venue",),
    "books": ("instrument",),
    "prices": ("instrument",),
    "rates": ("currency", "quote_currency"),
    "orders": ("order",),
    "positions": ("account", "strategy", "instrument"),
    "accounts": ("account",),
    "currencies": ("currency",),
    "breaks": ("number",),
    "limits": ("scope", "kind"),
    "held": ("kind",),
    "dynamic_limits": ("name",),
    "breakers": ("breaker", "scope"),
    "losses_reached": ("scope", "limit"),
    "kills": ("scope",),
    "proposals": ("number",),
    "overrides": ("number",),
    "restricted": ("account", "instrument"),
    "warnings": ("name",),
    "retired": ("thing", "name"),
}
# What is different in any two states, and says nothing.
_PASSED_OVER: Final = ("sequence", "time", "state_digest", "outputs_digest")
# What belongs together, and stands under one name.
_TOGETHER: Final = "session"


class Difference(NamedTuple):
    """A field of a thing: what it said before and says after; None of what was not there."""

    field: str
    before: object
    after: object


class Change(NamedTuple):
    """A thing that is new, gone or changed. Of a new one every field is told, and of one gone."""

    section: str
    name: str
    kind: str  # "new", "gone", "changed"
    differences: list[Difference]

    def difference(self, field: str) -> Difference | None:
        """Return what a field says, None if it did not change."""
        return next((each for each in self.differences if each.field == field), None)


def changes(before: Found, after: Found) -> list[Change]:
    """Return what differs, in the order of the state object."""
    ours, theirs = dict(_things(before)), dict(_things(after))
    found = []
    for section, name in dict.fromkeys([*ours, *theirs]):
        old, new = ours.get((section, name)), theirs.get((section, name))
        if old != new:
            found.append(_change(section, name, old, new))
    order = list(dict.fromkeys(section for section, _ in [*ours, *theirs]))
    return sorted(found, key=lambda change: order.index(change.section))


def _change(section: str, name: str, old: Found | None, new: Found | None) -> Change:
    kind = "new" if old is None else "gone" if new is None else "changed"
    old, new = old or {}, new or {}
    differences = [
        Difference(field, old.get(field), new.get(field))
        for field in dict.fromkeys([*old, *new])
        if old.get(field) != new.get(field)
    ]
    return Change(section, name, kind, differences)


def _things(state: Found) -> Iterator[tuple[tuple[str, str], Found]]:
    """Yield every thing of a state with its section and its name, its fields side by side."""
    together: Found = {}
    for section, value in state.items():
        if section in _PASSED_OVER:
            continue
        if _are_named(section, value):
            for thing in value:
                yield (section, _name(section, thing)), dict(_fields(thing))
        elif isinstance(value, dict):
            yield (section, ""), dict(_fields(value))
        else:
            together[section] = value
    yield (_TOGETHER, ""), together


def _fields(thing: Found, before: str = "") -> Iterator[tuple[str, object]]:
    """Yield the fields of a thing; those of a thing within it under its name and a dot."""
    for field, value in thing.items():
        path = f"{before}{field}"
        if isinstance(value, dict):
            yield from _fields(value, f"{path}.")
        elif _are_named(field, value):
            for inner in value:
                yield from _fields(inner, f"{path}.{_name(field, inner)}.")
        else:
            yield path, value


def _are_named(section: str, value: object) -> bool:
    """Whether these are things that are told apart by their names."""
    if section not in _NAMES or not isinstance(value, list):
        return False
    things = [each for each in value if isinstance(each, dict)]
    return len({_name(section, each) for each in things}) == len(value)


def _name(section: str, thing: Found) -> str:
    """Return what a thing is called: `mm ABC`, `firm`, `12`."""
    parts = [_word(thing.get(field)) for field in _NAMES[section]]
    parts += ["itself"] if "own" in thing else []  # the limits of an instrument, not its scope's
    return " ".join(part for part in parts if part)


def _word(value: object) -> str:
    if isinstance(value, dict):  # a scope
        return " ".join(str(part) for part in value.values() if part)
    return "" if value is None else str(value)
