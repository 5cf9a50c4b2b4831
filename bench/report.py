"""Puts the figures into a table, beside the targets, and says what was and was not met."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench import classifier

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure; `met` None when there is no target for it."""

    name: str
    figure: str
    target: str = ""
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that was measured; a yardstick that was left out is None."""

    product: dict[str, Any]
    echo: dict[str, Any] | None
    tutorial: dict[str, Any] | None


def rows_of(figures: Figures) -> list[Row]:
    """The table's rows, top to bottom."""
    closed, paced = figures.product["phases"]["closed"], figures.product["phases"]["paced"]
    peak = {role: max(phase["usage"][role].peak_bytes for phase in (closed, paced)) / MEGABYTE for role in closed["usage"]}
    return [
        _at_least("delivered to the whole circle, closed loop", closed["rate"], 250, "/s"),
        Row("  p50 · p99", f"{_ms(closed['p50'])} · {_ms(closed['p99'])}"),
        Row("  processor time for each message: web · screener", " · ".join(f"{_cpu_ms(closed, role):.1f} ms" for role in ("web", "screener"))),
        _at_most("paced at 120/s, send to last member, p50", paced["p50"], 20, "ms"),
        _at_most("paced at 120/s, send to last member, p99", paced["p99"], 120, "ms"),
        Row("  the load generator itself was late by (p99)", _ms(paced["generatorLateP99"])),
        _at_most("memory of the web worker", peak["web"], 300, "MB"),
        _at_most("memory of the screener", peak["screener"], 350, "MB"),
        *_yardstick("bare Socket.IO echo, nothing stored, nothing screened", figures.echo, closed["rate"]),
        *_yardstick("usual tutorial: BERT-base in the handler", figures.tutorial, closed["rate"]),
    ]


def desk_rows_of(figures: dict[str, float], alarm_ms: float) -> list[Row]:
    """The rows about the volunteers' desk."""
    next_case = [_at_most(f"next case among a thousand, p95, {database}", milliseconds, 50, "ms") for database, milliseconds in figures.items()]
    return [*next_case, _at_most("a cry for help is on a volunteer's page, p95", alarm_ms, 1000, "ms")]


def classifier_rows(figures: classifier.Figures, most_growth: int) -> list[Row]:
    """The rows about the classifier alone."""
    soaked = " · ".join(f"{size / MEGABYTE:.0f}" for size in figures.soak_bytes)
    return [
        _at_least("classifier, messages of 8 to 40 tokens on 2 threads", statistics.median(figures.rates["ours"]), 600, "/s"),
        _at_most("  one message alone, median", figures.alone_ms, 3, "ms"),
        *_network("fp32 torch, a network of the same size", figures.rates, "torch"),
        *_network("fp32 torch, a BERT-base-sized network", figures.rates, "bert_base"),
        _at_most("memory of a process that only classifies, loaded", figures.loaded_bytes / MEGABYTE, 350, "MB"),
        Row(f"  after a tenth, a half and all of {figures.soaked} messages", f"{soaked} MB"),
        _at_most("  growth after the first tenth", figures.growth / MEGABYTE, most_growth / MEGABYTE, "MB"),
    ]


def account_of(result: dict[str, Any]) -> list[str]:
    """What became of everything that was sent, in sentences."""
    tally = result["tally"]
    refusals = ", ".join(f"{code} {count}" for code, count in result["refusals"].items())
    return [
        f"sent and accepted {tally['accepted']}, refused {tally['refused']}{f' ({refusals})' if refusals else ''}, lost {tally['lost']}",
        f"delivered {tally['delivered']}, withheld {tally['withheld']} (of which {tally['withheldThoughOrdinary']} were ordinary lines)",
        f"delivered although flagged {tally['deliveredThoughFlagged']}; had to wait for the check over two seconds {tally['delayed']}",
    ]


def print_table(rows: Iterable[Row], write: Callable[[str], None] = print) -> None:
    """Write rows in columns."""
    rows = list(rows)
    widths = [max(len(text) for text in column) for column in zip(*((row.name, row.figure, row.target) for row in rows), strict=True)]
    for row in rows:
        verdict = "" if row.met is None else ("met" if row.met else "NOT MET")
        write(f"{row.name:<{widths[0]}}  {row.figure:>{widths[1]}}  {row.target:<{widths[2]}}  {verdict}".rstrip())


def _yardstick(name: str, result: dict[str, Any] | None, rate: float) -> list[Row]:
    if result is None:
        return [Row(name, "not measured")]
    phase = result["phases"]["closed"]
    ratio = f"{rate / phase['rate']:.2f}" if phase["rate"] else "-"
    return [Row(name, f"{phase['rate']:.0f} /s"), Row("  p50 · the product delivers, as a multiple of it", f"{_ms(phase['p50'])} · {ratio}")]


def _network(name: str, rates: dict[str, list[float]], network: str) -> list[Row]:
    """A torch network's rate, and how many times as fast ours was in the same rounds."""
    if network not in rates:
        return [Row(name, "not measured")]
    ratio = statistics.median(ours / theirs for ours, theirs in zip(rates["ours"], rates[network], strict=True))
    return [Row(name, f"{statistics.median(rates[network]):.1f} /s"), Row("  ours in the same rounds, as a multiple of it", f"{ratio:.1f}")]


def _at_least(name: str, figure: float, target: float, unit: str) -> Row:
    return Row(name, f"{figure:.0f} {unit}", f"at least {target} {unit}", figure >= target)


def _at_most(name: str, figure: float | None, target: float, unit: str) -> Row:
    if figure is None:
        return Row(name, "nothing arrived", f"at most {target} {unit}", met=False)
    return Row(name, f"{figure:.1f} {unit}", f"at most {target:g} {unit}", figure <= target)


def _ms(figure: float | None) -> str:
    return "-" if figure is None else f"{figure:.1f} ms"


def _cpu_ms(phase: dict[str, Any], role: str) -> float:
    return float(phase["usage"][role].cpu_seconds * 1000 / max(phase["counts"]["accepted"], 1))
