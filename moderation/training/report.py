"""The evaluation report and the model card as Markdown with plots, written from what was measured."""

# ruff: noqa: PLC0415 - plotting is needed for the report alone

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moderation.classifier.loading import load_classifier
from moderation.classifier.manifest import MANIFEST
from moderation.taxonomy import Label
from moderation.training.calibration import known_pairs, reliability
from moderation.training.card import model_card, row, share
from moderation.training.rows import LANGUAGES, read_own
from moderation.training.split import Part, split
from moderation.training.suite import PASS_ALL, PASS_EACH

_TEMPLATE = """\
# How good the classifier is

Weights {weights}, measured on the {part} part: lines in situations that training never saw. Written by
`flask --app wsgi classifier evaluate --report docs/classifier`. In brackets 95 % confidence intervals.

## Held-out lines

Recall is the share found while the stated share of the other lines (half of them written as near misses) raises a false alarm.

| Language | Label | Lines | Positives | AUC | False alarms allowed | Recall | Calibration error |
|---|---|---|---|---|---|---|---|
{labels}

![Precision and recall](precision-recall.svg)

![Reliability](reliability.svg)

The same on lines of 14 writers who knew the labels and saw no other line, so that no habit of the training lines helps:

| Language | Label | Lines | Positives | AUC | False alarms allowed | Recall | Calibration error |
|---|---|---|---|---|---|---|---|
{strangers}

What the default rules do, by kind of line of the {part} part:

| Language | Kind | Delivered | Delivered with alert | Nudged | Held |
|---|---|---|---|---|---|
{verdicts}

And of the lines of those 14 writers:

| Language | Kind | Delivered | Delivered with alert | Nudged | Held |
|---|---|---|---|---|---|
{stranger_verdicts}

## Ordinary talk

Held-out lines of public sets that count there as neither hurtful nor alarming, and are flagged at the default thresholds. The one of
supportive talk is `counsel_chat`, by which thresholds of conduct are chosen (those of care by all). The others are harder than a
circle: forum comments
(`goemotions`, whose mild labels cover open insults), tweets about politics, hate and its counterparts written to deceive classifiers (`gahd`), people who
test a machine (`convabuse`).

| Set | Lines | Conduct | Crisis |
|---|---|---|---|
{ordinary}

## Behavioural suite

{suite_all:.1%} of the cases pass; asked for are {pass_all:.0%}, and {pass_each:.0%} of each functionality.
`flask --app wsgi classifier evaluate --suite` prints the failing cases.

![Behavioural suite](suite.svg)

## Robustness

How often the verdict on a line changes when it is typed or disguised differently.

| Kind | Lines changed | Verdict changed |
|---|---|---|
{flips}

## Fairness

Harmless sentences by or about a person, with one identity term after the other. On average {fair_conduct:.1%} are flagged for
conduct and {fair_any:.1%} for anything. The terms flagged most often:

| Language | Term | Conduct | Anything |
|---|---|---|---|
{terms}

## Quantisation

int8 against fp32 on lines of one window: a score moves by {drift:.4f} on average; the most AUC that any
label lost in a language is {lost:.4f}. With fewer than 100 positives such a change is chance; where there are more, export refuses to lose over .005.
"""
MOST_TERMS = 12


def write_report(folder: Path, weights: Path, measured: Mapping[str, Any]) -> None:
    """Write `evaluation.md`, `model-card.md` and the plots."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((weights / MANIFEST).read_text(encoding="utf-8"))
    (folder / "evaluation.md").write_text(_report(measured, manifest), encoding="utf-8")
    (folder / "model-card.md").write_text(model_card(manifest), encoding="utf-8")
    rows = split(read_own())[Part(measured["part"])]
    scores = load_classifier("onnx", weights, threads=2).score([line.text for line in rows])
    pairs = {(lang, label): known_pairs(rows, scores, label, lang) for lang in LANGUAGES for label in Label}
    _plot_precision_recall(folder / "precision-recall.svg", pairs)
    _plot_reliability(folder / "reliability.svg", pairs)
    _plot_suite(folder / "suite.svg", {name: value for name, value in measured["suite"].items() if name != "all"})


def _report(measured: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    return _TEMPLATE.format(
        weights=measured["weights"],
        part=measured["part"],
        labels=_label_rows(measured["labels"]),
        strangers=_label_rows(measured["strangers"]),
        verdicts=_verdict_rows(measured["verdicts"]),
        stranger_verdicts=_verdict_rows(measured["stranger_verdicts"]),
        ordinary="\n".join(
            row(source, v["conduct"]["count"], share(v["conduct"]), share(v["crisis"])) for source, v in (measured["ordinary_talk"] or {}).items()
        ),
        suite_all=measured["suite"]["all"],
        pass_all=PASS_ALL,
        pass_each=PASS_EACH,
        flips="\n".join(row(kind, v["changed"], f"{v['share']:.1%}") for kind, v in measured["flips"].items()),
        fair_conduct=measured["fairness"]["mean"]["conduct"],
        fair_any=measured["fairness"]["mean"]["any_label"],
        terms="\n".join(row(t["lang"], t["term"], f"{t['conduct']:.0%}", f"{t['any_label']:.0%}") for t in measured["fairness"]["terms"][:MOST_TERMS]),
        drift=manifest["quantisation"]["mean_change"],
        lost=max(manifest["quantisation"]["auc_lost"].values(), default=0.0),
    )


def _label_rows(measured: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    return "\n".join(_label_row(lang, label, values) for lang, labels in measured.items() for label, values in labels.items())


def _verdict_rows(measured: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    return "\n".join(
        row(lang, kind, *(f"{shares[name]:.1%}" for name in ("deliver", "deliver_alert", "nudge", "hold")))
        for lang, kinds in measured.items()
        for kind, shares in kinds.items()
    )


def _label_row(lang: str, label: str, values: Mapping[str, Any]) -> str:
    return row(
        lang,
        label,
        values["lines"],
        values["positives"],
        values["auc"],
        f"{values['false_alarms_allowed']:.0%}",
        share(values["recall"]),
        values["calibration_error"],
    )


Pairs = Mapping[tuple[str, Label], Sequence[tuple[float, int]]]


def _plot_precision_recall(file: Path, pairs: Pairs) -> None:
    figure, axes = _figure(len(LANGUAGES))
    for axis, lang in zip(axes, LANGUAGES, strict=True):
        for label in Label:
            axis.plot(*_curve(pairs[lang, label]), label=label.value)
        axis.set(title=lang, xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axes[-1].legend(loc="lower left")
    _save(figure, file)


def _curve(pairs: Sequence[tuple[float, int]]) -> tuple[list[float], list[float]]:
    positives, found = sum(truth for _, truth in pairs), 0
    recalls, precisions = [], []
    for place, (_, truth) in enumerate(sorted(pairs, reverse=True), start=1):
        found += truth
        recalls.append(found / max(1, positives))
        precisions.append(found / place)
    return recalls, precisions


def _plot_reliability(file: Path, pairs: Pairs) -> None:
    figure, axes = _figure(len(LANGUAGES))
    for axis, lang in zip(axes, LANGUAGES, strict=True):
        axis.plot([0, 1], [0, 1], color="grey", linestyle=":")
        for label in Label:
            bins = reliability(pairs[lang, label])
            axis.plot([mean for mean, _, _ in bins], [frequency for _, frequency, _ in bins], marker="o", label=label.value)
        axis.set(title=lang, xlabel="score", ylabel="share that is so", xlim=(0, 1), ylim=(0, 1.02))
    axes[-1].legend(loc="upper left")
    _save(figure, file)


def _plot_suite(file: Path, shares: Mapping[str, float]) -> None:
    from matplotlib.figure import Figure

    ordered = sorted(shares.items(), key=lambda item: item[1])
    figure = Figure(figsize=(9, 0.2 * len(ordered) + 1))
    axis = figure.add_subplot()
    axis.barh([name for name, _ in ordered], [value for _, value in ordered], color="#5b8a8a")
    axis.axvline(PASS_EACH, color="#a04040", linestyle=":")
    axis.set(xlabel="share of cases passed", xlim=(0, 1))
    axis.tick_params(axis="y", labelsize=7)
    axis.margins(y=0.005)
    _save(figure, file)


def _figure(count: int) -> tuple[Any, Sequence[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * count, 4))
    return figure, figure.subplots(1, count)


def _save(figure: Any, file: Path) -> None:
    import matplotlib as mpl

    mpl.rcParams["svg.hashsalt"] = "peer-circles"  # the same figures give the same file
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})
