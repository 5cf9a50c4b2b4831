"""Proof that weights are whole and score here as they scored where they were made."""

import json
from dataclasses import dataclass
from pathlib import Path

from moderation.classifier.base import WeightsError
from moderation.classifier.loading import SHIPPED_WEIGHTS, load_classifier
from moderation.classifier.manifest import SAMPLE_FILE, read_manifest

TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Verified:
    """What was compared; `line` is where in the sample the largest difference is, never its text."""

    name: str
    revision: str
    compared: int
    largest_difference: float
    line: int

    @property
    def holds(self) -> bool:
        """Whether every score is the stored one, within the tolerance."""
        return self.largest_difference <= TOLERANCE


def verify(weights: Path | None = None) -> Verified:
    """Check the files against the manifest and the stored sample against fresh scores; raise WeightsError when they cannot be."""
    folder = weights or SHIPPED_WEIGHTS
    manifest = read_manifest(folder)
    if SAMPLE_FILE not in manifest.files:
        message = f"{folder}: the manifest does not name {SAMPLE_FILE}: there is nothing to compare with"
        raise WeightsError(message)
    stored = [json.loads(line) for line in (folder / SAMPLE_FILE).read_text(encoding="utf-8").splitlines()]
    fresh = load_classifier("onnx", folder).score([line["text"] for line in stored])
    differences = [max(abs(scores[label] - line["scores"][label]) for label in scores) for line, scores in zip(stored, fresh, strict=True)]
    worst = max(range(len(differences)), key=differences.__getitem__)
    return Verified(manifest.name, manifest.revision, len(differences), differences[worst], worst + 1)
