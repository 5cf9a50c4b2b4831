"""`python -m bench`: load on a real installation of its own, then the classifier alone, both beside yardsticks.

Ends by itself and leaves nothing behind.
"""

import argparse
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench import alarm, classifier, desk, load, server
from bench.load import Phase
from bench.report import MEGABYTE, Figures, Row, account_of, classifier_rows, desk_rows_of, print_table, rows_of

CIRCLES, MEMBERS = 60, 8
YARDSTICK_CIRCLES = 10
RATE = 120.0
LOG_LINES = 5
ROUNDS, QUICK_ROUNDS = 7, 1
SOAK, QUICK_SOAK = 100_000, 1_000
MOST_GROWTH = 16 * MEGABYTE
POSTGRES_VARIABLE = "BENCH_POSTGRES_URL"  # a database whose tables may be thrown away


def main() -> int:
    """Measure, print, and answer with the exit status: 1 when an invariant does not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds for each phase: shows that it runs, the figures mean little")
    parser.add_argument("--without-yardsticks", action="store_true", help="measure the product only")
    parser.add_argument("--soak", type=int, metavar="MESSAGES", help=f"how many messages memory is watched over; {SOAK} without this option")
    parser.add_argument("--only-classifier", action="store_true", help="measure the classifier and its yardsticks only")
    chosen = parser.parse_args()
    rows, holds = ([], True) if chosen.only_classifier else _measure_service(chosen)
    desk_rows = [] if chosen.only_classifier else _measure_desk()
    more, steady = _measure_classifier(chosen)
    print()
    print_table([*rows, *desk_rows, *more])
    return 0 if holds and steady else 1


def _measure_desk() -> list[Row]:
    print(f"The volunteers' desk: {desk.CASES} open cases, {desk.VOLUNTEERS} people on duty ...", flush=True)
    figures = desk.measure(os.environ.get(POSTGRES_VARIABLE, ""))
    print(f"{alarm.CRIES} cries for help, until a volunteer's page shows them ...", flush=True)
    with tempfile.TemporaryDirectory(prefix="peer-circles-bench-") as name:
        return desk_rows_of(figures, alarm.p95_ms(alarm.measure(Path(name))))


def _measure_classifier(chosen: argparse.Namespace) -> tuple[list[Row], bool]:
    soak = chosen.soak or (QUICK_SOAK if chosen.quick else SOAK)
    print(f"The classifier alone, then {soak} messages through it ...", flush=True)
    figures = classifier.measure(rounds=QUICK_ROUNDS if chosen.quick else ROUNDS, soak=soak, yardsticks=not chosen.without_yardsticks)
    return classifier_rows(figures, MOST_GROWTH), figures.growth <= MOST_GROWTH


def _measure_service(chosen: argparse.Namespace) -> tuple[list[Row], bool]:
    seconds, warmup = (3.0, 1.0) if chosen.quick else (20.0, 3.0)
    with tempfile.TemporaryDirectory(prefix="peer-circles-bench-") as name:
        folder = Path(name)
        product, holds = _measure_product(folder, [Phase("closed", seconds, warmup), Phase("paced", seconds, warmup, RATE)])
        echo = tutorial = None
        if not chosen.without_yardsticks:
            echo = _measure_yardstick("bare echo", server.echo, folder, Phase("closed", seconds, warmup))
            tutorial = _measure_yardstick("usual tutorial", server.tutorial, folder, Phase("closed", seconds, warmup))
    return rows_of(Figures(product, echo, tutorial)), holds


def _measure_product(folder: Path, phases: list[Phase]) -> tuple[dict[str, Any], bool]:
    print(f"Peer Circles: {CIRCLES} circles with {MEMBERS} members each ...", flush=True)
    with server.product(folder) as running:
        circles = server.seed(running, folder, circles=CIRCLES, members=MEMBERS)
        result = load.run(running, circles, phases, flagged=True)
        checked = server.flask(running.environ, "check-invariants")
        logged = running.log.read_text().splitlines()
    for line in [*account_of(result), *checked.stdout.splitlines(), *checked.stderr.splitlines()]:
        print(f"  {line}")
    print(f"  lines in the server's log: {len(logged)}")
    for line in logged[:LOG_LINES]:
        print(f"    {line}")
    problems = _differences(result, checked.stdout)
    for problem in problems:
        print(f"  BROKEN: {problem}")
    return result, checked.returncode == 0 and not problems


def _differences(result: dict[str, Any], report: str) -> list[str]:
    """Where the load generator and the database tell different stories."""
    accepted = int(re.search(r"accepted (\d+)", report)[1])  # type: ignore[index]
    delivered = int(re.search(r"(\d+) delivered", report)[1])  # type: ignore[index]
    told = [("accepted", result["tally"]["accepted"], accepted), ("copies received", result["copies"], delivered * MEMBERS)]
    return [f"{name}: {seen} by the load generator, {stored} by the database" for name, seen, stored in told if seen != stored]


def _measure_yardstick(name: str, start: Callable[[Path], AbstractContextManager[server.Server]], folder: Path, phase: Phase) -> dict[str, Any] | None:
    print(f"Yardstick, {name}: {YARDSTICK_CIRCLES} circles with {MEMBERS} members each ...", flush=True)
    with start(folder) as running:
        return load.run(running, load.made_up_circles(YARDSTICK_CIRCLES, MEMBERS), [phase], flagged=False)


if __name__ == "__main__":
    sys.exit(main())
