"""Starts the processes that belong to the web process, passes wake-ups both ways, and starts them again when they die or hang."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import gevent
import structlog
from gevent.event import Event
from gevent.os import make_nonblocking, nb_read

from support_app.settings import Settings, environ_of

BACK_OFF_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
START_SECONDS = 120.0
HANG_SECONDS = 10.0
HEALTHY_SECONDS = 30.0
ROOT = Path(__file__).resolve().parent.parent
SCREENER = ("-m", "support_app.screening")
WORKER = ("-m", "flask", "--app", "wsgi", "worker", "--supervised")
log = structlog.get_logger()


class Supervisor:
    """Owns one such process at a time. `on_result` is called when it may have settled something."""

    def __init__(
        self,
        settings: Settings,
        on_result: Callable[[], None],
        *,
        command: Sequence[str] = SCREENER,
        name: str = "screener",
        hang_seconds: float = HANG_SECONDS,
    ) -> None:
        self.command = command
        self.name = name
        self.environ = _environ(settings)
        self.on_result = on_result
        self.hang_seconds = hang_seconds
        self.process: subprocess.Popen[bytes] | None = None
        self.heard_at = 0.0
        self.ready = False
        self.stopping = Event()

    def wake(self) -> None:
        """Tell the screener that something may wait; a full pipe already holds a wake-up."""
        process = self.process
        if process is None or process.stdin is None:
            return
        with suppress(BlockingIOError, BrokenPipeError, ValueError):
            os.write(process.stdin.fileno(), b"w")

    def run(self) -> None:
        """Keep the process running until `stop`."""
        failures = 0
        while not self.stopping.is_set():
            started = time.monotonic()
            self._start()
            self._watch()
            failures = 0 if time.monotonic() - started > HEALTHY_SECONDS else failures + 1
            if not self.stopping.is_set():
                log.error("child.ended", child=self.name, code=self.process.returncode if self.process else None)
                self.stopping.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])

    def stop(self) -> None:
        """End the process with this one."""
        self.stopping.set()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def _start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 (one of the two commands above)
            [sys.executable, *self.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environ, cwd=ROOT
        )
        assert self.process.stdin is not None  # noqa: S101 (asked for above)
        os.set_blocking(self.process.stdin.fileno(), False)
        self.heard_at, self.ready = time.monotonic(), False
        gevent.spawn(self._listen, self.process)

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Every byte is a sign of life; `s` says that something was settled, `r` that the process is ready."""
        assert process.stdout is not None  # noqa: S101
        descriptor = process.stdout.fileno()
        make_nonblocking(descriptor)
        while data := nb_read(descriptor, 4096):
            self.heard_at = time.monotonic()
            self.ready = self.ready or b"r" in data
            if b"s" in data or b"r" in data:
                self.on_result()

    def _watch(self) -> None:
        process = self.process
        assert process is not None  # noqa: S101
        while process.poll() is None and not self.stopping.wait(0.1):
            silent = time.monotonic() - self.heard_at
            if silent > (self.hang_seconds if self.ready else START_SECONDS):
                log.error("child.hangs", child=self.name, silent_s=round(silent, 1))
                process.kill()


def _environ(settings: Settings) -> Mapping[str, str]:
    """The environment of such a process: this one, with the settings of this process, and one thread for each numeric library."""
    single = {name: str(settings.classifier_threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    return {**os.environ, **single, **environ_of(settings), "PYTHONUNBUFFERED": "1"}
