"""Fitting finished weights to other labelled lines, for an operator whose people write differently."""

import json
from pathlib import Path
from typing import Any

from moderation.classifier.manifest import MANIFEST, read_manifest
from moderation.training.evaluate import ordinary_talk
from moderation.training.export import fitted, write_manifest, write_sample
from moderation.training.rows import read_own
from moderation.training.split import Part, split


def recalibrate(weights: Path, *, data: Path | None, external: Path | None) -> dict[str, Any]:
    """Fit on all lines of `data`, or on the project's dev part, rewrite the manifest and the sample and return the manifest."""
    read_manifest(weights)
    manifest: dict[str, Any] = json.loads((weights / MANIFEST).read_text(encoding="utf-8"))
    rows = read_own(data) if data else split(read_own())[Part.DEV]
    manifest |= fitted(weights, rows, ordinary_talk(external, Part.DEV) if external else [])
    write_manifest(weights, manifest)
    write_sample(weights, manifest, split(read_own())[Part.TEST])
    return manifest
