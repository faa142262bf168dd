"""No check that people write is called like one of ours."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.machine.risk.check_names import RESERVED, is_reserved
from fairlead.machine.risk.overrides import OVERRIDABLE
from fairlead.machine.risk.pretrade import CHECKS
from fairlead.model.inputs import NamedCheckDefinition
from fairlead.model.outputs import InputRefused
from fairlead.model.risk import NamedCheck
from fairlead.model.risk_terms import BreakerState, LimitKind
from tests.machine.build import Rig, only

MACHINE = Path(__file__).parents[3] / "src" / "fairlead" / "machine"
# Who takes the name of a check as its first or second argument.
NAMING = ("hold", "fact", "FailedCheck", "_no")


def names_in_the_code() -> Iterator[str]:
    """Return every name under which a check is recorded anywhere in the machine."""
    for path in sorted(MACHINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if called in NAMING:
                    yield from _names(node.args[:2])


def _names(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        for node in ast.walk(argument):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
                yield node.value


def test_every_name_that_our_code_records_is_reserved() -> None:
    found = {name for name in names_in_the_code() if name[-1] != "_" and name.isidentifier()}
    assert len(found) > 60
    assert found - set(RESERVED) == set()


def test_so_are_limits_states_and_what_an_override_may_waive() -> None:
    names = {kind.name.lower() for kind in LimitKind} | set(OVERRIDABLE) | set(CHECKS)
    states = {f"breaker_{state.name.lower()}" for state in BreakerState if state}
    assert (names | states | {"killed", "break_open", "instrument_confirmed"}) <= set(RESERVED)
    assert len(set(RESERVED)) == len(RESERVED)


@pytest.mark.parametrize("name", ["price_collar", "killed", "gross_share", " order_quantity_max "])
def test_a_check_under_such_a_name_is_refused(name: str) -> None:
    """S4-RISK-07: an override of one would waive the other."""
    given = NamedCheckDefinition(NamedCheck(name, "price > 1.0", "no"), "ann", "as agreed")
    assert only(InputRefused, Rig().give(given)).reason == f"{name} is a check of our own"


def test_any_other_name_is_free() -> None:
    """S4-RISK-07: names as that document writes them."""
    assert not is_reserved("Price Floor")
