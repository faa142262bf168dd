"""Every way to change a journal after the fact that we know of, done to a real session's journal.

Who tampers knows the format: checksums, chain and seals are made right where that helps. What they
do not have is the key, and the second place.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from crc32c import crc32c

from fairlead.journal import format as layout
from fairlead.journal.history import History
from fairlead.journal.merkle import Frontier, leaf_hash
from fairlead.model.units import Nanos, Sequence
from fairlead.node.checkpoints import Point, identity, signed
from fairlead.node.keys import SigningKey, new_key
from tests.journal.build import flip, segments

Record = tuple[int, int, int, bytes]  # kind, sequence, time, payload
Group = list[Record]


class Segment(NamedTuple):
    """A file in its parts."""

    path: Path
    header: bytes
    groups: list[Group]
    sealed: bool


class Scene(NamedTuple):
    """What whoever tampers can reach, and the directory that they cannot."""

    journal: Path
    copies: Path
    key: SigningKey


def taken_apart(path: Path) -> Segment:
    """Return a segment in its parts: groups without their commits."""
    content = path.read_bytes()
    groups: list[Group] = [[]]
    offset, sealed = layout.HEADER_BYTES, False
    while offset < len(content):
        record = layout.decode_record(content, offset)
        assert isinstance(record, layout.Record)
        if record.kind == layout.COMMIT:
            groups.append([])
        elif record.kind == layout.SEAL:
            sealed = True
        else:
            groups[-1].append((record.kind, record.sequence, record.time, record.payload))
        offset = record.end
    return Segment(path, content[: layout.HEADER_BYTES], [one for one in groups if one], sealed)


def put_together(parts: list[Segment]) -> None:
    """Write segments with checksums, chain and seals as they must be."""
    chain = layout.GENESIS
    for part in parts:
        head = part.header[:24] + chain + part.header[56 : layout.HEADER_BYTES - 4]
        content = head + crc32c(head).to_bytes(4, "little")
        last, time = 0, 0
        for group in part.groups:
            body = b"".join(_encoded(*record) for record in group)
            last, time = group[-1][1], group[-1][2]
            chain = layout.next_chain(chain, body)
            content += body + _encoded(layout.COMMIT, last, time, chain)
        if part.sealed:
            content += _encoded(layout.SEAL, last, time, chain)
        part.path.write_bytes(content)


def _encoded(kind: int, sequence: int, time: int, payload: bytes) -> bytes:
    return layout.encode_record(kind, Sequence(sequence), Nanos(time), payload)


def _all(scene: Scene) -> list[Segment]:
    return [taken_apart(path) for path in segments(scene.journal)]


def _second(scene: Scene) -> Segment:
    return taken_apart(segments(scene.journal)[1])


def _rewrite(part: Segment, groups: list[Group]) -> None:
    """Write one segment anew, each record with its checksum, and leave the chain as it was said."""
    content = part.path.read_bytes()
    commits = [
        record.payload
        for record in _records(content)
        if record.kind in (layout.COMMIT, layout.SEAL)
    ]
    out = part.header
    for number, group in enumerate(groups):
        body = b"".join(_encoded(*record) for record in group)
        chain = commits[min(number, len(commits) - 1)]
        out += body + _encoded(layout.COMMIT, group[-1][1], group[-1][2], chain)
    last = groups[-1][-1]
    part.path.write_bytes(out + _encoded(layout.SEAL, last[1], last[2], commits[-1]))


def _records(content: bytes) -> list[layout.Record]:
    found, offset = [], layout.HEADER_BYTES
    while offset < len(content):
        record = layout.decode_record(content, offset)
        assert isinstance(record, layout.Record)
        found.append(record)
        offset = record.end
    return found


def _altered(record: Record) -> Record:
    kind, sequence, time, payload = record
    return (kind, sequence, time, payload[:-1] + bytes([payload[-1] ^ 1]))


def flip_a_bit(scene: Scene) -> None:
    """One bit of a record is turned over."""
    path = segments(scene.journal)[1]
    flip(path, path.stat().st_size // 2, 3)


def change_a_record(scene: Scene) -> None:
    """A record is changed, with its checksum made right."""
    part = _second(scene)
    part.groups[1][0] = _altered(part.groups[1][0])
    _rewrite(part, part.groups)


def delete_a_record(scene: Scene) -> None:
    """An input and its outputs are taken out."""
    part = _second(scene)
    group = max(part.groups[1:-1], key=len)
    gone = group[0][1]
    group[:] = [record for record in group if record[1] != gone]
    _rewrite(part, part.groups)


def insert_a_record(scene: Scene) -> None:
    """An input is put between two others."""
    part = _second(scene)
    part.groups[1].insert(0, part.groups[1][0])
    _rewrite(part, part.groups)


def swap_two_records(scene: Scene) -> None:
    """Two inputs of a group change their places."""
    part = _second(scene)
    group = max(part.groups[1:-1], key=len)
    first, second = group[0][1], group[-1][1]
    mine = [record for record in group if record[1] == first]
    theirs = [record for record in group if record[1] == second]
    between = [record for record in group if record[1] not in (first, second)]
    group[:] = [*theirs, *between, *mine]
    _rewrite(part, part.groups)


def delete_a_group(scene: Scene) -> None:
    """A group is taken out, with its commit."""
    part = _second(scene)
    del part.groups[1]
    _rewrite(part, part.groups)


def swap_two_groups(scene: Scene) -> None:
    """Two groups change their places."""
    part = _second(scene)
    part.groups[1], part.groups[2] = part.groups[2], part.groups[1]
    _rewrite(part, part.groups)


def delete_a_segment(scene: Scene) -> None:
    """A file in the middle is removed."""
    segments(scene.journal)[1].unlink()


def delete_the_first_segment(scene: Scene) -> None:
    """The first file is removed."""
    segments(scene.journal)[0].unlink()


def swap_two_segments(scene: Scene) -> None:
    """Two files change their names."""
    first, second, *_ = segments(scene.journal)
    aside = first.with_suffix(".aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def duplicate_a_segment(scene: Scene) -> None:
    """A file is there a second time, under a later name."""
    shutil.copy(segments(scene.journal)[0], scene.journal / f"{10**12:020d}.journal")


def change_the_epoch(scene: Scene) -> None:
    """The header of a file says another epoch, with its checksum made right."""
    path = segments(scene.journal)[1]
    content = path.read_bytes()
    head = content[:12] + (7).to_bytes(4, "little") + content[16 : layout.HEADER_BYTES - 4]
    path.write_bytes(head + crc32c(head).to_bytes(4, "little") + content[layout.HEADER_BYTES :])


def second_writer(scene: Scene) -> None:
    """A second node wrote its own file for the same inputs."""
    parts = _all(scene)
    mine = parts[-1]
    theirs = [*mine.groups[:-1], [_altered(record) for record in mine.groups[-1]]]
    path = mine.path.with_name(f"{int(mine.path.stem) + 1:020d}.journal")
    shutil.copy(mine.path, path)
    _rewrite(mine._replace(path=path), theirs)


def delete_the_tail(scene: Scene) -> None:
    """The last file is removed: what is left is whole and sealed."""
    segments(scene.journal)[-1].unlink()


def cut_the_tail_and_seal(scene: Scene) -> None:
    """The last groups are cut off, and the file is sealed anew."""
    parts = _all(scene)
    del parts[-1].groups[-2:]
    put_together(parts)


def cut_the_tail_short(scene: Scene) -> None:
    """The last file ends in the middle of its last group, as after a crash."""
    path = segments(scene.journal)[-1]
    closing = [record.end for record in _records(path.read_bytes())][-3]
    with path.open("r+b") as file:
        file.truncate(closing - 5)


def write_anew(scene: Scene) -> None:
    """All is written anew from one input on: checksums, chain and seals are right."""
    parts = _all(scene)
    parts[1].groups[1][0] = _altered(parts[1].groups[1][0])
    put_together(parts)


def write_all_anew(scene: Scene) -> None:
    """All is written anew from the first input on."""
    parts = _all(scene)
    parts[0].groups[0][-1] = _altered(parts[0].groups[0][-1])
    put_together(parts)


def write_anew_and_sign(scene: Scene) -> None:
    """All is written anew, and signed with another key in both places."""
    write_anew(scene)
    line = _line_of(scene, new_key(scene.journal.parent / "stolen" / "other.key"))
    for path in [scene.journal / "checkpoints.jsonl", *scene.copies.iterdir()]:
        path.write_bytes(line)


def write_anew_with_the_key(scene: Scene) -> None:
    """All is written anew, and signed with the true key: the second place kept what it had."""
    write_anew(scene)
    (scene.journal / "checkpoints.jsonl").write_bytes(_line_of(scene, scene.key))


def remove_the_checkpoints_beside(scene: Scene) -> None:
    """The tail is deleted, and the checkpoints beside the journal with it."""
    delete_the_tail(scene)
    (scene.journal / "checkpoints.jsonl").unlink()


def remove_all_checkpoints(scene: Scene) -> None:
    """The tail is deleted, and everything that was ever signed."""
    remove_the_checkpoints_beside(scene)
    for path in scene.copies.iterdir():
        path.unlink()


def change_a_checkpoint(scene: Scene) -> None:
    """A line of the checkpoints says a smaller journal."""
    delete_the_tail(scene)
    path = scene.journal / "checkpoints.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(
        b"".join(lines[:-1]) + lines[-1].replace(b'"last_sequence":', b'"last_sequence":1')
    )


def move_a_checkpoint(scene: Scene) -> None:
    """Two lines of the checkpoints change their places."""
    path = scene.journal / "checkpoints.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))


def _line_of(scene: Scene, key: SigningKey) -> bytes:
    maker = _Maker(scene.journal, key)
    history = History(scene.journal)
    history.show_to(maker)
    list(history.entries())
    assert maker.point is not None
    return signed(maker.name, maker.point, "build", key).line()


class _Maker:
    """Reads a journal as whoever signs it does."""

    def __init__(self, directory: Path, key: SigningKey) -> None:
        self.name = ""
        self.point: Point | None = None
        self._directory = directory
        self._tree = Frontier()
        self._key = key

    def committed(
        self, epoch: int, group: bytes, last: Sequence, time: Nanos, chain: bytes
    ) -> None:
        leaf = leaf_hash(group)
        self.name = self.name or identity(self._directory, leaf)
        self._tree = self._tree.appended(leaf)
        self.point = Point(epoch, self._tree, last, time, chain)


MANIPULATIONS: tuple[Callable[[Scene], None], ...] = (
    flip_a_bit,
    change_a_record,
    delete_a_record,
    insert_a_record,
    swap_two_records,
    delete_a_group,
    swap_two_groups,
    delete_a_segment,
    delete_the_first_segment,
    swap_two_segments,
    duplicate_a_segment,
    change_the_epoch,
    second_writer,
    delete_the_tail,
    cut_the_tail_and_seal,
    cut_the_tail_short,
    write_anew,
    write_all_anew,
    write_anew_and_sign,
    write_anew_with_the_key,
    remove_the_checkpoints_beside,
    remove_all_checkpoints,
    change_a_checkpoint,
    move_a_checkpoint,
)
