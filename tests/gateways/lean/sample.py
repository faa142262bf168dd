"""Lean's sample folder, and files made up in its shape."""

import zipfile
from pathlib import Path
from typing import Any

from fairlead.gateways.lean import open_lean
from fairlead.gateways.recorded import FormatOptions, FramesThroughFeed

DAYS = (20131007, 20131008, 20131009, 20131010, 20131011)


def folder(market_data: Path) -> Path:
    """Return Lean's data folder."""
    return market_data / "lean" / "Data"


def write_zip(root: Path, name: str, text: str) -> Path:
    """Write a file of Lean's with one member."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("member.csv", text)
    return path


def unzipped(path: Path) -> list[list[str]]:
    """Return the fields of the lines of a file."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    return [line.split(",") for line in text.split()]


def run(*paths: Path, **options: Any) -> tuple[FramesThroughFeed, list[Any]]:
    """Return an opened recording that was run to its end, and its inputs with their times."""
    recording = open_lean(paths, FormatOptions(**options))
    happened = [(time, input) for time, inputs in recording.events() for input in inputs]
    assert recording.counts.balanced
    return recording, happened
