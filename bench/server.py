"""Starts servers as an operator would, on a free port, and takes them down with everything they started."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
STOP_SECONDS = 15
SAMPLE_SECONDS = 0.25
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process took while it was watched."""

    peak_bytes: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and what it is reached by."""

    port: int
    process: subprocess.Popen[bytes]
    environ: Mapping[str, str]
    log: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def product(folder: Path) -> Iterator[Server]:
    """The product as shipped: gunicorn, SQLite in `folder`, the embedded screener with the shipped weights."""
    port = free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PEER_CIRCLES_") and name not in {"DATABASE_URL", "SECRET_KEY"}}
    environ |= {"DATA_DIR": str(folder / "data"), "PORT": str(port), "PEER_CIRCLES_LOG_LEVEL": "warning"}
    flask(environ, "migrate")
    command = [str(BIN / "gunicorn"), "wsgi:app"]
    with _running(command, environ, port, cwd=ROOT) as server:
        _wait(server, lambda body: body.get("status") == "ok")
        yield server


@contextmanager
def echo(folder: Path) -> Iterator[Server]:
    """The bare echo server under the same gunicorn worker."""
    port = free_port()
    command = [str(BIN / "gunicorn"), "-k", "gevent", "-w", "1", "-b", f"127.0.0.1:{port}", "--log-level", "warning", "--no-control-socket"]
    command += ["--worker-connections", "4000", "--pythonpath", str(ROOT), "bench.echo:app"]
    with _running(command, dict(os.environ), port, cwd=folder) as server:  # elsewhere, so that the product's own configuration is not read
        _wait(server, None)
        yield server


@contextmanager
def tutorial(folder: Path) -> Iterator[Server]:
    """The server of the tutorials."""
    port = free_port()
    tokenizer = next((ROOT / "moderation" / "classifier" / "weights").glob("*/tokenizer.json"))
    environ = {**os.environ, "PORT": str(port), "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    with _running([sys.executable, "-m", "bench.tutorial", str(tokenizer)], environ, port, cwd=folder) as server:
        _wait(server, lambda body: body.get("status") == "ok")
        yield server


def flask(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One of the product's own commands; raises when it fails, unless it is the check itself."""
    command = [str(BIN / "flask"), "--app", "wsgi", *arguments]
    return subprocess.run(command, cwd=ROOT, env=dict(environ), capture_output=True, text=True, timeout=300, check=arguments[0] != "check-invariants")


def seed(server: Server, folder: Path, *, circles: int, members: int) -> list[dict[str, object]]:
    """Circles full of members with open sessions."""
    out = folder / "load.json"
    flask(server.environ, "seed-load", "--circles", str(circles), "--members", str(members), "--out", str(out))
    seeded: list[dict[str, object]] = json.loads(out.read_text())
    return seeded


class Watch:
    """Notes the memory and processor time of a server's processes until `end`."""

    def __init__(self, server: Server) -> None:
        self._processes = _by_role(server)
        self._before = {role: _cpu(process) for role, process in self._processes.items()}
        self._peak = dict.fromkeys(self._processes, 0)
        self._over = threading.Event()
        self._sampler = threading.Thread(target=self._sample, daemon=True)
        self._sampler.start()

    def end(self) -> dict[str, Usage]:
        """What each process took."""
        self._over.set()
        self._sampler.join()
        return {role: Usage(self._peak[role], _cpu(process) - self._before[role]) for role, process in self._processes.items()}

    def _sample(self) -> None:
        while True:
            for role, process in self._processes.items():
                self._peak[role] = max(self._peak[role], process.memory_info().rss)
            if self._over.wait(SAMPLE_SECONDS):
                return


def _by_role(server: Server) -> dict[str, psutil.Process]:
    """The web worker, and the screener that it started."""
    master = psutil.Process(server.process.pid)
    worker = master.children()[0] if master.children() else master
    screener = [child for child in worker.children() if "support_app.screening" in child.cmdline()]
    return {"web": worker, **({"screener": screener[0]} if screener else {})}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def _running(command: list[str], environ: Mapping[str, str], port: int, *, cwd: Path) -> Iterator[Server]:
    with tempfile.NamedTemporaryFile(prefix="peer-circles-bench-", suffix=".log") as log:
        process = subprocess.Popen(command, cwd=cwd, env=dict(environ), stdout=log, stderr=log)
        try:
            yield Server(port, process, environ, Path(log.name))
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server with all its children, by force when it has to be."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for child in left:
        child.kill()


def _wait(server: Server, ready: object) -> None:
    """Until `/health` says what is wanted, or anything at all listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            message = f"the server ended with status {server.process.returncode}: {server.log.read_text()[-1000:]}"
            raise RuntimeError(message)
        try:
            if ready is None:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                return
            with urllib.request.urlopen(f"{server.url}/health", timeout=5) as answer:
                if ready(json.load(answer)):  # type: ignore[operator]
                    return
        except OSError:
            pass
        time.sleep(0.1)
    message = f"the server did not become ready: {server.log.read_text()[-1000:]}"
    raise RuntimeError(message)
