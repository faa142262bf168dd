"""The latch: what was engaged stands until a release names it, and what is unreadable is killed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.gateways.kill_latch import (
    LATCH_BYTES_MAX,
    Event,
    Kill,
    Latch,
    LatchLine,
    LatchState,
)
from fairlead.model.units import Nanos

ANN = Kill(person="ann", reason="a drill", source="test")
EVE = Kill(person="eve", reason="all is flat", source="release")


def line(event: Event, generation: int, kill: Kill = ANN) -> LatchLine:
    return LatchLine(event=event, generation=generation, time=Nanos(generation), kill=kill)


def latch_of(directory: Path, *lines: LatchLine) -> Latch:
    latch = Latch(directory)
    for one in lines:
        latch.append(one)
    return latch


def test_a_kill_stands_until_a_release_names_it(tmp_path: Path) -> None:
    latch = latch_of(tmp_path, line(Event.CREATED, 0))
    assert not latch.read().killed
    latch.append(line(Event.ENGAGED, 1))
    assert latch.read().engaged == line(Event.ENGAGED, 1)
    latch.append(line(Event.RELEASED, 1, EVE))
    assert not latch.read().killed
    latch.append(line(Event.ENGAGED, 2))
    assert latch.read().killed


def test_a_release_of_an_older_kill_releases_no_newer_one_in_whatever_order_they_stand(
    tmp_path: Path,
) -> None:
    """Two processes at once: the kill was written while somebody released the one before."""
    first = latch_of(tmp_path, line(Event.ENGAGED, 2), line(Event.RELEASED, 1, EVE))
    assert first.read().killed
    (tmp_path / "other").mkdir()
    second = latch_of(tmp_path / "other", line(Event.RELEASED, 1, EVE), line(Event.ENGAGED, 2))
    assert second.read().killed


@given(st.lists(st.tuples(st.sampled_from(Event), st.integers(0, 5)), min_size=1, max_size=12))
def test_a_latch_is_killed_as_long_as_any_kill_is_newer_than_every_release(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[Event, int]]
) -> None:
    latch = latch_of(tmp_path_factory.mktemp("latch"), *(line(*one) for one in said))
    kills = [generation for event, generation in said if event is Event.ENGAGED]
    releases = [generation for event, generation in said if event is Event.RELEASED]
    expected = any(all(kill > release for release in releases) and kill > 0 for kill in kills)
    assert latch.read().killed is expected
    assert latch.read().generation == max(generation for _, generation in said)


def test_a_release_is_obeyed_once_and_not_after_another_kill(tmp_path: Path) -> None:
    latch = latch_of(tmp_path, line(Event.ENGAGED, 1))
    assert latch.read().untaken is None
    latch.append(line(Event.RELEASED, 1, EVE))
    untaken = latch.read().untaken
    assert untaken is not None
    assert untaken.kill == EVE
    latch.append(line(Event.COMMANDED, 1))
    assert latch.read().untaken == untaken, "a kill of less than the firm changes nothing"
    latch.append(line(Event.TAKEN, 1, EVE))
    assert latch.read().untaken is None
    latch.append(line(Event.RELEASED, 1, EVE))
    latch.append(line(Event.ENGAGED, 2))
    assert latch.read().untaken is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"not json\n", "cannot be read"),
        (b'{"event":"released"}\n', "cannot be read"),
        (b'{"event":"let go","generation":1,"time":1,"kill":{}}\n', "cannot be read"),
        (b"\xff\xfe\n", "cannot be read"),
        (b"\x00" * 100, "cannot be read"),
    ],
)
def test_a_latch_that_cannot_be_read_is_a_kill(tmp_path: Path, content: bytes, said: str) -> None:
    latch = Latch(tmp_path)
    latch.path.write_bytes(content)
    found = latch.read()
    assert found.killed
    assert said in found.problem
    assert str(latch.path) in found.problem


def test_a_line_that_was_torn_is_a_kill_and_what_follows_it_is_no_part_of_it(
    tmp_path: Path,
) -> None:
    latch = latch_of(tmp_path, line(Event.ENGAGED, 1))
    whole = latch.path.read_bytes()
    latch.path.write_bytes(whole + whole[:40])
    latch.append(line(Event.RELEASED, 1, EVE))
    assert latch.read().killed, "nobody knows what the torn line said"
    lines = [part for part in latch.path.read_bytes().split(b"\n") if part]
    assert len(lines) == 3


@pytest.mark.parametrize("made", ["nothing", "a folder", "a link to nothing"])
def test_a_latch_that_is_missing_or_no_file_is_a_kill(tmp_path: Path, made: str) -> None:
    latch = Latch(tmp_path)
    if made == "a folder":
        latch.path.mkdir()
    elif made == "a link to nothing":
        latch.path.symlink_to(tmp_path / "nowhere")
    assert latch.read().problem
    assert latch.exists() is (made != "nothing")


def test_a_latch_that_is_too_large_is_a_kill(tmp_path: Path) -> None:
    latch = latch_of(tmp_path, line(Event.CREATED, 0))
    with latch.path.open("ab") as file:
        file.truncate(LATCH_BYTES_MAX + 1)
    assert "larger" in latch.read().problem


def test_a_latch_that_cannot_be_read_is_set_aside_and_kept(tmp_path: Path) -> None:
    for number in range(12):
        latch = Latch(tmp_path)
        latch.path.write_bytes(b"garbage %d" % number)
        latch.set_aside()
        assert not latch.exists()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept == [f"latch-unreadable-{number}.jsonl" for number in range(8)], "bounded"
    assert (tmp_path / kept[0]).read_bytes() == b"garbage 0"
    assert (tmp_path / kept[-1]).read_bytes() == b"garbage 11"


def test_lines_of_two_processes_do_not_mix(tmp_path: Path) -> None:
    """Each line is one write to the end of the file."""
    children = []
    for number in range(4):
        child = os.fork()
        if child == 0:
            latch = Latch(tmp_path)
            for generation in range(25):
                latch.append(line(Event.COMMANDED, number * 25 + generation))
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    content = (tmp_path / "latch.jsonl").read_bytes()
    assert len([part for part in content.split(b"\n") if part]) == 100
    assert Latch(tmp_path).read() == LatchState(generation=99)
