"""What differs between two state objects: things by their names, and nothing unseen."""

import copy
from typing import Any

import pytest

from fairlead.cli.past import past
from fairlead.cli.state import state_object
from fairlead.cli.state_changes import Change, Difference, changes
from tests.cli.journals import EXAMPLE, journal


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the state at the end of the example."""
    place = tmp_path_factory.mktemp("state")
    journal(place / "0001", EXAMPLE)
    known = past(place)
    return state_object(known.machine, known.names)


def changed(state: dict[str, Any], path: tuple[str | int, ...], value: object) -> list[Change]:
    """Return what differs when the field at a path is another one."""
    other: Any = copy.deepcopy(state)
    inner = other
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return changes(state, other)


def test_a_state_differs_from_itself_in_nothing(state: dict[str, Any]) -> None:
    assert changes(state, copy.deepcopy(state)) == []


def test_a_thing_is_matched_by_its_name_wherever_it_stands(state: dict[str, Any]) -> None:
    other = copy.deepcopy(state)
    other["orders"].reverse()
    assert changes(state, other) == []


def test_a_field_of_a_thing_is_told_with_both_values(state: dict[str, Any]) -> None:
    (change,) = changed(state, ("orders", 2, "status"), "filled")
    expected = Change("orders", "3", "changed", [Difference("status", "open", "filled")])
    assert change == expected
    assert change.difference("status") == expected.differences[0]
    assert change.difference("price") is None


def test_new_and_gone_things_are_told_as_such(state: dict[str, Any]) -> None:
    fewer = {**state, "positions": []}
    (gone,) = changes(state, fewer)
    assert (gone.section, gone.name, gone.kind) == ("positions", "main mm ABC", "gone")
    (new,) = changes(fewer, state)
    assert (new.name, new.kind) == ("main mm ABC", "new")


def leaves(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the paths of all single values of a state."""
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in leaves(inner, (*path, name))]
    if isinstance(value, list) and value:
        return [leaf for at, inner in enumerate(value) for leaf in leaves(inner, (*path, at))]
    return [path]


def test_no_field_can_differ_unseen(state: dict[str, Any]) -> None:
    """But the point itself, and the digests, which differ between any two points."""
    unseen = [path for path in leaves(state) if not changed(state, path, "something else")]
    assert unseen == [("sequence",), ("time",), ("state_digest",)]
