"""YAML text as a tree of nodes that know their line and column, and values as YAML text.

Read is the part of YAML 1.2 that says the same to everybody. Refused are: a second document, `%YAML
1.1`, tags other than `!secret`, merge keys, keys that are not plain text, and the same key twice.
Scalars stay the text that was written: nothing here turns `0.1` into a float. An alias is the node
it names; what aliases expand to is bounded. Nothing here may open a file or look at the
environment.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from io import StringIO
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.nodes import Node as YAMLNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.representer import SafeRepresenter

from fairlead.node.errors import ConfigurationError, Problem

TEXT_BYTES_MAX: Final = (
    256 * 1024
)  # people write these files; reading this much takes about a second
DEPTH_MAX: Final = 32  # mappings and sequences inside each other; what we define needs 6
NODES_MAX: Final = 20_000  # with every alias expanded: bounds a "billion laughs"

_KEY: Final = "(key)"  # stands in the path for a key that is not text
SECRET_TAG: Final = "!secret"  # noqa: S105 - the name of a tag, no password

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """One scalar as it was written. `plain`: without quotes, so that its form decides its type."""

    line: int
    column: int
    text: str
    plain: bool
    secret: bool
    nodes: int = 1  # this node and all below it, aliases expanded
    depth: int = 0  # how many mappings and sequences are inside each other from here
    # The column of its first character; 0 where it does not stand on its line as it is.
    inner: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class SequenceNode:
    """A sequence and its items."""

    line: int
    column: int
    items: tuple["Node", ...]
    nodes: int
    depth: int


@dataclass(frozen=True, slots=True)
class MappingNode:
    """A mapping and its entries in the order of the file; each key once."""

    line: int
    column: int
    entries: tuple[tuple[ScalarNode, "Node"], ...]
    nodes: int
    depth: int


Node = ScalarNode | SequenceNode | MappingNode


def parse(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Return the tree of the one document in `text`, and what is wrong with it.

    Where something is wrong that does not hinder reading on (a tag, a key twice), the tree goes on
    without it. Raises `ConfigurationError` with all that was found where it does: broken YAML, or a
    bound was passed.
    """
    composer = _Composer(text, file)
    try:
        return composer.document(), composer.problems
    except MarkedYAMLError as error:
        composer.report(error.problem_mark or error.context_mark, (), _syntax(error))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - text.rfind("\n", 0, error.position)
        found = f"found the character U+{ord(text[error.position]):04X}, expected printable text"
        composer.problems.append(Problem(file, line, column, "", found))
    except _Bounded:
        pass
    raise ConfigurationError(composer.problems)


def key_text(path: KeyPath) -> str:
    """Return the path of a key as people write it: `strategies[0].parameters.size`."""
    parts: list[str] = []
    for element in path:
        if isinstance(element, int):
            parts.append(f"[{element}]")
        elif re.fullmatch(r"\w+", element):
            parts.append(f".{element}" if parts else element)
        else:
            parts.append(f"[{json.dumps(element, ensure_ascii=False)}]")  # no line breaks
    return "".join(parts)


def write(value: object) -> str:
    """Return mappings, lists and scalars as YAML, decimals exactly."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = TEXT_BYTES_MAX  # no folding: a value stands on its line
    stream = StringIO()
    yaml.dump(value, stream)
    return stream.getvalue()


class _Bounded(Exception):
    """The document passed a bound. The problem has been reported."""


class _Composer:
    """Builds the tree from the events of the parser, and stops where a bound is passed."""

    def __init__(self, text: str, file: str) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._file = file
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)
        self._anchors: dict[str, Node] = {}
        self._nodes = 0

    def report(self, mark: StreamMark | None, path: KeyPath, text: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        self.problems.append(Problem(self._file, line, column, key_text(path), text))

    def document(self) -> Node:
        next(self._events)  # the start of the stream
        start = next(self._events)
        if isinstance(start, StreamEndEvent):
            return ScalarNode(1, 1, "", plain=True, secret=False)
        assert isinstance(start, DocumentStartEvent), "a document starts after the stream"
        if start.version is not None and tuple(start.version) != (1, 2):
            found = "%YAML " + ".".join(map(str, start.version))
            line = self._text.count("\n", 0, self._text.index("%YAML")) + 1
            wrong = f"found {found}, expected %YAML 1.2 or no such line"
            self.problems.append(Problem(self._file, line, 1, "", wrong))
        root = self._node(next(self._events), ())
        next(self._events)  # the end of the document
        following = next(self._events)
        if not isinstance(following, StreamEndEvent):
            self.report(following.start_mark, (), "found a second document, expected one")
        return root

    def _node(self, event: Event, path: KeyPath) -> Node:
        """Return the node that begins with `event`, everything below it read."""
        if isinstance(event, AliasEvent):
            return self._alias(event, path)
        self._bound(event, path, 1, depth=0)
        assert isinstance(event, NodeEvent), "a node begins with an event of a node"
        node: Node
        if isinstance(event, MappingStartEvent):
            self._known_tag(event, path)
            node = self._mapping(event, path)
        elif isinstance(event, SequenceStartEvent):
            self._known_tag(event, path)
            node = self._sequence(event, path)
        else:
            assert isinstance(event, ScalarEvent), (
                "what is neither mapping nor sequence is a scalar"
            )
            node = self._scalar(event, path)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: AliasEvent, path: KeyPath) -> Node:
        node = self._anchors.get(event.anchor or "")
        if node is None:  # also an alias to something that it is itself a part of
            mark = event.start_mark
            self.report(
                mark, path, f"found *{event.anchor}, expected &{event.anchor} on a value before it"
            )
            return ScalarNode(mark.line + 1, mark.column + 1, "~", plain=True, secret=False)
        self._bound(event, path, node.nodes, node.depth)
        return node

    def _bound(self, event: Event, path: KeyPath, nodes: int, depth: int) -> None:
        self._nodes += nodes
        deep = len(path) + depth > DEPTH_MAX
        if deep or self._nodes > NODES_MAX:
            found = f"more than {DEPTH_MAX} levels" if deep else f"more than {NODES_MAX} values"
            expected = "fewer (an alias counts as all that it stands for)"
            self.report(
                event.start_mark, () if deep else path, f"found {found}, expected {expected}"
            )
            raise _Bounded

    def _mapping(self, start: Event, path: KeyPath) -> MappingNode:
        entries: list[tuple[ScalarNode, Node]] = []
        keys: dict[str, ScalarNode] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event, (*path, _KEY))
            below = (*path, key.text if isinstance(key, ScalarNode) else _KEY)
            value = self._node(next(self._events), below)
            wrong = _wrong_key(key, keys)
            if wrong:
                self.report(event.start_mark, below, wrong)
            elif isinstance(key, ScalarNode):
                keys[key.text] = key
                entries.append((key, value))
        children = [value for _, value in entries]
        line, column = _place(start)
        return MappingNode(line, column, tuple(entries), *_extent(children))

    def _sequence(self, start: Event, path: KeyPath) -> SequenceNode:
        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, (*path, len(items))))
        line, column = _place(start)
        return SequenceNode(line, column, tuple(items), *_extent(items))

    def _scalar(self, event: ScalarEvent, path: KeyPath) -> ScalarNode:
        secret = event.tag == SECRET_TAG
        if not secret:
            self._known_tag(event, path)
        line, column = _place(event)
        inner = self._inner(event)
        return ScalarNode(line, column, event.value, not event.style, secret, inner=inner)

    def _inner(self, event: ScalarEvent) -> int:
        """Return the column of the first character of a text that stands on its line as it is."""
        quotes = 1 if event.style in ("'", '"') else 0
        begin = event.start_mark.index + quotes
        if self._text[begin : event.end_mark.index - quotes] != event.value or "\n" in event.value:
            return 0
        _, column = _place(event)
        return column + quotes

    def _known_tag(
        self, event: ScalarEvent | MappingStartEvent | SequenceStartEvent, path: KeyPath
    ) -> None:
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            text = f"found the tag {tag}, expected no tag, or {SECRET_TAG} before a text"
            self.report(event.start_mark, path, text)


class _Representer(SafeRepresenter):
    """Writes mappings in their order, decimals as numbers, and in quotes what could be misread."""

    def mapping(self, value: dict[str, object]) -> YAMLNode:
        return self.represent_mapping("tag:yaml.org,2002:map", list(value.items()))

    def text(self, value: str) -> YAMLNode:
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return self.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')

    def decimal(self, value: Decimal) -> YAMLNode:
        kind = "float" if value.as_tuple().exponent else "int"
        return self.represent_scalar(f"tag:yaml.org,2002:{kind}", str(value))

    def ignore_aliases(self, data: object) -> bool:
        """Write everything out: a dump has no anchors."""
        return True


_PLAIN: Final = re.compile(r"[A-Za-z_/][\w/.-]*(?<!\.)|[0-9]+[a-z]{1,2}", re.ASCII)
_WORDS: Final = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
_Representer.add_representer(dict, _Representer.mapping)
_Representer.add_representer(str, _Representer.text)
_Representer.add_representer(Decimal, _Representer.decimal)


def _wrong_key(key: Node, keys: dict[str, ScalarNode]) -> str:
    """Return what is wrong with a key, or nothing."""
    if not isinstance(key, ScalarNode) or not key.text or key.secret:
        return "found a key that is not text, expected text"
    if key.text == "<<" and key.plain:
        return "found the merge key of YAML 1.1, expected the keys themselves"
    first = keys.get(key.text)
    if first is not None:
        return (
            f"found the key a second time, expected it once (first at {first.line}:{first.column})"
        )
    return ""


def _extent(children: list[Node]) -> tuple[int, int]:
    """Return how many nodes a node with these children is, and how deep."""
    nodes = 1 + sum(child.nodes for child in children)
    return nodes, 1 + max((child.depth for child in children), default=0)


def _place(event: Event) -> tuple[int, int]:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _syntax(error: MarkedYAMLError) -> str:
    where = f" {error.context}" if error.context else ""
    return f"broken YAML{where}: {error.problem}"
