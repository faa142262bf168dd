"""The section that names a capacity."""

import pytest
from pydantic import ValidationError

from fairlead.node.capacity_settings import CapacityOverride, CapacitySettings


def test_nothing_is_held_against_a_capacity_unless_a_file_is_named() -> None:
    assert CapacitySettings() == CapacitySettings(file=None, override=None)


@pytest.mark.parametrize(("person", "reason"), [("", "why"), ("ann", ""), ("ann", " \n")])
def test_an_override_has_a_person_and_a_reason(person: str, reason: str) -> None:
    with pytest.raises(ValidationError):
        CapacityOverride(person=person, reason=reason)
