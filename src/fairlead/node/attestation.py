"""Holds a journal against what was signed about it, while the journal is read.

Checksums and chain are no secret: who writes all of a journal anew makes them right. What was
signed before cannot be signed again without the key, so it tells what the journal alone cannot: a
tail that is gone, a journal that is another one, and from which input on.
"""

from collections.abc import Sequence as Many
from pathlib import Path
from typing import NamedTuple

from fairlead.journal.merkle import Frontier, leaf_hash
from fairlead.model.units import Nanos, Sequence
from fairlead.node.checkpoints import Checkpoint, Written, identity


class Finding(NamedTuple):
    """One thing that is wrong, and where: a file, its byte or line, and the inputs it is about."""

    kind: str  # one word for machines
    path: str
    text: str
    byte: int | None = None
    record: int | None = None
    line: int | None = None
    first_input: int | None = None
    last_input: int | None = None

    def told(self) -> str:
        """Return it as one line: the place, then what is wrong there."""
        where = self.path
        if self.line is not None:
            where += f":{self.line}"
        if self.record is not None:
            where += f": damaged at byte {self.byte} (record {self.record})"
        return f"{where}: {self.text}"


class Attestation:
    """A witness of a journal's groups: it says at the end where what was signed is not there."""

    def __init__(self, directory: Path, written: Many[Written], publics: Many[str] | None) -> None:
        """Take what was signed, from every place, and the public keys that may have signed it.

        Without keys signatures are not checked.

        Checkpoints of the same size from several places are held against each other as well.
        """
        self.tree = Frontier()
        self.name = ""  # what the journal calls itself, from its first group on
        self.confirmed: Checkpoint | None = None  # the last one that the journal fits
        self.findings: list[Finding] = []
        self._directory = directory
        self._last = Sequence(0)
        self._expected: dict[int, list[Written]] = {}
        self._changed = False
        genuine = [one for one in written if self._is_genuine(one, publics)]
        self._refuse_disorder(genuine)
        for one in genuine:
            self._expected.setdefault(one.checkpoint.size, []).append(one)

    def begin_at(self, name: str, tree: Frontier, last: Sequence) -> None:
        """Take the journal up to there as it is: a snapshot stands for it."""
        self.name = name
        self.tree = tree
        self._last = last
        for size in [size for size in self._expected if size <= tree.size]:
            del self._expected[size]

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        """Take a group; where its place was signed, hold the journal against that."""
        leaf = leaf_hash(group)
        if not self.tree.size:
            self.name = identity(self._directory, leaf)
        self.tree = self.tree.appended(leaf)
        self._last = last
        for one in self._expected.pop(self.tree.size, ()):
            self._compare(one, (epoch, last, time, chain.hex()))

    def finish(self) -> list[Finding]:
        """Return everything that is wrong, after the journal was read to its end."""
        missing = [one for size in sorted(self._expected) for one in self._expected[size]]
        self._expected.clear()
        if missing and not self._changed:
            self._tell_missing(missing)
        return self.findings

    def _is_genuine(self, one: Written, publics: Many[str] | None) -> bool:
        signed = one.checkpoint
        if publics is None or (signed.key in publics and signed.is_genuine(signed.key)):
            return True
        why = (
            f"was signed with the key {signed.key[:16]}..., not with one that was given"
            if signed.key not in publics
            else "the signature does not fit: the line was changed, or somebody else wrote it"
        )
        self._find("signature", one, why, None, signed.last_sequence)
        return False

    def _refuse_disorder(self, written: Many[Written]) -> None:
        """Find lines of one file that go back, and two that say different things of one size."""
        before: Written | None = None
        said: dict[tuple[str, int], Written] = {}
        for one in written:
            now = one.checkpoint
            if before is not None and before.path == one.path:
                then = before.checkpoint
                if now.size < then.size and now.journal == then.journal:
                    text = f"signs {now.size} groups after {then.size}: lines were moved"
                    self._find("order", one, text, None, now.last_sequence)
            other = said.setdefault((now.journal, now.size), one)
            if (other.checkpoint.root, other.checkpoint.chain) != (now.root, now.chain):
                text = (
                    f"signs another history of {now.size} groups than {other.path}:{other.line}:"
                    " two writers, or a copy that went its own way"
                )
                self._find("fork", one, text, None, now.last_sequence)
            before = one

    def _compare(self, one: Written, found: tuple[int, Sequence, Nanos, str]) -> None:
        signed = one.checkpoint
        said = (signed.epoch, signed.last_sequence, signed.time, signed.chain)
        if signed.root == self.tree.root().hex() and said == found and self._is_ours(signed):
            if not self._changed:
                self.confirmed = signed
            return
        if self._changed:
            return  # what follows a change cannot fit, and says nothing new
        self._changed = True
        self._find("rewritten", one, self._rewritten(signed), self._first_open(), self._last)

    def _is_ours(self, signed: Checkpoint) -> bool:
        """Whether it is about this journal: the directory may be called otherwise by now."""
        return signed.journal.rpartition("-")[2] == self.name.rpartition("-")[2]

    def _rewritten(self, signed: Checkpoint) -> str:
        if not self._is_ours(signed):
            return (
                f"is about {signed.journal}, this is {self.name}: its first group is not the one"
                " that was signed; the journal was written anew, or it is another one"
            )
        return (
            f"the root over {signed.size} groups is not the one that was signed: the journal was"
            f" written anew from an input in {self._first_open()} to {self._last} on"
        )

    def _tell_missing(self, missing: Many[Written]) -> None:
        """Say once what was signed furthest and is not there; the others say no more."""
        furthest = max(missing, key=lambda one: one.checkpoint.size)
        signed = furthest.checkpoint
        if self.tree.size and not self._is_ours(signed):
            self._find("rewritten", furthest, self._rewritten(signed), None, None)
            return
        self._find(
            "truncated",
            furthest,
            f"signed {signed.size} groups up to input {signed.last_sequence}; the journal ends with"
            f" input {self._last} after {self.tree.size}: what was signed is not there any more",
            self._last + 1,
            signed.last_sequence,
        )

    def _first_open(self) -> int:
        return self.confirmed.last_sequence + 1 if self.confirmed is not None else 1

    def _find(
        self, kind: str, one: Written, text: str, first: int | None, last: int | None
    ) -> None:
        self.findings.append(
            Finding(
                kind,
                str(one.path),
                text,
                line=one.line,
                first_input=first,
                last_input=last,
            )
        )
