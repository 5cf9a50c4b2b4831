"""The demonstration with a clock that can be moved: hours pass for every process and every browser, and nobody waits."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.conftest import ROOT, Demo, free_port, wait_until_ready

APP = "tests.browser.moving_clock"
FLASK = (sys.executable, "-m", "flask", "--app", APP)
SERVING = ((sys.executable, "-m", "gunicorn", f"{APP}:app"), (*FLASK, "screener"), (*FLASK, "worker"))


@dataclass(frozen=True)
class MovableDemo(Demo):
    """A running demonstration whose clock a test moves."""

    process: subprocess.Popen[bytes]

    def move_clock(self, by: timedelta) -> None:
        """Let time pass at once, in all processes; messages can be screened again when this returns."""
        moved = self.data_dir / "clock-moved-by-seconds"
        new = self.data_dir / "clock.new"
        new.write_text(str((self.moved_by() + by).total_seconds()))
        new.replace(moved)
        wait_until_ready(self.url, self.process, self.data_dir.parent / "log")

    def moved_by(self) -> timedelta:
        """How much time has passed besides the real one."""
        moved = self.data_dir / "clock-moved-by-seconds"
        return timedelta(seconds=float(moved.read_text())) if moved.exists() else timedelta()

    def tell_time(self, page: Page) -> Page:
        """Set the clock of somebody's browser to the same moment."""
        if moved := self.moved_by():
            page.context.clock.install(time=datetime.now(UTC) + moved)
        return page


@contextmanager
def running_movable_demo(folder: Path) -> Iterator[MovableDemo]:
    """As `make run` serves it, with screener and worker beside the web process as on several machines."""
    port, log = free_port(), folder / "log"
    environ = os.environ | {
        "PORT": str(port),
        "DATA_DIR": str(folder / "data"),
        "PYTHONPATH": str(ROOT),
        "PEER_CIRCLES_UNDO_SECONDS": "2",
        "PEER_CIRCLES_SCREENER": "external",
        "PEER_CIRCLES_WORKER": "external",
    }
    processes: list[subprocess.Popen[bytes]] = []
    with log.open("wb") as output:
        for command in ("migrate", "seed-demo"):
            subprocess.run([*FLASK, command], cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT, check=True)
        processes += [subprocess.Popen(command, cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT, start_new_session=True) for command in SERVING]
    try:
        wait_until_ready(f"http://127.0.0.1:{port}", processes[0], log)
        yield MovableDemo(f"http://127.0.0.1:{port}", folder / "data", log.read_text, processes[0].pid, processes[0])
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGTERM)
        for process in processes:
            process.wait(timeout=30)
