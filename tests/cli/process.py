"""Types a command as an operator does."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def flask(tmp_path: Path, *arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """A command in a process of its own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PEER_CIRCLES_") and key not in {"DATABASE_URL", "SECRET_KEY", "PORT"}}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, env=clean | {"DATA_DIR": str(tmp_path)} | environ, timeout=120, check=False)
