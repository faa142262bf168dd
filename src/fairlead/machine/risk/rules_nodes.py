"""The parts of a compiled condition, and what each of them answers.

An amount is an exact fraction: a numerator and a denominator above 0. What cannot be known is
`UNDEFINED`, whose denominator is 0: a value that is missing or absurd, a division by zero, and all
that is calculated with them. A truth is True, False, or None where it cannot be known; `and` is
False as soon as one part is, `or` is True as soon as one part is, whatever the others are.

Nothing is rounded and nothing is reduced. A value from outside has at most 128 bits in each of its
two numbers and a condition at most 200 parts, so no number here has more than 26,000 bits.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from fairlead.machine.risk.rules_kinds import Kind

Value = tuple[int, int]  # numerator and denominator, in whole units; a duration in nanoseconds
Values = Mapping[str, Value | None]  # by name; None, or no entry, where it is not known

MAGNITUDE_MAX: Final = 2**128  # of a numerator or a denominator: beyond it nothing is true
UNDEFINED: Final[Value] = (0, 0)

COMPARISONS: Final = ("<", "<=", ">", ">=", "==", "!=")  # a comparison is known by its place here

_TRUTH: Final = Kind.TRUTH


class Node:
    """A part of a condition. An amount can be measured, a truth holds or not."""

    def __init__(self, kind: Kind, start: int) -> None:
        """Keep what it is, and where in the text it begins."""
        self.kind = kind
        self.start = start

    def measure(self, values: Values) -> Value:
        """Return the amount, `UNDEFINED` where it cannot be known."""
        raise AssertionError("a truth is not measured")

    def holds(self, values: Values) -> bool | None:
        """Return whether it is so, None where it cannot be known."""
        raise AssertionError("an amount does not hold")


class Literal(Node):
    """An amount that is written in the condition."""

    def __init__(self, kind: Kind, start: int, value: Value) -> None:
        """Keep the amount."""
        super().__init__(kind, start)
        self.value = value

    def measure(self, values: Values) -> Value:
        """Return it."""
        return self.value


class Amount(Node):
    """A name that stands for an amount."""

    def __init__(self, kind: Kind, start: int, name: str) -> None:
        """Keep the name."""
        super().__init__(kind, start)
        self.name = name

    def measure(self, values: Values) -> Value:
        """Return what it stands for now."""
        return _believed(values.get(self.name))


class Truth(Node):
    """A name that stands for a truth."""

    def __init__(self, start: int, name: str) -> None:
        """Keep the name."""
        super().__init__(_TRUTH, start)
        self.name = name

    def holds(self, values: Values) -> bool | None:
        """Return whether it is so now. What is neither 0 nor 1 is no truth."""
        numerator, denominator = _believed(values.get(self.name))
        if denominator == 0 or numerator not in (0, denominator):
            return None
        return numerator != 0


class Negation(Node):
    """Minus an amount."""

    def __init__(self, start: int, operand: Node) -> None:
        """Take the amount."""
        super().__init__(operand.kind, start)
        self._operand = operand

    def measure(self, values: Values) -> Value:
        """Return it with the other sign."""
        numerator, denominator = self._operand.measure(values)
        return (-numerator, denominator)


class Magnitude(Node):
    """The distance of an amount from zero: `abs`."""

    def __init__(self, start: int, operand: Node) -> None:
        """Take the amount."""
        super().__init__(operand.kind, start)
        self._operand = operand

    def measure(self, values: Values) -> Value:
        """Return it without a sign."""
        numerator, denominator = self._operand.measure(values)
        return (abs(numerator), denominator)


class Sum(Node):
    """One amount and another; or one less another."""

    def __init__(self, kind: Kind, left: Node, right: Node, sign: int) -> None:
        """Take the amounts; `sign` is -1 where the right one is taken away."""
        super().__init__(kind, left.start)
        self._left = left
        self._right = right
        self._sign = sign

    def measure(self, values: Values) -> Value:
        """Return the sum."""
        numerator, denominator = self._left.measure(values)
        added, parts = self._right.measure(values)
        return (numerator * parts + self._sign * added * denominator, denominator * parts)


class Product(Node):
    """One amount times another."""

    def __init__(self, kind: Kind, left: Node, right: Node) -> None:
        """Take the amounts."""
        super().__init__(kind, left.start)
        self._left = left
        self._right = right

    def measure(self, values: Values) -> Value:
        """Return the product."""
        numerator, denominator = self._left.measure(values)
        times, parts = self._right.measure(values)
        return (numerator * times, denominator * parts)


class Quotient(Node):
    """One amount by another."""

    def __init__(self, kind: Kind, left: Node, right: Node) -> None:
        """Take the amounts."""
        super().__init__(kind, left.start)
        self._left = left
        self._right = right

    def measure(self, values: Values) -> Value:
        """Return the quotient; by zero there is none."""
        numerator, denominator = self._left.measure(values)
        divisor, parts = self._right.measure(values)
        if divisor == 0:
            return UNDEFINED
        if divisor < 0:
            return (-numerator * parts, denominator * -divisor)
        return (numerator * parts, denominator * divisor)


class Extreme(Node):
    """The least or the greatest of several amounts: `min` and `max`."""

    def __init__(self, kind: Kind, start: int, operands: Sequence[Node], greatest: bool) -> None:
        """Take the amounts, and which of them is wanted."""
        super().__init__(kind, start)
        self._operands = tuple(operands)
        self._sign = 1 if greatest else -1

    def measure(self, values: Values) -> Value:
        """Return the extreme one; where one is not known, none is."""
        found, parts = self._operands[0].measure(values)
        for operand in self._operands[1:]:
            numerator, denominator = operand.measure(values)
            if denominator == 0:
                return UNDEFINED
            # Nothing is beyond what is not known, so that stays.
            if self._sign * (numerator * parts - found * denominator) > 0:
                found, parts = numerator, denominator
        return (found, parts)


class Comparison(Node):
    """Amounts, each compared with the next: `a < b`, `a <= b <= c`."""

    def __init__(self, sides: Sequence[Node], operators: Sequence[int], compared: Kind) -> None:
        """Take the amounts and what is between them, by place in `COMPARISONS`."""
        super().__init__(_TRUTH, sides[0].start)
        assert len(sides) == len(operators) + 1, "an operator stands between two amounts"
        self.sides = tuple(sides)
        self.compared = compared
        self._operators = tuple(operators)

    def holds(self, values: Values) -> bool | None:
        """Return whether all of it is so; each amount is measured once."""
        answer: bool | None = True
        left, left_parts = self.sides[0].measure(values)
        for place, operator in enumerate(self._operators, 1):
            right, right_parts = self.sides[place].measure(values)
            if left_parts == 0 or right_parts == 0:
                answer = None
            elif not _agrees(operator, left * right_parts - right * left_parts):
                return False
            left, left_parts = right, right_parts
        return answer


class Opposite(Node):
    """What is so where a truth is not."""

    def __init__(self, start: int, operand: Node) -> None:
        """Take the truth."""
        super().__init__(_TRUTH, start)
        self._operand = operand

    def holds(self, values: Values) -> bool | None:
        """Return the opposite; of what is not known, nothing is known."""
        answer = self._operand.holds(values)
        return None if answer is None else not answer


class Junction(Node):
    """Several truths with `and`, or with `or`, between them."""

    def __init__(self, operands: Sequence[Node], decisive: bool) -> None:
        """Take the truths, and the answer of one that decides for all: False for `and`."""
        super().__init__(_TRUTH, operands[0].start)
        self._operands = tuple(operands)
        self._decisive = decisive

    def holds(self, values: Values) -> bool | None:
        """Return the decisive answer if any gives it, else None if any is not known."""
        answer: bool | None = not self._decisive
        for operand in self._operands:
            one = operand.holds(values)
            if one is self._decisive:
                return one
            if one is None:
                answer = None
        return answer


def _believed(value: Value | None) -> Value:
    """Return a value from outside, `UNDEFINED` if there is none or none that can be true."""
    if value is None:
        return UNDEFINED
    numerator, denominator = value
    if 0 < denominator <= MAGNITUDE_MAX and -MAGNITUDE_MAX <= numerator <= MAGNITUDE_MAX:
        return value
    return UNDEFINED


def _agrees(operator: int, difference: int) -> bool:
    """Return whether a comparison holds where its left side is so much above its right one."""
    if operator == 0:
        return difference < 0
    if operator == 1:
        return difference <= 0
    if operator == 2:
        return difference > 0
    if operator == 3:
        return difference >= 0
    return (difference == 0) == (operator == 4)
