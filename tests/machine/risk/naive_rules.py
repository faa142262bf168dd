"""Conditions told by somebody else: Python reads them, fractions calculate, `None` is not known.

Python's own parser decides what belongs together, so that a mistake in our grammar shows. Numbers
are taken from the text and never become floats.
"""

import ast
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

Known = Mapping[str, Fraction | bool | None]
Answer = Fraction | bool | None

_UNITS: Final = {
    "%": Fraction(1, 100),
    "bps": Fraction(1, 10_000),
    "ms": Fraction(10**6),
    "s": Fraction(10**9),
    "m": Fraction(60 * 10**9),
    "h": Fraction(3600 * 10**9),
    "d": Fraction(24 * 3600 * 10**9),
}


def answer(text: str, known: Known) -> bool | None:
    """Return what a condition says of these values."""
    found = _read(text, known)
    assert found is None or isinstance(found, bool)
    return found


def amount(text: str, known: Known) -> Fraction | None:
    """Return what an amount of a condition comes to."""
    found = _read(text, known)
    return None if found is None else Fraction(found)


def _read(text: str, known: Known) -> Answer:
    numbers: list[Fraction] = []

    def marked(match: re.Match[str]) -> str:
        unit = _UNITS[match[2]] if match[2] else Fraction(1)
        numbers.append(Fraction(match[1].replace("_", "")) * unit)
        return f"number_{len(numbers) - 1}"

    python = re.sub(r"(?<![\w.])([0-9][0-9_.]*)(%|bps|ms|s|m|h|d)?", marked, text)
    named = {f"number_{place}": number for place, number in enumerate(numbers)}
    return _of(ast.parse(f"({python}\n)", mode="eval").body, {**known, **named})


def _of(node: ast.expr, known: Known) -> Answer:
    """Return the value of one part; every part is looked at, needed or not."""
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BoolOp):
        return _joined(isinstance(node.op, ast.And), [_of(one, known) for one in node.values])
    if isinstance(node, ast.Compare):
        sides = [_of(one, known) for one in [node.left, *node.comparators]]
        pairs = zip(sides, node.ops, sides[1:], strict=False)
        return _joined(True, [_compared(left, op, right) for left, op, right in pairs])
    if isinstance(node, ast.UnaryOp):
        one = _of(node.operand, known)
        if isinstance(node.op, ast.Not):
            return None if one is None else not one
        return None if one is None else -Fraction(one)
    if isinstance(node, ast.BinOp):
        return _calculated(_of(node.left, known), node.op, _of(node.right, known))
    assert isinstance(node, ast.Call)
    assert isinstance(node.func, ast.Name)
    operands = [_of(one, known) for one in node.args]
    if any(one is None for one in operands):
        return None
    amounts = [Fraction(one) for one in operands if one is not None]
    if node.func.id == "abs":
        return abs(amounts[0])
    return {"min": min, "max": max}[node.func.id](amounts)


def _joined(conjunction: bool, parts: list[Answer]) -> bool | None:
    """Return `and` or `or` after Kleene: the minimum or maximum of no < not known < yes."""
    rank = [1 if one is None else 2 * int(bool(one)) for one in parts]
    return {0: False, 1: None, 2: True}[min(rank) if conjunction else max(rank)]


def _compared(left: Answer, operator: ast.cmpop, right: Answer) -> bool | None:
    if left is None or right is None:
        return None
    answers = {
        ast.Lt: left < right,
        ast.LtE: left <= right,
        ast.Gt: left > right,
        ast.GtE: left >= right,
        ast.Eq: left == right,
        ast.NotEq: left != right,
    }
    return answers[type(operator)]


def _calculated(left: Answer, operator: ast.operator, right: Answer) -> Fraction | None:
    if left is None or right is None:
        return None
    one, other = Fraction(left), Fraction(right)
    if isinstance(operator, ast.Div):
        return one / other if other else None
    if isinstance(operator, ast.Mult):
        return one * other
    return one + other if isinstance(operator, ast.Add) else one - other
