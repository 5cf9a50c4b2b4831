"""From a training run to shippable weights: int8 network, tokenizer, calibration, thresholds, a sample to verify by, manifest and card.

Refuses to when quantisation cost more than it may.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moderation.classifier.calibration import Calibration, calibrate
from moderation.classifier.lexicon import LEXICON_FILE
from moderation.classifier.loading import load_classifier
from moderation.classifier.manifest import MANIFEST, SAMPLE_FILE, sha256_of
from moderation.classifier.onnx import MODEL_FILE, TOKENIZER_FILE, OnnxClassifier
from moderation.classifier.spelling import READING
from moderation.taxonomy import Label
from moderation.training import thresholds
from moderation.training.calibration import calibration_error, fit_calibration, known_pairs
from moderation.training.card import sources
from moderation.training.evaluate import ordinary_talk
from moderation.training.metrics import auc
from moderation.training.network import WINDOW_TOKENS, Network, load_network, score_texts, token_ids
from moderation.training.onnx_file import scorer_of, write_int8
from moderation.training.rows import LANGUAGES, Row, read_own
from moderation.training.split import Part, split
from moderation.training.train import RECORD

MOST_AUC_LOST = 0.005  # by quantisation, for any label and language
ENOUGH_POSITIVES = 100  # to tell a loss of half a point from chance
SAMPLE_LINES = 40
ODD_TEXTS = ("", "❤️", "\u200b\u200b", "hahahaha", "a" * 10_000, "I am fine, mir geht es gut, ça va", "ሰላም ነው", "see you all next week, same time")
Scores = Sequence[Mapping[Label, float]]
log = logging.getLogger("moderation.training")


class QuantisationError(RuntimeError):
    """Quantisation made the network worse by more than is acceptable."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The lines that export measures on."""

    dev: Sequence[Row]
    test: Sequence[Row]
    talk: Sequence[Row]  # ordinary talk of the public sets, dev part; empty without them

    @classmethod
    def read(cls, data: Path, external: Path | None) -> "HeldOut":
        """Read own lines, and the public sets if a folder is given."""
        parts = split(read_own(data))
        return cls(parts[Part.DEV], parts[Part.TEST], ordinary_talk(external, Part.DEV) if external else [])


def export(trained: Path, out: Path, held_out: HeldOut) -> dict[str, Any]:
    """Write a complete folder of weights and return its manifest."""
    out.mkdir(parents=True, exist_ok=True)
    network = load_network(trained)
    write_int8(scorer_of(network), out / MODEL_FILE)
    network.tokenizer.no_truncation()
    network.tokenizer.save(str(out / TOKENIZER_FILE))
    (out / LEXICON_FILE).write_bytes((trained / LEXICON_FILE).read_bytes())
    manifest = _manifest(out, json.loads((trained / RECORD).read_text()))
    write_manifest(out, manifest)  # first without calibration, because measuring loads the weights
    manifest["quantisation"] = _quantisation(trained, out, [*held_out.dev, *held_out.test])
    manifest |= fitted(out, held_out.dev, held_out.talk)
    write_manifest(out, manifest)
    write_sample(out, manifest, held_out.test)
    return manifest


def fitted(weights: Path, dev: Sequence[Row], talk: Sequence[Row]) -> dict[str, Any]:
    """Return calibration, its errors before and after, and thresholds, from the uncalibrated scores of these weights."""
    classifier = OnnxClassifier(weights, threads=2, calibrated=False)
    raw = classifier.score([row.text for row in dev])
    calibration = fit_calibration(dev, raw)
    scores = [calibrate(row, calibration) for row in raw]
    talk_scores = [calibrate(row, calibration) for row in classifier.score([row.text for row in talk])]
    return {
        "calibration": {label.value: line.model_dump() for label, line in calibration.items()},
        "calibration_error": {"before": _errors(dev, raw), "after": _errors(dev, scores)},
        "thresholds": thresholds.as_json(thresholds.choose_thresholds(dev, scores, talk, talk_scores)),
        "revision": revision_of(weights, calibration),
    }


def write_manifest(out: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest as people can read it."""
    (out / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_sample(out: Path, manifest: dict[str, Any], rows: Sequence[Row]) -> None:
    """Store inputs and their scores, which `verify` compares with what the weights give elsewhere."""
    step = max(1, len(rows) // SAMPLE_LINES)
    texts = [*ODD_TEXTS, *(row.text for row in rows[::step])]
    scores = load_classifier("onnx", out).score(texts)
    lines = [{"text": text, "scores": {label: round(score, 5) for label, score in row.items()}} for text, row in zip(texts, scores, strict=True)]
    (out / SAMPLE_FILE).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    manifest["files"] |= {SAMPLE_FILE: sha256_of(out / SAMPLE_FILE)}
    write_manifest(out, manifest)


def _manifest(out: Path, training: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": out.name,
        "revision": revision_of(out, {}),
        "labels": list(Label),
        "max_tokens": WINDOW_TOKENS,
        "reading": READING,
        "files": {name: sha256_of(out / name) for name in (MODEL_FILE, TOKENIZER_FILE, LEXICON_FILE)},
        "licence": "MIT (base encoder); see docs/classifier/model-card.md for the data",
        "training": {**training, "sources": sources(training["lines_by_source"])},
    }


def revision_of(out: Path, calibration: Calibration) -> str:
    """Return what tells these weights from any others."""
    # Another calibration gives other verdicts, so it is another revision.
    files = (out / name for name in (MODEL_FILE, TOKENIZER_FILE, LEXICON_FILE))
    parts = [*(sha256_of(file) for file in files if file.exists()), *(f"{label}={line.model_dump_json()}" for label, line in calibration.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _errors(rows: Sequence[Row], scores: Scores) -> dict[str, dict[str, float | None]]:
    return {lang: {label.value: _rounded(calibration_error(known_pairs(rows, scores, label, lang))) for label in Label} for lang in LANGUAGES}


def _quantisation(trained: Path, out: Path, held_out: Sequence[Row]) -> dict[str, Any]:
    """Compare int8 with fp32 on lines of one window, so that the change is quantisation's alone."""
    classifier = load_classifier("onnx", out, threads=2)
    network = load_network(trained)
    rows = [row for row, ids in zip(held_out, _token_counts(network, held_out), strict=True) if ids <= WINDOW_TOKENS]
    texts = [row.text for row in rows]
    before = [dict(zip(Label, values, strict=True)) for values in score_texts(network, texts)]
    after = classifier.score(texts)
    drift = sum(abs(old[label] - new[label]) for old, new in zip(before, after, strict=True) for label in Label) / max(1, len(rows)) / len(Label)
    lost, certain = {}, []
    for lang in LANGUAGES:
        for label in Label:
            old, new = known_pairs(rows, before, label, lang), known_pairs(rows, after, label, lang)
            lost[f"{label} {lang}"] = _auc_lost(old, new)
            if sum(truth for _, truth in old) >= ENOUGH_POSITIVES:
                certain.append(f"{label} {lang}")
    log.info("quantisation: mean change of a score %.4f, AUC lost %s", drift, lost)
    for name in certain:
        if lost[name] > MOST_AUC_LOST:
            message = f"quantisation costs {lost[name]:.4f} of AUC for {name}, more than {MOST_AUC_LOST}"
            raise QuantisationError(message)
    return {"mean_change": round(drift, 5), "auc_lost": lost}


def _token_counts(network: Network, rows: Sequence[Row]) -> list[int]:
    return [len(ids) for ids in token_ids(network, [row.text for row in rows])]


def _auc_lost(before: Sequence[tuple[float, int]], after: Sequence[tuple[float, int]]) -> float:
    old, new = (auc([s for s, _ in pairs], [t for _, t in pairs]) or 0.0 for pairs in (before, after))
    return round(old - new, 5)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
