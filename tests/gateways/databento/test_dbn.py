"""Heads of all versions, and files that end where they should not."""

from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from fairlead.gateways.databento.dbn import DbnFile, Symbol, is_dbn
from fairlead.gateways.errors import RecordingDamaged, RecordingError, RecordingUnreadable
from tests.gateways.databento.samples import content, folder
from tests.gateways.mutations import MUTATIONS, SEED, mutated


@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_head_of_every_version_is_read(version: int, market_data: Path) -> None:
    head = DbnFile(folder(market_data) / f"test_data.mbo.v{version}.dbn.zst").head
    assert (head.version, head.dataset, head.schema) == (version, "GLBX.MDP3", 0)
    assert head.symbols == (Symbol("ESH1", 20201228, 20201229, "5482"),)


def test_a_live_file_has_no_schema_and_no_symbols(market_data: Path) -> None:
    head = DbnFile(folder(market_data) / "LIVE" / "test_data.live.dbn.zst").head
    assert (head.schema, head.symbols) == (None, ())


def test_what_is_not_dbn_is_said(market_data: Path, tmp_path: Path) -> None:
    assert is_dbn(folder(market_data) / "test_data.mbo.dbn")
    text = tmp_path / "text.csv"
    text.write_text("ts_recv,ts_event\n")
    assert not is_dbn(text)
    with pytest.raises(RecordingUnreadable, match="begins with b'ts_', expected b'DBN'"):
        DbnFile(text)
    with pytest.raises(RecordingUnreadable, match="DBZ, the predecessor of DBN; convert it"):
        is_dbn(folder(market_data) / "test_data.mbo.dbz")


def test_a_file_that_ends_anywhere_is_damaged_or_whole(market_data: Path, tmp_path: Path) -> None:
    whole = content(folder(market_data) / "test_data.mbp-1.v3.dbn.zst")
    path = tmp_path / "file.dbn"
    ends = []
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        with suppress(RecordingDamaged):
            ends.append((length, len(list(DbnFile(path).records()))))
    assert [count for _, count in ends] == [0, 1, 2]
    assert ends[-1][0] == len(whole)


def test_versions_lengths_and_contents_that_make_no_sense_are_refused(
    market_data: Path, tmp_path: Path
) -> None:
    whole = bytearray(content(folder(market_data) / "test_data.mbp-1.v3.dbn.zst"))
    path = tmp_path / "file.dbn"
    for place, value, message in (
        (3, b"\x09", "DBN version 9"),
        (4, b"\x01\x00\x00\x00", "a head of 1 bytes"),
        (4, b"\xff\xff\xff\xff", "a head of 4294967295 bytes"),
        (8 + 100, b"\xff\xff\xff\x7f", "the head makes no sense"),
    ):
        damaged = bytearray(whole)
        damaged[place : place + len(value)] = value
        path.write_bytes(damaged)
        with pytest.raises(RecordingError, match=message):
            DbnFile(path)


def test_mutated_files_are_read_or_refused(market_data: Path, tmp_path: Path) -> None:
    names = ("test_data.mbo.v1.dbn.zst", "test_data.mbp-10.v3.dbn.zst", "test_data.definition.dbn")
    samples = [content(folder(market_data) / name) for name in names]
    path, random, refused = tmp_path / "file.dbn", Random(SEED), 0
    for _ in range(MUTATIONS):
        path.write_bytes(mutated(samples, random))
        try:
            for _ in DbnFile(path).records():
                pass
        except RecordingError:
            refused += 1
    assert refused
