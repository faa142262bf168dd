"""What a run in a hostile world can find.

InvariantBroken    something that must always hold did not; says which, and where
"""


class InvariantBroken(Exception):
    """A rule of DESIGN does not hold. `number` is that of the invariant."""

    def __init__(self, number: int, what: str) -> None:
        """Say which rule, and what was found."""
        super().__init__(f"invariant {number}: {what}")
        self.number = number


def hold(number: int, condition: bool, what: str) -> None:
    """Raise `InvariantBroken` unless the condition of an invariant holds."""
    if not condition:
        raise InvariantBroken(number, what)
