"""The version of every kind of record, and how what an older build wrote becomes what we know.

A record is a msgpack array that begins with its tag. Its *kind* has a version, 1 at first. Whoever
changes what the array holds adds the kind with its new version to `CHANGED` and an upcaster from
the version before to `UPCASTERS`: a function from the old array, tag included, to the new one.
Versions are written at the beginning of each segment of a journal (`Schema.written`), so that a
reader knows which it has before it; a journal from before that has version 1 of everything.

What is older is upcast, one version after the other. What is newer is refused: an old build never
guesses at what a newer one meant.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import msgspec

from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import Input
from fairlead.model.outputs import Output

Upcaster = Callable[[list[Any]], list[Any]]

NAMES: Final[dict[int, str]] = {  # of all kinds, by tag
    kind.__struct_config__.tag: kind.__name__ for kind in (*get_args(Input), *get_args(Output))
}


def _trade_with_conditions(trade: list[Any]) -> list[Any]:
    """Upcast a trade of version 1: it has no conditions, and its aggressor is known."""
    return [*trade, ""]


_TRADE: Final = 21
CHANGED: Final[dict[int, int]] = {  # the version of each kind that is not in its first, by tag
    _TRADE: 2,
}
UPCASTERS: Final[dict[tuple[int, int], Upcaster]] = {  # by tag and the version that it takes
    (_TRADE, 1): _trade_with_conditions,
}
_FIRST: Final = 1
_USE: Final = "use the build that wrote it"

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final[Callable[[bytes], Any]] = msgspec.msgpack.Decoder().decode


class _Written(msgspec.Struct, frozen=True):
    """What stands at the beginning of a segment."""

    build: str
    versions: dict[int, int]


_decode_written: Final = msgspec.msgpack.Decoder(_Written).decode


class Schema:
    """All kinds with their versions, as one build knows them."""

    def __init__(
        self, changed: Mapping[int, int] = CHANGED, upcasters: Mapping[Any, Upcaster] = UPCASTERS
    ) -> None:
        """Take the kinds that are not in their first version, and the way to each version."""
        self.versions: Final = dict.fromkeys(NAMES, _FIRST) | dict(changed)
        self.upcasters: Final = dict(upcasters)
        for tag, version in changed.items():
            assert tag in NAMES, f"there is no kind with tag {tag}"
            for older in range(_FIRST, version):
                assert (tag, older) in upcasters, f"{NAMES[tag]}: nothing upcasts version {older}"

    def written(self, build: str) -> bytes:
        """Return what says all this at the beginning of a segment; `build` is for people."""
        return bytes(_encode(_Written(build, self.versions)))

    def translation(self, written: bytes) -> "Translation":
        """Return how the records of a segment become ours; empty `written` is from before schemas.

        Raises `UndecodableRecord` where that cannot be read.
        """
        if not written:
            return Translation(self, "", dict.fromkeys(self.versions, _FIRST))
        try:
            found = _decode_written(written)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UndecodableRecord(f"its schema cannot be read: {error}") from error
        return Translation(self, found.build, found.versions)


class Translation:
    """From the schema of one segment to that of this build."""

    def __init__(self, schema: Schema, build: str, versions: dict[int, int]) -> None:
        """Take ours, and theirs with the build that wrote it."""
        self._schema: Final = schema
        self._build: Final = build
        self._versions: Final = versions
        # Whether nothing has to be looked at: all that may stand there is what we would write.
        self.is_plain: Final = all(
            schema.versions.get(tag) == version for tag, version in versions.items()
        )

    def input(self, payload: bytes) -> bytes:
        """Return an input as this build writes it. Raises `UndecodableRecord`."""
        return bytes(_encode(self._upcast(_read(payload))))

    def outputs(self, payload: bytes) -> bytes:
        """Return outputs as this build writes them. Raises `UndecodableRecord`."""
        return bytes(_encode([self._upcast(record) for record in _array(_read(payload))]))

    def _upcast(self, found: Any) -> list[Any]:
        record = _array(found)
        tag = record[0] if record else None
        if not isinstance(tag, int):
            raise UndecodableRecord(f"no record: it begins with {tag!r}, a record with its tag")
        ours = self._schema.versions.get(tag)
        if ours is None:
            raise UndecodableRecord(
                f"a record of kind {tag}, which this build does not know: {self._remedy()}"
            )
        theirs = self._versions.get(tag)
        if theirs is None or theirs < _FIRST:
            raise UndecodableRecord(
                f"{NAMES[tag]} (kind {tag}) is not in the schema of its segment"
            )
        if theirs > ours:
            raise UndecodableRecord(
                f"{NAMES[tag]} (kind {tag}) has version {theirs}, this build knows up to {ours}:"
                f" {self._remedy()}"
            )
        for version in range(theirs, ours):
            record = self._schema.upcasters[tag, version](record)
        return record

    def _remedy(self) -> str:
        return f"{_USE} ({self._build})" if self._build else _USE


def _read(payload: bytes) -> Any:
    try:
        return _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UndecodableRecord(f"not a record that this build knows: {error}") from error


def _array(found: Any) -> list[Any]:
    if not isinstance(found, list):
        raise UndecodableRecord(f"not a record that this build knows: {type(found).__name__}")
    return found


CURRENT: Final = Schema()
