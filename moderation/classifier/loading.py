"""The one place that turns a setting (which runtime, which folder) into a ready classifier, or refuses to."""

# ruff: noqa: PLC0415 - heavy libraries are imported only where they are used

from collections.abc import Mapping
from pathlib import Path

from moderation.classifier.base import Classifier, WeightsError

SHIPPED_WEIGHTS = Path(__file__).parent / "weights" / "e5-circles-7"


def load_classifier(
    kind: str,
    weights: Path | None,
    *,
    threads: int = 1,
    label_map: Mapping[str, str] | None = None,
) -> Classifier:
    """Load from disk only; `weights=None` means the shipped ones. Raise WeightsError when anything is off."""
    if threads < 1:
        message = "a classifier needs at least one thread"
        raise WeightsError(message)
    if kind == "onnx":
        return _load_onnx(weights or SHIPPED_WEIGHTS, threads, label_map)
    if kind == "torch":
        return _load_torch(weights, threads, label_map)
    message = f"unknown kind of classifier {kind!r}: use 'onnx' or 'torch'"
    raise WeightsError(message)


def _load_onnx(weights: Path, threads: int, label_map: Mapping[str, str] | None) -> Classifier:
    from moderation.classifier.onnx import OnnxClassifier

    if label_map:
        message = "a label map is for torch weights; onnx weights state our labels in their manifest"
        raise WeightsError(message)
    return OnnxClassifier(weights, threads=threads)


def _load_torch(weights: Path | None, threads: int, label_map: Mapping[str, str] | None) -> Classifier:
    from moderation.classifier.torch import TorchClassifier

    if weights is None:
        message = "torch needs the folder of a Hugging Face sequence classifier"
        raise WeightsError(message)
    return TorchClassifier(weights, threads=threads, label_map=label_map or {})
