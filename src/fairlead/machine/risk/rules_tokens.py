"""The words of a condition: numbers with their units, names, and marks.

What is read here is exact. A number becomes a numerator and a denominator and never anything else.
"""

import re
from math import gcd
from typing import Final

from fairlead.machine.risk.errors import misplaced
from fairlead.machine.risk.rules_kinds import Kind
from fairlead.machine.risk.rules_nodes import Value
from fairlead.model.risk import CONDITION_LENGTH_MAX

DIGITS_MAX: Final = 28  # of a number: more than any amount of money has

_PIECE: Final = re.compile(
    r"[ \t\r\n]+|[0-9][0-9A-Za-z_.%]*|[A-Za-z_][0-9A-Za-z_]*|[<>=!]=|[-+*/()<>,]"
)
_NUMBER: Final = re.compile(
    r"([1-9][0-9]{0,2}(?:_[0-9]{3})+|0|[1-9][0-9]*)(?:\.([0-9]+))?([A-Za-z]+|%)?"
)
_UNITS: Final[dict[str, tuple[Kind, int, int]]] = {  # what it is, and of how much: a fraction
    "": (Kind.NUMBER, 1, 1),
    "%": (Kind.SHARE, 1, 100),
    "bps": (Kind.SHARE, 1, 10_000),
    "ms": (Kind.DURATION, 1_000_000, 1),
    "s": (Kind.DURATION, 1_000_000_000, 1),
    "m": (Kind.DURATION, 60_000_000_000, 1),
    "h": (Kind.DURATION, 3_600_000_000_000, 1),
    "d": (Kind.DURATION, 86_400_000_000_000, 1),
}
_PAIRS: Final = ("<=", ">=", "==", "!=")
_MISTAKES: Final = {  # what people write, and what they mean by it
    "<>": "'!='",
    "=<": "'<='",
    "=>": "'>='",
    "&&": "'and'",
    "||": "'or'",
    "=": "'=='",
    "&": "'and'",
    "|": "'or'",
    "!": "'not'",
    "\u2264": "'<='",
    "\u2265": "'>='",
    "\u2260": "'!='",
    "\u2212": "'-'",
    "\u2013": "'-'",
    "\u00d7": "'*'",
    "\u00f7": "'/'",
    ".": "'_' in a name, or a digit before it as in 0.5",
    "%": "it right behind a number, as in 5%",
}


class Token:
    """One word, and where it begins. The end of the condition is a word without text."""

    def __init__(self, text: str, start: int) -> None:
        """Keep the word as it was written."""
        self.text = text
        self.start = start

    @property
    def is_name(self) -> bool:
        """Return whether it has the form of a name, as `and` and `max` also have."""
        return self.text[:1].isalpha() or self.text[:1] == "_"


class NumberToken(Token):
    """A number: what it is, and how much of it."""

    def __init__(self, text: str, start: int, kind: Kind, value: Value) -> None:
        """Keep what it says beside how it was written."""
        super().__init__(text, start)
        self.kind = kind
        self.value = value


def tokens(text: str) -> list[Token]:
    """Return the words of a condition, the last of them the end. Raises `RuleError`."""
    if len(text) > CONDITION_LENGTH_MAX:
        found = f"found {len(text)} characters, expected at most {CONDITION_LENGTH_MAX}"
        raise misplaced(text, CONDITION_LENGTH_MAX, found)
    words: list[Token] = []
    start = 0
    while start < len(text):
        _refuse_mistake(text, start)
        match = _PIECE.match(text, start)
        if match is None:
            found = f"found {text[start]!r}, expected a name, a number or an operator"
            raise misplaced(text, start, found)
        piece = match.group()
        if piece[0].isdigit():
            words.append(_number(text, start, piece))
        elif not piece.isspace():
            words.append(Token(piece, start))
        start += len(piece)
    words.append(Token("", start))
    return words


def reduced(value: Value) -> Value:
    """Return the same value in its lowest terms."""
    numerator, denominator = value
    common = gcd(numerator, denominator)
    return (numerator // common, denominator // common)


def _refuse_mistake(text: str, start: int) -> None:
    """Raise for what is written differently here than elsewhere."""
    end = start + 2
    pair = text[start:end]
    for piece in (pair, text[start]):  # the longer of two mistakes is meant
        expected = _MISTAKES.get(piece, "") if pair not in _PAIRS else ""
        if expected:
            raise misplaced(text, start, f"found {piece!r}, expected {expected}")
    if text[start] == "," and text[max(0, start - 1)].isdigit() and pair[1:].isdigit():
        found = "found ',' between digits, expected '_' as in 1_000, or a space behind it"
        raise misplaced(text, start, found)


def _number(text: str, start: int, piece: str) -> NumberToken:
    """Return the number that begins here."""
    match = _NUMBER.fullmatch(piece)
    if match is None:
        expected = "a number such as 5, 0.05, 1_000, 5%, 20bps or 2h"
        raise misplaced(text, start, f"found {piece!r}, expected {expected}")
    whole, decimals, unit = match.groups("")
    whole = whole.replace("_", "")
    known = _UNITS.get(unit)
    if known is None:
        found = f"found the unit {unit!r}, expected %, bps, ms, s, m, h or d"
        raise misplaced(text, start + match.start(3), found)
    digits = len(whole) + len(decimals)
    if digits > DIGITS_MAX:
        raise misplaced(text, start, f"found {digits} digits, expected at most {DIGITS_MAX}")
    kind, numerator, denominator = known
    value = (int(whole + decimals) * numerator, 10 ** len(decimals) * denominator)
    return NumberToken(piece, start, kind, reduced(value))
