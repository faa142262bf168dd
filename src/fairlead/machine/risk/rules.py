"""Conditions as people write them, compiled once and then asked: `abs(a - b) / b < 0.05`.

Our own small language, and a closed one: what is not on this page does not exist. Names and units
are checked when a condition is compiled; afterwards it can only answer True, False, or None where
something that it needs is not known. Nothing is evaluated by Python, nothing passes through a
float, and the text, its nesting and its parts are bounded.

    condition  = both {"or" both}
    both       = negated {"and" negated}
    negated    = "not" negated | comparison
    comparison = sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    sum        = product {("+" | "-") product}
    product    = signed {("*" | "/") signed}
    signed     = "-" signed | primary
    primary    = number | name | "(" condition ")"
               | "abs" "(" sum ")" | ("min" | "max") "(" sum "," sum {"," sum} ")"
"""

from collections.abc import Mapping
from typing import Final

from fairlead.machine.risk.errors import RuleError, misplaced, place_of
from fairlead.machine.risk.rules_kinds import (
    WORDS,
    Kind,
    is_plain,
    product_kind,
    quotient_kind,
    takes_bare,
)
from fairlead.machine.risk.rules_nodes import (
    COMPARISONS,
    Amount,
    Comparison,
    Extreme,
    Junction,
    Literal,
    Magnitude,
    Negation,
    Node,
    Opposite,
    Product,
    Quotient,
    Sum,
    Truth,
    Value,
    Values,
)
from fairlead.machine.risk.rules_tokens import NumberToken, Token, reduced, tokens
from fairlead.model.names import did_you_mean

__all__ = ["Kind", "Rule", "RuleError", "Value", "Values", "compile_rule"]

DEPTH_MAX: Final = 32  # of parentheses, functions and signs inside each other
NODES_MAX: Final = 200  # names, numbers and what is done with them

FUNCTIONS: Final = ("abs", "min", "max")
RESERVED: Final = ("and", "or", "not", *FUNCTIONS)  # no name may be one of these

_TRUTH: Final = Kind.TRUTH
_NUMBER: Final = Kind.NUMBER
_DURATION: Final = Kind.DURATION

_DIVISORS: Final = {
    Kind.NUMBER: "a number",
    Kind.SHARE: "a number",
    Kind.MONEY: "money, a price, a quantity or a number",
    Kind.PRICE: "a price or a number",
    Kind.QUANTITY: "a quantity or a number",
    Kind.DURATION: "a duration or a number",
}
_OPERAND: Final = "a number, a name or '('"
_ALONE: Final = "a truth stands alone, or behind 'not'"


class Rule:
    """A compiled condition. It keeps nothing of what it was asked: the same values, the same
    answer.
    """

    def __init__(self, text: str, root: Node, kinds: dict[str, Kind]) -> None:
        """Take the text, its root, and the names in it in the order of their first use."""
        assert root.kind is _TRUTH, "a condition holds or does not"
        self.text = text
        self.names = tuple(kinds)
        self.kinds = kinds
        self._root = root

    def holds(self, values: Values) -> bool | None:
        """Return whether the condition is so; None where it cannot be known. The caller decides
        what is the strict thing to do then.
        """
        return self._root.holds(values)

    @property
    def compared(self) -> Kind | None:
        """Return what the two sides of a plain comparison are; None if it is another condition."""
        root = self._root
        return root.compared if isinstance(root, Comparison) and len(root.sides) == 2 else None

    def sides(self, values: Values) -> list[Value | None]:
        """Return the two sides of a plain comparison, to be shown: what was measured, and against
        what. None is a side that is not known; of another condition there are none.
        """
        root = self._root
        if not isinstance(root, Comparison) or len(root.sides) != 2:
            return []
        measured = [side.measure(values) for side in root.sides]
        return [reduced(value) if value[1] else None for value in measured]


def compile_rule(text: str, vocabulary: Mapping[str, Kind]) -> Rule:
    """Return the condition that `text` says in the names of a vocabulary. Raises `RuleError`."""
    assert not any(word in vocabulary for word in RESERVED), "the language keeps its own words"
    parser = _Parser(text, vocabulary)
    return Rule(text, parser.condition(), parser.kinds)


class _Parser:
    """Reads one condition from left to right. Each method takes what its name says."""

    def __init__(self, text: str, vocabulary: Mapping[str, Kind]) -> None:
        self.kinds: dict[str, Kind] = {}  # of the names that were used
        self._text = text
        self._vocabulary = vocabulary
        self._tokens = tokens(text)
        self._place = 0
        self._depth = 0
        self._nodes = 0

    def condition(self) -> Node:
        """Return the whole, which must be a truth."""
        if not self._here().text:
            raise self._refused(self._here().start, "found nothing", "a condition")
        root = self._either()
        self._end("", "an operator or the end")
        return self._truth(root)

    def _either(self) -> Node:
        operands = [self._both()]
        while self._here().text == "or":
            self._place += 1
            operands.append(self._both())
        return self._joined(operands, decisive=True)

    def _both(self) -> Node:
        operands = [self._negated()]
        while self._here().text == "and":
            self._place += 1
            operands.append(self._negated())
        return self._joined(operands, decisive=False)

    def _joined(self, operands: list[Node], decisive: bool) -> Node:
        """Return several truths as one; what stands alone may still be an amount."""
        if len(operands) == 1:
            return operands[0]
        for operand in operands:
            self._truth(operand)
        return self._counted(Junction(operands, decisive))

    def _negated(self) -> Node:
        token = self._here()
        if token.text != "not":
            return self._comparison()
        self._place += 1
        self._enter(token)
        operand = self._truth(self._negated())
        self._depth -= 1
        return self._counted(Opposite(token.start, operand))

    def _comparison(self) -> Node:
        first = self._sum()
        sides = [first]
        operators: list[int] = []
        while self._here().text in COMPARISONS:
            operators.append(COMPARISONS.index(self._next().text))
            sides.append(self._sum())
        if not operators:
            return first
        compared = self._common(sides)
        for place in range(len(operators)):
            if isinstance(sides[place], Literal) and isinstance(sides[place + 1], Literal):
                found = "found a comparison that never changes"
                raise self._refused(sides[place].start, found, "a name in it")
        return self._counted(Comparison(sides, operators, compared))

    def _sum(self) -> Node:
        left = self._product()
        while self._here().text in ("+", "-"):
            sign = 1 if self._next().text == "+" else -1
            right = self._product()
            kind = self._common([left, right])
            left = self._folded(Sum(kind, left, right, sign), [left, right])
        return left

    def _product(self) -> Node:
        left = self._signed()
        while self._here().text in ("*", "/"):
            operator = self._next()
            right = self._signed()
            operands = [self._amount(left), self._amount(right)]
            if operator.text == "*":
                kind = self._multiplied(left, right, operator)
                left = self._folded(Product(kind, left, right), operands)
            else:
                kind = self._divided(left, right, operator)
                left = self._folded(Quotient(kind, left, right), operands)
        return left

    def _signed(self) -> Node:
        token = self._here()
        if token.text != "-":
            return self._primary()
        self._place += 1
        self._enter(token)
        operand = self._amount(self._signed())
        self._depth -= 1
        return self._folded(Negation(token.start, operand), [operand])

    def _primary(self) -> Node:
        token = self._next()
        if isinstance(token, NumberToken):
            return self._counted(Literal(token.kind, token.start, token.value))
        if token.text == "(":
            self._enter(token)
            node = self._either()
            self._close(token, "an operator or ')'")
            node.start = token.start
            return node
        if token.text in FUNCTIONS:
            return self._function(token)
        if token.is_name and token.text not in RESERVED:
            return self._named(token)
        raise self._refused(token.start, _found(token), _OPERAND)

    def _named(self, token: Token) -> Node:
        name = token.text
        kind = self._vocabulary.get(name)
        if kind is None:
            raise self._unknown(token)
        self.kinds[name] = kind
        if kind is _TRUTH:
            return self._counted(Truth(token.start, name))
        return self._counted(Amount(kind, token.start, name))

    def _function(self, token: Token) -> Node:
        opening = self._next()
        if opening.text != "(":
            raise self._refused(opening.start, _found(opening), f"'(' behind {token.text!r}")
        self._enter(token)
        operands = [self._amount(self._either())]
        while self._here().text == ",":
            self._place += 1
            operands.append(self._amount(self._either()))
        self._close(opening, "an operator, ',' or ')'")
        return self._folded(self._applied(token, operands), operands)

    def _applied(self, token: Token, operands: list[Node]) -> Node:
        """Return a function of its arguments."""
        count = len(operands)
        if token.text == "abs":
            if count != 1:
                raise self._refused(operands[1].start, f"found {count} amounts", "1, as in abs(x)")
            return Magnitude(token.start, operands[0])
        if count < 2:
            expected = f"2 or more, as in {token.text}(x, y)"
            raise self._refused(token.start, "found 1 amount", expected)
        return Extreme(self._common(operands), token.start, operands, token.text == "max")

    # --- words -----------------------------------------------------------------------------------

    def _here(self) -> Token:
        return self._tokens[self._place]

    def _next(self) -> Token:
        """Return the word that is next and go on; the end stays where it is."""
        token = self._tokens[self._place]
        if token.text:
            self._place += 1
        return token

    def _enter(self, token: Token) -> None:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            found = f"found more than {DEPTH_MAX} levels"
            raise self._refused(token.start, found, "fewer parentheses and signs")

    def _close(self, opening: Token, expected: str) -> None:
        """Take the other parenthesis."""
        if not self._here().text:
            line, column = place_of(self._text, opening.start)
            expected = f"')' to the '(' at {line}:{column}"
        self._end(")", expected)
        self._place += 1
        self._depth -= 1

    def _end(self, text: str, expected: str) -> None:
        """Raise if another word than this one is next."""
        token = self._here()
        if token.text != text:
            word = token.text.lower()
            expected = f"{word!r}" if word in ("and", "or") else expected
            raise self._refused(token.start, _found(token), expected)

    # --- what goes with what ---------------------------------------------------------------------

    def _amount(self, node: Node) -> Node:
        """Return it if it is an amount."""
        if node.kind is _TRUTH:
            raise self._refused(node.start, "found a truth", f"a number or an amount: {_ALONE}")
        return node

    def _truth(self, node: Node) -> Node:
        """Return it if it is a truth."""
        if node.kind is not _TRUTH:
            expected = "a truth: compare it with something, as in 'price > 1.0'"
            raise self._refused(node.start, f"found {WORDS[node.kind]}", expected)
        return node

    def _common(self, nodes: list[Node]) -> Kind:
        """Return the kind that these amounts share; bare numbers take it from the others."""
        kind = self._amount(nodes[0]).kind
        for node in nodes:
            if not _is_bare(node):
                kind = node.kind
                break
        for node in nodes:
            found = self._amount(node).kind
            if found is kind or (_is_bare(node) and takes_bare(kind)):
                continue
            if not (is_plain(found) and is_plain(kind)):
                unit = ": write 2h or 300s" if kind is _DURATION and _is_bare(node) else ""
                expected = WORDS[kind] + unit
                raise self._refused(node.start, f"found {WORDS[found]}", expected)
            kind = _NUMBER
        return kind

    def _multiplied(self, left: Node, right: Node, operator: Token) -> Kind:
        kind = product_kind(left.kind, right.kind)
        if kind is None:
            found = f"found {WORDS[left.kind]} * {WORDS[right.kind]}"
            expected = "a number in it, or a price * a quantity"
            raise self._refused(operator.start, found, expected)
        return kind

    def _divided(self, left: Node, right: Node, operator: Token) -> Kind:
        if isinstance(right, Literal) and right.value[0] == 0:
            raise self._refused(right.start, "found a division by zero", "another divisor")
        kind = quotient_kind(left.kind, right.kind)
        if kind is None:
            found = f"found {WORDS[left.kind]} / {WORDS[right.kind]}"
            raise self._refused(operator.start, found, f"{_DIVISORS[left.kind]} behind it")
        return kind

    # --- bounds and errors -----------------------------------------------------------------------

    def _counted(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > NODES_MAX:
            last = self._tokens[max(0, self._place - 1)]
            raise self._refused(last.start, f"found more than {NODES_MAX} parts", "fewer")
        return node

    def _folded(self, node: Node, operands: list[Node]) -> Node:
        """Return what is calculated from numbers alone as the number that it is."""
        self._counted(node)
        if not all(isinstance(operand, Literal) for operand in operands):
            return node
        return Literal(node.kind, node.start, reduced(node.measure({})))

    def _unknown(self, token: Token) -> RuleError:
        """Return the error of a name that the vocabulary does not have."""
        name, start = token.text, token.start
        if name.lower() in RESERVED:
            return self._refused(start, f"found {name!r}", f"{name.lower()!r}")
        if name.lower() in ("true", "false"):
            return self._refused(start, f"found {name!r}", f"a name: {_ALONE}")
        if self._here().text == "(":
            return self._refused(start, f"found the function {name!r}", "abs, min or max")
        near = did_you_mean(name, sorted(self._vocabulary))
        return self._refused(start, f"found the unknown name {name!r}", f"a known one{near}")

    def _refused(self, start: int, found: str, expected: str) -> RuleError:
        return misplaced(self._text, start, f"{found}, expected {expected}")


def _found(token: Token) -> str:
    return f"found {token.text!r}" if token.text else "found the end"


def _is_bare(node: Node) -> bool:
    """Return whether it is a number without a unit, as written or calculated from such."""
    return isinstance(node, Literal) and node.kind is _NUMBER
