"""Turn a training run into shippable weights: `python -m moderation.training.export --trained DIR [--out DIR]`.

Writes the int8 network, its tokenizer, `manifest.json` (what was trained, on what, how well) and `MODEL_CARD.md`,
and refuses to when quantisation moved the scores too far.
"""

import argparse
import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from moderation.classifier.loading import SHIPPED_WEIGHTS
from moderation.classifier.manifest import MANIFEST, sha256_of
from moderation.classifier.onnx import MODEL_FILE, TOKENIZER_FILE, OnnxClassifier
from moderation.rules import Rules
from moderation.taxonomy import Label
from moderation.training.card import model_card, sources
from moderation.training.evaluate import verdicts
from moderation.training.metrics import measure
from moderation.training.network import base_folder, load_network, score_texts
from moderation.training.onnx_file import write_int8
from moderation.training.rows import read_own
from moderation.training.split import Part, split
from moderation.training.thresholds import choose_thresholds

# Shorter than what training saw: it costs some false alarms on longer ordinary messages.
WINDOW_TOKENS = 40  # short windows: a hurtful sentence must not drown in friendly ones around it
MOST_DRIFT = 0.015  # mean absolute change of a score by quantisation
log = logging.getLogger("moderation.training")


class DriftError(RuntimeError):
    """Quantisation changed the scores by more than is acceptable."""


def export(trained: Path, out: Path) -> dict[str, Any]:
    """Write a complete folder of weights and return its manifest."""
    out.mkdir(parents=True, exist_ok=True)
    write_int8(load_network(trained, attention="eager"), out / MODEL_FILE)
    _write_tokenizer(out / TOKENIZER_FILE)
    manifest = _manifest(out, json.loads((trained / "training.json").read_text()))
    _write_manifest(out, manifest)  # first without metrics, because measuring loads it
    manifest |= _measured(trained, OnnxClassifier(out, threads=2))
    _write_manifest(out, manifest)
    (out / "MODEL_CARD.md").write_text(model_card(manifest), encoding="utf-8")
    return manifest


def _write_tokenizer(file: Path) -> None:
    shutil.copyfile(base_folder() / "tokenizer.json", file)
    file.chmod(0o644)


def _manifest(out: Path, training: Mapping[str, Any]) -> dict[str, Any]:
    files = {name: sha256_of(out / name) for name in (MODEL_FILE, TOKENIZER_FILE)}
    return {
        "name": out.name,
        "revision": files[MODEL_FILE][:12],
        "labels": list(Label),
        "max_tokens": WINDOW_TOKENS,
        "files": files,
        "licence": "Apache-2.0 (base encoder); see MODEL_CARD.md for the data",
        "created_by": [
            "python -m moderation.training.train --out RUN --external DIR --seed N  # once per recipe below",
            "python -m moderation.training.average --out DIR RUN RUN",
            "python -m moderation.training.export --trained DIR",
        ],
        "training": {**training, "sources": sources(training["lines_by_source"])},
    }


def _measured(trained: Path, classifier: OnnxClassifier) -> dict[str, Any]:
    parts = split(read_own())
    dev, test = parts[Part.DEV], parts[Part.TEST]
    dev_scores = classifier.score([row.text for row in dev])
    test_texts = [row.text for row in test]
    test_scores = classifier.score(test_texts)
    # Only texts of one window, so that the change is quantisation's alone.
    short = [text for text in test_texts if classifier.windows_of(text) == 1]
    drift = _drift(score_texts(load_network(trained), short), classifier.score(short))
    log.info("mean change of a score by quantisation: %.4f", drift)
    if drift > MOST_DRIFT:
        message = f"quantisation changed scores by {drift:.4f} on average, more than {MOST_DRIFT}"
        raise DriftError(message)
    return {
        "quantisation_drift": round(drift, 5),
        "thresholds_for_dev_false_alarms": choose_thresholds(dev, dev_scores),
        "test": measure(test, test_scores),
        "test_verdicts_by_default_rules": verdicts(test, test_scores, Rules()),
    }


def _drift(before: Sequence[Sequence[float]], after: Sequence[Mapping[Label, float]]) -> float:
    changes = [abs(old - new[label]) for olds, new in zip(before, after, strict=True) for label, old in zip(Label, olds, strict=True)]
    return sum(changes) / len(changes)


def _write_manifest(out: Path, manifest: Mapping[str, Any]) -> None:
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (out / MANIFEST).write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Read the arguments, export, say where."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description="Export trained parameters as shippable weights.")
    parser.add_argument("--trained", type=Path, required=True, help="folder written by train")
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    arguments = parser.parse_args()
    manifest = export(arguments.trained, arguments.out)
    log.info("%s %s written to %s", manifest["name"], manifest["revision"], arguments.out)


if __name__ == "__main__":
    main()
