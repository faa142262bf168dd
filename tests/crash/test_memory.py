"""A node without memory dies loudly, and the next one is none the worse for it."""

import resource
from pathlib import Path

import pytest

from fairlead.operations.crash_settings import CONFIGURATION_NAME
from tests.crash.rig import a_rig, until

ROOM = 32 * 1024 * 1024  # beyond what the node has when it is limited
HOG = '''
"""Takes all the memory that there is, to the last kilobyte, once it is hungry."""

from pathlib import Path

from fairlead.strategy import Context, Strategy, seconds


class Hog(Strategy):
    def on_start(self, context: Context) -> None:
        self.kept = []
        context.set_timer(seconds(0.05))

    def on_timer(self, context: Context, timer: int) -> None:
        size = 1 << 20
        while Path("hungry").exists() and size:
            try:
                self.kept.append(bytearray(size))
            except MemoryError:
                size //= 2
        context.set_timer(seconds(0.05), timer)
'''


def address_space(process: int) -> int:
    """Return how many bytes a process addresses now."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[0])
    return pages * resource.getpagesize()


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc to read sizes from")
def test_a_node_without_memory_dies_loudly_and_the_restart_is_clean(tmp_path: Path) -> None:
    """faults.md 7: RLIMIT_AS on a node that trades; nothing acknowledged is lost."""
    with a_rig(tmp_path) as rig:
        rig.configure(snapshot_inputs=0)
        configuration = tmp_path / CONFIGURATION_NAME
        text = configuration.read_text()
        (tmp_path / "hog.py").write_text(HOG)
        configuration.write_text(
            text.replace(
                "limits:\n  default", "  - {name: hog, strategy: hog.py}\nlimits:\n  default"
            ).replace("orders: {answer_timeout: 500ms}\n", "")
            + "orders: {answer_timeout: 500ms}\n"
        )
        rig.start()
        rig.trade()
        process = rig.life.process.pid
        limit = address_space(process) + ROOM
        resource.prlimit(process, resource.RLIMIT_AS, (limit, limit))
        (tmp_path / "hungry").touch()
        until("it dies", lambda: rig.life.process.poll() is not None)
        assert rig.life.process.returncode not in (0, -9)
        assert "MemoryError" in rig.life.errors.read_text()
        until("its orders are gone", lambda: rig.exchange.books().working == 0)
        rig.note()
        (tmp_path / "hungry").unlink()
        rig.start()
        rig.trade()
        rig.ended()
