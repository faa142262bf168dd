"""What the journal costs beside the disk: append and commit against the same bytes, written raw.

Ours and raw alternate with every single commit, in two files of one directory: what the disk does
at that moment, it does to both. A span is everything from the first append until the bytes are as
durable as the mode says. Of a group, each record has its share of that span, and the part of it
that the appends alone take: encoding the record and its checksum, before anything is written.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path as FilePath
from time import perf_counter_ns
from typing import Final, NamedTuple

from benchmarks import trading
from benchmarks.market import quotes
from benchmarks.measuring import Pairs, Place, Row, Sizes, Skipped, percentile, row
from fairlead.journal.format import INPUT
from fairlead.journal.log import SEGMENT_SUFFIX, Durability, Log
from fairlead.model.codec import encode_input
from fairlead.model.units import Nanos, Sequence
from fairlead.node.sealing import KEY_BYTES, JournalKey, JournalKeys

NAME: Final = "journal"
GOAL_DISK: Final = 1.5  # times a raw fdatasync
_RAW: Final = {
    Durability.PROCESS: "os.write",
    Durability.DISK: "os.write + os.fdatasync",
}


class Record(NamedTuple):
    """An input as the journal is given it."""

    sequence: Sequence
    time: Nanos
    payload: bytes


class Commits(NamedTuple):
    """The spans of one repetition, in nanoseconds."""

    ours: list[int]
    raw: list[int]
    appends: list[int]  # the part of `ours` before the commit


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield rows for one input in a commit and for a group of them, at both durabilities."""
    for durability in Durability:
        goal = GOAL_DISK if durability is Durability.DISK else None
        for group in (1, sizes.group):
            commits = [_commits(durability, group, sizes, place) for _ in range(sizes.repetitions)]
            inputs = "1 input" if group == 1 else f"{group} inputs"
            for name, per_mille in (("p50", 500), ("p99", 990)):
                what = f"`{durability.value}`, {inputs} in a commit, {name}"
                pairs = _pairs(commits, per_mille)
                yield row(NAME, what, "ns per commit", _RAW[durability], pairs, goal)
            if group > 1:
                yield from _per_record(durability, group, commits)
    for group in (1, sizes.group):
        sealed = [_sealed_commits(group, sizes, place) for _ in range(sizes.repetitions)]
        inputs = "1 input" if group == 1 else f"{group} inputs"
        what = f"`process`, encrypted, {inputs} in a commit, p50"
        yield row(NAME, what, "ns per commit", "the same, plain", _pairs(sealed, 500))


def _per_record(durability: Durability, group: int, commits: list[Commits]) -> Iterator[Row]:
    """Yield what one record of a group costs: all of it, and the append alone."""
    whole = [(ours / group, raw / group) for ours, raw in _pairs(commits, 500)]
    appends = [
        (percentile(one.appends, 500) / group, raw)
        for one, (_, raw) in zip(commits, whole, strict=True)
    ]
    against = f"{_RAW[durability]}, its share"
    for what, pairs in (("append and its share of the commit", whole), ("append", appends)):
        said = f"`{durability.value}`, 1 of {group} inputs in a commit, {what}, p50"
        yield row(NAME, said, "ns per record", against, pairs)


def _commits(durability: Durability, group: int, sizes: Sizes, place: Place) -> Commits:
    """Commit groups of inputs, and after each write its bytes once more without a journal."""
    groups = _groups(sizes.commits + 1, group)
    directory = place.scratch / "journal"
    log = trading.journal(directory, durability)
    raw = os.open(directory / "raw", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    sync = durability is Durability.DISK
    spans = Commits([], [], [])
    try:
        _append(log, groups[0])
        log.commit(groups[0][-1].time)  # makes the segment
        written = next(directory.glob(f"*{SEGMENT_SUFFIX}")).open("rb", buffering=0)
        with written:
            written.seek(0, os.SEEK_END)
            for records in groups[1:]:
                began = perf_counter_ns()
                _append(log, records)
                spans.appends.append(perf_counter_ns() - began)
                log.commit(records[-1].time)
                spans.ours.append(perf_counter_ns() - began)
                content = written.readall()
                began = perf_counter_ns()
                count = os.write(raw, content)
                if sync:
                    os.fdatasync(raw)
                spans.raw.append(perf_counter_ns() - began)
                assert count == len(content) > group, "the same bytes are written"
    finally:
        os.close(raw)
        log.close(groups[-1][-1].time)
        shutil.rmtree(directory)
    return spans


def _sealed_commits(group: int, sizes: Sizes, place: Place) -> Commits:
    """Commit groups of inputs to an encrypted journal, and by turns to a plain one."""
    groups = _groups(sizes.commits + 1, group)
    cipher = JournalKeys([JournalKey(FilePath("in memory"), os.urandom(KEY_BYTES))])
    directories = place.scratch / "encrypted", place.scratch / "plain"
    logs = trading.journal(directories[0], cipher=cipher), trading.journal(directories[1])
    spans = Commits([], [], [])
    try:
        for records in groups:
            for log, taken in zip(logs, (spans.ours, spans.raw), strict=True):
                began = perf_counter_ns()
                _append(log, records)
                log.commit(records[-1].time)
                taken.append(perf_counter_ns() - began)
    finally:
        for log, directory in zip(logs, directories, strict=True):
            log.close(groups[-1][-1].time)
            shutil.rmtree(directory)
    # The first commits made the segments.
    return Commits(spans.ours[1:], spans.raw[1:], [])


def _groups(count: int, group: int) -> list[list[Record]]:
    """Return what is committed: quotes, encoded and numbered before the clock runs."""
    stream = quotes(count * group)
    records = [
        Record(Sequence(number), quote.venue_time, encode_input(quote))
        for number, quote in enumerate(stream, start=1)
    ]
    return [records[begin : begin + group] for begin in range(0, len(records), group)]


def _append(log: Log, records: list[Record]) -> None:
    for sequence, when, payload in records:
        log.append(INPUT, sequence, when, payload)


def _pairs(commits: list[Commits], per_mille: int) -> Pairs:
    return [(percentile(one.ours, per_mille), percentile(one.raw, per_mille)) for one in commits]
