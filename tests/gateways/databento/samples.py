"""Databento's samples, as our readers and as the official decoder have them."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fairlead.gateways.databento import open_databento
from fairlead.gateways.recorded import FormatOptions, FramesThroughFeed
from fairlead.gateways.research_files import opened
from fairlead.model.inputs import Input
from fairlead.model.units import Nanos

zstandard = pytest.importorskip("zstandard", reason="the extra research is not installed")
databento_dbn = pytest.importorskip("databento_dbn", reason="databento-dbn is not installed")


def folder(market_data: Path) -> Path:
    """Return where the samples are."""
    return market_data / "databento_samples" / "tests" / "data"


def whole_files(market_data: Path) -> list[Path]:
    """Return every sample that is a whole DBN file."""
    found = sorted(folder(market_data).rglob("*.dbn")) + sorted(
        folder(market_data).rglob("*.dbn.zst")
    )
    assert len(found) > 100
    return [path for path in found if ".frag" not in path.name]


def content(path: Path) -> bytes:
    """Return a file, decompressed."""
    with opened(path) as file:
        return file.read()


def official_records(path: Path) -> list[Any]:
    """Return the records of a file as the official decoder has them."""
    decoder = databento_dbn.DBNDecoder(upgrade_policy=databento_dbn.VersionUpgradePolicy.AS_IS)
    decoder.write(content(path))
    return [each for each in decoder.decode() if not isinstance(each, databento_dbn.Metadata)]


def official_csv(path: Path, *, pretty: bool, symbols: bool) -> bytes:
    """Return a file as the official encoder writes it as CSV."""
    written = BytesIO()
    transcoder = databento_dbn.Transcoder(
        written,
        databento_dbn.Encoding.CSV,
        databento_dbn.Compression.NONE,
        pretty_px=pretty,
        pretty_ts=pretty,
        map_symbols=symbols,
    )
    transcoder.write(content(path))
    transcoder.flush()
    return written.getvalue()


def inputs_of(paths: list[Path], **options: Any) -> tuple[FramesThroughFeed, list[Any]]:
    """Return an opened recording that was run to its end, and its inputs with their times."""
    recording = open_databento(paths, FormatOptions(**options))
    happened: list[tuple[Nanos, Input]] = [
        (time, input) for time, inputs in recording.events() for input in inputs
    ]
    assert recording.counts.balanced
    return recording, happened
