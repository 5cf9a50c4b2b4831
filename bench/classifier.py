"""The classifier by itself: speed beside torch networks in the same minute, memory of its own process, a soak.

`python -m bench.classifier beside | without | alone` does one part in a process of its own and prints JSON; `measure` runs two.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import psutil

from bench.messages import demo_mix, endless
from moderation.classifier.loading import load_classifier
from moderation.findings import Candidate
from moderation.pipeline import screen
from moderation.rules import Rules

THREADS = 2
AT_ONCE = 64  # messages, of which each passes through the network alone
SOAK_AT_ONCE = 16  # as a screener claims them
WARM_UP = 0.1  # share of a soak after which nothing is left to be filled
RULES = Rules(max_length=4000)

Score = Callable[[Sequence[str]], object]
Turn = tuple[str, Score, int]  # name, what is measured, how many messages a round


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. Rates in messages per second, one list entry a round; memory in bytes."""

    rates: dict[str, list[float]]
    alone_ms: float
    loaded_bytes: int
    soaked: int
    soak_bytes: tuple[int, int, int]  # after the first tenth, in the middle, at the end

    @property
    def growth(self) -> int:
        """Bytes that a soak added after its first tenth."""
        return self.soak_bytes[2] - self.soak_bytes[0]


def measure(*, rounds: int, soak: int, yardsticks: bool) -> Figures:
    """Measure speed and memory one after the other, each in a fresh process."""
    speed, memory = _part("beside" if yardsticks else "without", rounds), _part("alone", soak)
    return Figures(speed["rates"], speed["alone_ms"], memory["loaded_bytes"], soak, tuple(memory["soak_bytes"]))


def beside(rounds: int) -> dict[str, Any]:
    """Take turns with the yardsticks, so that whatever else the machine does touches all of them alike."""
    from bench import networks  # noqa: PLC0415 - torch, which the process of `alone` must not hold

    return _in_turns(rounds, [("torch", networks.same_size(THREADS), AT_ONCE), ("bert_base", networks.bert_base(THREADS), AT_ONCE // 4)])


def without(rounds: int) -> dict[str, Any]:
    """Measure the classifier's speed only."""
    return _in_turns(rounds, [])


def _in_turns(rounds: int, yardsticks: Sequence[Turn]) -> dict[str, Any]:
    mix = demo_mix()
    classifier = load_classifier("onnx", None, threads=THREADS)
    turns: list[Turn] = [("ours", classifier.score, 4 * AT_ONCE), *yardsticks]
    rates: dict[str, list[float]] = {name: [] for name, _, _ in turns}
    alone: list[float] = []
    for number in range(rounds + 1):  # the first warms up
        for name, score, count in turns:
            rates[name].append(_rate(score, _some(mix, number, count)))
        alone += [1000 / _rate(classifier.score, [text]) for text in _some(mix, number, AT_ONCE)]
    return {"rates": {name: measured[1:] for name, measured in rates.items()}, "alone_ms": statistics.median(alone[AT_ONCE:])}


def alone(soak: int) -> dict[str, Any]:
    """Hold the classifier and nothing else, as the screener does; then screen message after message."""
    process = psutil.Process()
    classifier = load_classifier("onnx", None, threads=THREADS)
    screen([Candidate(text, RULES) for text in ("ready?", "Noch eine Frage.")], classifier)
    loaded, messages, seen = process.memory_info().rss, endless(), []
    for count in (int(soak * WARM_UP), soak // 2 - int(soak * WARM_UP), soak - soak // 2):
        for _ in range(0, count, SOAK_AT_ONCE):
            screen([Candidate(text, RULES) for text in islice(messages, SOAK_AT_ONCE)], classifier)
        seen.append(process.memory_info().rss)
    return {"loaded_bytes": loaded, "soak_bytes": seen}


def _some(mix: Sequence[str], number: int, count: int) -> list[str]:
    """Another part of the mix each round."""
    return [mix[(number * count + place) % len(mix)] for place in range(count)]


def _rate(score: Score, texts: Sequence[str]) -> float:
    began = time.perf_counter()
    score(texts)
    return len(texts) / (time.perf_counter() - began)


def _part(name: str, amount: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.classifier", name, str(amount)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    print(json.dumps({"beside": beside, "without": without, "alone": alone}[sys.argv[1]](int(sys.argv[2]))))
