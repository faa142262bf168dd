"""A YAML tree as plain values, and what an error needs to know about where each of them stands.

`${NAME}` in a value is replaced by the environment before the value is read; what comes from there
is never shown. Numbers are `int` or an exact `Decimal`, made from the text that was written.
`!secret` makes a `SecretStr`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from pydantic import SecretStr

from fairlead.node.errors import Problem, UnreadableText
from fairlead.node.yaml_text import KeyPath, MappingNode, Node, ScalarNode, SequenceNode, key_text

HIDDEN: Final = "(hidden)"
FOUND_LENGTH_MAX: Final = 60  # of a wrong value shown in a message: enough to recognise it
DIGITS_MAX: Final = 28  # what `decimal` computes with exactly by default
DECIMALS_MAX: Final = 18  # after the point: what money of the finest currency has
NUMBER_LENGTH_MAX: Final = 64  # of the text, zeros and exponent included

PlainValue = str | int | bool | Decimal | None

_TRUTH: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_UNCLEAR: Final = re.compile(r"[-+]?0[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")  # 010 was 8 in YAML 1.1
_NOT_FINITE: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_REFERENCE: Final = re.compile(r"\$(\$?)\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?")


@dataclass(frozen=True)
class Written:
    """Where one value stands, where its key stands, and how an error shows the value."""

    place: tuple[int, int]  # line and column
    key_place: tuple[int, int]
    found: str
    is_scalar: bool = False
    inner: tuple[int, int] | None = None  # of its first character, where it stands as it is
    file: str = ""  # where it is another one than the first
    shown: KeyPath | None = None  # its path as it was written, where that is another one


NOWHERE: Final = Written((0, 0), (0, 0), "nothing")  # of a configuration that is not from a file


@dataclass(frozen=True)
class Source:
    """Where a configuration was read from. All are equal: a place is no part of a meaning."""

    file: str = field(default="configuration", compare=False)
    written: Mapping[KeyPath, Written] = field(default_factory=dict, compare=False, repr=False)

    def problem(self, path: KeyPath, text: str, *, at_key: bool = False) -> Problem:
        """Return the problem at `path`, or at the closest that was written around it."""
        known = self._around(path)
        written = self.written.get(known, NOWHERE)
        place = written.key_place if at_key else written.place
        shown = path if written.shown is None else written.shown + path[len(known) :]
        return Problem(written.file or self.file, *place, key_text(shown), text)

    def inside(self, path: KeyPath, line: int, column: int, text: str) -> Problem:
        """Return the problem at a place within the text at `path`; line and column from 1."""
        problem = self.problem(path, text)
        inner = self.written[path].inner if path in self.written else None
        if inner is None or line != 1:
            return problem
        return replace(problem, line=inner[0], column=inner[1] + column - 1)

    def placed(self, path: KeyPath) -> KeyPath:
        """Return a path as it was written: a short form has fewer keys than what it stands for."""
        if not self.written:
            return path
        kept: KeyPath = ()
        for place, element in enumerate(path):
            if (*kept, element) in self.written:
                kept = (*kept, element)
            elif self._is_scalar(kept):
                return kept
            elif not any((*kept, later) in self.written for later in path[place + 1 :]):
                return kept + path[place:]
        return kept

    def mismatch(
        self, path: KeyPath, expected: str, about: Literal["value", "key", "secret"] = "value"
    ) -> Problem:
        """Return the problem that the value at `path`, or its key, is not what is expected."""
        if self._around(path) not in self.written:
            return self.problem(path, f"expected {expected}")
        if about == "value":
            found = self.written[path].found if path in self.written else "nothing"
        else:
            found = {"key": "this key", "secret": HIDDEN}[about]
        return self.problem(path, f"found {found}, expected {expected}", at_key=about == "key")

    def _around(self, path: KeyPath) -> KeyPath:
        """Return `path`, or the closest around it, that was written."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.written:
                return path[:length]
        return ()

    def _is_scalar(self, path: KeyPath) -> bool:
        return path in self.written and self.written[path].is_scalar


class Reading:
    """The values of one tree, and what is wrong with them. What cannot be read is `None`."""

    def __init__(self, root: Node, file: str, environment: Mapping[str, str]) -> None:
        """Read the whole tree."""
        self.problems: list[Problem] = []
        self._environment = environment
        self._written: dict[KeyPath, Written] = {}
        self.source = Source(file, self._written)
        self.value = self._value(root, (), root)

    def _value(self, node: Node, path: KeyPath, key: Node) -> object:
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, key)
        found = "a mapping" if isinstance(node, MappingNode) else "a sequence"
        self._written[path] = Written((node.line, node.column), (key.line, key.column), found)
        if isinstance(node, SequenceNode):
            return [self._value(item, (*path, i), item) for i, item in enumerate(node.items)]
        return {key.text: self._value(value, (*path, key.text), key) for key, value in node.entries}

    def _scalar(self, node: ScalarNode, path: KeyPath, key: Node) -> object:
        text, names, wrong = replaced(node.text, self._environment)
        found = found_text(text, node.plain)
        if names or node.secret:
            found = HIDDEN + (f" from {', '.join(names)}" if names else "")
        at = node if node.text or not node.plain else key  # what is not there has no place
        as_it_is = node.inner and not node.secret and text == node.text
        self._written[path] = Written(
            (at.line, at.column),
            (key.line, key.column),
            found,
            is_scalar=bool(node.text) or not node.plain,
            inner=(node.line, node.inner) if as_it_is else None,
        )
        for problem in wrong:
            self._report(path, problem)
        if wrong:
            return None
        if text == HIDDEN or (node.secret and not text):
            was = "the placeholder of a dump" if text else "nothing"
            self._report(path, f"found {was}, expected the secret itself")
            return None
        if node.secret:
            return SecretStr(text)
        try:
            return plain_value(text) if node.plain else text
        except UnreadableText as error:
            self._report(path, f"found {found}, {error}")
            return None

    def _report(self, path: KeyPath, text: str) -> None:
        self.problems.append(self.source.problem(path, text))


def plain_value(text: str) -> PlainValue:
    """Return what text without quotes means in YAML 1.2, decimals exactly. Raises `UnreadableText`.

    Refused are numbers that are not finite, that are too long to compute with exactly, and that
    people read in two ways (`010`, `0x10`). `no`, `off` and `1_000` are text, as YAML 1.2 has it.
    """
    if text in _NOTHING:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    if _NOT_FINITE.fullmatch(text):
        raise UnreadableText("a finite number")
    if _UNCLEAR.fullmatch(text):
        raise UnreadableText("decimal digits without a leading zero, or quotes around a text")
    if not _NUMBER.fullmatch(text):
        return text
    if not _is_computable(text):
        raise UnreadableText(
            f"a number of at most {DIGITS_MAX} digits, at most {DECIMALS_MAX} of them decimals"
        )
    return int(text) if _WHOLE.fullmatch(text) else Decimal(text)


def replaced(text: str, environment: Mapping[str, str]) -> tuple[str, list[str], list[str]]:
    """Return the text with its `${NAME}`s replaced, these references, and what is wrong with them.

    A variable that is empty counts as missing. `$${` stands for `${`.
    """
    names: list[str] = []
    wrong: list[str] = []

    def replacement(match: re.Match[str]) -> str:
        escape, name, fallback = match.groups()
        if escape:
            return match[0][1:]
        if name is None:
            names.append("${...}")
            wrong.append("found a broken ${...}, expected ${NAME} or ${NAME:-default}")
            return ""
        names.append(f"${{{name}}}")
        value = environment.get(name) or fallback or ""
        if not value and fallback is None:
            missing = f"found no environment variable {name}, or an empty one"
            wrong.append(f"{missing}; set it, or write ${{{name}:-default}}")
        if any("\ud800" <= character <= "\udfff" for character in value):
            wrong.append(f"found bytes that are not UTF-8 in {name}, expected text")
        return value

    return _REFERENCE.sub(replacement, text), names, wrong


def found_text(text: str, plain: bool) -> str:
    """Return how an error shows a scalar: a text in quotes, anything else as it was written."""
    if plain and text in _NOTHING:
        return "nothing"
    shown = text if len(text) <= FOUND_LENGTH_MAX else text[:FOUND_LENGTH_MAX] + "..."
    other = (_NUMBER, _UNCLEAR, _NOT_FINITE)
    if plain and (text in _TRUTH or any(form.fullmatch(text) for form in other)):
        return shown
    return json.dumps(shown, ensure_ascii=False)


def _is_computable(text: str) -> bool:
    """Return whether a number is short enough to compute with exactly."""
    if len(text) > NUMBER_LENGTH_MAX:
        return False
    try:
        number = Decimal(text)
    except InvalidOperation:  # an exponent beyond what `decimal` can hold
        return False
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has an exponent"
    decimals = max(-exponent, 0)
    return decimals <= DECIMALS_MAX and max(number.adjusted() + 1, 0) + decimals <= DIGITS_MAX
