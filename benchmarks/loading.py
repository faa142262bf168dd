"""What it costs to load: the package, the list of commands, and commands that do more.

Each is a process of its own, from its start to its end, in processor time: beside it Python that
starts and does nothing. Bytecode is written by a first run, as an installation does it.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

from benchmarks.measuring import Place, Row, Sizes, Skipped, limit_row, row

NAME: Final = "loading"
IMPORT_MS: Final = 100
IMPORT_MIB: Final = 45
_PYTHON: Final = "pass"
_IMPORT: Final = "import fairlead"
_RUNS: Final = {  # what is measured, and the code of the process
    _IMPORT: _IMPORT,
    "fairlead --help": "import sys; sys.argv = ['fairlead', '--help']\n"
    "from fairlead.cli.entry import main\nmain()",
    "loading fairlead status": "import fairlead.cli.emergency",
    "loading fairlead run": "from fairlead.cli.main import loaded\nloaded('run')",
}
_LIMITS: Final = {_IMPORT: IMPORT_MS}
_UNWRITTEN: Final = "PYTHONDONTWRITEBYTECODE"  # with it every run compiles all sources again
_KIB_PER_MIB: Final = 1024
_UNIT: Final = "ms"


def measure(sizes: Sizes, place: Place) -> Iterator[Row | Skipped]:
    """Yield each process beside Python alone, and the limits where there are some."""
    for what, code in _RUNS.items():
        _output(code)
        pairs = [(milliseconds(code), milliseconds(_PYTHON)) for _ in range(sizes.repetitions)]
        yield row(NAME, what, _UNIT, "Python alone", pairs)
        limit = _LIMITS.get(what)
        if limit is not None:
            spent = [mine for mine, _ in pairs]
            yield limit_row(NAME, what, _UNIT, spent, limit, f"the limit of {limit} ms")
    kept = [_mebibytes(_IMPORT) for _ in range(sizes.repetitions)]
    named = f"the limit of {IMPORT_MIB} MiB"
    yield limit_row(NAME, f"{_IMPORT}, memory", "MiB", kept, IMPORT_MIB, named)


def milliseconds(code: str) -> float:
    """Return the processor time of a Python process with this code, from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _output(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1_000


def _mebibytes(code: str) -> float:
    """Return the most memory that a Python process with this code had at once.

    Asked of the process itself: to others its peak includes ours, which it began as a copy of.
    """
    status = _output(f"{code}\nprint(open('/proc/self/status').read())")
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak.split()[1]) / _KIB_PER_MIB


def _output(code: str) -> str:
    """Return what a Python process with this code wrote. Raises `CalledProcessError`."""
    environment = {name: each for name, each in os.environ.items() if name != _UNWRITTEN}
    done = subprocess.run(  # noqa: S603 - our own code, nothing of others
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
