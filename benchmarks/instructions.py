"""How many instructions the hottest operations take: repeatable, whatever else the machine does.

`python -m benchmarks.instructions` counts them with callgrind and holds them against what is
written down beside this file; a test does the same, so that nothing becomes slower unnoticed. An
operation is counted in plain loops: in times what one method call a quote takes in the same run.
That evens out how this Python was built. What is written down is per build, compiled or
interpreted; `--record` writes it anew, for a change that is meant.

Counts are no times: a cache that is missed and a branch that is guessed wrong cost nothing here,
and what the kernel does is not counted at all.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.counted import OPERATIONS, TIMES
from benchmarks.measuring import build_name

RECORDED: Final = Path(__file__).with_suffix(".json")
# More than so much above what is written down fails. Another build of Python moves a count by a
# tenth; what makes an operation slower to be noticed moves it by more.
TOLERANCE: Final = 0.2
FLOOR: Final = next(iter(OPERATIONS))
_HEADER: Final = Path("valgrind/callgrind.h")
_NAME: Final = re.compile(r"^desc: Trigger: Client Request: (.*)$", re.MULTILINE)
_TOTAL: Final = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)
_ROOT: Final = Path(__file__).parents[1]
APP: Final = typer.Typer(add_completion=False)

Counts = dict[str, float]  # of one operation, in plain loops


def why_not() -> str:
    """Return why nothing can be counted here; empty where it can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed: as root, apt-get install valgrind"
    if _compiler() is None:
        return "there is no C compiler"
    if not any((place / _HEADER).is_file() for place in (Path("/usr/include"), *_include_path())):
        return f"{_HEADER} is not installed: as root, apt-get install valgrind"
    return ""


def count() -> Counts:
    """Count every operation in a process of its own, under callgrind: some ten seconds."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        library = _requests(place)
        command = ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
        command += [f"--callgrind-out-file={place / 'counts'}", sys.executable]
        result = subprocess.run(  # noqa: S603 - our own
            [*command, "-m", "benchmarks.counted", library],
            cwd=_ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise RuntimeError(f"callgrind did not count:\n{result.stderr}")
        found = dict(each for file in place.glob("counts*") if (each := _read(file)) is not None)
    assert set(found) == set(OPERATIONS), "every operation was counted"
    floor = found[FLOOR] / TIMES
    return {name: found[name] / TIMES / floor for name in OPERATIONS}


def recorded() -> dict[str, Counts]:
    """Return what is written down, by build."""
    return msgspec.json.decode(RECORDED.read_bytes(), type=dict[str, Counts])


def grown(counts: Counts, before: Counts) -> list[str]:
    """Return what takes more than it may, said for people, the operation first."""
    return [
        f"{name}: {found:,.1f} plain loops, {before[name]:,.1f} are written down "
        f"({found / before[name] - 1:+.0%}, at most {TOLERANCE:+.0%})"
        for name, found in counts.items()
        if found > before[name] * (1 + TOLERANCE)
    ]


@APP.command()
def main(
    record: Annotated[bool, typer.Option(help="Write down what is counted now.")] = False,
) -> None:
    """Count the instructions of the hottest operations, and hold them against the record."""
    out = Console()
    problem = why_not()
    if problem:
        out.print(f"nothing counted: {problem}", markup=False)
        raise typer.Exit(2)
    build = build_name()
    known = recorded() if RECORDED.is_file() else {}
    counts = count()
    before = known.get(build, counts)
    out.print(_table(counts, before, build))
    if record:
        known[build] = {name: round(found, 2) for name, found in counts.items()}
        ordered = msgspec.json.encode({name: known[name] for name in sorted(known)})
        RECORDED.write_bytes(msgspec.json.format(ordered, indent=1) + b"\n")
        return
    slower = grown(counts, before)
    for line in slower:
        out.print(line, markup=False)
    if slower:
        raise typer.Exit(1)


def _table(counts: Counts, before: Counts, build: str) -> Table:
    table = Table("operation", title=f"instructions, in plain loops, {build}")
    for column in ("now", "written down", "change"):
        table.add_column(column, justify="right")
    for name, found in counts.items():
        then = before.get(name, found)
        table.add_row(name, f"{found:,.2f}", f"{then:,.2f}", f"{found / then - 1:+.1%}")
    return table


def _requests(place: Path) -> Path:
    """Compile what begins and ends counting; return the library."""
    compiler = _compiler()
    assert compiler is not None, "it was asked whether there is one"
    library = place / "callgrind.so"
    source = Path(__file__).with_name("callgrind.c")
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own
    return library


def _compiler() -> str | None:
    named = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    return shutil.which(named.split()[0])


def _include_path() -> list[Path]:
    return [Path(each) for each in os.environ.get("CPATH", "").split(os.pathsep) if each]


def _read(file: Path) -> tuple[str, int] | None:
    """Return the operation that a file of callgrind tells of, and its instructions."""
    text = file.read_text()
    name, total = _NAME.search(text), _TOTAL.search(text)
    return None if name is None or total is None else (name.group(1), int(total.group(1)))


if __name__ == "__main__":
    APP()
