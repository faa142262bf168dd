"""Is a journal what was written? Every manipulation that can be told, with its place.

First the bytes: checksums, numbers, chain, and what was signed; it needs no machine and takes
seconds for what takes minutes to replay. Then, if that holds, every output is computed again. What
is wrong is said with file, byte, record and the inputs it is about, and where files themselves tell
more (one is there twice, or two nodes wrote) that is said as well.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fairlead.journal import format as layout
from fairlead.journal.disk import RealDisk
from fairlead.journal.errors import JournalDamaged, JournalError
from fairlead.journal.history import End, History
from fairlead.journal.log import SEGMENT_SUFFIX
from fairlead.journal.packed import Segments
from fairlead.node.attestation import Attestation, Finding
from fairlead.node.checkpoints import Checkpoint, Written
from fairlead.node.recovery import PROGRESS_EVERY, Progress, Verdict
from fairlead.node.recovery import verify as verify_outputs

Step = Callable[[str], None]


@dataclass(frozen=True)
class Signatures:
    """What a journal is held against: lines that were signed, and the keys that may have signed."""

    written: Sequence[Written] = ()
    publics: Sequence[str] | None = None  # None: the signatures themselves are not checked


@dataclass(frozen=True)
class Examined:
    """What was found. The verdict is that of a replay, or with less in it where there was none."""

    verdict: Verdict
    findings: list[Finding] = field(default_factory=list)
    checkpoints: int = 0
    confirmed: Checkpoint | None = None  # the last one that the journal fits
    replayed: bool = False

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return self.verdict.passed and not self.findings


def examine(
    directory: Path, signatures: Signatures, quick: bool, step: Step, progress: Progress
) -> Examined:
    """Check a journal: its bytes, and unless it is to be `quick` what the machine answers to it."""
    attestation = Attestation(directory, signatures.written, signatures.publics)
    step("reading")
    damage = []
    try:
        history = History(directory)
    except JournalError as error:
        return Examined(Verdict(directory, str(error)), list(attestation.findings))
    history.show_to(attestation)
    try:
        for entry in history.entries():
            if entry.sequence % PROGRESS_EVERY == 0:
                progress(entry.sequence)
        read = _verdict(history)
    except JournalDamaged as error:
        read = Verdict(directory, str(error))
        damage = [_damaged(error, history.end)]
    except JournalError as error:
        return Examined(Verdict(directory, str(error)), list(attestation.findings))
    is_whole = not damage
    told = list(_of_files(directory))
    paths = [finding.path for finding in told]
    findings = [*(one for one in damage if one.path not in paths), *told]
    findings += attestation.finish() if is_whole else attestation.findings
    findings += _unsigned(directory, signatures)
    replayed = read.passed and not findings and not quick
    if replayed:
        step("replaying")
        read = verify_outputs(directory, progress)
    count = len({one.checkpoint.signature for one in signatures.written})  # each line once
    return Examined(read, findings, count, attestation.confirmed, replayed)


def _verdict(history: History) -> Verdict:
    end = history.end
    if not end.segments:
        return Verdict(history.directory, f"{history.directory}: no journal segments here")
    return Verdict(
        history.directory,
        "",
        end.last,
        end.segments,
        end.commits,
        end.bytes_total,
        end.torn_bytes,
        end.sealed,
        end.chain.hex(),
    )


def _damaged(error: JournalDamaged, end: End) -> Finding:
    return Finding(
        "damaged",
        error.path,
        f"{error.what}; inputs up to {end.last:,} are intact",
        byte=error.offset,
        record=error.record,
        first_input=end.last + 1,
    )


def _unsigned(directory: Path, signatures: Signatures) -> list[Finding]:
    """A key was given, so there is to be a signature: who takes all of them away is found out."""
    if signatures.publics is None or signatures.written:
        return []
    return [Finding("unsigned", str(directory), "no checkpoint of this journal: they are gone")]


def _of_files(directory: Path) -> Iterator[Finding]:
    """Find what the files tell by their names and beginnings alone."""
    begun: dict[int, Path] = {}
    segments = Segments(RealDisk())
    for name in segments.names(directory):
        path = directory / name
        if path.suffix != SEGMENT_SUFFIX:
            continue
        try:
            header = layout.decode_header(segments.read_part(path, 0, layout.HEADER_BYTES))
        except (OSError, JournalError, layout.BadHeader, layout.NewerFormat):
            continue  # reading it has said so
        other = begun.setdefault(header.first, path)
        if other != path:
            yield _twice(path, other, header.first)
        elif path.name != f"{header.first:020d}{SEGMENT_SUFFIX}":
            yield Finding(
                "renamed",
                str(path),
                f"begins with input {header.first}: it was renamed, or has taken another's place",
                first_input=header.first,
            )


def _twice(path: Path, other: Path, first: int) -> Finding:
    segments = Segments(RealDisk())
    same = segments.read(path) == segments.read(other)
    text = (
        f"is a copy of {other.name}: the same segment is there twice"
        if same
        else f"begins with input {first} as {other.name} does and goes on otherwise: two writers"
    )
    return Finding("duplicate" if same else "two_writers", str(path), text, first_input=first)
