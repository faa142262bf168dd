"""What can go wrong with the words of risk.

RiskError
└── RuleError    a condition that means nothing: says where, what was found, and what would fit
"""

from typing import Final

_CARET_BEFORE: Final = 80  # of a long line, so much is shown before the place
_CARET_WIDTH: Final = 100  # and so much in all: it fits a terminal


class RiskError(Exception):
    """Something that people wrote for the risk layers cannot be used."""


class RuleError(RiskError):
    """A condition cannot be compiled. Line and column count from 1, within the condition."""

    def __init__(self, text: str, line: int, column: int, message: str) -> None:
        """Take the condition, the place in it, and `found X, expected Y`."""
        super().__init__(f"{line}:{column}: {message}")
        self.text = text
        self.line = line
        self.column = column
        self.message = message

    def caret(self) -> str:
        """Return the line of the condition, and below it a mark at the place."""
        line = self.text.split("\n")[self.line - 1]
        begin = max(0, self.column - _CARET_BEFORE)
        end = begin + _CARET_WIDTH
        shown = "".join(one if one.isprintable() else " " for one in line[begin:end])
        return f"{shown}\n{' ' * (self.column - 1 - begin)}^"


def misplaced(text: str, start: int, message: str) -> RuleError:
    """Return the error at an offset of a condition."""
    line, column = place_of(text, start)
    return RuleError(text, line, column, message)


def place_of(text: str, start: int) -> tuple[int, int]:
    """Return the line and the column of an offset, both from 1."""
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
