"""Exports: read back they are what was written, in both forms."""

from io import BytesIO
from pathlib import Path

import pytest

from fairlead.gateways.errors import RecordingError, RecordingUnreadable
from fairlead.gateways.recorded import FormatOptions
from fairlead.gateways.store.exporting import export, open_exported
from fairlead.model.inputs import Trade
from fairlead.model.terms import Side
from fairlead.model.units import InstrumentId, Nanos, Price, Quantity
from tests.gateways.mutations import MUTATIONS
from tests.gateways.store.stores import MONDAY, Event, Made, instrument
from tests.gateways.store.test_reading import quote

ONE, TWO = instrument(1, "ONE.X"), instrument(2, "TWO.X")
TRADE = Trade(
    *(InstrumentId(2), Price(5), Quantity(6), Side.SELL, 'a,"b"', Nanos(MONDAY), "x, y"),
)
EVENTS: list[Event] = [
    (Nanos(MONDAY + 1), [quote(1, MONDAY)[1][0], TRADE]),
    (Nanos(MONDAY + 1), [TRADE]),
    quote(1, MONDAY + 2),
]


def written(as_csv: bool) -> bytes:
    out = BytesIO()
    assert export(Made([ONE, TWO], EVENTS), out, as_csv=as_csv) == 4
    return out.getvalue()


@pytest.mark.parametrize("as_csv", [False, True])
def test_what_is_read_back_is_what_was_written(as_csv: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(written(as_csv))
    recording = open_exported([path], FormatOptions())
    assert recording.instruments == (ONE, TWO)
    assert list(recording.events()) == EVENTS
    assert recording.counts.balanced
    one = open_exported([path], FormatOptions(symbols=("ONE.X",)))
    assert [input for _, inputs in one.events() for input in inputs] == [
        EVENTS[0][1][0],
        EVENTS[2][1][0],
    ]


@pytest.mark.parametrize("as_csv", [False, True])
def test_lines_that_are_wrong_are_counted_with_their_place(as_csv: bool, tmp_path: Path) -> None:
    path = tmp_path / "file"
    lines = written(as_csv).splitlines(keepends=True)
    lines[2 + as_csv] = b"nonsense\n"
    path.write_bytes(b"".join(lines))
    recording = open_exported([path], FormatOptions())
    assert sum(len(inputs) for _, inputs in recording.events()) == 3
    assert sum(recording.counts.dropped.values()) == 1
    assert recording.counts.balanced
    assert recording.records.malformed_examples[0].startswith(f"{path}:{3 + as_csv}: ")


@pytest.mark.parametrize("as_csv", [False, True])
def test_mutated_files_are_read_or_refused(as_csv: bool, tmp_path: Path) -> None:
    from random import Random

    from tests.gateways.mutations import SEED, mutated

    path, random = tmp_path / "file", Random(SEED)
    sample = written(as_csv)
    for _ in range(MUTATIONS):
        path.write_bytes(mutated([sample], random))
        try:
            recording = open_exported([path], FormatOptions())
        except RecordingError:  # garbage may begin as a compressed file does
            continue
        for _ in recording.events():
            pass
        assert recording.counts.balanced


def test_other_files_are_no_exports(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"", b"{}", b"a,b\n", b'{"form":"x","version":1,"instruments":[]}\n'):
        path.write_bytes(content)
        with pytest.raises(RecordingUnreadable):
            open_exported([path], FormatOptions())
