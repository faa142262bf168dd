"""Every kind has a version; what is older is upcast, what is newer is refused and says why."""

from typing import Any

import msgspec
import pytest
from hypothesis import given

from fairlead.model.codec import encode_input, encode_outputs
from fairlead.model.errors import UndecodableRecord
from fairlead.model.inputs import KillCommand
from fairlead.model.outputs import TradingStopped
from fairlead.model.schema import CURRENT, NAMES, Schema, Upcaster
from fairlead.model.text import INPUTS, OUTPUTS
from tests.model.records import any_of, record
from tests.model.shapes import HELD, shapes

KILL, STOPPED = 80, 163
COMMAND = encode_input(KillCommand("ann", "a drill"))


def shouting(old: list[Any]) -> list[Any]:
    """Upcast: since version 2 a person is written in capitals."""
    return [old[0], old[1].upper(), *old[2:]]


def twice(old: list[Any]) -> list[Any]:
    """Upcast: since version 3 a reason is given twice."""
    return [*old[:2], old[2] + old[2], *old[3:]]


TABLE: dict[tuple[int, int], Upcaster] = {(KILL, 1): shouting, (KILL, 2): twice}
NEWER = Schema({KILL: 3}, TABLE)
SECOND = Schema({KILL: 2}, TABLE)


def person_and_reason(payload: bytes) -> tuple[str, str]:
    """Return what a kill says."""
    _, person, reason, *_ = msgspec.msgpack.decode(payload)
    return person, reason


def test_the_shape_of_a_kind_changes_with_its_version_alone() -> None:
    """A change that is not said makes old journals unreadable, or worse: read as something else.

    A kind that is new here, or that has a new version and an upcaster: `tests/model/shapes.py`.
    """
    assert shapes() == HELD.read_text()


def test_every_kind_has_a_name_and_a_version() -> None:
    assert set(NAMES.values()) == {*INPUTS, *OUTPUTS}
    assert set(CURRENT.versions) == set(NAMES)


@given(any_of(INPUTS))
def test_what_this_build_wrote_is_plain(input: Any) -> None:
    translation = CURRENT.translation(CURRENT.written("0.1.0"))
    assert translation.is_plain
    assert translation.input(encode_input(input)) == encode_input(input)


def test_what_was_written_before_schemas_is_in_its_first_version() -> None:
    translation = NEWER.translation(b"")
    assert not translation.is_plain
    assert person_and_reason(translation.input(COMMAND)) == ("ANN", "a drilla drill")


def test_an_older_version_is_upcast_step_by_step() -> None:
    translation = NEWER.translation(SECOND.written("0.2.0"))
    assert person_and_reason(translation.input(COMMAND)) == ("ann", "a drilla drill")


@given(record(OUTPUTS["TradingStopped"]))
def test_a_kind_that_has_not_changed_keeps_its_bytes(output: TradingStopped) -> None:
    payload = encode_outputs([output, output])
    assert NEWER.translation(b"").outputs(payload) == payload


def test_outputs_are_upcast_too() -> None:
    newer = Schema({STOPPED: 2}, {(STOPPED, 1): shouting})
    payload = msgspec.msgpack.encode([[STOPPED, "ann"], [STOPPED, "bob"]])
    changed = msgspec.msgpack.encode([[STOPPED, "ANN"], [STOPPED, "BOB"]])
    assert newer.translation(b"").outputs(payload) == changed


def test_a_newer_version_is_refused_with_what_to_do() -> None:
    translation = CURRENT.translation(NEWER.written("9.1.0"))
    expected = r"KillCommand \(kind 80\) has version 3, this build knows up to 1: .* \(9\.1\.0\)"
    with pytest.raises(UndecodableRecord, match=expected):
        translation.input(COMMAND)


def test_a_kind_that_this_build_does_not_know_is_refused_with_what_to_do() -> None:
    written = msgspec.msgpack.encode({"build": "9.1.0", "versions": {**CURRENT.versions, 250: 1}})
    translation = CURRENT.translation(written)
    assert not translation.is_plain
    expected = r"kind 250, which this build does not know: use the build that wrote it \(9\.1\.0\)"
    with pytest.raises(UndecodableRecord, match=expected):
        translation.outputs(msgspec.msgpack.encode([[250, 1]]))
    assert translation.input(COMMAND) == COMMAND


def test_a_kind_that_its_segment_does_not_know_is_refused() -> None:
    written = msgspec.msgpack.encode({"build": "0.1.0", "versions": {STOPPED: 0}})
    with pytest.raises(UndecodableRecord, match="not in the schema of its segment"):
        CURRENT.translation(written).input(COMMAND)


@pytest.mark.parametrize("written", [b"\xc1", b"\x80", b"\x01", b"{}", b"\x82\xa5build\xa1\xff"])
def test_a_schema_that_cannot_be_read_is_refused(written: bytes) -> None:
    with pytest.raises(UndecodableRecord, match="schema cannot be read"):
        CURRENT.translation(written)


@pytest.mark.parametrize("payload", [b"", b"\xc1", b"\x01", b"\x90", b"\x91\xa1a", b"\xa2\xff\xff"])
def test_what_is_no_record_is_refused(payload: bytes) -> None:
    translation = NEWER.translation(b"")
    with pytest.raises(UndecodableRecord):
        translation.input(payload)
    with pytest.raises(UndecodableRecord):
        translation.outputs(msgspec.msgpack.encode([msgspec.Raw(payload or b"\x01")]))


def test_a_version_that_nothing_leads_to_is_a_mistake_of_ours() -> None:
    with pytest.raises(AssertionError, match="KillCommand: nothing upcasts version 1"):
        Schema({KILL: 2}, {})
    with pytest.raises(AssertionError, match="no kind with tag 250"):
        Schema({250: 2}, {})
